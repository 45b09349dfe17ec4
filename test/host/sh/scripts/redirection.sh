# SPDX-License-Identifier: MIT
d=/tmp/sh-test-$$; mkdir $d; cd $d
echo one > f; cat f; echo two >> f; cat < f; cat <f >g; cat g
echo err 1>&2 2>/dev/null; { echo a; echo b >&2; } 2>&1 | sort
ls /nonexistent-file 2>/dev/null; echo $?
cat <<E1
body $((1+1)) $(echo sub) \$x `echo bq` "q" 'q' \\ \a
E1
cat <<'E2'
raw $x $(no) \n
E2
cat <<-E3
	tabs
		gone
	E3
cat <<A; cat <<B
a
A
b
B
cat <<"Q" | tr a-z A-Z
upper
Q
exec 3>h; echo three >&3; exec 3>&-; cat h
{ echo x; echo y; } > f; cat f
for i in 1 2; do echo $i; done > f; cat f
while read a b; do echo "$b $a"; done < f
f2() { echo func; }; f2 > f; cat f
echo out > f 2>&1; cat f
(echo sub; echo suberr >&2) > f 2>&1; cat f
: > f; wc -c < f | tr -d ' '
> g; wc -c < g | tr -d ' '
cat < nofile; echo $?
echo x > /nonexistent-dir/f; echo $?
echo hi | cat | cat | tr h H
echo a | { read x; echo "got $x"; }
echo a | while read x; do y=$x; done; echo "[$y]"
set -C; echo 1 > f; echo $?; echo 2 >| f; cat f; set +C
cat <<E4 - <<E5
first
E4
second
E5
x=hello; cat <<E6
${x}-${x#he}
E6
read a b c <<E7
1 2 3 4
E7
echo "$a|$b|$c"
printf 'a\\b\n' | { read x; echo "$x"; }
printf 'a\\b\n' | { read -r x; echo "$x"; }
printf 'no newline' | { read x; echo "$? $x"; }
echo ' lead trail ' | { read x; echo "[$x]"; }
echo 'a:b:c' | { IFS=: read x y; echo "$x $y"; }
exec 4<f; read z <&4; echo $z; exec 4<&-
echo to9 9>f >&9; cat f
echo swap 3>&1 1>&2 2>&3 3>&- 2>/dev/null
cat <<E8
$(cat <<E9
inner
E9
)
outer
E8
cd /; rm -r $d
