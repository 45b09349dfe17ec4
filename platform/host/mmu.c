// SPDX-License-Identifier: MIT
// The fake MMU: page tables of four levels, as the 4 KiB granule has them, walked by software, with
// a TLB in every virtual CPU.
//
// M1. Every entry carries its level, so that tables of different levels cannot be mixed up.
// M2. A TLB hit is compared with the tables: a difference is a stale translation, reported as a
//     broken rule. Invalidation happens in tables_changed() alone.
// M3. In parallel mode an access (translation and copy) holds tables_lock shared, a change holds it
//     exclusively: what real hardware gets from TLBI + DSB. In deterministic mode no point lies
//     inside.
#include "machine.h"

#include <hal/mmu.h>
#include <hal/upcall.h>
#include <host/user.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS 4u
#define ENTRIES 512u
#define VALID (1ull << 63)
#define LEVEL_SHIFT 52u
#define PROT_SHIFT 56u
#define PA_MASK 0x000ffffffffff000ull

struct host_aspace {
    uint64_t asid; // never reused
    paddr_t root;
    size_t table_pages;
    size_t mapped; // pages
    struct host_aspace *next; // list of all, under tables_lock
};

static struct host_aspace *all_aspaces;

atomic_size_t host_aspaces, host_mappings;

static pthread_rwlock_t tables_lock = PTHREAD_RWLOCK_INITIALIZER;
static atomic_ullong next_asid = 1;
static bool skip_invalidate;

void host_mmu_reset(void)
{
    // A run that failed in here was left with the lock held.
    tables_lock = (pthread_rwlock_t)PTHREAD_RWLOCK_INITIALIZER;
    while (all_aspaces != NULL) {
        struct host_aspace *h = all_aspaces;
        all_aspaces = h->next;
        free(h);
    }
    atomic_store(&host_aspaces, 0);
    atomic_store(&host_mappings, 0);
    skip_invalidate = false;
}

void host_mmu_skip_invalidate(bool skip)
{
    skip_invalidate = skip;
}

static unsigned index_at(vaddr_t va, unsigned level)
{
    return (va >> (PAGE_SHIFT + 9 * (LEVELS - 1 - level))) & (ENTRIES - 1);
}

static uint64_t make_entry(paddr_t pa, unsigned level, unsigned prot)
{
    return VALID | (uint64_t)prot << PROT_SHIFT | (uint64_t)level << LEVEL_SHIFT | pa;
}

static unsigned entry_prot(uint64_t e)
{
    return (e >> PROT_SHIFT) & 0x3f;
}

// Address of the last-level entry for va, NULL if a table is missing.
static uint64_t *find_entry(struct host_aspace *as, vaddr_t va)
{
    paddr_t table = as->root;

    for (unsigned level = 0; level < LEVELS - 1; level++) {
        uint64_t e = ((uint64_t *)hal_phys_to_virt(table))[index_at(va, level)];
        if ((e & VALID) == 0)
            return NULL;
        if (((e >> LEVEL_SHIFT) & 0xf) != level)
            host_fail(HOST_BROKEN, "page table entry %#llx at level %u: the table was overwritten",
                      (unsigned long long)e, level);
        table = e & PA_MASK;
    }
    return (uint64_t *)hal_phys_to_virt(table) + index_at(va, LEVELS - 1);
}

static void write_entry(uint64_t *e, uint64_t value)
{
    pthread_rwlock_wrlock(&tables_lock);
    *e = value;
    pthread_rwlock_unlock(&tables_lock);
}

static void free_table(struct hal_aspace *as, paddr_t table)
{
    kernel_user_table_free(as, table);
    as->host->table_pages--;
}

// Makes the tables down to va's last-level entry, all or none. False when out of memory.
static bool make_tables(struct hal_aspace *as, vaddr_t va)
{
    uint64_t *made[LEVELS];
    unsigned count = 0;
    paddr_t table = as->host->root;

    for (unsigned level = 0; level < LEVELS - 1; level++) {
        uint64_t *e = (uint64_t *)hal_phys_to_virt(table) + index_at(va, level);
        if ((*e & VALID) == 0) {
            paddr_t page = kernel_user_table_alloc(as);
            if (page == 0)
                goto undo;
            as->host->table_pages++;
            write_entry(e, make_entry(page, level, 0));
            made[count++] = e;
        }
        table = *e & PA_MASK;
    }
    return true;
undo:
    while (count-- > 0) {
        table = *made[count] & PA_MASK;
        write_entry(made[count], 0);
        free_table(as, table);
    }
    return false;
}

static void check_range(const struct host_aspace *as, vaddr_t va, size_t count)
{
    if (as == NULL)
        host_fail(HOST_BROKEN, "an address space that is not initialised");
    if (va % PAGE_SIZE != 0 || va < USER_BASE || va > USER_MAP_END ||
        count > (USER_MAP_END - va) / PAGE_SIZE)
        host_fail(HOST_BROKEN, "bad user range %#lx, %zu pages", va, count);
}

static void tlb_forget(struct vcpu *v, const struct host_aspace *as, vaddr_t va, size_t count)
{
    for (unsigned n = 0; n < HOST_TLB_SIZE; n++) {
        struct tlb_entry *t = &v->tlb[n];
        if (t->asid == as->asid && t->page >= va && t->page - va < count * PAGE_SIZE)
            t->asid = 0;
    }
}

// After a live entry changed, tables_lock held: no CPU may use what it had. Outside a run the one
// CPU there is is not among the machine's.
static void tables_changed(struct host_aspace *as, vaddr_t va, size_t count)
{
    if (skip_invalidate)
        return;
    for (unsigned i = 0; i < MAX_CPUS; i++)
        tlb_forget(&host.cpus[i], as, va, count);
    if (!host.running)
        tlb_forget(host_vcpu(), as, va, count);
}

zx_status_t hal_aspace_init(struct hal_aspace *as)
{
    if (host_alloc_fails())
        return ZX_ERR_NO_MEMORY;
    struct host_aspace *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return ZX_ERR_NO_MEMORY;
    h->root = kernel_user_table_alloc(as);
    if (h->root == 0) {
        free(h);
        return ZX_ERR_NO_MEMORY;
    }
    h->table_pages = 1;
    h->asid = atomic_fetch_add(&next_asid, 1);
    atomic_fetch_add(&host_aspaces, 1);
    pthread_rwlock_wrlock(&tables_lock);
    h->next = all_aspaces;
    all_aspaces = h;
    pthread_rwlock_unlock(&tables_lock);
    as->host = h;
    return ZX_OK;
}

static void free_tables(struct hal_aspace *as, paddr_t table, unsigned level)
{
    const uint64_t *entries = hal_phys_to_virt(table);

    for (unsigned i = 0; level < LEVELS - 1 && i < ENTRIES; i++) {
        if ((entries[i] & VALID) != 0)
            free_tables(as, entries[i] & PA_MASK, level + 1);
    }
    free_table(as, table);
}

void hal_aspace_destroy(struct hal_aspace *as)
{
    struct host_aspace *h = as->host;

    check_range(h, USER_BASE, 0);
    if (h->mapped != 0)
        host_fail(HOST_BROKEN, "hal_aspace_destroy with %zu pages still mapped", h->mapped);
    for (unsigned i = 0; i < hal_cpu_count(); i++) {
        if (host.cpus[i].aspace == h)
            host_fail(HOST_BROKEN, "hal_aspace_destroy while active on cpu %u", i);
    }
    free_tables(as, h->root, 0);
    pthread_rwlock_wrlock(&tables_lock);
    struct host_aspace **link = &all_aspaces;
    while (*link != h)
        link = &(*link)->next;
    *link = h->next;
    pthread_rwlock_unlock(&tables_lock);
    atomic_fetch_sub(&host_aspaces, 1);
    free(h);
    as->host = NULL;
}

static void set_entry(struct host_aspace *as, vaddr_t va, uint64_t *e, uint64_t value)
{
    bool was = (*e & VALID) != 0, is = (value & VALID) != 0;

    pthread_rwlock_wrlock(&tables_lock);
    *e = value;
    if (was)
        tables_changed(as, va, 1);
    pthread_rwlock_unlock(&tables_lock);
    if (is && !was) {
        as->mapped++;
        atomic_fetch_add(&host_mappings, 1);
    } else if (was && !is) {
        as->mapped--;
        atomic_fetch_sub(&host_mappings, 1);
    }
}

static void check_page(paddr_t pa, unsigned prot)
{
    if (pa % PAGE_SIZE != 0)
        host_fail(HOST_BROKEN, "mapping of unaligned page %#llx", (unsigned long long)pa);
    if ((prot & HAL_MEM_MASK) != HAL_MEM_DEVICE)
        (void)hal_phys_to_virt(pa); // stops the run if it is not RAM
}

static void map_page(struct host_aspace *as, vaddr_t va, paddr_t pa, unsigned prot)
{
    uint64_t *e = find_entry(as, va);

    check_page(pa, prot);
    if ((*e & VALID) != 0 && (*e & PA_MASK) == pa)
        return;
    if ((*e & VALID) != 0)
        host_fail(HOST_BROKEN, "hal_aspace_map over another page at %#lx", va);
    set_entry(as, va, e, make_entry(pa, LEVELS - 1, prot));
}

// Tables first, so that a failure maps nothing.
static bool make_all_tables(struct hal_aspace *as, vaddr_t va, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((i == 0 || (va + i * PAGE_SIZE) % (ENTRIES * PAGE_SIZE) == 0) &&
            !make_tables(as, va + i * PAGE_SIZE))
            return false;
    }
    return true;
}

zx_status_t hal_aspace_map(struct hal_aspace *as, vaddr_t va, const paddr_t *pages, size_t count,
                           unsigned prot)
{
    check_range(as->host, va, count);
    for (size_t i = 0; i < count; i++, va += PAGE_SIZE) {
        if (pages[i] == HAL_NO_PAGE)
            continue;
        if (!make_tables(as, va))
            return ZX_ERR_NO_MEMORY;
        map_page(as->host, va, pages[i], prot);
    }
    return ZX_OK;
}

zx_status_t hal_aspace_map_range(struct hal_aspace *as, vaddr_t va, paddr_t pa, size_t count,
                                 unsigned prot)
{
    check_range(as->host, va, count);
    if (!make_all_tables(as, va, count))
        return ZX_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        map_page(as->host, va + i * PAGE_SIZE, pa + i * PAGE_SIZE, prot);
    return ZX_OK;
}

zx_status_t hal_aspace_map_one(struct hal_aspace *as, vaddr_t va, paddr_t page, unsigned prot)
{
    check_range(as->host, va, 1);
    check_page(page, prot);
    if (!make_tables(as, va))
        return ZX_ERR_NO_MEMORY;
    set_entry(as->host, va, find_entry(as->host, va), make_entry(page, LEVELS - 1, prot));
    return ZX_OK;
}

static bool table_is_empty(paddr_t table)
{
    const uint64_t *entries = hal_phys_to_virt(table);

    for (unsigned i = 0; i < ENTRIES; i++) {
        if ((entries[i] & VALID) != 0)
            return false;
    }
    return true;
}

// Frees the tables on the way to va that have no entry left, but for the root.
static void prune(struct hal_aspace *as, vaddr_t va)
{
    uint64_t *way[LEVELS - 1];
    paddr_t table = as->host->root;
    unsigned depth = 0;

    for (; depth < LEVELS - 1; depth++) {
        way[depth] = (uint64_t *)hal_phys_to_virt(table) + index_at(va, depth);
        table = *way[depth] & PA_MASK;
    }
    while (depth-- > 0 && table_is_empty(*way[depth] & PA_MASK)) {
        table = *way[depth] & PA_MASK;
        write_entry(way[depth], 0);
        free_table(as, table);
    }
}

void hal_aspace_unmap(struct hal_aspace *as, vaddr_t va, size_t count)
{
    bool removed = false; // from this table

    check_range(as->host, va, count);
    for (size_t i = 0; i < count; i++) {
        vaddr_t page = va + i * PAGE_SIZE;
        uint64_t *e = find_entry(as->host, page);
        if (e == NULL) { // no table: go on behind what it would cover
            i += ENTRIES - 1 - index_at(page, LEVELS - 1);
            continue;
        }
        if ((*e & VALID) != 0) {
            set_entry(as->host, page, e, 0);
            removed = true;
        }
        if (removed && (i + 1 == count || index_at(page, LEVELS - 1) == ENTRIES - 1)) {
            prune(as, page);
            removed = false;
        }
    }
}

size_t hal_aspace_unmap_some(struct hal_aspace *as, vaddr_t va, size_t count, size_t *room)
{
    size_t done = 0;

    while (done < count && *room > 0) { // table by table
        const vaddr_t at = va + done * PAGE_SIZE;
        const size_t n = MIN(count - done, (size_t)ENTRIES - index_at(at, LEVELS - 1));
        const size_t work = find_entry(as->host, at) != NULL ? n : 1;
        hal_aspace_unmap(as, at, n);
        *room -= MIN(*room, work);
        done += n;
    }
    return done;
}

void hal_aspace_protect(struct hal_aspace *as, vaddr_t va, size_t count, unsigned prot)
{
    check_range(as->host, va, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t *e = find_entry(as->host, va + i * PAGE_SIZE);
        if (e == NULL)
            i += ENTRIES - 1 - index_at(va + i * PAGE_SIZE, LEVELS - 1);
        else if ((*e & VALID) != 0)
            set_entry(as->host, va + i * PAGE_SIZE, e,
                      make_entry(*e & PA_MASK, LEVELS - 1, prot));
    }
}

zx_status_t hal_aspace_query(struct hal_aspace *as, vaddr_t va, paddr_t *out_pa, unsigned *out_prot)
{
    check_range(as->host, ROUND_DOWN(va, PAGE_SIZE), 1);
    const uint64_t *e = find_entry(as->host, va);
    if (e == NULL || (*e & VALID) == 0)
        return ZX_ERR_NOT_FOUND;
    *out_pa = *e & PA_MASK;
    *out_prot = entry_prot(*e);
    return ZX_OK;
}

size_t hal_aspace_table_pages(const struct hal_aspace *as)
{
    return as->host->table_pages;
}

void hal_aspace_activate(struct hal_aspace *as)
{
    struct vcpu *v = host_vcpu();

    if (v->irqs_on && host.running)
        host_fail(HOST_BROKEN, "hal_aspace_activate with interrupts on");
    v->aspace = as == NULL ? NULL : as->host;
}

// The translation of va's page on this CPU, through its TLB. tables_lock held shared.
static bool translate(struct vcpu *v, vaddr_t va, paddr_t *pa, unsigned *prot)
{
    vaddr_t page = ROUND_DOWN(va, PAGE_SIZE);
    struct tlb_entry *t = &v->tlb[(page >> PAGE_SHIFT) % HOST_TLB_SIZE];
    const uint64_t *e = find_entry(v->aspace, va);
    uint64_t now = e == NULL ? 0 : *e;

    if (t->asid == v->aspace->asid && t->page == page) {
        if ((now & VALID) == 0 || t->pa != (now & PA_MASK) || t->prot != entry_prot(now))
            host_fail(HOST_BROKEN, "stale translation on cpu %u for %#lx: TLB has %#llx prot %#x, "
                      "the tables %#llx", v->num, page, (unsigned long long)t->pa, t->prot,
                      (unsigned long long)now);
    } else {
        if ((now & VALID) == 0)
            return false;
        *t = (struct tlb_entry){ v->aspace->asid, page, now & PA_MASK, entry_prot(now) };
    }
    *pa = t->pa;
    *prot = t->prot;
    return true;
}

void host_copy_user(volatile char *dst, const volatile char *src, size_t len)
{
    if (len == 8 && ((uintptr_t)dst | (uintptr_t)src) % 8 == 0) {
        *(volatile uint64_t *)dst = *(const volatile uint64_t *)src;
    } else if (len == 4 && ((uintptr_t)dst | (uintptr_t)src) % 4 == 0) {
        *(volatile uint32_t *)dst = *(const volatile uint32_t *)src;
    } else {
        while (len-- > 0)
            *dst++ = *src++;
    }
}

enum mmu_result host_mmu_access(vaddr_t va, void *buf, size_t len, unsigned access, bool to_user)
{
    struct vcpu *v = host_vcpu();
    enum mmu_result result = MMU_OK;
    paddr_t pa = 0;
    unsigned prot = 0;

    if (v->aspace == NULL)
        return MMU_MISS;
    unsigned need = (access & HAL_FAULT_WRITE) != 0  ? HAL_PROT_WRITE
                    : (access & HAL_FAULT_EXEC) != 0 ? HAL_PROT_EXEC
                                                     : HAL_PROT_READ;
    pthread_rwlock_rdlock(&tables_lock);
    if (!translate(v, va, &pa, &prot)) {
        result = MMU_MISS;
    } else if ((prot & need) == 0) {
        result = MMU_DENIED;
    } else if (buf != NULL) {
        char *mem = (char *)hal_phys_to_virt(pa) + va % PAGE_SIZE;
        if (to_user)
            host_copy_user(mem, buf, len);
        else
            host_copy_user(buf, mem, len);
    }
    pthread_rwlock_unlock(&tables_lock);
    return result;
}

struct host_usage host_usage(void)
{
    return (struct host_usage){
        .kstacks = atomic_load(&host_kstacks),
        .aspaces = atomic_load(&host_aspaces),
        .mappings = atomic_load(&host_mappings),
    };
}
