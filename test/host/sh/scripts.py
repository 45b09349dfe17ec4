#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the shell, built for the host with the sanitizers, on the scripts in scripts/.

usage: scripts.py SHELL [--update]

Each NAME.sh has NAME.out, its standard output and, in the last line, its status. A report of a
sanitizer (leaks included, of child shells too) fails. Then the shell is given what is no script.
--update writes the .out files anew: look at the difference before you believe them.
"""

import glob
import os
import subprocess
import sys
import tempfile

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scripts")
PATIENCE = 120  # seconds: a hang
REPORTS = (b"Sanitizer", b"runtime error:")


def run(arguments, **more):
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LC_ALL": "C"}
    return subprocess.run(arguments, cwd=FOLDER, env=environment, capture_output=True,
                          timeout=PATIENCE, **more)


def outcome(result):
    return result.stdout + b"status %d\n" % result.returncode


def check(name, good, text=b""):
    print("%s - %s" % ("ok" if good else "not ok", name), flush=True)
    if not good:
        for line in text.splitlines()[-40:]:
            print("# | %s" % line.decode("utf-8", "replace"))
    return not good


def clean(result):
    return not any(report in result.stderr for report in REPORTS)


def scripts(shell, update):
    failed = 0
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.sh"))):
        name = os.path.basename(path)
        result = run([shell, name], stdin=subprocess.DEVNULL)
        expected = path[:-3] + ".out"
        if update:
            with open(expected, "wb") as f:
                f.write(outcome(result))
        with open(expected, "rb") as f:
            same = f.read() == outcome(result)
        failed += check(name, same, outcome(result) + result.stderr)
        failed += check(name + ": no report of a sanitizer", clean(result), result.stderr)
        # The same through standard input, which the commands share.
        with open(path, "rb") as f:
            result = run([shell, "-s"], stdin=f)
        with open(expected, "rb") as f:
            same = f.read() == outcome(result)
        failed += check(name + " from standard input", same and clean(result),
                        outcome(result) + result.stderr)
    return failed


# Arguments, standard input, status, what the messages must contain, and the whole output where it
# matters.
CASES = (
    (["-c", "exit 7"], b"", 7, b""),
    (["-c", "nosuch"], b"", 127, b"sh: nosuch: not found\n"),
    (["-c", "/"], b"", 126, b"sh: /: is a directory\n"),
    (["-c", "/etc/passwd"], b"", 126, b"sh: /etc/passwd: Permission denied\n"),
    (["-c", "echo $0-$1-$2", "name", "a"], b"", 0, b"", b"name-a-\n"),
    (["-c"], b"", 2, b"which text?"),
    (["-Q"], b"", 2, b"no such option"),
    (["/nonexistent"], b"", 127, b"sh: /nonexistent: not found\n"),
    (["/"], b"", 126, b"is a directory"),
    (["/bin/ls"], b"", 126, b"not a script"),
    (["-c", "if"], b"", 2, b"syntax error: unexpected end of file"),
    (["-c", "echo a\n\n)"], b"", 2, b"unexpected `)'"),
    (["-c", "sh -c 'kill -9 $$'; exit $?"], b"", 137, b"Killed\n"),
    (["-c", "kill -9 $$ & wait $!"], b"", -9, b""),
    (["-n", "-c", "echo no"], b"", 0, b""),
    (["-n", "-c", "{ :; } >/nonexistent/x"], b"", 0, b""),
    (["-n", "-c", "(:) >/nonexistent/x"], b"", 0, b""),
    (["-n", "-c", "for i in 1; do :; done >/nonexistent/x"], b"", 0, b""),
    (["-n", "-c", ": | >/nonexistent/x"], b"", 0, b""),
    (["-c", "set -n; { :; } >/nonexistent/x"], b"", 0, b""),
    (["-ec", "false; echo no"], b"", 1, b""),
    (["-xc", "x=1; echo 'a b' $x"], b"", 0, b"+ x=1\n+ echo 'a b' 1\n"),
    (["-uc", "echo $nosuch; echo no"], b"", 2, b"nosuch: parameter not set"),
    (["-o", "pipefail", "-c", "false | true"], b"", 1, b""),
    ([], b"read x\nline\necho $x\nexit 3\n", 3, b""),
    ([], b"echo 'not closed\n", 2, b"no closing '"),
    ([], b"f() { f; }; f\n", 2, b"nested too deeply"),
    ([], b"f() { eval f; }; f\n", 2, b"nested too deeply"),
    ([], b"x=aaaaaaaaaaaaaaaa\nwhile :; do x=$x$x; done\n", 2, b"too large"),
    ([], b"while echo y; do :; done | head -n 1\n", 0, b""),
    ([], b"set -e\nx=$(false)\necho no\n", 1, b""),
    ([], b"cat <<E\nnever ends\n", 0, b""),
    ([], b"echo a\0b\n", 2, b"NUL byte"),
    ([], b"\xff\xfe\x80(\n", 2, b""),
    ([], b"echo ${x!}\necho no\n", 2, b"bad substitution"),
    ([], b"readonly x=1\nx=2\necho no\n", 2, b"read-only"),
    ([], b". /nonexistent\necho no\n", 127, b"No such file"),
    ([], b"trap 'echo bye; exit 4' EXIT\n", 4, b""),
    ([], b"printf '%9999999999d' 1 | wc -c >/dev/null\n", 0, b""),
    ([], b"echo $((1/0)); echo no\n", 2, b"division by zero"),
    ([], b"exec nosuch\necho no\n", 127, b"not found"),
    ([], b"exec sh -c 'exit 5'\necho no\n", 5, b""),
)


def cases(shell):
    failed = 0
    for arguments, text, status, message, *output in CASES:
        result = run(["sh", *arguments], executable=shell, input=text)
        good = result.returncode == status and message in result.stderr and clean(result)
        good = good and b"no\n" not in result.stdout
        good = good and (not output or result.stdout == output[0])
        name = " ".join(arguments) or repr(text)[2:-1]
        failed += check(name.replace("\n", "\\n"), good, outcome(result) + result.stderr)
    return failed


def garbage(shell):
    """Files that are no scripts: an answer, whatever it is, and no report."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(30):
            path = os.path.join(folder, "garbage")
            with open(path, "wb") as f:
                f.write(bytes((seed * 7919 + i * i * 31 + (i >> 3) * 17) & 0xff or 10
                              for i in range(3000)))
            result = run([shell, "-n", path], stdin=subprocess.DEVNULL)
            failed += check("garbage %d" % seed, clean(result) and result.returncode >= 0,
                            outcome(result) + result.stderr)
    return failed


def leaks(shell):
    """Thousands of commands in one shell: the leak check at its end, and descriptors by number."""
    text = b"""
before=$(ls /proc/self/fd | wc -l)
i=0
while [ $i -lt 2000 ]; do
    i=$((i+1)); x=$i; f() { local y=$x; echo $y; }; f >/dev/null; eval 'z=$x'; : <<END
$x
END
    case $i in *00) /bin/true; echo $i | cat >/dev/null; (x=1); y=$(echo sub);; esac
done
[ "$before" = "$(ls /proc/self/fd | wc -l)" ] && echo same
"""
    result = run([shell], input=text)
    return check("2,000 rounds leave nothing", result.stdout == b"same\n" and clean(result),
                 result.stdout + result.stderr)


def main():
    shell = os.path.abspath(sys.argv[1])
    failed = scripts(shell, "--update" in sys.argv) + cases(shell) + garbage(shell) + leaks(shell)
    print("%d failed" % failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
