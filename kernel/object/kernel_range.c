// SPDX-License-Identifier: MIT
// Physical pages that the kernel keeps to itself (object/kernel_range.h).
//
//   K1 ranges[] are whole pages, and no two touch or overlap.
//   K2 Whatever was claimed is covered: when there is no room for one more range, the nearest grows over the gap.
//      That may refuse a device its registers; it never gives the kernel's away.
// Locks: none: written while one CPU boots, read afterwards.
#include <object/kernel_range.h>

#include <hal/console.h>
#include <hal/upcall.h>

#define RANGES_MAX 32u // a GICv3 with as many regions as fit a tree, its ITS frames, spin tables

struct kernel_range {
    paddr_t first, last; // bytes; inclusive, so that the last page of all can be told
};

static struct kernel_range ranges[RANGES_MAX]; // [I] after boot, K1
static unsigned range_count;                   // [I] after boot

static struct kernel_range pages_of(paddr_t base, uint64_t bytes)
{
    paddr_t last = bytes - 1 > UINT64_MAX - base ? UINT64_MAX : base + bytes - 1;
    return (struct kernel_range){.first = base & ~(paddr_t)PAGE_MASK, .last = last | PAGE_MASK};
}

// Bytes between two ranges, 0 if they touch or overlap.
static uint64_t gap(const struct kernel_range *a, const struct kernel_range *b)
{
    if (a->last < b->first)
        return b->first - a->last - 1;
    return b->last < a->first ? a->first - b->last - 1 : 0;
}

// The range that is nearest to r; there is one.
static unsigned nearest(const struct kernel_range *r)
{
    unsigned best = 0;
    for (unsigned i = 1; i < range_count; i++) {
        if (gap(&ranges[i], r) < gap(&ranges[best], r))
            best = i;
    }
    return best;
}

void kernel_claim_range(paddr_t base, uint64_t bytes)
{
    if (bytes == 0)
        return;
    struct kernel_range r = pages_of(base, bytes);
    while (range_count != 0) {
        unsigned n = nearest(&r);
        if (range_count < RANGES_MAX && gap(&ranges[n], &r) != 0)
            break;
        // K1: it may touch others now; K2
        r.first = MIN(r.first, ranges[n].first);
        r.last = MAX(r.last, ranges[n].last);
        ranges[n] = ranges[--range_count];
    }
    ranges[range_count++] = r;
}

bool kernel_range_touches(paddr_t base, uint64_t bytes)
{
    if (bytes == 0)
        return false;
    const struct kernel_range r = pages_of(base, bytes);
    for (unsigned i = 0; i < range_count; i++) {
        if (ranges[i].first <= r.last && r.first <= ranges[i].last)
            return true;
    }
    return false;
}

zx_status_t kernel_range_check(paddr_t base, uint64_t bytes)
{
    if (kernel_range_touches(base, bytes))
        return ZX_ERR_ACCESS_DENIED;
    const struct kernel_range r = pages_of(base, bytes);
    return bytes != 0 && hal_console_holds(r.first, r.last) ? ZX_ERR_UNAVAILABLE : ZX_OK;
}
