// SPDX-License-Identifier: MIT
// CPUs that firmware cannot stop, on the way into another kernel: they leave this one's memory for a spin table
// that the next one is told of.
//
// Interface: the parking of <hal/next.h>, arm64_park_if_asked. Locks: none. The parking is [a]: set once, by the one
// CPU that is left.
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/next.h>
#include <hal/time.h>
#include <lib/string.h>

#include <arm64/sysreg.h>

#include "arm64_priv.h"
#include "boot.h"
#include "park.h"

// A hang detector: a CPU needs some hundred instructions.
#define PARK_TIMEOUT_NS ZX_SEC(60)

extern char arm64_park_loop[], arm64_park_loop_end[];

static _Atomic(paddr_t) parking; // [a] 0: who has stopped stays

// The words of a CPU are alone in what a cache line can be: one is written past the caches, the other
// through them.
struct park_words {
    uint64_t release; // 0, until the next kernel writes the address of its entry
    uint64_t arrived;
    uint64_t unused[PARK_STRIDE / 8 - 2];
};
_Static_assert(sizeof(struct park_words) == PARK_STRIDE, "one CPU's");

size_t hal_next_parking_bytes(void)
{
    return arm64_cpus_to_park() == 0 ? 0 : ROUND_UP(PARK_WORDS + MAX_CPUS * PARK_STRIDE, PAGE_SIZE);
}

static bool has_arrived(const struct park_words *words)
{
    hal_cache_clean_invalidate(words, sizeof(*words)); // nothing of it is dirty: it is read anew
    return *(const volatile uint64_t *)&words->arrived != 0;
}

zx_status_t hal_next_park(void *to, paddr_t at)
{
    const struct park_words *words = (const void *)((char *)to + PARK_WORDS);
    const zx_time_t deadline = hal_now() + PARK_TIMEOUT_NS;
    const uint32_t cpus = arm64_cpus_to_park();

    if (cpus == 0)
        return ZX_OK;
    memset(to, 0, hal_next_parking_bytes());
    memcpy(to, arm64_park_loop, (size_t)(arm64_park_loop_end - arm64_park_loop));
    // In memory, where they run and look with their caches off.
    hal_cache_clean_invalidate(to, hal_next_parking_bytes());
    atomic_store_explicit(&parking, at, memory_order_release);
    dsb(ish); // what they look at is there before they are woken
    __asm__ volatile("sev" ::: "memory");
    for (unsigned cpu = 1; cpu < MAX_CPUS; cpu++) {
        while ((cpus & 1u << cpu) && !has_arrived(&words[cpu])) {
            if (hal_now() >= deadline)
                return ZX_ERR_TIMED_OUT;
            hal_cpu_relax();
        }
    }
    return ZX_OK;
}

void arm64_park_if_asked(unsigned cpu)
{
    paddr_t at = atomic_load_explicit(&parking, memory_order_acquire);

    if (at != 0)
        arm64_next_enter(at, at + park_words_offset(cpu), arm64_boot.ttbr_identity,
                         arm64_next_low_pa(), arm64_boot.entry_el);
}
