// SPDX-License-Identifier: MIT
// The kernel's trace (spec 31 section 5): records of fixed shapes in one buffer, which is read as it is.
// When it is full recording stops, as if by ktrace_stop().
//
// The buffer is made at the first start, of `ktrace.bufsize` MiB (32, or a 16th of memory if that is less;
// 0: no trace), and kept; at boot if the command line has `ktrace.bufsize` or `ktrace.grpmask`, whose
// groups (0xfff) then record from the start. So nobody who does not trace pays for it.
//
// All events of the contract are recorded but those of virtual CPUs, which there are not. Paths that must be
// short pay nothing for it while nothing is traced, or a load and a branch:
// - System calls, and what they show of channels, ports and single waits: nothing. While they are traced threads
//   do not keep the base of their vDSO, without which the entry takes the slow way (kernel_bad_syscall).
// - Interrupts: nothing. The controller is asked for them by another function (hal_irq_watch).
// - Page faults: nothing. Address spaces do not remember the last fault's mapping (vm/trace.h).
// - Switches and kernel waits (sched/trace.h), and ends of objects: a load and a branch.
#pragma once

#include <hal/types.h>

// Actions of ktrace_control.
#define KTRACE_ACTION_START     1u
#define KTRACE_ACTION_STOP      2u
#define KTRACE_ACTION_REWIND    3u
#define KTRACE_ACTION_NEW_PROBE 4u

// Groups, as a mask.
#define KTRACE_META  0x001u
#define KTRACE_LIFECYCLE 0x002u
#define KTRACE_SCHEDULER 0x004u
#define KTRACE_TASKS 0x008u
#define KTRACE_IPC   0x010u
#define KTRACE_IRQ   0x020u // system calls and page faults are of it
#define KTRACE_PROBE 0x040u
#define KTRACE_ALL   0xfffu
#define KTRACE_CALLS (KTRACE_IPC | KTRACE_IRQ) // those for which system calls are looked at

// Events with their group.
#define KTRACE_EVENT(group, event) ((group) << 20 | (event) << 8)
#define KTRACE_VERSION      KTRACE_EVENT(KTRACE_META, 0x000u)
#define KTRACE_TICKS_PER_MS KTRACE_EVENT(KTRACE_META, 0x001u)
#define KTRACE_KTHREAD_NAME KTRACE_EVENT(KTRACE_META, 0x020u)
#define KTRACE_THREAD_NAME  KTRACE_EVENT(KTRACE_META, 0x021u)
#define KTRACE_PROC_NAME    KTRACE_EVENT(KTRACE_META, 0x022u)
#define KTRACE_SYSCALL_NAME KTRACE_EVENT(KTRACE_META, 0x023u)
#define KTRACE_IRQ_NAME     KTRACE_EVENT(KTRACE_META, 0x024u)
#define KTRACE_PROBE_NAME   KTRACE_EVENT(KTRACE_META, 0x025u)
#define KTRACE_IRQ_ENTER    KTRACE_EVENT(KTRACE_IRQ, 0x030u)
#define KTRACE_IRQ_EXIT     KTRACE_EVENT(KTRACE_IRQ, 0x031u)
#define KTRACE_SYSCALL_ENTER KTRACE_EVENT(KTRACE_IRQ, 0x032u)
#define KTRACE_SYSCALL_EXIT KTRACE_EVENT(KTRACE_IRQ, 0x033u)
#define KTRACE_PAGE_FAULT   KTRACE_EVENT(KTRACE_IRQ, 0x034u)
#define KTRACE_PAGE_FAULT_EXIT KTRACE_EVENT(KTRACE_IRQ, 0x035u)
#define KTRACE_OBJECT_DELETE KTRACE_EVENT(KTRACE_LIFECYCLE, 0x100u)
#define KTRACE_CONTEXT_SWITCH KTRACE_EVENT(KTRACE_SCHEDULER, 0x040u)
#define KTRACE_KWAIT_BLOCK  KTRACE_EVENT(KTRACE_SCHEDULER, 0x160u)
#define KTRACE_KWAIT_WAKE   KTRACE_EVENT(KTRACE_SCHEDULER, 0x161u)
#define KTRACE_KWAIT_UNBLOCK KTRACE_EVENT(KTRACE_SCHEDULER, 0x162u)
#define KTRACE_THREAD_CREATE KTRACE_EVENT(KTRACE_TASKS, 0x110u)
#define KTRACE_THREAD_START KTRACE_EVENT(KTRACE_TASKS, 0x111u)
#define KTRACE_THREAD_EXIT  KTRACE_EVENT(KTRACE_TASKS, 0x112u)
#define KTRACE_PROC_CREATE  KTRACE_EVENT(KTRACE_TASKS, 0x120u)
#define KTRACE_PROC_START   KTRACE_EVENT(KTRACE_TASKS, 0x121u)
#define KTRACE_PROC_EXIT    KTRACE_EVENT(KTRACE_TASKS, 0x122u)
#define KTRACE_CHANNEL_CREATE KTRACE_EVENT(KTRACE_IPC, 0x130u)
#define KTRACE_CHANNEL_WRITE KTRACE_EVENT(KTRACE_IPC, 0x131u)
#define KTRACE_CHANNEL_READ KTRACE_EVENT(KTRACE_IPC, 0x132u)
#define KTRACE_PORT_WAIT    KTRACE_EVENT(KTRACE_IPC, 0x140u)
#define KTRACE_PORT_WAIT_DONE KTRACE_EVENT(KTRACE_IPC, 0x141u)
#define KTRACE_PORT_CREATE  KTRACE_EVENT(KTRACE_IPC, 0x142u)
#define KTRACE_PORT_QUEUE   KTRACE_EVENT(KTRACE_IPC, 0x143u)
#define KTRACE_WAIT_ONE     KTRACE_EVENT(KTRACE_IPC, 0x150u)
#define KTRACE_WAIT_ONE_DONE KTRACE_EVENT(KTRACE_IPC, 0x151u)

#define KTRACE_NAME_MAX  32u    // with its NUL
#define KTRACE_PROBE_MAX 0x7ffu // largest id of a probe

extern atomic_uint ktrace_groups; // those that record now

// Reads the command line; makes the buffer and starts if it says so. Once, after memory is there.
void ktrace_init(const char *cmdline);
// The CPUs have their threads: a trace that records since boot has their names now.
void ktrace_cpus_started(void);

// Groups `groups` (0: all) record from now on, beginning with the names of what lives.
// ZX_ERR_NOT_SUPPORTED: no trace on this machine; ZX_ERR_NO_MEMORY.
zx_status_t ktrace_start(uint32_t groups) MUST_CHECK;
void ktrace_stop(void);
// Forgets all records but the two at the start, then has the names of calls and probes recorded again.
void ktrace_rewind(void);

// The id, from 1, of the probe with that name (a NUL within KTRACE_NAME_MAX). ZX_ERR_NO_RESOURCES: there
// are too many.
zx_status_t ktrace_probe_id(const char *name, uint32_t *out_id) MUST_CHECK;
// A probe record. ZX_ERR_UNAVAILABLE: it is not being recorded, or the buffer is full.
zx_status_t ktrace_probe(uint32_t id, uint32_t arg0, uint32_t arg1) MUST_CHECK;

// What has been recorded: the bytes from the start of the buffer, NULL and 0 if there is none yet.
const void *ktrace_data(size_t *out_bytes);

// Whether any of the groups records.
ALWAYS_INLINE bool ktrace_on(uint32_t groups)
{
    return (atomic_load_explicit(&ktrace_groups, memory_order_relaxed) & groups) != 0;
}
ALWAYS_INLINE bool ktrace_on_at_all(void)
{
    return atomic_load_explicit(&ktrace_groups, memory_order_relaxed) != 0;
}
// A 32-byte record of the calling thread with all its arguments. Any context.
void ktrace_record_args(uint32_t event, const uint32_t arg[4]);
// A 16-byte record, whose one argument stands where others have the thread.
void ktrace_record_short(uint32_t event, uint32_t arg);

// Switches and waits are told to the trace from now on, or not any more (ktrace_sched.c).
void ktrace_watch_sched(bool on);
// The same of interrupts and page faults (ktrace_faults.c); of those in the address spaces that live by
// vm_aspace_watch_faults.
void ktrace_watch_faults(bool on);

// The name of a process or thread that begins while something is traced, beside its event.
struct process;
struct uthread;
void ktrace_process_begins(struct process *p);
void ktrace_thread_begins(const struct uthread *t);

// A system call of the current thread t that is being traced begins and ends (ktrace_calls.c). At the slow
// way in, and at the boundary if THREAD_PENDING_TRACE is set. Nothing is held; user memory is not faulted in.
void ktrace_call_begins(struct uthread *t, uint64_t number, const uint64_t args[8]);
void ktrace_call_done(struct uthread *t);

// A 32-byte record of the calling thread. In line: what a call site costs while nothing is traced.
void ktrace_record(uint32_t event, uint64_t a, uint64_t b);
ALWAYS_INLINE void ktrace(uint32_t event, uint64_t a, uint64_t b)
{
    if (unlikely(atomic_load_explicit(&ktrace_groups, memory_order_relaxed) & event >> 20))
        ktrace_record(event, a, b);
}
