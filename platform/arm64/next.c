// SPDX-License-Identifier: MIT
// The way into another kernel: Image, device tree, and the jump with the MMU off.
//
// Interface: <hal/next.h>. Locks: none; when it comes to the jump one CPU is left, interrupts off.
#include <hal/next.h>

#include <arm64/cpus.h>
#include <fdt/boot.h>
#include <hal/boot.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/time.h>
#include <irq/irq.h>
#include <lib/string.h>

#include "arm64_priv.h"
#include "boot.h"
#include "park.h"

// Linux Documentation/arch/arm64/booting.rst, section 4; little-endian.
struct image_header {
    uint32_t code[2];
    uint64_t text_offset;
    uint64_t image_size; // in memory; 0 in old ones, which do not say
    uint64_t flags;      // bit 0: big-endian; bits 2:1: page size, 1 is 4 KiB, 0 unknown
    uint64_t reserved[3];
    uint32_t magic;
    uint32_t reserved_last;
};
_Static_assert(sizeof(struct image_header) == HAL_NEXT_HEADER_BYTES, "the header");

#define IMAGE_MAGIC       0x644d5241u // "ARM\x64"
#define IMAGE_ALIGN_SHIFT 21u
#define IMAGE_MAX         (1ul << 32) // more is nonsense
#define IMAGE_PAGES_4K(flags) (((flags) >> 1 & 3) <= 1)

zx_status_t hal_next_image(const void *header, uint64_t file_bytes, struct hal_next_image *out)
{
    struct image_header h;

    memcpy(&h, header, sizeof(h));
    if (h.magic != IMAGE_MAGIC || (h.flags & 1) != 0 || !IMAGE_PAGES_4K(h.flags) ||
        h.image_size < file_bytes || h.image_size > IMAGE_MAX ||
        h.text_offset >= 1ul << IMAGE_ALIGN_SHIFT || (h.text_offset & PAGE_MASK) != 0)
        return ZX_ERR_INVALID_ARGS;
    *out = (struct hal_next_image){
        .offset = h.text_offset, .bytes = h.image_size, .align_shift = IMAGE_ALIGN_SHIFT};
    return ZX_OK;
}

size_t hal_next_tree_bytes(size_t cmdline_len)
{
    return arm64_boot.fdt_bytes + cmdline_len + FDT_NEXT_BYTES_MORE +
           MAX_CPUS * FDT_NEXT_BYTES_CPU;
}

// Where the next kernel finds the CPUs that are parked. Returns how many there are.
static uint32_t list_parked(paddr_t parking, struct fdt_parked parked[MAX_CPUS])
{
    const uint32_t cpus = arm64_cpus_to_park();
    uint32_t count = 0;

    for (unsigned cpu = 1; cpu < MAX_CPUS; cpu++) {
        if (cpus & 1u << cpu)
            parked[count++] = (struct fdt_parked){.mpidr = arm64_cpu_affinity(cpu),
                                                  .release = parking + park_words_offset(cpu)};
    }
    return count;
}

zx_status_t hal_next_tree(void *to, size_t bytes, const struct hal_next *next)
{
    struct fdt_parked parked[MAX_CPUS];
    struct fdt_next n = {
        .cmdline = next->cmdline,
        .initrd = {.base = next->initrd, .bytes = next->initrd_bytes},
        .kaslr_seed = next->kaslr_seed,
        .had_initrd = boot_info.initrd_size != 0,
        .old_initrd = boot_info.initrd,
        .old_tree = boot_info.fdt,
        .parking = {.base = next->parking, .bytes = hal_next_parking_bytes()},
        .parked = parked,
        .parked_count = list_parked(next->parking, parked),
    };
    memcpy(n.seed, next->seed, sizeof(n.seed));
    return fdt_write_next(boot_info.fdt_data, to, bytes, &n);
}

paddr_t arm64_next_low_pa(void)
{
    return arm64_boot.image_pa + (paddr_t)(arm64_next_low - image_start);
}

bool hal_next_possible(void)
{
    return arm64_cpus_stop_for_good();
}

void hal_next_enter(paddr_t entry, paddr_t tree)
{
    hal_timer_cancel();
    irq_cpu_stop();
    arm64_next_enter(entry, tree, arm64_boot.ttbr_identity, arm64_next_low_pa(),
                     arm64_boot.entry_el);
}
