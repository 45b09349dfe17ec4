#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots with manifests of services that have mistakes: each is told with its line, and the rest runs.

usage: manifests.py PRESET [--initrd FILE]

The manifest is put in front of the built archive: of two files with one name the first one counts.
"""

import argparse
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
RUN = os.path.join(ROOT, "scripts", "run")
MANIFEST = os.path.join(ROOT, "userspace", "services", "svc", "services.manifest")
PATH = "etc/services.manifest"
IMPOSSIBLE = 126  # the status of a session that cannot be


def entry(name, data):
    fields = (1, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


with open(MANIFEST, "rb") as f:
    GOOD = f.read()

LINES = GOOD.count(b"\n")
EXTRA = b"service extra\n    program bin/true\n    restart never\n"

# name: (manifest, status (None: not 0), what is said)
CASES = {
    "as it should be": (GOOD, 0, ()),
    "one more": (GOOD + EXTRA, 0, ("svc: extra: ended with 0",)),
    "an unknown key": (GOOD + EXTRA + b"colour blue\n", 0,
                       (PATH + ":%d: no such key: colour" % (LINES + 4),)),
    "a circle": (GOOD + EXTRA + b"needs x\nprovides x\n", 0,
                 (PATH + ":%d: its needs go round in a circle: extra" % (LINES + 1),)),
    "nobody provides it": (GOOD + EXTRA + b"needs /nothing\n", 0,
                           ("nobody provides what it needs: /nothing",)),
    "no such program": (GOOD + b"service extra\nprogram bin/nothing\n", 0,
                        ("svc: extra: bin/nothing: no such program in the initrd", "given up")),
    "no program at all": (GOOD + b"service extra\nprogram etc/services.manifest\n", 0,
                          ("not an ELF file", "given up")),
    "always fails": (GOOD + b"service extra\nprogram bin/false\nlimit 3\n", 0,
                     ("svc: extra: ended with 1: started again", "svc: extra: ended with 1: given up")),
    "empty": (b"", IMPOSSIBLE, ("svc: no session without",)),
    "not text": (bytes(range(256)) * 40, IMPOSSIBLE, (PATH + ":", "svc: no session without")),
    "too large": (b"# " + b"x" * 70000, IMPOSSIBLE, ("larger than",)),
    "no session": (GOOD.replace(b"    session\n", b""), IMPOSSIBLE, ("svc: no session without",)),
    "the session's program is not there": (GOOD.replace(b"bin/sh", b"bin/nothing"), IMPOSSIBLE,
                                           ("svc: sh: bin/nothing: no such program",)),
    "no console": (GOOD.replace(b"sbin/console", b"sbin/nothing"), IMPOSSIBLE,
                   ("svc: console: sbin/nothing: no such program", "no session without console")),
    # The shell loses its terminal: how it takes that is its own affair.
    "the console ends": (GOOD.replace(b"sbin/console", b"bin/true"), None,
                         ("svc: console: ended with 0: started again",)),
}


class Lab:
    def __init__(self, preset, initrd, folder):
        self.preset = preset
        self.path = os.path.join(folder, "initrd.cpio")
        with open(initrd or os.path.join(ROOT, "build", preset, "initrd.cpio"), "rb") as f:
            self.archive = f.read()

    def boot(self, manifest, *arguments):
        """Boots; exit status and output."""
        with open(self.path, "wb") as f:
            f.write((entry(PATH, manifest) if manifest is not None else b"") + self.archive)
        done = subprocess.run(
            [RUN, "--no-build", "--preset", self.preset, "--icount", "--initrd", self.path, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def case(self, name, manifest, status, texts, *arguments):
        """True if the boot went as it should."""
        got, output = self.boot(manifest, *arguments, "--cmd", "sleep 1; echo alive")
        missing = [text for text in texts if text not in output]
        if status == 0 and "\nalive\n" not in output:
            missing.append("alive")
        good = (got == status or (status is None and got != 0)) and not missing
        print("%sok - %s" % ("" if good else "not ", name), flush=True)
        if not good:
            print("# status %d; not said: %s" % (got, missing))
            print("".join("# | %s\n" % line for line in output.splitlines()[-20:]))
        return good


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("--initrd", metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(options.preset, options.initrd, folder)
        results = [lab.case(name, *case) for name, case in CASES.items()]
        results.append(lab.case("another manifest asked for", None, IMPOSSIBLE,
                                ("svc: etc/nothing: not in the initrd",),
                                "--append", "svc.manifest=etc/nothing"))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
