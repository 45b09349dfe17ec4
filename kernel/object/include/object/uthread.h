// SPDX-License-Identifier: MIT
// User threads: the thread object around a kernel thread.
#pragma once

#include <object/channel.h>
#include <object/exception.h>
#include <object/koid_index.h>
#include <object/object.h>
#include <sched/thread.h>
#include <sched/wait.h>
#include <zircon/syscalls/object.h>

struct exception;
struct futex_queue;
struct process;

enum uthread_state { UTHREAD_NEW, UTHREAD_RUNNING, UTHREAD_DYING, UTHREAD_DEAD };

// Locks: [P] the process's lock, which is obj.lock as well; [I] fixed; [O] the thread itself;
// [F] the lock of the futex it waits on, else its own (object/futex.c); [E] that of exceptions.
struct uthread {
    struct object obj;
    struct thread thread;          // the kernel thread
    struct process *process;       // [I] referenced
    struct list_node process_node; // [P] in process->threads
    struct koid_node koid_node;    // [P] with process_node
    uint8_t state;                 // [P] enum uthread_state
    bool suspended;                // [P] stopped, SUSPENDED is shown: suspend.c S2
    uint32_t suspend_count;        // [P] of its own, beside its process's
    vaddr_t entry, stack;          // [I] after start
    uint64_t arg1, arg2;           // [I] after start
    struct channel_call call;      // [O] pending channel_call
    uint32_t traced_call;          // [O] number of the call whose end is to be recorded
    uint32_t traced_koid;          // [O] what it is about, 0 if that is not recorded
    struct futex_queue *futex_queue;             // [F] to wait on a futex with; NULL meanwhile
    struct futex_queue *_Atomic futex_waits_in;  // [F] NULL: waits on none
    struct exception *_Atomic exception;         // [E] that it is in, NULL: none
    struct exception_slot exceptions;            // [E]
    bool first;                    // [I] after start: of its process
    char name[ZX_MAX_NAME_LEN];    // [P]
};

extern const struct object_ops uthread_ops;

ALWAYS_INLINE struct uthread *uthread_from_object(struct object *obj) { return (struct uthread *)obj; }

// Only in system-call context (the current thread is a user thread).
ALWAYS_INLINE struct uthread *uthread_current(void)
{
    return container_of(thread_current(), struct uthread, thread);
}
// True if the current thread is a user thread at all.
bool thread_is_user(const struct thread *t);

// ZX_ERR_NO_MEMORY.
zx_status_t uthread_create(struct process *p, const char *name, struct object **out) MUST_CHECK;
// ZX_ERR_BAD_STATE: not new, or the process is not RUNNING.
zx_status_t uthread_start(struct uthread *t, vaddr_t entry, vaddr_t stack, uint64_t arg1,
                          uint64_t arg2) MUST_CHECK;
// The two halves of a start: bookkeeping under the process's lock, then the launch without it.
zx_status_t uthread_start_locked(struct uthread *t, vaddr_t entry, vaddr_t stack, uint64_t arg1,
                                 uint64_t arg2) MUST_CHECK;
void uthread_launch(struct uthread *t);
NO_RETURN void uthread_exit(void);
// Asynchronous; a thread that is not running (new, dying, dead) is left alone.
void uthread_kill(struct uthread *t);
void uthread_kill_locked(struct uthread *t); // the process's lock is held
// Changes the base priority (0..31). ZX_ERR_BAD_STATE: dying or dead.
zx_status_t uthread_set_priority(struct uthread *t, unsigned priority) MUST_CHECK;
// As spec 22 section 2.3 has it.
void uthread_info(struct uthread *t, zx_info_thread_t *out);
