# SPDX-License-Identifier: MIT
"""Boot chains under QEMU: not QEMU starts the kernel, but the firmware of a board, from a card.

The card is the one that scripts/image makes, from the same recipe; what QEMU itself is given, in
place of a first stage that it does not run, is read back from the card.
"""

import os
import struct
import subprocess

import boards
import card
import firmware
import recipes
from common import Problem

WAYS = {"uboot": "U-Boot, boot.scr, booti", "fit": "U-Boot, FIT, bootm",
        "tfa": "raspi4b: TF-A, then U-Boot"}
CARD_BYTES = 64 << 20


def check(options):
    """Refuses a way that the board does not have."""
    if (options.board, options.via) not in CHAINS:
        ways = [way for board, way in CHAINS if board == options.board]
        raise Problem("%s has no --via %s%s" % (options.board, options.via,
                                                ": there is " + ", ".join(ways) if ways else ""))


def words(options, qemu, folder, image, initrd, append):
    """QEMU's words for the chain options.via, in place of -kernel, -initrd and -append. Makes the
    card in `folder`; `qemu` is asked for the board's device tree."""
    with open(image, "rb") as f:
        kernel = f.read()
    with open(initrd, "rb") as f:
        initrd = f.read()
    recipe, chain = CHAINS[options.board, options.via]
    path = os.path.join(folder, "%s-%s.img" % (options.board, options.via))
    if options.board == "raspi4b":  # QEMU's watchdog resets as soon as it is started
        append = ("%s=0 %s" % (recipes.WATCHDOG, append)).strip()
    recipe(kernel, initrd, append, as_fit=options.via == "fit",
           tfa=options.via == "tfa").write(path, CARD_BYTES)
    return chain(path, qemu)


def serial(options, target):
    """QEMU's options that connect the guest's console with `target`. TF-A moves the console of the
    Raspberry Pi to the PL011, the first line."""
    if options.via == "tfa":
        return ["-serial", target]
    return boards.serial(options.board, target)


def from_card(path, *names):
    """Files next to the card, with what it has under these names."""
    files = []
    for name in names:
        files.append("%s.%s" % (os.path.splitext(path)[0], name))
        with card.whole(files[-1]) as new, open(new, "wb") as f:
            f.write(card.read(path, name))
    return files


def virt(path, _):
    """QEMU starts U-Boot as the flash's contents."""
    return ["-bios", firmware.find("u-boot/qemu_arm64/u-boot.bin"),
            "-drive", "if=none,file=%s,format=raw,id=disk,readonly=on" % path,
            "-device", "virtio-blk-device,drive=disk"]


def raspi4b(path, _):
    """QEMU does what start4.elf does: loads U-Boot and the tree, and starts all CPUs at EL2."""
    uboot, tree = from_card(path, "u-boot.bin", "bcm2711-rpi-4-b.dtb")
    return ["-kernel", uboot, "-dtb", tree, *sd_card(path)]


# Where the chain of TF-A has things on the Raspberry Pi: BL31 at 0, as an armstub.
TFA_UBOOT_AT = 0x80000
TFA_TREE_AT = 0x8000000
TFA_START_AT = 0x300000
# The fields of an armstub that start4.elf fills in (TF-A, plat/rpi/rpi4/aarch64/armstub8_header.S).
ARMSTUB_MAGIC_AT, ARMSTUB_TREE_AT, ARMSTUB_KERNEL_AT = 0xf0, 0xf8, 0xfc


def raspi4b_tfa(path, qemu):
    """QEMU does what start4.elf does with an armstub: BL31 at 0, told where U-Boot and the tree
    are; all CPUs start there at EL3."""
    uboot, stub, tree = from_card(path, "u-boot.bin", "bl31.bin", "bcm2711-rpi-4-b.dtb")
    with open(stub, "r+b") as f:
        for at, value in ((ARMSTUB_MAGIC_AT, 0), (ARMSTUB_TREE_AT, TFA_TREE_AT),
                          (ARMSTUB_KERNEL_AT, TFA_UBOOT_AT)):
            f.seek(at)
            f.write(struct.pack("<I", value))
    # QEMU loads files as they are here: the tree needs what it does to one for -dtb.
    subprocess.run([qemu, "-M", "raspi4b,dumpdtb=%s.qemu" % tree, "-kernel", uboot, "-dtb", tree],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True)
    subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", tree, tree + ".qemu"], check=True)
    # The loader cannot start CPUs at 0: mov x0, #0; br x0.
    result = ["-device", "loader,addr=%#x,data=0xd61f0000d2800000,data-len=8" % TFA_START_AT]
    for cpu in range(4):
        result += ["-device", "loader,addr=%#x,cpu-num=%d" % (TFA_START_AT, cpu)]
    for file, at in ((stub, 0), (uboot, TFA_UBOOT_AT), (tree, TFA_TREE_AT)):
        result += ["-device", "loader,file=%s,addr=%#x,force-raw=on" % (file, at)]
    return result + sd_card(path)


def sd_card(path):
    return ["-drive", "if=sd,file=%s,format=raw,snapshot=on" % path]


CHAINS = {
    ("virt", "uboot"): (recipes.Virt, virt),
    ("virt", "fit"): (recipes.Virt, virt),
    ("raspi4b", "uboot"): (recipes.Rpi4, raspi4b),
    ("raspi4b", "tfa"): (recipes.Rpi4, raspi4b_tfa),
}
