// SPDX-License-Identifier: MIT
// Accesses to single words of user memory, in line: by the unprivileged forms, with an entry in the
// exception table each (the copies of blocks are in usercopy.S). No range is checked here: at a
// kernel address an unprivileged access faults as it would in user mode (Arm ARM, C6.2, LDTR and
// STTR), and outside of [USER_BASE, USER_END) nothing is mapped for user mode.
//
// `volatile` is needed: GCC before 14 drops an `asm goto` whose outputs nobody uses, and may move what
// reads them in front of its jump (GCC bugs 113921, 110420), which the empty statement behind it prevents.
#pragma once

#include <hal/types.h>

// Flags of an entry in the exception table, in the low bits of where to go on.
#define EXTABLE_WORD    1 // an unprivileged access to one word: may meet any address
#define EXTABLE_AT_ONCE 2 // fails at once where it would have to be faulted in

// "Where the word access at this address cannot be satisfied, go on at that label."
#define PLAT_EXTABLE(access, bad)                                                                \
    "\t.pushsection .extable, \"a\"\n\t.balign 4\n"                                              \
    "\t.long " access " - .\n\t.long " access " + 4 - .\n\t.long " bad " - . + %c[flags]\n"      \
    "\t.popsection\n"

#define PLAT_USER_WRITE(name, type, register_, flags_)                                           \
    ALWAYS_INLINE MUST_CHECK zx_status_t name(uintptr_t dst, type value)                         \
    {                                                                                            \
        __asm__ volatile goto("1:\tsttr %" register_ "[value], [%[dst]]\n"                       \
                              PLAT_EXTABLE("1b", "%l[bad]")                                      \
                     :                                                                           \
                     : [value] "rZ"(value), [dst] "r"(dst), [flags] "i"(flags_)                  \
                     : "memory"                                                                  \
                     : bad);                                                                     \
        return ZX_OK;                                                                            \
    bad:                                                                                         \
        return ZX_ERR_INVALID_ARGS;                                                              \
    }

#define PLAT_USER_READ(name, type, register_, flags_)                                            \
    ALWAYS_INLINE MUST_CHECK zx_status_t name(type *out, uintptr_t src)                          \
    {                                                                                            \
        type value;                                                                              \
        __asm__ volatile goto("1:\tldtr %" register_ "[value], [%[src]]\n"                       \
                              PLAT_EXTABLE("1b", "%l[bad]")                                      \
                     : [value] "=r"(value)                                                       \
                     : [src] "r"(src), [flags] "i"(flags_)                                       \
                     : "memory"                                                                  \
                     : bad);                                                                     \
        __asm__("");                                                                             \
        *out = value;                                                                            \
        return ZX_OK;                                                                            \
    bad:                                                                                         \
        return ZX_ERR_INVALID_ARGS;                                                              \
    }

PLAT_USER_WRITE(hal_user_write_u32, uint32_t, "w", EXTABLE_WORD)
PLAT_USER_WRITE(hal_user_write_u64, uint64_t, "x", EXTABLE_WORD)
PLAT_USER_WRITE(hal_user_write_u32_at_once, uint32_t, "w", EXTABLE_WORD | EXTABLE_AT_ONCE)
PLAT_USER_READ(hal_user_read_u32, uint32_t, "w", EXTABLE_WORD)
PLAT_USER_READ(hal_user_read_u64, uint64_t, "x", EXTABLE_WORD)
PLAT_USER_READ(hal_user_read_u32_at_once, uint32_t, "w", EXTABLE_WORD | EXTABLE_AT_ONCE)

#undef PLAT_USER_WRITE
#undef PLAT_USER_READ
