// SPDX-License-Identifier: MIT
// Exceptions of user threads, and the ports that hear of them (spec 21).
#pragma once

#include <object/object.h>
#include <zircon/syscalls/exception.h>

struct exception_binding;
struct job;
struct process;
struct uthread;

// Where a port can be bound to a task. All zero: nothing is bound.
struct exception_slot {
    struct exception_binding *_Atomic binding; // [E] to write, atomic to peek
};

// Whether something is bound; a hint for whoever does not hold the lock.
ALWAYS_INLINE bool exception_slot_taken(const struct exception_slot *slot)
{
    return atomic_load_explicit(&((struct exception_slot *)slot)->binding, memory_order_acquire) !=
           NULL;
}

// The task is being destroyed: takes what is bound off its port.
void exception_slot_clear(struct exception_slot *slot);

// Binds `port` to a job, process or thread. WRONG_TYPE, INVALID_ARGS (debugger of a thread),
// NO_MEMORY, NOT_FOUND (dead), ALREADY_BOUND.
zx_status_t exception_bind(struct object *task, bool debugger, struct object *port,
                           uint64_t key) MUST_CHECK;
// Frees the slot; who waits for its answer goes on to the next. WRONG_TYPE, INVALID_ARGS; BAD_STATE:
// nothing is bound.
zx_status_t exception_unbind(struct object *task, bool debugger) MUST_CHECK;
// The port's last handle is closed: frees all slots on the list that port_attach_exceptions made.
void exception_port_closed(struct list *bindings);

// Answers for the thread in an exception that was sent to `port`. BAD_STATE: it is in none, or has
// its answer; ACCESS_DENIED: sent to another port.
zx_status_t exception_answer(struct uthread *t, struct object *port, bool try_next) MUST_CHECK;

// The report of the exception that t is in. ZX_ERR_BAD_STATE: in none.
zx_status_t exception_report(struct uthread *t, zx_exception_report_t *out) MUST_CHECK;
// ZX_EXCEPTION_PORT_TYPE_* of the binding that t waits for, NONE if for none.
uint32_t exception_waits_for(struct uthread *t);

// Calls fn with t held where it is, in an exception; *out_frame: with registers. False, and fn is not
// called, if t is in none. The lock of t's process may be held.
bool exception_hold(struct uthread *t, void (*fn)(void *ctx, bool frame), void *ctx);

enum exception_outcome {
    EXCEPTION_HANDLED,  // or the thread was killed meanwhile
    EXCEPTION_REPORTED, // not handled, but whoever watches over all jobs has looked at it
    EXCEPTION_UNHANDLED,
};

// The calling thread raises a general exception: the bindings are asked in their order. REPORTED if the
// last to be asked was the root job's handler, and it passed the exception on (and has not gone).
enum exception_outcome exception_raise(const zx_exception_report_t *report) MUST_CHECK;

// Events for debuggers; each waits for an answer if somebody is bound.
void exception_starting(bool first); // before the calling thread's first user instruction
void exception_exiting(void);        // it will not return to user mode
