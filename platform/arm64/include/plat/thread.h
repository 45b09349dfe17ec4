// SPDX-License-Identifier: MIT
// The ARM64 part of a thread: what the context switch keeps, and the frame that an entry from user
// mode leaves at the top of the kernel stack. Assembly knows these structures through
// asm_offsets.c; no offset is written by hand.
#pragma once

#include <stdint.h>

// Registers of an interrupted context. The order is chosen for the fast path: pairs that are stored
// together are neighbours, and {x29, pc} form a frame record, so that a backtrace walks through.
//
// An entry from user mode puts the frame at the very top of the kernel stack and at first fills in
// only x0..x17, lr, pc and pstate (a system call leaves out x0); the callee-saved registers and sp
// follow only when somebody may look at the frame (PLAT_THREAD_FRAME_VALID).
struct plat_frame {
    uint64_t x[18]; // x0..x17
    uint64_t lr;    // x30
    uint64_t fp;    // x29
    uint64_t pc;    // ELR_EL1
    uint64_t pstate;
    uint64_t sp;     // SP_EL0, or the interrupted SP_EL1
    uint64_t xs[11]; // x18..x28
};

// Bits of hal_thread.flags.
#define PLAT_THREAD_FRAME_VALID (1u << 0) // the user frame is complete and will be reloaded

// State of the FP and SIMD registers, 528 bytes.
struct plat_fp {
    __uint128_t v[32];
    uint32_t fpcr;
    uint32_t fpsr;
    uint64_t reserved; // zero
};

// Callee-saved registers of a thread that is switched out, and the three user registers that stay
// in the CPU while it runs.
struct plat_context {
    uint64_t x19_x30[12];
    uint64_t sp;
    uint64_t sp_el0;
    uint64_t tpidr_el0;
    uint64_t x18;
};

struct plat_thread {
    struct plat_context context; // [O] meaningful while switched out
    union {                      // [O] the switch looks at both halves at once
        struct {
            uint16_t fp_live;    // 1: its FP state is in the CPU's registers and FP is enabled
            uint16_t debug_live; // 1: so are its debug registers (debug.c)
        };
        uint32_t slow_out;       // not 0: switching it out takes arm64_slow_switch
    };
    union {
        struct {
            uint16_t fp_eager;     // switches-in left for which FP is restored without a trap
            uint16_t debug_wanted; // it is stepped or has breakpoints (debug.c)
        };
        uint32_t slow_in;        // the same for switching it in
    };
    struct plat_fp *fp;          // [O] NULL until the first use of FP
    struct plat_debug *debug;    // [O] NULL until breakpoints are set
    bool copy_hard_fault;        // [O] its last no-fault copy met what no page fault can mend
};

// A frame is at the top of the stack.
#define PLAT_USER_FRAME(stack_base, stack_bytes) \
    ((struct plat_frame *)((stack_base) + (stack_bytes)) - 1)
