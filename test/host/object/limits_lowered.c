// SPDX-License-Identifier: MIT
// Limits set below what is in use (zx_job_set_limits): nothing more is given until they are met
// again.
#include "limits_test.h"

#define TAKEN 6u // before the limit comes down to half

static zx_handle_t taken[TAKEN + 1], memory, ends[2], inside, process;

static zx_status_t take_page(unsigned i)
{
    return commit(memory, i, 1);
}

static void give_page(unsigned i)
{
    assert_ok(zx_vmo_op_range(memory, ZX_VMO_OP_DECOMMIT, i * PAGE, PAGE, NULL, 0));
}

static char message[1000];

static zx_status_t take_message(unsigned i)
{
    (void)i;
    return zx_channel_write(ends[0], 0, message, sizeof(message), NULL, 0);
}

static void give_message(unsigned i)
{
    (void)i;
    assert_ok(zx_channel_read(ends[1], 0, message, NULL, sizeof(message), 0, NULL, NULL));
}

static zx_status_t take_handle(unsigned i)
{
    return zx_handle_duplicate(memory, ZX_RIGHT_SAME_RIGHTS, &taken[i]);
}

static zx_status_t take_thread(unsigned i)
{
    return zx_thread_create(process, "t", 1, 0, &taken[i]);
}

static zx_status_t take_process(unsigned i)
{
    zx_handle_t vmar;
    zx_status_t status = zx_process_create(inside, "p", 1, 0, &taken[i], &vmar);

    if (status == ZX_OK)
        close_handle(vmar);
    return status;
}

static void give_taken(unsigned i)
{
    close_handle(taken[i]);
}

// In the order of zx_job_limits_t and of zx_info_job_limits_t.
static const struct {
    zx_status_t (*take)(unsigned i);
    void (*give)(unsigned i);
    zx_status_t refused;
} kinds[] = {
    {take_page, give_page, ZX_ERR_NO_MEMORY},
    {take_message, give_message, ZX_ERR_NO_MEMORY},
    {take_handle, give_taken, ZX_ERR_NO_RESOURCES},
    {take_thread, give_taken, ZX_ERR_NO_RESOURCES},
    {take_process, give_taken, ZX_ERR_NO_RESOURCES},
};

static uint64_t used_of(zx_handle_t job, unsigned kind)
{
    const zx_info_job_limits_t info = usage_of(job);
    return (&info.pages)[kind].used;
}

static void lower(zx_handle_t job, unsigned kind)
{
    zx_job_limits_t limits = keep;

    for (unsigned i = 0; i < TAKEN; i++)
        assert_ok(kinds[kind].take(i));
    const uint64_t before = used_of(job, kind);
    kinds[kind].give(TAKEN - 1);
    const uint64_t one = before - used_of(job, kind);
    assert_true(one > 0);
    assert_ok(kinds[kind].take(TAKEN - 1));
    (&limits.pages)[kind] = before - TAKEN / 2 * one;
    assert_ok(set_limits(job, &limits));
    for (unsigned i = TAKEN; i > TAKEN / 2; i--) {
        assert_status(kinds[kind].take(i), kinds[kind].refused);
        kinds[kind].give(i - 1);
        assert_int_equal(used_of(job, kind), before - (TAKEN - i + 1) * one);
    }
    assert_status(kinds[kind].take(TAKEN - 1), kinds[kind].refused); // met, with no room for more
    kinds[kind].give(TAKEN / 2 - 1);
    assert_ok(kinds[kind].take(TAKEN / 2 - 1));
    assert_int_equal(used_of(job, kind), before - TAKEN / 2 * one);
    for (unsigned i = 0; i < TAKEN / 2; i++)
        kinds[kind].give(i);
}

static unsigned kind_now;

static void lower_one(zx_handle_t job)
{
    zx_handle_t vmar;

    inside = job;
    memory = make_vmo(TAKEN + 1);
    make_pair(ends);
    assert_ok(zx_process_create(inside, "other", 5, 0, &process, &vmar));
    lower(job, kind_now);
}

// CALLS(zx_job_set_limits): of each kind, in the job itself.
SCENARIO(limit_below_use_gives_nothing_until_it_is_met)
{
    for (kind_now = 0; kind_now < countof(kinds); kind_now++) {
        zx_handle_t job = make_job(lab.job);
        struct child c = start_child(job, lower_one, duplicate_without(job, 0));

        await(c.process, ZX_PROCESS_TERMINATED);
        assert_int_equal(process_info(c.process).return_code, 0);
        close_child(&c);
        close_handle(job);
    }
}

static void give_and_take(zx_handle_t channel)
{
    zx_handle_t vmo = make_vmo(11);
    unsigned held = 10;
    char byte = 'k';

    assert_ok(commit(vmo, 0, held));
    while (byte != '.') {
        assert_ok(zx_channel_write(channel, 0, "k", 1, NULL, 0));
        await(channel, ZX_CHANNEL_READABLE);
        assert_ok(zx_channel_read(channel, 0, &byte, NULL, 1, 0, NULL, NULL));
        if (byte == '-')
            assert_ok(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, --held * PAGE, PAGE, NULL, 0));
        if (byte == '+')
            assert_ok(commit(vmo, held++, 1));
        if (byte == '!')
            assert_status(commit(vmo, held, 1), ZX_ERR_NO_MEMORY);
    }
    close_handle(vmo);
}

// '-': one page less; '+': one page more; '!': one more is refused. '.': the end.
static void tell(zx_handle_t channel, char what)
{
    char byte;

    assert_ok(zx_channel_write(channel, 0, &what, 1, NULL, 0));
    await(channel, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(channel, 0, &byte, NULL, 1, 0, NULL, NULL));
}

// CALLS(zx_job_set_limits): of a job above; what one job gives back another one does not get, either,
// and a limit that goes up again is in force at once.
SCENARIO(limit_below_use_holds_for_all_jobs_below)
{
    zx_handle_t outer = make_job(lab.job), job[2], channel[2];
    struct child c[2];
    char byte;

    for (unsigned i = 0; i < 2; i++) {
        zx_handle_t pair[2];
        make_pair(pair);
        channel[i] = pair[0];
        job[i] = make_job(outer);
        c[i] = start_child(job[i], give_and_take, pair[1]);
        await(channel[i], ZX_CHANNEL_READABLE);
        assert_ok(zx_channel_read(channel[i], 0, &byte, NULL, 1, 0, NULL, NULL));
    }
    limit_pages(outer, 18);
    tell(channel[0], '-');
    tell(channel[0], '!'); // 19 are in use
    tell(channel[1], '!');
    tell(channel[1], '-');
    tell(channel[0], '!'); // 18
    tell(channel[1], '-');
    tell(channel[0], '+');
    tell(channel[0], '!');
    limit_pages(outer, 5);
    tell(channel[1], '-');
    tell(channel[1], '!');
    limit_pages(outer, 18);
    tell(channel[1], '+');
    tell(channel[1], '!');
    assert_int_equal(usage_of(outer).pages.used, 18);
    assert_int_equal(usage_of(outer).pages.refused, 6);
    for (unsigned i = 0; i < 2; i++) {
        assert_ok(zx_channel_write(channel[i], 0, ".", 1, NULL, 0));
        await(c[i].process, ZX_PROCESS_TERMINATED);
        close_handle(channel[i]);
        assert_int_equal(process_info(c[i].process).return_code, 0);
        close_child(&c[i]);
        close_handle(job[i]);
    }
    assert_int_equal(usage_of(outer).pages.used, 0);
    close_handle(outer);
}

static void lower_and_replace(zx_handle_t job)
{
    zx_handle_t vmo = make_vmo(1), pair[2], copy;
    zx_job_limits_t limits = keep;

    make_pair(pair);
    const uint64_t before = usage_of(job).handles.used;
    limits.handles = before - 2;
    assert_ok(set_limits(job, &limits));
    assert_status(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_ERR_NO_RESOURCES);
    for (unsigned i = 0; i < 3; i++) {
        assert_ok(zx_handle_replace(pair[0], ZX_RIGHT_SAME_RIGHTS, &pair[0]));
        assert_ok(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo));
    }
    assert_true(basic(vmo).rights & ZX_RIGHT_EXECUTE);
    assert_status(zx_object_wait_one(pair[1], ZX_CHANNEL_PEER_CLOSED, 0, NULL), ZX_ERR_TIMED_OUT);
    assert_int_equal(usage_of(job).handles.used, before);
    // What cannot be passed on is given back.
    assert_status(zx_handle_replace(pair[0], UINT32_MAX, &pair[0]), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_wait_one(pair[1], ZX_CHANNEL_PEER_CLOSED, 0, NULL), ZX_OK);
    assert_status(zx_handle_replace(vmo, ZX_RIGHT_SAME_RIGHTS, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_int_equal(usage_of(job).handles.used, before - 2);
}

// CALLS(zx_handle_replace, zx_vmo_replace_as_executable, zx_job_set_limits): uses nothing more, so it goes on.
SCENARIO(handles_are_replaced_over_the_limit)
{
    zx_handle_t job = make_job(lab.job);
    struct child c = start_child(job, lower_and_replace, duplicate_without(job, 0));

    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(c.process).return_code, 0);
    close_child(&c);
    close_handle(job);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest limits_lowered_tests[] = {
    T(limit_below_use_gives_nothing_until_it_is_met),
    T(limit_below_use_holds_for_all_jobs_below),
    T(handles_are_replaced_over_the_limit),
};
const size_t limits_lowered_test_count = countof(limits_lowered_tests);
