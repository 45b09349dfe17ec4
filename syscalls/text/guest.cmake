# SPDX-License-Identifier: MIT
# Texts about guests. See ../reference.cmake for the words.
family_title("Guests and virtual CPUs")

describe(guest_create
    IS "Create a virtual machine"
    ARGS "options: must be 0." "vmar_handle: the addresses that the guest takes for physical memory."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@resource"
           "NOT_SUPPORTED: the kernel was not entered at EL2."
           "NO_RESOURCES: there are 64 guests."
           "@memory" "@out"
    SEE vcpu_create guest_set_trap)

describe(guest_set_trap
    IS "Have accesses of a guest to a range reported"
    OPTIONS "ZX_GUEST_TRAP_BELL: a store queues a packet on the port and the guest goes on."
            "ZX_GUEST_TRAP_MEM: an access ends `zx_vcpu_resume`. No port."
            "ZX_GUEST_TRAP_IO: not on ARM64."
    ERRORS "@handle"
           "INVALID_ARGS: unknown `kind`, a port missing or too many, or a range that is empty or not in pages."
           "OUT_OF_RANGE: the range overflows."
           "NOT_SUPPORTED: an I/O trap."
           "ALREADY_EXISTS: there is a trap at `addr`."
    SEE vcpu_resume)

describe(vcpu_create
    IS "Create a virtual CPU, which belongs to the calling thread"
    ARGS "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@guest"
           "INVALID_ARGS: `entry` is outside the guest's memory."
           "NO_RESOURCES: the guest has 8 of them."
           "@memory" "@out"
    SEE vcpu_resume)

describe(vcpu_resume
    IS "Run a virtual CPU until something must be done for it"
    ERRORS "@handle"
           "BAD_STATE: it belongs to another thread."
           "CANCELED: the thread is being killed."
           "NOT_FOUND: the guest used an address with nothing there."
           "NOT_SUPPORTED: the guest did what is not supported."
           "IO_DATA_INTEGRITY: an access to a trap that cannot be decoded."
    SEE vcpu_read_state vcpu_interrupt)

describe(vcpu_interrupt
    IS "Raise an interrupt in a virtual CPU"
    ERRORS "@handle"
    SEE vcpu_resume)

describe(vcpu_read_state
    IS "Read registers of a virtual CPU"
    OPTIONS "ZX_VCPU_STATE: 264 bytes."
    ERRORS "@handle" "INVALID_ARGS: another `kind` or size." "BAD_STATE: it belongs to another thread."
    SEE vcpu_write_state)

describe(vcpu_write_state
    IS "Change registers of a virtual CPU"
    OPTIONS "ZX_VCPU_STATE: 264 bytes. Of the flags only N, Z, C and V count."
    ERRORS "@handle" "INVALID_ARGS: another `kind` or size." "BAD_STATE: it belongs to another thread."
    SEE vcpu_read_state)
