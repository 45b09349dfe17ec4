#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots test/driver/faults with a disk whose blocks consist of their numbers, which stays as it is.

usage: faults.py PRESET [OPTION FOR scripts/run ...]
"""

import os
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
RUN = os.path.join(ROOT, "scripts", "run")
BLOCKS = 16384


def main():
    contents = b"".join(struct.pack("<Q", block) * 64 for block in range(BLOCKS))
    with tempfile.TemporaryDirectory() as folder:
        disk = os.path.join(folder, "disk")
        with open(disk, "wb") as f:
            f.write(contents)
        status = subprocess.run(
            [RUN, "--no-build", "--preset", sys.argv[1], "--tests", "--append",
             "svc.manifest=etc/faults.manifest", "--disk", disk, "--rng", "--cmd", "true",
             *sys.argv[2:]], stdin=subprocess.DEVNULL, check=False).returncode
        with open(disk, "rb") as f:
            same = f.read() == contents
    print("%sok - the disk is as it was" % ("" if same else "not "))
    return status if same else 1


if __name__ == "__main__":
    sys.exit(main())
