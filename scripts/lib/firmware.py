# SPDX-License-Identifier: MIT
"""Finds firmware that scripts/setup images has fetched: boot loaders, TF-A, device trees of Linux.

A folder of firmware looks like this:

    u-boot/{qemu_arm64,rpi_4,pine64_plus}/   Debian's /usr/lib/u-boot
    arm-trusted-firmware/{rpi4,sun50i_a64}/  Debian's /usr/lib/arm-trusted-firmware
    raspi-firmware/                          Debian's /usr/lib/raspi-firmware
    dtbs/VENDOR/BOARD.dtb                    /usr/lib/linux-image-VERSION of Debian's arm64 kernel
    doc/PACKAGE/copyright                    their licences

It is $JACINTH_FIRMWARE, or firmware/ in the cache of scripts/setup.
"""

import os

from common import Absent


class Missing(Absent):
    """A file of firmware is not there; the text says how to get it."""


def folder():
    """Where firmware lies."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("JACINTH_FIRMWARE") or os.path.join(cache, "jacinth", "firmware")


def find(name):
    """The path of a file of firmware, such as "dtbs/broadcom/bcm2711-rpi-4-b.dtb"."""
    path = os.path.join(folder(), name)
    if os.path.isfile(path):
        return path
    raise Missing("no %s in %s: %s" % (
        name, folder(), "see docs/images.md for what belongs there"
        if os.environ.get("JACINTH_FIRMWARE") else "scripts/setup images fetches it"))


def read(name):
    """The contents of a file of firmware."""
    with open(find(name), "rb") as f:
        return f.read()
