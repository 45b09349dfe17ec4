#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tries the commands of userspace/apps/commands, built for the host: output, exit status, messages.

    check.py FOLDER      the folder with the programs

Each case is a shell line run in an empty folder with only these programs on PATH; `%` in what is
expected on standard error stands for anything.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BIN = ""

LINES = "".join("%d\n" % i for i in range(1, 13))


def crc(data):
    """POSIX cksum, bit by bit from its definition."""
    length = len(data)
    tail = bytearray()
    while length:
        tail.append(length & 0xFF)
        length >>= 8
    value = 0
    for byte in bytes(data) + bytes(tail):
        for bit in range(7, -1, -1):
            carry = value >> 31
            value = (value << 1 | byte >> bit & 1) & 0xFFFFFFFF
            if carry:
                value ^= 0x04C11DB7
    for _ in range(32):
        carry = value >> 31
        value = value << 1 & 0xFFFFFFFF
        if carry:
            value ^= 0x04C11DB7
    return value ^ 0xFFFFFFFF


class Commands(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        with open(os.path.join(self.folder, "twelve"), "w") as file:
            file.write(LINES)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def run_line(self, line):
        environment = {"PATH": BIN, "LC_ALL": "C",
                       "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "halt_on_error=1"}
        return subprocess.run(["/bin/sh", "-c", line], cwd=self.folder, env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300)

    def check(self, line, output="", status=0, error=""):
        result = self.run_line(line)
        self.assertEqual(result.stdout.decode("latin-1"), output, line)
        pattern = ".*".join(re.escape(part) for part in error.split("%"))
        self.assertRegex(result.stderr.decode(), "(?s)^" + pattern + "$", line)
        self.assertEqual(result.returncode, status, line)

    def test_true_and_false(self):
        self.check("env true")
        self.check("env false", status=1)

    def test_echo(self):
        self.check("env echo a 'b  c' ''", "a b  c \n")
        self.check("env echo -n a", "a")
        self.check("env echo", "\n")
        self.check("env echo a >/dev/full", status=1, error="echo: write error: No space%")

    def test_cat(self):
        self.check("cat twelve - twelve </dev/null", LINES + LINES)
        self.check("head -n 2 twelve | cat -n", "     1\t1\n     2\t2\n")
        self.check("cat nothing twelve", LINES, 1, "cat: nothing: No such file or directory\n")
        self.check("cat . ", "", 1, "cat: .: Is a directory\n")
        self.check("cat twelve >>twelve", "", 1, "cat: twelve: is the output as well\n")
        self.check("cat -x", "", 2, "%usage: cat %\n")

    def test_head_and_tail(self):
        self.check("head twelve", LINES[:21])
        self.check("head -n 0 twelve")
        self.check("head -c 3 twelve", "1\n2")
        self.check("head -n 1 twelve twelve", "==> twelve <==\n1\n\n==> twelve <==\n1\n")
        self.check("head -2 twelve; tail -1 twelve", "1\n2\n12\n")
        self.check("head -2 -c 3 twelve", "1\n2")
        self.check("seq 5 | head -1", "1\n")
        self.check("head -1x twelve", "", 2, "head: 1x: not a number\nusage: head %\n")
        self.check("head -n x twelve", "", 2, "head: x: not a number\nusage: head %\n")
        self.check("tail -n 2 twelve", "11\n12\n")
        self.check("tail -c 4 twelve", "\n12\n")
        self.check("tail -n 100 twelve", LINES)
        self.check("env echo -n a | tail -n 1", "a")
        self.check("seq 1 100000 | tail -n 1", "100000\n")
        self.check("seq 1 100000 | head -c 1M | wc -c", " 588895\n")

    def test_wc(self):
        self.check("wc twelve", "     12      12      27 twelve\n")
        self.check("wc -l <twelve", "     12\n")
        self.check("wc -c twelve twelve", "     27 twelve\n     27 twelve\n     54 total\n")
        self.check("wc nothing", "", 1, "wc: nothing: No such file or directory\n")

    def test_grep(self):
        self.check("grep 1 twelve", "1\n10\n11\n12\n")
        self.check("grep -v 1 twelve | head -n 1", "2\n")
        self.check("grep -nE '^(2|3)$' twelve", "2:2\n3:3\n")
        self.check("grep -c 1 twelve twelve", "twelve:4\ntwelve:4\n")
        self.check("grep -l 12 twelve", "twelve\n")
        self.check("grep -hF . twelve", "", 1)
        self.check("env echo 'A.B' | grep -Fi a.b", "A.B\n")
        self.check("grep -q 12 twelve")
        self.check("grep 13 twelve", "", 1)
        self.check("grep 1 nothing", "", 2, "grep: nothing: No such file or directory\n")
        self.check("grep '[' twelve", "", 2, "grep: [: %\nusage: grep %\n")

    def test_hexdump(self):
        self.check("env echo -n 'abcdefghijklmnopqr' | hexdump",
                   "00000000   61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  "
                   "|abcdefghijklmnop|\n"
                   "00000010   71 72" + " " * 45 + "|qr|\n00000012\n")
        self.check("head -c 64 /dev/zero | hexdump | wc -l", "      3\n")
        self.check("head -c 64 /dev/zero | hexdump -v | wc -l", "      5\n")
        self.check("hexdump -s 2 -n 1 twelve",
                   "00000002   32" + " " * 48 + "|2|\n00000003\n")

    def test_sort_and_uniq(self):
        self.check("sort twelve | head -n 3", "1\n10\n11\n")
        self.check("sort -n twelve", LINES)
        self.check("sort -rn twelve | head -n 1", "12\n")
        self.check("cat twelve twelve | sort -nu", LINES)
        self.check("cat twelve twelve | sort -n | uniq -c | head -n 1", "      2 1\n")
        self.check("uniq -d twelve")

    def test_seq_and_yes(self):
        self.check("seq 3", "1\n2\n3\n")
        self.check("seq 5 -2 1", "5\n3\n1\n")
        self.check("seq 2 1")
        self.check("seq 1 0 2", "", 2, "seq: a step of 0 would never end\nusage: %\n")
        self.check("seq 9223372036854775806 9223372036854775807",
                   "9223372036854775806\n9223372036854775807\n")
        self.check("yes a b | head -n 2", "a b\na b\n")

    def test_cksum(self):
        data = bytes(range(256)) * 100
        with open(os.path.join(self.folder, "data"), "wb") as file:
            file.write(data)
        self.check("cksum data", "%d %d data\n" % (crc(data), len(data)))
        self.check("cksum </dev/null", "4294967295 0\n")

    def test_env_and_time(self):
        self.check("env -i A=1 B=2 %s/env -u A" % BIN, "B=2\n")
        self.check("env nosuch", "", 127, "env: nosuch: No such file or directory\n")
        self.check("env ./twelve", "", 126, "env: ./twelve: %\n")
        self.check("time false", "", 1, "real %.% s\n")
        self.check("time", "", 2, "usage: time %\n")
        self.check("sleep 0.01 0s")
        self.check("sleep x", "", 2, "sleep: x: not a time\nusage: %\n")
        self.check("sleep", "", 2, "usage: sleep %\n")

    def test_directories(self):
        self.check("mkdir a && mkdir a", "", 1, "mkdir: a: File exists\n")
        self.check("mkdir -p a/b/c && mkdir -p a/b/c && ls a", "b\n")
        self.check("mkdir x/y", "", 1, "mkdir: x/y: No such file or directory\n")
        self.check("rmdir a", "", 1, "rmdir: a: Directory not empty\n")
        self.check("rm a", "", 1, "rm: a: is a directory\n")
        self.check("rm -r a && ls", "twelve\n")
        self.check("rm nothing", "", 1, "rm: nothing: No such file or directory\n")
        self.check("rm -f nothing")
        self.check("rm -r .", "", 1, "rm: .: will not be removed\n")
        self.check("mkdir many; for i in $(seq 300); do touch many/$i; done; rm -r many; ls",
                   "twelve\n")

    def test_copies(self):
        self.check("cp twelve t2 && cat t2", LINES)
        self.check("cp twelve twelve", "", 1, "cp: twelve and twelve are the same file\n")
        self.check("mkdir d && cp twelve t2 d && ls d", "t2\ntwelve\n")
        self.check("cp d e", "", 1, "cp: d: is a directory\n")
        self.check("cp -r d e && ls e", "t2\ntwelve\n")
        self.check("cp -r d d/inside", "", 1, "cp: d: cannot be copied into itself\n")
        self.check("cp -r d d", "", 1, "cp: d: cannot be copied into itself\n")
        self.check("cp a b t2", "", 1, "cp: t2: not a directory\n")
        self.check("mv t2 t3 && ls", "d\ne\nt3\ntwelve\n")
        self.check("mv t3 d && ls d", "t2\nt3\ntwelve\n")
        self.check("mv nothing d", "", 1, "mv: nothing: No such file or directory\n")
        self.check("mv d", "", 2, "usage: mv %\n")

    def test_ls(self):
        self.check("mkdir d; touch d/.hidden d/x; ls d", "x\n")
        self.check("ls -a d", ".\n..\n.hidden\nx\n")
        self.check("ls twelve d", "twelve\n\nd:\nx\n")
        self.check("ls -F", "d/\ntwelve\n")
        self.check("ls -d d", "d\n")
        self.check("ls -R", ".:\nd\ntwelve\n\n./d:\nx\n")
        self.check("ls nothing", "", 1, "ls: nothing: No such file or directory\n")
        result = self.run_line("ls -l twelve").stdout.decode()
        self.assertRegex(result, r"^-rw-r--r-- +27 \d{4}-\d\d-\d\d \d\d:\d\d twelve\n$")

    def test_tee_touch_date(self):
        self.check("head -n 1 twelve | tee a b; cat a b", "1\n1\n1\n")
        self.check("head -n 1 twelve | tee -a a; cat a", "1\n1\n1\n")
        self.check("touch -c nothing; ls", "a\nb\ntwelve\n")
        self.check("touch new; wc -c new", "      0 new\n")
        self.check("date +%%Y-%Y >d; grep -cE '^%Y-[0-9]{4}$' d", "1\n")
        self.check("date a b", "", 2, "usage: date %\n")

    def test_help(self):
        self.check("ls --help", "usage: ls [-al1dFRhrtS] [FILE...]\n")
        self.check("env echo --help", "--help\n")
        self.check("ls --help >/dev/full", "", 1, "ls: write error: No space%")

    def test_uname(self):
        self.assertEqual(len(self.run_line("uname -srm").stdout.split()), 3)


if __name__ == "__main__":
    BIN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
