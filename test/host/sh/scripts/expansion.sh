# SPDX-License-Identifier: MIT
d=/tmp/sh-test-$$; mkdir $d; cd $d
: > a.txt; : > b.txt; : > c.c; : > .hidden; mkdir sub; : > sub/x.txt; : > 'sp ace'
echo *; echo *.txt; echo ?.c; echo [ab]*; echo [!ab]*; echo */*; echo .h*; echo nomatch*
echo "*" '*' \*; x='*.txt'; echo $x "$x"
echo sub/*; echo */; echo ./*.c; echo $d/*.c | sed "s|$d|D|"
for f in *; do echo "[$f]"; done
echo [a-c].* [[:alpha:]].c
case a.txt in *.txt) echo m;; esac
echo ~ | grep -c / ; HOME=/home/me; echo ~ ~/x "~" '~' \~ a~ x=~
v=~/y:~/z; echo $v
echo ~nosuchuser/x
cd /; rm -r $d
echo $(echo a; echo b) "$(echo a; echo b)"
echo $(printf 'x\n\n\n')y
echo "$(echo "a b" | tr ' ' '-')"
echo $(echo $(echo $(echo deep)))
x=abc; echo "${x}$(echo "$x")"
echo $(case x in x) echo case-in-sub;; esac)
echo $( (echo paren) )
echo "a$(exit 3)b" $?
true $(exit 3); echo $?
