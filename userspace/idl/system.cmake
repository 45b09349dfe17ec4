# SPDX-License-Identifier: MIT
# The handles that stand for the whole system, and what is known of the machine. Served by svc at
# /svc/system: whoever has that directory may do everything.

protocol(system ID 3 DOC "The system's own handles")

constant(SYSTEM_MAX_COMMAND_LINE VALUE 4096 DOC "Most bytes of the kernel's command line")
constant(SYSTEM_POWER_OFF VALUE 1 DOC "What `power` does")
constant(SYSTEM_REBOOT VALUE 2)

method(root_job ORDINAL 1
    DOC "The root job. rights: those the handle gets (ZX_RIGHT_SAME_RIGHTS: all there are)."
    REQUEST "rights u32" REPLY "job handle")
method(root_resource ORDINAL 2
    DOC "The root resource; rights as above."
    REQUEST "rights u32" REPLY "resource handle")
method(device_tree ORDINAL 3
    DOC "The flattened device tree: a VMO and the bytes in it."
    REPLY "vmo handle" "size u64")
method(vdso ORDINAL 4
    DOC "The vDSO's VMO of this index, as in the bootstrap message (0: the one programs use)."
    REQUEST "index u32" REPLY "vmo handle")
method(command_line ORDINAL 5
    DOC "The kernel's command line."
    REPLY "text string[SYSTEM_MAX_COMMAND_LINE]")
method(power ORDINAL 6
    DOC "Ends the services in order and switches the machine off or starts it again (SYSTEM_POWER_OFF,"
        "SYSTEM_REBOOT). The answer tells that it was begun."
    REQUEST "action u32")
method(crash_log ORDINAL 7
    DOC "The text that the last boot left when it ended in a panic, or in a reset that nobody asked for,"
        "up to the first NUL or the VMO's end. A VMO of size 0: it ended in order."
    REPLY "vmo handle")
method(initrd ORDINAL 8
    DOC "The initrd that this system was started with: a VMO, to be read and mapped."
    REPLY "vmo handle")
