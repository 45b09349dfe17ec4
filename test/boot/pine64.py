#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The card of a Pine64, as far as machines of QEMU go that are none.

usage: pine64.py PRESET spl|script

spl: the boot ROM of an Allwinner H3, which QEMU's orangepi-pc models, takes the SPL from the card
and runs it, up to the first register that only the A64 has.

script: the card's boot script, and its tree, in the same version of U-Boot on virt, whose memory begins
where that of the A64 does, with the Pine64's addresses. With Linux's tree for the board up to the kernel,
for which U-Boot's changes to that tree are read back from memory; without it, by U-Boot's own tree,
to the shell. Ends with status 77 (skipped) where this computer lacks the firmware or the machine.
"""

import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

import guest
from guest import ROOT

sys.path.insert(0, os.path.join(ROOT, "test", "host", "fdt"))
import firmware  # noqa: E402
import machine  # noqa: E402
import oracle  # noqa: E402
import recipes  # noqa: E402
import via  # noqa: E402
from common import Absent  # noqa: E402

SIZE = 64 << 20
PATIENCE = 300  # seconds without output: a hang; cards are read in silence

# ---- the SPL --------------------------------------------------------------------------------------

# "CPUX RVBAR", through which the SPL has the A64's cores start in AArch64; the H3 has nothing there.
RVBAR = 0x17000a0
INSTRUCTION = re.compile(rb"^0x([0-9a-f]{8}):  ([0-9a-f]{8})  ", re.M)


def run_spl(path):
    """What QEMU logs up to the access to RVBAR: instructions and exceptions."""
    command = [machine.qemu(), "-M", "orangepi-pc", "-display", "none", "-monitor", "none", "-serial",
               "null", "-nic", "none", "-d", "in_asm,int",
               "-drive", "if=sd,file=%s,format=raw,snapshot=on" % path]
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, preexec_fn=guest.watch.die_with_parent)
    log, end = b"", b"DFAR 0x%x" % RVBAR
    try:
        while end not in log and len(log) < 1 << 20:
            data = os.read(qemu.stderr.fileno(), 4096)
            if not data:
                break
            log += data
    finally:
        qemu.kill()
        qemu.wait()
    return log.split(end)[0], end in log


def spl(build):
    if "orangepi-pc" not in machine.ask_qemu("-M", "help"):
        raise Absent("this QEMU has no orangepi-pc")
    path = os.path.join(build.folder, "card")
    recipes.Pine64(b"", b"").write(path, SIZE)
    log, reached = run_spl(path)
    program = firmware.read("u-boot/pine64_plus/sunxi-spl.bin")
    steps = [(int(at, 16), int(word, 16)) for at, word in INSTRUCTION.findall(log)]
    problems = [] if reached else ["the SPL did not get to RVBAR"]
    problems += ["at %#x: %#x is not of the SPL" % (at, word) for at, word in steps
                 if struct.unpack_from("<I", program, at)[0] != word]
    # From the jump in the header over the saving of registers to the store.
    if len(steps) < 16 or steps[0][0] != 0:
        problems.append("%d instructions were seen, the first at %#x"
                        % (len(steps), steps[0][0] if steps else -1))
    return "%d instructions of the SPL" % len(steps), problems, log.decode("latin-1")


# ---- the script -----------------------------------------------------------------------------------

# The environment of U-Boot's pine64_plus where the script uses it.
PINE64 = b"""\
setenv kernel_addr_r 0x40080000
setenv fdt_addr_r 0x4fa00000
setenv scriptaddr 0x4fc00000
setenv ramdisk_addr_r 0x4ff00000
setenv fdtfile allwinner/sun50i-a64-pine64-plus.dtb
setenv bootm_size 0xa000000
load ${devtype} ${devnum}:${distro_bootpart} ${scriptaddr} pine64.scr
source ${scriptaddr}
"""


class Script(recipes.Pine64):
    """The card, with the script under another name behind one that sets the environment."""

    with_tree = True

    def files(self):
        files = super().files()
        files["pine64.scr"] = files["boot.scr"]
        files["boot.scr"] = recipes.boot_script(PINE64)
        return {name: data for name, data in files.items()
                if self.with_tree or not name.startswith("dtb/")}


class ScriptWithoutTree(Script):
    with_tree = False


def command(build, recipe, monitor=None):
    """QEMU's command line, with such a card in place of a disk."""
    with open(build.image, "rb") as f:
        kernel = f.read()
    path = os.path.join(build.folder, "card")
    commands = "echo $((6 * 7)) is the answer"
    recipe(kernel, build.initrd, "jacinth.cmd=%s jacinth.nonce=%s userboot.shutdown"
           % (commands.encode().hex(), guest.NONCE)).write(path, SIZE)
    return [machine.qemu(), "-M", "virt,gic-version=2,virtualization=on", "-cpu", "cortex-a53",
            "-smp", "4", "-m", "1G", "-display", "none", "-nic", "none", "-no-reboot",
            "-serial", "stdio", "-monitor", monitor or "none",
            *via.virt(path, None)]


def read_memory(monitor, address, size, output):
    """Has QEMU write guest memory to a file."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE)
        line.connect(monitor)
        line.sendall(b'pmemsave %#x %#x "%s"\n' % (address, size, output.encode()))
        said = b""
        while said.count(b"\r\n(qemu) ") < 2:  # the prompt before the command, and that after it
            data = line.recv(4096)
            if not data:
                raise AssertionError("QEMU's monitor has gone")
            said += data
    with open(output, "rb") as f:
        return f.read()


LOADED_AT = re.compile(r"Loading (\w[\w ]*) to 0*([0-9a-f]+), end 0*([0-9a-f]+)")


def expected_facts(start, bytes_):
    """What a kernel should read from the tree that it gets: Linux's, and what U-Boot adds."""
    with open(os.path.join(ROOT, "test", "fixtures", "facts", "linux-pine64-plus.facts"),
              encoding="ascii") as f:
        known = f.read().splitlines()
    there = "%#x %#x" % (start, bytes_)
    return sorted(known + ["memory 0x40000000 0x40000000", "reserved " + there, "initrd " + there])


def script_with_tree(build):
    """U-Boot hands Linux's tree to the kernel; that has no such console here, and stays silent."""
    monitor, problems = os.path.join(build.folder, "monitor"), []

    def look(output):
        places = {what: (int(start, 16), int(end, 16))
                  for what, start, end in LOADED_AT.findall(output)}
        if not {"Ramdisk", "Device Tree"} <= set(places):
            problems.append("U-Boot does not say where it put initrd and tree")
            return
        start, end = places["Device Tree"]
        blob = read_memory(monitor, start, end + 1 - start, os.path.join(build.folder, "tree"))
        start, end = places["Ramdisk"]
        found = sorted(line for line in oracle.say(blob) if line.split()[0] not in ("reg", "irq"))
        wanted = expected_facts(start, len(build.initrd))
        problems.extend("not in the tree: " + line for line in wanted if line not in found)
        problems.extend("in the tree as well: " + line for line in found if line not in wanted)

    result = guest.watch_guest(
        command(build, Script, "unix:%s,server=on,wait=off" % monitor), ("Starting kernel ...",),
        PATIENCE, look)
    texts = ("Moving Image from 0x40080000 to 0x40200000", "Starting kernel ...")
    problems += ["not said: " + text for text in texts if text not in result.output]
    return "the script with Linux's tree, up to the kernel", problems, result.output


def script_without_tree(build):
    """The same script takes U-Boot's own tree, which here is QEMU's, and the kernel comes up."""
    result = guest.watch_guest(command(build, ScriptWithoutTree), (), PATIENCE, to_off=PATIENCE)
    texts = ("Moving Image from 0x40080000 to 0x40200000", "entered at EL2, image at 0x40200000",
             "42 is the answer\n")
    problems = ["not said: " + text for text in texts if text not in result.output]
    if result.status != 0 or result.ended != "off":
        problems.append("ended by '%s', status %s" % (result.ended, result.status))
    return "the script with U-Boot's tree, to the shell and off", problems, result.output


CASES = {"spl": (spl,), "script": (script_with_tree, script_without_tree)}


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in CASES:
        print(__doc__, file=sys.stderr)
        return 2
    failures = 0
    for case in CASES[sys.argv[2]]:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.monotonic()
            what, problems, output = case(guest.Build(sys.argv[1], folder))
        print("%s - %s (%.0f s)" % ("not ok" if problems else "ok", what,
                                    time.monotonic() - begun))
        for problem in problems:
            failures += 1
            print("# %s" % problem)
        if problems:
            print("".join("# | %s\n" % line for line in output.splitlines()[-60:]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(machine.main(main))
