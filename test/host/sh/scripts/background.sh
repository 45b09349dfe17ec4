# SPDX-License-Identifier: MIT
sleep 0.01 & p=$!; wait $p; echo $?
(exit 3) & wait $!; echo $?
false & wait $!; echo $?
{ sleep 0.05; echo second; } & echo first; wait
wait; echo $?
x=outer; { x=inner; echo $x; } & wait; echo $x
f() { echo func in bg $1; }; f arg & wait
echo a | cat & wait
cat & wait; echo stdin is empty
wait 999999 2>/dev/null; echo $?
for i in 1 2 3; do (exit $i) & pids="$pids $!"; done
for p in $pids; do wait $p; echo $?; done
