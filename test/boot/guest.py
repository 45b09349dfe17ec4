# SPDX-License-Identifier: MIT
"""Boots guests the way a boot loader does, with every byte that the kernel gets chosen by the test.

QEMU's -kernel would repair a device tree before the kernel saw it. Here -device loader puts the
Image, the device tree, the initrd and a few instructions anywhere in memory, and CPU 0 starts at
those instructions, which set x0 and jump to the Image.
"""

import concurrent.futures
import itertools
import os
import re
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))

import machine  # noqa: E402
import watch  # noqa: E402

import devicetree  # noqa: E402

RAM = 0x40000000
IMAGE_AT = RAM + 0x200000
INITRD_AT = RAM + 0x4000000
TREE_AT = RAM + 0x8000000
STUB_AT = RAM + 0x180000  # behind the tree that QEMU itself leaves at the start of RAM
NONCE = "a-row-of-letters"
STATUS = "[[%s]] status " % NONCE
CANNOT_BOOT = "jacinth: cannot boot: "
PANIC = watch.PANIC_MARK.decode()
PANIC_END = watch.PANIC_END.decode()

PATIENCE = 300  # seconds without output: a hang, also on a slow and busy host
TO_OFF = 3     # how long a machine, which may have no way to, gets to turn itself off
LINGER = 0.3   # how long output may still come after the words that end a test


class Build:
    """What a preset has built, and a folder for what tests make."""

    def __init__(self, preset, folder):
        self.preset = preset
        self.folder = folder
        self.path = os.path.join(ROOT, "build", preset)
        self.image = os.path.join(self.path, "Image")
        with open(os.path.join(self.path, "initrd.cpio"), "rb") as f:
            self.initrd = f.read()
        self.trees = {}
        self.lock = threading.Lock()  # of trees

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def machine_tree(self, options):
        """The device tree that QEMU makes for a machine."""
        key = " ".join(options)
        with self.lock:  # cases run at the same time
            if key not in self.trees:
                path = os.path.join(self.folder, "machine-%d.dtb" % len(self.trees))
                options = list(options)
                at = options.index("-M") + 1
                options[at] += ",dumpdtb=" + path
                subprocess.run([machine.qemu(), *options, "-display", "none", "-nic", "none"],
                               check=True, stdin=subprocess.DEVNULL, capture_output=True)
                with open(path, "rb") as f:
                    self.trees[key] = f.read()
            return devicetree.read(self.trees[key])


def arguments(commands, more="", program="userboot=bin/mon"):
    """A kernel command line that runs the commands (with no program: the shell's) and powers off."""
    return "%s jacinth.cmd=%s jacinth.nonce=%s userboot.shutdown %s" % (
        program, commands.encode().hex(), NONCE, more)


def stub(x0, entry):
    """Instructions that load x0, clear x1 to x3 and jump."""
    code = (0x58000000 | 6 << 5 | 0,   # ldr x0, 24 bytes on
            0x58000000 | 7 << 5 | 4,   # ldr x4, 28 bytes on (32 from the start)
            0xaa1f03e1,                # mov x1, xzr
            0xaa1f03e2,                # mov x2, xzr
            0xaa1f03e3,                # mov x3, xzr
            0xd61f0080)                # br x4
    return struct.pack("<6I", *code) + struct.pack("<2Q", x0, entry)


class Result:
    """How a boot ended: what was printed, and why nobody waited any longer."""

    def __init__(self, output, ended, left):
        self.output = output
        self.ended = ended  # off, status, said, stopped, panic, hang
        self.left = left    # QEMU ended by itself
        status = re.search(re.escape(STATUS) + r"(\d+)\n", output)
        self.status = int(status.group(1)) if status else None


def watch_guest(command, until=(), patience=PATIENCE, at_end=None, linger=LINGER, to_off=TO_OFF,
                reboots=False):
    """Runs QEMU until it ends, the kernel says that it stops (reboots: a panic is no end), or all texts of
    `until` were said (a tuple in it: any of these texts); or nothing is printed for `patience` seconds.
    Then, if QEMU is still there, at_end() gets what was printed. A machine whose commands have ended gets
    `to_off` seconds to turn itself off; who asks that it does gives it as long as it takes."""
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, start_new_session=True,
                            preexec_fn=watch.die_with_parent)
    output, ended, left_by_itself = b"", None, False
    deadline = time.monotonic() + patience
    try:
        while True:
            left = deadline - time.monotonic()
            ready = select.select([qemu.stdout], [], [], max(0, left))[0]
            data = os.read(qemu.stdout.fileno(), 65536) if ready else b""
            if ready and not data:
                left_by_itself = True
                ended = "off" if ended is None or ended == "status" else ended
                break
            if not ready:
                ended = ended or "hang"
                break
            output += data
            if ended is None:
                deadline = time.monotonic() + patience
                text = output.decode("utf-8", "replace")
                ended = verdict(text, until, reboots)
                if ended:
                    deadline = time.monotonic() + (to_off if ended == "status" else linger)
        if at_end and not left_by_itself:
            at_end(output.decode("utf-8", "replace"))
    finally:
        qemu.kill()
        qemu.wait()
    return Result(output.decode("utf-8", "replace").replace("\r", ""), ended, left_by_itself)


def verdict(text, until, reboots=False):
    """Why a guest that said this need not be watched any longer, or None."""
    if PANIC_END in text and not reboots:
        return "panic"
    at = text.find(CANNOT_BOOT)
    if at >= 0 and "\n" in text[at:]:
        return "stopped"
    at = text.find(STATUS)
    if at >= 0 and "\n" in text[at:]:
        return "status"
    if until and all(any(word in text for word in ([words] if isinstance(words, str) else words))
                     for words in until):
        return "said"
    return None


# Prompts of the monitor and of the shell, which runs where a broken tree has no command line left.
PROMPTS = ("jacinth> ", "jacinth:~$ ")

# The machine of a Loader that names no other.
MACHINE = ("-M", "virt,gic-version=3", "-cpu", "cortex-a72", "-smp", "2", "-m", "256M")


NUMBERS = itertools.count()


class Loader:
    """One boot: a machine, and what lies where in its memory."""

    def __init__(self, build, name, options=MACHINE):
        self.build = build
        # Of its files: a comma would end QEMU's option. Names that differ in signs only are of cases that may run at
        # the same time.
        self.name = "%s-%d" % (re.sub("[^a-z0-9]+", "-", name.lower()), next(NUMBERS))
        self.options = list(options)
        self.image_at, self.tree_at = IMAGE_AT, TREE_AT
        self.initrd_at, self.stub_at = INITRD_AT, STUB_AT
        self.x0 = None  # the tree's address
        self.initrd = build.initrd
        self.tree = build.machine_tree(options)
        self.blob = None  # in place of the tree
        self.commands = "echo alive"
        self.more_arguments = ""

    def chosen(self):
        return self.tree.node("/chosen")

    def describe(self):
        """Puts the command line and the initrd into the tree, as a boot loader would."""
        props = self.chosen().props
        props["bootargs"] = devicetree.strings(arguments(self.commands, self.more_arguments))
        if self.initrd is not None:
            props["linux,initrd-start"] = devicetree.longs(self.initrd_at)
            props["linux,initrd-end"] = devicetree.longs(self.initrd_at + len(self.initrd))

    def run(self, until=(), patience=PATIENCE):
        blob = self.blob if self.blob is not None else self.tree.blob()
        start = stub(self.tree_at if self.x0 is None else self.x0, self.image_at)
        pieces = [(self.image_at, self.build.image),
                  (self.stub_at, self.build.file(self.name + ".stub", start))]
        if blob:
            pieces.append((self.tree_at, self.build.file(self.name + ".dtb", blob)))
        if self.initrd:
            pieces.append((self.initrd_at, self.build.file(self.name + ".cpio", self.initrd)))
        command = [machine.qemu(), *self.options, "-display", "none", "-nic", "none",
                   "-serial", "stdio", "-monitor", "none", "-no-reboot"]
        for address, path in pieces:
            command += ["-device", "loader,file=%s,addr=%#x,force-raw=on" % (path, address)]
        command += ["-device", "loader,addr=%#x,cpu-num=0" % self.stub_at]
        return watch_guest(command, until, patience)


class Report:
    """Says how the cases went, like the other tests: `ok - case`."""

    def __init__(self):
        self.failures = 0

    def case(self, name, result, problems):
        if not problems:
            print("ok - %s" % name, flush=True)
            return
        self.failures += 1
        print("not ok - %s" % name)
        for problem in problems:
            print("# %s" % problem)
        for line in result.output.splitlines()[-40:]:
            print("# | %s" % line)
        sys.stdout.flush()


def run_all(preset, cases, only=None):
    """Runs cases, as many at a time as there are CPUs. A case is (name, function of a Build that
    returns a Result and a list of problems). Returns the exit status for the program."""
    cases = [case for case in cases if only is None or only in case[0]]
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        build = Build(preset, folder)
        build.machine_tree(Loader(build, "first").options)
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for (name, _), (result, problems) in zip(
                    cases, pool.map(lambda case: case[1](build), cases)):
                report.case(name, result, problems)
    print("%d cases, %d failed" % (len(cases), report.failures))
    return 1 if report.failures or not cases else 0
