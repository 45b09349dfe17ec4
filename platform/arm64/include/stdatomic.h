// SPDX-License-Identifier: MIT
// <stdatomic.h> for ARM64: the compiler's, with relaxed loads and stores as plain volatile accesses.
// They are the same single instructions, aligned and so single-copy atomic, and the compiler may no
// more merge or invent them; but GCC computes the address of every atomic operand in a register, which
// is one more instruction for each field of a struct.
#pragma once

#include_next <stdatomic.h>

#undef atomic_load_explicit
#undef atomic_store_explicit

// The type of *p without _Atomic (the value of an expression has no qualifiers).
#define ATOMIC_VALUE_TYPE(p) __typeof__((void)0, *(p))

// `order` is a constant, so one of the two ways is compiled.
#define atomic_load_explicit(object, order)                                        \
    __extension__({                                                                \
        __auto_type atomic_p_ = (object);                                          \
        ATOMIC_VALUE_TYPE(atomic_p_) atomic_v_;                                    \
        _Static_assert(sizeof(atomic_v_) <= sizeof(void *), "one instruction");    \
        if ((order) == memory_order_relaxed)                                       \
            atomic_v_ = *(volatile const ATOMIC_VALUE_TYPE(atomic_p_) *)atomic_p_; \
        else                                                                       \
            __atomic_load(atomic_p_, &atomic_v_, (order));                         \
        atomic_v_;                                                                 \
    })

#define atomic_store_explicit(object, value, order)                              \
    __extension__({                                                              \
        __auto_type atomic_to_ = (object);                                       \
        ATOMIC_VALUE_TYPE(atomic_to_) atomic_new_ = (value);                     \
        if ((order) == memory_order_relaxed)                                     \
            *(volatile ATOMIC_VALUE_TYPE(atomic_to_) *)atomic_to_ = atomic_new_; \
        else                                                                     \
            __atomic_store(atomic_to_, &atomic_new_, (order));                   \
    })
