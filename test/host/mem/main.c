// SPDX-License-Identifier: MIT
// Runs all groups of kernel/mem's tests. The boot tests come first, as they need a fresh process.
#include "suites.h"

#include <stdlib.h>

#include <mem/page.h>
#include <mem/slab.h>

void drain_all_cpus(void)
{
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        stub_set_cpu(cpu);
        slab_drain_all();
    }
    // Slabs are freed page-wise into the buddy lists; single pages lie in the caches.
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        stub_set_cpu(cpu);
        page_cache_drain();
    }
    stub_set_cpu(0);
}

uint64_t free_pages_now(void)
{
    drain_all_cpus();
    return page_free_estimate();
}

int main(void)
{
    int failed = run_boot_tests();
    stub_ram(MEM_BYTES);
    if (pages_init(&boot_info) != ZX_OK)
        abort();
    failed += run_page_tests();
    failed += run_contiguous_tests();
    failed += run_slab_tests();
    failed += run_kmalloc_tests();
    failed += run_alloc_fail_tests();
    failed += run_parallel_tests();
    return failed == 0 ? 0 : 1;
}
