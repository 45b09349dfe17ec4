// SPDX-License-Identifier: MIT
// What a thread is made of: stacks, pages, names, numbers, keys (spec 12 section 5, 32 section 10, 34
// section 4.2).
#define _GNU_SOURCE // environ, pthread_*_np

#include <check/check.h>

#include <alloca.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/threads.h>
#include <zircon/tls.h>

#include "baseline.h"

#define PAGE 4096u
#define MIB  ((size_t)1 << 20)

static __thread int own_variable;
static atomic_bool go_on;

static void *wait_for_go(void *argument)
{
    while (!go_on)
        zx_nanosleep(zx_deadline_after(ZX_USEC(100)));
    return argument;
}

// ---- stacks ----

static void *touch_8_mib(void *argument)
{
    volatile char *array = alloca(8 * MIB);
    unsigned sum = 0;

    for (size_t i = 0; i < 8 * MIB; i += PAGE)
        array[i] = (char)(i / PAGE);
    for (size_t i = 0; i < 8 * MIB; i += PAGE)
        sum += array[i] == (char)(i / PAGE);
    (void)argument;
    return (void *)(uintptr_t)sum;
}

TEST(a_stack_of_16_mib_holds_8)
{
    pthread_attr_t attr;
    pthread_t thread;
    void *result = NULL;

    pthread_attr_init(&attr);
    ASSERT_EQ(pthread_attr_setstacksize(&attr, 16 * MIB), 0);
    ASSERT_EQ(pthread_create(&thread, &attr, touch_8_mib, NULL), 0);
    ASSERT_EQ(pthread_join(thread, &result), 0);
    EXPECT_EQ((uintptr_t)result, 8 * MIB / PAGE);
}

// Checks the bounds of the calling thread's stack; returns whether [base, base + size) has at least
// `wanted` bytes, contains this frame and ends at memory that is not its own.
static void *check_stack(void *argument)
{
    size_t wanted = (size_t)argument;
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    pthread_attr_t attr;
    void *base = NULL;
    size_t size = 0, guard = 0;

    EXPECT_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
    EXPECT_EQ(pthread_attr_getstack(&attr, &base, &size), 0);
    EXPECT_EQ(pthread_attr_getguardsize(&attr, &guard), 0);
    EXPECT_TRUE(size >= wanted);
    EXPECT_TRUE((uintptr_t)base < frame && frame < (uintptr_t)base + size);
    EXPECT_TRUE(is_mapped((uintptr_t)base));
    EXPECT_TRUE(is_mapped((uintptr_t)base + size - 1));
    if (guard) {
        EXPECT_FALSE(is_mapped((uintptr_t)base - 1));
        EXPECT_FALSE(is_mapped((uintptr_t)base - guard));
        EXPECT_FALSE(is_mapped((uintptr_t)base + size));
    }
    return NULL;
}

TEST(getstack_brackets_the_frame)
{
    pthread_attr_t attr;
    pthread_t thread;

    check_stack((void *)(64 << 10));
    ASSERT_EQ(pthread_create(&thread, NULL, check_stack, (void *)(256 << 10)), 0);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    pthread_attr_init(&attr);
    for (unsigned i = 0; i < 2; i++) {
        ASSERT_EQ(pthread_attr_setstacksize(&attr, MIB), 0);
        ASSERT_EQ(pthread_create(&thread, &attr, check_stack, (void *)MIB), 0);
        EXPECT_EQ(pthread_join(thread, NULL), 0);
        ASSERT_EQ(pthread_attr_setguardsize(&attr, 3 * PAGE), 0);
    }
}

static void *print_something(void *argument)
{
    char text[64];

    snprintf(text, sizeof(text), "%d %s %llx %p", 42, "text", 0x123456789abcdefull, argument);
    EXPECT_TRUE(strncmp(text, "42 text 123456789abcdef", 23) == 0);
    printf("# on a small stack: %s\n", text);
    fprintf(stderr, "# and on stderr: %d\n", 7);
    check_print("# and by the test's own %s", "printf");
    EXPECT_TRUE(strtod("2.5", NULL) == 2.5);
    snprintf(text, sizeof(text), "%.3f", 2.5);
    EXPECT_STR(text, "2.500");
    return NULL;
}

_Static_assert(PTHREAD_STACK_MIN <= PAGE_SIZE, "a page is a stack (spec 12 section 5)");
_Static_assert(PTHREAD_KEYS_MAX == 128, "spec 12 section 5");

TEST(the_smallest_stack_prints)
{
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    ASSERT_EQ(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN), 0);
    ASSERT_EQ(pthread_create(&thread, &attr, print_something, NULL), 0);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    fflush(stdout);
}

// ---- pages ----

static uintptr_t page_of(const void *address)
{
    return (uintptr_t)address / PAGE;
}

static void expect_distinct(const uintptr_t *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = i + 1; j < count; j++) {
            if (pages[i] == pages[j])
                check_fail(__FILE__, __LINE__, "things %u and %u share page 0x%lx", i, j,
                           (unsigned long)pages[i]);
        }
    }
}

static const void *thread_pointer(void)
{
    return __builtin_thread_pointer();
}

static const void *unsafe_stack(void)
{
    const char *slot = (const char *)thread_pointer() + ZX_TLS_UNSAFE_SP_OFFSET;

    return *(const char *const *)slot - 1;
}

static void *check_pages(void *argument)
{
    const uintptr_t pages[] = {page_of(__builtin_frame_address(0)), page_of(unsafe_stack()),
                               page_of(&own_variable), page_of(environ)};

    EXPECT_TRUE(page_of(thread_pointer()) != pages[0]);
    EXPECT_TRUE(page_of(thread_pointer()) != pages[1]);
    EXPECT_TRUE(page_of(thread_pointer()) != pages[3]);
    expect_distinct(pages, 4);
    EXPECT_TRUE(is_mapped((uintptr_t)unsafe_stack()));
    *(volatile char *)unsafe_stack() = 1;
    // On either side of what it lies in there is nothing.
    uintptr_t low = (uintptr_t)thread_pointer(), high = low;
    while (is_mapped(low - 1) && high - low < 64 * MIB)
        low = (low - 1) & ~(uintptr_t)(PAGE - 1);
    while (is_mapped(high) && high - low < 64 * MIB)
        high = (high + PAGE) & ~(uintptr_t)(PAGE - 1);
    EXPECT_TRUE(high - low < MIB);
    return argument;
}

TEST(stacks_thread_variables_and_environ_lie_on_different_pages)
{
    pthread_attr_t attr;
    pthread_t thread;

    const uintptr_t pages[] = {page_of(__builtin_frame_address(0)), page_of(&own_variable)};
    expect_distinct(pages, 2);
    EXPECT_TRUE(page_of(&own_variable) != page_of(environ));
    EXPECT_TRUE(page_of(thread_pointer()) != page_of(environ));
    EXPECT_TRUE(page_of(thread_pointer()) != pages[0]);
    pthread_attr_init(&attr);
    ASSERT_EQ(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN), 0);
    ASSERT_EQ(pthread_create(&thread, &attr, check_pages, NULL), 0);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    ASSERT_EQ(pthread_create(&thread, NULL, check_pages, NULL), 0);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
}

static void *read_guard(void *argument)
{
    uintptr_t *out = argument;

    *out = *(const uintptr_t *)((const char *)thread_pointer() + ZX_TLS_STACK_GUARD_OFFSET);
    return NULL;
}

TEST(all_threads_have_the_same_stack_guard)
{
    uintptr_t mine = 0, others = 1;
    pthread_t thread;

    read_guard(&mine);
    EXPECT_TRUE(mine != 0);
    ASSERT_EQ(pthread_create(&thread, NULL, read_guard, &others), 0);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    EXPECT_EQ(mine, others);
    EXPECT_TRUE(*(void *const *)thread_pointer() == thread_pointer());
}

// ---- names, handles, numbers ----

TEST(names_reach_the_kernel)
{
    char name[ZX_MAX_NAME_LEN] = "";
    pthread_t thread;
    thrd_t named;
    int result;

    go_on = false;
    ASSERT_EQ(thrd_create_with_name(&named, (thrd_start_t)(void *)wait_for_go, NULL, "fred"),
              thrd_success);
    EXPECT_EQ(zx_object_get_property(thrd_get_zx_handle(named), ZX_PROP_NAME, name, sizeof(name)),
              ZX_OK);
    EXPECT_STR(name, "fred");
    go_on = true;
    EXPECT_EQ(thrd_join(named, &result), thrd_success);

    go_on = false;
    ASSERT_EQ(pthread_create(&thread, NULL, wait_for_go, NULL), 0);
    EXPECT_EQ(pthread_setname_np(thread, "a name of thirty-one bytes, all"), 0);
    EXPECT_EQ(pthread_setname_np(thread, "a name of thirty-two bytes, all!"), ERANGE);
    EXPECT_EQ(pthread_getname_np(thread, name, sizeof(name)), 0);
    EXPECT_STR(name, "a name of thirty-one bytes, all");
    EXPECT_EQ(pthread_getname_np(thread, name, 8), ERANGE);
    go_on = true;
    EXPECT_EQ(pthread_join(thread, NULL), 0);
}

static void *own_numbers(void *argument)
{
    int *number = argument;
    zx_info_handle_basic_t info;

    *number = gettid();
    // Its own handle, not the first thread's: it says which thread it is.
    EXPECT_EQ(
        zx_object_get_info(zx_thread_self(), ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL),
        ZX_OK);
    EXPECT_EQ(zx_thread_self(), thrd_get_zx_handle(thrd_current()));
    return (void *)(uintptr_t)info.koid;
}

TEST(each_thread_has_a_number_and_a_handle_of_its_own)
{
    pthread_t a, b;
    int number_a = 0, number_b = 0;
    void *koid_a, *koid_b;

    ASSERT_EQ(pthread_create(&a, NULL, own_numbers, &number_a), 0);
    ASSERT_EQ(pthread_create(&b, NULL, own_numbers, &number_b), 0);
    EXPECT_EQ(pthread_join(a, &koid_a), 0);
    EXPECT_EQ(pthread_join(b, &koid_b), 0);
    EXPECT_TRUE(number_a != number_b && number_a != gettid());
    EXPECT_TRUE(koid_a != koid_b);
}

static void *own_errno(void *argument)
{
    errno = 5;
    zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
    EXPECT_EQ(errno, 5);
    return argument;
}

TEST(errno_is_each_threads_own)
{
    pthread_t thread;

    errno = 9;
    ASSERT_EQ(pthread_create(&thread, NULL, own_errno, NULL), 0);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    EXPECT_EQ(errno, 9);
}

// ---- keys ----

static pthread_key_t key, stubborn;
static atomic_uint destroyed, rounds;

static void destroy(void *value)
{
    EXPECT_EQ(*(int *)value, 11);
    EXPECT_TRUE(pthread_getspecific(key) == NULL);
    destroyed++;
}

static void come_back(void *value)
{
    rounds++;
    pthread_setspecific(stubborn, value);
}

static void *use_keys(void *argument)
{
    static int value = 11;

    EXPECT_TRUE(pthread_getspecific(key) == NULL);
    if (argument) {
        EXPECT_EQ(pthread_setspecific(key, &value), 0);
        EXPECT_TRUE(pthread_getspecific(key) == &value);
    }
    return NULL;
}

static void *use_stubborn(void *argument)
{
    pthread_setspecific(stubborn, argument);
    return NULL;
}

TEST(keys_are_per_thread_and_destroyed_once)
{
    pthread_t threads[4];
    int mine = 1;

    destroyed = rounds = 0;
    ASSERT_EQ(pthread_key_create(&key, destroy), 0);
    EXPECT_TRUE(pthread_getspecific(key) == NULL);
    EXPECT_EQ(pthread_setspecific(key, &mine), 0);
    for (unsigned i = 0; i < 4; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, use_keys, (void *)(uintptr_t)(i & 1)), 0);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    EXPECT_EQ(destroyed, 2);
    EXPECT_TRUE(pthread_getspecific(key) == &mine);
    EXPECT_EQ(pthread_setspecific(key, NULL), 0);
    EXPECT_EQ(pthread_key_delete(key), 0);

    ASSERT_EQ(pthread_key_create(&stubborn, come_back), 0);
    ASSERT_EQ(pthread_create(&threads[0], NULL, use_stubborn, &mine), 0);
    EXPECT_EQ(pthread_join(threads[0], NULL), 0);
    EXPECT_EQ(rounds, PTHREAD_DESTRUCTOR_ITERATIONS);
    EXPECT_EQ(pthread_key_delete(stubborn), 0);
}

TEST(there_are_128_keys)
{
    pthread_key_t keys[PTHREAD_KEYS_MAX + 1];
    unsigned count = 0;

    while (count <= PTHREAD_KEYS_MAX && pthread_key_create(&keys[count], NULL) == 0)
        count++;
    EXPECT_TRUE(count >= PTHREAD_KEYS_MAX - 8 && count <= PTHREAD_KEYS_MAX);
    while (count > 0)
        EXPECT_EQ(pthread_key_delete(keys[--count]), 0);
}
