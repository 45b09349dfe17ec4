// SPDX-License-Identifier: MIT
// The part of a thread that the platform and entry assembly know. `struct thread` (sched layer)
// embeds it as its first member, so a `struct thread *` and its `struct hal_thread *` are the same
// address. The platform supplies <plat/thread.h> with `struct plat_thread`.
#pragma once

#include <hal/types.h>
#include <plat/thread.h>
#include <zircon/syscalls/debug.h>

// Bits of hal_thread.pending. They are looked at only on the way to user mode (with interrupts
// masked, so none is lost) and in interruptible waits.
#define THREAD_PENDING_KILL (1u << 0)
#define THREAD_PENDING_SUSPEND (1u << 1)
#define THREAD_PENDING_POLICY (1u << 2) // a policy exception is to be raised at the boundary
#define THREAD_PENDING_WORK (1u << 3)   // deferred destruction to run at the boundary
#define THREAD_PENDING_TRACE (1u << 4)  // the end of this system call is to be recorded

// Locks: [O] only the thread itself (or its creator before start); [a] atomic; [I] fixed after init.
struct hal_thread {
    uint32_t preempt_count;       // [O] 0 = may be preempted
    atomic_uint need_resched;     // [a] set on the CPU that runs it; taken when preempt_count is 0
    atomic_uint pending;          // [a] THREAD_PENDING_*
    uint32_t cpu;                 // [O] number of the CPU it runs on; stable while preemption is off
    uint32_t fault_disabled;      // [O] >0: user copies do not fault pages in, they fail
    uint32_t flags;               // [O] platform's
    uintptr_t vdso_code_base;     // [O] user address of the vDSO code segment; 0 = not mapped yet
    uint64_t syscalls;            // [O] system calls begun on the CPU that it runs on, by whichever thread: who
                                  // is switched to goes on counting from where the last one was
    uintptr_t kstack_base;        // [I] lowest byte of the kernel stack
    size_t kstack_size;           // [I] bytes
    struct plat_thread plat;      // platform's: saved context, user frame, FP state, TPIDR_EL0
};

// Prepares `t` so that the first switch to it calls entry(arg) on its kernel stack with interrupts
// off and preempt_count 1 (the state in which sched_switch leaves the previous thread).
void hal_thread_init(struct hal_thread *t, void (*entry)(void *arg), void *arg);

// Gives back what the platform allocated for `t` (FP state). The thread is dead or never ran.
void hal_thread_destroy(struct hal_thread *t);

// Switches stacks and registers from prev to next; also FP state, user thread pointer and current
// thread register. Interrupts are off. Returns when prev is switched to again.
void hal_thread_switch(struct hal_thread *prev, struct hal_thread *next);

// Leaves the kernel for user mode for the first time: pc, sp, x0, x1 as given, everything else zero
// (spec 32 section 2). Preemption is enabled by the callee.
NO_RETURN void hal_thread_enter_user(vaddr_t pc, vaddr_t sp, uint64_t x0, uint64_t x1);

// Kernel stacks: guard-paged, cached. NULL when out of memory. *out_size receives the size in bytes.
void *hal_kstack_alloc(size_t *out_size) MUST_CHECK;
void hal_kstack_free(void *base);

// For backtraces: the stack of this CPU, other than its current thread's, that holds `address` (an
// interrupt stack, say). False if there is none. Any context, interrupts off.
bool hal_stack_bounds(uintptr_t address, uintptr_t *out_base, size_t *out_size);

// --- Registers of a thread that stands still at the user boundary ------------------------------
// A thread that is about to stop calls hal_thread_stop(); from then on, and until it calls
// hal_thread_go(), others may use the functions below, one at a time and ordered with both.

// All of the current thread's user registers are in memory now.
void hal_thread_stop(void);
// What has been changed meanwhile takes effect.
void hal_thread_go(void);

// ZX_ERR_BAD_STATE when the thread has no user frame. Of cpsr only N, Z, C and V go either way.
zx_status_t hal_thread_get_regs(const struct hal_thread *t,
                                zx_thread_state_general_regs_t *out) MUST_CHECK;
zx_status_t hal_thread_set_regs(struct hal_thread *t,
                                const zx_thread_state_general_regs_t *in) MUST_CHECK;

// FP and SIMD registers; zero before the thread's first use of them. ZX_ERR_NO_MEMORY.
void hal_thread_get_vector(const struct hal_thread *t, zx_thread_state_vector_regs_t *out);
zx_status_t hal_thread_set_vector(struct hal_thread *t,
                                  const zx_thread_state_vector_regs_t *in) MUST_CHECK;

// Hardware breakpoints (spec 20 section 6). ZX_ERR_INVALID_ARGS: an address outside of user space;
// ZX_ERR_NO_MEMORY.
void hal_thread_get_debug(const struct hal_thread *t, zx_thread_state_debug_regs_t *out);
zx_status_t hal_thread_set_debug(struct hal_thread *t,
                                 const zx_thread_state_debug_regs_t *in) MUST_CHECK;

// Whether each instruction ends with an exception (HAL_EXC_HW_BREAKPOINT). Setting it needs a frame.
bool hal_thread_get_step(const struct hal_thread *t);
void hal_thread_set_step(struct hal_thread *t, bool step);
