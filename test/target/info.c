// SPDX-License-Identifier: MIT
//
// zx_object_get_info: every topic, its rights and types, short buffers and bad pointers (spec 22).

#include <testing/testing.h>

#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/resource.h>

#define PAGE       ((uint64_t)ZX_PAGE_SIZE)
#define READ_WRITE (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

// A process that was never started, with what is needed to make things in it.
struct victim {
    zx_handle_t job, process, vmar;
};

static bool victim_make(struct victim *v)
{
    zx_status_t status = zx_job_create(zx_job_default(), 0, &v->job);

    EXPECT_OK(status);
    if (status == ZX_OK) {
        status = zx_process_create(v->job, "victim", 6, 0, &v->process, &v->vmar);
        EXPECT_OK(status);
    }
    return status == ZX_OK;
}

static void victim_end(struct victim *v)
{
    EXPECT_OK(zx_task_kill(v->job));
    zx_handle_close(v->vmar);
    zx_handle_close(v->process);
    zx_handle_close(v->job);
}

// What holds for every topic with one record.
static void check_single(zx_handle_t handle, uint32_t topic, size_t size)
{
    char buffer[512] = {0};
    size_t actual = 7, avail = 7;

    EXPECT_OK(zx_object_get_info(handle, topic, buffer, size, &actual, &avail));
    EXPECT_EQ(actual, 1);
    EXPECT_EQ(avail, 1);
    EXPECT_OK(zx_object_get_info(handle, topic, buffer, sizeof(buffer), NULL, NULL));
    EXPECT_EQ(zx_object_get_info(handle, topic, buffer, 0, &actual, &avail),
              ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(actual, 0);
    EXPECT_EQ(avail, 1);
    EXPECT_EQ(zx_object_get_info(handle, topic, buffer, size - 1, NULL, NULL),
              ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(zx_object_get_info(handle, topic, (void *)1, size, NULL, NULL), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_info(handle, topic, buffer, size, (size_t *)1, NULL),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_info(handle, topic, buffer, size, NULL, (size_t *)1),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_info(0, topic, buffer, size, NULL, NULL), ZX_ERR_BAD_HANDLE);
}

// What holds for every topic with a list, which has at least two records here.
static void check_list(zx_handle_t handle, uint32_t topic, size_t size)
{
    static char buffer[16384];
    size_t actual = 7, avail = 0;

    EXPECT_OK(zx_object_get_info(handle, topic, NULL, 0, &actual, &avail));
    EXPECT_EQ(actual, 0);
    EXPECT_GE(avail, 2);
    EXPECT_OK(zx_object_get_info(handle, topic, NULL, 0, NULL, NULL));
    EXPECT_OK(zx_object_get_info(handle, topic, buffer, size + 1, &actual, &avail));
    EXPECT_EQ(actual, 1);
    EXPECT_GE(avail, 2);
    EXPECT_OK(zx_object_get_info(handle, topic, buffer, sizeof(buffer), &actual, &avail));
    EXPECT_EQ(actual, avail < sizeof(buffer) / size ? avail : sizeof(buffer) / size);
    EXPECT_EQ(zx_object_get_info(handle, topic, (void *)1, size, &actual, &avail),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_info(handle, topic, buffer, size, (size_t *)1, NULL),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_info(handle, topic, buffer, size, NULL, (size_t *)1),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_info(0, topic, buffer, size, NULL, NULL), ZX_ERR_BAD_HANDLE);
}

// CALLS(zx_object_get_info)
TEST(topics_that_are_none_are_refused_before_the_handle)
{
    EXPECT_EQ(zx_object_get_info(0, ZX_INFO_NONE, NULL, 0, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_object_get_info(0, 5, NULL, 0, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_object_get_info(0, 6, NULL, 0, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_object_get_info(0, 24, NULL, 0, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
}

// CALLS(zx_object_get_info)
TEST(a_handle_is_valid_or_not)
{
    size_t actual = 7;

    EXPECT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_VALID, NULL, 0, &actual, NULL));
    EXPECT_EQ(actual, 7);
    EXPECT_EQ(zx_object_get_info(0, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_object_get_info(0x70000001, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
              ZX_ERR_BAD_HANDLE);
}

// CALLS(zx_object_get_info)
TEST(topics_with_one_record_keep_their_rules)
{
    check_single(zx_process_self(), ZX_INFO_HANDLE_BASIC, sizeof(zx_info_handle_basic_t));
    check_single(zx_vmar_root_self(), ZX_INFO_HANDLE_BASIC, sizeof(zx_info_handle_basic_t));
    check_single(zx_job_default(), ZX_INFO_HANDLE_BASIC, sizeof(zx_info_handle_basic_t));
    check_single(zx_process_self(), ZX_INFO_PROCESS, sizeof(zx_info_process_t));
    check_single(zx_process_self(), ZX_INFO_TASK_STATS, sizeof(zx_info_task_stats_t));
    check_single(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS,
                 sizeof(zx_info_process_handle_stats_t));
    check_single(zx_process_self(), ZX_INFO_HANDLE_COUNT, sizeof(zx_info_handle_count_t));
    check_single(zx_vmar_root_self(), ZX_INFO_VMAR, sizeof(zx_info_vmar_t));
    check_single(zx_thread_self(), ZX_INFO_THREAD, sizeof(zx_info_thread_t));
    check_single(zx_thread_self(), ZX_INFO_THREAD_STATS, sizeof(zx_info_thread_stats_t));
    if (test_root_resource() != ZX_HANDLE_INVALID) {
        check_single(test_root_resource(), ZX_INFO_KMEM_STATS, sizeof(zx_info_kmem_stats_t));
        check_single(test_root_resource(), ZX_INFO_RESOURCE, sizeof(zx_info_resource_t));
    }
}

// CALLS(zx_object_get_info)
TEST(lists_keep_their_rules)
{
    struct victim v;
    zx_handle_t job, another, process, vmar, vmo;
    zx_vaddr_t address;

    if (!victim_make(&v)) {
        return;
    }
    ASSERT_OK(zx_job_create(v.job, 0, &job));
    ASSERT_OK(zx_job_create(v.job, 0, &another));
    ASSERT_OK(zx_process_create(v.job, "second", 6, 0, &process, &vmar));
    check_list(v.job, ZX_INFO_JOB_CHILDREN, sizeof(zx_koid_t));
    check_list(v.job, ZX_INFO_JOB_PROCESSES, sizeof(zx_koid_t));
    ASSERT_OK(zx_vmo_create(PAGE, 0, &vmo));
    ASSERT_OK(zx_vmar_map(v.vmar, READ_WRITE, 0, vmo, 0, PAGE, &address));
    check_list(v.process, ZX_INFO_PROCESS_MAPS, sizeof(zx_info_maps_t));
    if (test_root_resource() != ZX_HANDLE_INVALID && zx_system_get_num_cpus() >= 2) {
        check_list(test_root_resource(), ZX_INFO_CPU_STATS, sizeof(zx_info_cpu_stats_t));
    }
    zx_handle_close(vmo);
    zx_handle_close(another);
    zx_handle_close(job);
    zx_handle_close(vmar);
    zx_handle_close(process);
    victim_end(&v);
}

// CALLS(zx_object_get_info)
TEST(a_list_stops_at_the_first_record_that_cannot_be_stored)
{
    zx_handle_t vmo;
    zx_vaddr_t address;
    struct victim v;

    // One page mapped with nothing behind it: what follows in the region is free.
    zx_handle_t region;
    zx_vaddr_t base;
    ASSERT_OK(zx_vmar_allocate(zx_vmar_root_self(),
                               ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
                               2 * PAGE, &region, &base));
    ASSERT_OK(zx_vmo_create(PAGE, 0, &vmo));
    ASSERT_OK(zx_vmar_map(region, READ_WRITE | ZX_VM_SPECIFIC, 0, vmo, 0, PAGE, &address));
    if (victim_make(&v)) {
        size_t size = sizeof(zx_info_maps_t);
        void *last = (void *)(address + PAGE - size);
        EXPECT_EQ(zx_object_get_info(v.process, ZX_INFO_PROCESS_MAPS, last, 2 * size, NULL, NULL),
                  ZX_ERR_INVALID_ARGS);
        EXPECT_OK(zx_object_get_info(v.process, ZX_INFO_PROCESS_MAPS, last, size, NULL, NULL));
        victim_end(&v);
    }
    EXPECT_OK(zx_vmar_destroy(region));
    zx_handle_close(region);
    zx_handle_close(vmo);
}

static void expect_wrong(zx_handle_t handle, uint32_t topic)
{
    static char buffer[512];

    EXPECT_EQ(zx_object_get_info(handle, topic, buffer, sizeof(buffer), NULL, NULL),
              ZX_ERR_WRONG_TYPE);
}

// CALLS(zx_object_get_info)
TEST(topics_are_for_their_types)
{
    zx_handle_t process = zx_process_self(), job = zx_job_default(), thread = zx_thread_self();

    expect_wrong(job, ZX_INFO_PROCESS);
    expect_wrong(thread, ZX_INFO_PROCESS);
    expect_wrong(job, ZX_INFO_TASK_STATS);
    expect_wrong(thread, ZX_INFO_TASK_STATS);
    expect_wrong(job, ZX_INFO_PROCESS_MAPS);
    expect_wrong(thread, ZX_INFO_PROCESS_VMOS);
    expect_wrong(process, ZX_INFO_JOB_CHILDREN);
    expect_wrong(process, ZX_INFO_JOB_PROCESSES);
    expect_wrong(process, ZX_INFO_VMAR);
    expect_wrong(job, ZX_INFO_THREAD);
    expect_wrong(process, ZX_INFO_THREAD_STATS);
    expect_wrong(process, ZX_INFO_KMEM_STATS);
    expect_wrong(process, ZX_INFO_CPU_STATS);
    expect_wrong(process, ZX_INFO_RESOURCE);
    expect_wrong(process, ZX_INFO_VMO);
    EXPECT_EQ(zx_object_get_info(thread, ZX_INFO_THREAD_EXCEPTION_REPORT, NULL, 0, NULL, NULL),
              ZX_ERR_BAD_STATE);

    EXPECT_EQ(zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, NULL, 0, NULL, NULL),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_get_info(process, ZX_INFO_PROCESS_VMOS, NULL, 0, NULL, NULL),
              ZX_ERR_ACCESS_DENIED);
}

// CALLS(zx_object_get_info)
TEST(topics_need_their_rights)
{
    struct victim v;

    if (!victim_make(&v)) {
        return;
    }
    zx_handle_t blind = test_without_rights(v.process, ZX_RIGHT_INSPECT);
    zx_handle_t closed = test_without_rights(v.job, ZX_RIGHT_ENUMERATE);
    EXPECT_EQ(zx_object_get_info(blind, ZX_INFO_PROCESS_MAPS, NULL, 0, NULL, NULL),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_get_info(blind, ZX_INFO_PROCESS_VMOS, NULL, 0, NULL, NULL),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_get_info(blind, ZX_INFO_HANDLE_COUNT, NULL, 0, NULL, NULL),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_get_info(closed, ZX_INFO_JOB_CHILDREN, NULL, 0, NULL, NULL),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_get_info(closed, ZX_INFO_JOB_PROCESSES, NULL, 0, NULL, NULL),
              ZX_ERR_ACCESS_DENIED);
    // HANDLE_BASIC needs none.
    EXPECT_EQ(test_basic_info(blind).type, ZX_OBJ_TYPE_PROCESS);
    zx_handle_close(blind);
    zx_handle_close(closed);
    victim_end(&v);
}

// CALLS(zx_object_get_info)
TEST(a_dead_or_unstarted_process_says_so)
{
    struct victim v;
    zx_info_process_t info;
    zx_info_task_stats_t stats;
    size_t actual = 7, avail = 7;

    if (!victim_make(&v)) {
        return;
    }
    EXPECT_OK(zx_object_get_info(v.process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL));
    EXPECT_FALSE(info.started);
    EXPECT_FALSE(info.exited);
    EXPECT_OK(zx_object_get_info(v.process, ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL, NULL));
    EXPECT_EQ(stats.mem_mapped_bytes, 0);
    EXPECT_OK(zx_object_get_info(v.process, ZX_INFO_PROCESS_MAPS, NULL, 0, NULL, &avail));
    EXPECT_EQ(avail, 2);
    EXPECT_EQ(zx_object_get_info(v.process, ZX_INFO_PROCESS_VMOS, NULL, 0, &actual, &avail),
              ZX_ERR_BAD_STATE);
    EXPECT_EQ(actual, 0);
    EXPECT_EQ(avail, 0);
    EXPECT_OK(zx_object_get_info(v.process, ZX_INFO_PROCESS_THREADS, NULL, 0, NULL, &avail));
    EXPECT_EQ(avail, 0);

    EXPECT_OK(zx_task_kill(v.process));
    EXPECT_OK(zx_object_wait_one(v.process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_object_get_info(v.process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL));
    EXPECT_TRUE(info.started);
    EXPECT_TRUE(info.exited);
    EXPECT_EQ(info.return_code, -1);
    EXPECT_EQ(zx_object_get_info(v.process, ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL, NULL),
              ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_object_get_info(v.process, ZX_INFO_PROCESS_MAPS, NULL, 0, NULL, NULL),
              ZX_ERR_BAD_STATE);
    victim_end(&v);
}

// CALLS(zx_object_get_info)
TEST(handle_counts_follow_duplicates)
{
    zx_handle_t event, copy, ends[2];
    zx_info_handle_count_t count;
    zx_info_process_handle_stats_t before, after;

    ASSERT_OK(zx_event_create(0, &event));
    EXPECT_OK(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL, NULL));
    EXPECT_EQ(count.handle_count, 1);
    ASSERT_OK(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy));
    EXPECT_OK(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL, NULL));
    EXPECT_EQ(count.handle_count, 2);

    EXPECT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &before,
                                 sizeof(before), NULL, NULL));
    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    EXPECT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &after,
                                 sizeof(after), NULL, NULL));
    EXPECT_EQ(after.handle_count[ZX_OBJ_TYPE_NONE], 0);
    EXPECT_GT(after.handle_count[ZX_OBJ_TYPE_PROCESS], 0);
    EXPECT_EQ(after.handle_count[ZX_OBJ_TYPE_CHANNEL],
              before.handle_count[ZX_OBJ_TYPE_CHANNEL] + 2);
    EXPECT_EQ(after.handle_count[ZX_OBJ_TYPE_EVENT], before.handle_count[ZX_OBJ_TYPE_EVENT]);
    // A handle in a message counts for its object, but is in nobody's table.
    ASSERT_OK(zx_channel_write(ends[0], 0, NULL, 0, &copy, 1));
    EXPECT_OK(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL, NULL));
    EXPECT_EQ(count.handle_count, 2);
    zx_handle_close(ends[0]);
    zx_handle_close(ends[1]);
    EXPECT_OK(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL, NULL));
    EXPECT_EQ(count.handle_count, 1);
    zx_handle_close(event);
}

// CALLS(zx_object_get_info)
TEST(a_vmar_knows_its_place_even_when_destroyed)
{
    zx_handle_t region;
    zx_vaddr_t base;
    zx_info_vmar_t info;

    ASSERT_OK(
        zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ, 0, 3 * PAGE, &region, &base));
    for (int destroyed = 0; destroyed < 2; destroyed++) {
        EXPECT_OK(zx_object_get_info(region, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
        EXPECT_EQ(info.base, base);
        EXPECT_EQ(info.len, 3 * PAGE);
        if (!destroyed) {
            EXPECT_OK(zx_vmar_destroy(region));
        }
    }
    zx_handle_close(region);
}

// ---- PROCESS_MAPS ----

#define MAPPINGS 8u

static const zx_vm_option_t map_perms[4] = {
    ZX_VM_PERM_READ,
    ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
    ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE,
    ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE,
};

// CALLS(zx_object_get_info)
TEST(a_map_shows_regions_and_mappings_in_order)
{
    struct victim v;
    zx_handle_t region, vmo;
    zx_vaddr_t base, address;
    static zx_info_maps_t maps[16];
    size_t actual, avail;
    const zx_vm_option_t can =
        ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE | ZX_VM_CAN_MAP_SPECIFIC;

    if (!victim_make(&v)) {
        return;
    }
    ASSERT_OK(zx_vmo_create(MAPPINGS * PAGE, 0, &vmo));
    ASSERT_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "mapped", 6));
    EXPECT_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 2 * PAGE, NULL, 0));
    ASSERT_OK(zx_vmar_allocate(v.vmar, can, 0, 2 * MAPPINGS * PAGE, &region, &base));
    for (uint64_t i = 0; i < MAPPINGS; i++) {
        ASSERT_OK(zx_vmar_map(region, map_perms[i % 4] | ZX_VM_SPECIFIC, 2 * i * PAGE, vmo,
                              i * PAGE, PAGE, &address));
    }
    ASSERT_OK(
        zx_object_get_info(v.process, ZX_INFO_PROCESS_MAPS, maps, sizeof(maps), &actual, &avail));
    ASSERT_EQ(actual, 3 + MAPPINGS);
    EXPECT_EQ(avail, actual);
    EXPECT_EQ(maps[0].type, ZX_INFO_MAPS_TYPE_ASPACE);
    EXPECT_EQ(maps[0].depth, 0);
    EXPECT_GT(maps[0].size, 1ull << 40);
    EXPECT_EQ(maps[1].type, ZX_INFO_MAPS_TYPE_VMAR);
    EXPECT_EQ(maps[1].depth, 1);
    EXPECT_GT(maps[1].size, 1ull << 40);
    EXPECT_EQ(strcmp(maps[1].name, "root"), 0);
    EXPECT_EQ(maps[2].type, ZX_INFO_MAPS_TYPE_VMAR);
    EXPECT_EQ(maps[2].depth, 2);
    EXPECT_EQ(maps[2].base, base);
    EXPECT_EQ(maps[2].size, 2 * MAPPINGS * PAGE);
    for (uint64_t i = 0; i < MAPPINGS; i++) {
        const zx_info_maps_t *m = &maps[3 + i];

        EXPECT_EQ(m->type, ZX_INFO_MAPS_TYPE_MAPPING);
        EXPECT_EQ(m->depth, 3);
        EXPECT_EQ(m->base, base + 2 * i * PAGE);
        EXPECT_EQ(m->size, PAGE);
        EXPECT_EQ(m->u.mapping.mmu_flags, map_perms[i % 4]);
        EXPECT_EQ(m->u.mapping.vmo_koid, test_basic_info(vmo).koid);
        EXPECT_EQ(m->u.mapping.vmo_offset, i * PAGE);
        EXPECT_EQ(m->u.mapping.committed_pages, i < 2);
        EXPECT_EQ(strcmp(m->name, "mapped"), 0);
    }

    zx_info_task_stats_t stats;
    EXPECT_OK(zx_object_get_info(v.process, ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL, NULL));
    EXPECT_EQ(stats.mem_mapped_bytes, MAPPINGS * PAGE);
    EXPECT_EQ(stats.mem_private_bytes, 2 * PAGE);
    EXPECT_EQ(stats.mem_shared_bytes, 0);
    zx_handle_close(region);
    zx_handle_close(vmo);
    victim_end(&v);
}

// ---- VMOs ----

// CALLS(zx_object_get_info)
TEST(a_vmo_describes_itself)
{
    zx_handle_t vmo, fixed;
    zx_info_vmo_t info;
    size_t actual = 7, avail = 7;
    uint64_t value = 1;

    ASSERT_OK(zx_vmo_create(PAGE + 1, 0, &vmo));
    ASSERT_OK(zx_vmo_create(PAGE, ZX_VMO_NON_RESIZABLE, &fixed));
    EXPECT_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "described", 9));
    EXPECT_OK(zx_vmo_write(vmo, &value, PAGE, sizeof(value)));
    EXPECT_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), &actual, &avail));
    EXPECT_EQ(actual, 1);
    EXPECT_EQ(avail, 0);
    EXPECT_EQ(info.koid, test_basic_info(vmo).koid);
    EXPECT_EQ(strcmp(info.name, "described"), 0);
    EXPECT_EQ(info.size_bytes, 2 * PAGE);
    EXPECT_EQ(info.parent_koid, 0);
    EXPECT_EQ(info.num_children, 0);
    EXPECT_EQ(info.num_mappings, 0);
    EXPECT_EQ(info.share_count, 1);
    EXPECT_EQ(info.flags, ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_VIA_HANDLE);
    EXPECT_EQ(info.committed_bytes, PAGE);
    EXPECT_EQ(info.handle_rights, 0);
    EXPECT_EQ(info.create_options, 1);
    EXPECT_EQ(info.cache_policy, ZX_CACHE_POLICY_CACHED);
    EXPECT_OK(zx_object_get_info(fixed, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(info.create_options, 0);
    EXPECT_EQ(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info) - 1, NULL, NULL),
              ZX_ERR_BUFFER_TOO_SMALL);
    zx_handle_close(fixed);
    zx_handle_close(vmo);
}

// Takes one handle, says so, and ends with the channel.
CHILD(hold_on)
{
    zx_handle_t channel = test_child_channel(), held;
    uint32_t bytes, handles;

    if (zx_object_wait_one(channel, ZX_CHANNEL_READABLE, ZX_TIME_INFINITE, NULL) != ZX_OK ||
        zx_channel_read(channel, 0, NULL, &held, 0, 1, &bytes, &handles) != ZX_OK ||
        zx_channel_write(channel, 0, "", 1, NULL, 0) != ZX_OK) {
        return 1;
    }
    zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, ZX_TIME_INFINITE, NULL);
    return 3;
}

// CALLS(zx_object_get_info)
TEST(a_process_lists_the_vmos_it_holds_and_then_those_it_maps)
{
    const zx_rights_t rights = ZX_RIGHT_TRANSFER | ZX_RIGHT_READ;
    struct test_child child;
    zx_handle_t vmo, sent;
    static zx_info_vmo_t vmos[256];
    size_t actual, avail, held = 0, mappings = 0;

    ASSERT_OK(zx_vmo_create(PAGE, 0, &vmo));
    ASSERT_OK(zx_handle_duplicate(vmo, rights, &sent));
    zx_koid_t koid = test_basic_info(vmo).koid;
    if (test_child_start("hold_on", &child) != ZX_OK) {
        return;
    }
    EXPECT_OK(zx_channel_write(child.channel, 0, NULL, 0, &sent, 1));
    EXPECT_OK(zx_object_wait_one(child.channel, ZX_CHANNEL_READABLE, test_patience(), NULL));
    EXPECT_OK(zx_object_get_info(child.process, ZX_INFO_PROCESS_VMOS, vmos, sizeof(vmos), &actual,
                                 &avail));
    EXPECT_EQ(actual, avail);
    for (size_t i = 0; i < actual; i++) {
        bool via_handle = vmos[i].flags & ZX_INFO_VMO_VIA_HANDLE;

        EXPECT_NE(via_handle, (vmos[i].flags & ZX_INFO_VMO_VIA_MAPPING) != 0);
        EXPECT_EQ(ZX_INFO_VMO_TYPE(vmos[i].flags), ZX_INFO_VMO_TYPE_PAGED);
        EXPECT_TRUE(!via_handle || mappings == 0);
        mappings += !via_handle;
        EXPECT_TRUE(via_handle || vmos[i].num_mappings > 0);
        if (vmos[i].koid == koid) {
            held++;
            EXPECT_EQ(vmos[i].handle_rights, rights);
            EXPECT_EQ(vmos[i].num_mappings, 0);
            EXPECT_EQ(vmos[i].share_count, 1);
        }
    }
    EXPECT_EQ(held, 1);
    EXPECT_GT(mappings, 0);
    zx_handle_close(child.channel);
    child.channel = ZX_HANDLE_INVALID;
    EXPECT_EQ(test_child_finish(&child), 3);
    zx_handle_close(vmo);
}

// CALLS(zx_object_get_info)
TEST(memory_shared_by_two_processes_is_counted_as_such)
{
    struct victim v;
    zx_handle_t vmo;
    zx_vaddr_t here, there;
    zx_info_vmo_t info;
    zx_info_task_stats_t stats;

    if (!victim_make(&v)) {
        return;
    }
    ASSERT_OK(zx_vmo_create(4 * PAGE, 0, &vmo));
    EXPECT_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 4 * PAGE, NULL, 0));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), READ_WRITE, 0, vmo, 0, 4 * PAGE, &here));
    ASSERT_OK(zx_vmar_map(v.vmar, READ_WRITE, 0, vmo, 0, 4 * PAGE, &there));
    EXPECT_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(info.num_mappings, 2);
    EXPECT_EQ(info.share_count, 2);
    EXPECT_OK(zx_object_get_info(v.process, ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL, NULL));
    EXPECT_EQ(stats.mem_mapped_bytes, 4 * PAGE);
    EXPECT_EQ(stats.mem_private_bytes, 0);
    EXPECT_EQ(stats.mem_shared_bytes, 4 * PAGE);
    EXPECT_EQ(stats.mem_scaled_shared_bytes, 2 * PAGE);
    EXPECT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL,
                                 NULL));
    EXPECT_GT(stats.mem_private_bytes, 0);
    EXPECT_GE(stats.mem_shared_bytes, 4 * PAGE);
    EXPECT_GE(stats.mem_mapped_bytes, stats.mem_private_bytes + stats.mem_shared_bytes);
    EXPECT_GT(stats.mem_scaled_shared_bytes, 0);
    EXPECT_LT(stats.mem_scaled_shared_bytes, stats.mem_shared_bytes);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), here, 4 * PAGE));
    zx_handle_close(vmo);
    victim_end(&v);
}

// ---- lists of koids ----

static bool contains(const zx_koid_t *koids, size_t count, zx_handle_t handle)
{
    zx_koid_t koid = test_basic_info(handle).koid;

    for (size_t i = 0; i < count; i++) {
        if (koids[i] == koid) {
            return true;
        }
    }
    return false;
}

// CALLS(zx_object_get_info)
TEST(a_job_lists_direct_children_oldest_first)
{
    zx_handle_t top, jobs[2], grandchild, processes[3], vmar;
    zx_koid_t koids[8];
    size_t actual, avail;

    ASSERT_OK(zx_job_create(zx_job_default(), 0, &top));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(zx_job_create(top, 0, &jobs[i]));
    }
    ASSERT_OK(zx_job_create(jobs[0], 0, &grandchild));
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(zx_process_create(top, "p", 1, 0, &processes[i], &vmar));
        zx_handle_close(vmar);
    }
    EXPECT_OK(zx_object_get_info(top, ZX_INFO_JOB_CHILDREN, koids, sizeof(koids), &actual, &avail));
    EXPECT_EQ(actual, 2);
    EXPECT_EQ(avail, 2);
    EXPECT_EQ(koids[0], test_basic_info(jobs[0]).koid);
    EXPECT_EQ(koids[1], test_basic_info(jobs[1]).koid);
    EXPECT_FALSE(contains(koids, actual, grandchild));
    EXPECT_OK(
        zx_object_get_info(top, ZX_INFO_JOB_PROCESSES, koids, sizeof(koids), &actual, &avail));
    EXPECT_EQ(actual, 3);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(koids[i], test_basic_info(processes[i]).koid);
    }
    EXPECT_OK(zx_object_get_info(top, ZX_INFO_JOB_PROCESSES, koids, 2 * sizeof(koids[0]), &actual,
                                 &avail));
    EXPECT_EQ(actual, 2);
    EXPECT_EQ(avail, 3);
    EXPECT_OK(zx_task_kill(processes[1]));
    EXPECT_OK(zx_object_wait_one(processes[1], ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_object_get_info(top, ZX_INFO_JOB_PROCESSES, NULL, 0, NULL, &avail));
    EXPECT_LE(avail, 3);
    EXPECT_OK(zx_task_kill(top));
    for (int i = 0; i < 3; i++) {
        zx_handle_close(processes[i]);
    }
    zx_handle_close(grandchild);
    zx_handle_close(jobs[0]);
    zx_handle_close(jobs[1]);
    zx_handle_close(top);
}

// ---- the machine ----

// CALLS(zx_object_get_info)
TEST(every_cpu_is_online_and_counts)
{
    static zx_info_cpu_stats_t cpus[32];
    size_t actual, avail;
    zx_handle_t root = test_root_resource();

    if (root == ZX_HANDLE_INVALID) {
        test_skip("no root resource");
        return;
    }
    zx_nanosleep(zx_deadline_after(ZX_MSEC(1))); // at least one interrupt of a timer
    ASSERT_OK(zx_object_get_info(root, ZX_INFO_CPU_STATS, cpus, sizeof(cpus), &actual, &avail));
    EXPECT_EQ(actual, zx_system_get_num_cpus());
    EXPECT_EQ(avail, actual);
    uint64_t switches = 0, interrupts = 0;
    for (size_t i = 0; i < actual; i++) {
        EXPECT_EQ(cpus[i].cpu_number, i);
        EXPECT_EQ(cpus[i].flags, ZX_INFO_CPU_STATS_FLAG_ONLINE);
        EXPECT_GE(cpus[i].idle_time, 0);
        EXPECT_LE(cpus[i].idle_time, zx_clock_get_monotonic());
        switches += cpus[i].context_switches;
        interrupts += cpus[i].ints;
    }
    EXPECT_GT(switches, 0);
    EXPECT_GT(interrupts, 0);
}

static uint64_t calls_of_all_cpus(zx_handle_t root)
{
    static zx_info_cpu_stats_t cpus[32];
    size_t actual;
    uint64_t sum = 0;

    EXPECT_OK(zx_object_get_info(root, ZX_INFO_CPU_STATS, cpus, sizeof(cpus), &actual, NULL));
    for (size_t i = 0; i < actual; i++)
        sum += cpus[i].syscalls;
    return sum;
}

// `calls` of our own, and the asking: what others call meanwhile comes on top, so it is the least of some tries.
static uint64_t least_counted(zx_handle_t root, unsigned calls)
{
    uint64_t least = UINT64_MAX;

    for (unsigned attempt = 0; attempt < 20; attempt++) {
        uint64_t before = calls_of_all_cpus(root);
        for (unsigned i = 0; i < calls; i++)
            zx_handle_close(ZX_HANDLE_INVALID);
        uint64_t counted = calls_of_all_cpus(root) - before;
        EXPECT_GE(counted, calls + 1);
        least = counted < least ? counted : least;
    }
    return least;
}

// CALLS(zx_object_get_info): every system call is counted, once.
TEST(system_calls_are_counted)
{
    zx_handle_t root = test_root_resource();

    if (root == ZX_HANDLE_INVALID) {
        test_skip("no root resource");
        return;
    }
    EXPECT_EQ(least_counted(root, 0), 1);
    EXPECT_EQ(least_counted(root, 1), 2);
    EXPECT_EQ(least_counted(root, 1000), 1001);
}
