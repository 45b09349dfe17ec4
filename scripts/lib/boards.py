# SPDX-License-Identifier: MIT
"""The machines of QEMU that Jacinth boots, one Board each: the only list of them.

`virt` brings its own device tree and takes the options of scripts/run; the others are as they are,
so that an option they cannot honour is refused.
"""

import os
import subprocess

import firmware
from common import ROOT


class Board:
    """A machine of QEMU.

    tree: where its device tree comes from: None (QEMU makes it), a path in the firmware cache
    (scripts/setup images), or a source below dts/, which dtc compiles.
    console: which of QEMU's serial lines the tree's console is.
    smp: the fewest and the most CPUs; unless asked otherwise, a board gets the most.
    mem: how much memory, where QEMU's own choice is not what such a board has.
    icount: whether it is of use with --icount.
    """

    def __init__(self, machine, tree=None, console=0, smp=(4, 4), mem=None, icount=True):
        self.machine = machine
        self.tree = tree
        self.console = console
        self.smp = smp
        self.mem = mem
        self.icount = icount

    def device_tree(self, folder):
        """Path of the device tree, made if need be in `folder`; None if QEMU makes it."""
        if self.tree is None or not self.tree.endswith(".dts"):
            return self.tree and firmware.find(self.tree)
        source = os.path.join(ROOT, "dts", self.tree)
        output = os.path.join(folder, os.path.basename(self.tree)[:-1] + "b")
        made = "%s.%d" % (output, os.getpid())  # runs at the same time do not see half a tree
        subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", made, source], check=True)
        os.rename(made, output)
        return output


BOARDS = {
    "virt": Board("virt", smp=(1, 512)),
    # Its first serial line is the PL011, the second the mini UART of the tree's stdout-path.
    "raspi4b": Board("raspi4b", "dtbs/broadcom/bcm2711-rpi-4-b.dtb", console=1),
    # The only machine with a 16550 in memory and a GICv2; one CPU, as its tree says. With --icount
    # it crawls.
    "npcm845": Board("npcm845-evb", "npcm845-evb.dts", icount=False),
    "imx8mp": Board("imx8mp-evk", "dtbs/freescale/imx8mp-evk.dtb", console=1, smp=(1, 4),
                    mem="1G"),
}


def serial(board, target):
    """QEMU's options that connect the board's console with `target`."""
    return ["-serial", "null"] * BOARDS[board].console + ["-serial", target]
