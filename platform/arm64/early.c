// SPDX-License-Identifier: MIT
// The boot CPU's first C code, with the MMU off: relocation, device tree, console, identity tables.
//
// Interface: boot.h. Locks: none can be taken here (exclusive accesses need the MMU).
// Invariants: nothing here makes an unaligned access or zeroes by DC ZVA; everything runs at the
// load address, so pointers stored in static data must be stored again at the final one.
#include "boot.h"

#include <arm64/probe.h>
#include <arm64/sysreg.h>
#include <fdt/boot.h>
#include <fdt/driver.h>
#include <hal/console.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <uart/uart.h>

#include "kmap.h"
#include "pte.h"

struct arm64_boot arm64_boot;

#define R_AARCH64_RELATIVE 1027
struct rela {
    uint64_t offset;
    uint64_t info;
    uint64_t addend;
};
extern const struct rela rela_start[], rela_end[];

// QEMU virt's UART: the only machine whose console is guessed, when the tree has none or there is
// no tree.
const struct fdt_range early_guessed_console = {.base = 0x09000000, .bytes = 0x1000};
#define PL011_ID_OFFSET 0xfe0

// Text of the last problem of the tree, and of those that were found before there was a console.
static char last_report[96];
static char unsaid[512];
static size_t unsaid_bytes;

void early_relocate(uintptr_t base)
{
    for (const struct rela *r = rela_start; r < rela_end; r++) {
        if ((uint32_t)r->info == R_AARCH64_RELATIVE)
            *(volatile uint64_t *)(image_start + r->offset) = base + r->addend;
    }
}

static void console_out(void *ctx UNUSED, const char *s, size_t len)
{
    hal_console_write(s, len);
}

void early_printf(const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    kvformat(console_out, NULL, fmt, va);
    va_end(va);
}

// True if a byte can be read there; false if nothing answers.
static bool readable(uintptr_t address)
{
    uint32_t byte;
    return arm64_probe_read(address, 1, &byte);
}

bool early_console_guess(const struct fdt_range *regs)
{
    uintptr_t base = console_map(regs);
    return base != 0 && pl011_probe(base);
}

// The guess with the MMU off: on another machine nothing may answer there, or something else.
static bool guess_console(void)
{
    return readable(early_guessed_console.base + PL011_ID_OFFSET) &&
           early_console_guess(&early_guessed_console);
}

// Says what was found before there was a console.
static void say_unsaid(void)
{
    hal_console_write(unsaid, unsaid_bytes);
    unsaid_bytes = 0;
}

void early_stop(const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    if (!console_present() && arm64_boot.stage < STAGE_IDENTITY && guess_console())
        say_unsaid();
    early_printf("\njacinth: cannot boot: ");
    kvformat(console_out, NULL, fmt, va);
    early_printf(" (stage %lu)\n", (unsigned long)arm64_boot.stage);
    va_end(va);
    hal_cpu_halt();
}

void arm64_early_fault(uint64_t esr, uint64_t elr, uint64_t far)
{
    early_stop("unexpected exception: ESR %#lx, PC %#lx, fault address %#lx", (unsigned long)esr,
               (unsigned long)elr, (unsigned long)far);
}

static void early_report(void *context UNUSED, const char *path, const char *message)
{
    ksnprintf(last_report, sizeof(last_report), "%s%s%s", path, *path ? ": " : "", message);
    if (console_present()) {
        early_printf("fdt: %s\n", last_report);
        return;
    }
    char line[sizeof(last_report) + 8];
    ksnprintf(line, sizeof(line), "fdt: %s\n", last_report);
    size_t bytes = strlen(line);
    if (bytes <= sizeof(unsaid) - unsaid_bytes) {
        memcpy(unsaid + unsaid_bytes, line, bytes);
        unsaid_bytes += bytes;
    }
}

// Writes back what a boot loader may have left in the caches of a range that is read past them.
static void clean_range(uintptr_t base, uint64_t bytes)
{
    uint64_t line = 4ul << ((sysreg_read(ctr_el0) >> 16) & 0xf);
    for (uintptr_t p = ROUND_DOWN(base, line); p < base + bytes; p += line)
        __asm__ volatile("dc cvac, %0" ::"r"(p) : "memory");
    dsb(sy);
}

// Without a device tree nothing is known about the machine, so the boot ends here.
static NO_RETURN void stop_without_tree(const char *why)
{
    early_stop("no usable device tree at %#lx (register x0): %s", (unsigned long)arm64_boot.fdt_pa,
               why);
}

struct fdt_index_entry arm64_tree_index[TREE_INDEX_NODES];

static void open_tree(void)
{
    size_t bytes;
    void *blob = (void *)arm64_boot.fdt_pa;

    if (arm64_boot.fdt_pa == 0 || (arm64_boot.fdt_pa & 7) != 0)
        stop_without_tree("not an aligned address");
    if (!readable(arm64_boot.fdt_pa))
        stop_without_tree("nothing answers there");
    clean_range(arm64_boot.fdt_pa, 64);
    if (fdt_blob_size(blob, FDT_BLOB_BYTES_MAX, &bytes) != ZX_OK)
        stop_without_tree("no device tree magic, or an impossible size");
    if (!readable(arm64_boot.fdt_pa + bytes - 1))
        stop_without_tree("it does not end in memory");
    clean_range(arm64_boot.fdt_pa, fdt_blob_used(blob, bytes));
    if (fdt_tree_open(&arm64_boot.tree, blob, bytes, early_report, NULL) != ZX_OK)
        stop_without_tree(last_report);
    (void)fdt_tree_index(&arm64_boot.tree, arm64_tree_index, TREE_INDEX_NODES);
    arm64_boot.fdt_bytes = bytes;
}

// Attaches the console that the tree names.
static bool open_described_console(void)
{
    struct fdt_stdout out;

    if (fdt_stdout_find(&arm64_boot.tree, &out) != ZX_OK)
        return false;
    const struct fdt_driver *driver =
        fdt_driver_for_node(&arm64_boot.tree, out.node, FDT_DRIVER_UART);
    return driver != NULL && driver->init(&arm64_boot.tree, out.node) == ZX_OK;
}

// Where the tree leads to no console (its root may be damaged as well, so it is not asked which
// machine this is) a guess is better than silence: it takes what says that it is a PL011, and
// nothing else.
void early_open_console(void)
{
    struct arm64_boot *b = &arm64_boot;

    if (open_described_console())
        return;
    if (b->stage < STAGE_IDENTITY)
        b->console_guessed = guess_console();
    else if (b->console_guessed)
        (void)early_console_guess(&early_guessed_console);
}

// Values of the translation registers for this CPU; all CPUs of a machine get the boot CPU's.
static void choose_translation(void)
{
    uint64_t mmfr0 = sysreg_read(id_aa64mmfr0_el1);
    uint64_t mmfr1 = sysreg_read(id_aa64mmfr1_el1);
    uint64_t ips = MIN(id_field(mmfr0, 0), 5u); // at most 48 bits

    arm64_boot.mair = MAIR_VALUE;
    arm64_boot.tcr = TCR_T0SZ_48 | TCR_WBWA_IS_0 | TCR_T1SZ_48 | TCR_WBWA_IS_1 | TCR_TG1_4K |
                     ips << TCR_IPS_SHIFT;
    if (id_field(mmfr0, 4) == 2)
        arm64_boot.tcr |= TCR_AS;
    arm64_boot.sctlr = SCTLR_ON;
    if (id_field(mmfr1, 20) != 0) // PAN
        arm64_boot.sctlr &= ~SCTLR_SPAN;
}

// ---- the identity map ----

// Root, and a table of level 1 and 2 for each of the few places: image, tree, console, pool.
#define IDENTITY_TABLES 12
static uint64_t identity_tables[IDENTITY_TABLES][TABLE_ENTRIES]
    __attribute__((section(".bss.page_aligned"), aligned(4096)));
static unsigned identity_used;

uint64_t arm64_empty_table[512] __attribute__((section(".bss.page_aligned"), aligned(4096)));

static uint64_t *identity_next(uint64_t *table, unsigned index)
{
    if (pte_read(&table[index]) == 0) {
        if (identity_used == IDENTITY_TABLES)
            early_stop("device tree, console and memory lie too far apart");
        pte_write(&table[index], (uint64_t)identity_tables[identity_used++] | PTE_PAGE);
    }
    return (uint64_t *)(pte_read(&table[index]) & PTE_ADDRESS);
}

void early_identity_map(paddr_t base, uint64_t bytes, uint64_t attributes)
{
    if (base + bytes > 1ul << 48)
        early_stop("address %#lx is out of reach", (unsigned long)base);
    for (paddr_t pa = ROUND_DOWN(base, BLOCK_2M); pa < base + bytes; pa += BLOCK_2M) {
        uint64_t *table = identity_tables[0];
        for (unsigned level = 0; level < 2; level++)
            table = identity_next(table, TABLE_INDEX(pa, level));
        uint64_t *pte = &table[TABLE_INDEX(pa, 2)];
        if (pte_read(pte) == 0)
            pte_write(pte, pa | attributes | PTE_BLOCK);
    }
    // The walkers see the entries before the caller's next access.
    dsb(ishst);
    isb();
}

void arm64_early_main(void)
{
    struct arm64_boot *b = &arm64_boot;

    b->stage = STAGE_RELOCATED;
    b->image_pa = (paddr_t)image_start;
    open_tree();
    b->stage = STAGE_TREE;
    early_open_console();
    b->stage = STAGE_CONSOLE;
    early_printf("jacinth: entered at EL%lu, image at %#lx, device tree at %#lx (%lu bytes)\n",
                 (unsigned long)b->entry_el, (unsigned long)b->image_pa, (unsigned long)b->fdt_pa,
                 (unsigned long)b->fdt_bytes);
    say_unsaid();
    if ((b->image_pa & (BLOCK_2M - 1)) != 0)
        early_stop("the image must lie at a multiple of 2 MiB, not at %#lx",
                   (unsigned long)b->image_pa);

    choose_translation();
    identity_used = 1;
    early_identity_map(b->image_pa, (uint64_t)(image_end - image_start),
                       PTE_KERNEL_COMMON | PTE_ATTR(ATTR_NORMAL));
    early_identity_map(b->fdt_pa, b->fdt_bytes, PTE_KERNEL_RW);
    struct fdt_range console = console_regs();
    if (console.bytes != 0)
        early_identity_map(console.base, console.bytes, PTE_KERNEL_DEVICE);
    b->ttbr_identity = (uint64_t)identity_tables[0];
    b->stage = STAGE_IDENTITY;
}
