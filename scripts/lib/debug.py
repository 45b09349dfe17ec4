#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The body of scripts/debug: QEMU in the background, gdb in the foreground.

gdb has the terminal, so the guest's console is a socket: `scripts/debug --attach` in a second
terminal talks to it. What the guest prints is also kept in a file.
"""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import termios
import tty

import machine
import watch

DESCRIPTION = "Boots Jacinth in QEMU, stopped at its first instruction, and starts gdb on it."
EPILOG = """\
The guest's console: scripts/debug --attach in a second terminal (Ctrl-] leaves).
In gdb: `jacinth-boot` runs to kmain (or to another function: jacinth-boot sys_channel_write);
`jacinth-symbols` finds the symbols' place anew when the kernel has moved; `jacinth-cpus` tells what
each CPU runs."""


def attach(path):
    """Connects this terminal to the console of a running scripts/debug."""
    console = socket.socket(socket.AF_UNIX)
    try:
        console.connect(path)
    except OSError as error:
        raise machine.Problem("no console at %s (%s): is scripts/debug running?"
                              % (path, error.strerror)) from error
    before = termios.tcgetattr(0) if os.isatty(0) else None
    try:
        if before:
            tty.setraw(0)
        while True:
            ready = select.select([0, console], [], [])[0]
            if console in ready:
                data = console.recv(4096)
                if not data:
                    return 0
                os.write(1, data)
            if 0 in ready:
                data = os.read(0, 4096)
                if not data or b"\x1d" in data:
                    return 0
                console.sendall(data)
    finally:
        if before:
            termios.tcsetattr(0, termios.TCSADRAIN, before)


def main():
    sys.argv[0] = "debug"
    parser = machine.parser("scripts/debug", DESCRIPTION, EPILOG)
    parser.add_argument("--attach", action="store_true",
                        help="connect to the console of a running scripts/debug")
    parser.add_argument("--port", type=int, default=1234, help="TCP port for gdb (default 1234)")
    parser.add_argument("--gdb", default="gdb-multiarch", help="gdb to start")
    parser.add_argument("--gdb-command", action="append", default=[], metavar="COMMAND",
                        help="have gdb execute this at the start (may be repeated)")
    parser.set_defaults(preset="debug")
    options = parser.parse_args()

    folder = machine.build_folder(options)
    console = os.path.join(folder, "console.socket")
    if options.attach:
        return attach(os.path.relpath(console))
    if not shutil.which(options.gdb):
        raise machine.Problem("no %s on PATH: run scripts/setup" % options.gdb)
    if not options.no_build:
        machine.build(options)

    log = os.path.join(folder, "console.log")
    # Without seeds from QEMU, every run has the same addresses.
    command = machine.command(options, randomness=False)
    # The socket's path is relative: the system limits its length.
    command += ["-chardev", "socket,id=console,path=%s,server=on,wait=off,logfile=%s"
                % (os.path.relpath(console), log), *machine.serial(options, "chardev:console"),
                "-monitor", "none", *machine.gdb_port(options.port)]
    print("debug: console: scripts/debug --preset %s --attach, log: %s"
          % (options.preset, os.path.relpath(log)), file=sys.stderr)
    # Ctrl-C interrupts gdb only: QEMU has a session of its own, and this script does not listen.
    signal.signal(signal.SIGINT, lambda *_: None)
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True,
                            preexec_fn=watch.die_with_parent)
    try:
        extension = os.path.join(machine.ROOT, "scripts", "lib", "gdb_jacinth.py")
        gdb = [options.gdb, "-q", os.path.join(folder, "kernel.elf"),
               "-ex", "set pagination off", "-ex", "directory " + machine.ROOT,
               "-ex", "target remote localhost:%d" % options.port,
               "-ex", "source " + extension, "-ex", "jacinth-symbols"]
        for text in options.gdb_command:
            gdb += ["-ex", text]
        return subprocess.call(gdb)
    finally:
        qemu.kill()
        qemu.wait()
        if os.path.exists(console):
            os.unlink(console)


if __name__ == "__main__":
    sys.exit(machine.main(main))
