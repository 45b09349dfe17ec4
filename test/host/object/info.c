// SPDX-License-Identifier: MIT
// zx_object_get_info and zx_object_get_child: spec 22.
// CALLS(zx_object_get_info, zx_object_get_child)
#include "object_test.h"

#define BAD1 ((void *)1)

static zx_status_t info(zx_handle_t h, uint32_t topic, void *buf, size_t size, size_t *actual,
                        size_t *avail)
{
    return zx_object_get_info(h, topic, buf, size, actual, avail);
}

SCENARIO(unknown_topics_before_the_handle)
{
    const uint32_t unknown[] = {0, 5, 6, 24, 1000, UINT32_MAX};
    char buf[8];

    for (unsigned i = 0; i < countof(unknown); i++)
        assert_status(info(0, unknown[i], buf, 8, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
}

SCENARIO(handle_valid_touches_nothing)
{
    zx_handle_t e = make_event();

    assert_ok(info(e, ZX_INFO_HANDLE_VALID, BAD1, 8, BAD1, BAD1));
    assert_status(info(0, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), ZX_ERR_BAD_HANDLE);
    close_handle(e);
    assert_status(info(e, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), ZX_ERR_BAD_HANDLE);
}

// Topics of one record, with a handle that fits.
struct single {
    uint32_t topic;
    zx_handle_t handle;
    size_t size;
};

static void check_single(const struct single *s)
{
    char buf[512];
    size_t actual = 77, avail = 77;

    assert_status(info(0, s->topic, buf, sizeof(buf), NULL, NULL), ZX_ERR_BAD_HANDLE);
    assert_ok(info(s->handle, s->topic, buf, s->size, NULL, NULL));
    assert_status(info(s->handle, s->topic, BAD1, s->size, NULL, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(info(s->handle, s->topic, buf, s->size, BAD1, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(info(s->handle, s->topic, buf, s->size, NULL, BAD1), ZX_ERR_INVALID_ARGS);
    assert_status(info(s->handle, s->topic, buf, 0, &actual, &avail), ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(actual, 0);
    assert_int_equal(avail, 1);
    actual = avail = 77;
    assert_status(info(s->handle, s->topic, buf, s->size - 1, &actual, &avail),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(actual, 0);
    assert_int_equal(avail, 1);
    memset(buf, 0x5a, sizeof(buf)); // only the record is written
    assert_ok(info(s->handle, s->topic, buf, sizeof(buf), &actual, &avail));
    assert_int_equal(actual, 1);
    assert_int_equal(avail, 1);
    for (size_t i = s->size; i < sizeof(buf); i++)
        assert_int_equal(buf[i], 0x5a);
}

SCENARIO(single_record_topics)
{
    struct child c = make_child(lab.job);
    const struct single topics[] = {
        {ZX_INFO_HANDLE_BASIC, lab.job, 32},    {ZX_INFO_HANDLE_BASIC, lab.process, 32},
        {ZX_INFO_HANDLE_BASIC, lab.thread, 32}, {ZX_INFO_HANDLE_BASIC, lab.vmar, 32},
        {ZX_INFO_PROCESS, lab.process, 16},     {ZX_INFO_THREAD, lab.thread, 8},
        {ZX_INFO_VMAR, lab.vmar, 16},           {ZX_INFO_TASK_STATS, lab.process, 32},
        {ZX_INFO_TASK_STATS, c.process, 32},    {ZX_INFO_THREAD_STATS, lab.thread, 8},
        {ZX_INFO_HANDLE_COUNT, lab.thread, 4},  {ZX_INFO_PROCESS_HANDLE_STATS, c.process, 256},
        {ZX_INFO_KMEM_STATS, lab.resource, 72}, {ZX_INFO_RESOURCE, lab.resource, 56},
    };
    for (unsigned i = 0; i < countof(topics); i++)
        check_single(&topics[i]);
    close_child(&c);
}

SCENARIO(topics_refuse_other_types_and_missing_rights)
{
    const struct {
        uint32_t topic;
        zx_handle_t handle;
        zx_rights_t right;
        zx_handle_t wrong[3];
    } t[] = {
        {ZX_INFO_PROCESS, lab.process, ZX_RIGHT_INSPECT, {lab.job, lab.thread, lab.vmar}},
        {ZX_INFO_TASK_STATS, lab.process, ZX_RIGHT_INSPECT, {lab.job, lab.thread}},
        {ZX_INFO_PROCESS_MAPS, lab.process, ZX_RIGHT_INSPECT, {lab.job, lab.thread}},
        {ZX_INFO_PROCESS_VMOS, lab.process, ZX_RIGHT_INSPECT, {lab.job, lab.thread}},
        {ZX_INFO_PROCESS_THREADS, lab.process, ZX_RIGHT_ENUMERATE, {lab.job}},
        {ZX_INFO_JOB_CHILDREN, lab.job, ZX_RIGHT_ENUMERATE, {lab.process}},
        {ZX_INFO_JOB_PROCESSES, lab.job, ZX_RIGHT_ENUMERATE, {lab.process}},
        {ZX_INFO_VMAR, lab.vmar, ZX_RIGHT_INSPECT, {lab.job, lab.process, lab.thread}},
        {ZX_INFO_THREAD, lab.thread, ZX_RIGHT_INSPECT, {lab.job, lab.process}},
        {ZX_INFO_THREAD_STATS, lab.thread, ZX_RIGHT_INSPECT, {lab.job, lab.process}},
        {ZX_INFO_THREAD_EXCEPTION_REPORT, lab.thread, ZX_RIGHT_INSPECT, {lab.job, lab.process}},
        {ZX_INFO_PROCESS_HANDLE_STATS, lab.process, ZX_RIGHT_INSPECT, {lab.job, lab.thread}},
        {ZX_INFO_RESOURCE, lab.resource, ZX_RIGHT_INSPECT, {lab.job, lab.process}},
        {ZX_INFO_KMEM_STATS, lab.resource, 0, {lab.job, lab.process}},
        {ZX_INFO_CPU_STATS, lab.resource, 0, {lab.job, lab.process}},
    };
    char buf[512];

    for (unsigned i = 0; i < countof(t); i++) {
        assert_status(info(0, t[i].topic, buf, sizeof(buf), NULL, NULL), ZX_ERR_BAD_HANDLE);
        if (t[i].right != 0) {
            zx_handle_t weak = duplicate_without(t[i].handle, t[i].right);
            assert_status(info(weak, t[i].topic, buf, sizeof(buf), NULL, NULL),
                          ZX_ERR_ACCESS_DENIED);
            close_handle(weak);
        }
        for (unsigned w = 0; w < 3 && t[i].wrong[w] != 0; w++)
            assert_status(info(t[i].wrong[w], t[i].topic, buf, sizeof(buf), NULL, NULL),
                          ZX_ERR_WRONG_TYPE);
    }
}

SCENARIO(own_maps_and_vmos_are_denied)
{
    char buf[512];

    assert_status(info(lab.process, ZX_INFO_PROCESS_MAPS, buf, sizeof(buf), NULL, NULL),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(info(lab.process, ZX_INFO_PROCESS_VMOS, buf, sizeof(buf), NULL, NULL),
                  ZX_ERR_ACCESS_DENIED);
}

SCENARIO(state_dependent_topics)
{
    struct child c = make_child(lab.job);
    char buf[512];
    size_t actual = 77, avail = 77;

    assert_ok(info(c.process, ZX_INFO_PROCESS_MAPS, NULL, 0, &actual, &avail));
    assert_int_equal(actual, 0);
    assert_true(avail >= 2);
    assert_status(info(c.process, ZX_INFO_PROCESS_VMOS, buf, sizeof(buf), &actual, &avail),
                  ZX_ERR_BAD_STATE);
    assert_int_equal(actual, 0);
    assert_int_equal(avail, 0);
    assert_status(info(c.thread, ZX_INFO_THREAD_EXCEPTION_REPORT, buf, 0, NULL, NULL),
                  ZX_ERR_BAD_STATE);
    assert_ok(zx_task_kill(c.process));
    assert_status(info(c.process, ZX_INFO_TASK_STATS, buf, sizeof(buf), NULL, NULL),
                  ZX_ERR_BAD_STATE);
    assert_status(info(c.process, ZX_INFO_PROCESS_MAPS, buf, sizeof(buf), NULL, NULL),
                  ZX_ERR_BAD_STATE);
    assert_ok(info(c.process, ZX_INFO_PROCESS_THREADS, buf, sizeof(buf), &actual, &avail));
    assert_int_equal(actual + avail, 0);
    // Base and length of a region stay readable.
    assert_ok(info(c.vmar, ZX_INFO_VMAR, buf, sizeof(buf), NULL, NULL));
    close_child(&c);
}

SCENARIO(job_lists_its_direct_children_oldest_first)
{
    zx_handle_t job = make_job(lab.job), kids[2] = {make_job(job), make_job(job)};
    zx_handle_t grand = make_job(kids[0]);
    struct child p[3] = {make_child(job), make_child(job), make_child(job)};
    struct child below = make_child(kids[1]);
    zx_koid_t koids[8];
    size_t actual, avail;

    assert_ok(info(job, ZX_INFO_JOB_CHILDREN, koids, sizeof(koids), &actual, &avail));
    assert_int_equal(actual, 2);
    assert_int_equal(avail, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(koids[i], basic(kids[i]).koid);
    assert_ok(info(job, ZX_INFO_JOB_PROCESSES, koids, sizeof(koids), &actual, &avail));
    assert_int_equal(actual, 3); // unstarted ones too
    for (unsigned i = 0; i < 3; i++) {
        zx_handle_t h;
        assert_int_equal(koids[i], basic(p[i].process).koid);
        assert_ok(zx_object_get_child(job, koids[i], ZX_RIGHT_SAME_RIGHTS, &h));
        assert_int_equal(basic(h).koid, koids[i]);
        assert_int_equal(basic(h).rights, basic(job).rights); // the parent's, literally
        close_handle(h);
    }
    assert_ok(info(job, ZX_INFO_JOB_PROCESSES, koids, 8 + 7, &actual, &avail));
    assert_int_equal(actual, 1);
    assert_int_equal(avail, 3);
    assert_ok(info(job, ZX_INFO_JOB_PROCESSES, NULL, 0, &actual, &avail));
    assert_int_equal(actual, 0);
    assert_int_equal(avail, 3);
    assert_ok(info(job, ZX_INFO_JOB_PROCESSES, NULL, 0, NULL, NULL));
    assert_status(info(job, ZX_INFO_JOB_PROCESSES, BAD1, 64, NULL, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(info(job, ZX_INFO_JOB_PROCESSES, koids, 64, BAD1, NULL), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_task_kill(p[0].process)); // the dead are not listed
    assert_ok(info(job, ZX_INFO_JOB_PROCESSES, koids, sizeof(koids), &actual, &avail));
    assert_int_equal(actual, 2);
    assert_int_equal(koids[0], basic(p[1].process).koid);
    for (unsigned i = 0; i < 3; i++)
        close_child(&p[i]);
    close_child(&below);
    const zx_handle_t all[] = {grand, kids[0], kids[1], job};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

// Records in front of the fault may be written, but the call fails.
SCENARIO(list_that_runs_into_an_unmapped_page)
{
    zx_handle_t job = make_job(lab.job), vmo;
    struct child p[2] = {make_child(job), make_child(job)};
    zx_vaddr_t va;

    assert_ok(zx_vmo_create(8192, 0, &vmo));
    assert_ok(zx_vmar_map(lab.vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 8192, &va));
    assert_ok(zx_vmar_unmap(lab.vmar, va + 4096, 4096));
    void *last = (void *)(va + 4088);
    assert_status(info(job, ZX_INFO_JOB_PROCESSES, last, 16, NULL, NULL), ZX_ERR_INVALID_ARGS);
    assert_ok(info(job, ZX_INFO_JOB_PROCESSES, last, 8, NULL, NULL));
    assert_ok(zx_vmar_unmap(lab.vmar, va, 4096));
    close_handle(vmo);
    close_child(&p[0]);
    close_child(&p[1]);
    close_handle(job);
}

SCENARIO(process_lists_its_threads_in_start_order)
{
    zx_handle_t e = make_event(), h;
    struct waiter w[3];
    zx_koid_t koids[8];
    size_t actual, avail;

    for (unsigned i = 0; i < 3; i++)
        waiter_start(&w[i], e, ZX_USER_SIGNAL_0, FOREVER);
    zx_handle_t unstarted;
    assert_ok(zx_thread_create(lab.process, "new", 3, 0, &unstarted));
    assert_ok(info(lab.process, ZX_INFO_PROCESS_THREADS, koids, sizeof(koids), &actual, &avail));
    assert_int_equal(actual, 4);
    assert_int_equal(koids[0], basic(lab.thread).koid);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(koids[i + 1], basic(w[i].thread).koid);
    assert_status(zx_object_get_child(lab.process, basic(unstarted).koid, ZX_RIGHT_SAME_RIGHTS, &h),
                  ZX_ERR_NOT_FOUND);
    assert_ok(zx_object_get_child(lab.process, koids[2], ZX_RIGHT_WAIT, &h));
    assert_int_equal(basic(h).type, ZX_OBJ_TYPE_THREAD);
    assert_int_equal(basic(h).rights, ZX_RIGHT_WAIT);
    close_handle(h);
    close_handle(unstarted);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
    for (unsigned i = 0; i < 3; i++)
        waiter_join(&w[i]);
    assert_status(zx_object_get_child(lab.process, koids[2], ZX_RIGHT_SAME_RIGHTS, &h),
                  ZX_ERR_NOT_FOUND); // dead
    close_handle(e);
}

SCENARIO(get_child_checks_in_order)
{
    zx_handle_t job = make_job(lab.job), below = make_job(job), out = 77, weak;
    zx_koid_t koid = basic(below).koid;
    const zx_rights_t foreign = ZX_RIGHT_MAP;

    assert_status(zx_object_get_child(0, koid, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_BAD_HANDLE);
    weak = duplicate_without(job, ZX_RIGHT_ENUMERATE);
    assert_status(zx_object_get_child(weak, koid, foreign, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_get_child(job, koid, foreign, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_get_child(job, koid, ZX_RIGHT_SAME_RIGHTS | 1, &out),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_get_child(lab.thread, koid, ZX_RIGHT_SAME_RIGHTS, &out),
                  ZX_ERR_ACCESS_DENIED); // no ENUMERATE
    assert_status(zx_object_get_child(job, 12345678, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_NOT_FOUND);
    assert_status(zx_object_get_child(lab.job, koid, ZX_RIGHT_SAME_RIGHTS, &out),
                  ZX_ERR_NOT_FOUND); // no recursion
    assert_int_equal(out, 77);
    assert_status(zx_object_get_child(job, koid, ZX_RIGHT_SAME_RIGHTS, LAB_BAD_PTR),
                  ZX_ERR_INVALID_ARGS);
    assert_ok(zx_object_get_child(job, koid, ZX_RIGHT_SAME_RIGHTS, &out));
    assert_int_equal(handle_count(below), 2);
    const zx_handle_t all[] = {out, weak, below, job};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

SCENARIO(handle_stats_count_by_type)
{
    zx_info_process_handle_stats_t a, b;
    zx_handle_t ends[2];

    assert_ok(info(lab.process, ZX_INFO_PROCESS_HANDLE_STATS, &a, sizeof(a), NULL, NULL));
    assert_int_equal(a.handle_count[ZX_OBJ_TYPE_NONE], 0);
    assert_true(a.handle_count[ZX_OBJ_TYPE_PROCESS] > 0);
    assert_true(a.handle_count[ZX_OBJ_TYPE_THREAD] > 0);
    make_pair(ends);
    assert_ok(info(lab.process, ZX_INFO_PROCESS_HANDLE_STATS, &b, sizeof(b), NULL, NULL));
    assert_int_equal(b.handle_count[ZX_OBJ_TYPE_CHANNEL], a.handle_count[ZX_OBJ_TYPE_CHANNEL] + 2);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(koids_only_grow)
{
    zx_koid_t last = basic(lab.process).koid;

    assert_true(last >= 1024);
    for (unsigned i = 0; i < 50; i++) {
        zx_handle_t e = make_event();
        assert_true(basic(e).koid > last && (basic(e).koid >> 63) == 0);
        last = basic(e).koid;
        close_handle(e);
    }
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest info_tests[] = {
    T(unknown_topics_before_the_handle),
    T(handle_valid_touches_nothing),
    T(single_record_topics),
    T(topics_refuse_other_types_and_missing_rights),
    T(own_maps_and_vmos_are_denied),
    T(state_dependent_topics),
    T(job_lists_its_direct_children_oldest_first),
    T(list_that_runs_into_an_unmapped_page),
    T(process_lists_its_threads_in_start_order),
    T(get_child_checks_in_order),
    T(handle_stats_count_by_type),
    T(koids_only_grow),
};
const size_t info_test_count = countof(info_tests);
