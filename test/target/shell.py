#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types at the shell's prompt like a person, and looks at what the terminal shows.

usage: shell.py PRESET [PART ...] [--commands N] [--seed N] [--smp N]

The parts, all of them if none is named:
  line       keys that edit, history, search, completion, long lines, odd bytes, typing ahead
  programs   statuses and messages, Ctrl-C on programs that would run for ever and in loops of the
             shell, pipes, files, scripts, jobs, 10 MiB through a pipeline of three
  session    N commands in a row (1,000), after which mem, objs and ps say what they said before
"""

import argparse
import random
import re
import sys
import time

import terminal
from terminal import PATIENCE, check

PROMPT = "jacinth:~$ "
WARM_UP = 40         # commands that fill caches before anything is compared
SLACK = 192 * 1024   # bytes that caches of the kernel may hold more than before


class Person(terminal.Person):
    """Somebody at the shell, whose line editor shows a line again when it changes."""

    def type(self, keys):
        keys = keys.encode("utf-8") if isinstance(keys, str) else keys
        super().type(keys.replace(b"\x01", b"\x01\x01"))

    def answer(self, keys):
        """Types keys that end a line; returns what came back up to the next prompt, without the echo."""
        self.type(keys)
        return self.wait_for("\n" + PROMPT)[:-len(PROMPT)].split("\n", 1)[-1]

    def command(self, line):
        return self.answer(line + "\r")


def expect(person, keys, wanted, what=None):
    """Types a line; all that comes back must be `wanted`, but for blanks before numbers."""
    answer = re.sub(r"(?m)^ +(?=\d)", "", person.answer(keys + "\r"))
    check(what or repr(keys), answer == wanted, "%r instead of %r" % (answer, wanted))


# ---- the line -------------------------------------------------------------------------------------

def edit(person):
    for letter in "echo letters":
        person.type(letter)
        person.wait_for(letter)
    check("letters are echoed", person.answer("\r") == "letters\n")
    expect(person, "echo wrogn\x08\x08ng", "wrong\n", "backspace")
    expect(person, "cho start\x01e\x05 end", "start end\n", "Ctrl-A and Ctrl-E")
    expect(person, "echo ac\x1b[Db\x1b[C!", "abc!\n", "arrows")
    expect(person, "echo no\x15echo yes", "yes\n", "Ctrl-U")
    expect(person, "echo keep gone\x17\x17kept", "kept\n", "Ctrl-W")
    expect(person, "echo two \x17one \x19", "one two\n", "Ctrl-Y brings back")
    expect(person, "echo ba\x14", "ab\n", "Ctrl-T")
    expect(person, "echo one two\x1bb\x1bbx\x1bfy\x1bd", "xoney\n", "Alt-B, Alt-F, Alt-D")
    expect(person, "echo axb\x1b[D\x1b[D\x1b[3~", "ab\n", "Delete")
    expect(person, "echo äöü\x02\x02\x7fé", "éöü\n", "UTF-8")
    expect(person, "xecho \x1b[H\x04\x1b[Fhome", "home\n", "Home, End, Ctrl-D")
    expect(person, "echo " + "long " * 100 + "| wc -c", "500\n", "a line that is too wide")
    person.type("poweroff now\x03")
    check("Ctrl-C at the prompt", person.wait_for("^C\n" + PROMPT))
    expect(person, "echo $?", "130\n", "status of an interrupted line")
    person.type(bytes(b for b in range(256) if b not in (1, 3, 4, 9, 10, 12, 13, 18, 27)) + b"\x15")
    expect(person, "echo still here", "still here\n", "odd bytes do no harm")


def recall(person):
    person.command("echo first")
    person.command("echo second")
    person.command("echo second")
    expect(person, "\x1b[A", "second\n", "up")
    expect(person, "\x1b[A\x1b[A", "first\n", "equal lines are kept once")
    expect(person, "\x10\x10\x0e\x0e echo new", "new\n", "down to the new line")
    expect(person, "\x12irs", "first\n", "Ctrl-R")
    expect(person, "\x12echo\x07echo out", "out\n", "Ctrl-G ends the search")
    answer = person.command("history 3")
    check("history", re.fullmatch(r" +\d+  echo first\n +\d+  echo out\n +\d+  history 3\n", answer),
          answer)
    answer = person.command("history 2 | tail -n 1")
    check("history in a pipeline", re.fullmatch(r" +\d+  history 2 \| tail -n 1\n", answer), answer)
    answer = person.command("(history) | wc -l; history | wc -l; x=$(history 1); echo $x")
    check("and in subshells", re.fullmatch(r" *(\d+)\n *\1\n(\d+) \(history\) .*; echo \$x\n", answer),
          answer)


def complete(person):
    expect(person, "ec\tdone", "done\n", "a builtin is completed")
    expect(person, "upt\t> /dev/null; ech\t$?", "0\n", "a program is completed")
    expect(person, "echo /boot/e\tserv\t", "/boot/etc/services.manifest\n", "folders and files")
    expect(person, "echo $HOM\t", "/tmp\n", "a variable")
    person.command("echo text > /tmp/a-file; echo > /tmp/a-fish; echo > '/tmp/odd name'")
    expect(person, "cat /tmp/o\t | wc -c", "1\n", "a name with a blank")
    person.type("cat /tmp/a-f\t")
    person.wait_for("/tmp/a-fi")
    person.type("\t")
    person.wait_for("a-file  a-fish\n")
    expect(person, "l\t", "text\n", "candidates are listed")
    person.command("rm /tmp/*")


def several_lines(person):
    person.type("if true\r")
    person.wait_for("> ")
    person.type("then echo 'quoted\r")
    person.wait_for("> ")
    person.type("twice'\r")
    person.wait_for("> ")
    expect(person, "fi", "quoted\ntwice\n", "a command of several lines")
    person.type("echo a &&\r")
    person.wait_for("> ")
    person.type("\x03")
    person.wait_for(PROMPT)
    person.type("cat <<END\rin $((1+1))\rEND\r")
    check("a here-document", "in 2\n" in person.wait_for("\nin 2\n" + PROMPT))
    expect(person, "echo )", "sh: syntax error: unexpected `)'\n")
    expect(person, "echo $?", "2\n")
    person.type("echo first; sleep 1\recho second\recho third\r")
    for word in ("first", "\nsecond\n", "\nthird\n", PROMPT):
        person.wait_for(word)
    print("ok - lines typed ahead are run", flush=True)


def line_part(person):
    edit(person)
    recall(person)
    complete(person)
    several_lines(person)


# ---- programs -------------------------------------------------------------------------------------

def statuses(person):
    expect(person, "nosuch; echo $?", "sh: nosuch: not found\n127\n")
    expect(person, "/boot; echo $?", "sh: /boot: is a directory\n126\n")
    expect(person, "/boot/etc/services.manifest; echo $?",
           "sh: /boot/etc/services.manifest: Permission denied\n126\n")
    expect(person, "sh /nofile; echo $?", "sh: /nofile: not found\n127\n")
    expect(person, "cat < /nofile; echo $?", "sh: /nofile: No such file or directory\n1\n")
    expect(person, "false; echo $?; true; echo $?; ! true; echo $?", "1\n0\n1\n")
    expect(person, "(exit 5); echo $?; sh -c 'exit 6'; echo $?", "5\n6\n")
    expect(person, "crash null; echo $?", "Killed\n137\n", "a program that crashes")
    expect(person, "yes | head -n 2; echo $?", "y\ny\n0\n", "a pipe whose reader is gone")
    expect(person, "echo x >&-; echo $?", "sh: echo: cannot write: Bad file descriptor\n1\n")
    expect(person, "x=$(echo a; echo b); echo \"$x\" $?", "a\nb 0\n")
    answer = person.command("kernel help")
    check("the kernel's commands answer, though its log is quiet", "\ncrash panic " in answer, answer)
    expect(person, "kernel help | grep -c '^crash panic'", "1\n")


def interrupts(person):
    for line in ("sleep 1000", "yes > /dev/null", "cat", "sleep 1000 | cat", "(sleep 1000)",
                 "while :; do :; done", "while true; do sleep 1; done", "read x", "echo $(sleep 1000)",
                 "sh -c 'while :; do :; done'", "sleep 1000 & wait"):
        person.type(line + "\r")
        person.wait_for(line + "\n")
        time.sleep(0.7)
        person.type("\x03")
        person.wait_for("\n" + PROMPT)
        expect(person, "echo $?", "130\n", "Ctrl-C on: " + line)
    person.command("kill %1; wait")
    person.command("")
    expect(person, "jobs", "", "no jobs are left")


def files(person):
    expect(person, "cd /tmp; pwd; cd", "/tmp\n")
    expect(person, "cd /tmp; echo one > f; echo two >> f; cat < f; wc -l < f; rm f; cd", "one\ntwo\n2\n")
    expect(person, "mkdir /tmp/d; cd /tmp/d; for i in b a c; do echo > $i.txt; done; echo *.txt [ab].*; "
                   "cd; rm -r /tmp/d", "a.txt b.txt c.txt a.txt b.txt\n")
    person.command("printf 'echo script $# $1\\nexit 3\\n' > /tmp/s")
    expect(person, "sh /tmp/s 'a b'; echo $?", "script 1 a b\n3\n")
    person.command("{ echo '#!/boot/bin/sh'; cat /tmp/s; } > /tmp/t; chmod 755 /tmp/t 2> /dev/null")
    expect(person, "f() { echo \"$1\" | cat; }; f through; (f sub)", "through\nsub\n")
    expect(person, "echo c b a | { read x y; echo $y; }; for i in 3 1 2; do echo $i; done | sort",
           "b a\n1\n2\n3\n")
    expect(person, "ls /nofile 2> /tmp/err; wc -l < /tmp/err; rm /tmp/*", "1\n")
    expect(person, "sh -c nosuch 2>&1 | wc -l", "1\n")
    expect(person, "set -x; echo a > /dev/null; set +x", "+ echo a\n+ set +x\n")


def jobs(person):
    answer = person.command("sleep 1000 &")
    check("a job in the background", re.fullmatch(r"\[1\] \d+\n", answer), answer)
    expect(person, "jobs", "[1] Running    sleep 1000\n")
    person.command("kill %1; wait")
    person.command("")
    person.command("(sleep 0.2; exit 3) & wait $!; echo $?")
    person.type("sleep 1000 &\r")
    person.wait_for("\n" + PROMPT)
    person.type("fg\r")
    person.wait_for("sleep 1000\n")
    time.sleep(0.5)
    person.type("\x03")
    person.wait_for("\n" + PROMPT)
    expect(person, "echo $?", "130\n", "fg and Ctrl-C")


def cksum(data):
    """POSIX cksum's CRC."""
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ 0x04c11db7 if value & 0x80000000 else value << 1
        table.append(value & 0xffffffff)
    crc = 0
    size = len(data)
    length = b""
    while size:
        length += bytes((size & 0xff,))
        size >>= 8
    for byte in data + length:
        crc = ((crc << 8) & 0xffffffff) ^ table[(crc >> 24) ^ byte]
    return crc ^ 0xffffffff


def pipeline(person):
    size = 10 << 20
    data = (b"a line of the ten mebibytes\n" * (size // 28 + 1))[:size]
    start = time.monotonic()
    answer = person.command("yes a line of the ten mebibytes | head -c %d | cksum" % size)
    check("10 MiB through a pipeline of three in %.1f s" % (time.monotonic() - start),
          answer.split()[:2] == [str(cksum(data)), str(size)], answer)
    expect(person, "yes | head -c 1000000 | cat | cat | wc -c", "1000000\n")


def programs_part(person):
    statuses(person)
    interrupts(person)
    files(person)
    jobs(person)
    pipeline(person)


# ---- a long session -------------------------------------------------------------------------------

LONG = (("echo some words", 10), ("true", 10), ("false", 5), ("nonsense", 5), ("uptime", 10),
        ("ls /boot", 5), ("mem", 5), ("ps", 5), ("hello a b", 8), ("crash null", 3),
        ("yes | head -n 3 | wc -l", 8), ("(exit 3)", 5), ("x=$(echo sub)", 5), ("y=$(uptime)", 5),
        ("echo text > /tmp/f; cat /tmp/f; rm /tmp/f", 5), ("sleep 1000 & kill %1; wait", 3),
        ("for i in 1 2 3; do echo $i; done | cat", 4), ("echo /boot/bin/*", 3),
        ("cat < /nofile", 2), ("f() { local a=1; echo $a; }; f", 3))


def objects(person):
    """Objects by type, and handles by owner and type."""
    text = person.command("objs")
    types = dict((name, int(count)) for name, count in
                 re.findall(r"^(\w+) +(\d+) +\d+$", text, re.M))
    owners = dict((owner + " " + name, int(count)) for owner, handles in
                  re.findall(r"^ *\d+ +\d+  (\S+) +(.*)$", text, re.M)
                  for name, count in re.findall(r"(\w+) (\d+)", handles))
    return types, owners


def figures(person):
    """Tree of tasks (names only), objects by type, handles by owner, memory."""
    tasks = [line.split()[-1] for line in person.command("ps").splitlines()[1:]]
    types, owners = objects(person)
    memory = dict((what, int(size)) for size, what in
                  re.findall(r"^ *(\d+)K +[\d.]+%  (.*)$", person.command("mem"), re.M))
    # The kernel's caches keep what they have had.
    memory["free"] += memory.pop("kernel heap, free")
    return tasks, types, owners, memory


def quiet_figures(person):
    """The most of several looks: `objs` sees its own start, some of which is not there in every look. What leaks
    with each command is far more than that."""
    looks = []
    while len(looks) < 5 or looks[-1][0] != looks[-2][0]:
        time.sleep(0.2)
        looks.append(figures(person))
    tasks, types, owners, memory = looks.pop()
    for _, more_types, more_owners, _ in looks:
        types = dict((name, max(types[name], more_types.get(name, 0))) for name in types)
        owners = dict((name, max(owners[name], more_owners.get(name, 0))) for name in owners)
    return tasks, types, owners, memory


def grown(before, after):
    """What there is more of than before."""
    return [name for name in after if after[name] > before.get(name, 0)]


def differences(before, after):
    """What is not as it was, of two answers of figures()."""
    tasks, types, owners, memory = before
    after_tasks, after_types, after_owners, after_memory = after
    problems = []
    if after_tasks != tasks:
        problems.append("ps: before %s\nafter %s" % (tasks, after_tasks))
    if grown(owners, after_owners):
        problems.append("handles: before %s\nafter %s" % (owners, after_owners))
    # The allocators of the shell and of the services may have taken a few pages more.
    limit = dict(types, vmo=types["vmo"] + 16)
    if grown(limit, after_types):
        problems.append("objs: before %s\nafter %s" % (types, after_types))
    for what in ("free", "memory objects (VMOs)", "kernel heap, in use", "page tables", "messages"):
        more = after_memory[what] - memory[what]
        slack = 1024 if what == "free" else SLACK // 1024
        if (-more if what == "free" else more) > slack:
            problems.append("%s: before %s\nafter %s" % (what, memory, after_memory))
    return problems


def session_part(person, count, seed):
    dice = random.Random(seed)
    bag = [name for name, weight in LONG for _ in range(weight)]
    person.command("HISTSIZE=20")
    for name, _ in LONG:
        person.command(name)
    for _ in range(WARM_UP):
        person.command(dice.choice(bag))
    before = quiet_figures(person)
    start = time.monotonic()
    for _ in range(count):
        person.command(dice.choice(bag))
    print("# %d commands in %.0f s; seed %d" % (count, time.monotonic() - start, seed))
    # What has ended may take a while to go; what leaks never does.
    deadline = time.monotonic() + PATIENCE
    problems = differences(before, figures(person))
    while problems and time.monotonic() < deadline:
        time.sleep(0.5)
        problems = differences(before, figures(person))
    check("after %d commands ps, objs and mem are what they were" % count, not problems,
          "\n".join(problems))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("parts", nargs="*", default=[])
    parser.add_argument("--commands", type=int, default=1000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--smp", default="4")
    options = parser.parse_args()
    parts = options.parts or ["line", "programs", "session"]
    person = Person(["--preset", options.preset, "--smp", options.smp])

    def body():
        person.wait_for(PROMPT)
        if "line" in parts:
            line_part(person)
        if "programs" in parts:
            programs_part(person)
        if "session" in parts:
            session_part(person, options.commands, options.seed)

    return terminal.run(person, body)


if __name__ == "__main__":
    sys.exit(main())
