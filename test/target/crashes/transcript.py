# SPDX-License-Identifier: MIT
"""Transcripts in the documentation, compared with what their commands print now.

A transcript is a fenced block whose first line is `$ COMMAND`; `...` stands for lines left out. Numbers
may differ; the lines, and their order, may not.
"""

import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def shape(line):
    """The line without its numbers, names of builds and blanks."""
    line = re.sub(r"build-id [0-9a-f]+", "build-id N", line)
    line = re.sub(r"\b(0x)?[0-9a-f]{8,16}\b", "N", line)
    line = re.sub(r"\b(0x[0-9a-f]+|\d+)", "N", line)
    return re.sub(r"\s+", " ", line).strip()


def blocks(path):
    """(command, lines) of each transcript in a document."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        for block in re.findall(r"^```\n\$ (.*?)^```$", f.read(), re.M | re.S):
            command, *lines = block.splitlines()
            yield command, lines


def block_of(path, command):
    """The lines of the one transcript of that command."""
    found = [lines for have, lines in blocks(path) if have == command]
    if len(found) != 1:
        raise ValueError("%s has %d transcripts of `%s`" % (path, len(found), command))
    return found[0]


def typed(path, command):
    """The lines that a command, typed at the shell's prompt, has in a document's session."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        after = f.read().split("\njacinth:~$ %s\n" % command)[1]
    return after.split("\njacinth:~$ ")[0].splitlines()


def run(command, preset, *options):
    """What the command prints. `scripts/NAME` are this tree's, with what has been built of `preset`;
    `options` are for scripts/run."""
    command = re.sub(r"scripts/run\b", " ".join(["scripts/run --no-build --preset", preset, *options]), command)
    command = re.sub(r"scripts/symbolize\b", "scripts/symbolize --preset %s" % preset, command)
    done = subprocess.run(command, shell=True, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          encoding="utf-8", errors="replace", check=False)
    return done.stdout.replace("\r", "")


def missing(lines, output):
    """The first line of a transcript that the output has not behind those before it; or None."""
    shapes, at = [shape(line) for line in output.splitlines()], 0
    for line in lines:
        if line.strip() == "...":
            continue
        wanted = shape(line)
        # What a program prints may stand in front of a line of the log.
        there = [i for i in range(at, len(shapes)) if shapes[i].endswith(wanted)]
        if not there:
            return line
        at = there[0] + 1
    return None
