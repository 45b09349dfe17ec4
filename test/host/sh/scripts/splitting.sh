# SPDX-License-Identifier: MIT
show() { printf '%d:' $#; for a in "$@"; do printf '[%s]' "$a"; done; echo; }
x=' a  b '
show $x
show x$x
show $x$x
show "$x"
IFS=:
x='a::b:'
show $x
x=':a'
show $x
IFS=': '
x='a : b  c:'
show $x
x=' : a'
show $x
IFS=
x='a b'
show $x
unset IFS
show $(printf 'a\nb c\n\n')
show "$(printf 'a\nb c\n\n')"
show a$(echo)b
show $(echo)
show "$(echo)"
show ''$(echo)
x=
show $x
show "$x"
show $x"$x"
y='*'
cd /nonexistent-dir 2>/dev/null
set -f; show $y *; set +f
show \* "*" '*'
