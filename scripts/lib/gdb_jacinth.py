# SPDX-License-Identifier: MIT
"""gdb commands for Jacinth, loaded by scripts/debug.

jacinth-symbols [ADDRESS]   tells gdb where the image is. The kernel is linked at 0, loaded where the
                            boot loader likes, and moves to a virtual address when it turns the MMU
                            on: its symbols fit only once gdb knows how far. Without ADDRESS, the
                            vectors in use tell.
jacinth-boot [FUNCTION]     from reset: runs until the kernel is at its final address and about to
                            enter FUNCTION (default kmain), with the symbols moved there.
jacinth-cpus                what each CPU runs: thread and process.
"""

import gdb

# Where QEMU's virt loads an Image: the start of RAM plus 2 MiB.
LOAD_ADDRESS = 0x40200000
KERNEL_HALF = 1 << 63


def value(expression):
    """An expression's value as a number, or None if it has none."""
    try:
        return int(gdb.parse_and_eval("(unsigned long)(%s)" % expression))
    except gdb.error:
        return None


class Symbols(gdb.Command):
    """jacinth-symbols [ADDRESS]: moves the kernel's symbols to where its image is."""

    kernel = None
    base = 0

    def __init__(self):
        super().__init__("jacinth-symbols", gdb.COMMAND_FILES)
        Symbols.kernel = gdb.objfiles()[0].filename

    @classmethod
    def move(cls, base):
        gdb.execute("symbol-file", to_string=True)
        gdb.execute("symbol-file -o 0x%x %s" % (base, cls.kernel), to_string=True)
        cls.base = base
        print("jacinth: image at 0x%x" % base)

    def invoke(self, argument, from_tty):
        if argument:
            self.move(value(argument))
            return
        vbar = value("$VBAR")
        if not vbar:
            self.move(LOAD_ADDRESS)  # no instruction of the kernel has been executed
            return
        vectors = "arm64_vectors" if vbar & KERNEL_HALF else "early_vectors"
        address = value("&%s" % vectors)
        if address is None:
            raise gdb.GdbError("no symbol %s" % vectors)
        self.move(vbar - (address - Symbols.base))


class Boot(gdb.Command):
    """jacinth-boot [FUNCTION]: from reset, runs until the kernel enters FUNCTION (default kmain)."""

    def __init__(self):
        super().__init__("jacinth-boot", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        # gdb does not know that the monitor has reset the machine.
        gdb.execute("maintenance flush register-cache", to_string=True)
        if value("$pc") > LOAD_ADDRESS:
            raise gdb.GdbError("jacinth-boot starts from reset: `monitor system_reset` first")
        Symbols.move(LOAD_ADDRESS)
        if argument:
            try:
                gdb.decode_line(argument)
            except gdb.error as error:
                raise gdb.GdbError(str(error)) from error
        # arm64_early_mmu returns the address at which the image is going to run.
        self.run_to("arm64_early_mmu")
        self.run_to("*0x%x" % value("$x30"))
        Symbols.move(value("$x0"))
        self.run_to(argument or "kmain")

    @staticmethod
    def run_to(place):
        gdb.execute("thbreak " + place, to_string=True)
        gdb.execute("continue", to_string=True)


class Cpus(gdb.Command):
    """jacinth-cpus: what each CPU runs."""

    def __init__(self):
        super().__init__("jacinth-cpus", gdb.COMMAND_STATUS)

    @staticmethod
    def describe(thread):
        name = thread["name"].string()
        if not thread["user"]:
            return "kernel thread '%s'" % name
        uthread = gdb.lookup_type("struct uthread")
        offset = next(f.bitpos // 8 for f in uthread.fields() if f.name == "thread")
        owner = gdb.Value(int(thread.address) - offset).cast(uthread.pointer())
        process = owner["process"]
        return "process '%s' (%d), thread '%s' (%d)" % (
            process["name"].string(), process["obj"]["koid"], owner["name"].string(),
            owner["obj"]["koid"])

    def invoke(self, argument, from_tty):
        cpus = gdb.parse_and_eval("cpus")
        first, last = cpus.type.range()
        for number in range(first, last + 1):
            current = cpus[number]["current"]
            try:
                running = int(current)
            except gdb.MemoryError as error:
                raise gdb.GdbError("the kernel is not where its symbols are: jacinth-symbols finds "
                                   "it") from error
            if running:
                print("CPU %d: %s" % (number, self.describe(current.dereference())))


Symbols()
Boot()
Cpus()
