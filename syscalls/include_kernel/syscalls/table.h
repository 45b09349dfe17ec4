// SPDX-License-Identifier: MIT
//
// The dispatch table of the system calls: the contract between the generated table and the entry
// code. Includable from assembly.
//
// Entry code takes number n (x16) as an unsigned 64-bit value; n >= ZX_SYS_COUNT is refused. Then
// the return address (the one after the svc) must be the code base of the process's vDSO plus
// syscall_table[n].site, and syscall_table[n].fn is called with x0..x7 as the user left them. Its
// result goes to x0. A function with fewer or narrower parameters ignores the rest, as the
// procedure call standard has it; for the same reason the upper half of a 32-bit result is
// unspecified, and every stub compares w0.
#pragma once

#include <zircon/zx-syscall-numbers.h>

#define SYSCALL_ENTRY_FN         0 // offsets in struct syscall_entry, bytes
#define SYSCALL_ENTRY_SITE       8
#define SYSCALL_ENTRY_FLAGS      12
#define SYSCALL_ENTRY_SIZE_SHIFT 4 // sizeof(struct syscall_entry) is 1 << this

// Site of a call that the vDSO never issues: no return address is odd.
#define SYSCALL_SITE_NONE 1

#define SYSCALL_RESULT_64 1 // the result is 64 bits wide, otherwise a zx_status_t
#define SYSCALL_BLOCKING  2 // may come back with ZX_ERR_INTERNAL_INTR_RETRY
#define SYSCALL_MISSING   4 // not implemented: the entry returns ZX_ERR_NOT_SUPPORTED

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct syscall_entry {
    uintptr_t fn;   // of any signature; called with eight 64-bit arguments
    uint32_t site;  // offset of the instruction after the svc in the vDSO's code segment, bytes
    uint32_t flags; // SYSCALL_*
};

_Static_assert(offsetof(struct syscall_entry, fn) == SYSCALL_ENTRY_FN, "known to assembly");
_Static_assert(offsetof(struct syscall_entry, site) == SYSCALL_ENTRY_SITE, "known to assembly");
_Static_assert(offsetof(struct syscall_entry, flags) == SYSCALL_ENTRY_FLAGS, "known to assembly");
_Static_assert(sizeof(struct syscall_entry) == 1 << SYSCALL_ENTRY_SIZE_SHIFT, "known to assembly");

extern const struct syscall_entry syscall_table[ZX_SYS_COUNT];

// How entry code written in C calls a table entry (the host laboratory does).
typedef int64_t (*syscall_fn_t)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                uint64_t, uint64_t);

// The name of a call ("channel_write"); "unknown" for a number that is none.
const char *syscall_name(uint64_t number);

#endif // !__ASSEMBLER__
