// SPDX-License-Identifier: MIT
// Exceptions (object/exception.h).
//
// A thread in an exception waits in its own context, with a record on its stack, for one binding
// after the other.
//   E1 One mutex guards all bindings, the lists of who waits for each, and all records. Only threads
//      in exceptions and their handlers take it: a slot that is empty is passed by a look without it.
//   E2 A packet is queued and the thread put on the binding's list in one hold, with its wait armed
//      before; so an answer to the packet always finds the wait.
//   E3 Who answers, unbinds or closes the port wakes the thread under the lock, which the thread takes
//      before it leaves its record (sched/wait.h W1).
//   E4 A binding is on its port's list and in its task's slot, or in neither and freed. Both sides
//      take it apart under the lock, so neither needs a reference to the other.
// Locks: [E] exception_lock; a task's lock may be held when it is taken, a port's lock nests in it.
#include <object/exception.h>

#include <debug/assert.h>
#include <debug/log.h>
#include <hal/thread.h>
#include <hal/upcall.h>
#include <account/account.h>
#include <object/port.h>
#include <object/process.h>
#include <sched/wait.h>

LOCK_CLASS(exception_class, RANK_EXCEPTION, LOCK_MUTEX);

static struct mutex exception_lock = MUTEX_INIT(exception_class);

struct exception_binding {
    struct list_node port_node;  // [E] in the port's list
    struct exception_slot *slot; // [I]
    struct object *port;         // [I] borrowed, E4
    uint64_t key;                // [I]
    uint32_t type;               // [I] ZX_EXCEPTION_PORT_TYPE_*
    struct list waiting;         // [E] of exception.node
};

static ACCOUNT_CACHE(binding_cache, sizeof(struct exception_binding),
                  _Alignof(struct exception_binding));

enum answer { UNANSWERED, HANDLED, TRY_NEXT };

// On the stack of a thread in an exception.
struct exception {
    struct list_node node;              // [E] in binding->waiting
    struct uthread *thread;             // [I]
    const zx_exception_report_t *report; // [I]
    bool frame;                         // [I] it has user registers
    uint8_t answer;                     // [E] enum answer, to what was asked last
    uint32_t port_type;                 // [E] of the binding it waits for; else NONE
    const struct object *port;          // [E] identity only, NULL once it is unbound
};

// --- Bindings ----------------------------------------------------------------------------------

static void set_slot_locked(struct exception_slot *slot, struct exception_binding *b)
{
    atomic_store_explicit(&slot->binding, b, memory_order_release);
}

static struct exception_binding *get_slot_locked(struct exception_slot *slot)
{
    mutex_assert_held(&exception_lock);
    return atomic_load_explicit(&slot->binding, memory_order_relaxed);
}

static void answer_locked(struct exception *e, enum answer answer)
{
    e->answer = (uint8_t)answer;
    e->port_type = ZX_EXCEPTION_PORT_TYPE_NONE;
    list_remove(&e->node);
    wait_wake(&e->thread->thread, ZX_OK); // E3
}

// Takes b out of its slot and lets go who waits for it. The caller takes it off the port's list, and
// frees it.
static void unbind_locked(struct exception_binding *b)
{
    struct exception *e;
    set_slot_locked(b->slot, NULL);
    list_for_each_entry_safe (e, &b->waiting, node) {
        e->port = NULL;
        answer_locked(e, TRY_NEXT);
    }
}

void exception_slot_clear(struct exception_slot *slot)
{
    if (!exception_slot_taken(slot))
        return;
    mutex_lock(&exception_lock);
    struct exception_binding *b = get_slot_locked(slot);
    if (b != NULL) {
        list_remove(&b->port_node);
        unbind_locked(b);
    }
    mutex_unlock(&exception_lock);
    if (b != NULL)
        account_free(binding_cache, b);
}

void exception_port_closed(struct list *bindings)
{
    for (;;) {
        mutex_lock(&exception_lock);
        struct exception_binding *b = list_pop_head_entry(bindings, struct exception_binding,
                                                          port_node);
        if (b != NULL)
            unbind_locked(b);
        mutex_unlock(&exception_lock);
        if (b == NULL)
            return;
        account_free(binding_cache, b);
    }
}

// The slot of `task` that is meant, and its type.
static zx_status_t find_slot(struct object *task, bool debugger, struct exception_slot **out,
                             uint32_t *out_type)
{
    if (task->ops == &uthread_ops) {
        if (debugger)
            return ZX_ERR_INVALID_ARGS;
        *out = &uthread_from_object(task)->exceptions;
        *out_type = ZX_EXCEPTION_PORT_TYPE_THREAD;
    } else if (task->ops == &process_ops) {
        struct process *p = process_from_object(task);
        *out = debugger ? &p->debugger : &p->exceptions;
        *out_type = debugger ? ZX_EXCEPTION_PORT_TYPE_DEBUGGER : ZX_EXCEPTION_PORT_TYPE_PROCESS;
    } else if (task->ops == &job_ops) {
        struct job *job = job_from_object(task);
        *out = debugger ? &job->debugger : &job->exceptions;
        *out_type = debugger ? ZX_EXCEPTION_PORT_TYPE_JOB_DEBUGGER : ZX_EXCEPTION_PORT_TYPE_JOB;
    } else {
        return ZX_ERR_WRONG_TYPE;
    }
    return ZX_OK;
}

static bool dead_locked(struct object *task)
{
    if (task->ops == &uthread_ops)
        return uthread_from_object(task)->state == UTHREAD_DEAD;
    if (task->ops == &process_ops)
        return atomic_load_explicit(&process_from_object(task)->state, memory_order_relaxed) ==
               PROCESS_DEAD;
    return false;
}

zx_status_t exception_bind(struct object *task, bool debugger, struct object *port, uint64_t key)
{
    struct exception_slot *slot;
    uint32_t type;
    zx_status_t status = find_slot(task, debugger, &slot, &type);
    if (status != ZX_OK)
        return status;
    struct exception_binding *b = account_alloc(binding_cache);
    if (b == NULL)
        return ZX_ERR_NO_MEMORY;
    *b = (struct exception_binding){.slot = slot, .port = port, .key = key, .type = type};
    list_init(&b->waiting);
    bool bound = false;
    mutex_lock(task->lock);
    mutex_lock(&exception_lock);
    if (dead_locked(task)) {
        status = ZX_ERR_NOT_FOUND;
    } else if (get_slot_locked(slot) != NULL) {
        status = ZX_ERR_ALREADY_BOUND;
    } else if (port_attach_exceptions(port, &b->port_node)) {
        set_slot_locked(slot, b);
        bound = true;
    } // else its last handle is gone: as if that had come after this call
    mutex_unlock(&exception_lock);
    mutex_unlock(task->lock);
    if (!bound)
        account_free(binding_cache, b);
    return status;
}

zx_status_t exception_unbind(struct object *task, bool debugger)
{
    struct exception_slot *slot;
    uint32_t type;
    zx_status_t status = find_slot(task, debugger, &slot, &type);
    if (status != ZX_OK)
        return status;
    mutex_lock(&exception_lock);
    struct exception_binding *b = get_slot_locked(slot);
    if (b != NULL) {
        list_remove(&b->port_node);
        unbind_locked(b);
    }
    mutex_unlock(&exception_lock);
    if (b == NULL)
        return ZX_ERR_BAD_STATE;
    account_free(binding_cache, b);
    return ZX_OK;
}

// --- Handlers' side ----------------------------------------------------------------------------

zx_status_t exception_answer(struct uthread *t, struct object *port, bool try_next)
{
    zx_status_t status = ZX_ERR_BAD_STATE;
    mutex_lock(&exception_lock);
    struct exception *e = atomic_load_explicit(&t->exception, memory_order_relaxed);
    if (e != NULL && e->port != port)
        status = ZX_ERR_ACCESS_DENIED;
    else if (e != NULL && e->port_type != ZX_EXCEPTION_PORT_TYPE_NONE) {
        answer_locked(e, try_next ? TRY_NEXT : HANDLED);
        status = ZX_OK;
    }
    mutex_unlock(&exception_lock);
    return status;
}

zx_status_t exception_report(struct uthread *t, zx_exception_report_t *out)
{
    zx_status_t status = ZX_ERR_BAD_STATE;
    mutex_lock(&exception_lock);
    struct exception *e = atomic_load_explicit(&t->exception, memory_order_relaxed);
    if (e != NULL) {
        *out = *e->report;
        status = ZX_OK;
    }
    mutex_unlock(&exception_lock);
    return status;
}

uint32_t exception_waits_for(struct uthread *t)
{
    uint32_t type = ZX_EXCEPTION_PORT_TYPE_NONE;
    if (atomic_load_explicit(&t->exception, memory_order_relaxed) == NULL)
        return type;
    mutex_lock(&exception_lock);
    struct exception *e = atomic_load_explicit(&t->exception, memory_order_relaxed);
    if (e != NULL)
        type = e->port_type;
    mutex_unlock(&exception_lock);
    return type;
}

bool exception_hold(struct uthread *t, void (*fn)(void *ctx, bool frame), void *ctx)
{
    mutex_lock(&exception_lock);
    struct exception *e = atomic_load_explicit(&t->exception, memory_order_relaxed);
    if (e != NULL)
        fn(ctx, e->frame);
    mutex_unlock(&exception_lock);
    return e != NULL;
}

// --- The thread's side -------------------------------------------------------------------------

static bool killed(const struct exception *e)
{
    return (thread_pending(&e->thread->thread) & THREAD_PENDING_KILL) != 0;
}

// Sends the packet and puts e on the list. False: nobody is bound, or the packet was refused (then
// *status says so).
static bool send_locked(struct exception *e, struct exception_slot *slot, zx_status_t *status)
{
    struct exception_binding *b = get_slot_locked(slot);
    *status = ZX_OK;
    if (b == NULL)
        return false;
    zx_port_packet_t packet = {
        .key = b->key,
        .type = e->report->header.type,
        .exception = {.pid = e->thread->process->obj.koid, .tid = e->thread->obj.koid},
    };
    *status = port_queue_exception(b->port, &packet);
    if (*status != ZX_OK)
        return false;
    e->answer = UNANSWERED;
    e->port = b->port;
    e->port_type = b->type;
    list_add_tail(&b->waiting, &e->node);
    return true;
}

enum outcome { PASSED_ON, DECLINED, DONE, REFUSED };

// Asks what is bound to the slot, and waits. DECLINED: by an answer; PASSED_ON: nobody is bound any
// more, or the thread was killed, for which it looks itself.
static enum outcome ask(struct exception *e, struct exception_slot *slot)
{
    zx_status_t status;
    if (!exception_slot_taken(slot))
        return PASSED_ON;
    wait_arm_killable(); // E2
    mutex_lock(&exception_lock);
    bool sent = send_locked(e, slot, &status);
    mutex_unlock(&exception_lock);
    if (!sent) {
        zx_status_t ignored;
        (void)wait_disarm(&ignored);
        return status == ZX_OK ? PASSED_ON : REFUSED;
    }
    (void)wait_block(WAIT_ON_EXCEPTION, ZX_TIME_INFINITE);
    mutex_lock(&exception_lock);
    list_remove_if_linked(&e->node);
    e->port_type = ZX_EXCEPTION_PORT_TYPE_NONE;
    enum answer answer = e->answer;
    bool bound = e->port != NULL;
    mutex_unlock(&exception_lock);
    return answer == HANDLED ? DONE : answer == TRY_NEXT && bound ? DECLINED : PASSED_ON;
}

static void enter(struct exception *e, const zx_exception_report_t *report, bool frame)
{
    struct uthread *t = uthread_current();
    *e = (struct exception){.thread = t, .report = report, .frame = frame};
    hal_thread_stop();
    mutex_lock(&exception_lock);
    atomic_store_explicit(&t->exception, e, memory_order_relaxed);
    mutex_unlock(&exception_lock);
}

static void leave(struct exception *e)
{
    mutex_lock(&exception_lock);
    atomic_store_explicit(&e->thread->exception, NULL, memory_order_relaxed);
    mutex_unlock(&exception_lock);
    hal_thread_go();
}

static bool goes_on(const struct exception *e, enum outcome outcome)
{
    return (outcome == PASSED_ON || outcome == DECLINED) && !killed(e);
}

// Spec 21 section 4.
static enum exception_outcome search(struct exception *e)
{
    struct process *p = e->thread->process;
    struct exception_slot *const first[] = {&p->debugger, &e->thread->exceptions, &p->exceptions};
    enum outcome outcome = PASSED_ON;
    for (size_t i = 0; i < countof(first) && goes_on(e, outcome); i++)
        outcome = ask(e, first[i]);
    bool reported = false;
    for (struct job *job = p->job; job != NULL && goes_on(e, outcome); job = job->parent) {
        outcome = ask(e, &job->exceptions);
        reported = reported || (outcome == DECLINED && job->parent == job_super_root());
    }
    if (outcome == DONE || killed(e))
        return EXCEPTION_HANDLED;
    return reported ? EXCEPTION_REPORTED : EXCEPTION_UNHANDLED;
}

enum exception_outcome exception_raise(const zx_exception_report_t *report)
{
    struct exception e;
    enter(&e, report, true);
    enum exception_outcome outcome = search(&e);
    leave(&e);
    return outcome;
}

// An event for the one slot.
static NO_INLINE void tell(uint32_t type, struct exception_slot *slot)
{
    const zx_exception_report_t report = {.header = {.size = sizeof(report), .type = type}};
    struct exception e;
    enter(&e, &report, false);
    (void)ask(&e, slot);
    leave(&e);
}

void exception_starting(bool first)
{
    struct uthread *t = uthread_current();
    if (first) {
        struct job *job = t->process->job;
        while (job != NULL && !exception_slot_taken(&job->debugger))
            job = job->parent;
        if (job != NULL)
            tell(ZX_EXCP_PROCESS_STARTING, &job->debugger);
    }
    if (unlikely(exception_slot_taken(&t->process->debugger)))
        tell(ZX_EXCP_THREAD_STARTING, &t->process->debugger);
}

void exception_exiting(void)
{
    struct process *p = process_current();
    if (unlikely(exception_slot_taken(&p->debugger)))
        tell(ZX_EXCP_THREAD_EXITING, &p->debugger); // one that was killed does not wait
}
