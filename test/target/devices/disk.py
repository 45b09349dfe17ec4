#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots with two disks and a source of randomness: dd and fdisk see what is on them, and write it.

usage: disk.py PRESET copies|tables [--gic N] [--smp N]

copies: the first disk has a GPT that is made here, and random contents; all of it is copied to the second one,
and a part of it to another place of the first. What the files hold afterwards is compared.
tables: those that sfdisk makes are listed as sfdisk lists them.
"""

import argparse
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path[:0] = [os.path.join(ROOT, "test", "boot"), os.path.join(ROOT, "scripts", "lib")]
import guest  # noqa: E402
import machine  # noqa: E402

RUN = os.path.join(ROOT, "scripts", "run")
BLOCK = 512
BLOCKS = 6144
DISK = "/svc/fs/device/disk%d"
TYPE = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
PARTITIONS = ((64, 2047, "first"), (2048, BLOCKS - 64, "second"))


def header(at, other, listing, entries):
    """A GPT header block (UEFI 2.8, 5.3.2)."""
    def pack(checksum):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, at, other, 34,
                           BLOCKS - 34, bytes(range(16)), listing, 128, 128, zlib.crc32(entries))
    return pack(zlib.crc32(pack(0))).ljust(BLOCK, b"\0")


def image():
    """The contents of the first disk."""
    data = bytearray(random.Random(8).randbytes(BLOCK * BLOCKS))
    entries = b"".join(
        TYPE.bytes_le + bytes([i + 1] * 16) + struct.pack("<QQQ", first, last, 0)
        + name.encode("utf-16-le").ljust(72, b"\0")
        for i, (first, last, name) in enumerate(PARTITIONS)).ljust(128 * 128, b"\0")
    mbr = bytes(446) + struct.pack("<8BII", 0, 0, 2, 0, 0xee, 255, 255, 255, 1, BLOCKS - 1)
    front = (mbr.ljust(510, b"\0") + b"\x55\xaa" + header(1, BLOCKS - 1, 2, entries) + entries)
    data[:len(front)] = front
    back = entries + header(BLOCKS - 1, 1, BLOCKS - 33, entries)
    data[-len(back):] = back
    return bytes(data)


# Tables that sfdisk makes: a name, and what it is told.
SFDISK = {
    "gpt": "label: gpt\nstart=2048, size=100, name=\"a name\"\nstart=2148, size=3, type=uefi\nsize=1000\n",
    "dos": "label: dos\nstart=64, size=100, type=c, bootable\nstart=200, size=4000, type=5\nstart=300, size=10\n"
           "start=500, size=2000, type=82\nstart=5000, size=7\n",
}


def run_sfdisk(*words, **options):
    path = shutil.which("sfdisk", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return path and subprocess.run([path, *words], check=True, capture_output=True, text=True, **options).stdout


def expected_lines(file):
    """What fdisk has to say of the partitions, as sfdisk knows them."""
    table = json.loads(run_sfdisk("--json", file))["partitiontable"]
    lines = []
    for entry in table["partitions"]:
        number = int(entry["node"][len(file):].lstrip("p"))
        first, count = entry["start"], entry["size"]
        what = ("%s  %s" % (entry["type"].lower(), entry.get("name", "")) if table["label"] == "gpt" else
                "%02x%s" % (int(entry["type"], 16), " active" if entry.get("bootable") else ""))
        lines.append("%3d %12d %12d %12d  %s" % (number, first, first + count - 1, count, what))
    return lines


def tables(options, folder):
    """Tables that another program makes: fdisk lists them as that does; one of them is then damaged."""
    if run_sfdisk("--version") is None:
        raise machine.Absent("no sfdisk here: scripts/setup tools installs it")
    files = []
    for name, script in SFDISK.items():
        files.append(os.path.join(folder, name))
        with open(files[-1], "wb") as f:
            f.truncate(BLOCK * BLOCKS)
        run_sfdisk("-q", "--no-reread", files[-1], input=script)
    wanted = [expected_lines(file) for file in files]
    with open(files[0], "rb") as f:
        contents = f.read()
    files.append(os.path.join(folder, "damaged"))
    with open(files[-1], "wb") as f:
        f.write(contents[:BLOCK] + bytes(33 * BLOCK) + contents[34 * BLOCK:])
    with open(files[0], "r+b") as f:  # the first table is good
        f.seek(BLOCK * (BLOCKS - 1))
        f.write(bytes(BLOCK))
    text = boot(options, files, ["for i in 0 1 2; do until dd if=%s$i of=/dev/null bs=512 count=1 2>/dev/null; "
                                 "do sleep 0.2; done; done" % DISK[:-2], "fdisk -l"])
    lines = [line.rstrip() for line in text.splitlines()]
    for line, times in [(line, 2) for line in wanted[0]] + [(line, 1) for line in wanted[1]]:
        check("fdisk lists what sfdisk made: %s" % line.strip(), lines.count(line.rstrip()) == times, text)
    check("and the copy of a table that is damaged",
          lines.count("GPT, the copy at the end: the first one is damaged") == 1, text)
    check("and a table whose copy is", lines.count("GPT; the copy at the end is damaged") == 1, text)
    check("none of which makes no sense", "make no sense" not in text and "overlap" not in text, text)


def check(what, condition, text):
    print("%sok - %s" % ("" if condition else "not ", what), flush=True)
    if not condition:
        print("".join("# | %s\n" % line for line in text.splitlines()[-30:]))
        sys.exit(1)


def boot(options, disks, commands, *more):
    """Runs the commands; output."""
    words = [RUN, "--no-build", "--preset", options.preset, "--append", "kernel.quiet", "--rng",
             "--cmd", "; ".join(commands), *more]
    for option in ("gic", "smp"):
        if getattr(options, option):
            words += ["--" + option, getattr(options, option)]
    for disk in disks:
        words += ["--disk", disk]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace")
    check("the last command succeeds", done.returncode == 0, text)
    return text


def legacy(options, disk):
    """Devices of version 1 have no driver, and are told of."""
    words = ["--preset", options.preset, "--disk", disk, "--rng"]
    for option in ("gic", "smp"):
        if getattr(options, option):
            words += ["--" + option, getattr(options, option)]
    command = machine.command(machine.parser("disk.py", "").parse_args(words), [guest.arguments(
        "lsdev; ls /svc/fs/device; dmesg | grep legacy", "kernel.quiet", program="")])
    at = command.index("virtio-mmio.force-legacy=false")
    command[at] = command[at].replace("false", "true")
    result = guest.watch_guest(command + ["-serial", "stdio", "-monitor", "none", "-no-reboot"])
    check("a machine with legacy devices runs", result.status == 0, result.output)
    check("legacy devices are told of, once each",
          result.output.count("has version 1 (legacy): only version 2 is driven") == 2, result.output)
    check("and have no driver", "disk0" not in result.output and "entropy0" not in result.output,
          result.output)


def copies(options, folder):
    """What is copied from disk to disk, and what cannot be."""
    # A file system in memory takes a quarter of it.
    text = boot(options, [], ["fdisk -l", "dd if=/dev/zero of=/tmp/full bs=1M count=32; echo status $?"],
                "--mem", "64M")
    check("fdisk finds no disk where there is none", "\nno disk" in text, text)
    check("dd says what it could not write", "dd: /tmp/full: No space left on device" in text
          and "\nstatus 1" in text, text)
    disks = [os.path.join(folder, name) for name in ("one,with a comma", "two")]
    contents = image()
    for disk, data in zip(disks, (contents, bytes(len(contents)))):
        with open(disk, "wb") as f:
            f.write(data)
    one, two = DISK % 0, DISK % 1
    # Which of the two nodes comes first in the tree is QEMU's affair.
    text = boot(options, disks, [
        # Nobody waits at the prompt for the drivers to be up.
        "for d in %s %s; do until dd if=$d of=/dev/null bs=512 count=1 2>/dev/null; "
        "do sleep 0.2; done; done" % (one, two),
        "fdisk -l %s %s" % (one, two),
        # Without names the same, in the order of the tree.
        "fdisk -l %s %s | sort > /tmp/named; fdisk -l | sort > /tmp/found" % (one, two),
        "[ \"$(cat /tmp/named)\" = \"$(cat /tmp/found)\" ] && echo both found",
        "a=%s b=%s" % (one, two),
        "fdisk -l $a | grep -q GPT || { a=%s; b=%s; }" % (two, one),
        "dd if=$a of=$b bs=1M conv=fsync",
        "dd if=$a of=/tmp/all bs=4k",
        "dd if=$b bs=100k | cksum; cksum < /tmp/all",
        "dd if=$a of=$a bs=512 skip=64 seek=3000 count=777 conv=fsync",
        "dd if=$a bs=1000 count=1 of=/dev/null",
        "dd if=/tmp/all of=$a seek=%d bs=512 count=1" % BLOCKS,
        "lsdev -d",
    ])
    results = []
    for disk in disks:
        with open(disk, "rb") as f:
            results.append(f.read())
    legacy(options, disks[1])
    for number, (first, last, name) in enumerate(PARTITIONS, 1):
        line = "%3d %12d %12d %12d  %s  %s" % (number, first, last, last - first + 1, TYPE, name)
        check("fdisk lists %s" % name, line in text, text)
    check("fdisk finds the disks by itself", "\nboth found" in text, text)
    check("and a disk without a table", "no partition table" in text, text)
    check("all of a disk is copied to another", results[1] == contents, text)
    moved = bytearray(contents)
    moved[3000 * BLOCK:3777 * BLOCK] = contents[64 * BLOCK:841 * BLOCK]
    check("and a part of it to another place", results[0] == bytes(moved), text)
    sums = [line for line in text.splitlines() if line.endswith(" %d" % len(contents))
            and "records" not in line]
    check("what is read is the same", len(sums) == 2 and sums[0] == sums[1], text)
    check("a part of a block is refused", "not whole blocks of 512 bytes" in text, text)
    check("and what is behind the end", "ZX_ERR_OUT_OF_RANGE" in text, text)
    check("all drivers run", text.count("running") == 5 and "failed" not in text, text)


PARTS = {"copies": copies, "tables": tables}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset")
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--gic")
    parser.add_argument("--smp")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        PARTS[options.part](options, folder)
    return 0


if __name__ == "__main__":
    sys.exit(machine.main(main))
