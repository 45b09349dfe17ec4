// SPDX-License-Identifier: MIT
// The boot CPU with the MMU on, still in the identity map: memory and reservations, the final
// tables, the slide, relocation to the final address.
//
// Interface: boot.h. Locks: none; one CPU, interrupts off. Invariant: boot_info holds numbers only
// until arm64_main() fills in its pointers.
#include "boot.h"

#include <arm64/sysreg.h>
#include <fdt/boot.h>
#include <hal/boot.h>
#include <hal/mmu.h>
#include <lib/cmdline.h>
#include <lib/string.h>

#include "kmap.h"
#include "percpu.h"
#include "pte.h"

struct boot_info boot_info;

// Large; not for the stack.
static struct fdt_memory memory;
static struct fdt_reserved reserved;

// Memory set aside for tables made while booting; what is not used goes back.
#define POOL_BYTES (256ul << 10)

// Memory set aside for the crash log where the tree names none, in banks that do not miss it.
#define CRASHLOG_BYTES    (64ul << 10)
#define CRASHLOG_BANK_MIN (32ul << 20)

// Less free memory than this, beside a copy of the initrd, and the boot is not tried.
#define FREE_BYTES_MIN (4ul << 20)

// The pages that [base, base + bytes) touches, cut at the end of the direct map.
static struct boot_range pages_touched(paddr_t base, uint64_t bytes)
{
    paddr_t start = ROUND_DOWN(base, PAGE_SIZE), end = DIRECT_MAP_BYTES;

    if (bytes == 0 || start >= end)
        return (struct boot_range){.base = start, .size = 0};
    if (bytes < end - base)
        end = ROUND_UP(base + bytes, PAGE_SIZE);
    return (struct boot_range){.base = start, .size = end - start};
}

static void reserve(paddr_t base, uint64_t bytes)
{
    struct boot_range pages = pages_touched(base, bytes);
    if (pages.size == 0)
        return;
    if (boot_info.reserved_count == BOOT_MAX_RESERVED)
        early_stop("more than %u reserved ranges", BOOT_MAX_RESERVED);
    boot_info.reserved[boot_info.reserved_count++] = pages;
}

// Whole pages of RAM below the end of the direct map.
static void read_memory(void)
{
    if (fdt_read_memory(&arm64_boot.tree, &memory) != ZX_OK)
        early_stop("the device tree describes no memory");
    for (uint32_t i = 0; i < memory.count; i++) {
        paddr_t start = ROUND_UP(memory.ranges[i].base, PAGE_SIZE);
        paddr_t end = ROUND_DOWN(memory.ranges[i].base + memory.ranges[i].bytes, PAGE_SIZE);
        end = MIN(end, DIRECT_MAP_BYTES);
        if (start >= end)
            continue;
        if (boot_info.mem_count == BOOT_MAX_MEM) {
            early_printf("memory banks beyond the first %u are not used\n", BOOT_MAX_MEM);
            break;
        }
        boot_info.mem[boot_info.mem_count++] =
            (struct boot_range){.base = start, .size = end - start};
    }
    if (boot_info.mem_count == 0)
        early_stop("the device tree describes no memory that can be used");
}

static bool in_ram(paddr_t base, uint64_t bytes)
{
    for (unsigned i = 0; i < boot_info.mem_count; i++) {
        const struct boot_range *m = &boot_info.mem[i];
        if (base >= m->base && bytes <= m->size && base - m->base <= m->size - bytes)
            return true;
    }
    return false;
}

// The first no-map range that ends above base, in whole pages; base = UINT64_MAX if none.
static struct boot_range next_hole(paddr_t base)
{
    struct boot_range first = {.base = UINT64_MAX, .size = 0};
    for (uint32_t i = 0; i < reserved.count; i++) {
        const struct fdt_reservation *r = &reserved.entries[i];
        if (!r->no_map)
            continue;
        struct boot_range hole = pages_touched(r->range.base, r->range.bytes);
        if (hole.base + hole.size > base && hole.base < first.base)
            first = hole;
    }
    return first;
}

bool early_direct_mapped(paddr_t base, uint64_t bytes)
{
    return in_ram(base, bytes) && next_hole(base).base >= base + bytes;
}

bool early_firmware_word(paddr_t at)
{
    if ((at & 7) != 0 || !in_ram(at, 8))
        return false;
    if (at < PAGE_SIZE)
        return true;
    for (uint32_t i = 0; i < reserved.count; i++) {
        const struct fdt_range *r = &reserved.entries[i].range;
        if (at >= r->base && at - r->base < r->bytes)
            return true;
    }
    return false;
}

// Takes the initrd, if it lies where it can be read.
static void read_initrd(void)
{
    struct fdt_range initrd;

    if (fdt_initrd(&arm64_boot.tree, &initrd) != ZX_OK)
        return;
    if (!early_direct_mapped(initrd.base, initrd.bytes)) {
        early_printf("initrd at %#lx, %#lx bytes: not in RAM%s, ignored\n",
                     (unsigned long)initrd.base, (unsigned long)initrd.bytes,
                     in_ram(initrd.base, initrd.bytes) ? " that may be mapped" : "");
        return;
    }
    boot_info.initrd = initrd.base;
    boot_info.initrd_size = initrd.bytes;
    reserve(initrd.base, initrd.bytes);
}

static void read_reservations(void)
{
    if (fdt_read_reserved(&arm64_boot.tree, &reserved) != ZX_OK)
        early_stop("too many reserved ranges in the device tree");
    reserve(0, PAGE_SIZE); // address 0 means "none" in many places; on a Pi it is the spin table
    reserve(arm64_boot.image_pa, (uint64_t)(image_end - image_start));
    reserve(arm64_boot.fdt_pa, arm64_boot.fdt_bytes);
    for (uint32_t i = 0; i < reserved.count; i++)
        reserve(reserved.entries[i].range.base, reserved.entries[i].range.bytes);
    read_initrd();
    if (!in_ram(arm64_boot.image_pa, (uint64_t)(image_end - image_start)))
        early_stop("the image at %#lx is not in the memory that the device tree describes",
                   (unsigned long)arm64_boot.image_pa);
}

// Where the crash log is kept, so that every boot of the machine finds the same place: what the tree
// sets aside for it (reserved-memory, compatible "ramoops"), else a piece of the bank that the image is
// in, below three quarters of it. Boot loaders use the ends of memory, and QEMU its middle; the first
// place downward that nothing claims is taken.
static void choose_crashlog(void)
{
    struct boot_range *log = &arm64_boot.crashlog;

    for (uint32_t i = 0; i < reserved.count; i++) {
        const struct fdt_reservation *r = &reserved.entries[i];
        if (fdt_node_valid(r->node) && ((r->range.base | r->range.bytes) & 7) == 0 &&
            in_ram(r->range.base, r->range.bytes) &&
            fdt_node_compatible(&arm64_boot.tree, r->node, "ramoops")) {
            *log = (struct boot_range){.base = r->range.base, .size = r->range.bytes};
            return;
        }
    }
    for (unsigned i = 0; i < boot_info.mem_count; i++) {
        const struct boot_range *m = &boot_info.mem[i];
        if (arm64_boot.image_pa < m->base || arm64_boot.image_pa - m->base >= m->size ||
            m->size < CRASHLOG_BANK_MIN || boot_info.reserved_count == BOOT_MAX_RESERVED)
            continue;
        paddr_t at = ROUND_DOWN(m->base + m->size / 4 * 3, CRASHLOG_BYTES) - CRASHLOG_BYTES;
        while (at > m->base && early_reserved_end(at, CRASHLOG_BYTES) != 0)
            at -= CRASHLOG_BYTES;
        if (at <= m->base)
            continue;
        *log = (struct boot_range){.base = at, .size = CRASHLOG_BYTES};
        reserve(at, CRASHLOG_BYTES);
    }
}

paddr_t early_reserved_end(paddr_t base, uint64_t bytes)
{
    for (unsigned i = 0; i < boot_info.reserved_count; i++) {
        const struct boot_range *r = &boot_info.reserved[i];
        if (base < r->base + r->size && r->base < base + bytes)
            return r->base + r->size;
    }
    return 0;
}

// The lowest free RAM of this size at or above `from`; 0: none.
static paddr_t find_free_from(paddr_t from, uint64_t bytes)
{
    for (unsigned i = 0; i < boot_info.mem_count; i++) {
        const struct boot_range *m = &boot_info.mem[i];
        paddr_t at = MAX(m->base, from);
        while (at + bytes <= m->base + m->size) {
            paddr_t end = early_reserved_end(at, bytes);
            if (end == 0)
                return at;
            at = end;
        }
    }
    return 0;
}

// Free RAM of this size. Above the image if there is some: that memory is there is certain where
// the image lies, and elsewhere only the tree says so.
static paddr_t find_free(uint64_t bytes)
{
    paddr_t at = find_free_from(arm64_boot.image_pa, bytes);
    if (at == 0)
        at = find_free_from(0, bytes);
    if (at == 0)
        early_stop("no free memory for page tables");
    return at;
}

void early_check_free(void)
{
    uint64_t need = FREE_BYTES_MIN + boot_info.initrd_size, found = 0;

    for (unsigned i = 0; i < boot_info.mem_count; i++) {
        const struct boot_range *m = &boot_info.mem[i];
        paddr_t at = m->base, end = m->base + m->size;
        while (at < end) {
            paddr_t skip = early_reserved_end(at, PAGE_SIZE), next = end;
            for (unsigned r = 0; r < boot_info.reserved_count; r++) {
                if (boot_info.reserved[r].base > at)
                    next = MIN(next, boot_info.reserved[r].base);
            }
            found += skip == 0 ? next - at : 0;
            at = skip != 0 ? skip : next;
        }
    }
    if (found < need)
        early_stop("only %lu KiB of memory are free; %lu KiB are needed",
                   (unsigned long)found >> 10, (unsigned long)need >> 10);
}

// Maps a piece of RAM that has no hole; the image's text and constants are read-only there as well.
static void direct_map_piece(paddr_t base, paddr_t end)
{
    paddr_t ro = arm64_boot.image_pa;
    paddr_t ro_end = ro + (uint64_t)(rodata_end - image_start);

    while (base < end) {
        bool inside = base >= ro && base < ro_end;
        paddr_t stop = inside ? MIN(end, ro_end) : (base < ro ? MIN(end, ro) : end);
        kmap_early(PLAT_DIRECT_MAP + base, base, stop - base,
                   inside ? PTE_KERNEL_RO : PTE_KERNEL_RW);
        base = stop;
    }
}

static void make_direct_map(void)
{
    for (unsigned i = 0; i < boot_info.mem_count; i++) {
        paddr_t base = boot_info.mem[i].base;
        paddr_t end = base + boot_info.mem[i].size;
        while (base < end) {
            struct boot_range hole = next_hole(base);
            if (hole.base > base)
                direct_map_piece(base, MIN(end, hole.base));
            base = hole.base >= end ? end : hole.base + hole.size;
        }
    }
}

// The image, each part with its own permissions. Between the boot stacks nothing is mapped.
static void map_image(uint64_t va)
{
    paddr_t pa = arm64_boot.image_pa;
    uint64_t text = (uint64_t)(text_end - image_start);
    uint64_t ro = (uint64_t)(rodata_end - image_start);
    uint64_t stacks = (uint64_t)(boot_stacks_start - image_start);
    uint64_t end = (uint64_t)(image_end - image_start);

    kmap_early(va, pa, text, PTE_KERNEL_RX);
    kmap_early(va + text, pa + text, ro - text, PTE_KERNEL_RO);
    kmap_early(va + ro, pa + ro, stacks - PAGE_SIZE - ro, PTE_KERNEL_RW);
    for (uint64_t at = stacks; at < end; at += KSTACK_SLOT)
        kmap_early(va + at, pa + at, MIN(KSTACK_BYTES, end - at), PTE_KERNEL_RW);
}

// Where the image runs: somewhere in its area, aligned to 2 MiB, within one GiB so that few tables
// are needed. Without a seed, or with kaslr=off, at the area's start.
static uint64_t choose_image_address(void)
{
    uint64_t seed;
    uint64_t blocks = ROUND_UP((uint64_t)(image_end - image_start), BLOCK_2M) / BLOCK_2M;

    if (!cmdline_bool(fdt_bootargs(&arm64_boot.tree), "kaslr", true) ||
        fdt_take_kaslr_seed(&arm64_boot.tree, &seed) != ZX_OK)
        return IMAGE_BASE;
    uint64_t gib = (seed >> 32) % (IMAGE_AREA_BYTES / BLOCK_1G);
    uint64_t block = (seed & 0xffffffff) % (BLOCK_1G / BLOCK_2M - blocks);
    return IMAGE_BASE + gib * BLOCK_1G + block * BLOCK_2M;
}

static void read_entropy(void)
{
    uint32_t bytes;
    _Static_assert(sizeof(boot_info.seed) == FDT_RNG_SEED_MAX, "seed buffer");
    if (fdt_take_rng_seed(&arm64_boot.tree, boot_info.seed, &bytes) == ZX_OK)
        boot_info.seed_size = bytes;

    char *line = fdt_bootargs_to_change(&arm64_boot.tree);
    if (line != NULL &&
        cmdline_take_hex(line, "kernel.entropy-mixin", boot_info.mixin, &boot_info.mixin_size) ==
            ZX_ERR_INVALID_ARGS)
        early_stop("kernel.entropy-mixin: only hex digits will do");
}

uint64_t arm64_early_mmu(void)
{
    struct arm64_boot *b = &arm64_boot;

    b->stage = STAGE_MMU;
    read_memory();
    read_reservations();
    read_entropy();
    choose_crashlog();
    b->stage = STAGE_MEMORY;

    early_check_free();
    paddr_t pool = find_free(POOL_BYTES);
    early_identity_map(pool, POOL_BYTES, PTE_KERNEL_RW);
    kmap_early_init(pool, POOL_BYTES);
    b->image_va = choose_image_address();
    make_direct_map();
    map_image(b->image_va);
    kmap_early_areas();
    b->ttbr_kernel = kmap_root();
    // The tables are complete in memory before TTBR1 shows them to the walker.
    dsb(ishst);
    b->stage = STAGE_TABLES;

    // From here to the jump no pointer in static data may be followed.
    early_relocate(b->image_va);
    return b->image_va;
}
