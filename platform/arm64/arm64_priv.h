// SPDX-License-Identifier: MIT
// What the C and assembly files of the ARM64 platform say to each other after boot.
#pragma once

#include <hal/thread.h>
#include <hal/types.h>

struct plat_frame;
struct plat_fp;

// vectors.S
extern char arm64_vectors[];
NO_RETURN void arm64_enter_user(struct plat_frame *frame);

// vectors.S -> C
zx_status_t arm64_user_abort(uint64_t far, uint64_t esr);
void arm64_user_exception(struct plat_frame *frame, uint64_t esr, uint64_t far, zx_status_t status);
void arm64_kernel_sync(struct plat_frame *frame, uint64_t esr, uint64_t far);
NO_RETURN void arm64_unexpected(struct plat_frame *frame, const char *what, uint64_t esr,
                                uint64_t far);
zx_status_t arm64_fp_trap(void);

// switch.S
void arm64_thread_start(void);
void arm64_fp_save(struct plat_fp *fp);
void arm64_fp_load(const struct plat_fp *fp);
void arm64_slow_switch(struct hal_thread *prev, struct hal_thread *next);

// debug.c: the debug registers follow the current thread. Interrupts are off.
void arm64_debug_switch(struct hal_thread *prev, struct hal_thread *next);
// The same for the current thread, after somebody may have changed what it wants.
void arm64_debug_apply(struct hal_thread *t);
// A step exception has been dealt with: the next instruction is due, if it is stepped still.
void arm64_debug_stepped(struct hal_thread *t, struct plat_frame *frame);
void arm64_debug_free(struct hal_thread *t);

// Words for a syndrome: "data abort, translation fault at level 3, write".
const char *arm64_esr_class(uint64_t esr);
const char *arm64_esr_fault(uint64_t esr);

// cpu.c: registers that every CPU sets for itself, at its final stack.
void arm64_cpu_init(void);
// Whether this machine's CPUs have PAN (boot CPU decides). [I] after boot
extern bool arm64_have_pan;

// asid.c: how many ASID bits the CPUs have. Boot CPU, once.
void arm64_asid_init(void);

// smp.c: reads /cpus; the boot CPU becomes CPU 0.
void arm64_smp_init(void);
// Whether all CPUs but the first that run can be stopped, or parked (park.h), so that nothing of the kernel is needed
// any more.
bool arm64_cpus_stop_for_good(void);

// head.S: leaves this kernel by way of `low`, the physical address of arm64_next_low, in the identity map
// `table`, for the image at `entry`, at exception level `el`.
NO_RETURN void arm64_next_enter(uint64_t entry, uint64_t tree, uint64_t table, uint64_t low,
                                uint64_t el);
extern char arm64_next_low[];
paddr_t arm64_next_low_pa(void); // next.c
// Takes the calling CPU's identity map away.
void arm64_identity_drop(void);
