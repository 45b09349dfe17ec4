# SPDX-License-Identifier: MIT
unset x e
e=
s=value
echo "[${x-d}] [${x:-d}] [${e-d}] [${e:-d}] [${s-d}] [${s:-d}]"
echo "[${x+a}] [${x:+a}] [${e+a}] [${e:+a}] [${s+a}] [${s:+a}]"
echo "[${x=set}] [$x] [${e=set}] [$e] [${e:=set2}] [$e]"
echo "${#s} ${#} ${#x}"
p=/usr/local/lib/file.tar.gz
echo ${p%/*} ${p%%/*} ${p#*/} ${p##*/} ${p%.gz} ${p%%.*} ${p##*.}
echo "${p%"/file"*}" "${p#'/usr'}"
q='*a*'
echo "${q#\*}" "${q%'*'}" "${q##*a}" "${q%%a*}"
echo ${x:-a b c} "${x:-a  b}" ${y:-"a  b"} "${y:-"c  d"}"
echo ${y:-$(echo sub) ${s}}
set -- a 'b c' d
echo $# $1 $2 $3 "$*" "$@"
for i in $*; do echo "[$i]"; done
for i in "$*"; do echo "[$i]"; done
for i in "$@"; do echo "[$i]"; done
for i in x"$@"y; do echo "[$i]"; done
for i; do echo "<$i>"; done
IFS=:
echo "$*"
IFS=
echo "$*"
unset IFS
echo "$*"
shift; echo $# $1
shift 2; echo $#
for i in "$@"; do echo never; done
for i in "$@" "x$@"; do echo "one [$i]"; done
set -- 1 2 3 4 5 6 7 8 9 10 11
echo $10 ${10} ${11}
set -- -x a; echo $1 $2 $#
set --; echo $#
echo ${#@} 2>/dev/null || true
var=abc; echo "$var"def ${var}def $var.def
echo "${unset:-}" ${unset:-} end
