#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The body of scripts/run, which sees to it that Python and the rest are installed first."""

import os
import secrets
import shutil
import sys

import machine
import watch

DESCRIPTION = "Builds Jacinth, boots it in QEMU, and gives the terminal to the guest."
EPILOG = """\
With a terminal: Ctrl-A X leaves, and so does the guest's own poweroff.
With --cmd: the output goes to standard output; the exit status is that of the last command (0 when
the guest was asked to power off or to reboot), or
%d after a kernel panic, %d if the kernel cannot boot, %d if QEMU ended before the commands, %d if it
did not power off after them, %d when nothing was printed for as long as --silence says, %d if this
computer lacks the board's machine or its device tree.""" % (
    watch.PANIC, watch.CANNOT_BOOT, watch.NO_STATUS, watch.NO_POWER_OFF, watch.SILENCE,
    machine.SKIPPED)


def main():
    sys.argv[0] = "run"
    parser = machine.parser("scripts/run", DESCRIPTION, EPILOG)
    parser.add_argument("--cmd", metavar="'COMMANDS'",
                        help="run these commands (a; b) without a terminal, power off, and exit "
                        "with the status of the last one")
    parser.add_argument("--gdb", action="store_true",
                        help="wait for gdb on TCP port 1234 before the first instruction")
    parser.add_argument("--silence", type=int, metavar="SECONDS",
                        default=watch.PATIENCE,
                        help="with --cmd: give up after this long without output (default 60)")
    parser.add_argument("--print", action="store_true", dest="show",
                        help="print QEMU's command line instead of running it")
    options = parser.parse_args()
    if options.silence < 1:
        parser.error("--silence takes 1 or more")
    if options.cmd is not None and options.gdb:
        parser.error("--gdb needs the terminal, --cmd goes without")

    if not options.no_build:
        machine.build(options)

    append = []
    # It is a part of the machine, which --icount makes the same every time.
    nonce = "0" * 16 if options.icount else secrets.token_hex(8)
    if options.cmd is not None:
        # userboot.shutdown: a first program that cannot be started, or crashes, ends the machine.
        append = ["jacinth.cmd=" + options.cmd.encode().hex(), "jacinth.nonce=" + nonce,
                  "userboot.shutdown"]
    elif sys.stdout.isatty():
        append = ["jacinth.terminal=%dx%d" % shutil.get_terminal_size()]
    command = machine.command(options, append)
    if options.cmd is not None:
        # A guest that reboots would run the commands again.
        command += machine.serial(options, "stdio") + ["-monitor", "none", "-no-reboot"]
    else:
        command += machine.serial(options, "mon:stdio")
    if options.gdb:
        command += machine.gdb_port(1234)
    if options.show:
        print(" ".join("'%s'" % word if " " in word else word for word in command))
        return 0
    if options.cmd is not None:
        return watch.run(command, nonce, options.silence)
    if options.gdb:
        print("run: waiting for gdb: gdb-multiarch %s -ex 'target remote localhost:1234' "
              "(scripts/debug does both)" %
              os.path.relpath(os.path.join(machine.build_folder(options), "kernel.elf")),
              file=sys.stderr)
    sys.stdout.flush()
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(machine.main(main))
