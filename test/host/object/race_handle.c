// SPDX-License-Identifier: MIT
// Handles and last references against each other.
#include "object_test.h"

struct arena {
    _Atomic zx_handle_t slot[6];
    zx_handle_t h, other, job;
    zx_koid_t koid;
    atomic_uint wins;
};

static zx_handle_t take(struct arena *a)
{
    return atomic_exchange(&a->slot[host_random(6)], ZX_HANDLE_INVALID);
}

static void put(struct arena *a, zx_handle_t h)
{
    close_handle(atomic_exchange(&a->slot[host_random(6)], h));
}

// Each thread does at random what can be done with handles, to values it shares with the others.
static void storm(void *arg)
{
    struct arena *a = arg;

    for (unsigned i = 0; i < 25; i++) {
        zx_handle_t copy = 0, seen = atomic_load(&a->slot[host_random(6)]);
        switch (host_random(5)) {
        case 0: // somebody may close it under the duplicate
            if (zx_handle_duplicate(seen, ZX_RIGHT_SAME_RIGHTS, &copy) == ZX_OK)
                put(a, copy);
            break;
        case 1: close_handle(take(a)); break;
        case 2: {
            zx_handle_t mine = take(a);
            if (mine != 0) {
                assert_ok(zx_handle_replace(mine, ZX_RIGHT_SAME_RIGHTS, &copy));
                assert_int_equal(basic(copy).koid, a->koid);
                put(a, copy);
            }
            break;
        }
        case 3: (void)zx_object_signal(seen, 0, ZX_USER_SIGNAL_0); break;
        default: {
            zx_info_handle_basic_t info;
            if (zx_object_get_info(seen, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL) ==
                ZX_OK)
                assert_int_equal(info.koid, a->koid);
        }
        }
    }
}

// CALLS(zx_handle_duplicate, zx_handle_close, zx_handle_replace, zx_object_get_info)
SCENARIO_ON(race_handle_storm_from_4_cpus, 4, 150)
{
    struct arena a = {.h = make_event()};

    a.koid = basic(a.h).koid;
    for (unsigned i = 0; i < 6; i++)
        atomic_store(&a.slot[i], duplicate_without(a.h, 0));
    RACE(&a, storm, storm, storm, storm);
    for (unsigned i = 0; i < 6; i++)
        close_handle(atomic_load(&a.slot[i]));
    assert_int_equal(handle_count(a.h), 1); // every handle was closed once
    close_handle(a.h);
}

static void replace_h(void *arg)
{
    struct arena *a = arg;

    assert_ok(zx_handle_replace(a->h, ZX_RIGHT_SAME_RIGHTS, &a->h));
}

static void close_other(void *arg)
{
    close_handle(((struct arena *)arg)->other);
}

// While a handle is replaced the object never counts as abandoned: the last close of another handle
// must not end the process.
SCENARIO_ON(race_replace_against_close_of_the_other_handle, 3, 400)
{
    struct child c = make_child(lab.job);
    struct arena a = {.h = c.process};

    a.other = duplicate_without(c.process, 0);
    RACE(&a, replace_h, close_other);
    c.process = a.h;
    assert_false(process_info(c.process).exited);
    close_child(&c);
}

static void duplicate_h(void *arg)
{
    struct arena *a = arg;
    zx_handle_t copy;

    if (zx_handle_duplicate(a->h, ZX_RIGHT_SAME_RIGHTS, &copy) == ZX_OK)
        a->other = copy;
}

static void close_h(void *arg)
{
    if (zx_handle_close(((struct arena *)arg)->h) == ZX_OK)
        atomic_fetch_add(&((struct arena *)arg)->wins, 1);
}

// Either the duplicate came first and the process lives on, or it did not come at all.
SCENARIO_ON(race_last_close_against_duplicate, 3, 300)
{
    struct child c = make_child(lab.job);
    struct arena a = {.h = c.process};

    RACE(&a, duplicate_h, close_h, close_h);
    assert_int_equal(atomic_load(&a.wins), 1);
    if (a.other != 0) {
        assert_false(process_info(a.other).exited);
        close_handle(a.other);
    }
    c.process = 0;
    close_child(&c);
}

static void get_child_h(void *arg)
{
    struct arena *a = arg;
    zx_handle_t h;
    zx_status_t status = zx_object_get_child(a->job, a->koid, ZX_RIGHT_SAME_RIGHTS, &h);

    if (status == ZX_OK) { // two threads may get one each: the first one's goes
        zx_handle_t first = __atomic_exchange_n(&a->other, h, __ATOMIC_ACQ_REL);
        if (first != 0)
            close_handle(first);
    } else {
        assert_status(status, ZX_ERR_NOT_FOUND);
    }
}

// The job may still find a process whose last handle is on its way out.
// CALLS(zx_object_get_child)
SCENARIO_ON(race_last_close_against_get_child, 3, 300)
{
    zx_handle_t job = make_job(lab.job);
    struct child c = make_child(job);
    struct arena a = {.h = c.process, .job = job, .koid = basic(c.process).koid};

    RACE(&a, close_h, get_child_h);
    c.process = 0;
    if (a.other != 0) {
        (void)process_info(a.other);
        close_handle(a.other);
    }
    await(job, ZX_JOB_NO_PROCESSES);
    close_child(&c);
    close_handle(job);
}

SCENARIO_ON(race_last_close_of_a_job_against_get_child, 3, 300)
{
    zx_handle_t job = make_job(lab.job), below = make_job(job);
    struct arena a = {.h = below, .job = job, .koid = basic(below).koid};

    RACE(&a, close_h, get_child_h, get_child_h);
    if (a.other != 0) {
        assert_int_equal(basic(a.other).related_koid, basic(job).koid);
        close_handle(a.other);
    }
    close_handle(job);
}

// Two channel ends that hold long chains close at once.
static void close_chain(void *arg)
{
    zx_handle_t end = take(arg);

    while (end == 0)
        end = take(arg);
    close_handle(end);
}

SCENARIO_ON(race_both_ends_of_nested_channels, 3, 100)
{
    struct arena a = {0};
    zx_handle_t outer[2], next[2];

    make_pair(outer);
    for (unsigned i = 0; i < 20; i++) {
        make_pair(next);
        assert_ok(zx_channel_write(next[i % 2], 0, NULL, 0, outer, 2));
        outer[0] = next[0];
        outer[1] = next[1];
    }
    atomic_store(&a.slot[0], outer[0]);
    atomic_store(&a.slot[1], outer[1]);
    RACE(&a, close_chain, close_chain);
}

static void close_both(void *arg)
{
    struct arena *a = arg;

    close_handle(a->h);
    close_handle(a->other);
}

static void use_both(void *arg)
{
    struct arena *a = arg;
    uint64_t value;
    char name[32];

    for (unsigned i = 0; i < 5; i++) {
        (void)zx_object_set_cookie(a->h, a->other, i);
        (void)zx_object_get_cookie(a->h, a->other, &value);
        (void)zx_object_signal(a->h, 0, ZX_USER_SIGNAL_0);
        (void)zx_object_wait_one(a->other, ZX_USER_SIGNAL_0, 0, NULL);
        (void)zx_object_get_property(a->h, ZX_PROP_NAME, name, sizeof(name));
    }
}

// CALLS(zx_object_set_cookie, zx_object_get_cookie)
SCENARIO_ON(race_last_close_against_everything, 4, 200)
{
    struct arena a = {.other = make_event()};

    assert_ok(zx_vmo_create(4096, 0, &a.h));
    RACE(&a, use_both, close_both, use_both);
}

static void name_a(void *arg)
{
    char name[31];

    memset(name, 'a', sizeof(name));
    for (unsigned i = 0; i < 5; i++)
        assert_ok(zx_object_set_property(((struct arena *)arg)->h, ZX_PROP_NAME, name, 31));
}

static void name_b(void *arg)
{
    char name[31];

    memset(name, 'b', sizeof(name));
    for (unsigned i = 0; i < 5; i++)
        assert_ok(zx_object_set_property(((struct arena *)arg)->h, ZX_PROP_NAME, name, 20));
}

static void check_names(void *arg)
{
    char name[32];

    for (unsigned i = 0; i < 10; i++) {
        assert_ok(zx_object_get_property(((struct arena *)arg)->h, ZX_PROP_NAME, name, 32));
        size_t n = strlen(name);
        assert_true(n == 0 || (n == 31 && name[0] == 'a') || (n == 20 && name[0] == 'b'));
        for (size_t c = 1; c < n; c++)
            assert_int_equal(name[c], name[0]); // never a mixture
    }
}

// CALLS(zx_object_set_property, zx_object_get_property)
SCENARIO_ON(race_names_are_not_torn, 3, 100)
{
    struct arena a = {.h = make_job(lab.job)};

    RACE(&a, name_a, name_b, check_names);
    close_handle(a.h);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest race_handle_tests[] = {
    T(race_handle_storm_from_4_cpus),
    T(race_replace_against_close_of_the_other_handle),
    T(race_last_close_against_duplicate),
    T(race_last_close_against_get_child),
    T(race_last_close_of_a_job_against_get_child),
    T(race_both_ends_of_nested_channels),
    T(race_last_close_against_everything),
    T(race_names_are_not_torn),
};
const size_t race_handle_test_count = countof(race_handle_tests);
