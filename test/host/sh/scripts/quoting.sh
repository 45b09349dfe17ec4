# SPDX-License-Identifier: MIT
# quotes, escapes, comments, line continuation
echo 'single $x `no`' "double \$x \` \" \\ \a" plain\ word \'\"
x='a b'
echo $x "$x" '$x' \$x
echo "a
b" 'c
d'
echo one\
two three \
four # comment
echo a#b '#' \# "#"
echo "$(echo "nested "quotes" here")"
echo "a'b" 'a"b' "it's"
echo ''"" | wc -c | tr -d ' '
set -- '' "" a
echo $#
echo "[$1][$2][$3]"
echo "\z\n\"" '\n'
echo `echo back quoted` `echo \`echo nested\`` "`echo "in dq"`"
echo $
echo "$" $% "a$"
echo {a,b} } {
echo a=b =c
