// SPDX-License-Identifier: MIT
// zx_object_get_info topic by topic: which handles it takes, and what its records say (spec 22).
// CALLS(zx_object_get_info)
#include "object_test.h"

#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/profile.h>

#define PAGE 4096u
#define RW   (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

// ---- which handles ----------------------------------------------------------------------------------

static const struct {
    uint32_t topic;
    zx_obj_type_t type; // ZX_OBJ_TYPE_NONE: any
    zx_rights_t right;
} topics[] = {
    {ZX_INFO_HANDLE_BASIC, ZX_OBJ_TYPE_NONE, 0},
    {ZX_INFO_PROCESS, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT},
    {ZX_INFO_PROCESS_THREADS, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_ENUMERATE},
    {ZX_INFO_VMAR, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_INSPECT},
    {ZX_INFO_JOB_CHILDREN, ZX_OBJ_TYPE_JOB, ZX_RIGHT_ENUMERATE},
    {ZX_INFO_JOB_PROCESSES, ZX_OBJ_TYPE_JOB, ZX_RIGHT_ENUMERATE},
    {ZX_INFO_THREAD, ZX_OBJ_TYPE_THREAD, ZX_RIGHT_INSPECT},
    {ZX_INFO_THREAD_EXCEPTION_REPORT, ZX_OBJ_TYPE_THREAD, ZX_RIGHT_INSPECT},
    {ZX_INFO_TASK_STATS, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT},
    {ZX_INFO_PROCESS_MAPS, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT},
    {ZX_INFO_PROCESS_VMOS, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT},
    {ZX_INFO_THREAD_STATS, ZX_OBJ_TYPE_THREAD, ZX_RIGHT_INSPECT},
    {ZX_INFO_CPU_STATS, ZX_OBJ_TYPE_RESOURCE, 0},
    {ZX_INFO_KMEM_STATS, ZX_OBJ_TYPE_RESOURCE, 0},
    {ZX_INFO_RESOURCE, ZX_OBJ_TYPE_RESOURCE, ZX_RIGHT_INSPECT},
    {ZX_INFO_HANDLE_COUNT, ZX_OBJ_TYPE_NONE, ZX_RIGHT_INSPECT},
    {ZX_INFO_BTI, ZX_OBJ_TYPE_BTI, ZX_RIGHT_INSPECT},
    {ZX_INFO_PROCESS_HANDLE_STATS, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_INSPECT},
    {ZX_INFO_SOCKET, ZX_OBJ_TYPE_SOCKET, ZX_RIGHT_INSPECT},
    {ZX_INFO_VMO, ZX_OBJ_TYPE_VMO, 0},
    {ZX_INFO_JOB_LIMITS, ZX_OBJ_TYPE_JOB, ZX_RIGHT_INSPECT},
};

// The right comes before the type, both before the object's state.
static void check_topics(zx_handle_t h)
{
    const zx_info_handle_basic_t info = basic(h);
    char buf[512];

    for (unsigned i = 0; i < countof(topics); i++) {
        zx_status_t status = zx_object_get_info(h, topics[i].topic, buf, sizeof(buf), NULL, NULL);
        if ((info.rights & topics[i].right) != topics[i].right)
            assert_status(status, ZX_ERR_ACCESS_DENIED);
        else if (topics[i].type != ZX_OBJ_TYPE_NONE && topics[i].type != info.type)
            assert_status(status, ZX_ERR_WRONG_TYPE);
        else if (topics[i].topic == ZX_INFO_THREAD_EXCEPTION_REPORT ||
                 topics[i].topic == ZX_INFO_PROCESS_VMOS)
            assert_status(status, ZX_ERR_BAD_STATE); // of what was never started
        else
            assert_ok(status);
    }
    assert_ok(zx_object_get_info(h, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL));
}

#define OBJECTS 20u

// A handle to an object of each type, and its peer's where it has one. Returns how many.
static unsigned make_objects(zx_handle_t h[OBJECTS])
{
    const zx_iommu_desc_dummy_t desc = {0};
    const zx_profile_info_t profile = {.type = ZX_PROFILE_INFO_SCHEDULER,
                                       .scheduler = {.priority = 10}};
    struct child c = make_child(lab.job);
    unsigned n = 0;

    h[n++] = c.process;
    h[n++] = c.vmar;
    h[n++] = c.thread;
    h[n++] = make_job(lab.job);
    h[n++] = make_event();
    make_pair(&h[n]), n += 2;
    make_sockets(0, &h[n]), n += 2;
    assert_ok(zx_eventpair_create(0, &h[n], &h[n + 1])), n += 2;
    assert_ok(zx_fifo_create(2, 16, 0, &h[n], &h[n + 1])), n += 2;
    assert_ok(zx_vmo_create(PAGE, 0, &h[n++]));
    assert_ok(zx_port_create(0, &h[n++]));
    assert_ok(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &h[n++]));
    assert_ok(zx_profile_create(h[3], &profile, &h[n++]));
    assert_ok(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &h[n++]));
    assert_ok(zx_bti_create(h[n - 1], 0, 7, &h[n])), n++;
    assert_ok(zx_handle_duplicate(lab.resource, ZX_RIGHT_SAME_RIGHTS, &h[n++]));
    assert_int_equal(n, OBJECTS);
    return n;
}

SCENARIO(every_topic_is_for_its_type_and_right)
{
    zx_handle_t h[OBJECTS];
    const unsigned n = make_objects(h);

    for (unsigned i = 0; i < n; i++) {
        check_topics(h[i]);
        h[i] = replace_without(h[i], ZX_RIGHT_INSPECT);
        check_topics(h[i]);
        h[i] = replace_without(h[i], ZX_RIGHT_ENUMERATE);
        check_topics(h[i]);
    }
    assert_ok(zx_handle_close_many(h, n));
}

// CALLS(zx_object_get_info, zx_object_wait_one)
SCENARIO(a_handle_tells_what_it_is_to)
{
    zx_handle_t h[OBJECTS];
    const unsigned n = make_objects(h);

    for (unsigned i = 0; i < n; i++) {
        const zx_info_handle_basic_t info = basic(h[i]);
        bool waitable = info.props == ZX_OBJ_PROP_WAITABLE;
        assert_true(waitable || info.props == ZX_OBJ_PROP_NONE);
        if (info.rights & ZX_RIGHT_WAIT)
            assert_int_equal(zx_object_wait_one(h[i], 0, 0, NULL) == ZX_ERR_TIMED_OUT, waitable);
        else
            assert_false(waitable);
        for (unsigned k = 0; k < n; k++) { // the object at the other end names this one
            const zx_info_handle_basic_t other = basic(h[k]);
            if (other.koid == info.related_koid && other.type == info.type &&
                info.type != ZX_OBJ_TYPE_JOB)
                assert_int_equal(other.related_koid, info.koid);
        }
    }
    assert_int_equal(basic(h[0]).related_koid, basic(lab.job).koid);
    assert_int_equal(basic(h[2]).related_koid, basic(h[0]).koid);
    assert_int_equal(basic(h[3]).related_koid, basic(lab.job).koid);
    for (unsigned i = 5; i < 13; i += 2) { // pairs; the relation outlives the other end
        zx_koid_t koid = basic(h[i + 1]).koid;
        assert_int_equal(basic(h[i]).related_koid, koid);
        close_handle(h[i + 1]);
        h[i + 1] = 0;
        assert_int_equal(basic(h[i]).related_koid, koid);
    }
    for (unsigned i = 13; i < n; i++)
        assert_int_equal(basic(h[i]).related_koid, 0);
    assert_int_equal(basic(h[1]).related_koid, 0); // VMAR
    assert_int_equal(basic(h[4]).related_koid, 0); // event
    assert_ok(zx_handle_close_many(h, n));
}

// ---- threads ----------------------------------------------------------------------------------------

static zx_duration_t runtime_of(zx_handle_t thread)
{
    zx_info_thread_stats_t stats;

    assert_ok(zx_object_get_info(thread, ZX_INFO_THREAD_STATS, &stats, sizeof(stats), NULL, NULL));
    return stats.total_runtime;
}

SCENARIO(runtime_grows_while_a_thread_runs)
{
    struct child c = make_child(lab.job);
    zx_duration_t last = runtime_of(lab.thread);

    assert_int_equal(runtime_of(c.thread), 0);
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned k = 0; k < 20; k++)
            lab_pause();
        zx_duration_t now = runtime_of(lab.thread);
        assert_true(now > last && now <= zx_clock_get_monotonic());
        last = now;
    }
    struct waiter w;
    zx_handle_t e = make_event();
    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    zx_duration_t blocked;
    do { // it is on its way to the wait
        blocked = runtime_of(w.thread);
        sleep_ns(100000);
    } while (runtime_of(w.thread) != blocked);
    assert_int_equal(runtime_of(w.thread), blocked); // waiting is not running
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
    waiter_join(&w);
    close_handle(e);
    close_child(&c);
}

// ---- address spaces ---------------------------------------------------------------------------------

#define MAPPINGS 8u

// CALLS(zx_object_get_info, zx_vmar_map)
SCENARIO(a_shorter_list_of_maps_is_the_beginning_of_the_longer)
{
    static zx_info_maps_t all[16], some[16];
    struct child c = make_child(lab.job);
    size_t actual, avail;
    zx_handle_t vmo;
    zx_vaddr_t va;

    assert_ok(zx_vmo_create(MAPPINGS * PAGE, 0, &vmo));
    for (unsigned i = 0; i < MAPPINGS; i++)
        assert_ok(zx_vmar_map(c.vmar, RW, 0, vmo, i * PAGE, PAGE, &va));
    assert_ok(
        zx_object_get_info(c.process, ZX_INFO_PROCESS_MAPS, all, sizeof(all), &actual, &avail));
    assert_int_equal(actual, 2 + MAPPINGS);
    assert_int_equal(avail, actual);
    for (size_t n = 0; n <= avail; n++) {
        memset(some, 0x5a, sizeof(some));
        assert_ok(zx_object_get_info(c.process, ZX_INFO_PROCESS_MAPS, some,
                                     n * sizeof(some[0]) + sizeof(some[0]) - 1, &actual, &avail));
        assert_int_equal(actual, n);
        assert_int_equal(avail, 2 + MAPPINGS);
        assert_memory_equal(some, all, n * sizeof(some[0]));
        assert_int_equal(((char *)&some[n])[0], 0x5a); // no more than it says
    }
    for (size_t n = 3; n < avail; n++)
        assert_true(all[n].base > all[n - 1].base);
    close_handle(vmo);
    close_child(&c);
}

// What is in one place of the list of a process's VMOs.
static size_t count_vmos(zx_handle_t process, zx_koid_t koid, uint32_t via, zx_info_vmo_t *last)
{
    static zx_info_vmo_t vmos[32];
    size_t actual, avail, count = 0;

    assert_ok(zx_object_get_info(process, ZX_INFO_PROCESS_VMOS, vmos, sizeof(vmos), &actual,
                                 &avail));
    assert_int_equal(actual, avail);
    for (size_t i = 0; i < actual; i++) {
        uint32_t ways = vmos[i].flags & (ZX_INFO_VMO_VIA_HANDLE | ZX_INFO_VMO_VIA_MAPPING);
        assert_true(ways == ZX_INFO_VMO_VIA_HANDLE || ways == ZX_INFO_VMO_VIA_MAPPING);
        // Handles first.
        assert_true(i == 0 || ways == ZX_INFO_VMO_VIA_MAPPING ||
                    (vmos[i - 1].flags & ZX_INFO_VMO_VIA_HANDLE));
        if (vmos[i].koid == koid && ways == via) {
            *last = vmos[i];
            count++;
        }
    }
    return count;
}

// CALLS(zx_object_get_info, zx_vmo_clone, zx_vmar_map)
SCENARIO(a_process_lists_vmos_by_handle_and_by_mapping)
{
    zx_handle_t held, mapped, clone;
    zx_info_vmo_t v;
    zx_vaddr_t va;

    assert_ok(zx_vmo_create(PAGE, 0, &held));
    assert_ok(zx_vmo_create(MAPPINGS * PAGE, ZX_VMO_NON_RESIZABLE, &mapped));
    assert_ok(zx_vmo_write(mapped, "x", 0, 1));
    assert_ok(zx_vmo_clone(mapped, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGE, &clone));
    zx_koid_t held_koid = basic(held).koid, mapped_koid = basic(mapped).koid;
    zx_koid_t clone_koid = basic(clone).koid;
    zx_rights_t rights = basic(held).rights & ~ZX_RIGHT_WRITE;
    held = replace_without(held, ZX_RIGHT_WRITE);
    struct child c = start_child(lab.job, child_waits, held);
    for (unsigned i = 0; i < MAPPINGS; i++)
        assert_ok(zx_vmar_map(c.vmar, RW, 0, mapped, i * PAGE, PAGE, &va));
    assert_ok(zx_vmar_map(c.vmar, RW, 0, clone, 0, PAGE, &va));
    for (unsigned again = 0; again < 2; again++) { // and again the same
        assert_int_equal(count_vmos(c.process, held_koid, ZX_INFO_VMO_VIA_HANDLE, &v), 1);
        assert_int_equal(v.handle_rights, rights);
        assert_int_equal(v.num_mappings, 0);
        assert_int_equal(v.share_count, 1);
        assert_int_equal(v.parent_koid, 0);
        assert_int_equal(v.num_children, 0);
        assert_int_equal(ZX_INFO_VMO_TYPE(v.flags), ZX_INFO_VMO_TYPE_PAGED);
    }
    assert_int_equal(count_vmos(c.process, held_koid, ZX_INFO_VMO_VIA_MAPPING, &v), 0);
    assert_int_equal(count_vmos(c.process, mapped_koid, ZX_INFO_VMO_VIA_HANDLE, &v), 0);
    assert_int_equal(count_vmos(c.process, mapped_koid, ZX_INFO_VMO_VIA_MAPPING, &v), MAPPINGS);
    assert_int_equal(v.num_mappings, MAPPINGS);
    assert_int_equal(v.committed_bytes, PAGE);
    assert_int_equal(v.share_count, 1); // one address space
    assert_int_equal(v.num_children, 1);
    assert_int_equal(v.create_options, 0);
    assert_int_equal(count_vmos(c.process, clone_koid, ZX_INFO_VMO_VIA_MAPPING, &v), 1);
    assert_int_equal(v.parent_koid, mapped_koid);
    assert_true(v.flags & ZX_INFO_VMO_IS_COW_CLONE);
    assert_int_equal(v.committed_bytes, 0); // only what it owns
    close_handle(mapped);
    assert_ok(zx_object_get_info(clone, ZX_INFO_VMO, &v, sizeof(v), NULL, NULL));
    assert_int_equal(v.parent_koid, mapped_koid); // kept
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_status(zx_object_get_info(c.process, ZX_INFO_PROCESS_VMOS, NULL, 0, NULL, NULL),
                  ZX_ERR_BAD_STATE);
    close_handle(clone);
    close_child(&c);
}

// ---- the machine ------------------------------------------------------------------------------------

static zx_info_kmem_stats_t kmem(void)
{
    zx_info_kmem_stats_t k;

    assert_ok(zx_object_get_info(lab.resource, ZX_INFO_KMEM_STATS, &k, sizeof(k), NULL, NULL));
    return k;
}

SCENARIO(kernel_memory_adds_up)
{
    const uint64_t pages = 32;
    zx_handle_t vmo;

    assert_ok(zx_vmo_create(pages * PAGE, 0, &vmo));
    const zx_info_kmem_stats_t before = kmem();
    assert_ok(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, pages * PAGE, NULL, 0));
    const zx_info_kmem_stats_t k = kmem();
    assert_int_equal(k.total_bytes, k.free_bytes + k.wired_bytes + k.total_heap_bytes +
                                        k.vmo_bytes + k.mmu_overhead_bytes + k.ipc_bytes +
                                        k.other_bytes);
    assert_true(k.free_heap_bytes <= k.total_heap_bytes);
    assert_true(k.vmo_bytes >= before.vmo_bytes + pages * PAGE);
    assert_true(k.free_bytes <= before.free_bytes - pages * PAGE);
    assert_int_equal(k.total_bytes, before.total_bytes);
    close_handle(vmo);
}

// All CPUs together.
static zx_info_cpu_stats_t cpu_sum(void)
{
    zx_info_cpu_stats_t all[32], sum = {.flags = 0};
    size_t actual, avail;

    assert_ok(
        zx_object_get_info(lab.resource, ZX_INFO_CPU_STATS, all, sizeof(all), &actual, &avail));
    assert_int_equal(actual, zx_system_get_num_cpus());
    assert_int_equal(avail, actual);
    for (size_t i = 0; i < actual; i++) {
        assert_int_equal(all[i].cpu_number, i);
        assert_int_equal(all[i].flags, ZX_INFO_CPU_STATS_FLAG_ONLINE);
        assert_true(all[i].idle_time >= 0 && all[i].idle_time <= zx_clock_get_monotonic());
        assert_true(all[i].reschedules >= all[i].context_switches);
        assert_int_equal(all[i].exceptions, 0);
        sum.idle_time += all[i].idle_time;
        sum.context_switches += all[i].context_switches;
        sum.yields += all[i].yields;
        sum.ints += all[i].ints;
        sum.timer_ints += all[i].timer_ints;
        sum.timers += all[i].timers;
        sum.page_faults += all[i].page_faults;
        sum.syscalls += all[i].syscalls;
    }
    return sum;
}

// What each counter counts exactly: test/host/sched/stats.c.
SCENARIO(cpus_count_what_happens)
{
    const zx_info_cpu_stats_t before = cpu_sum();
    const zx_duration_t long_enough = ZX_MSEC(200);
    char bytes[3] = {1, 2, 3};
    zx_handle_t vmo;
    zx_vaddr_t va;

    for (unsigned i = 0; i < 5; i++) {
        assert_ok(zx_nanosleep(0));
        sleep_ns(long_enough);
    }
    assert_ok(zx_vmo_create(3 * PAGE, 0, &vmo));
    for (unsigned i = 0; i < 3; i++) { // mapped one by one, so that no fault serves two
        assert_ok(zx_vmar_map(lab.vmar, RW, 0, vmo, i * PAGE, PAGE, &va));
        host_user_write(va, &bytes[i], 1);
        assert_ok(zx_vmar_unmap(lab.vmar, va, PAGE));
    }
    close_handle(vmo);
    const zx_info_cpu_stats_t after = cpu_sum();
    assert_true(after.yields - before.yields >= 5);
    assert_true(after.timers - before.timers >= 5);
    assert_true(after.timer_ints > before.timer_ints);
    assert_true(after.ints - before.ints >= after.timer_ints - before.timer_ints);
    assert_true(after.context_switches - before.context_switches >= 5);
    assert_true(after.page_faults - before.page_faults >= 3);
    assert_true(after.idle_time > before.idle_time);
}

// Nobody else makes any here. The asking is one, counted before it looks.
SCENARIO(system_calls_are_counted_exactly)
{
    for (unsigned calls = 0; calls < 5; calls++) {
        const uint64_t before = cpu_sum().syscalls;
        for (unsigned i = 0; i < calls; i++)
            assert_ok(zx_nanosleep(0));
        assert_int_equal(cpu_sum().syscalls - before, calls + 1);
    }
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest info_records_tests[] = {
    T(every_topic_is_for_its_type_and_right),
    T(a_handle_tells_what_it_is_to),
    T(runtime_grows_while_a_thread_runs),
    T(a_shorter_list_of_maps_is_the_beginning_of_the_longer),
    T(a_process_lists_vmos_by_handle_and_by_mapping),
    T(kernel_memory_adds_up),
    T(cpus_count_what_happens),
    T(system_calls_are_counted_exactly),
};
const size_t info_records_test_count = countof(info_records_tests);
