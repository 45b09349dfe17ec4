// SPDX-License-Identifier: MIT
// Cache maintenance by address (<hal/mmu.h>). Locks: none.
//
// Each function orders the caller's earlier accesses before itself: cache maintenance by address is
// ordered like an access to that address, and the closing DSB waits for its completion.
#include <arm64/sysreg.h>
#include <hal/cpu.h>
#include <hal/mmu.h>

static size_t dcache_line(void)
{
    return 4ul << ((sysreg_read(ctr_el0) >> 16) & 0xf);
}

static size_t icache_line(void)
{
    return 4ul << (sysreg_read(ctr_el0) & 0xf);
}

uint32_t hal_dcache_line_size(void)
{
    return (uint32_t)dcache_line();
}

uint32_t hal_icache_line_size(void)
{
    return (uint32_t)icache_line();
}

#define FOR_EACH_LINE(operation, va, len, line)                                              \
    do {                                                                                     \
        uintptr_t end_ = (uintptr_t)(va) + (len);                                            \
        for (uintptr_t at_ = ROUND_DOWN((uintptr_t)(va), (line)); at_ < end_; at_ += (line)) \
            __asm__ volatile(operation ", %0" ::"r"(at_) : "memory");                        \
    } while (0)

void hal_cache_sync_icache(const void *va, size_t len)
{
    FOR_EACH_LINE("dc cvau", va, len, dcache_line());
    dsb(ish); // the data is where instruction fetches find it, before old instructions are dropped
    FOR_EACH_LINE("ic ivau", va, len, icache_line());
    dsb(ish); // dropped on all CPUs
    isb();
}

void hal_cache_clean(const void *va, size_t len)
{
    FOR_EACH_LINE("dc cvac", va, len, dcache_line());
    dsb(sy);
}

void hal_cache_clean_invalidate(const void *va, size_t len)
{
    FOR_EACH_LINE("dc civac", va, len, dcache_line());
    dsb(sy);
}

// Lines that are only partly in the range are cleaned as well: the rest of them is somebody else's.
void hal_cache_invalidate(void *va, size_t len)
{
    size_t line = dcache_line();
    uintptr_t start = (uintptr_t)va, end = start + len;

    if (len == 0)
        return;
    if (start & (line - 1))
        FOR_EACH_LINE("dc civac", start, 1, line);
    if (end & (line - 1))
        FOR_EACH_LINE("dc civac", end - 1, 1, line);
    FOR_EACH_LINE("dc ivac", ROUND_UP(start, line), ROUND_DOWN(end, line) - ROUND_UP(start, line),
                  line);
    dsb(sy);
}
