# SPDX-License-Identifier: MIT
"""The machines that Jacinth runs on under QEMU: their options, and the command lines they make.

Used by scripts/run and scripts/debug, so that both boot the same machine.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys

import boards
import via
from common import ROOT, Absent, Problem

SKIPPED = 77  # exit status: this computer lacks what the machine takes (ctest: skipped)
PROGRESS = re.compile(rb"\[\d+/\d+\] ")


def add_options(parser):
    """The options that describe a machine and what it boots."""
    parser.add_argument("--board", default="virt", help="machine to boot: %s (default virt)"
                        % ", ".join(boards.BOARDS))
    parser.add_argument("--gic", type=int, choices=(2, 3),
                        help="virt: version of the interrupt controller (default 3)")
    parser.add_argument("--smp", type=int, metavar="N", help="CPUs (default 4)")
    parser.add_argument("--mem", metavar="SIZE", help="virt: memory (default 512M)")
    parser.add_argument("--cpu", metavar="MODEL",
                        help="virt: CPU model (default cortex-a72; cortex-a53 with --icount)")
    parser.add_argument("--el2", action="store_true", help="virt: enter the kernel at EL2")
    parser.add_argument("--via", choices=("direct", *via.WAYS), default="direct",
                        help="what starts the kernel: QEMU directly, or the firmware on a card: %s "
                        "(default direct)" % ", ".join("%s (%s)" % way for way in via.WAYS.items()))
    add_contents_options(parser)
    parser.add_argument("--icount", action="store_true",
                        help="a deterministic machine where a tick is an instruction")
    parser.add_argument("--disk", metavar="DISK", action="append", default=[],
                        help="virt: a disk, /svc/fs/device/disk0 in the guest: the file with its contents; a "
                        "folder, which becomes a FAT file system that can be read; or zeros:SIZE (zeros:8M), "
                        "which forgets what is written. With --icount no file; may be given several times")
    parser.add_argument("--rng", action="store_true",
                        help="virt: a source of randomness, /svc/fs/device/entropy0")


def add_contents_options(parser):
    """The options that choose what is booted: kernel, its arguments, initrd."""
    parser.add_argument("--append", action="append", default=[], metavar="'ARGS'",
                        help="arguments for the kernel's command line; may be given several times")
    parser.add_argument("--initrd", metavar="FILE", help="boot with this initrd, not the built one")
    parser.add_argument("--add", action="append", default=[], metavar="FILE[=PATH]",
                        help="boot with this file in the initrd as well, as PATH (default "
                        "bin/FILE); may be given several times")
    parser.add_argument("--tests", action="store_true",
                        help="boot with the initrd that has the test programs as well, as test/NAME")
    parser.add_argument("--program", metavar="bin/NAME",
                        help="first program to start; test/NAME implies --tests")
    parser.add_argument("--preset", default="virt", metavar="NAME",
                        help="CMake preset to build and boot: virt (release), debug (default virt)")
    parser.add_argument("--no-build", action="store_true",
                        help="boot what has been built; neither set up nor build")


def qemu():
    """Path of QEMU: $QEMU, or qemu-system-aarch64."""
    wanted = os.environ.get("QEMU") or "qemu-system-aarch64"
    found = shutil.which(wanted)
    if not found:
        raise Problem("no %s on PATH: run scripts/setup, which installs it" % wanted)
    return found


def ask_qemu(*question):
    """QEMU's answer to `question`, such as -cpu help, as a set of words."""
    answer = subprocess.run([qemu(), *question], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, check=False)
    return set(answer.stdout.split())


def quiet_unless_it_fails(command):
    """Runs a build step; on a terminal its progress is shown, else only its failure."""
    if sys.stderr.isatty():
        code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                              check=False).returncode
    else:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        code = done.returncode
        if code:
            # What failed, without ninja's lines of what did not.
            sys.stderr.buffer.writelines(line for line in done.stdout.splitlines(keepends=True)
                                         if not PROGRESS.match(line))
    if code:
        raise Problem("the build failed (see above): %s" % " ".join(command))


def build_folder(options):
    return os.path.join(ROOT, "build", options.preset)


def with_tests(options):
    """Whether the initrd has the test programs."""
    return options.tests or (options.program or "").lstrip("/").startswith("test/")


def build(options):
    """Configures if need be, and builds what a boot takes."""
    if options.preset.startswith("host"):
        raise Problem("the preset %s has nothing to boot: virt and debug have; "
                      "scripts/test host runs its tests" % options.preset)
    if not os.path.exists(os.path.join(build_folder(options), "build.ninja")):
        print("%s: building for the first time, which takes a minute or two"
              % os.path.basename(sys.argv[0]), file=sys.stderr, flush=True)
        quiet_unless_it_fails(["cmake", "--preset", options.preset])
    quiet_unless_it_fails(["cmake", "--build", build_folder(options), "--target", "image",
                           "--target", "initrd-test" if with_tests(options) else "initrd"])


def files(options):
    """Image and initrd to boot."""
    image = os.path.join(build_folder(options), "Image")
    initrd = options.initrd or os.path.join(
        build_folder(options), "initrd-test.cpio" if with_tests(options) else "initrd.cpio")
    for file in (image, initrd):
        if not os.path.isfile(file):
            raise Problem("there is no %s%s" % (file, "" if file == options.initrd else
                                                ": without --no-build it would be built"))
    return image, with_additions(options, initrd) if options.add else initrd


def alive(pid):
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def file_of_this_process(folder, name):
    """A path in `folder`, made, that no other process uses at the same time; it is this process's number.
    What processes left there that have ended is removed."""
    folder = os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)
    for left in os.listdir(folder):
        if left.isdigit() and not alive(int(left)):
            with contextlib.suppress(FileNotFoundError):  # another one was quicker
                os.unlink(os.path.join(folder, left))
    return os.path.join(folder, str(os.getpid()))


def with_additions(options, initrd):
    """An initrd with what --add names. QEMU reads it later, in this process's place or as its child, and
    other runs may make theirs meanwhile."""
    output = file_of_this_process(build_folder(options), "initrd-added")
    additions = []
    for addition in options.add:
        file, _, path = addition.partition("=")
        additions.append("%s=%s" % (path or "bin/" + os.path.basename(file), file))
    done = subprocess.run([os.path.join(ROOT, "scripts", "mkinitrd"), output, "--from", initrd,
                           *additions], check=False)
    if done.returncode:
        raise Problem("--add does not work (see above)")
    return output


def cpu_model(options):
    model = options.cpu or ("cortex-a53" if options.icount else "cortex-a72")
    known = ask_qemu("-cpu", "help")
    if known and model.split(",")[0] not in known:
        raise Problem("this QEMU has no CPU model %s; %s -cpu help lists those it has"
                      % (model.split(",")[0], os.path.basename(qemu())))
    if model == "max":
        # The architected hash of pointer authentication is very slow to emulate.
        model += ",pauth-impdef=on"
    if options.icount:
        model += ",cntfrq=1000000000"
    return model


# Registers are protected by pages of memory, and a page has eight of virt's 32 slots for virtio: devices
# in different pages can have different drivers.
SLOTS_PER_PAGE, PAGES = 8, 4


def medium(disk, icount):
    """QEMU's words for what is on a disk of --disk."""
    zeros = re.fullmatch(r"zeros:(\d+[kMG]?)", disk)
    if zeros:
        return "driver=null-co,read-zeroes=on,size=%s" % zeros[1]
    name = disk.replace(",", ",,")  # a comma in a name is written twice
    if os.path.isdir(disk):
        return "driver=vvfat,dir=%s,readonly=on" % name
    if not os.path.isfile(disk):
        raise Problem("--disk: there is no file %s" % disk)
    if icount:
        raise Problem("--disk %s: a file answers on this computer's time, and time with --icount does not "
                      "wait for that: a folder and zeros:SIZE are answered at once" % disk)
    return "file=%s,format=raw" % name


def virtio(options):
    """QEMU's options for virtio devices, each in a page of its own."""
    if len(options.disk) + options.rng > PAGES:
        raise Problem("--disk and --rng: %d devices at the most" % PAGES)
    slots = iter(range(0, SLOTS_PER_PAGE * PAGES, SLOTS_PER_PAGE))
    words = ["-global", "virtio-mmio.force-legacy=false"] if options.disk or options.rng else []
    if words and options.icount:
        # A request is seen to where the guest makes it, not by another thread at some later time.
        words += ["-global", "virtio-mmio.ioeventfd=off"]
    for number, disk in enumerate(options.disk):
        words += ["-drive", "%s,if=none,id=disk%d" % (medium(disk, options.icount), number),
                  "-device", "virtio-blk-device,drive=disk%d,bus=virtio-mmio-bus.%d"
                  % (number, next(slots))]
    if options.rng:
        words += ["-device", "virtio-rng-device,bus=virtio-mmio-bus.%d" % next(slots)]
    return words


def virt(options, randomness):
    """QEMU's options for the machine that takes all of ours."""
    words = "virt,gic-version=%d" % (options.gic or 3)
    if options.el2:
        words += ",virtualization=on"
    if not randomness:
        words += ",dtb-randomness=off"
    return ["-M", words, "-cpu", cpu_model(options), "-smp", str(options.smp or 4),
            "-m", options.mem or "512M", *virtio(options)]


def emulated(options):
    """QEMU's options for a board that is as it is."""
    board = boards.BOARDS[options.board]
    for option in ("gic", "cpu", "el2", "mem", "disk", "rng"):
        if getattr(options, option):
            raise Problem("%s has no choice of --%s: it is a board, and --board virt has"
                          % (options.board, option))
    if options.icount and not board.icount:
        raise Problem("%s is of no use with --icount" % options.board)
    known = ask_qemu("-M", "help")
    if known and board.machine not in known:
        raise Absent("this QEMU has no machine %s: QEMU 10 has (scripts/setup installs the newest "
                     "that the distribution and its backports have)" % board.machine)
    return ["-M", board.machine, "-smp", str(options.smp or board.smp[1]),
            *(("-m", board.mem) if board.mem else ())]


def command(options, more_append=(), randomness=True):
    """QEMU's command line, but for the console. `randomness`: QEMU gives the guest seeds; with
    --icount always the same."""
    if options.board not in boards.BOARDS:
        raise Problem("no board %s: there are %s" % (options.board, ", ".join(boards.BOARDS)))
    fewest, most = boards.BOARDS[options.board].smp
    if options.smp is not None and not fewest <= options.smp <= most:
        raise Problem("--smp takes %d%s with %s" % (fewest, " to %d" % most if most > fewest else "",
                                                    options.board))
    if options.via != "direct":
        via.check(options)
    words = virt(options, randomness) if options.board == "virt" else emulated(options)
    return [qemu(), *words, "-display", "none", "-nic", "none", *payload(options, more_append)]


def kernel_arguments(options, more=()):
    """The kernel's command line, from --append, --program and what the caller adds."""
    words = list(options.append)
    if options.program:
        # As with the monitor's run, a name without a slash is looked for in bin/.
        program = options.program if "/" in options.program else "bin/" + options.program
        words.append("userboot=" + program.lstrip("/"))
    return " ".join([*words, *more])


def payload(options, more_append):
    """QEMU's options for what the machine boots: kernel, initrd, command line, device tree."""
    image, initrd = files(options)
    append = kernel_arguments(options, more_append)
    if options.via != "direct":
        result = via.words(options, qemu(), build_folder(options), image, initrd, append)
    else:
        result = ["-kernel", image, "-initrd", initrd]
        tree = boards.BOARDS[options.board].device_tree(build_folder(options))
        result += ["-dtb", tree] if tree else []
        result += ["-append", append] if append else []
    if options.icount:
        result += ["-icount", "shift=0,sleep=off", "-seed", "1",
                   "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
    return result


def serial(options, target):
    """QEMU's options that connect the guest's console with `target`."""
    return via.serial(options, target)


def gdb_port(port):
    """QEMU's options to wait for gdb on a TCP port, which must be free: else gdb, or its user, would
    meet somebody else's machine there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise Problem("port %d cannot be had for gdb (%s): is another scripts/debug or "
                          "scripts/run --gdb running?"
                          % (port, getattr(error, "strerror", None) or error)) from error
    return ["-gdb", "tcp:localhost:%d" % port, "-S"]


def parser(program, description, epilog=None):
    result = argparse.ArgumentParser(prog=program, description=description, epilog=epilog,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(result)
    return result


def main(body):
    """Runs body(), turning a Problem into a line and status 1, or SKIPPED."""
    try:
        return body()
    except Problem as problem:
        print("%s: %s" % (os.path.basename(sys.argv[0]), problem), file=sys.stderr)
        return SKIPPED if isinstance(problem, Absent) else 1
    except KeyboardInterrupt:
        return 130
