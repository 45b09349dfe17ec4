# SPDX-License-Identifier: MIT
# Texts about power. See ../reference.cmake for the words.
family_title("Power and chain-loading")

describe(system_mexec
    IS "Replace the running kernel by another"
    DOES "Does not return on success. `kernel_vmo` is an Image of the Linux arm64 boot protocol, which is
how this kernel is booted. `bootimage_vmo` is a container of boot items, of which the command line
items and the first RAM disk item are used, or else an initrd as it is. Without a command line item
the next kernel gets this one's."
         "The kernel is entered with the device tree of this machine, changed in /chosen, in x0, at
the exception level at which this one was entered. CPUs that this kernel has started are off by then; those of a
spin table, which firmware cannot stop, wait in another one: their cpu-release-addr is new, and its
memory is reserved. Devices are left as they are: who calls it has seen to it that none writes to memory."
    ERRORS "@resource" "@kernel_vmo" "@bootimage_vmo"
           "NOT_SUPPORTED: a CPU has been started that can neither be stopped by firmware nor wait in a \
spin table. Nothing has been changed."
           "INVALID_ARGS: `kernel_vmo` is no Image for this machine, or the items are broken."
           "@memory"
           "SHOULD_WAIT: another call is taking CPUs offline or back."
           "TIMED_OUT: a CPU did not stop."
    NOTES "The reference enters its kernel with the container's address in x0, and moves it to where the
present one is. Here it stays where there was room."
    SEE system_mexec_payload_get system_powerctl)

describe(system_mexec_payload_get
    IS "Get the boot items that this machine adds to a boot image"
    ERRORS "@resource"
           "INVALID_ARGS: `buffer_size` is above 16384."
           "@memory"
           "INTERNAL: `buffer_size` is too small."
           "INVALID_ARGS: `buffer` cannot be written."
    NOTES "The only item is the map of memory. The rest of the buffer is zeroed."
    SEE system_mexec)

describe(system_powerctl
    IS "Switch the machine off, restart it, or take CPUs offline"
    ARGS "arg: looked at for ACPI and X86 only."
    OPTIONS "ZX_SYSTEM_POWERCTL_ENABLE_ALL_CPUS: start those that were taken offline."
            "ZX_SYSTEM_POWERCTL_DISABLE_ALL_CPUS_BUT_PRIMARY: leave one. Threads go on there; the count of CPUs stays."
            "ZX_SYSTEM_POWERCTL_ACPI_TRANSITION_S_STATE: not supported."
            "ZX_SYSTEM_POWERCTL_X86_SET_PKG_PL1: not supported."
            "ZX_SYSTEM_POWERCTL_REBOOT: restart."
            "ZX_SYSTEM_POWERCTL_REBOOT_BOOTLOADER: restart."
            "ZX_SYSTEM_POWERCTL_REBOOT_RECOVERY: restart."
            "ZX_SYSTEM_POWERCTL_SHUTDOWN: switch off."
    ERRORS "@resource"
           "INVALID_ARGS: unknown `cmd`, or `arg` cannot be read."
           "SHOULD_WAIT: another call is taking CPUs offline or back."
           "TIMED_OUT: a CPU did not stop or start."
           "IO: firmware refused to start a CPU."
           "NOT_SUPPORTED: this machine cannot."
    COST "-" "-" "O(1)"
    SEE system_mexec)
