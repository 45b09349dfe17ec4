# SPDX-License-Identifier: MIT
# what a child shell must know
x='a  b"c'; y="it's"; nl='1
2'; export e='exported  one'
(echo "$x|$y|$nl|$e")
f() { echo "f $1 $x"; cat <<H
here $x
H
}
(f in) ; f piped | cat; echo "$(f sub)"
set -- 'p 1' "p'2" ''
(echo $# "$1" "$2" "[$3]")
(exit 3) | cat; echo $?
echo a | (exit 4); echo $?
(x=changed; echo $x); echo "$x"
(cd /; pwd); [ "$(pwd)" = / ] || echo elsewhere
false; (echo $?)
echo $$ > /tmp/sh-pid-$$; (echo $$) | cmp - /tmp/sh-pid-$$ && echo same pid; rm /tmp/sh-pid-$$
alias al='echo alias in sub'
(eval 'al')
readonly ro=1; (ro=2) 2>/dev/null || echo ro
set -f; (echo *); set +f
(set -e; false; echo no); echo $?
( ( ( echo deep ) ) )
for i in 1 2 3; do echo $i; done | while read n; do echo "n$n"; done | sort -r
x=$(for i in a b; do if [ $i = a ]; then echo A; else case $i in b) echo B;; esac; fi; done); echo $x
g() { while [ $# -gt 0 ]; do echo "<$1>"; shift; done | sed 's/$/!/'; }; g 1 2
echo "$(cat <<E1
doc in sub $((2*3)) "q" 'q' \$ \`
E1
)"
(trap 'echo subtrap' EXIT; echo body)
{ echo one; echo two; } | { read a; read b; echo "$b $a"; }
until (true); do :; done; echo until
(echo ${x+set} "${x:-"d e"}" ${#x} "${y%\'s}" ${nl#1})
