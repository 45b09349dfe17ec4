// SPDX-License-Identifier: MIT
// Jobs (object/job.h): the tree, killing, policy.
//
//   J1 The lists of children and processes hold no references. A child job keeps its parent alive by
//      `parent`, a process its job by `job`; they leave the lists before they are freed. A child job
//      found on a list may be on its way out: object_try_ref tells. A process on a list is alive.
//   J2 A job that is not READY gets no new children.
// Locks: job_tree_lock (rank JOB_TREE) for the shape of the whole tree; an object's lock nests in it.
#include <object/job.h>

#include <debug/assert.h>
#include <lib/string.h>
#include <account/account.h>
#include <object/handle.h>
#include <object/process.h>
#include <sched/cpu.h>

LOCK_CLASS(job_tree_class, RANK_JOB_TREE, LOCK_MUTEX);

struct mutex job_tree_lock = MUTEX_INIT(job_tree_class);

static ACCOUNT_CACHE(job_cache, sizeof(struct job), _Alignof(struct job));
static struct job *super_root;
static struct work *nobody_left; // [J] queued when the super-root has lost its last child

// A child may have left the job's lists.
static void child_left_locked(struct job *job)
{
    mutex_assert_held(&job_tree_lock);
    if (job == super_root && nobody_left != NULL && list_is_empty(&job->children) &&
        list_is_empty(&job->processes))
        work_queue(nobody_left);
}

void job_when_nobody_is_left(struct work *w)
{
    mutex_lock(&job_tree_lock);
    nobody_left = w;
    child_left_locked(super_root);
    mutex_unlock(&job_tree_lock);
}

static void job_zero_handles(struct object *obj)
{
    (void)obj; // closing handles kills nothing
}

static void job_destroy(struct object *obj)
{
    struct job *job = job_from_object(obj);
    struct job *parent = job->parent;
    mutex_lock(&job_tree_lock);
    DEBUG_ASSERT(list_is_empty(&job->children) && list_is_empty(&job->processes));
    list_remove(&job->sibling);
    koid_index_remove(&parent->by_koid, &job->koid_node);
    if (list_is_empty(&parent->children))
        object_update(&parent->obj, 0, ZX_JOB_NO_JOBS);
    child_left_locked(parent);
    mutex_unlock(&job_tree_lock);
    exception_slot_clear(&job->exceptions);
    exception_slot_clear(&job->debugger);
    account_disown(job->account);
    object_unref(&parent->obj);
    account_free(job_cache, job);
}

static zx_koid_t job_related(const struct object *obj)
{
    const struct job *job = container_of(obj, struct job, obj);
    return job->parent != NULL ? job->parent->obj.koid : 0;
}

static char *job_name(struct object *obj)
{
    return job_from_object(obj)->name;
}

const struct object_ops job_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_JOB),
    .rights = ZX_DEFAULT_JOB_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = job_zero_handles,
    .destroy = job_destroy,
    .related = job_related,
    .name = job_name,
};

static bool job_hold(void *owner)
{
    return object_try_ref(&((struct job *)owner)->obj);
}

// The job's lock is held from the question to the signal, as in job_set_limits: so the signal says whether something
// was refused under the limits that are in force.
static void job_refused(void *owner)
{
    struct job *job = owner;
    struct object *obj = &job->obj;
    mutex_lock(obj->lock);
    if (account_has_refused(job->account))
        object_update_locked(obj, 0, ZX_JOB_LIMIT_REACHED);
    mutex_unlock(obj->lock);
    object_unref(obj);
}

static const struct account_owner_ops job_account_ops = {.hold = job_hold, .refused = job_refused};

zx_status_t job_set_limits(struct job *job, const uint64_t limits[ACCOUNT_KINDS])
{
    struct object *obj = &job->obj;
    mutex_lock(obj->lock);
    zx_status_t status = account_set_limits(job->account, limits);
    if (status == ZX_OK)
        object_update_locked(obj, ZX_JOB_LIMIT_REACHED, 0);
    mutex_unlock(obj->lock);
    return status;
}

// Its account is below the parent's; the super-root's is the root of all.
static struct job *job_alloc(struct job *parent, uint32_t height)
{
    struct job *job = account_zalloc(job_cache);
    if (job == NULL)
        return NULL;
    job->account = &account_root;
    if (parent != NULL &&
        account_create(parent->account, &job_account_ops, job, &job->account) != ZX_OK) {
        account_free(job_cache, job);
        return NULL;
    }
    mutex_init(&job->lock, &object_lock_class);
    object_init(&job->obj, &job_ops, &job->lock, ZX_JOB_NO_PROCESSES | ZX_JOB_NO_JOBS);
    job->parent = parent;
    job->height = height;
    job->state = JOB_READY;
    list_init(&job->children);
    list_init(&job->processes);
    koid_index_init(&job->by_koid);
    return job;
}

struct job *job_super_root(void)
{
    return super_root;
}

zx_status_t job_init_super_root(void)
{
    uint64_t limits[ACCOUNT_KINDS];
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        limits[kind] = ACCOUNT_NO_LIMIT;
    limits[ACCOUNT_HANDLES] = HANDLE_MAX_SYSTEM;
    super_root = job_alloc(NULL, JOB_MAX_HEIGHT);
    return super_root != NULL ? account_set_limits(&account_root, limits) : ZX_ERR_NO_MEMORY;
}

zx_status_t job_create(struct job *parent, struct object **out)
{
    if (parent->height == 0)
        return ZX_ERR_OUT_OF_RANGE;
    struct job *job = job_alloc(parent, parent->height - 1);
    if (job == NULL)
        return ZX_ERR_NO_MEMORY;
    object_ref(&parent->obj);
    mutex_lock(&job_tree_lock);
    bool ready = parent->state == JOB_READY;
    job->policy = parent->policy;
    if (ready && list_is_empty(&parent->children))
        object_update(&parent->obj, ZX_JOB_NO_JOBS, 0);
    // A job of a killed parent is listed too, for its destructor's sake, but dead from birth.
    list_add_tail(&parent->children, &job->sibling);
    koid_index_add(&parent->by_koid, &job->koid_node, &job->obj);
    if (!ready)
        job->state = JOB_DEAD;
    mutex_unlock(&job_tree_lock);
    if (!ready) {
        object_unref(&job->obj);
        return ZX_ERR_BAD_STATE;
    }
    *out = &job->obj;
    return ZX_OK;
}

zx_status_t job_add_process(struct job *job, struct process *p)
{
    mutex_lock(&job_tree_lock);
    zx_status_t status = job->state == JOB_READY ? ZX_OK : ZX_ERR_BAD_STATE;
    if (status == ZX_OK) {
        if (list_is_empty(&job->processes))
            object_update(&job->obj, ZX_JOB_NO_PROCESSES, 0);
        list_add_tail(&job->processes, &p->job_node);
        koid_index_add(&job->by_koid, &p->koid_node, &p->obj);
        p->policy = job->policy;
    }
    mutex_unlock(&job_tree_lock);
    return status;
}

void job_remove_process(struct job *job, struct process *p)
{
    mutex_lock(&job_tree_lock);
    list_remove(&p->job_node);
    koid_index_remove(&job->by_koid, &p->koid_node);
    job_oom_process_left_locked();
    if (list_is_empty(&job->processes))
        object_update(&job->obj, 0, ZX_JOB_NO_PROCESSES);
    child_left_locked(job);
    mutex_unlock(&job_tree_lock);
}

// Marks `job` and everything below as killed and chains the processes, children's first. The depth
// is bounded by JOB_MAX_HEIGHT.
static void mark_killed_locked(struct job *job, struct process ***tail)
{
    job->state = JOB_KILLING;
    struct job *child;
    list_for_each_entry (child, &job->children, sibling)
        mark_killed_locked(child, tail);
    struct process *p;
    list_for_each_entry (p, &job->processes, job_node) {
        if (p->kill_queued)
            continue; // another kill has it
        p->kill_queued = true;
        object_ref(&p->obj); // J1: alive
        p->kill_next = NULL;
        **tail = p;
        *tail = &p->kill_next;
    }
    job->state = JOB_DEAD;
}

void job_kill(struct job *job)
{
    struct process *first = NULL;
    struct process **tail = &first;
    mutex_lock(&job_tree_lock);
    mark_killed_locked(job, &tail);
    mutex_unlock(&job_tree_lock);
    while (first != NULL) {
        struct process *p = first;
        first = p->kill_next;
        process_kill(p, -1);
        object_unref(&p->obj);
    }
}

void job_for_each_child(struct job *job, void (*fn)(void *ctx, struct job *child), void *ctx)
{
    struct job *child;
    mutex_lock(&job_tree_lock);
    list_for_each_entry (child, &job->children, sibling) {
        if (object_alive(&child->obj))
            fn(ctx, child);
    }
    mutex_unlock(&job_tree_lock);
}

void job_for_each_process(struct job *job, void (*fn)(void *ctx, struct process *p), void *ctx)
{
    struct process *p;
    mutex_lock(&job_tree_lock);
    list_for_each_entry (p, &job->processes, job_node)
        fn(ctx, p);
    mutex_unlock(&job_tree_lock);
}

struct object *job_find_child(struct job *job, zx_koid_t koid)
{
    mutex_lock(&job_tree_lock);
    struct object *found = koid_index_find(&job->by_koid, koid);
    if (found != NULL && !object_try_ref(found))
        found = NULL; // J1: on its way out
    mutex_unlock(&job_tree_lock);
    return found;
}

// Applies one condition to `next` by the rule of spec 20 section 3; `now` is the policy before the
// call.
static zx_status_t merge_one(const struct job_policy *now, struct job_policy *next,
                             uint32_t condition, uint32_t action, bool absolute)
{
    if (!now->set[condition] || now->action[condition] == action) {
        next->action[condition] = (uint8_t)action;
        next->set[condition] = true;
        return ZX_OK;
    }
    return absolute ? ZX_ERR_ALREADY_EXISTS : ZX_OK;
}

static zx_status_t merge(const struct job_policy *now, struct job_policy *next,
                         const zx_policy_basic_t *entry, bool absolute)
{
    const uint32_t all_actions = ZX_POL_ACTION_KILL | ZX_POL_ACTION_EXCEPTION;
    if (entry->condition >= POLICY_COUNT)
        return ZX_ERR_INVALID_ARGS;
    if (entry->policy & ~all_actions)
        return ZX_ERR_NOT_SUPPORTED;
    if (entry->condition != ZX_POL_NEW_ANY)
        return merge_one(now, next, entry->condition, entry->policy, absolute);
    zx_status_t status = ZX_OK;
    for (uint32_t c = ZX_POL_NEW_VMO; c <= ZX_POL_NEW_TIMER && status == ZX_OK; c++)
        status = merge_one(now, next, c, entry->policy, absolute);
    return status;
}

zx_status_t job_set_policy(struct job *job, bool absolute, const zx_policy_basic_t *policy,
                           uint32_t count)
{
    zx_status_t status = ZX_OK;
    mutex_lock(&job_tree_lock);
    if (!list_is_empty(&job->children) || !list_is_empty(&job->processes)) {
        status = ZX_ERR_BAD_STATE;
        goto out;
    }
    if (count > POLICY_COUNT) {
        status = ZX_ERR_OUT_OF_RANGE;
        goto out;
    }
    struct job_policy next = job->policy;
    for (uint32_t i = 0; i < count && status == ZX_OK; i++)
        status = merge(&job->policy, &next, &policy[i], absolute);
    if (status == ZX_OK)
        job->policy = next;
out:
    mutex_unlock(&job_tree_lock);
    return status;
}
