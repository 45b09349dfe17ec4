// SPDX-License-Identifier: MIT
// User memory is touched only through these. All check that [uaddr, uaddr+len) lies in
// [USER_BASE, USER_END) and survive any fault. Results are ZX_OK or ZX_ERR_INVALID_ARGS; after a
// failure the destination may be partly written. A length of zero never touches the address.
//
// A fault calls kernel_user_fault() and retries, unless current->fault_disabled is set: then it
// fails at once (for use under locks: "no-fault" copies; the caller unlocks, faults in, starts over).
#pragma once

#include <hal/cpu.h>
#include <hal/types.h>
#include <plat/usercopy.h>

zx_status_t hal_copy_from_user(void *dst, uintptr_t src, size_t len) MUST_CHECK;
zx_status_t hal_copy_to_user(uintptr_t dst, const void *src, size_t len) MUST_CHECK;
// <plat/usercopy.h> has those of single words, in line where that pays:
//   zx_status_t hal_user_read_u32(uint32_t *out, uintptr_t src);
//   zx_status_t hal_user_read_u64(uint64_t *out, uintptr_t src);
//   zx_status_t hal_user_write_u32(uintptr_t dst, uint32_t value);
//   zx_status_t hal_user_write_u64(uintptr_t dst, uint64_t value);
// and these, which fail at once where the others would fault, whatever fault_disabled says:
//   zx_status_t hal_user_read_u32_at_once(uint32_t *out, uintptr_t src);
//   zx_status_t hal_user_write_u32_at_once(uintptr_t dst, uint32_t value);

ALWAYS_INLINE void user_faults_disable(void) { hal_current()->fault_disabled++; }
ALWAYS_INLINE void user_faults_enable(void) { hal_current()->fault_disabled--; }

// The same where a call lies between the two: what it was is kept instead of counted back.
ALWAYS_INLINE uint32_t user_faults_save(void) { return hal_current()->fault_disabled++; }
ALWAYS_INLINE void user_faults_restore(uint32_t was) { hal_current()->fault_disabled = was; }

// True if the range lies in user space (says nothing about what is mapped).
ALWAYS_INLINE bool user_range_ok(uintptr_t addr, size_t len)
{
    return addr >= USER_BASE && addr <= USER_END && len <= USER_END - addr;
}

// Touches every page of the range so that a following no-fault copy is likely to succeed; `write`
// asks for write access. ZX_OK or ZX_ERR_INVALID_ARGS.
zx_status_t hal_user_fault_in(uintptr_t addr, size_t len, bool write) MUST_CHECK;
