// SPDX-License-Identifier: MIT
// Suspension (object/suspend.h).
//
//   S1 A thread is to stop while its own count or its process's is not 0. On a started thread
//      THREAD_PENDING_SUSPEND is set exactly then; it changes under the process's lock.
//   S2 uthread.suspended: the thread stands in the wait of suspend_stop, which it armed under that
//      lock. Only the last resume or a kill finishes the wait, and the thread takes the lock before it
//      goes on. So whoever holds the lock and sees the flag has a thread whose registers stay as
//      they are.
//   S3 An open token holds its task, and one count of it.
#include <object/suspend.h>

#include <debug/assert.h>
#include <hal/thread.h>
#include <account/account.h>
#include <object/process.h>
#include <sched/wait.h>

struct suspend_token {
    struct object obj;
    struct object *task; // [I] referenced; a process or a thread
    atomic_bool counts;  // [a] S3; cleared by whoever takes the count back
};

static ACCOUNT_CACHE(token_cache, sizeof(struct suspend_token), _Alignof(struct suspend_token));

static bool wanted_locked(const struct uthread *t)
{
    return t->suspend_count + t->process->suspend_count != 0;
}

// Brings the pending bit in line with the counts (S1).
static void update_locked(struct uthread *t)
{
    mutex_assert_held(&t->process->lock);
    if (t->state == UTHREAD_NEW || t->state == UTHREAD_DEAD)
        return;
    bool pending = (thread_pending(&t->thread) & THREAD_PENDING_SUSPEND) != 0;
    if (wanted_locked(t) == pending)
        return;
    if (!pending) {
        thread_post_pending(&t->thread, THREAD_PENDING_SUSPEND, ZX_ERR_INTERNAL_INTR_RETRY);
        return;
    }
    thread_clear_pending(&t->thread, THREAD_PENDING_SUSPEND);
    if (t->suspended)
        wait_wake(&t->thread, ZX_OK); // S2: it needs the lock to leave
}

void suspend_started_locked(struct uthread *t) { update_locked(t); }

static void process_count_locked(struct process *p, uint32_t change)
{
    struct uthread *t;
    p->suspend_count += change;
    list_for_each_entry (t, &p->threads, process_node)
        update_locked(t);
}

static zx_status_t suspend_process(struct process *p)
{
    if (p == process_current())
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status = ZX_ERR_BAD_STATE;
    mutex_lock(&p->lock);
    uint8_t state = atomic_load_explicit(&p->state, memory_order_relaxed);
    if (state == PROCESS_INITIAL || state == PROCESS_RUNNING) {
        process_count_locked(p, 1);
        status = ZX_OK;
    }
    mutex_unlock(&p->lock);
    return status;
}

static zx_status_t suspend_thread(struct uthread *t)
{
    if (t == uthread_current())
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status = ZX_ERR_BAD_STATE;
    mutex_lock(t->obj.lock);
    if (t->state == UTHREAD_NEW || t->state == UTHREAD_RUNNING) {
        t->suspend_count++;
        update_locked(t);
        status = ZX_OK;
    }
    mutex_unlock(t->obj.lock);
    return status;
}

static void token_end(struct object *obj)
{
    struct suspend_token *token = container_of(obj, struct suspend_token, obj);
    struct object *task = token->task;
    if (!atomic_exchange_explicit(&token->counts, false, memory_order_relaxed))
        return;
    mutex_lock(task->lock);
    if (task->ops == &uthread_ops) {
        uthread_from_object(task)->suspend_count--;
        update_locked(uthread_from_object(task));
    } else {
        process_count_locked(process_from_object(task), -1u);
    }
    mutex_unlock(task->lock);
}

// A token that could not be delivered never had a handle: then it ends here.
static void token_destroy(struct object *obj)
{
    struct suspend_token *token = container_of(obj, struct suspend_token, obj);
    token_end(obj);
    object_unref(token->task);
    account_free(token_cache, token);
}

static zx_koid_t token_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops suspend_token_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_SUSPEND_TOKEN),
    .rights = ZX_DEFAULT_SUSPEND_TOKEN_RIGHTS,
    .on_zero_handles = token_end,
    .destroy = token_destroy,
    .related = token_related,
};

zx_status_t suspend_token_create(struct object *task, struct object **out)
{
    struct suspend_token *token = account_alloc(token_cache);
    zx_status_t status = ZX_ERR_WRONG_TYPE;
    if (token == NULL)
        return ZX_ERR_NO_MEMORY;
    if (task->ops == &uthread_ops)
        status = suspend_thread(uthread_from_object(task));
    else if (task->ops == &process_ops)
        status = suspend_process(process_from_object(task));
    if (status != ZX_OK) {
        account_free(token_cache, token);
        return status;
    }
    object_init(&token->obj, &suspend_token_ops, NULL, 0);
    object_ref(task);
    token->task = task;
    atomic_init(&token->counts, true);
    *out = &token->obj;
    return ZX_OK;
}

static bool killed(const struct uthread *t)
{
    return (thread_pending(&t->thread) & THREAD_PENDING_KILL) != 0;
}

void suspend_stop(void)
{
    struct uthread *t = uthread_current();
    struct mutex *lock = t->obj.lock;
    hal_thread_stop();
    mutex_lock(lock);
    while (wanted_locked(t) && !killed(t)) {
        t->suspended = true;
        object_update_locked(&t->obj, ZX_THREAD_RUNNING, ZX_THREAD_SUSPENDED);
        wait_arm_killable();
        mutex_unlock(lock);
        (void)wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE);
        mutex_lock(lock);
    }
    // One that is killed here ends without ever showing RUNNING again.
    if (t->suspended && !killed(t)) {
        t->suspended = false;
        object_update_locked(&t->obj, ZX_THREAD_SUSPENDED, ZX_THREAD_RUNNING);
    }
    mutex_unlock(lock);
    hal_thread_go();
}
