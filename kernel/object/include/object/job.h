// SPDX-License-Identifier: MIT
// Jobs: the tree that owns processes. One mutex (rank JOB_TREE) guards the shape of the whole tree.
#pragma once

#include <account/account.h>
#include <object/exception.h>
#include <object/koid_index.h>
#include <object/object.h>
#include <zircon/syscalls/policy.h>

struct process;
struct work;

#define JOB_MAX_HEIGHT 32u // of the hidden super-root; the user-visible root job has 31
#define POLICY_COUNT 13u   // ZX_POL_MAX

// Effective policy: per condition the action, and whether it was set explicitly.
struct job_policy {
    uint8_t action[POLICY_COUNT];
    bool set[POLICY_COUNT];
};

enum job_state { JOB_READY, JOB_KILLING, JOB_DEAD };

// Locks: [J] job tree; [L] obj.lock; [I] fixed.
struct job {
    struct object obj;
    struct mutex lock;
    struct job *parent;          // [I] referenced; NULL for the super-root
    uint32_t height;             // [I] levels that may still be below
    uint8_t state;               // [J] enum job_state
    struct list children;        // [J] of job.sibling, oldest first
    struct list_node sibling;    // [J]
    struct koid_node koid_node;  // [J] with `sibling`
    struct list processes;       // [J] of process.job_node, oldest first
    struct koid_index by_koid;   // [J] of both lists
    struct job_policy policy;    // [J]
    bool kill_on_oom;            // [J]
    struct account *account;     // [I]
    struct exception_slot exceptions, debugger; // exception.c
    char name[ZX_MAX_NAME_LEN];  // [L]
};

extern const struct object_ops job_ops;
extern struct mutex job_tree_lock;

ALWAYS_INLINE struct job *job_from_object(struct object *obj) { return (struct job *)obj; }

// The hidden super-root, made at boot.
struct job *job_super_root(void);
zx_status_t job_init_super_root(void) MUST_CHECK;
// `w` is queued when neither a job nor a process is below the super-root (any more): none can come then.
// Once, after the first process was made; there must be workers (sched/cpu.h).
void job_when_nobody_is_left(struct work *w);

// From now on, when memory gets low, a job with ZX_PROP_JOB_KILL_ON_OOM is killed (job_oom.c), by a worker,
// which there must be.
void job_oom_init(void);
// Sets ZX_PROP_JOB_KILL_ON_OOM. Memory may be low already: who then asks for more has the job killed.
void job_set_kill_on_oom(struct job *job, bool kill);
// A process has left its job.
void job_oom_process_left_locked(void) REQUIRES(job_tree_lock);

// ZX_ERR_OUT_OF_RANGE height, ZX_ERR_NO_MEMORY, ZX_ERR_BAD_STATE, in this order.
zx_status_t job_create(struct job *parent, struct object **out) MUST_CHECK;
// Kills everything below; refuses children from now on.
void job_kill(struct job *job);
// Direct children, oldest first: fn is called with the tree lock held. Jobs that are going away are
// left out.
void job_for_each_child(struct job *job, void (*fn)(void *ctx, struct job *child), void *ctx);
void job_for_each_process(struct job *job, void (*fn)(void *ctx, struct process *p), void *ctx);
// The direct child job, else child process, with that koid, referenced; NULL if none.
struct object *job_find_child(struct job *job, zx_koid_t koid) MUST_CHECK;
// A process enters (ZX_ERR_BAD_STATE: the job is killed; takes the job's policy) or leaves for good.
zx_status_t job_add_process(struct job *job, struct process *p) MUST_CHECK;
void job_remove_process(struct job *job, struct process *p);
// Lowers (or, for a caller outside of the job, raises) what the job and all below it may use, and ends
// ZX_JOB_LIMIT_REACHED. By enum account_kind. ZX_ERR_ACCESS_DENIED: a limit would be raised from within.
zx_status_t job_set_limits(struct job *job, const uint64_t limits[ACCOUNT_KINDS]) MUST_CHECK;
// spec 20 section 3, the checks after the handle's: BAD_STATE has children, OUT_OF_RANGE count,
// INVALID_ARGS, NOT_SUPPORTED, ALREADY_EXISTS.
zx_status_t job_set_policy(struct job *job, bool absolute, const zx_policy_basic_t *policy,
                           uint32_t count) MUST_CHECK;
