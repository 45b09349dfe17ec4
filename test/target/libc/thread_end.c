// SPDX-License-Identifier: MIT
// How threads end a process, or do not, and what others see of a thread's memory: with children,
// since it ends them, and since a process may not list its own mappings (spec 32 section 10).
#define _GNU_SOURCE
#include <check/check.h>

#include <alloca.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#include "baseline.h"
#include "thread_child.h"

#define PAGE 4096u

// ---- the first thread ends first ----

static void *join_and_exit(void *argument)
{
    void *result = NULL;

    if (pthread_join(*(pthread_t *)argument, &result) != 0 || result != argument)
        exit(1);
    exit(23);
}

CHILD(first_thread_is_joined)
{
    static pthread_t first, second;

    first = pthread_self();
    if (pthread_create(&second, NULL, join_and_exit, &first) != 0)
        return 2;
    pthread_exit(&first);
}

TEST(the_first_thread_can_end_and_be_joined)
{
    zx_handle_t process;

    if (child_start("first_thread_is_joined", &process))
        EXPECT_EQ(child_wait(process), 23);
}

static void exit_31(void)
{
    _exit(31);
}

static void *sleep_and_return(void *argument)
{
    usleep(20000);
    return argument;
}

CHILD(last_thread_runs_exit)
{
    pthread_t thread;

    atexit(exit_31);
    if (pthread_create(&thread, NULL, sleep_and_return, NULL) != 0 || pthread_detach(thread) != 0)
        return 2;
    pthread_detach(pthread_self());
    pthread_exit(NULL);
}

TEST(the_end_of_the_last_thread_is_exit_0_with_handlers)
{
    zx_handle_t process;

    if (child_start("last_thread_runs_exit", &process))
        EXPECT_EQ(child_wait(process), 31);
}

CHILD(only_thread_ends)
{
    pthread_exit((void *)5);
}

TEST(a_process_whose_only_thread_ends_exits_with_0)
{
    zx_handle_t process;

    if (child_start("only_thread_ends", &process))
        EXPECT_EQ(child_wait(process), 0);
}

static void *forget_me(void *argument)
{
    for (;;)
        usleep(1000000);
    return argument;
}

CHILD(return_with_threads)
{
    pthread_t thread;

    for (unsigned i = 0; i < 4; i++) {
        if (pthread_create(&thread, NULL, forget_me, NULL) != 0)
            return 2;
    }
    return 17;
}

TEST(return_from_main_ends_all_threads)
{
    zx_handle_t process;

    if (child_start("return_with_threads", &process))
        EXPECT_EQ(child_wait(process), 17);
}

// ---- stacks that are too small ----

static __attribute__((noinline)) unsigned fall(unsigned depth)
{
    volatile char array[512];

    array[0] = (char)depth;
    return depth > 100000000 ? depth : fall(depth + 1) + (unsigned)array[0];
}

static void *overflow(void *argument)
{
    return (void *)(uintptr_t)(fall(0) + (uintptr_t)argument);
}

CHILD(stack_overflow)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, overflow, NULL) != 0)
        return 2;
    pthread_join(thread, NULL);
    return 3;
}

TEST(a_stack_overflow_meets_the_guard_and_ends_the_process)
{
    zx_handle_t process;

    if (child_start("stack_overflow", &process))
        EXPECT_EQ(child_wait(process), -1);
}

static __attribute__((noinline)) void smash(char *array, size_t size)
{
    memset(array, 'x', size);
}

static __attribute__((noinline)) int smashed(size_t size)
{
    char array[16];

    smash(array, size);
    return array[3];
}

CHILD(smashed_stack)
{
    volatile size_t size = 64;

    return smashed(size);
}

TEST(a_smashed_stack_is_noticed)
{
    zx_handle_t process;

    if (child_start("smashed_stack", &process))
        EXPECT_EQ(child_wait(process), -1);
}

// ---- what it looks like from outside ----

static int wait_here(void *argument)
{
    for (;;)
        usleep(1000000);
    return argument != NULL;
}

CHILD(named_thread)
{
    thrd_t thread;

    if (thrd_create_with_name(&thread, wait_here, NULL, "a-named-thread") != thrd_success)
        return 2;
    return thrd_join(thread, NULL);
}

static zx_info_maps_t maps[512];

// Stores the mappings called `name` at the front of maps[], in order of addresses, and in *gaps how
// many of them have nothing mapped directly before and behind.
static size_t find_maps(zx_handle_t process, const char *name, size_t *gaps)
{
    size_t actual = 0, found = 0;
    uint64_t end = 0;

    *gaps = 0;
    if (zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, maps, sizeof(maps), &actual, NULL) !=
        ZX_OK)
        return 0;
    for (size_t i = 0; i < actual; i++) {
        if (maps[i].type != ZX_INFO_MAPS_TYPE_MAPPING)
            continue;
        uint64_t next = UINT64_MAX;
        for (size_t j = i + 1; j < actual && next == UINT64_MAX; j++) {
            if (maps[j].type == ZX_INFO_MAPS_TYPE_MAPPING)
                next = maps[j].base;
        }
        zx_info_maps_t m = maps[i];
        if (strcmp(m.name, name) == 0) {
            *gaps += m.base >= end + PAGE && m.base + m.size + PAGE <= next;
            maps[found++] = m;
        }
        end = m.base + m.size;
    }
    return found;
}

TEST(a_thread_is_one_named_vmo_in_three_places_with_guards)
{
    zx_handle_t process;
    size_t count = 0, gaps = 0;

    if (!child_start("named_thread", &process))
        return;
    for (unsigned i = 0; i < 2000 && count < 3; i++) {
        usleep(1000);
        count = find_maps(process, "a-named-thread", &gaps);
    }
    EXPECT_EQ(count, 3);
    EXPECT_EQ(gaps, 3);
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        EXPECT_EQ(maps[i].u.mapping.vmo_koid, maps[0].u.mapping.vmo_koid);
        EXPECT_EQ(maps[i].u.mapping.vmo_offset, total);
        total += maps[i].size;
    }
    EXPECT_TRUE(total >= 2 * (256 << 10) + PAGE);
    // The first thread's variables are in a VMO of their own, too.
    EXPECT_EQ(find_maps(process, "initial-thread", &gaps), 2);
    EXPECT_EQ(gaps, 2);
    zx_task_kill(process);
    child_wait(process);
}
