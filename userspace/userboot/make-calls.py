#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the linker script that gives userboot its system calls.

usage: make-calls.py VDSO.ELF OUTPUT.ld

The kernel maps the vDSO directly behind userboot's last page, so each call is at a fixed distance
from the end of userboot: its address in the vDSO, which is linked at 0.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/lib"))
import elf  # noqa: E402

STB_GLOBAL, STB_WEAK = 1, 2


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    calls = sorted(
        (s.name, s.value) for s in elf.Elf.read(sys.argv[1]).symbols()
        if s.type == elf.STT_FUNC and s.bind in (STB_GLOBAL, STB_WEAK) and s.section != 0
        and s.name.startswith("zx_"))
    if not calls:
        sys.exit(f"{sys.argv[1]}: exports no zx_* function")
    with open(sys.argv[2], "w", encoding="ascii") as f:
        f.write("/* Generated from the vDSO's symbols by make-calls.py. */\n")
        for name, value in calls:
            f.write(f"PROVIDE_HIDDEN({name} = userboot_image_end + {value:#x});\n")


main()
