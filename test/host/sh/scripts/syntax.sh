# SPDX-License-Identifier: MIT
f() {
  echo "f: $1"
}

f x ; f y;f z
if
  true
then
  echo newline
fi
echo a &&
  echo b ||
  echo c
echo pipe |
  cat
for x in 1 2
do echo $x; done
for x
in a
do echo $x
done
case x in
  # comment
  x)
    echo x ;;
esac
{
  echo g
}
( echo s )
while false; do :; done
echo if then else fi do done
echo "unterminated is not" 'here'
x=1; y=2 z=3; echo $x$y$z
a=$(echo 1
echo 2); echo $a
echo $(
  echo sub
)
echo "${x:-
}"
! false && echo bang
f2 () ( echo subshell function ); f2
f3() { echo redirected; } >&2; f3 2>&1
