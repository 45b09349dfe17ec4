// SPDX-License-Identifier: MIT
// ZX_PROP_JOB_KILL_ON_OOM: when pages come out of the last reserve (mem/page.h), the newest ready job
// that is marked is killed, with all below it, and a line in the log says so. One at a time: the next one
// only if the reserve is still touched when the one before has no process left, for until then its
// memory is on its way back. So there is another look when its processes leave: who was refused before then
// need not ask again. With no marked job left, who asks for memory is refused, as always. A look that ends in nothing
// is the last one until a process leaves or a job is marked: whoever goes on to take what is left, or to be refused,
// must not have the whole tree walked each time, with its lock held, by a worker, which comes before everybody else.
#include <object/job.h>

#include <debug/log.h>
#include <lib/string.h>
#include <mem/page.h>
#include <object/process.h>
#include <sched/cpu.h>

static void kill_jobs(struct work *w);
static struct work oom_work = {.fn = kill_jobs};
static zx_koid_t victim; // [job_tree_lock] of the job that is killed now, or was last
static bool look_again;  // [job_tree_lock] when a process leaves its job: it may have been the victim's last
// A look has ended in nothing, and nothing has happened since then that another one could see. Written with
// job_tree_lock held; read without it. All are read-modify-writes: either who finds memory low sees that it is 0, and
// queues the work, or the work that a leaving process queues when it has made it 0 sees that memory is low.
static atomic_uint look_in_vain;

// What a look at the tree finds.
struct choice {
    struct job *newest; // marked and ready, with the highest koid
    bool chosen;        // the victim has not been killed yet
    bool going;         // it has, and still has a process, itself or below
};

static bool has_processes_locked(const struct job *job)
{
    const struct job *child;
    mutex_assert_held(&job_tree_lock);
    if (!list_is_empty(&job->processes))
        return true;
    list_for_each_entry (child, &job->children, sibling) {
        if (has_processes_locked(child))
            return true;
    }
    return false;
}

// The depth is bounded by JOB_MAX_HEIGHT.
static void choose_locked(struct job *job, struct choice *choice)
{
    struct job *child;
    mutex_assert_held(&job_tree_lock);
    if (job->obj.koid == victim) {
        choice->chosen = job->state == JOB_READY;
        choice->going = !choice->chosen && has_processes_locked(job);
    }
    if (job->kill_on_oom && job->state == JOB_READY && object_alive(&job->obj) &&
        (choice->newest == NULL || job->obj.koid > choice->newest->obj.koid))
        choice->newest = job;
    list_for_each_entry (child, &job->children, sibling)
        choose_locked(child, choice);
}

static void set_look_in_vain_locked(bool in_vain)
{
    mutex_assert_held(&job_tree_lock);
    (void)atomic_exchange_explicit(&look_in_vain, in_vain, memory_order_acq_rel);
}

// The job to kill, referenced; NULL: there is none, or it is not time yet. The work may run on several CPUs at once,
// each of which has been asked: one of them gets the job, and looks again when it is killed.
static struct job *choose(void)
{
    struct choice choice = {0};
    mutex_lock(&job_tree_lock);
    choose_locked(job_super_root(), &choice);
    look_again = choice.chosen || choice.going || choice.newest != NULL;
    set_look_in_vain_locked(!choice.chosen && (choice.going || choice.newest == NULL));
    if (choice.chosen || choice.going ||
        (choice.newest != NULL && !object_try_ref(&choice.newest->obj)))
        choice.newest = NULL;
    if (choice.newest != NULL)
        victim = choice.newest->obj.koid;
    mutex_unlock(&job_tree_lock);
    return choice.newest;
}

static void kill_one(struct job *job)
{
    char name[ZX_MAX_NAME_LEN];
    mutex_lock(&job->lock);
    strlcpy(name, job->name, sizeof(name));
    mutex_unlock(&job->lock);
    klog(LOG_WARN, "out of memory: job '%s' (%llu) killed", name,
         (unsigned long long)job->obj.koid);
    job_kill(job);
    object_unref(&job->obj);
}

// More than one if those before had no process, or ended at once.
static void kill_jobs(struct work *w)
{
    struct job *job;
    (void)w;
    while (page_free_estimate() < page_reserve() && (job = choose()) != NULL)
        kill_one(job);
}

void job_oom_process_left_locked(void)
{
    mutex_assert_held(&job_tree_lock);
    if (likely(!look_again))
        return;
    look_again = false;
    set_look_in_vain_locked(false);
    work_queue(&oom_work);
}

void job_set_kill_on_oom(struct job *job, bool kill)
{
    mutex_lock(&job_tree_lock);
    job->kill_on_oom = kill;
    if (kill)
        set_look_in_vain_locked(false);
    mutex_unlock(&job_tree_lock);
}

static void memory_is_low(void)
{
    if (atomic_fetch_or_explicit(&look_in_vain, 0, memory_order_acq_rel) == 0)
        work_queue(&oom_work);
}

void job_oom_init(void)
{
    page_set_low_handler(memory_is_low);
}
