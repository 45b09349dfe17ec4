// SPDX-License-Identifier: MIT
// Stores of single words to user memory, in line: by the unprivileged forms, with an entry in the
// exception table each (the copies of blocks are in usercopy.S).
#pragma once

#include <hal/types.h>

// "Where an access at this address cannot be satisfied, go on at that label."
#define PLAT_EXTABLE(access, bad)                   \
    "\t.pushsection .extable, \"a\"\n\t.balign 4\n" \
    "\t.long " access " - .\n\t.long " access " + 4 - .\n\t.long " bad " - .\n\t.popsection\n"

ALWAYS_INLINE bool plat_user_word_ok(uintptr_t addr, size_t size)
{
    return likely(addr - USER_BASE <= USER_END - USER_BASE - size);
}

ALWAYS_INLINE MUST_CHECK zx_status_t hal_user_write_u32(uintptr_t dst, uint32_t value)
{
    if (!plat_user_word_ok(dst, sizeof(value)))
        return ZX_ERR_INVALID_ARGS;
    __asm__ goto("1:\tsttr %w[value], [%[dst]]\n" PLAT_EXTABLE("1b", "%l[bad]")
                 :
                 : [value] "rZ"(value), [dst] "r"(dst)
                 : "memory"
                 : bad);
    return ZX_OK;
bad:
    return ZX_ERR_INVALID_ARGS;
}

ALWAYS_INLINE MUST_CHECK zx_status_t hal_user_write_u64(uintptr_t dst, uint64_t value)
{
    if (!plat_user_word_ok(dst, sizeof(value)))
        return ZX_ERR_INVALID_ARGS;
    __asm__ goto("1:\tsttr %x[value], [%[dst]]\n" PLAT_EXTABLE("1b", "%l[bad]")
                 :
                 : [value] "rZ"(value), [dst] "r"(dst)
                 : "memory"
                 : bad);
    return ZX_OK;
bad:
    return ZX_ERR_INVALID_ARGS;
}
