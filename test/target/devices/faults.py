#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots test/driver/faults with a disk whose blocks consist of their numbers, which stays as it is.

usage: faults.py PRESET real|exact [OPTION FOR scripts/run ...]

real: the disk is a file, which is read and written; answers come when this computer has them.
exact, on a deterministic machine (--icount): no answer takes a second of the guest's time. The disk is a folder's
file system, of which the numbers are read; then one of zeros, which is written as well.
"""

import os
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
RUN = os.path.join(ROOT, "scripts", "run")
FIRST, BLOCKS = 0x4e756d6265720000, 16384  # numbers.h
LIMIT_MS = 1000
DISK = "a_disk_whose_driver_is_killed_gives_the_right_bytes_or_an_error"
OTHERS = ("a_clock_whose_driver_is_killed_says_the_right_time_or_nothing",
          "an_entropy_driver_is_killed_while_its_device_writes")
DEATHS = ("a_dd_whose_disk_driver_is_killed_gets_the_right_bytes_or_an_error",
          "who_asks_a_driver_that_dies_again_and_again_is_answered_soon")


def run(*options):
    return subprocess.run([RUN, "--no-build", "--preset", sys.argv[1], "--tests", "--rng", *options, *sys.argv[3:]],
                          stdin=subprocess.DEVNULL, check=False).returncode


def real(disk, contents):
    status = run("--append", "svc.manifest=etc/faults.manifest", "--disk", disk, "--cmd", "true")
    with open(disk, "rb") as f:
        same = f.read() == contents
    print("%sok - the disk is as it was" % ("" if same else "not "))
    return status if same else 1


def exact(folder):
    def commands(*programs):
        return " && ".join("FAULTS_LIMIT_MS=%d /boot/test/driver/%s" % (LIMIT_MS, " ".join(words))
                           for words in programs)

    return (run("--icount", "--append", "kernel.quiet", "--disk", folder,
                "--cmd", commands(("faults", DISK, *OTHERS), ("deaths", *DEATHS))) or
            run("--icount", "--append", "kernel.quiet", "--disk", "zeros:8M", "--cmd", commands(("faults", DISK))))


def main():
    contents = b"".join(struct.pack("<Q", FIRST + block) * 64 for block in range(BLOCKS))
    with tempfile.TemporaryDirectory() as folder:
        disk = os.path.join(folder, "disk")
        with open(disk, "wb") as f:
            f.write(contents)
        return exact(folder) if sys.argv[2] == "exact" else real(disk, contents)


if __name__ == "__main__":
    sys.exit(main())
