// SPDX-License-Identifier: MIT
// Profiles and priorities: spec 10 section 6, spec 20 sections 6 and 8.
#include "object_test.h"

#include <object/settings.h>
#include <zircon/syscalls/profile.h>

static zx_profile_info_t scheduler(int32_t priority)
{
    return (zx_profile_info_t){
        .type = ZX_PROFILE_INFO_SCHEDULER,
        .scheduler = {.priority = priority},
    };
}

// The root job that programs see is a child of the kernel's own, which is lab.job.
static zx_handle_t make_profile(int32_t priority)
{
    zx_profile_info_t info = scheduler(priority);
    zx_handle_t root = make_job(lab.job), profile = 0;

    assert_ok(zx_profile_create(root, &info, &profile));
    close_handle(root);
    return profile;
}

// CALLS(zx_profile_create)
SCENARIO(profile_create_checks_in_order)
{
    zx_profile_info_t info = {0}, high = scheduler(ZX_PRIORITY_HIGH);
    zx_handle_t root = make_job(lab.job), below = make_job(root), out = 77;
    zx_handle_t weak = duplicate_without(below, ZX_RIGHT_MANAGE_PROCESS);

    assert_status(zx_profile_create(0, &info, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_profile_create(weak, &info, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_profile_create(lab.process, &info, &out), ZX_ERR_WRONG_TYPE);
    assert_status(zx_profile_create(below, LAB_BAD_PTR, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(raw_call(profile_create, root, 0, (uintptr_t)&out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_profile_create(root, &info, &out), ZX_ERR_NOT_SUPPORTED);
    info = scheduler(-1);
    assert_status(zx_profile_create(root, &info, &out), ZX_ERR_INVALID_ARGS);
    info = scheduler(32);
    assert_status(zx_profile_create(root, &info, &out), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    assert_status(zx_profile_create(root, &high, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_profile_create(root, &high, &out));
    assert_int_equal(basic(out).rights, ZX_DEFAULT_PROFILE_RIGHTS);
    assert_int_equal(basic(out).type, ZX_OBJ_TYPE_PROFILE);
    const zx_handle_t all[] = {root, below, weak, out};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

// CALLS(zx_profile_create)
SWEEP(profile_create_says_no_memory, 1)
{
    zx_profile_info_t info = scheduler(ZX_PRIORITY_LOW);
    zx_handle_t root, profile;

    if (!got(zx_job_create(lab.job, 0, &root)))
        return;
    if (got(zx_profile_create(root, &info, &profile)))
        close_handle(profile);
    close_handle(root);
}

// CALLS(zx_object_set_profile)
SCENARIO(set_profile_checks_in_order)
{
    zx_handle_t profile = make_profile(ZX_PRIORITY_HIGH);
    zx_handle_t weak = duplicate_without(profile, ZX_RIGHT_APPLY_PROFILE);
    zx_handle_t weak_thread = duplicate_without(lab.thread, ZX_RIGHT_MANAGE_THREAD);

    assert_status(zx_object_set_profile(0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_set_profile(weak_thread, 0, 0), ZX_ERR_ACCESS_DENIED);
    // A process has the right, so that its type is what is wrong with it.
    assert_status(zx_object_set_profile(lab.process, 0, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_object_set_profile(lab.thread, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_set_profile(lab.thread, weak, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_set_profile(lab.thread, lab.job, 0), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(thread_priority(lab.thread), ZX_PRIORITY_DEFAULT);
    assert_ok(zx_object_set_profile(lab.thread, profile, 0));
    close_handle(weak);
    close_handle(weak_thread);
    close_handle(profile);
}

// CALLS(zx_object_set_profile)
SCENARIO(set_profile_sets_the_priority_of_threads_new_and_running)
{
    zx_handle_t high = make_profile(ZX_PRIORITY_HIGHEST), low = make_profile(ZX_PRIORITY_LOWEST);
    struct child c = make_child(lab.job);

    assert_ok(zx_object_set_profile(c.thread, low, 0)); // not started yet
    assert_int_equal(thread_priority(c.thread), ZX_PRIORITY_LOWEST);
    close_child(&c);
    c = start_child(lab.job, child_waits, 0);
    assert_ok(zx_object_set_profile(c.thread, high, 5)); // options are not looked at
    assert_int_equal(thread_priority(c.thread), ZX_PRIORITY_HIGHEST);
    assert_ok(zx_object_set_profile(lab.thread, high, 0)); // oneself
    assert_int_equal(thread_priority(lab.thread), ZX_PRIORITY_HIGHEST);
    assert_ok(zx_object_set_profile(c.thread, low, 0));
    close_handle(low); // it is not needed any more
    assert_int_equal(thread_priority(c.thread), ZX_PRIORITY_LOWEST);
    assert_ok(zx_task_kill(c.process));
    await(c.thread, ZX_THREAD_TERMINATED);
    assert_status(zx_object_set_profile(c.thread, high, 0), ZX_ERR_BAD_STATE);
    close_handle(high);
    close_child(&c);
}

static void raise_flag(uint64_t flag, uint64_t unused)
{
    (void)unused;
    atomic_store((atomic_bool *)flag, true);
    zx_thread_exit();
}

// Starts a thread of this priority, lets the caller go on for a while, and tells whether the thread has
// run by then. One CPU: it has, exactly if its priority is higher.
static bool runs_at_once(int32_t priority)
{
    zx_handle_t profile = make_profile(priority), thread;
    atomic_bool flag = false;

    assert_ok(zx_thread_create(lab.process, "t", 1, 0, &thread));
    assert_ok(zx_object_set_profile(thread, profile, 0));
    assert_ok(zx_thread_start(thread, (zx_vaddr_t)raise_flag, 0, (uintptr_t)&flag, 0));
    for (unsigned i = 0; i < 50; i++)
        lab_pause();
    bool ran = atomic_load(&flag);
    lab_thread_join(thread);
    assert_true(atomic_load(&flag));
    close_handle(profile);
    return ran;
}

// CALLS(zx_object_set_profile, zx_thread_set_priority)
SCENARIO_ON(threads_run_by_the_priority_that_was_set, 1, 10)
{
    assert_true(runs_at_once(ZX_PRIORITY_HIGH));
    assert_false(runs_at_once(ZX_PRIORITY_LOW));
    assert_ok(zx_thread_set_priority(ZX_PRIORITY_HIGHEST));
    assert_false(runs_at_once(ZX_PRIORITY_HIGH));
    assert_ok(zx_thread_set_priority(ZX_PRIORITY_LOWEST));
    assert_true(runs_at_once(ZX_PRIORITY_LOW));
}

// CALLS(zx_thread_set_priority)
SCENARIO(set_priority_takes_0_to_31)
{
    assert_status(zx_thread_set_priority(-1), ZX_ERR_INVALID_ARGS);
    assert_status(zx_thread_set_priority(32), ZX_ERR_INVALID_ARGS);
    assert_int_equal(thread_priority(lab.thread), ZX_PRIORITY_DEFAULT);
    for (int32_t p = ZX_PRIORITY_LOWEST; p <= ZX_PRIORITY_HIGHEST; p++) {
        assert_ok(zx_thread_set_priority(p));
        assert_int_equal(thread_priority(lab.thread), p);
    }
}

// With thread.set.priority.disable on the kernel's command line.
// CALLS(zx_thread_set_priority, zx_object_set_profile)
SCENARIO(set_priority_can_be_disabled)
{
    zx_handle_t profile = make_profile(ZX_PRIORITY_HIGH);

    settings_init("kernel.quiet thread.set.priority.disable");
    assert_status(zx_thread_set_priority(ZX_PRIORITY_HIGH), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(thread_priority(lab.thread), ZX_PRIORITY_DEFAULT);
    assert_ok(zx_object_set_profile(lab.thread, profile, 0)); // which takes a profile
    settings_init("");
    assert_ok(zx_thread_set_priority(ZX_PRIORITY_LOW));
    assert_int_equal(thread_priority(lab.thread), ZX_PRIORITY_LOW);
    close_handle(profile);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest profile_tests[] = {
    T(profile_create_checks_in_order),
    T(profile_create_says_no_memory),
    T(set_profile_checks_in_order),
    T(set_profile_sets_the_priority_of_threads_new_and_running),
    T(threads_run_by_the_priority_that_was_set),
    T(set_priority_takes_0_to_31),
    T(set_priority_can_be_disabled),
};
const size_t profile_test_count = countof(profile_tests);
