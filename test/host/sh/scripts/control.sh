# SPDX-License-Identifier: MIT
if true; then echo yes; else echo no; fi
if false; then echo yes; elif true; then echo elif; else echo no; fi
if false; then :; fi; echo $?
false || echo or; true && echo and; false && echo no; true || echo no
! true; echo $?; ! false; echo $?
for i in 1 2 3; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done
for i in 1 2 3; do for j in a b; do [ $i = 2 ] && break 2; echo $i$j; done; done
i=0; until [ $i -ge 3 ]; do echo u$i; i=$((i+1)); done
while :; do break; done; echo $?
case abc in a*) echo a;; *) echo other;; esac
case x in a|b) echo ab;; x|y) echo xy;; esac
case '*' in '*') echo literal;; esac
case a in '*') echo wrong;; \*) echo wrong;; "a") echo right;; esac
case '' in '') echo empty;; esac
case foo in (foo) echo paren;; esac
case foo in bar) ;; esac; echo $?
case foo in
  f*)
    echo multi
    ;;
esac
p='f*'; case foo in $p) echo pattern;; esac; case foo in "$p") echo no;; *) echo quoted;; esac
{ echo group; echo two; }
(echo sub; exit 3); echo $?
x=1; (x=2; echo $x); echo $x
{ x=3; }; echo $x
for i in; do echo no; done; echo $?
if (exit 4); then :; else echo $?; fi
f() { return 5; }; f; echo $?
g() { echo "$# $1"; shift; echo "$1"; }; g a b c; echo $#
h() { [ $1 -le 0 ] && return; echo $1; h $(($1-1)); }; h 3
k() if true; then echo compound; fi; k
m() (x=sub; echo $x); m; echo $x
n() { local x=loc; echo $x; }; n; echo $x
true; false; echo $?
a=1 b=2; echo $a$b
echo a; echo b & wait; echo c
while read l; do echo "l=$l"; done <<X
one
two
X
false; x=; echo $?
x=$(false); echo $?
x=$(exit 7)y; echo $? $x
return_in_loop() { for i in 1 2 3; do while :; do return 9; done; done; }; return_in_loop; echo $?
exit 6
