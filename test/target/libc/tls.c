// SPDX-License-Identifier: MIT
// Variables of threads: in 64 threads at once and in the first one, with a large and a strictly
// aligned one among them (spec 34 section 4.2, 32 section 10).
#include <check/check.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <zircon/syscalls.h>
#include <zircon/tls.h>

#include "baseline.h"

#define THREADS 64
#define PAGE    4096u

#define VARIABLE static _Thread_local

VARIABLE char tiny = 'x';
VARIABLE short small = -2;
VARIABLE int number = 123456;
VARIABLE long long large = 0x123456789abcdef;
VARIABLE double fraction = 2.5;
VARIABLE const char *pointer = "a constant";
VARIABLE struct {
    unsigned a : 3, b : 7, c : 22;
} bits = {5, 77, 12345};
VARIABLE unsigned char zeros[1 << 20];
VARIABLE unsigned char kilobyte[1024] = {
    [0] = 1, [1] = 2, [511] = 42, [1022] = 3, [1023] = 4,
};
VARIABLE _Alignas(4096) int aligned = 99;
VARIABLE int zero;

// Not constant to the compiler, so that the variables are really read.
static uintptr_t address_of(const volatile void *address)
{
    __asm__("" : "+r"(address));
    return (uintptr_t)address;
}

static bool is_fresh(void)
{
    size_t sum = 0;

    for (size_t i = 0; i < sizeof(zeros); i += 64)
        sum += zeros[i];
    for (size_t i = 0; i < sizeof(kilobyte); i++)
        sum += kilobyte[i];
    return tiny == 'x' && small == -2 && number == 123456 && large == 0x123456789abcdef &&
           fraction == 2.5 && strcmp(pointer, "a constant") == 0 && bits.a == 5 && bits.b == 77 &&
           bits.c == 12345 && sum == 1 + 2 + 42 + 3 + 4 && aligned == 99 && zero == 0;
}

static void write_all(int value)
{
    tiny = (char)value;
    small = (short)value;
    number = value;
    large = value;
    fraction = value;
    pointer = NULL;
    bits.a = (unsigned)value & 7;
    bits.b = (unsigned)value & 127;
    bits.c = (unsigned)value;
    memset(zeros, value, sizeof(zeros));
    memset(kilobyte, value, sizeof(kilobyte));
    aligned = value;
    zero = value;
}

static bool has(int value)
{
    for (size_t i = 0; i < sizeof(zeros); i += 16) {
        if (zeros[i] != (unsigned char)value)
            return false;
    }
    return tiny == (char)value && small == (short)value && number == value && large == value &&
           fraction == value && pointer == NULL && bits.a == ((unsigned)value & 7) &&
           bits.b == ((unsigned)value & 127) && bits.c == (unsigned)value &&
           memchr(kilobyte, (unsigned char)value, 1) && kilobyte[1023] == (unsigned char)value &&
           aligned == value && zero == value;
}

static pthread_barrier_t barrier;
static atomic_uint fresh, kept;

static void *use_all(void *argument)
{
    int value = (int)(intptr_t)argument;

    if (is_fresh())
        fresh++;
    EXPECT_EQ(address_of(&aligned) % PAGE, 0);
    EXPECT_EQ(address_of(&large) % sizeof(large), 0);
    EXPECT_EQ(address_of(__builtin_thread_pointer()) % PAGE, 0);
    // Above the thread pointer, behind its two words.
    EXPECT_TRUE(address_of(&tiny) >= address_of(__builtin_thread_pointer()) + 16);
    EXPECT_TRUE(address_of(&zeros) >= address_of(__builtin_thread_pointer()) + 16);
    pthread_barrier_wait(&barrier);
    write_all(value);
    pthread_barrier_wait(&barrier);
    if (has(value))
        kept++;
    return NULL;
}

static void run_64_threads(void)
{
    pthread_t threads[THREADS];

    fresh = kept = 0;
    ASSERT_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (intptr_t i = 0; i < THREADS; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, use_all, (void *)(i + 1)), 0);
    for (unsigned i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    EXPECT_EQ(fresh, THREADS);
    EXPECT_EQ(kept, THREADS);
    pthread_barrier_destroy(&barrier);
}

TEST(the_first_threads_variables)
{
    ASSERT_EQ(pthread_barrier_init(&barrier, NULL, 1), 0);
    fresh = kept = 0;
    use_all((void *)(intptr_t)100);
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(kept, 1);
    EXPECT_TRUE(has(100));
}

TEST(each_of_64_threads_has_its_own_fresh_variables)
{
    baseline_check_rounds(run_64_threads);
    EXPECT_TRUE(has(100)); // the first thread's are as they were
}

// The words that compilers and debuggers find through the thread pointer.
TEST(the_thread_pointer_leads_to_its_words)
{
    void *const *words = __builtin_thread_pointer();
    const uintptr_t *below = __builtin_thread_pointer();

    EXPECT_TRUE(words[0] == words);
    EXPECT_TRUE(words[1] != NULL);
    EXPECT_TRUE(below[ZX_TLS_STACK_GUARD_OFFSET / 8] != 0);
    EXPECT_TRUE(below[ZX_TLS_UNSAFE_SP_OFFSET / 8] != 0);
}
