// SPDX-License-Identifier: MIT
// CPUs that wait in a spin table: they poll a word in memory, with their caches off, for an
// address.
//
// Interface: <power/power.h>. Locks: none; CPUs are started one at a time.
#include <arm64/sysreg.h>
#include <hal/mmu.h>
#include <power/power.h>

zx_status_t spin_table_cpu_on(paddr_t release, paddr_t entry)
{
    // The last word, mapped: asking again for the same CPU takes no new mapping.
    static paddr_t mapped_release;
    static volatile uint64_t *word;

    if ((release & 7) != 0)
        return ZX_ERR_IO;
    // Mapped anew: the word may lie outside of the direct map. Cacheable like the direct map's
    // alias.
    if (word == NULL || mapped_release != release) {
        word =
            hal_kernel_map(release, sizeof(*word), HAL_PROT_READ | HAL_PROT_WRITE | HAL_MEM_CACHED);
        mapped_release = release;
    }
    if (word == NULL)
        return ZX_ERR_IO;
    *word = entry;
    // In memory, where the waiting CPU looks past its caches, before it is woken.
    hal_cache_clean_invalidate((const void *)word, sizeof(*word));
    dsb(sy);
    __asm__ volatile("sev" ::: "memory");
    return ZX_OK;
}
