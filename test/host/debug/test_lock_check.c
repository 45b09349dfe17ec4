// SPDX-License-Identifier: MIT
// The lock-rank checker: what it lets pass, and what it panics about.
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include <hal/spinlock.h>

#include "stub_hal.h"

LOCK_CLASS(low_class, RANK_OBJECT, LOCK_SPIN);
LOCK_CLASS(high_class, RANK_THREAD, LOCK_SPIN);
LOCK_CLASS(irq_class, RANK_LOG, LOCK_SPIN_IRQ);
LOCK_CLASS(mutex_class, RANK_CONSOLE,
           LOCK_MUTEX); // a rank above all, so that only the kind is wrong

static struct spinlock low = SPINLOCK_INIT(low_class);
static struct spinlock low2 = SPINLOCK_INIT(low_class);
static struct spinlock high = SPINLOCK_INIT(high_class);
static struct spinlock irq = SPINLOCK_INIT(irq_class);

static void expect_panic(void (*fn)(void), const char *what)
{
    const char *text = stub_panic_text(fn);
    if (!text)
        print_error("no panic, wanted: %s\n", what);
    assert_non_null(text);
    if (!strstr(text, what))
        print_error("wanted: %s\ngot: %s\n", what, text);
    assert_non_null(strstr(text, what));
}

static void test_lock_rising_ranks_pass(void **state)
{
    (void)state;
    spin_lock(&low);
    spin_lock(&high);
    unsigned long flags = spin_lock_irqsave(&irq);
    spin_assert_held(&low);
    spin_assert_held(&irq);
    assert_int_equal(lock_debug_held()->count, 3);
    spin_unlock_irqrestore(&irq, flags);
    spin_unlock(&low); // not the last one taken: allowed
    lock_debug_assert_not_held(&low.LOCK_DEBUG_MEMBER, &low);
    spin_unlock(&high);
    assert_int_equal(lock_debug_held()->count, 0);
    lock_debug_assert_none("test");
}

static void falling_rank(void)
{
    spin_lock(&high);
    spin_lock(&low);
    spin_unlock(&low);
    spin_unlock(&high);
}

static void test_lock_falling_rank_panics_with_both_sites(void **state)
{
    (void)state;
    expect_panic(falling_rank, "*** KERNEL PANIC: lock order: low_class (rank 50, ");
    const char *text = stub_panic_text(falling_rank);
    assert_non_null(strstr(text, "while holding high_class (rank 70, "));
    assert_non_null(strstr(text, ") taken at 0x"));
}

static void same_lock_twice(void)
{
    lock_debug_acquire(&low.LOCK_DEBUG_MEMBER, &low);
    lock_debug_acquire_nested(&low.LOCK_DEBUG_MEMBER, &low);
}

static void same_class(void)
{
    lock_debug_acquire(&low.LOCK_DEBUG_MEMBER, &low);
    lock_debug_acquire(&low2.LOCK_DEBUG_MEMBER, &low2);
}

static void test_lock_two_of_a_class_need_nested(void **state)
{
    (void)state;
    expect_panic(same_lock_twice, "lock taken twice: low_class");
    expect_panic(same_class, "lock order: low_class");
    spin_lock(&low);
    spin_lock_nested(&low2);
    spin_unlock(&low2);
    spin_unlock(&low);
    assert_int_equal(lock_debug_held()->count, 0);
}

static void nested_of_other_class(void)
{
    lock_debug_acquire(&high.LOCK_DEBUG_MEMBER, &high);
    lock_debug_acquire_nested(&low.LOCK_DEBUG_MEMBER, &low);
}

static void mutex_under_spinlock(void)
{
    struct lock_debug mutex;
    lock_debug_init(&mutex, &mutex_class);
    lock_debug_acquire(&low.LOCK_DEBUG_MEMBER, &low);
    lock_debug_acquire(&mutex, &mutex);
}

static void irq_lock_with_interrupts(void)
{
    lock_debug_acquire(&irq.LOCK_DEBUG_MEMBER, &irq);
}

static void release_unheld(void)
{
    lock_debug_release(&low.LOCK_DEBUG_MEMBER, &low);
}

static void assert_unheld(void)
{
    spin_assert_held(&low);
}

static void uninitialised(void)
{
    static struct spinlock l;
    spin_lock(&l);
    spin_unlock(&l);
}

static void too_many(void)
{
    static struct spinlock many[LOCK_DEBUG_MAX_HELD + 1];
    for (size_t i = 0; i < countof(many); i++) {
        spin_init(&many[i], &low_class);
        lock_debug_acquire_nested(&many[i].LOCK_DEBUG_MEMBER, &many[i]);
    }
}

static void none_with_lock(void)
{
    lock_debug_acquire(&low.LOCK_DEBUG_MEMBER, &low);
    lock_debug_assert_none("return to user mode");
}

static void test_lock_misuse_panics(void **state)
{
    (void)state;
    expect_panic(nested_of_other_class, "lock order: low_class");
    expect_panic(mutex_under_spinlock, "mutex under a spinlock: mutex_class");
    expect_panic(irq_lock_with_interrupts, "interrupts are on: irq_class");
    expect_panic(release_unheld, "release of a lock that is not held: low_class");
    expect_panic(assert_unheld, "lock is not held: low_class");
    expect_panic(uninitialised, "was never initialised");
    expect_panic(too_many, "too many locks held: low_class");
    expect_panic(none_with_lock, "return to user mode at 0x");
}

static void test_lock_handed_over_a_switch(void **state)
{
    (void)state;
    struct spinlock *l = &low;
    lock_debug_acquire(&l->LOCK_DEBUG_MEMBER, l);
    lock_debug_disown(&l->LOCK_DEBUG_MEMBER, l);
    assert_int_equal(lock_debug_held()->count, 0);
    lock_debug_adopt(&l->LOCK_DEBUG_MEMBER, l);
    assert_int_equal(lock_debug_held()->count, 1);
    lock_debug_release(&l->LOCK_DEBUG_MEMBER, l);
    // A try-lock cannot wait, so its rank does not matter.
    lock_debug_acquire(&high.LOCK_DEBUG_MEMBER, &high);
    lock_debug_acquire_try(&l->LOCK_DEBUG_MEMBER, l);
    lock_debug_release(&l->LOCK_DEBUG_MEMBER, l);
    lock_debug_release(&high.LOCK_DEBUG_MEMBER, &high);
}

static struct lock_debug_held other_list;

static struct lock_debug_held *other(void)
{
    return &other_list;
}

static void test_lock_lists_are_per_thread(void **state)
{
    (void)state;
    lock_debug_set_hook(other);
    lock_debug_acquire(&high.LOCK_DEBUG_MEMBER, &high);
    assert_int_equal(other_list.count, 1);
    lock_debug_set_hook(NULL);
    assert_int_equal(lock_debug_held()->count, 0);
    lock_debug_acquire(&low.LOCK_DEBUG_MEMBER, &low); // this "thread" holds nothing
    lock_debug_release(&low.LOCK_DEBUG_MEMBER, &low);
    lock_debug_set_hook(other);
    lock_debug_release(&high.LOCK_DEBUG_MEMBER, &high);
    lock_debug_set_hook(NULL);
}

int run_lock_check_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_rising_ranks_pass),
        cmocka_unit_test(test_lock_falling_rank_panics_with_both_sites),
        cmocka_unit_test(test_lock_two_of_a_class_need_nested),
        cmocka_unit_test(test_lock_misuse_panics),
        cmocka_unit_test(test_lock_handed_over_a_switch),
        cmocka_unit_test(test_lock_lists_are_per_thread),
    };
    return cmocka_run_group_tests_name("lock_check", tests, NULL, NULL);
}
