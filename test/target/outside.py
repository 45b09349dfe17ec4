#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs outside the tree: installs the SDK, builds test/target/outside with it, looks at the
file, and runs it; then the same with the shell, the services and a driver, copied out of the tree.

    outside.py BUILD_FOLDER PRESET
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import elf  # noqa: E402

ET_DYN, EM_AARCH64 = 3, 183
PT_DYNAMIC, PT_INTERP, PT_GNU_STACK = 2, 3, 0x6474e551
DT_NULL, DT_NEEDED, DT_STRTAB = 0, 1, 5
PF_X, PF_W = 1, 2


def run(*command, wanted=0):
    """Runs a command; its output, or the end of the test if it does not exit with `wanted`."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False)
    if result.returncode != wanted:
        sys.exit("outside: %s\n%s" % (" ".join(command), result.stdout))
    return result.stdout


def needed(image):
    """The libraries that an ELF file asks for."""
    dynamic = next(s for s in image.segments if s.type == PT_DYNAMIC)
    entries = [struct.unpack_from("<qQ", image.data, at) for at in
               range(dynamic.offset, dynamic.offset + dynamic.filesz, 16)]
    entries = entries[:[tag for tag, _ in entries].index(DT_NULL)]
    strings = dict(entries)[DT_STRTAB]  # in the first segment, where offsets are addresses
    result = []
    for tag, value in entries:
        if tag == DT_NEEDED:
            start = strings + value
            result.append(image.data[start:image.data.index(b"\0", start)].decode())
    return result


def faults(path):
    """What is wrong with a program, in words."""
    image = elf.Elf.read(path)
    found = []
    if image.type != ET_DYN or image.machine != EM_AARCH64:
        found.append("type %d for machine %d" % (image.type, image.machine))
    if any(s.type == PT_INTERP for s in image.segments):
        found.append("it asks for a dynamic linker")
    if needed(image) != ["libzircon.so"]:
        found.append("it needs %s" % needed(image))
    for segment in image.segments:
        if segment.type == PT_GNU_STACK and segment.flags & PF_X:
            found.append("its stack is executable")
        if segment.type == elf.PT_LOAD and segment.flags & PF_X:
            if segment.flags & PF_W:
                found.append("code can be written")
            code = image.data[segment.offset:segment.offset + segment.filesz]
            words = struct.unpack("<%dI" % (len(code) // 4), code[:len(code) & ~3])
            if any(word & 0xffe0001f == 0xd4000001 for word in words):
                found.append("it makes system calls past the vDSO")
    if ROOT.encode() in image.data:
        found.append("it names a path of the tree")
    return found


# The tree's own programs that must need nothing but the SDK.
SERVICES = ["bootfs", "console", "crashes", "ramfs", "svc"]
OWN = ["userspace/apps/sh", "userspace/drivers/pl031"] + ["userspace/services/" + name for name in SERVICES]
OWN_PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(own LANGUAGES C)
find_package(Jacinth REQUIRED)
foreach(folder %s)
    add_subdirectory(${folder})
endforeach()
"""


def boot(preset, commands, *options, wanted=0):
    """What the machine prints."""
    return run(os.path.join(ROOT, "scripts", "run"), "--no-build", "--preset", preset, "--icount", *options,
               "--cmd", commands, wanted=wanted)


def build_project(project, out, sdk):
    """Configures and builds a project with an installed SDK."""
    run("cmake", "-G", "Ninja", "-S", project, "-B", out, "-DCMAKE_TOOLCHAIN_FILE=" +
        os.path.join(sdk, "lib", "cmake", "Jacinth", "jacinth.toolchain.cmake"))
    run("cmake", "--build", out)


def try_own(work, sdk, preset):
    """Boots with a shell and services that were built outside the tree."""
    project, out = os.path.join(work, "own"), os.path.join(work, "own-out")
    for folder in OWN:
        shutil.copytree(os.path.join(ROOT, folder), os.path.join(project, os.path.basename(folder)))
    with open(os.path.join(project, "CMakeLists.txt"), "w") as file:
        file.write(OWN_PROJECT % " ".join(os.path.basename(folder) for folder in OWN))
    build_project(project, out, sdk)
    staged, additions = os.path.join(out, "initrd"), []
    for folder, _, names in os.walk(staged):
        for name in names:
            path = os.path.join(folder, name)
            additions += ["--add", "%s=%s" % (path, os.path.relpath(path, staged))]
    # The kernel's log is a thread of its own: its lines would come within those of programs.
    output = boot(preset, "echo built >/tmp/outside; cat /tmp/outside; ls -1 /boot/sbin; "
                  "until hwclock 2>/dev/null; do sleep 0.1; done", "--append", "kernel.quiet", *additions)
    lines = output.replace("\r", "").splitlines()
    if not {"built", *SERVICES} <= set(lines):
        sys.exit("outside: the shell built outside did not work:\n" + output)
    if not os.path.isfile(os.path.join(staged, "drivers", "pl031")):
        sys.exit("outside: no driver was built")


def main():
    build, preset = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        sdk, project, out = (os.path.join(work, name) for name in ("sdk", "project", "out"))
        shutil.copytree(os.path.join(HERE, "outside"), project)
        run("cmake", "--install", build, "--component", "sdk", "--prefix", sdk)
        build_project(project, out, sdk)
        program = os.path.join(out, "greet")
        found = faults(program)
        if found:
            sys.exit("outside: greet: " + "; ".join(found))
        initrd = os.path.join(work, "initrd.cpio")
        run(os.path.join(sdk, "bin", "mkinitrd"), initrd, "bin/greet=" + program,
            "bin/mon=" + os.path.join(build, "gen", "initrd", "bin", "mon"))
        # What greet says is in the log itself, where lines are whole.
        output = boot(preset, "run greet; run greet Ada", "--initrd", initrd, "--program", "bin/mon",
                      "--smp", "3", wanted=1)
        for text in ("Good morning, whoever you are, on one of 3 CPUs.",
                     "Good morning, Ada, on one of 3 CPUs."):
            if text not in output:
                sys.exit("outside: greet did not say %r:\n%s" % (text, output))
        try_own(work, sdk, preset)
    print("outside: built, looked at and run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
