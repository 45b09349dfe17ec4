// SPDX-License-Identifier: MIT
// User mode on the host: C functions that play the user half of a thread.
//
// hal_thread_enter_user(pc, ...) calls the C function whose address is `pc`. Between the calls
// below a thread counts as being in the kernel; host_user_enter/leave bracket its system calls.
//
// User addresses go through the fake MMU. Those from USER_MAP_END on, where no address space
// reaches, are ordinary host memory (stack, heap and globals of a test), so tests pass plain C
// pointers; one that points at nothing is the test's bug and crashes it. HOST_BAD_PTR is in user
// range and never valid.
#pragma once

#include <hal/types.h>
#include <hal/upcall.h>

#define HOST_BAD_PTR 0x0000800000001000ul // from USER_MAP_END on, and no memory of the host's

// What a user function that returns ends with; must not return. The laboratory sets it to
// zx_thread_exit.
void host_user_set_exit(void (*fn)(void));

// User mode runs for a while: virtual interrupts arrive "from user mode", and pending work (kill,
// suspend) is done as on the way out of the kernel. May not return (kill).
void host_user_pause(void);

// The way back from a fault that was resolved: what is pending is handled first. May not return.
void host_user_boundary(void);

// System call entry: records the user frame (number in x16, args in x0..x7).
void host_user_enter_kernel(uint64_t number, const uint64_t args[8], vaddr_t pc);
// The call is one that the kernel takes, and counts.
void host_user_count_call(void);
// System call exit with `result` in x0: handles pending bits until none is set, as the assembly does.
// Returns x0, which somebody may have changed while the thread was stopped. May not return.
uint64_t host_user_leave_kernel(uint64_t result);

// Accesses as the user program: a fault that the kernel cannot resolve raises a page-fault
// exception.
void host_user_read(void *dst, vaddr_t src, size_t len);
void host_user_write(vaddr_t dst, const void *src, size_t len);

// Until the next call: for the calling thread, what the simulated address space does not map is not
// there, the host's own memory included. For pointers that may be anything.
void host_user_mapped_only(bool on);

// As host_user_read and _write, but an unresolvable fault is returned (and raises nothing). `access`: 0 read,
// HAL_FAULT_WRITE, HAL_FAULT_EXEC. Touches one byte of each page of the range.
zx_status_t host_user_probe(vaddr_t addr, size_t len, unsigned access);

// Fault seeding for the laboratory's own tests: hal_aspace_unmap and _protect forget to invalidate
// TLBs, which the next access through a stale entry must then report.
void host_mmu_skip_invalidate(bool skip);
