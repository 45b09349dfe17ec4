// SPDX-License-Identifier: MIT
// A look at what no call tells: the priority that a thread runs with (object_test.h).
#include "object_test.h"

#include <object/handle.h>
#include <object/process.h>
#include <object/uthread.h>

int thread_priority(zx_handle_t thread)
{
    struct object *obj;
    int priority;

    assert_ok(handle_lookup(&process_current()->handles, thread, &uthread_ops, 0, &obj, NULL));
    priority = atomic_load(&uthread_from_object(obj)->thread.priority);
    object_unref(obj);
    return priority;
}
