// SPDX-License-Identifier: MIT
// A look at what no call tells: the priority that a thread runs with, and whether it does (object_test.h).
#include "object_test.h"

#include <object/handle.h>
#include <object/process.h>
#include <object/uthread.h>
#include <sched/cpu.h>

static struct object *look_up(zx_handle_t thread)
{
    struct object *obj;

    assert_ok(handle_lookup(&process_current()->handles, thread, &uthread_ops, 0, &obj, NULL));
    return obj;
}

bool thread_runs_now(zx_handle_t thread)
{
    struct object *obj = look_up(thread);
    bool runs = false;

    for (unsigned i = 0; i < MAX_CPUS; i++)
        runs |= atomic_load(&cpus[i].current) == &uthread_from_object(obj)->thread;
    object_unref(obj);
    return runs;
}

int thread_priority(zx_handle_t thread)
{
    struct object *obj = look_up(thread);
    int priority;

    priority = atomic_load(&uthread_from_object(obj)->thread.priority);
    object_unref(obj);
    return priority;
}
