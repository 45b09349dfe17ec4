// SPDX-License-Identifier: MIT
// Processes (object/process.h).
//
// INITIAL -> RUNNING -> DYING -> DEAD. Whoever moves it to DYING with no thread left, or the last
// thread to leave, calls process_finish once.
//   P1 A process holds a reference to its job and its address space; a thread one to its process.
//      So a process with threads cannot go away, whoever closes handles.
//   P2 On the way to DEAD: handles closed, address space torn down, TERMINATED asserted, out of the
//      job's list; in this order.
//   P3 No thread enters `threads` unless the state is RUNNING (or INITIAL -> RUNNING by the first).
// Locks: obj.lock (rank OBJECT) of the process serves its threads' objects too.
#include <object/process.h>

#include <debug/assert.h>
#include <debug/log.h>
#include <hal/upcall.h>
#include <lib/string.h>
#include <account/account.h>
#include <object/channel.h>
#include <object/ktrace.h>
#include <object/random.h>
#include <object/vmar_object.h>
#include <syscalls/vdso-offsets.h>

static ACCOUNT_CACHE(process_cache, sizeof(struct process), _Alignof(struct process));

static uint8_t state_of(const struct process *p)
{
    return atomic_load_explicit(&((struct process *)p)->state, memory_order_relaxed);
}

static void set_state_locked(struct process *p, uint8_t state)
{
    atomic_store_explicit(&p->state, state, memory_order_relaxed);
}

// Ends a DYING process that has no thread. Once.
static void process_finish(struct process *p)
{
    ktrace(KTRACE_PROC_EXIT, p->obj.koid, 0);
    handle_table_close_all(&p->handles);
    vm_aspace_teardown(p->aspace);
    account_uncharge(p->account, ACCOUNT_PROCESSES, 1);
    mutex_lock(&p->lock);
    set_state_locked(p, PROCESS_DEAD);
    object_update_locked(&p->obj, 0, ZX_PROCESS_TERMINATED);
    mutex_unlock(&p->lock);
    job_remove_process(p->job, p);
}

static void process_end(struct process *p, int64_t code, bool only_initial);

static void process_zero_handles(struct object *obj)
{
    process_end(process_from_object(obj), 0, true);
}

static void process_destroy(struct object *obj)
{
    struct process *p = process_from_object(obj);
    DEBUG_ASSERT(state_of(p) == PROCESS_DEAD && p->thread_count == 0);
    exception_slot_clear(&p->exceptions);
    exception_slot_clear(&p->debugger);
    handle_table_destroy(&p->handles);
    vm_aspace_release(p->aspace);
    account_disown(p->account);
    object_unref(&p->job->obj);
    account_free(process_cache, p);
}

static zx_koid_t process_related(const struct object *obj)
{
    return container_of(obj, struct process, obj)->job->obj.koid;
}

static char *process_name(struct object *obj)
{
    return process_from_object(obj)->name;
}

const struct object_ops process_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_PROCESS),
    .rights = ZX_DEFAULT_PROCESS_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = process_zero_handles,
    .destroy = process_destroy,
    .related = process_related,
    .name = process_name,
};

// The process's account, charged with the process itself. ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES.
static zx_status_t open_account(struct process *p, struct job *job)
{
    zx_status_t status = account_create(job->account, NULL, NULL, &p->account);
    if (status != ZX_OK)
        return status;
    status = account_charge(p->account, ACCOUNT_PROCESSES, 1);
    if (status != ZX_OK)
        account_disown(p->account);
    return status;
}

zx_status_t process_create(struct job *job, const char *name, struct object **out_process,
                           struct object **out_vmar, zx_rights_t *out_vmar_rights)
{
    struct process *p = account_zalloc(process_cache);
    if (p == NULL)
        return ZX_ERR_NO_MEMORY;
    zx_status_t status = open_account(p, job);
    if (status != ZX_OK)
        goto no_account;
    status = vmar_object_create_root(p->account, &p->aspace, out_vmar, out_vmar_rights);
    if (status != ZX_OK)
        goto no_aspace;
    p->aspace->owner = &p->handles;
    p->aspace->paged = handle_table_set_paged;
    mutex_init(&p->lock, &object_lock_class);
    object_init(&p->obj, &process_ops, &p->lock, 0);
    handle_table_init(&p->handles, p->account);
    list_init(&p->threads);
    koid_index_init(&p->by_koid);
    strlcpy(p->name, name, sizeof(p->name));
    object_ref(&job->obj);
    p->job = job;
    set_state_locked(p, PROCESS_INITIAL);
    status = job_add_process(job, p);
    if (status != ZX_OK) {
        vm_aspace_teardown(p->aspace);
        account_uncharge(p->account, ACCOUNT_PROCESSES, 1);
        set_state_locked(p, PROCESS_DEAD);
        object_unref(*out_vmar);
        object_unref(&p->obj);
        return status;
    }
    if (unlikely(ktrace_on_at_all()))
        ktrace_process_begins(p);
    *out_process = &p->obj;
    return ZX_OK;
no_aspace:
    account_uncharge(p->account, ACCOUNT_PROCESSES, 1);
    account_disown(p->account);
no_account:
    account_free(process_cache, p);
    return status;
}

zx_status_t process_start(struct process *p, struct uthread *t, vaddr_t entry, vaddr_t stack,
                          struct handle arg, uintptr_t arg2)
{
    zx_handle_t value;
    channel_moved(arg.object, &p->handles);
    zx_status_t status = handle_install(&p->handles, arg, &value);
    if (status != ZX_OK) {
        // A dead process's table takes nothing: that is a matter of state, not of memory.
        if (state_of(p) != PROCESS_INITIAL)
            status = ZX_ERR_BAD_STATE;
        handle_drop(arg);
        return status;
    }
    mutex_lock(&p->lock);
    status = ZX_ERR_BAD_STATE;
    if (t->state == UTHREAD_NEW && state_of(p) == PROCESS_INITIAL) {
        set_state_locked(p, PROCESS_RUNNING);
        p->started = true;
        t->first = true;
        status = uthread_start_locked(t, entry, stack, value, arg2);
    }
    mutex_unlock(&p->lock);
    if (status != ZX_OK) {
        handle_discard(&p->handles, &value, 1); // it may be gone, with the table of a dead process
        return status;
    }
    ktrace(KTRACE_PROC_START, t->obj.koid, p->obj.koid);
    uthread_launch(t);
    return ZX_OK;
}

// process_kill, or of a process that has not started only: a start may be under way in another thread.
static void process_end(struct process *p, int64_t code, bool only_initial)
{
    mutex_lock(&p->lock);
    uint8_t state = state_of(p);
    bool finish = false;
    if (state == PROCESS_INITIAL || (state == PROCESS_RUNNING && !only_initial)) {
        p->return_code = code;
        p->started = true;
        set_state_locked(p, PROCESS_DYING);
        finish = p->thread_count == 0;
        struct uthread *t;
        list_for_each_entry (t, &p->threads, process_node)
            uthread_kill_locked(t);
    }
    mutex_unlock(&p->lock);
    if (finish)
        process_finish(p);
}

void process_kill(struct process *p, int64_t code)
{
    process_end(p, code, false);
}

void process_exit(int64_t code)
{
    process_kill(process_current(), code);
    uthread_exit();
}

void process_thread_left(struct process *p)
{
    bool last;
    mutex_lock(&p->lock);
    last = --p->thread_count == 0;
    if (last && state_of(p) == PROCESS_RUNNING)
        set_state_locked(p, PROCESS_DYING); // return code stays 0
    mutex_unlock(&p->lock);
    if (last)
        process_finish(p);
}

void process_for_each_thread(struct process *p, void (*fn)(void *ctx, struct uthread *t), void *ctx)
{
    struct uthread *t;
    mutex_lock(&p->lock);
    list_for_each_entry (t, &p->threads, process_node)
        fn(ctx, t);
    mutex_unlock(&p->lock);
}

void process_index_thread_locked(struct process *p, struct uthread *t)
{
    if (p->indexed) {
        koid_index_add(&p->by_koid, &t->koid_node, &t->obj);
        return;
    }
    p->indexed = true; // for good
    list_for_each_entry (t, &p->threads, process_node)
        koid_index_add(&p->by_koid, &t->koid_node, &t->obj);
}

static struct object *find_thread_locked(struct process *p, zx_koid_t koid)
{
    struct uthread *t;
    if (p->indexed)
        return koid_index_find(&p->by_koid, koid);
    list_for_each_entry (t, &p->threads, process_node) {
        if (t->obj.koid == koid)
            return &t->obj;
    }
    return NULL;
}

struct uthread *process_find_thread(struct process *p, zx_koid_t koid)
{
    mutex_lock(&p->lock);
    struct object *found = find_thread_locked(p, koid);
    if (found != NULL)
        object_ref(found);
    mutex_unlock(&p->lock);
    return found != NULL ? uthread_from_object(found) : NULL;
}

vaddr_t process_vdso_image_base(struct process *p)
{
    vaddr_t code = vm_aspace_vdso_base(p->aspace);
    return code != 0 ? code - VDSO_CODE_OFFSET : 0;
}

// --- Policy and exceptions ---------------------------------------------------------------------

zx_status_t policy_act(uint8_t action)
{
    if (action & ZX_POL_ACTION_EXCEPTION)
        thread_post_pending(thread_current(), THREAD_PENDING_POLICY, ZX_OK);
    return (action & ZX_POL_ACTION_DENY) ? ZX_ERR_ACCESS_DENIED : ZX_OK;
}

void policy_bad_handle(void)
{
    if (thread_is_user(thread_current()))
        (void)policy_act(process_current()->policy.action[ZX_POL_BAD_HANDLE]);
}

void process_exception(const char *what)
{
    struct uthread *t = uthread_current();
    struct process *p = t->process;
    klog(LOG_ERROR, "process '%s' (%llu) thread '%s' (%llu) killed: %s", p->name,
         (unsigned long long)p->obj.koid, t->name, (unsigned long long)t->obj.koid, what);
    process_kill(p, -1);
}
