// SPDX-License-Identifier: MIT
// User threads (object/uthread.h): lifecycle, the user boundary, exceptions.
//
//   U1 A started thread is on its process's list and keeps a reference to itself, which the reaper
//      drops (uthread_reaped) when the kernel thread is dead.
//   U2 It leaves the list in uthread_exit, before TERMINATED is asserted.
//   U3 A killed thread executes no user instruction more: the pending bit is looked at with
//      interrupts masked on every way to user mode.
#include <object/uthread.h>

#include <debug/assert.h>
#include <debug/log.h>
#include <hal/upcall.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <account/account.h>
#include <object/futex.h>
#include <object/ktrace.h>
#include <object/process.h>
#include <object/suspend.h>
#include <sched/pi.h>
#include <zircon/syscalls/exception.h>

static ACCOUNT_CACHE(uthread_cache, sizeof(struct uthread), _Alignof(struct uthread));

static void uthread_zero_handles(struct object *obj)
{
    (void)obj; // started threads live on; an unstarted one dies with its last reference
}

static void uthread_destroy(struct object *obj)
{
    struct uthread *t = uthread_from_object(obj);
    if (t->state == UTHREAD_NEW) {
        thread_destroy_unstarted(&t->thread);
        account_uncharge(t->process->account, ACCOUNT_THREADS, 1);
        account_uncharge(t->process->account, ACCOUNT_KMEM, t->thread.hal.kstack_size);
    }
    object_unref(&t->process->obj);
    futex_queue_free(t->futex_queue);
    exception_slot_clear(&t->exceptions);
    account_free(uthread_cache, t);
}

static zx_koid_t uthread_related(const struct object *obj)
{
    return container_of(obj, struct uthread, obj)->process->obj.koid;
}

static char *uthread_name(struct object *obj)
{
    return uthread_from_object(obj)->name;
}

const struct object_ops uthread_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_THREAD),
    .rights = ZX_DEFAULT_THREAD_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = uthread_zero_handles,
    .destroy = uthread_destroy,
    .related = uthread_related,
    .name = uthread_name,
};

bool thread_is_user(const struct thread *t)
{
    return t->user;
}

static void uthread_main(void *arg)
{
    struct uthread *t = arg;
    exception_starting(t->first);
    hal_thread_enter_user(t->entry, t->stack, t->arg1, t->arg2);
}

static void uthread_reaped(struct thread *thread)
{
    struct uthread *t = container_of(thread, struct uthread, thread);
    account_uncharge(t->process->account, ACCOUNT_KMEM, t->thread.hal.kstack_size);
    object_unref(&t->obj);
}

static const struct thread_ops uthread_thread_ops = { .dead = uthread_reaped };

// Makes the kernel's half of a thread that is charged already, and charges its stack. ZX_ERR_NO_MEMORY.
static zx_status_t init_thread(struct uthread *t, const char *name, struct account *a)
{
    zx_status_t status = thread_init(&t->thread, name, PRIORITY_DEFAULT, uthread_main, t,
                                     &uthread_thread_ops);
    if (status != ZX_OK)
        return status;
    status = account_charge(a, ACCOUNT_KMEM, (int64_t)t->thread.hal.kstack_size);
    if (status != ZX_OK)
        thread_destroy_unstarted(&t->thread);
    else
        t->thread.account = a;
    return status;
}

zx_status_t uthread_create(struct process *p, const char *name, struct object **out)
{
    // First of all: a stack is much work for nothing.
    zx_status_t status = account_charge(p->account, ACCOUNT_THREADS, 1);
    if (status != ZX_OK)
        return status;
    struct uthread *t = account_alloc(uthread_cache);
    if (t == NULL) {
        status = ZX_ERR_NO_MEMORY;
        goto no_memory;
    }
    // What object_init and thread_init leave to us.
    const size_t own = offsetof(struct uthread, process);
    memset((char *)t + own, 0, sizeof(*t) - own);
    status = futex_queue_alloc(&t->futex_queue);
    if (status == ZX_OK)
        status = init_thread(t, name, p->account);
    if (status != ZX_OK) {
        futex_queue_free(t->futex_queue);
        goto no_thread;
    }
    t->thread.user = true;
    object_init(&t->obj, &uthread_ops, &p->lock, 0);
    object_ref(&p->obj);
    t->process = p;
    t->state = UTHREAD_NEW;
    strlcpy(t->name, name, sizeof(t->name));
    if (unlikely(ktrace_on_at_all()))
        ktrace_thread_begins(t);
    *out = &t->obj;
    return ZX_OK;
no_thread:
    account_free(uthread_cache, t);
no_memory:
    account_uncharge(p->account, ACCOUNT_THREADS, 1);
    return status;
}

zx_status_t uthread_start_locked(struct uthread *t, vaddr_t entry, vaddr_t stack, uint64_t arg1,
                                 uint64_t arg2)
{
    mutex_assert_held(t->obj.lock);
    if (t->state != UTHREAD_NEW)
        return ZX_ERR_BAD_STATE;
    t->entry = entry;
    t->stack = stack;
    t->arg1 = arg1;
    t->arg2 = arg2;
    t->state = UTHREAD_RUNNING;
    object_ref(&t->obj); // U1
    list_add_tail(&t->process->threads, &t->process_node);
    if (unlikely(++t->process->thread_count > PROCESS_INDEX_FROM || t->process->indexed))
        process_index_thread_locked(t->process, t);
    object_update_locked(&t->obj, 0, ZX_THREAD_RUNNING);
    if (unlikely(t->suspend_count + t->process->suspend_count != 0))
        suspend_started_locked(t);
    return ZX_OK;
}

void uthread_launch(struct uthread *t)
{
    ktrace(KTRACE_THREAD_START, t->obj.koid, 0);
    thread_start(&t->thread, &t->process->aspace->hal);
}

zx_status_t uthread_start(struct uthread *t, vaddr_t entry, vaddr_t stack, uint64_t arg1,
                          uint64_t arg2)
{
    struct process *p = t->process;
    zx_status_t status = ZX_ERR_BAD_STATE;
    mutex_lock(&p->lock);
    if (atomic_load_explicit(&p->state, memory_order_relaxed) == PROCESS_RUNNING)
        status = uthread_start_locked(t, entry, stack, arg1, arg2);
    mutex_unlock(&p->lock);
    if (status == ZX_OK)
        uthread_launch(t);
    return status;
}

void uthread_exit(void)
{
    struct uthread *t = uthread_current();
    struct process *p = t->process;
    ktrace(KTRACE_THREAD_EXIT, 0, 0);
    channel_call_abandon(&t->call);
    if (unlikely(exception_slot_taken(&p->debugger))) {
        mutex_lock(&p->lock);
        t->state = UTHREAD_DYING;
        mutex_unlock(&p->lock);
        exception_exiting();
    }
    pi_thread_gone(&t->thread);
    mutex_lock(&p->lock);
    t->state = UTHREAD_DEAD;
    account_uncharge(p->account, ACCOUNT_THREADS, 1); // before anybody can see that it is dead
    list_remove(&t->process_node); // U2
    if (unlikely(p->indexed))
        koid_index_remove(&p->by_koid, &t->koid_node);
    object_update_locked(&t->obj, ZX_THREAD_RUNNING | ZX_THREAD_SUSPENDED, ZX_THREAD_TERMINATED);
    mutex_unlock(&p->lock);
    // Off the address space before the process counts it as gone: the last one destroys it.
    thread_drop_aspace();
    process_thread_left(p);
    thread_exit();
}

void uthread_kill_locked(struct uthread *t)
{
    mutex_assert_held(t->obj.lock);
    // One that is dying may be waiting for its debugger, which this ends.
    if (t->state == UTHREAD_NEW || t->state == UTHREAD_DEAD)
        return;
    t->state = UTHREAD_DYING;
    thread_post_pending(&t->thread, THREAD_PENDING_KILL, ZX_ERR_CANCELED);
}

void uthread_kill(struct uthread *t)
{
    mutex_lock(t->obj.lock);
    uthread_kill_locked(t);
    mutex_unlock(t->obj.lock);
}

zx_status_t uthread_set_priority(struct uthread *t, unsigned priority)
{
    mutex_lock(t->obj.lock);
    bool alive = t->state == UTHREAD_NEW || t->state == UTHREAD_RUNNING;
    if (alive)
        thread_set_priority(&t->thread, priority);
    mutex_unlock(t->obj.lock);
    return alive ? ZX_OK : ZX_ERR_BAD_STATE;
}

// ZX_THREAD_STATE_* of one that is neither new nor on its way out; the process's lock is held.
static uint32_t live_state_locked(const struct uthread *t, uint32_t exception_type)
{
    if (t->suspended)
        return ZX_THREAD_STATE_SUSPENDED;
    if (exception_type != ZX_EXCEPTION_PORT_TYPE_NONE)
        return ZX_THREAD_STATE_BLOCKED_EXCEPTION;
    // The reason stays until the thread runs again; the word tells at once that it was woken. In an
    // exception it is answered by now.
    uint32_t reason = atomic_load_explicit(&((struct uthread *)t)->thread.wait_reason,
                                           memory_order_relaxed);
    bool waits = atomic_load_explicit(&((struct uthread *)t)->thread.wait_word,
                                      memory_order_relaxed) > 0;
    if (reason == WAIT_ON_NOTHING || reason == WAIT_ON_EXCEPTION || !waits)
        return ZX_THREAD_STATE_RUNNING;
    return (reason << 8) | ZX_THREAD_STATE_BLOCKED;
}

void uthread_info(struct uthread *t, zx_info_thread_t *out)
{
    static const uint32_t others[] = {
        [UTHREAD_NEW] = ZX_THREAD_STATE_NEW,
        [UTHREAD_DYING] = ZX_THREAD_STATE_DYING,
        [UTHREAD_DEAD] = ZX_THREAD_STATE_DEAD,
    };
    mutex_lock(t->obj.lock);
    out->wait_exception_port_type = exception_waits_for(t);
    out->state = t->state == UTHREAD_RUNNING ? live_state_locked(t, out->wait_exception_port_type)
                                             : others[t->state];
    mutex_unlock(t->obj.lock);
}

// --- The user boundary -------------------------------------------------------------------------

// A policy exception, after the call's result has been placed (spec 21 section 8).
static void policy_exception(struct uthread *t)
{
    const zx_exception_report_t report = {
        .header = {.size = sizeof(report), .type = ZX_EXCP_POLICY_ERROR}};
    zx_thread_state_general_regs_t regs;
    char what[96];
    thread_clear_pending(&t->thread, THREAD_PENDING_POLICY);
    enum exception_outcome outcome = exception_raise(&report);
    if (outcome == EXCEPTION_REPORTED)
        process_kill(t->process, -1);
    if (outcome != EXCEPTION_UNHANDLED)
        return;
    hal_thread_stop();
    if (hal_thread_get_regs(&t->thread.hal, &regs) == ZX_OK)
        ksnprintf(what, sizeof(what), "bad system call: number %#llx from pc %#llx",
                  (unsigned long long)regs.r[16], (unsigned long long)regs.pc);
    else
        strlcpy(what, "bad system call", sizeof(what));
    hal_thread_go();
    process_exception(what);
}

void kernel_user_boundary(void)
{
    struct uthread *t = uthread_current();
    lock_debug_assert_none("the way to user mode");
    unsigned pending = thread_pending(&t->thread);
    if (pending & THREAD_PENDING_TRACE)
        ktrace_call_done(t);
    if (pending & THREAD_PENDING_POLICY) {
        policy_exception(t);
        pending = thread_pending(&t->thread);
    }
    if ((pending & (THREAD_PENDING_KILL | THREAD_PENDING_SUSPEND)) == THREAD_PENDING_SUSPEND) {
        suspend_stop();
        pending = thread_pending(&t->thread);
    }
    if (pending & THREAD_PENDING_KILL)
        uthread_exit();
}

// Number and place are in the frame for who wants them; see policy_exception.
int64_t kernel_bad_syscall(uint64_t number, uintptr_t elr, const uint64_t args[8], bool *retry)
{
    (void)elr;
    struct thread *t = thread_current();
    vaddr_t base = vm_aspace_vdso_base(uthread_current()->process->aspace);
    *retry = base != 0 && __atomic_load_n(&t->hal.vdso_code_base, __ATOMIC_RELAXED) == 0;
    // Before the look at what is traced: trace_calls() in ktrace.c.
    __atomic_store_n(&t->hal.vdso_code_base, base, __ATOMIC_SEQ_CST);
    const unsigned traced = atomic_load_explicit(&ktrace_groups, memory_order_seq_cst);
    if (*retry && (traced & KTRACE_CALLS))
        ktrace_call_begins(uthread_current(), number, args);
    if (*retry)
        return ZX_OK;
    thread_post_pending(t, THREAD_PENDING_POLICY, ZX_OK);
    return ZX_ERR_BAD_SYSCALL;
}

// Said when nobody has handled the exception, and nobody reported it.
static void log_exception(const struct hal_exception *e)
{
    char what[160];
    if (e->kind == HAL_EXC_PAGE_FAULT)
        ksnprintf(what, sizeof(what), "%s at %#llx, pc %#llx lr %#llx sp %#llx", e->what,
                  (unsigned long long)e->far, (unsigned long long)e->pc, (unsigned long long)e->lr,
                  (unsigned long long)e->sp);
    else
        ksnprintf(what, sizeof(what), "%s, pc %#llx lr %#llx sp %#llx", e->what,
                  (unsigned long long)e->pc, (unsigned long long)e->lr, (unsigned long long)e->sp);
    process_exception(what);
}

// What syndrome and mappings do not tell; else 0.
static zx_status_t fault_reason(zx_status_t status)
{
    const bool told = status == ZX_ERR_NO_MEMORY || status == ZX_ERR_OUT_OF_RANGE ||
                      status == ZX_ERR_BAD_STATE;
    return told ? status : 0;
}

void kernel_user_exception(const struct hal_exception *e)
{
    static const uint32_t types[] = {
        [HAL_EXC_PAGE_FAULT] = ZX_EXCP_FATAL_PAGE_FAULT,
        [HAL_EXC_UNDEFINED] = ZX_EXCP_UNDEFINED_INSTRUCTION,
        [HAL_EXC_SW_BREAKPOINT] = ZX_EXCP_SW_BREAKPOINT,
        [HAL_EXC_HW_BREAKPOINT] = ZX_EXCP_HW_BREAKPOINT,
        [HAL_EXC_UNALIGNED] = ZX_EXCP_UNALIGNED_ACCESS,
        [HAL_EXC_GENERAL] = ZX_EXCP_GENERAL,
    };
    zx_exception_report_t report = {.header = {.size = sizeof(report), .type = types[e->kind]}};
    report.context.arch.u.arm_64.esr = (uint32_t)e->esr;
    report.context.arch.u.arm_64.reason = fault_reason(e->status);
    if (e->kind == HAL_EXC_PAGE_FAULT)
        report.context.arch.u.arm_64.far = e->far;
    enum exception_outcome outcome = exception_raise(&report);
    if (outcome == EXCEPTION_UNHANDLED)
        log_exception(e);
    else if (outcome == EXCEPTION_REPORTED)
        process_kill(process_current(), -1);
}
