// SPDX-License-Identifier: MIT
// zx_object_signal and _signal_peer, properties, cookies: spec 10 sections 3 to 5.
#include "object_test.h"

// CALLS(zx_event_create)
SCENARIO(event_begins_clear_with_its_rights)
{
    zx_handle_t e = make_event(), out = 77;
    zx_info_handle_basic_t info = basic(e);

    assert_int_equal(info.type, ZX_OBJ_TYPE_EVENT);
    assert_int_equal(info.rights, 0xd003);
    assert_int_equal(info.related_koid, 0);
    assert_int_equal(info.props, ZX_OBJ_PROP_WAITABLE);
    assert_int_equal(state_of(e), 0);
    assert_status(zx_event_create(1, &out), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    close_handle(e);
}

// CALLS(zx_object_signal)
SCENARIO(signal_sets_and_clears_in_one_update)
{
    zx_handle_t e = make_event();

    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0 | ZX_EVENT_SIGNALED));
    assert_int_equal(state_of(e), ZX_USER_SIGNAL_0 | ZX_EVENT_SIGNALED);
    assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_1));
    assert_int_equal(state_of(e), ZX_USER_SIGNAL_1 | ZX_EVENT_SIGNALED);
    // A bit in both masks ends up set.
    assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_2, ZX_USER_SIGNAL_2));
    assert_int_equal(state_of(e), ZX_USER_SIGNAL_1 | ZX_USER_SIGNAL_2 | ZX_EVENT_SIGNALED);
    assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_object_signal(e, 0, 0));
    assert_int_equal(state_of(e), 0);
    close_handle(e);
}

SCENARIO(signal_checks_handle_right_type_bits)
{
    zx_handle_t e = make_event(), weak = duplicate_without(e, ZX_RIGHT_SIGNAL), ends[2];

    make_pair(ends);
    assert_status(zx_object_signal(0, 1, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_signal(weak, 1, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_signal(lab.vmar, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_signal(e, 0, 1u << 2), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_signal(e, 1u << 23, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_signal(e, 0, ZX_USER_SIGNAL_0 | 1u << 4), ZX_ERR_INVALID_ARGS);
    assert_int_equal(state_of(e), 0);
    // Bit 3 belongs to the user on events only.
    const zx_handle_t tasks[] = {ends[0], lab.process, lab.thread, lab.job};
    for (unsigned i = 0; i < countof(tasks); i++) {
        assert_status(zx_object_signal(tasks[i], 0, ZX_EVENT_SIGNALED), ZX_ERR_INVALID_ARGS);
        assert_ok(zx_object_signal(tasks[i], 0, ZX_USER_SIGNAL_7));
        assert_true((state_of(tasks[i]) & ZX_USER_SIGNAL_7) != 0);
        assert_ok(zx_object_signal(tasks[i], ZX_USER_SIGNAL_7, 0));
    }
    const zx_handle_t all[] = {weak, e, ends[0], ends[1]};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

// CALLS(zx_object_signal_peer)
SCENARIO(signal_peer_changes_the_other_side)
{
    zx_handle_t ends[2];

    make_pair(ends);
    assert_ok(zx_object_signal_peer(ends[0], 0, ZX_USER_SIGNAL_2 | ZX_USER_SIGNAL_3));
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE | ZX_USER_SIGNAL_2 | ZX_USER_SIGNAL_3);
    assert_ok(zx_object_signal_peer(ends[0], ZX_USER_SIGNAL_2, ZX_USER_SIGNAL_4));
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE | ZX_USER_SIGNAL_3 | ZX_USER_SIGNAL_4);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(signal_peer_checks_handle_right_type_bits_peer)
{
    zx_handle_t ends[2], weak[2], e = make_event();

    make_pair(ends);
    make_pair(weak);
    weak[0] = replace_without(weak[0], ZX_RIGHT_SIGNAL_PEER);
    assert_status(zx_object_signal_peer(0, 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_signal_peer(weak[0], 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_signal_peer(e, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_signal_peer(ends[0], 0, ZX_CHANNEL_WRITABLE), ZX_ERR_INVALID_ARGS);
    close_handle(ends[1]);
    assert_status(zx_object_signal_peer(ends[0], 0, ZX_CHANNEL_WRITABLE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_signal_peer(ends[0], 0, ZX_USER_SIGNAL_0), ZX_ERR_PEER_CLOSED);
    const zx_handle_t all[] = {weak[0], weak[1], e, ends[0]};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

// ---- properties -------------------------------------------------------------------------------

static void check_name(zx_handle_t h, const char *expected)
{
    char name[33];

    memset(name, 'x', sizeof(name));
    assert_ok(zx_object_get_property(h, ZX_PROP_NAME, name, 32));
    assert_int_equal(name[32], 'x');
    char padded[32] = {0};
    memcpy(padded, expected, strlen(expected));
    assert_memory_equal(name, padded, 32);
}

static zx_status_t set_name(zx_handle_t h, const char *text, size_t size)
{
    return zx_object_set_property(h, ZX_PROP_NAME, text, size);
}

// CALLS(zx_object_get_property, zx_object_set_property)
SCENARIO(names_are_cut_and_padded)
{
    const char *text = "0123456789012345678901234567890123456789";
    zx_handle_t job = make_job(lab.job), copy = duplicate_without(job, 0);

    check_name(job, ""); // of a fresh job
    assert_ok(set_name(job, "abc\0def", 7));
    check_name(copy, "abc"); // per object, not per handle
    assert_ok(set_name(job, text, 40));
    check_name(job, "0123456789012345678901234567890");
    assert_ok(set_name(job, text, 31));
    check_name(job, "0123456789012345678901234567890");
    assert_ok(set_name(job, text, 5));
    check_name(job, "01234");
    assert_ok(set_name(job, text, 0));
    check_name(job, "");
    close_handle(copy);
    close_handle(job);
}

SCENARIO(names_of_all_kinds_that_have_one)
{
    struct child c = make_child(lab.job);
    zx_handle_t vmo;

    assert_ok(zx_vmo_create(ZX_PAGE_SIZE, 0, &vmo));
    check_name(vmo, "");
    check_name(c.process, "child");
    check_name(c.thread, "first");
    const zx_handle_t named[] = {vmo, c.process, c.thread};
    for (unsigned i = 0; i < countof(named); i++) {
        assert_ok(set_name(named[i], "other", 5));
        check_name(named[i], "other");
    }
    close_handle(vmo);
    close_child(&c);
}

SCENARIO(properties_check_pointer_handle_right_number_size)
{
    zx_handle_t job = make_job(lab.job);
    zx_handle_t weak = duplicate_without(job, ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY);
    char name[32] = "x";

    assert_status(raw_call(object_get_property, 0, ZX_PROP_NAME, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(object_set_property, 0, ZX_PROP_NAME, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_get_property(0, 99, name, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_set_property(0, 99, name, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_get_property(weak, 99, name, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_set_property(weak, 99, name, 0), ZX_ERR_ACCESS_DENIED);
    const uint32_t unknown[] = {0, 1, 2, 4, 7, 11, 14, 16, 99, UINT32_MAX};
    for (unsigned i = 0; i < countof(unknown); i++) {
        assert_status(zx_object_get_property(job, unknown[i], name, 32), ZX_ERR_INVALID_ARGS);
        assert_status(zx_object_set_property(job, unknown[i], name, 32), ZX_ERR_INVALID_ARGS);
    }
    assert_status(zx_object_get_property(job, ZX_PROP_NAME, name, 31), ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_object_get_property(job, ZX_PROP_NAME, LAB_BAD_PTR, 31),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_object_get_property(job, ZX_PROP_NAME, LAB_BAD_PTR, 32), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_set_property(job, ZX_PROP_NAME, LAB_BAD_PTR, 4), ZX_ERR_INVALID_ARGS);
    // Size before type.
    assert_status(zx_object_get_property(job, ZX_PROP_PROCESS_DEBUG_ADDR, name, 7),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_object_get_property(job, ZX_PROP_PROCESS_DEBUG_ADDR, name, 8),
                  ZX_ERR_WRONG_TYPE);
    close_handle(weak);
    close_handle(job);
}

SCENARIO(debug_address_can_be_set_until_it_is_real)
{
    struct child c = make_child(lab.job);
    uintptr_t value = 77;
    const uintptr_t zero = 0, magic = ZX_PROCESS_DEBUG_ADDR_BREAK_ON_SET, real = 0x1234567;

    assert_ok(zx_object_get_property(c.process, ZX_PROP_PROCESS_DEBUG_ADDR, &value, 8));
    assert_int_equal(value, 0);
    assert_status(zx_object_set_property(c.process, ZX_PROP_PROCESS_DEBUG_ADDR, &zero, 8),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_set_property(c.process, ZX_PROP_PROCESS_DEBUG_ADDR, &real, 7),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_object_set_property(c.thread, ZX_PROP_PROCESS_DEBUG_ADDR, &real, 8),
                  ZX_ERR_WRONG_TYPE);
    assert_ok(zx_object_set_property(c.process, ZX_PROP_PROCESS_DEBUG_ADDR, &magic, 8));
    assert_ok(zx_object_set_property(c.process, ZX_PROP_PROCESS_DEBUG_ADDR, &real, 8));
    assert_ok(zx_object_get_property(c.process, ZX_PROP_PROCESS_DEBUG_ADDR, &value, 8));
    assert_int_equal(value, real);
    assert_status(zx_object_set_property(c.process, ZX_PROP_PROCESS_DEBUG_ADDR, &magic, 8),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_set_property(c.process, ZX_PROP_PROCESS_DEBUG_ADDR, &zero, 8),
                  ZX_ERR_INVALID_ARGS);
    close_child(&c);
}

SCENARIO(vdso_base_can_only_be_read)
{
    struct child c = make_child(lab.job);
    uintptr_t value = 77;

    assert_ok(zx_object_get_property(c.process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &value, 8));
    assert_int_equal(value, 0); // nothing is mapped yet
    assert_status(zx_object_get_property(c.process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &value, 4),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_object_get_property(c.thread, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &value, 8),
                  ZX_ERR_WRONG_TYPE);
    assert_status(zx_object_set_property(c.process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &value, 8),
                  ZX_ERR_INVALID_ARGS);
    close_child(&c);
}

SCENARIO(kill_on_oom_is_0_or_1)
{
    zx_handle_t job = make_job(lab.job), e = make_event();
    size_t value = 1;

    assert_ok(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &value, sizeof(value)));
    assert_ok(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &value, 0)); // size unchecked
    value = 0;
    assert_ok(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &value, sizeof(value)));
    value = 2;
    assert_status(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &value, sizeof(value)),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_set_property(lab.process, ZX_PROP_JOB_KILL_ON_OOM, &value, 8),
                  ZX_ERR_WRONG_TYPE);
    assert_status(zx_object_get_property(job, ZX_PROP_JOB_KILL_ON_OOM, &value, 8),
                  ZX_ERR_INVALID_ARGS);
    close_handle(e);
    close_handle(job);
}

// ---- cookies ----------------------------------------------------------------------------------

// CALLS(zx_object_set_cookie, zx_object_get_cookie)
SCENARIO(cookie_belongs_to_its_first_scope)
{
    zx_handle_t e = make_event(), scope = make_event(), other = make_event();
    zx_handle_t scope_copy = duplicate_without(scope, ~0u); // no right is needed
    uint64_t value = 77;

    assert_status(zx_object_get_cookie(e, scope, &value), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_object_set_cookie(e, scope, 5));
    assert_ok(zx_object_get_cookie(e, scope_copy, &value)); // any handle to the scope object
    assert_int_equal(value, 5);
    assert_ok(zx_object_set_cookie(e, scope_copy, 6));
    value = 77;
    assert_status(zx_object_set_cookie(e, other, 7), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_get_cookie(e, other, &value), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(value, 77);
    assert_ok(zx_object_get_cookie(e, scope, &value));
    assert_int_equal(value, 6);
    // For the target's lifetime, the scope's handles or not.
    close_handle(scope);
    close_handle(scope_copy);
    assert_status(zx_object_set_cookie(e, other, 7), ZX_ERR_ACCESS_DENIED);
    close_handle(other);
    close_handle(e);
}

SCENARIO(cookies_check_scope_handle_type_scope_pointer)
{
    zx_handle_t e = make_event(), scope = make_event(), ends[2], vmo;
    uint64_t value;

    make_pair(ends);
    assert_ok(zx_vmo_create(ZX_PAGE_SIZE, 0, &vmo));
    assert_status(zx_object_set_cookie(ends[0], 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_set_cookie(0, scope, 1), ZX_ERR_BAD_HANDLE);
    const zx_handle_t without[] = {ends[0], lab.process, lab.job, lab.thread, lab.resource};
    for (unsigned i = 0; i < countof(without); i++) {
        assert_status(zx_object_set_cookie(without[i], scope, 1), ZX_ERR_NOT_SUPPORTED);
        assert_status(zx_object_get_cookie(without[i], scope, &value), ZX_ERR_NOT_SUPPORTED);
    }
    assert_status(zx_object_get_cookie(e, scope, LAB_BAD_PTR), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_object_set_cookie(e, scope, 1));
    assert_status(zx_object_get_cookie(e, scope, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_object_set_cookie(vmo, scope, 9));
    assert_ok(zx_object_get_cookie(vmo, scope, &value));
    assert_int_equal(value, 9);
    const zx_handle_t all[] = {e, scope, ends[0], ends[1], vmo};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest signal_tests[] = {
    T(event_begins_clear_with_its_rights),
    T(signal_sets_and_clears_in_one_update),
    T(signal_checks_handle_right_type_bits),
    T(signal_peer_changes_the_other_side),
    T(signal_peer_checks_handle_right_type_bits_peer),
    T(names_are_cut_and_padded),
    T(names_of_all_kinds_that_have_one),
    T(properties_check_pointer_handle_right_number_size),
    T(debug_address_can_be_set_until_it_is_real),
    T(vdso_base_can_only_be_read),
    T(kill_on_oom_is_0_or_1),
    T(cookie_belongs_to_its_first_scope),
    T(cookies_check_scope_handle_type_scope_pointer),
};
const size_t signal_test_count = countof(signal_tests);
