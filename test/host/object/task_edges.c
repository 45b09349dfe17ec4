// SPDX-License-Identifier: MIT
// Jobs, processes and threads where their arguments end: names, the handle that a process starts with,
// memory of others, and killing what one is part of. Spec 20 sections 2.4, 5, 6 and 10.
#include "object_test.h"


#define PAGE 4096u

// ---- names ------------------------------------------------------------------------------------

static zx_status_t name_process(const char *name, size_t size, zx_handle_t *out)
{
    zx_handle_t vmar;
    zx_status_t status = zx_process_create(lab.job, name, size, 0, out, &vmar);

    if (status == ZX_OK)
        close_handle(vmar);
    return status;
}

static zx_status_t name_thread(const char *name, size_t size, zx_handle_t *out)
{
    return zx_thread_create(lab.process, name, size, 0, out);
}

// A name ends at its NUL, after 31 bytes, and where its size says; no byte after the 32nd is read.
// CALLS(zx_process_create, zx_thread_create, zx_object_get_property)
SCENARIO(names_end_in_three_ways)
{
    zx_status_t (*const create[])(const char *, size_t, zx_handle_t *) = {name_process,
                                                                          name_thread};
    static const char text[] = "0123456789abcdef0123456789abcdef", nul[] = "ab\0cd";
    zx_handle_t vmo, made;
    zx_vaddr_t va;

    assert_ok(zx_vmo_create(2 * PAGE, 0, &vmo));
    assert_ok(zx_vmo_write(vmo, text, PAGE - 32, 32));
    assert_ok(zx_vmo_write(vmo, nul, 0, sizeof(nul)));
    assert_ok(zx_vmar_map(lab.vmar, ZX_VM_PERM_READ, 0, vmo, 0, 2 * PAGE, &va));
    assert_ok(zx_vmar_unmap(lab.vmar, va + PAGE, PAGE));
    const struct {
        zx_vaddr_t at;
        size_t size, length;
        zx_status_t status;
    } cases[] = {
        {va, sizeof(nul), 2, ZX_OK},        {va, 1, 1, ZX_OK},
        {va, 0, 0, ZX_OK},                  {va + PAGE - 32, 32, 31, ZX_OK},
        {va + PAGE - 32, 33, 31, ZX_OK},    {va + PAGE - 32, SIZE_MAX, 31, ZX_OK},
        {va + PAGE - 31, 31, 31, ZX_OK},    {va + PAGE - 31, 32, 0, ZX_ERR_INVALID_ARGS},
        {va + PAGE - 1, 2, 0, ZX_ERR_INVALID_ARGS},
    };
    for (unsigned i = 0; i < 2 * countof(cases); i++) {
        char name[32];

        memset(name, 'x', sizeof(name));
        assert_status(create[i % 2]((const char *)cases[i / 2].at, cases[i / 2].size, &made),
                      cases[i / 2].status);
        if (cases[i / 2].status != ZX_OK)
            continue;
        assert_ok(zx_object_get_property(made, ZX_PROP_NAME, name, sizeof(name)));
        for (size_t k = 0; k < sizeof(name); k++)
            assert_true((name[k] == '\0') == (k >= cases[i / 2].length));
        close_handle(made);
    }
    assert_ok(zx_vmar_unmap(lab.vmar, va, PAGE));
    close_handle(vmo);
}

// What has no name shows an empty one, and takes none.
// CALLS(zx_object_get_property, zx_object_set_property)
SCENARIO(unnamed_objects_have_an_empty_name)
{
    zx_handle_t ends[2], pipes[2];

    make_pair(ends);
    make_sockets(0, pipes);
    const zx_handle_t unnamed[] = {ends[0], ends[1], pipes[0], pipes[1]}; // only sockets have properties
    for (unsigned i = 0; i < countof(unnamed); i++) {
        const zx_rights_t rights = basic(unnamed[i]).rights;
        const zx_rights_t get = rights & ZX_RIGHT_GET_PROPERTY, set = rights & ZX_RIGHT_SET_PROPERTY;
        char name[32];

        memset(name, 'x', sizeof(name));
        assert_status(zx_object_get_property(unnamed[i], ZX_PROP_NAME, name, sizeof(name)),
                      get != 0 ? ZX_OK : ZX_ERR_ACCESS_DENIED);
        for (size_t k = 0; k < sizeof(name); k++)
            assert_int_equal(name[k], get != 0 ? '\0' : 'x');
        assert_status(zx_object_set_property(unnamed[i], ZX_PROP_NAME, "name", 4),
                      set != 0 ? ZX_ERR_NOT_SUPPORTED : ZX_ERR_ACCESS_DENIED);
    }
    assert_true(basic(pipes[0]).rights & ZX_RIGHT_GET_PROPERTY);
    assert_true(basic(pipes[0]).rights & ZX_RIGHT_SET_PROPERTY);
    assert_ok(zx_handle_close_many(unnamed, countof(unnamed)));
}

// ---- the argument of a start --------------------------------------------------------------------

static void ends_with_its_type(uint64_t bootstrap, uint64_t unused)
{
    (void)unused;
    zx_process_exit(basic((zx_handle_t)bootstrap).type);
}

// CALLS(zx_process_start)
SCENARIO(process_may_be_its_own_start_argument)
{
    struct child c = make_child(lab.job);
    zx_handle_t watched = duplicate_without(c.process, 0);

    assert_ok(zx_process_start(c.process, c.thread, (zx_vaddr_t)ends_with_its_type, 0, c.process,
                               0));
    assert_false(alive(c.process));
    await(watched, ZX_PROCESS_TERMINATED);
    assert_int_equal(process_info(watched).return_code, ZX_OBJ_TYPE_PROCESS);
    close_handle(watched);
    c.process = 0;
    close_child(&c);
}

// What is wrong with the argument is told before what is wrong with the states.
// CALLS(zx_process_start)
SCENARIO(start_checks_its_argument_before_states)
{
    struct child c = start_child(lab.job, child_waits, 0);
    zx_handle_t fixed = replace_without(make_event(), ZX_RIGHT_TRANSFER);

    assert_status(zx_process_start(c.process, c.thread, 0, 0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_process_start(c.process, c.thread, 0, 0, fixed, 0), ZX_ERR_ACCESS_DENIED);
    assert_false(alive(fixed));
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
}

// ---- killing oneself ----------------------------------------------------------------------------

static void kills_what_it_is_given(zx_handle_t task)
{
    (void)zx_task_kill(task);
    zx_process_exit(5); // never reached: the code would show
}

// CALLS(zx_task_kill): one's own job, or one above it
SCENARIO_ON(kill_of_the_own_job_does_not_return, 2, 10)
{
    for (unsigned above = 0; above < 2; above++) {
        zx_handle_t top = make_job(lab.job), job = make_job(top);
        struct child other = start_child(top, child_waits, 0);
        struct child c = start_child(job, kills_what_it_is_given,
                                     duplicate_without(above ? top : job, 0));

        await(c.process, ZX_PROCESS_TERMINATED);
        assert_int_equal(process_info(c.process).return_code, -1);
        assert_int_equal(process_info(other.process).exited, above);
        assert_ok(zx_task_kill(top));
        await(other.process, ZX_PROCESS_TERMINATED);
        close_child(&c);
        close_child(&other);
        close_handle(job);
        close_handle(top);
    }
}

// ---- memory of another process ------------------------------------------------------------------

// One byte or more at `at` of the child: `actual` are read and written, or `status` says why not.
static void expect_access(const struct child *c, zx_vaddr_t at, size_t size, size_t actual,
                          zx_status_t status)
{
    static char bytes[2 * PAGE];
    size_t done = 77;

    assert_status(zx_process_read_memory(c->process, at, bytes, size, &done), status);
    assert_int_equal(done, status == ZX_OK ? actual : 77);
    done = 77;
    assert_status(zx_process_write_memory(c->process, at, bytes, size, &done), status);
    assert_int_equal(done, status == ZX_OK ? actual : 77);
}

// CALLS(zx_process_read_memory, zx_process_write_memory)
SCENARIO(memory_ends_where_its_mapping_ends)
{
    const uint64_t offsets[] = {0, PAGE};

    for (unsigned i = 0; i < countof(offsets); i++) {
        struct child c = make_child(lab.job);
        zx_info_vmar_t root;
        zx_handle_t vmo;
        zx_vaddr_t va, next;

        assert_ok(zx_object_get_info(c.vmar, ZX_INFO_VMAR, &root, sizeof(root), NULL, NULL));
        assert_ok(zx_vmo_create(3 * PAGE, 0, &vmo));
        assert_ok(zx_vmar_map(c.vmar, ZX_VM_PERM_READ, 0, vmo, offsets[i],
                              2 * PAGE, &va));
        expect_access(&c, va, 2 * PAGE, 2 * PAGE, ZX_OK);
        assert_ok(zx_vmar_unmap(c.vmar, va + PAGE, PAGE));
        // What follows is nothing, and then another mapping: neither is gone on into.
        for (unsigned adjacent = 0; adjacent < 2; adjacent++) {
            expect_access(&c, va, 2 * PAGE, PAGE, ZX_OK);
            expect_access(&c, va + PAGE - 1, 1, 1, ZX_OK);
            expect_access(&c, va + PAGE - 1, 2, 1, ZX_OK);
            if (adjacent)
                break;
            expect_access(&c, va + PAGE, 1, 0, ZX_ERR_NO_MEMORY);
            assert_ok(zx_vmar_map(c.vmar, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, va + PAGE - root.base,
                                  vmo, 0, PAGE, &next));
            assert_int_equal(next, va + PAGE);
        }
        // The mapping is longer than the VMO by then: nothing is moved at all.
        assert_ok(zx_vmo_set_size(vmo, offsets[i]));
        expect_access(&c, va, 1, 0, ZX_ERR_OUT_OF_RANGE);
        assert_ok(zx_task_kill(c.process));
        expect_access(&c, va, 1, 0, ZX_ERR_NO_MEMORY);
        close_handle(vmo);
        close_child(&c);
    }
}

// The caller's buffer is looked at as a whole, though less may be there; before what the VMO says, and
// after the mapping.
// CALLS(zx_process_read_memory, zx_process_write_memory)
SCENARIO(memory_calls_look_at_the_whole_buffer)
{
    struct child c = make_child(lab.job);
    zx_handle_t vmo, uncached;
    zx_vaddr_t own, va, va2;
    size_t actual = 77;

    assert_ok(zx_vmo_create(PAGE, 0, &vmo));
    assert_ok(zx_vmo_create(PAGE, 0, &uncached));
    assert_ok(zx_vmo_set_cache_policy(uncached, ZX_CACHE_POLICY_UNCACHED));
    assert_ok(zx_vmar_map(lab.vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, PAGE, &own));
    assert_ok(zx_vmar_map(c.vmar, ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &va));
    assert_ok(zx_vmar_map(c.vmar, ZX_VM_PERM_READ, 0, uncached, 0, PAGE, &va2));
    char *const last = (char *)(own + PAGE - 1);
    const struct {
        zx_vaddr_t at;
        void *buffer;
        size_t size;
        zx_status_t status;
    } cases[] = {
        {va + PAGE - 1, last, 1, ZX_OK},
        {va + PAGE - 1, last, 2, ZX_ERR_INVALID_ARGS}, // though one byte is all there is
        {va2, last, 2, ZX_ERR_INVALID_ARGS},
        {va2, last, 1, ZX_ERR_BAD_STATE},
        {va - PAGE, LAB_BAD_PTR, 1, ZX_ERR_NO_MEMORY},
        {0, last, 1, ZX_ERR_NO_MEMORY},
        {UINT64_MAX, last, 1, ZX_ERR_NO_MEMORY},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        assert_status(zx_process_read_memory(c.process, cases[i].at, cases[i].buffer,
                                             cases[i].size, &actual), cases[i].status);
        assert_status(zx_process_write_memory(c.process, cases[i].at, cases[i].buffer,
                                              cases[i].size, &actual), cases[i].status);
    }
    // With a bad pointer for the result, the data has gone all the same. One's own process will do.
    assert_status(zx_process_write_memory(lab.process, own + 9, "m", 1, LAB_BAD_PTR),
                  ZX_ERR_INVALID_ARGS);
    char moved = 0;
    assert_ok(zx_process_read_memory(lab.process, own + 9, &moved, 1, &actual));
    assert_int_equal(moved, 'm');
    assert_ok(zx_vmar_unmap(lab.vmar, own, PAGE));
    close_handle(vmo);
    close_handle(uncached);
    close_child(&c);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest task_edges_tests[] = {
    T(names_end_in_three_ways),
    T(unnamed_objects_have_an_empty_name),
    T(process_may_be_its_own_start_argument),
    T(start_checks_its_argument_before_states),
    T(kill_of_the_own_job_does_not_return),
    T(memory_ends_where_its_mapping_ends),
    T(memory_calls_look_at_the_whole_buffer),
};
const size_t task_edges_test_count = countof(task_edges_tests);
