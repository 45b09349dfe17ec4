# SPDX-License-Identifier: MIT
echo -n no newline; echo
printf '%s %d %x %o %c|%5s|%-5s|%05d|%%|%b\n' str 42 255 8 char ab cd 7 'a\tb'
printf '%s\n' a b c
printf 'x%sy\n'
printf '\101\n'
printf '%d\n' 0x10 010 "'A"
test -n a && echo n; test -z '' && echo z; test a = a && echo eq; test a != b && echo ne
[ 1 -lt 2 ] && echo lt; [ 2 -ge 2 ] && echo ge; [ 1 -eq 2 ] || echo neq
[ -d / ] && echo d; [ -f / ] || echo notf; [ -e /nonexistent ] || echo note
[ ! -d /nonexistent ] && echo not; [ a = a -a b = b ] && echo and; [ a = b -o b = b ] && echo or
[ \( a = a \) ] && echo paren; [ ! ]; echo $?; [ '' ]; echo $?; [ -n ]; echo $?; [ ! = x ]; echo $?
[ = = = ] && echo eqeq; [ -f = -f ] && echo ff
export V=exported; env | grep '^V='
W=temp env | grep '^W='; echo "[$W]"
unset V; env | grep -c '^V='
readonly R=1; (R=2) 2>/dev/null; echo $? $R
set -- a b; echo $#; set -- ; echo $#
eval 'echo eval $((1+1))'; eval; echo $?
x='y=5'; eval $x; echo $y
eval 'false'; echo $?
cd /tmp && pwd; cd / && pwd; cd -; cd /nonexistent 2>/dev/null; echo $?
type cd | head -1 | cut -c1-2; command -v cd; command -v nosuchcmd; echo $?
alias e='echo aliased'
e yes
alias two='echo x; echo' 
two y
unalias e
e 2>/dev/null; echo $?
cat > /tmp/sh-dot-$$ <<'D'
dotted=yes
return 4
echo no
D
. /tmp/sh-dot-$$; echo $? $dotted; rm /tmp/sh-dot-$$
umask 022; umask
trap 'echo bye' EXIT
while getopts ab:c o -a -b arg -cx rest; do echo "$o ${OPTARG-}"; done 2>/dev/null
: $((x=3)); echo $x
true | false; echo $?
false | true; echo $?
shift 5 2>/dev/null; echo $?
command echo via command
times=3; echo $times
set -u; (echo $nosuch) 2>/dev/null; echo $?; set +u
set -e; false || true; if false; then :; fi; ! true; (set +e; false; echo on)
false
echo not reached
