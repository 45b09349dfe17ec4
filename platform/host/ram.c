// SPDX-License-Identifier: MIT
// Fake RAM: one reservation of host memory, seen by the kernel as two banks with a hole between.
// boot_info is filled in before main() with a default size, so that layers below the scheduler can
// be tested without a run.
#include "machine.h"

#include <hal/boot.h>
#include <hal/mmu.h>
#include <string.h>
#include <sys/mman.h>

#define RAM_BASE 0x40000000ul
#define RAM_HOLE 0x100000ul
#define RAM_DEFAULT (32ul << 20)
#define IMAGE_SIZE 0x10000ul // what a kernel image would occupy at the start

struct boot_info boot_info;

static char *ram;
static size_t ram_span; // bytes, hole included
static size_t ram_half; // bytes of each bank

static bool in_ram(paddr_t offset)
{
    return offset < ram_span && (offset < ram_half || offset >= ram_half + RAM_HOLE);
}

void *hal_phys_to_virt(uint64_t pa)
{
    if (!in_ram(pa - RAM_BASE))
        host_fail(HOST_BROKEN, "physical address %#llx is not RAM", (unsigned long long)pa);
    return ram + (pa - RAM_BASE);
}

uint64_t hal_virt_to_phys(const void *va)
{
    uint64_t offset = (uint64_t)((const char *)va - ram);

    if (!in_ram(offset))
        host_fail(HOST_BROKEN, "%p is not in the direct map", va);
    return RAM_BASE + offset;
}

void hal_zero_page(void *page)
{
    memset(page, 0, PAGE_SIZE);
}

void host_ram_init(size_t bytes)
{
    struct boot_info *b = &boot_info;
    uint64_t seed = host.config.seed;

    if (ram != NULL)
        munmap(ram, ram_span);
    ram_half = ROUND_UP(bytes / 2, PAGE_SIZE);
    ram_span = 2 * ram_half + RAM_HOLE;
    ram = mmap(NULL, ram_span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
               -1, 0);
    if (ram == MAP_FAILED || mprotect(ram + ram_half, RAM_HOLE, PROT_NONE) != 0)
        host_fail(HOST_BROKEN, "no host memory for %zu bytes of RAM", bytes);

    memset(b, 0, sizeof(*b));
    b->mem[0] = (struct boot_range){ RAM_BASE, ram_half };
    b->mem[1] = (struct boot_range){ RAM_BASE + ram_half + RAM_HOLE, ram_half };
    b->mem_count = 2;
    // Two that overlap and are not page aligned, as boot loaders hand them over.
    b->reserved[0] = (struct boot_range){ RAM_BASE, IMAGE_SIZE };
    b->reserved[1] = (struct boot_range){ RAM_BASE + IMAGE_SIZE - 0x1234, 0x1300 };
    b->reserved_count = 2;
    b->cmdline = "";
    b->machine = "Jacinth host laboratory";
    b->image_size = IMAGE_SIZE;
    b->seed_size = sizeof(b->seed);
    for (unsigned i = 0; i < sizeof(b->seed); i++)
        b->seed[i] = (uint8_t)host_mix(&seed);
}

__attribute__((constructor)) static void ram_default(void)
{
    host_ram_init(RAM_DEFAULT);
}

void *hal_kernel_map(paddr_t pa, size_t bytes, unsigned prot)
{
    (void)prot;
    if (!in_ram(pa - RAM_BASE) || bytes > ram_span)
        return NULL;
    return hal_phys_to_virt(pa);
}

bool hal_direct_mapped(paddr_t pa)
{
    return in_ram(pa - RAM_BASE);
}

static atomic_size_t icache_syncs;

size_t host_icache_syncs(void)
{
    return atomic_load(&icache_syncs);
}

void hal_cache_sync_icache(const void *va, size_t len)
{
    // Every page of it must be there, as on hardware.
    for (uintptr_t at = ROUND_DOWN((uintptr_t)va, PAGE_SIZE); at < (uintptr_t)va + len; at += PAGE_SIZE)
        (void)hal_virt_to_phys((const void *)MAX(at, (uintptr_t)va));
    atomic_fetch_add(&icache_syncs, 1);
}

void hal_cache_clean(const void *va, size_t len)
{
    (void)va;
    (void)len;
}

void hal_cache_clean_invalidate(const void *va, size_t len)
{
    (void)va;
    (void)len;
}

void hal_cache_invalidate(void *va, size_t len)
{
    (void)va;
    (void)len;
}
