// SPDX-License-Identifier: MIT
// The fake MMU and user accesses.
#include "toy.h"

#include "tests.h"

#include <hal/mmu.h>
#include <hal/usercopy.h>
#include <stdlib.h>

#define VA 0x0000012340000000ul

static struct hal_aspace as;
static paddr_t page;
static unsigned faults;
static zx_status_t result;

static void setup(unsigned pages, unsigned prot)
{
    if (hal_aspace_init(&as) != ZX_OK)
        abort();
    hal_irq_disable();
    hal_aspace_activate(&as);
    hal_irq_enable();
    for (unsigned i = 0; i < pages; i++) {
        page = toy_page();
        if (hal_aspace_map(&as, VA + i * PAGE_SIZE, &page, 1, prot) != ZX_OK)
            abort();
    }
}

static void teardown(unsigned pages)
{
    hal_aspace_unmap(&as, VA, pages);
    hal_irq_disable();
    hal_aspace_activate(NULL);
    hal_irq_enable();
    hal_aspace_destroy(&as);
}

static void expect(bool ok, const char *what)
{
    if (!ok)
        host_fail(HOST_PANIC, "%s", what);
}

static void run_copy(void)
{
    char out[6000], in[6000];

    setup(3, HAL_PROT_READ | HAL_PROT_WRITE);
    for (unsigned i = 0; i < sizeof(out); i++)
        out[i] = (char)(i * 7);
    expect(hal_copy_to_user(VA + 100, out, sizeof(out)) == ZX_OK, "copy to user");
    expect(hal_copy_from_user(in, VA + 100, sizeof(in)) == ZX_OK, "copy from user");
    expect(memcmp(in, out, sizeof(in)) == 0, "same bytes");
    expect(hal_copy_to_user(VA + 2 * PAGE_SIZE, out, PAGE_SIZE + 1) == ZX_ERR_INVALID_ARGS,
           "past the end");
    hal_aspace_protect(&as, VA, 1, HAL_PROT_READ);
    expect(hal_copy_to_user(VA, out, 1) == ZX_ERR_INVALID_ARGS, "read-only page");
    expect(hal_copy_from_user(in, VA, 1) == ZX_OK, "read-only page, read");
    expect(host_usage().mappings == 3, "three mappings");
    teardown(3);
    expect(host_usage().mappings == 0 && host_usage().aspaces == 0, "nothing left");
}

static void run_host_pointers(void)
{
    char *heap = malloc(64);
    char local[64] = "on the stack";

    setup(1, HAL_PROT_READ);
    expect(hal_copy_to_user((uintptr_t)heap, local, 64) == ZX_OK, "heap");
    expect(strcmp(heap, "on the stack") == 0, "heap content");
    expect(hal_copy_to_user(0, local, 1) == ZX_ERR_INVALID_ARGS, "NULL");
    expect(hal_copy_to_user(0x1000, local, 1) == ZX_ERR_INVALID_ARGS, "small");
    expect(hal_copy_to_user(0xffff000000000000, local, 1) == ZX_ERR_INVALID_ARGS, "kernel");
    expect(hal_copy_to_user(HOST_BAD_PTR, local, 1) == ZX_ERR_INVALID_ARGS, "HOST_BAD_PTR");
    free(heap);
    teardown(1);
}

// A no-fault copy fails on the first touch, and works once faulted in.
static void run_nofault(void)
{
    static char target[3 * PAGE_SIZE] __attribute__((aligned(4096)));
    char c = 1;

    user_faults_disable();
    result = hal_copy_to_user((uintptr_t)target, &c, 1);
    user_faults_enable();
    expect(result == ZX_ERR_INVALID_ARGS, "first touch");
    expect(hal_user_fault_in((uintptr_t)target, 1, true) == ZX_OK, "fault in");
    user_faults_disable();
    result = hal_copy_to_user((uintptr_t)target, &c, 1);
    user_faults_enable();
    expect(result == ZX_OK && target[0] == 1, "after fault in");
}

static zx_status_t demand_fault(vaddr_t va, unsigned flags)
{
    paddr_t pa = toy_page();

    faults++;
    if (va < VA || va >= VA + 16 * PAGE_SIZE || (flags & HAL_FAULT_PRESENT) != 0)
        return ZX_ERR_NOT_FOUND;
    return hal_aspace_map_one(&as, ROUND_DOWN(va, PAGE_SIZE), pa, HAL_PROT_READ | HAL_PROT_WRITE);
}

static void run_demand(void)
{
    uint64_t word = 0x1122334455667788u, back = 0;

    setup(0, 0);
    faults = 0;
    host_user_write(VA + PAGE_SIZE - 4, &word, 8);
    host_user_read(&back, VA + PAGE_SIZE - 4, 8);
    expect(back == word, "word over a page boundary");
    expect(faults == 2, "two faults");
    expect(host_user_probe(VA + 20 * PAGE_SIZE, 1, 0) == ZX_ERR_NOT_FOUND, "probe outside");
    teardown(16);
}

static void run_stale(void)
{
    char c;

    setup(1, HAL_PROT_READ);
    expect(hal_copy_from_user(&c, VA, 1) == ZX_OK, "first access");
    host_mmu_skip_invalidate(true);
    hal_aspace_unmap(&as, VA, 1);
    host_mmu_skip_invalidate(false);
    result = hal_copy_from_user(&c, VA, 1);
}

static void run_double_map(void)
{
    setup(1, HAL_PROT_READ);
    const paddr_t other = toy_page();
    result = hal_aspace_map(&as, VA, &other, 1, HAL_PROT_READ);
}

static void run_destroy_mapped(void)
{
    setup(1, HAL_PROT_READ);
    hal_aspace_destroy(&as);
}

static void run_copy_under_spinlock(void)
{
    char c = 0;

    preempt_disable();
    result = hal_copy_to_user(VA, &c, 1);
}

static enum host_outcome one_cpu(void (*fn)(void), zx_status_t (*fault)(vaddr_t, unsigned))
{
    struct toy toy = { .cpu_main = { fn }, .user_fault = fault };

    return toy_run(&toy, HOST_DETERMINISTIC, 1, 1);
}

static void check_good(void (*fn)(void), zx_status_t (*fault)(vaddr_t, unsigned))
{
    enum host_outcome outcome = one_cpu(fn, fault);

    if (outcome != HOST_FINISHED)
        print_error("%s", host_report());
    assert_int_equal(outcome, HOST_FINISHED);
}

static void test_mmu_good_programs_pass(void **state)
{
    (void)state;
    check_good(run_copy, NULL);
    check_good(run_host_pointers, NULL);
    check_good(run_nofault, NULL);
    check_good(run_demand, demand_fault);
}

static void check_broken(void (*fn)(void), const char *what)
{
    assert_int_equal(one_cpu(fn, NULL), HOST_BROKEN);
    if (strstr(host_report(), what) == NULL)
        print_error("%s", host_report());
    assert_non_null(strstr(host_report(), what));
}

static void test_mmu_broken_rules_are_reported(void **state)
{
    (void)state;
    check_broken(run_stale, "stale translation");
    check_broken(run_double_map, "over another page");
    check_broken(run_destroy_mapped, "still mapped");
    check_broken(run_copy_under_spinlock, "preemption");
}

const struct CMUnitTest mmu_tests[] = {
    cmocka_unit_test(test_mmu_good_programs_pass),
    cmocka_unit_test(test_mmu_broken_rules_are_reported),
};
const size_t mmu_test_count = countof(mmu_tests);
