// SPDX-License-Identifier: MIT
// Jobs and their policy: spec 20 sections 1, 2.1, 3 and 4.
#include "object_test.h"

#define EMPTY (ZX_JOB_NO_PROCESSES | ZX_JOB_NO_JOBS)

// CALLS(zx_job_create)
SCENARIO(job_begins_empty_below_its_parent)
{
    zx_handle_t job = make_job(lab.job);
    zx_info_handle_basic_t info = basic(job);

    assert_int_equal(info.rights, 0x3dfcf);
    assert_int_equal(info.type, ZX_OBJ_TYPE_JOB);
    assert_int_equal(info.related_koid, basic(lab.job).koid);
    assert_int_equal(state_of(job), EMPTY);
    close_handle(job);
}

SCENARIO(job_create_checks_options_handle_rights_type)
{
    zx_handle_t job = make_job(lab.job), out = 77, weak;

    assert_status(zx_job_create(0, 1, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_job_create(0, 0, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_job_create(lab.process, 0, &out), ZX_ERR_WRONG_TYPE);
    weak = duplicate_without(job, ZX_RIGHT_MANAGE_JOB | ZX_RIGHT_WRITE);
    assert_status(zx_job_create(weak, 0, &out), ZX_ERR_ACCESS_DENIED);
    close_handle(weak);
    // Either right will do.
    const zx_rights_t one[] = {ZX_RIGHT_MANAGE_JOB, ZX_RIGHT_WRITE};
    for (unsigned i = 0; i < 2; i++) {
        weak = duplicate_without(job, one[i]);
        assert_ok(zx_job_create(weak, 0, &out));
        close_handle(out);
        close_handle(weak);
    }
    out = 77;
    assert_status(zx_job_create(job, 0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    assert_int_equal(state_of(job), EMPTY); // the job that could not be returned is gone
    close_handle(job);
}

SCENARIO(no_jobs_follows_the_child_objects)
{
    zx_handle_t job = make_job(lab.job), a = make_job(job), b = make_job(job), below;

    assert_int_equal(state_of(job), ZX_JOB_NO_PROCESSES);
    close_handle(a);
    assert_int_equal(state_of(job), ZX_JOB_NO_PROCESSES);
    assert_ok(zx_task_kill(b)); // killed, but somebody still holds it
    assert_int_equal(state_of(job), ZX_JOB_NO_PROCESSES);
    close_handle(b);
    assert_int_equal(state_of(job), EMPTY);
    // A descendant keeps its ancestors.
    a = make_job(job);
    below = make_job(a);
    close_handle(a);
    assert_int_equal(state_of(job), ZX_JOB_NO_PROCESSES);
    close_handle(below);
    assert_int_equal(state_of(job), EMPTY);
    close_handle(job);
}

SCENARIO(no_processes_follows_the_children_alive)
{
    zx_handle_t job = make_job(lab.job);
    struct child c = make_child(job);

    assert_int_equal(state_of(job), ZX_JOB_NO_JOBS); // created is enough
    struct child d = start_child(job, child_waits, 0);
    assert_ok(zx_task_kill(d.process));
    await(d.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(state_of(job), ZX_JOB_NO_JOBS); // the other one is left
    close_child(&c);                                 // discarded unstarted
    await(job, EMPTY);
    close_child(&d);
    close_handle(job);
}

SCENARIO(closing_the_last_handle_kills_nothing)
{
    zx_handle_t job = make_job(lab.job);
    struct child c = start_child(job, child_waits, 0);

    close_handle(job);
    sleep_ns(1000000);
    assert_int_equal(state_of(c.process), 0);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
}

// CALLS(zx_task_kill)
SCENARIO_ON(kill_of_a_job_ends_everything_below, 3, 20)
{
    zx_handle_t job = make_job(lab.job), below = make_job(job), out, vmar;
    struct child a = start_child(job, child_spins, 0), b = start_child(below, child_waits, 0);
    struct child c = make_child(below);

    assert_ok(zx_task_kill(job));
    const struct child *all[] = {&a, &b, &c};
    for (unsigned i = 0; i < 3; i++) {
        await(all[i]->process, ZX_PROCESS_TERMINATED);
        assert_int_equal(state_of(all[i]->process), ZX_PROCESS_TERMINATED);
        assert_int_equal(process_info(all[i]->process).return_code, -1);
        assert_true(process_info(all[i]->process).exited);
    }
    await(job, ZX_JOB_NO_PROCESSES);
    await(below, ZX_JOB_NO_PROCESSES);
    assert_int_equal(state_of(below), EMPTY);
    // Neither takes children any more, for ever.
    assert_status(zx_job_create(job, 0, &out), ZX_ERR_BAD_STATE);
    assert_status(zx_job_create(below, 0, &out), ZX_ERR_BAD_STATE);
    assert_status(zx_process_create(job, "x", 1, 0, &out, &vmar), ZX_ERR_BAD_STATE);
    assert_ok(zx_task_kill(job)); // again
    close_child(&a);
    close_child(&b);
    close_child(&c);
    close_handle(below);
    await(job, EMPTY);
    assert_int_equal(state_of(job), EMPTY);
    close_handle(job);
}

SCENARIO(killed_empty_job_stays_unusable)
{
    zx_handle_t job = make_job(lab.job), out, vmar;

    assert_ok(zx_task_kill(job));
    assert_int_equal(state_of(job), EMPTY);
    assert_status(zx_job_create(job, 0, &out), ZX_ERR_BAD_STATE);
    assert_status(zx_process_create(job, "x", 1, 0, &out, &vmar), ZX_ERR_BAD_STATE);
    assert_int_equal(state_of(job), EMPTY);
    close_handle(job);
}

SCENARIO(task_kill_checks_handle_right_type)
{
    zx_handle_t job = make_job(lab.job), weak = duplicate_without(job, ZX_RIGHT_DESTROY);
    zx_handle_t e = make_event();

    assert_status(zx_task_kill(0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_task_kill(weak), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_task_kill(e), ZX_ERR_ACCESS_DENIED);
    const zx_handle_t all[] = {job, weak, e};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

SCENARIO(tree_has_a_lowest_level_that_still_takes_processes)
{
    zx_handle_t chain[128], vmar, process, out = 77;
    unsigned depth = 0;
    zx_status_t status;

    chain[0] = make_job(lab.job);
    while ((status = zx_job_create(chain[depth], 0, &chain[depth + 1])) == ZX_OK) {
        depth++;
        assert_true(depth + 1 < countof(chain));
    }
    assert_status(status, ZX_ERR_OUT_OF_RANGE);
    // lab.job is the super-root with height 32: children have 31 ... 0.
    assert_int_equal(depth, 31);
    assert_ok(zx_process_create(chain[depth], "deep", 4, 0, &process, &vmar));
    close_handle(process);
    close_handle(vmar);
    // Height is tested before state.
    assert_ok(zx_task_kill(chain[0]));
    assert_status(zx_job_create(chain[depth], 0, &out), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_job_create(chain[depth - 1], 0, &out), ZX_ERR_BAD_STATE);
    assert_ok(zx_handle_close_many(chain, depth + 1));
}

// ---- policy -----------------------------------------------------------------------------------

static zx_status_t set(zx_handle_t job, uint32_t options, const zx_policy_basic_t *policy,
                       uint32_t n)
{
    return zx_job_set_policy(job, options, ZX_JOB_POL_BASIC, policy, n);
}

#define REL ZX_JOB_POL_RELATIVE
#define ABS ZX_JOB_POL_ABSOLUTE

// What a process below a job may create, as bits.
enum { MADE_EVENT = 1, MADE_CHANNEL = 2, MADE_VMO = 4, MADE_PROCESS = 8 };

static bool allowed(zx_status_t status)
{
    if (status != ZX_OK)
        assert_status(status, ZX_ERR_ACCESS_DENIED);
    return status == ZX_OK;
}

static void child_creates(zx_handle_t job)
{
    zx_handle_t a = 0, b = 0;
    int64_t made = 0;

    if (allowed(zx_event_create(0, &a)))
        made |= MADE_EVENT;
    if (allowed(zx_channel_create(0, &a, &b)))
        made |= MADE_CHANNEL;
    if (allowed(zx_vmo_create(4096, 0, &a)))
        made |= MADE_VMO;
    // Its own policy counts, not the other job's.
    if (allowed(zx_process_create(job, "x", 1, 0, &a, &b)))
        made |= MADE_PROCESS;
    zx_process_exit(100 + made);
}

static int64_t creations(zx_handle_t job)
{
    struct child c = start_child(job, child_creates, duplicate_without(lab.job, 0));

    await(c.process, ZX_PROCESS_TERMINATED);
    int64_t made = process_info(c.process).return_code - 100;
    close_child(&c);
    await(job, ZX_JOB_NO_PROCESSES);
    return made;
}

#define ALL_MADE (MADE_EVENT | MADE_CHANNEL | MADE_VMO | MADE_PROCESS)

// CALLS(zx_job_set_policy)
SCENARIO(policy_denies_creation)
{
    const zx_policy_basic_t no_event = {ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY};
    const zx_policy_basic_t no_channel = {ZX_POL_NEW_CHANNEL, ZX_POL_ACTION_KILL}; // acts as DENY
    const zx_policy_basic_t no_process = {ZX_POL_NEW_PROCESS, ZX_POL_ACTION_DENY};
    zx_handle_t job = make_job(lab.job);

    assert_int_equal(creations(job), ALL_MADE);
    assert_ok(set(job, REL, &no_event, 1));
    assert_int_equal(creations(job), ALL_MADE & ~MADE_EVENT);
    assert_ok(set(job, REL, &no_channel, 1));
    assert_int_equal(creations(job), MADE_VMO | MADE_PROCESS);
    assert_ok(set(job, REL, &no_process, 1));
    assert_int_equal(creations(job), MADE_VMO);
    close_handle(job);
}

SCENARIO(new_any_means_all_but_processes_and_a_later_entry_wins)
{
    const zx_policy_basic_t mixed[] = {
        {ZX_POL_NEW_ANY, ZX_POL_ACTION_DENY},
        {ZX_POL_NEW_EVENT, ZX_POL_ACTION_ALLOW},
    };
    zx_handle_t job = make_job(lab.job);

    assert_ok(set(job, ABS, mixed, 1));
    assert_int_equal(creations(job), MADE_PROCESS);
    close_handle(job);
    job = make_job(lab.job);
    assert_ok(set(job, ABS, mixed, 2));
    assert_int_equal(creations(job), MADE_PROCESS | MADE_EVENT);
    close_handle(job);
}

SCENARIO(policy_is_inherited_and_only_refined)
{
    const zx_policy_basic_t no_event = {ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY};
    const zx_policy_basic_t event = {ZX_POL_NEW_EVENT, ZX_POL_ACTION_ALLOW};
    const zx_policy_basic_t no_vmo = {ZX_POL_NEW_VMO, ZX_POL_ACTION_DENY};
    zx_handle_t job = make_job(lab.job), below;

    assert_ok(set(job, ABS, &no_event, 1));
    below = make_job(job);
    assert_int_equal(creations(below), ALL_MADE & ~MADE_EVENT);
    assert_ok(set(below, REL, &event, 1)); // silently ignored
    assert_int_equal(creations(below), ALL_MADE & ~MADE_EVENT);
    assert_status(set(below, ABS, &event, 1), ZX_ERR_ALREADY_EXISTS);
    assert_ok(set(below, ABS, &no_event, 1)); // the same again is fine
    assert_ok(set(below, ABS, &no_vmo, 1));
    assert_int_equal(creations(below), MADE_CHANNEL | MADE_PROCESS);
    // All or nothing.
    const zx_policy_basic_t both[] = {{ZX_POL_NEW_CHANNEL, ZX_POL_ACTION_DENY}, event};
    assert_status(set(below, ABS, both, 2), ZX_ERR_ALREADY_EXISTS);
    assert_int_equal(creations(below), MADE_CHANNEL | MADE_PROCESS);
    close_handle(below);
    close_handle(job);
}

SCENARIO(set_policy_checks_in_order)
{
    const zx_policy_basic_t good = {ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY};
    const zx_policy_basic_t no_condition = {100001, ZX_POL_ACTION_DENY};
    const zx_policy_basic_t no_action = {ZX_POL_NEW_EVENT, 100001};
    const zx_policy_basic_t neither = {13, 8};
    zx_policy_basic_t many[14];
    zx_handle_t job = make_job(lab.job), weak = duplicate_without(job, ZX_RIGHT_SET_POLICY), below;

    for (unsigned i = 0; i < 14; i++)
        many[i] = good;
    assert_status(set(0, 2, &good, 1), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(job_set_policy, 0, REL, 0, 0, 5), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(job_set_policy, job, REL, 0, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_status(set(0, REL, &good, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_job_set_policy(0, REL, 1, &good, 1), ZX_ERR_INVALID_ARGS);
    assert_status(set(0, REL, LAB_BAD_PTR, 1), ZX_ERR_INVALID_ARGS);
    assert_status(set(0, REL, &no_condition, 1), ZX_ERR_BAD_HANDLE);
    assert_status(set(weak, REL, &no_condition, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(set(lab.process, REL, &no_condition, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(set(lab.job, REL, many, 14), ZX_ERR_BAD_STATE); // has children
    assert_status(set(job, REL, many, 14), ZX_ERR_OUT_OF_RANGE);
    assert_status(set(job, REL, &neither, 1), ZX_ERR_INVALID_ARGS);
    assert_status(set(job, REL, &no_condition, 1), ZX_ERR_INVALID_ARGS);
    assert_status(set(job, REL, &no_action, 1), ZX_ERR_NOT_SUPPORTED);
    assert_ok(set(job, REL, &good, 1)); // after all those failures
    below = make_job(job);
    assert_status(set(job, REL, &good, 1), ZX_ERR_BAD_STATE);
    close_handle(below);
    assert_ok(set(job, REL, &good, 1));
    struct child c = make_child(job);
    assert_status(set(job, REL, &good, 1), ZX_ERR_BAD_STATE);
    close_child(&c);
    close_handle(weak);
    close_handle(job);
}

static void child_uses_bad_handles(zx_handle_t bootstrap)
{
    assert_status(zx_handle_close(0x1000001), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_signal(0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_one(0x1000001, 0, 0, NULL), ZX_ERR_BAD_HANDLE);
    close_handle(bootstrap);
    assert_status(zx_handle_close(bootstrap), ZX_ERR_BAD_HANDLE);
    zx_process_exit(55);
}

static void child_exempt_then_not(zx_handle_t bootstrap)
{
    const zx_handle_t zeros[2] = {0, 0};

    (void)bootstrap;
    assert_ok(zx_handle_close(0));
    assert_ok(zx_handle_close_many(zeros, 2));
    assert_false(alive(0x1000001)); // a query, not a mistake
    zx_handle_close(0x1000001);     // this one is, and nobody handles the exception
    zx_process_exit(55);
}

static int64_t code_of(zx_handle_t job, void (*fn)(zx_handle_t))
{
    struct child c = start_child(job, fn, 0);

    await(c.process, ZX_PROCESS_TERMINATED);
    int64_t code = process_info(c.process).return_code;
    close_child(&c);
    await(job, ZX_JOB_NO_PROCESSES);
    return code;
}

SCENARIO(bad_handle_policy_acts_only_by_its_exception_bit)
{
    const uint32_t harmless[] = {ZX_POL_ACTION_ALLOW, ZX_POL_ACTION_DENY, ZX_POL_ACTION_KILL};

    for (unsigned i = 0; i < countof(harmless); i++) {
        zx_handle_t job = make_job(lab.job);
        const zx_policy_basic_t p = {ZX_POL_BAD_HANDLE, harmless[i]};
        assert_ok(set(job, ABS, &p, 1));
        assert_int_equal(code_of(job, child_uses_bad_handles), 55);
        close_handle(job);
    }
    zx_handle_t job = make_job(lab.job);
    const zx_policy_basic_t p = {ZX_POL_BAD_HANDLE, ZX_POL_ACTION_EXCEPTION};
    assert_ok(set(job, ABS, &p, 1));
    assert_int_equal(code_of(job, child_exempt_then_not), -1);
    close_handle(job);
}

static void child_makes_event(zx_handle_t bootstrap)
{
    zx_handle_t e;

    (void)bootstrap;
    (void)zx_event_create(0, &e);
    zx_process_exit(55);
}

SCENARIO(unhandled_policy_exception_ends_the_process)
{
    const uint32_t actions[] = {ZX_POL_ACTION_ALLOW, ZX_POL_ACTION_DENY};

    for (unsigned i = 0; i < 2; i++) {
        zx_handle_t job = make_job(lab.job);
        const zx_policy_basic_t p = {ZX_POL_NEW_EVENT, actions[i] | ZX_POL_ACTION_EXCEPTION};
        assert_ok(set(job, ABS, &p, 1));
        assert_int_equal(code_of(job, child_makes_event), -1);
        close_handle(job);
    }
}

// CALLS(zx_object_get_child)
SCENARIO(children_are_found_by_koid_among_many)
{
    enum { COUNT = 24 };
    zx_handle_t top = make_job(lab.job), jobs[COUNT], found;
    struct child c[COUNT];
    zx_koid_t koid[2 * COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        jobs[i] = make_job(top);
        c[i] = make_child(top);
        koid[2 * i] = basic(jobs[i]).koid;
        koid[2 * i + 1] = basic(c[i].process).koid;
    }
    for (unsigned i = 0; i < COUNT; i += 3) { // some go
        close_handle(jobs[i]);
        close_child(&c[i]);
    }
    for (unsigned i = 0; i < 2 * COUNT; i++) {
        zx_status_t gone = i / 2 % 3 == 0 ? ZX_ERR_NOT_FOUND : ZX_OK;
        assert_status(zx_object_get_child(top, koid[i], ZX_RIGHT_SAME_RIGHTS, &found), gone);
        if (gone != ZX_OK)
            continue;
        assert_int_equal(basic(found).koid, koid[i]);
        assert_int_equal(basic(found).type, i % 2 ? ZX_OBJ_TYPE_PROCESS : ZX_OBJ_TYPE_JOB);
        close_handle(found);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        if (i % 3 == 0)
            continue;
        close_handle(jobs[i]);
        close_child(&c[i]);
    }
    close_handle(top);
}

static void wait_for_event(uint64_t event, uint64_t unused)
{
    (void)unused;
    (void)zx_object_wait_one((zx_handle_t)event, ZX_EVENT_SIGNALED, FOREVER, NULL);
    zx_thread_exit();
}

// Starts `count` threads, finds each while it lives, and no more when it is dead.
static void find_threads(unsigned count)
{
    enum { STEP = 4 };
    zx_handle_t threads[16], event = make_event(), found;

    for (unsigned i = 0; i < count; i++)
        assert_ok(zx_thread_create(lab.process, "t", 1, 0, &threads[i]));
    for (unsigned i = 0; i < count; i++) { // not in the order of their koids
        zx_handle_t t = threads[i * STEP % count];
        zx_koid_t koid = basic(t).koid;
        assert_status(zx_object_get_child(lab.process, koid, ZX_RIGHT_SAME_RIGHTS, &found),
                      ZX_ERR_NOT_FOUND);
        assert_ok(zx_thread_start(t, (zx_vaddr_t)wait_for_event, 0, event, 0));
        assert_ok(zx_object_get_child(lab.process, koid, ZX_RIGHT_SAME_RIGHTS, &found));
        assert_int_equal(basic(found).koid, koid);
        close_handle(found);
    }
    assert_ok(zx_object_get_child(lab.process, basic(threads[0]).koid, ZX_RIGHT_SAME_RIGHTS,
                                  &found));
    close_handle(found);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    for (unsigned i = 0; i < count; i++) {
        zx_koid_t koid = basic(threads[i]).koid;
        lab_thread_join(threads[i]);
        assert_status(zx_object_get_child(lab.process, koid, ZX_RIGHT_SAME_RIGHTS, &found),
                      ZX_ERR_NOT_FOUND);
    }
    close_handle(event);
}

// CALLS(zx_object_get_child)
SCENARIO(threads_are_found_by_koid_from_start_to_death)
{
    const unsigned counts[] = {3, 11, 1}; // few, many, and few after many; STEP has no factor of them
    for (unsigned i = 0; i < countof(counts); i++)
        find_threads(counts[i]);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest job_tests[] = {
    T(job_begins_empty_below_its_parent),
    T(job_create_checks_options_handle_rights_type),
    T(no_jobs_follows_the_child_objects),
    T(no_processes_follows_the_children_alive),
    T(closing_the_last_handle_kills_nothing),
    T(kill_of_a_job_ends_everything_below),
    T(killed_empty_job_stays_unusable),
    T(task_kill_checks_handle_right_type),
    T(tree_has_a_lowest_level_that_still_takes_processes),
    T(policy_denies_creation),
    T(new_any_means_all_but_processes_and_a_later_entry_wins),
    T(policy_is_inherited_and_only_refined),
    T(set_policy_checks_in_order),
    T(bad_handle_policy_acts_only_by_its_exception_bit),
    T(unhandled_policy_exception_ends_the_process),
    T(children_are_found_by_koid_among_many),
    T(threads_are_found_by_koid_from_start_to_death),
};
const size_t job_test_count = countof(job_tests);
