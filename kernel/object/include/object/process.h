// SPDX-License-Identifier: MIT
// Processes: an address space, a handle table and threads, under a job.
#pragma once

#include <object/exception.h>
#include <object/handle.h>
#include <object/job.h>
#include <object/object.h>
#include <vm/aspace.h>

struct uthread;

enum process_state { PROCESS_INITIAL, PROCESS_RUNNING, PROCESS_DYING, PROCESS_DEAD };

// Locks: [L] obj.lock (also guards the threads' lifecycle); [J] job tree; [I] fixed; [a] atomic.
struct process {
    struct object obj;
    struct mutex lock;
    struct job *job;               // [I] referenced
    struct list_node job_node;     // [J] in job->processes, until dead
    struct koid_node koid_node;    // [J] with job_node
    struct process *kill_next;     // [J] list of a job kill in progress
    bool kill_queued;              // [J] on such a list
    struct account *account;       // [I] below its job's
    struct handle_table handles;
    struct vm_aspace *aspace;      // [I] referenced
    struct list threads;           // [L] started, not yet dead, in start order
    struct koid_index by_koid;     // [L] of `threads`, if indexed
    bool indexed;                  // [L] has had more than PROCESS_INDEX_FROM threads
    uint32_t thread_count;         // [L] entries of `threads`
    uint32_t suspend_count;        // [L]
    _Atomic uint8_t state;         // [L] to write; enum process_state
    int64_t return_code;           // [L]
    bool started;                  // [L] has left INITIAL
    struct job_policy policy;      // [I] copy of the job's at creation
    atomic_uintptr_t debug_addr;   // [a]
    struct exception_slot exceptions, debugger; // exception.c
    char name[ZX_MAX_NAME_LEN];    // [L]
};

extern const struct object_ops process_ops;

ALWAYS_INLINE struct process *process_from_object(struct object *obj)
{
    return (struct process *)obj;
}

// The calling thread's process (system-call context).
// Creates process and root VMAR (each with one reference for the caller). name: NUL-terminated.
// ZX_ERR_NO_MEMORY, ZX_ERR_BAD_STATE (job killed).
zx_status_t process_create(struct job *job, const char *name, struct object **out_process,
                           struct object **out_vmar, zx_rights_t *out_vmar_rights) MUST_CHECK;
// First thread; `arg` is installed in the process's table and its value passed in x0. Consumes *arg.
// ZX_ERR_BAD_STATE, ZX_ERR_NO_MEMORY.
zx_status_t process_start(struct process *p, struct uthread *t, vaddr_t entry, vaddr_t stack,
                          struct handle arg, uintptr_t arg2) MUST_CHECK;
// zx_process_exit for the calling thread.
NO_RETURN void process_exit(int64_t code);
// Marks it dying with `code` (unless it is already) and kills its threads.
void process_kill(struct process *p, int64_t code);

// Base of the vDSO image in the process (its code mapping less the code's offset in the image), 0
// while it is not mapped.
vaddr_t process_vdso_image_base(struct process *p);

// The calling thread, off the list already, is leaving: ends the process if it was the last.
void process_thread_left(struct process *p);

// A policy or other fatal exception of the calling thread that nobody handles: logs `what` and kills
// the process with code -1.
void process_exception(const char *what);

// Started, not yet dead threads: calls fn for each in start order with the process's lock held.
void process_for_each_thread(struct process *p, void (*fn)(void *ctx, struct uthread *t), void *ctx);
// Up to this many threads are looked through by process_find_thread, more have an index.
#define PROCESS_INDEX_FROM 8u
// A thread has been put on `threads`, which has or had more than that. Process's lock held.
void process_index_thread_locked(struct process *p, struct uthread *t);
// The thread with that koid, referenced; NULL if none.
struct uthread *process_find_thread(struct process *p, zx_koid_t koid) MUST_CHECK;

// Policy of the calling process for creating things and bad handles: ZX_OK or ZX_ERR_ACCESS_DENIED;
// posts a policy exception when asked for.
void policy_bad_handle(void);
zx_status_t policy_act(uint8_t action); // what is not plainly allowed

#include <object/uthread.h>

// The calling thread's process; system-call context only.
ALWAYS_INLINE struct process *process_current(void) { return uthread_current()->process; }

// Whether memory of the calling process may have to come from a pager. A call that takes something away for
// good (a message, a packet, a handle) asks before it does, and then brings in what it will write to
// (vm_user_page_in): else it would be lost with a thread that is killed while it waits for that memory, or
// when the pager lets go.
ALWAYS_INLINE bool process_memory_paged(void)
{
    return unlikely(handle_table_paged(&process_current()->handles));
}

ALWAYS_INLINE MUST_CHECK zx_status_t policy_check(uint32_t condition)
{
    uint8_t action = process_current()->policy.action[condition];
    return likely(action == ZX_POL_ACTION_ALLOW) ? ZX_OK : policy_act(action);
}
