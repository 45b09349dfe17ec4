// SPDX-License-Identifier: MIT
//
// Pointers that came from user mode. Each is an address in a type of its own for the pointee and
// the direction, so that it cannot be dereferenced or mixed up with a kernel pointer, and costs
// what a register costs:
//
//   user_in_T       the kernel reads T there
//   user_out_T      the kernel writes T there
//   user_inout_T    both
//
// The only way through is the functions below. Each returns ZX_OK, or ZX_ERR_INVALID_ARGS for
// memory that is not the user's or not there; after a failure the destination may be partly
// written. They may fault pages in and so may block: not under a spinlock, nor under an object's
// lock (unless the caller disabled user faults, see <hal/usercopy.h>). A count of zero never
// touches the pointer.
//
//   user_copy_in(dst, src, count)     count elements from user memory into kernel memory
//   user_copy_out(dst, src, count)    count elements from kernel memory to user memory
//   user_read_one(dst, src)           one element; a single access when it is 4 or 8 bytes
//   user_write_one(dst, value)        the same the other way; takes a value, not a pointer
//   user_write_optional(dst, value)   nothing and ZX_OK when the pointer is NULL
//   user_is_null(p)
//   user_advance(p, count)            the pointer `count` elements on (wraps; the copy will notice)
//   user_cast(type, p)                the same address as another type of user pointer:
//                                     user_cast(user_out_zx_koid_t, buffer)
//
// Elements of void are bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <hal/usercopy.h>
#include <zircon/syscalls/types.h>
#include <zircon/types.h>

// The members beside `addr` only carry types into the checks below: they are functions that nobody
// defines or calls, so even a mistake cannot read user memory through them. `elem` gives the
// element, `in` exists where reading is allowed, `out` where writing is.
#define USER_PTR_TYPES_AS(T, name) \
    typedef union {                \
        uintptr_t addr;            \
        T *(*elem)(void);          \
        T *(*in)(void);            \
    } user_in_##name;              \
    typedef union {                \
        uintptr_t addr;            \
        T *(*elem)(void);          \
        T *(*out)(void);           \
    } user_out_##name;             \
    typedef union {                \
        uintptr_t addr;            \
        T *(*elem)(void);          \
        T *(*in)(void);            \
        T *(*out)(void);           \
    } user_inout_##name

#define USER_PTR_TYPES(T) USER_PTR_TYPES_AS(T, T)

USER_PTR_TYPES(void);
USER_PTR_TYPES(char);
USER_PTR_TYPES(int32_t);
USER_PTR_TYPES(uint32_t);
USER_PTR_TYPES(uint64_t);
USER_PTR_TYPES(size_t);
USER_PTR_TYPES(zx_futex_t);
USER_PTR_TYPES(zx_handle_t);
USER_PTR_TYPES(zx_handle_info_t);
USER_PTR_TYPES(zx_koid_t);
USER_PTR_TYPES(zx_paddr_t);
USER_PTR_TYPES(zx_signals_t);
USER_PTR_TYPES(zx_time_t);
USER_PTR_TYPES(zx_vaddr_t);
USER_PTR_TYPES(zx_wait_item_t);
USER_PTR_TYPES(zx_channel_call_args_t);
USER_PTR_TYPES(zx_port_packet_t);
USER_PTR_TYPES(zx_profile_info_t);
USER_PTR_TYPES(zx_system_powerctl_arg_t);
USER_PTR_TYPES(zx_smc_parameters_t);
USER_PTR_TYPES(zx_smc_result_t);
USER_PTR_TYPES(zx_pci_bar_t);
USER_PTR_TYPES(zx_pci_init_arg_t);
USER_PTR_TYPES(zx_pcie_device_info_t);

_Static_assert(sizeof(user_in_void) == sizeof(uintptr_t), "a user pointer is a register");

// Bytes in `count` elements, saturating: no range that long is the user's.
ALWAYS_INLINE size_t user_bytes(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

ALWAYS_INLINE MUST_CHECK zx_status_t user_read_raw(void *dst, uintptr_t src, size_t size)
{
    if (size == sizeof(uint32_t))
        return hal_user_read_u32(dst, src);
    if (size == sizeof(uint64_t))
        return hal_user_read_u64(dst, src);
    return hal_copy_from_user(dst, src, size);
}

ALWAYS_INLINE MUST_CHECK zx_status_t user_write_raw(uintptr_t dst, const void *src, size_t size)
{
    if (size == sizeof(uint32_t)) {
        uint32_t word;
        __builtin_memcpy(&word, src, sizeof(word));
        return hal_user_write_u32(dst, word);
    }
    if (size == sizeof(uint64_t)) {
        uint64_t word;
        __builtin_memcpy(&word, src, sizeof(word));
        return hal_user_write_u64(dst, word);
    }
    return hal_copy_to_user(dst, src, size);
}

ALWAYS_INLINE MUST_CHECK zx_status_t user_write_optional_raw(uintptr_t dst, const void *src,
                                                             size_t size)
{
    return dst == 0 ? ZX_OK : user_write_raw(dst, src, size);
}

// `a`, checked to point to what `b` points to: sizeof evaluates nothing, but comparing pointers of
// different types warns (an error here).
#define user_checked(a, b) ((void)sizeof((a) == (b)), (a))

// Arguments are evaluated once. These are calls on the outside, so that an ignored result is
// noticed.
#define user_copy_in(dst, src, count)                               \
    hal_copy_from_user(user_checked((dst), (src).in()), (src).addr, \
                       user_bytes((count), sizeof(*(src).in())))

#define user_copy_out(dst, src, count)                             \
    hal_copy_to_user((dst).addr, user_checked((src), (dst).out()), \
                     user_bytes((count), sizeof(*(dst).out())))

#define user_read_one(dst, src) \
    user_read_raw(user_checked((dst), (src).in()), (src).addr, sizeof(*(src).in()))

#define user_write_one(dst, value) \
    user_write_raw((dst).addr, (__typeof__(*(dst).out())[1]){(value)}, sizeof(*(dst).out()))

#define user_write_optional(dst, value)                                         \
    user_write_optional_raw((dst).addr, (__typeof__(*(dst).out())[1]){(value)}, \
                            sizeof(*(dst).out()))

#define user_is_null(p) ((p).addr == 0)

#define user_advance(p, count)                   \
    ({                                           \
        __typeof__(p) _p = (p);                  \
        _p.addr += (count) * sizeof(*_p.elem()); \
        _p;                                      \
    })

#define user_cast(type, p) ((type){.addr = (p).addr})
