# SPDX-License-Identifier: MIT
"""Makes the image of a card: a partition table of the old kind and one FAT32 partition at 1 MiB.

No root and no loop devices; sfdisk, mkfs.vfat and mtools work on the file. The image depends on what
is put into it only: times are those of SOURCE_DATE_EPOCH, or of a fixed day without it.
"""

import os
import shutil
import subprocess
import tempfile

from common import Absent, Problem

MIB = 1 << 20
PARTITION_AT = MIB
SECTOR = 512
# FAT32 begins at 65525 clusters, and the smallest cluster is a sector.
SMALLEST = PARTITION_AT + 34 * MIB
A_FIXED_DAY = 1543622400  # 2018-12-01 00:00:00 UTC
TOOL_FOLDERS = ("/usr/sbin", "/sbin")


def epoch():
    """Seconds since 1970 that every time stamp shows."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if text and not text.isdigit():
        raise Problem("SOURCE_DATE_EPOCH takes a number of seconds, not %r" % text)
    # FAT counts from 1980.
    return max(int(text or A_FIXED_DAY), 315619200)


def run_tool(*command, stdin=None):
    """Runs a tool with the fixed time; what it says goes into the Problem if it fails."""
    path = os.pathsep.join((os.environ.get("PATH", ""), *TOOL_FOLDERS))
    tool = shutil.which(command[0], path=path)
    if not tool:
        raise Absent("no %s here: scripts/setup tools installs it" % command[0])
    environment = dict(os.environ, SOURCE_DATE_EPOCH=str(epoch()), TZ="UTC", LC_ALL="C",
                       MTOOLSRC=os.devnull, MTOOLS_SKIP_CHECK="1")
    done = subprocess.run([tool, *command[1:]], input=stdin, capture_output=True, text=True,
                          env=environment, check=False)
    if done.returncode:
        raise Problem("%s failed: %s" % (command[0], (done.stderr or done.stdout).strip()))
    return done.stdout


def parse_size(text):
    """Bytes of a size such as 64M; a multiple of 1 MiB that has room for FAT32."""
    units = {"M": MIB, "G": 1024 * MIB}
    if not text[:-1].isdigit() or text[-1:].upper() not in units:
        raise Problem("a size is a number with M or G, such as 64M, not %r" % text)
    size = int(text[:-1]) * units[text[-1].upper()]
    if size < SMALLEST:
        raise Problem("a card takes %d MiB or more, not %s" % (SMALLEST // MIB, text))
    if size > 32 * 1024 * MIB:
        raise Problem("a card takes up to 32G, not %s" % text)
    return size


def room_for(files):
    """Bytes that files take in clusters of a sector, with what their folder and the table take."""
    # An entry of a file of a long name takes a handful of slots of 32 bytes.
    return sum(-(-len(data) // SECTOR) * (SECTOR + 8) + SECTOR for data in files.values()) + MIB


def write(output, size, files, raw=(), serial=0x4A430001):
    """Writes a card to the file `output`, whole or not at all.

    files: {path: bytes} of the FAT partition; raw: (offset, bytes) in front of it; serial: the
    identity of disk and file system."""
    needed = room_for(files)
    if size - PARTITION_AT < needed:
        raise Problem("%d MiB are too small for this card, which takes %d MiB"
                      % (size // MIB, -(-(needed + PARTITION_AT) // MIB)))
    for offset, data in raw:
        if offset < SECTOR or offset + len(data) > PARTITION_AT:
            raise Problem("%d bytes at %#x do not fit in front of the partition"
                          % (len(data), offset))
    with whole(output) as new, tempfile.TemporaryDirectory() as folder:
        with open(new, "wb") as f:
            f.truncate(size)
        run_tool("sfdisk", "-q", new, stdin="label: dos\nlabel-id: %#x\nstart=%d, type=c, bootable\n"
                 % (serial, PARTITION_AT // SECTOR))
        run_tool("mkfs.vfat", "-F", "32", "-s", "1", "-n", "JACINTH", "--invariant", "-i",
                 "%08x" % serial, "--offset", str(PARTITION_AT // SECTOR), new,
                 str((size - PARTITION_AT) // 1024))
        for path, data in files.items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as f:
                f.write(data)
        for parent, _, names in os.walk(folder, topdown=False):
            for name in names:
                os.utime(os.path.join(parent, name), (epoch(), epoch()))
            os.utime(parent, (epoch(), epoch()))
        partition = "%s@@%d" % (new, PARTITION_AT)
        run_tool("mcopy", "-s", "-m", "-Q", "-i", partition,
                 *(os.path.join(folder, name) for name in sorted(os.listdir(folder))), "::/")
        with open(new, "r+b") as f:
            for offset, data in raw:
                f.seek(offset)
                f.write(data)


def read(image, path):
    """The contents of a file of a card's partition."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy")
        run_tool("mcopy", "-n", "-i", "%s@@%d" % (image, PARTITION_AT), "::/" + path, copy)
        with open(copy, "rb") as f:
            return f.read()


class whole:  # pylint: disable=invalid-name
    """with whole(FILE) as NEW: writes NEW beside FILE, which it becomes if all goes well."""

    def __init__(self, path):
        self.path = path
        self.new = None

    def __enter__(self):
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            raise Problem("%s is not a plain file; write one, and copy it with dd" % self.path)
        try:
            handle, self.new = tempfile.mkstemp(prefix=os.path.basename(self.path) + ".",
                                                dir=os.path.dirname(self.path) or ".")
            os.close(handle)
        except OSError as error:
            raise Problem("cannot write %s: %s" % (self.path, error.strerror)) from error
        return self.new

    def __exit__(self, kind, value, trace):
        if kind is None:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(self.new, 0o666 & ~mask)
            os.replace(self.new, self.path)
        else:
            os.unlink(self.new)
        if kind is not None and issubclass(kind, OSError):
            raise Problem("cannot write %s: %s" % (self.path, value.strerror or value)) from value
        return False
