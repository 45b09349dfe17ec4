// SPDX-License-Identifier: MIT
// Is there memory where the device tree says that there is? The ends of each bank are looked at,
// and a bank that has only one good end is cut where memory stops: a boot loader for a board of
// another size must not bring the kernel down. Holes in the middle are not found.
//
// Interface: boot.h. Locks: none; one CPU, interrupts off.
#include "boot.h"

#include <arm64/probe.h>
#include <hal/boot.h>
#include <hal/mmu.h>
#include <hal/upcall.h>
#include <zircon/syscalls/log.h>

#include "pte.h"

bool ram_holds(uintptr_t word)
{
    uint32_t old, seen;

    if (!arm64_probe_read(word, 4, &old) || !arm64_probe_write(word, ~old))
        return false;
    // Out of the cache, which would remember it in any case.
    hal_cache_clean_invalidate((const void *)word, 4);
    bool kept = arm64_probe_read(word, 4, &seen) && seen == ~old;
    return arm64_probe_write(word, old) && kept;
}

// Whether memory answers at the first page from `at` on that is not reserved. What is reserved is
// not touched: if all is up to `end`, the tree is believed.
static bool answers(paddr_t at, paddr_t end)
{
    paddr_t next = at;

    do {
        at = next;
        next = early_reserved_end(at, PAGE_SIZE);
    } while (next != 0 && next < end);
    return next != 0 || ram_holds((uintptr_t)hal_phys_to_virt(at));
}

// Between a place where memory is and one where it is not, above or below: where it ends, to 2 MiB.
static paddr_t edge(paddr_t good, paddr_t bad)
{
    while ((good < bad ? bad - good : good - bad) > BLOCK_2M) {
        paddr_t middle = ROUND_DOWN(good / 2 + bad / 2, BLOCK_2M);
        if (middle == good || middle == bad)
            break;
        if (answers(middle, middle + BLOCK_2M))
            good = middle;
        else
            bad = middle;
    }
    return good < bad ? bad : good;
}

static void say_absent(paddr_t from, paddr_t to)
{
    kernel_log(ZX_LOG_WARN, "memory: nothing is there from %#lx to %#lx\n", (unsigned long)from,
               (unsigned long)to);
}

// Cuts off what is not there; false: nothing is.
static bool trim(struct boot_range *bank, paddr_t known)
{
    paddr_t start = bank->base, end = bank->base + bank->size;
    paddr_t last = end - PAGE_SIZE;
    bool low = answers(start, end), high = answers(last, end);
    bool inside = known >= start && known < end;

    if (!inside && !low && !high) {
        say_absent(start, end);
        return false;
    }
    if (!low) {
        bank->base = edge(inside ? known : last, start);
        say_absent(start, bank->base);
    }
    if (!high) {
        end = edge(inside ? known : start, last);
        say_absent(end, bank->base + bank->size);
    }
    bank->size = end - bank->base;
    return true;
}

void ram_check(paddr_t known)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < boot_info.mem_count; i++) {
        struct boot_range bank = boot_info.mem[i];
        if (trim(&bank, known))
            boot_info.mem[kept++] = bank;
    }
    boot_info.mem_count = kept;
}
