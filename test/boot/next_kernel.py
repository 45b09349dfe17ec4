#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Another kernel is booted from the shell (mexec), with this system's initrd or another; what is refused changes
nothing.

usage: next_kernel.py PRESET
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "test", "target"), os.path.join(ROOT, "scripts", "lib")]
import machine  # noqa: E402
import terminal  # noqa: E402
from terminal import BANNER, PROMPT, check  # noqa: E402

SAYS = "dmesg | grep -q 'line: %s$' && echo to''ld"
WATCHDOG = "jacinth.watchdog=0"
IMAGE, INITRD = "/boot/next/Image", "/boot/next/initrd"


def main():
    preset = sys.argv[1]
    built = os.path.join(ROOT, "build", preset)
    arguments = ["--preset", preset, "--icount", "--append", WATCHDOG,
                 "--add", os.path.join(built, "Image") + "=next/Image",
                 "--add", os.path.join(built, "initrd.cpio") + "=next/initrd"]
    machine.command(machine.parser("next_kernel.py", "").parse_args(arguments))
    person = terminal.Person(arguments)

    def say(command):
        return terminal.say(person, command)

    def boots(command):
        person.type(command + "\r")
        check("boots: %s" % command, BANNER in person.wait_for(PROMPT), person.log)

    def body():
        person.wait_for(PROMPT)
        check("no Image", "no Image for this machine" in say("mexec /boot/bin/ls"), person.log)
        check("no such file", "No such file" in say("mexec /boot/nothing"), person.log)
        check("no such initrd", "No such file" in say("mexec -i /boot/nothing %s" % IMAGE), person.log)
        check("usage", "usage" in say("mexec"), person.log)
        check("the drivers are back", "rtc0" in say("until lsdev | grep 'running.*rtc0'; do sleep 1; done"), person.log)
        boots("mexec %s kernel.quiet word=first" % IMAGE)
        words = WATCHDOG + " kernel.quiet word=first"
        check("its words, and the watchdog's", "told" in say(SAYS % words), person.log)
        check("the same initrd", "Image" in say("ls /boot/next"), person.log)
        boots("svc stop devmgr && mexec -i %s %s kernel.quiet jacinth.watchdog=00" % (INITRD, IMAGE))
        check("its words, and no others", "told" in say(SAYS % "kernel.quiet jacinth.watchdog=00"), person.log)
        check("another initrd", "No such file" in say("ls /boot/next"), person.log)

    return terminal.run(person, body)


if __name__ == "__main__":
    sys.exit(machine.main(main))
