// SPDX-License-Identifier: MIT
// User address spaces (TTBR0): creating them, mapping, looking up.
//
// Interface: <hal/mmu.h>. Locks and invariants: aspace.h.
#include <arm64/sysreg.h>
#include <hal/upcall.h>

#include "aspace.h"

// ---- entries ------------------------------------------------------------------------------------

#define USER_COMMON (PTE_PAGE | PTE_AF | PTE_SH_INNER | PTE_NG | PTE_AP_USER | PTE_PXN)
#define USER_RO     (USER_COMMON | PTE_AP_RO | PTE_UXN)
#define USER_RW     (USER_COMMON | PTE_UXN)
#define USER_RX     (USER_COMMON | PTE_AP_RO)
#define USER_RWX    USER_COMMON
// By the three protection bits; whatever is accessible is readable.
#define USER_TYPE(mem, attr)                                                                \
    [(mem)] = USER_RO | PTE_ATTR(attr), [(mem) | HAL_PROT_READ] = USER_RO | PTE_ATTR(attr), \
    [(mem) | HAL_PROT_WRITE] = USER_RW | PTE_ATTR(attr),                                    \
    [(mem) | HAL_PROT_WRITE | HAL_PROT_READ] = USER_RW | PTE_ATTR(attr),                    \
    [(mem) | HAL_PROT_EXEC] = USER_RX | PTE_ATTR(attr),                                     \
    [(mem) | HAL_PROT_EXEC | HAL_PROT_READ] = USER_RX | PTE_ATTR(attr),                     \
    [(mem) | HAL_PROT_EXEC | HAL_PROT_WRITE] = USER_RWX | PTE_ATTR(attr),                   \
    [(mem) | HAL_PROT_EXEC | HAL_PROT_WRITE | HAL_PROT_READ] = USER_RWX | PTE_ATTR(attr)

static const uint64_t user_attributes[64] = {
    USER_TYPE(HAL_MEM_CACHED, ATTR_NORMAL),
    USER_TYPE(HAL_MEM_UNCACHED, ATTR_UNCACHED),
    USER_TYPE(HAL_MEM_DEVICE, ATTR_DEVICE),
    USER_TYPE(HAL_MEM_WRITE_COMBINE, ATTR_UNCACHED),
};

uint64_t aspace_attributes(unsigned prot)
{
    return user_attributes[prot % countof(user_attributes)];
}

static unsigned prot_of(uint64_t pte)
{
    static const unsigned memory[] = {[ATTR_NORMAL] = HAL_MEM_CACHED,
                                      [ATTR_DEVICE] = HAL_MEM_DEVICE,
                                      [ATTR_UNCACHED] = HAL_MEM_UNCACHED,
                                      [ATTR_STRICT] = HAL_MEM_DEVICE};
    return HAL_PROT_READ | (pte & PTE_AP_RO ? 0 : HAL_PROT_WRITE) |
           (pte & PTE_UXN ? 0 : HAL_PROT_EXEC) | memory[(pte >> 2) & 3];
}

// ---- mapping ------------------------------------------------------------------------------------

// A page over a valid entry: equal entries need nothing, other ones break-before-make.
static void replace(struct hal_aspace *as, uint64_t *entry, vaddr_t va, uint64_t value)
{
    if (pte_read(entry) == value)
        return;
    struct gather g = {.as = as};
    pte_write(entry, 0);
    gather_page(&g, va);
    aspace_flush(&g);
    pte_write(entry, value);
}

static NO_INLINE zx_status_t map_one_slow(struct hal_aspace *as, vaddr_t va, uint64_t value)
{
    struct walk w;
    zx_status_t status;

    while ((status = aspace_walk_make(as, va, 3, &w)) == ZX_ERR_ALREADY_EXISTS)
        aspace_block_split(as, &w, va);
    if (status != ZX_OK)
        return status;
    if (pte_read(w.entry[3]) & PTE_VALID) {
        replace(as, w.entry[3], va, value);
    } else {
        pte_write(w.entry[3], value);
        count_add(&w, 2, 1);
    }
    dsb(ishst); // visible to the walkers before the access is made again
    return ZX_OK;
}

zx_status_t hal_aspace_map_one(struct hal_aspace *as, vaddr_t va, paddr_t page, unsigned prot)
{
    uint64_t value = page | aspace_attributes(prot);

    // All tables there and the entry free: by far the most frequent case.
    uint64_t pte = pte_read(&as->root[TABLE_INDEX(va, 0)]);
    if (unlikely(!is_table(pte)))
        return map_one_slow(as, va, value);
    pte = pte_read(&table_of(pte)[TABLE_INDEX(va, 1)]);
    if (unlikely(!is_table(pte)))
        return map_one_slow(as, va, value);
    uint64_t *parent = &table_of(pte)[TABLE_INDEX(va, 2)];
    pte = pte_read(parent);
    if (unlikely(!is_table(pte)))
        return map_one_slow(as, va, value);
    uint64_t *entry = &table_of(pte)[TABLE_INDEX(va, 3)];
    if (unlikely(pte_read(entry) & PTE_VALID))
        return map_one_slow(as, va, value);
    pte_write(entry, value);
    pte_write(parent, pte + PTE_COUNT_ONE);
    dsb(ishst); // visible to the walkers before the access is made again
    return ZX_OK;
}

// Fills in entries that are not valid yet; how many.
static int64_t fill_entries(uint64_t *entry, const paddr_t *pages, size_t count, uint64_t attributes)
{
    int64_t added = 0;

    for (size_t i = 0; i < count; i++) {
        if (pages[i] == HAL_NO_PAGE || (pte_read(&entry[i]) & PTE_VALID))
            continue;
        pte_write(&entry[i], pages[i] | attributes);
        added++;
    }
    return added;
}

zx_status_t hal_aspace_map(struct hal_aspace *as, vaddr_t va, const paddr_t *pages, size_t count,
                           unsigned prot)
{
    uint64_t attributes = aspace_attributes(prot);
    zx_status_t status = ZX_OK;

    while (count != 0) {
        struct walk w;
        // As many pages as this table holds.
        size_t here = MIN(count, TABLE_ENTRIES - TABLE_INDEX(va, 3));
        status = aspace_walk_make(as, va, 3, &w);
        if (status == ZX_OK)
            count_add(&w, 2, fill_entries(w.entry[3], pages, here, attributes));
        else if (status != ZX_ERR_ALREADY_EXISTS) // a block is present: it stays
            break;
        status = ZX_OK;
        va += here * PAGE_SIZE;
        pages += here;
        count -= here;
    }
    dsb(ishst); // visible to the walkers before the caller goes on
    return status;
}

// Puts a block where level 2 has no entry yet. False: there is a table or a block.
static bool map_block(struct hal_aspace *as, vaddr_t va, uint64_t value, zx_status_t *out_status)
{
    struct walk w;

    *out_status = aspace_walk_make(as, va, 2, &w);
    if (*out_status != ZX_OK)
        return true;
    if (w.depth > 2 || pte_read(w.entry[2]) != 0)
        return false;
    pte_write(w.entry[2], value & ~PTE_TABLE);
    count_add(&w, 1, 1);
    return true;
}

zx_status_t hal_aspace_map_range(struct hal_aspace *as, vaddr_t va, paddr_t pa, size_t count,
                                 unsigned prot)
{
    uint64_t attributes = aspace_attributes(prot);
    vaddr_t start = va;
    zx_status_t status = ZX_OK;

    while (count != 0 && status == ZX_OK) {
        size_t step = BLOCK_2M / PAGE_SIZE;
        if (((va | pa) & (BLOCK_2M - 1)) != 0 || count < step ||
            !map_block(as, va, pa | attributes, &status)) {
            step = 1;
            status = hal_aspace_map_one(as, va, pa, prot);
        }
        if (status == ZX_OK) {
            va += step * PAGE_SIZE;
            pa += step * PAGE_SIZE;
            count -= step;
        }
    }
    if (status != ZX_OK)
        hal_aspace_unmap(as, start, (va - start) >> PAGE_SHIFT);
    dsb(ishst); // visible to the walkers before the caller goes on
    return status;
}

// ---- the rest ----------------------------------------------------------------------------------

zx_status_t hal_aspace_query(struct hal_aspace *as, vaddr_t va, paddr_t *out_pa, unsigned *out_prot)
{
    struct walk w;

    aspace_walk(as, va, &w);
    uint64_t pte = pte_read(w.entry[w.depth]);
    if (!(pte & PTE_VALID))
        return ZX_ERR_NOT_FOUND;
    uint64_t span = 1ul << LEVEL_SHIFT(w.depth);
    *out_pa = (pte & PTE_ADDRESS & ~(span - 1)) | (va & (span - 1) & ~PAGE_MASK);
    *out_prot = prot_of(pte);
    return ZX_OK;
}

size_t hal_aspace_table_pages(const struct hal_aspace *as)
{
    return as->table_pages;
}

zx_status_t hal_aspace_init(struct hal_aspace *as)
{
    paddr_t root = kernel_user_table_alloc(as);
    if (root == 0)
        return ZX_ERR_NO_MEMORY;
    as->root = hal_phys_to_virt(root);
    atomic_init(&as->asid, 0);
    as->table_pages = 1;
    as->idle_table = 0;
    return ZX_OK;
}
