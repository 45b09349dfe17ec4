// SPDX-License-Identifier: MIT
//
// Calls about the machine: information, randomness, the debug log, power, the test calls (spec 31).

#include <testing/testing.h>

#include <minilib/string.h>
#include <zircon/features.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/status.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/system.h>
#include <zircon/zx-syscall-numbers.h>

// CALLS(zx_syscall_test_0, zx_syscall_test_1, zx_syscall_test_2, zx_syscall_test_3)
// CALLS(zx_syscall_test_4, zx_syscall_test_5, zx_syscall_test_6, zx_syscall_test_7)
// CALLS(zx_syscall_test_8)
TEST(every_argument_register_arrives)
{
    EXPECT_EQ(zx_syscall_test_0(), 0);
    EXPECT_EQ(zx_syscall_test_1(1), 1);
    EXPECT_EQ(zx_syscall_test_2(1, 2), 3);
    EXPECT_EQ(zx_syscall_test_3(1, 2, 4), 7);
    EXPECT_EQ(zx_syscall_test_4(1, 2, 4, 8), 15);
    EXPECT_EQ(zx_syscall_test_5(1, 2, 4, 8, 16), 31);
    EXPECT_EQ(zx_syscall_test_6(1, 2, 4, 8, 16, 32), 63);
    EXPECT_EQ(zx_syscall_test_7(1, 2, 4, 8, 16, 32, 64), 127);
    EXPECT_EQ(zx_syscall_test_8(1, 2, 4, 8, 16, 32, 64, 128), 255);
}

// CALLS(zx_syscall_test_wrapper)
TEST(the_test_wrapper_checks_before_and_after)
{
    EXPECT_EQ(zx_syscall_test_wrapper(1, 2, 3), 6);
    EXPECT_EQ(zx_syscall_test_wrapper(-1, 2, 3), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_syscall_test_wrapper(1, -2, 3), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_syscall_test_wrapper(1, 2, -3), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_syscall_test_wrapper(10, 20, 20), 50);
    EXPECT_EQ(zx_syscall_test_wrapper(10, 20, 30), ZX_ERR_OUT_OF_RANGE);
}

// CALLS(zx_system_get_num_cpus, zx_system_get_physmem, zx_system_get_dcache_line_size)
TEST(the_machine_has_cpus_memory_and_cache_lines)
{
    uint32_t line = zx_system_get_dcache_line_size();

    EXPECT_GE(zx_system_get_num_cpus(), 1);
    EXPECT_GE(zx_system_get_physmem(), 16 << 20);
    EXPECT_TRUE(line >= 16 && line <= 2048 && (line & (line - 1)) == 0);
}

// CALLS(zx_system_get_version)
TEST(version_needs_room_for_64_bytes)
{
    char version[65];

    memset(version, '#', sizeof(version));
    EXPECT_EQ(zx_system_get_version(version, 63), ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(version[0], '#');
    EXPECT_OK(zx_system_get_version(version, sizeof(version)));
    EXPECT_TRUE(strnlen(version, 64) > 0 && strnlen(version, 64) < 64);
    EXPECT_EQ(version[64], '#');
}

// CALLS(zx_system_get_features)
TEST(features_of_the_cpu)
{
    uint32_t features = 0;

    EXPECT_OK(zx_system_get_features(ZX_FEATURE_KIND_CPU, &features));
    EXPECT_TRUE((features & ZX_HAS_CPU_FEATURES) != 0);
    EXPECT_EQ(zx_system_get_features(1, &features), ZX_ERR_NOT_SUPPORTED);
}

// CALLS(zx_cprng_draw)
TEST(random_bytes_fill_the_buffer_and_differ)
{
    static uint8_t first[1000], second[1000];
    unsigned equal = 0, zeros = 0;

    zx_cprng_draw(first, sizeof(first));
    zx_cprng_draw(second, sizeof(second));
    for (size_t i = 0; i < sizeof(first); i++) {
        equal += first[i] == second[i];
        zeros += first[i] == 0;
    }
    // Four on average each; sixty would be no accident.
    EXPECT_LT(equal, 60);
    EXPECT_LT(zeros, 60);
    zx_cprng_draw(NULL, 0);
}

// CALLS(zx_cprng_add_entropy)
TEST(entropy_is_taken_up_to_256_bytes)
{
    uint8_t buffer[257] = {1};

    EXPECT_OK(zx_cprng_add_entropy(buffer, 256));
    EXPECT_EQ(zx_cprng_add_entropy(buffer, 257), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_cprng_add_entropy((void *)8, 16), ZX_ERR_INVALID_ARGS);
}

// Reads the log until a record has this text; its size in *out, or NULL when there is none.
static const zx_log_record_t *find_record(zx_handle_t log, const char *text)
{
    static _Alignas(zx_log_record_t) char buffer[ZX_LOG_RECORD_MAX];
    const zx_log_record_t *record = (const zx_log_record_t *)buffer;
    zx_status_t status;

    while ((status = zx_debuglog_read(log, 0, buffer, sizeof(buffer))) > 0) {
        if (status != (zx_status_t)sizeof(*record) + record->datalen) {
            test_fail(__FILE__, __LINE__, "status %d for %u bytes", status, record->datalen);
        }
        if (record->datalen == strlen(text) && memcmp(record->data, text, record->datalen) == 0) {
            return record;
        }
    }
    EXPECT_EQ(status, ZX_ERR_SHOULD_WAIT);
    return NULL;
}

// CALLS(zx_debuglog_create, zx_debuglog_write, zx_debuglog_read)
TEST(a_log_record_can_be_read_back)
{
    static const char text[] = "target test: a record";
    zx_handle_t log, reader;
    zx_time_t before = zx_clock_get_monotonic();

    ASSERT_OK(zx_debuglog_create(0, 0, &log));
    ASSERT_OK(zx_debuglog_create(0, ZX_LOG_FLAG_READABLE, &reader));
    EXPECT_EQ(test_basic_info(log).type, ZX_OBJ_TYPE_LOG);
    EXPECT_EQ(test_basic_info(log).rights, ZX_DEFAULT_LOG_RIGHTS);
    EXPECT_EQ(test_basic_info(reader).rights, ZX_DEFAULT_LOG_RIGHTS | ZX_RIGHT_READ);
    EXPECT_OK(zx_debuglog_write(log, ZX_LOG_INFO, text, sizeof(text) - 1));
    const zx_log_record_t *record = find_record(reader, text);

    ASSERT_TRUE(record != NULL);
    EXPECT_EQ(record->flags, ZX_LOG_INFO);
    EXPECT_EQ(record->pid, test_basic_info(zx_process_self()).koid);
    EXPECT_EQ(record->tid, test_basic_info(zx_thread_self()).koid);
    EXPECT_GE(record->timestamp, before);
    EXPECT_LE(record->timestamp, zx_clock_get_monotonic());
    EXPECT_OK(zx_handle_close(log));
    EXPECT_OK(zx_handle_close(reader));
}

// CALLS(zx_debuglog_write, zx_debuglog_read, zx_debuglog_create)
TEST(log_calls_check_their_arguments)
{
    char text[300];
    zx_handle_t log, reader, out;

    memset(text, 'x', sizeof(text));
    ASSERT_OK(zx_debuglog_create(0, 0, &log));
    ASSERT_OK(zx_debuglog_create(0, ZX_LOG_FLAG_READABLE, &reader));
    EXPECT_EQ(zx_debuglog_create(zx_process_self(), 0, &out), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(zx_debuglog_create(0x7fffffff, 0, &out), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_debuglog_write(0, 0, text, ZX_LOG_RECORD_DATA_MAX + 1), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(zx_debuglog_write(0, 0x10000, text, 1), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_debuglog_write(0, 0, text, 1), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_debuglog_write(log, 0, (void *)8, 1), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_debuglog_write(log, 0, NULL, 0));
    EXPECT_EQ(zx_debuglog_read(log, 1, text, 256), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_debuglog_read(log, 0, text, 256), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_debuglog_read(0, 0, text, 256), ZX_ERR_BAD_HANDLE);
    EXPECT_TRUE((test_signals(log) & ZX_LOG_WRITABLE) != 0);
    EXPECT_OK(zx_handle_close(log));
    EXPECT_OK(zx_handle_close(reader));
}

// CALLS(zx_debuglog_read, zx_debuglog_write)
TEST(a_log_reader_is_told_of_new_records)
{
    static const char text[] = "target test: wake up";
    zx_handle_t log, reader;

    ASSERT_OK(zx_debuglog_create(0, 0, &log));
    ASSERT_OK(zx_debuglog_create(0, ZX_LOG_FLAG_READABLE, &reader));
    EXPECT_TRUE(find_record(reader, "no such record") == NULL); // reads until SHOULD_WAIT
    EXPECT_OK(zx_debuglog_write(log, 0, text, sizeof(text) - 1));
    EXPECT_OK(zx_object_wait_one(reader, ZX_LOG_READABLE, test_patience(), NULL));
    EXPECT_TRUE(find_record(reader, text) != NULL);
    EXPECT_OK(zx_handle_close(log));
    EXPECT_OK(zx_handle_close(reader));
}

// CALLS(zx_debug_write)
TEST(debug_write_takes_any_length)
{
    static char text[300];

    EXPECT_OK(zx_debug_write("# written by debug_write\n", 25));
    EXPECT_OK(zx_debug_write(NULL, 0));
    EXPECT_EQ(zx_debug_write((const char *)8, 4), ZX_ERR_INVALID_ARGS);
    memset(text, '#', sizeof(text));
    EXPECT_OK(zx_debug_write(text, sizeof(text)));
    EXPECT_OK(zx_debug_write("\n", 1));
}

// CALLS(zx_debug_read)
TEST(debug_read_is_for_the_root_resource)
{
    char c;
    size_t size = 1;

    EXPECT_EQ(zx_debug_read(0, &c, &size), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_debug_read(zx_process_self(), &c, &size), ZX_ERR_WRONG_TYPE);
}

// CALLS(zx_system_powerctl)
TEST(power_is_for_the_root_resource_and_known_commands)
{
    EXPECT_EQ(zx_system_powerctl(0, ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_system_powerctl(zx_process_self(), ZX_SYSTEM_POWERCTL_REBOOT, NULL),
              ZX_ERR_WRONG_TYPE);
    if (test_root_resource() == ZX_HANDLE_INVALID) {
        test_skip("no root resource");
        return;
    }
    EXPECT_EQ(zx_system_powerctl(test_root_resource(), 0, NULL), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_system_powerctl(test_root_resource(), 9, NULL), ZX_ERR_INVALID_ARGS);
}

// How many CPUs are online.
static unsigned cpus_online(void)
{
    zx_info_cpu_stats_t cpus[32];
    size_t count;
    unsigned online = 0;

    EXPECT_OK(zx_object_get_info(test_root_resource(), ZX_INFO_CPU_STATS, cpus, sizeof(cpus), &count,
                                 NULL));
    for (size_t i = 0; i < count; i++)
        online += (cpus[i].flags & ZX_INFO_CPU_STATS_FLAG_ONLINE) != 0;
    return online;
}

static void sums(void *context)
{
    volatile uint64_t *sum = context;

    for (uint64_t i = 0; i < 100000; i++)
        *sum += i;
}

// CALLS(zx_system_powerctl, zx_object_get_info): threads go on while the CPUs go and come
TEST(all_cpus_but_one_are_taken_offline_and_come_back)
{
    const zx_handle_t root = test_root_resource();
    const uint32_t all = zx_system_get_num_cpus();
    struct test_thread threads[4];
    volatile uint64_t sum[4] = {0};

    if (root == ZX_HANDLE_INVALID) {
        test_skip("no root resource");
        return;
    }
    EXPECT_OK(zx_system_powerctl(root, ZX_SYSTEM_POWERCTL_ENABLE_ALL_CPUS, NULL));
    EXPECT_EQ(cpus_online(), all);
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 4; i++)
            ASSERT_OK(test_thread_start(&threads[i], sums, (void *)&sum[i]));
        EXPECT_OK(zx_system_powerctl(root, ZX_SYSTEM_POWERCTL_DISABLE_ALL_CPUS_BUT_PRIMARY, NULL));
        EXPECT_EQ(cpus_online(), 1);
        EXPECT_EQ(zx_system_get_num_cpus(), all);
        for (unsigned i = 0; i < 4; i++) {
            test_thread_join(&threads[i]);
            EXPECT_EQ(sum[i], (round + 1) * 4999950000u);
        }
        EXPECT_OK(zx_system_powerctl(root, ZX_SYSTEM_POWERCTL_ENABLE_ALL_CPUS, NULL));
        EXPECT_EQ(cpus_online(), all);
    }
}

// CALLS(zx_object_get_info)
TEST(kernel_memory_adds_up)
{
    zx_info_kmem_stats_t info;

    EXPECT_EQ(zx_object_get_info(0, ZX_INFO_KMEM_STATS, &info, sizeof(info), NULL, NULL),
              ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(
        zx_object_get_info(zx_job_default(), ZX_INFO_KMEM_STATS, &info, sizeof(info), NULL, NULL),
        ZX_ERR_WRONG_TYPE);
    if (test_root_resource() == ZX_HANDLE_INVALID) {
        test_skip("no root resource");
        return;
    }
    ASSERT_OK(zx_object_get_info(test_root_resource(), ZX_INFO_KMEM_STATS, &info, sizeof(info),
                                 NULL, NULL));
    EXPECT_EQ(info.total_bytes, info.free_bytes + info.wired_bytes + info.total_heap_bytes +
                                    info.vmo_bytes + info.mmu_overhead_bytes + info.ipc_bytes +
                                    info.other_bytes);
    EXPECT_LE(info.free_heap_bytes, info.total_heap_bytes);
    EXPECT_GT(info.free_bytes, 0);
    EXPECT_GT(info.vmo_bytes, 0);
}

// CALLS(zx_object_get_info)
TEST(own_memory_and_handles_are_counted)
{
    zx_info_task_stats_t memory;
    zx_info_process_handle_stats_t before, after;
    zx_handle_t ends[2];

    ASSERT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_TASK_STATS, &memory, sizeof(memory),
                                 NULL, NULL));
    EXPECT_GT(memory.mem_private_bytes, 0);
    EXPECT_GE(memory.mem_mapped_bytes, memory.mem_private_bytes + memory.mem_shared_bytes);
    EXPECT_EQ(zx_object_get_info(zx_thread_self(), ZX_INFO_TASK_STATS, &memory, sizeof(memory),
                                 NULL, NULL),
              ZX_ERR_WRONG_TYPE);
    ASSERT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &before,
                                 sizeof(before), NULL, NULL));
    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    ASSERT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &after,
                                 sizeof(after), NULL, NULL));
    EXPECT_EQ(after.handle_count[ZX_OBJ_TYPE_CHANNEL],
              before.handle_count[ZX_OBJ_TYPE_CHANNEL] + 2);
    EXPECT_EQ(after.handle_count[ZX_OBJ_TYPE_NONE], 0);
    EXPECT_GT(after.handle_count[ZX_OBJ_TYPE_PROCESS], 0);
    EXPECT_OK(zx_handle_close_many(ends, 2));
}

// CALLS(zx_object_get_info)
TEST(thread_time_is_counted)
{
    zx_info_thread_stats_t first, second;

    ASSERT_OK(zx_object_get_info(zx_thread_self(), ZX_INFO_THREAD_STATS, &first, sizeof(first),
                                 NULL, NULL));
    zx_time_t end = zx_deadline_after(ZX_MSEC(2));

    while (zx_clock_get_monotonic() < end) {}
    ASSERT_OK(zx_object_get_info(zx_thread_self(), ZX_INFO_THREAD_STATS, &second, sizeof(second),
                                 NULL, NULL));
    EXPECT_GT(second.total_runtime, first.total_runtime);
}

TEST(status_codes_have_names)
{
    EXPECT_EQ(strcmp(zx_status_get_string(ZX_OK), "ZX_OK"), 0);
    EXPECT_EQ(strcmp(zx_status_get_string(ZX_ERR_TIMED_OUT), "ZX_ERR_TIMED_OUT"), 0);
    EXPECT_EQ(strcmp(zx_status_get_string(12345), "(UNKNOWN)"), 0);
}
