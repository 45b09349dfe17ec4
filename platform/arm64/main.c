// SPDX-License-Identifier: MIT
// The boot CPU at its final address: console, devices, the rest of boot_info, then the kernel.
//
// Interface: boot.h, hal_cpu_adopt_boot_thread. Locks: none held; one CPU, interrupts off.
#include <arm64/board.h>
#include <arm64/probe.h>
#include <arm64/sysreg.h>
#include <fdt/boot.h>
#include <hal/boot.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/upcall.h>
#include <irq/irq.h>
#include <power/power.h>
#include <timer/timer.h>
#include <uart/uart.h>
#include <zircon/syscalls/log.h>

#include "arm64_priv.h"
#include "boot.h"
#include "kmap.h"
#include "percpu.h"

paddr_t arm64_empty_table_pa;

// The current thread until the kernel has one.
static struct hal_thread boot_thread = {.preempt_count = 1};

void hal_cpu_adopt_boot_thread(struct hal_thread *t)
{
    t->kstack_base = (uintptr_t)boot_stacks_start;
    t->kstack_size = KSTACK_BYTES;
    t->cpu = 0;
    sysreg_write(tpidr_el1, (uintptr_t)t);
}

static void late_report(void *context UNUSED, const char *path, const char *message)
{
    kernel_log(ZX_LOG_WARN, "fdt: %s%s%s\n", path, *path ? ": " : "", message);
}

// The device tree by way of the direct map, or mapped by itself where it lies outside of RAM.
static void move_tree(void)
{
    struct arm64_boot *b = &arm64_boot;
    void *blob = hal_phys_to_virt(b->fdt_pa);

    if (!early_direct_mapped(b->fdt_pa, b->fdt_bytes))
        blob = hal_kernel_map(b->fdt_pa, b->fdt_bytes, HAL_PROT_READ | HAL_MEM_CACHED);
    if (blob == NULL)
        early_stop("no room to map the device tree");
    b->tree.report = late_report;
    fdt_tree_moved(&b->tree, blob);
    fdt_tree_index_moved(&b->tree, arm64_tree_index);
    boot_info.fdt_data = blob;
}

static void run_board(void)
{
    struct fdt_tree *tree = &arm64_boot.tree;

    for (const struct board *b = __start_boards; b < __stop_boards; b++) {
        for (const char *const *c = b->compatible; *c != NULL; c++) {
            if (!fdt_node_compatible(tree, fdt_root(), *c))
                continue;
            boot_info.machine = b->name;
            if (b->early != NULL)
                b->early(tree);
            return;
        }
    }
    if (fdt_prop_string(tree, fdt_root(), "model", &boot_info.machine) != ZX_OK &&
        fdt_prop_string(tree, fdt_root(), "compatible", &boot_info.machine) != ZX_OK)
        boot_info.machine = "unknown machine";
}

static void open_devices(void)
{
    struct fdt_tree *tree = &arm64_boot.tree;

    power_init(tree);
    arm64_smp_init();
    if (irq_init(tree) != ZX_OK)
        early_stop("no interrupt controller that this kernel has a driver for");
    if (irq_cpu_init(0) != ZX_OK)
        early_stop("the interrupt controller does not serve the boot CPU");
    if (arm_timer_init(tree) != ZX_OK)
        early_stop("no usable timer (arm,armv8-timer)");
    timer_cpu_init();
    // Without it nobody who sleeps would ever wake, and nothing would say why.
    if (timer_check() != ZX_OK)
        early_stop(arm64_boot.entry_el == 3
                       ? "entered at EL3: no firmware has given this side its interrupts"
                       : "the timer's interrupt does not come by the line that the tree names");
}

static void reserve(paddr_t base, uint64_t bytes)
{
    if (boot_info.reserved_count == BOOT_MAX_RESERVED)
        early_stop("more than %u reserved ranges", BOOT_MAX_RESERVED);
    boot_info.reserved[boot_info.reserved_count++] =
        (struct boot_range){.base = base, .size = bytes};
}

// What the tree says of memory may be wrong; then what lies there is not there either.
static void check_memory(void)
{
    ram_check(arm64_boot.image_pa);
    if (boot_info.initrd != 0 && !early_direct_mapped(boot_info.initrd, boot_info.initrd_size)) {
        kernel_log(ZX_LOG_WARN, "initrd at %#lx: no memory there, ignored\n",
                   (unsigned long)boot_info.initrd);
        boot_info.initrd = 0;
        boot_info.initrd_size = 0;
    }
    early_check_free();
}

#define CRASHLOG_BYTES_MAX (1ul << 20) // what the tree sets aside may be more

// Maps the crash log's place, if memory is there. Before the pool of tables is closed.
static void open_crashlog(void)
{
    const struct boot_range *log = &arm64_boot.crashlog;
    uint64_t bytes = MIN(log->size, CRASHLOG_BYTES_MAX);

    if (bytes == 0)
        return;
    char *data = early_direct_mapped(log->base, bytes)
                     ? hal_phys_to_virt(log->base)
                     : hal_kernel_map(log->base, bytes,
                                      HAL_PROT_READ | HAL_PROT_WRITE | HAL_MEM_CACHED);
    if (data == NULL || !ram_holds((uintptr_t)data) || !ram_holds((uintptr_t)(data + bytes - 4)))
        return;
    boot_info.crashlog = data;
    boot_info.crashlog_size = bytes;
}

void arm64_main(void)
{
    struct arm64_boot *b = &arm64_boot;

    sysreg_write(tpidr_el1, (uintptr_t)&boot_thread);
    stack_guard_init();
    b->stage = STAGE_HIGH;
    kmap_finalize();
    arm64_empty_table_pa = b->image_pa + (paddr_t)((char *)arm64_empty_table - image_start);
    arm64_cpu_init();
    move_tree();
    // Problems with it were reported before there was a console to say so: now they reach the log.
    console_set_phase(CONSOLE_FINAL);
    early_open_console();
    arm64_identity_drop();

    boot_info.cmdline = fdt_bootargs(&b->tree);
    boot_info.fdt = b->fdt_pa;
    boot_info.fdt_size = b->fdt_bytes;
    boot_info.image_base = (uintptr_t)image_start;
    boot_info.image_size = (size_t)(image_end - image_start);
    boot_info.entry_ticks = b->entry_ticks;
    arm64_asid_init();
    run_board();
    open_devices();
    b->stage = STAGE_DEVICES;

    open_crashlog();
    paddr_t pool = kmap_pool_start();
    reserve(pool, kmap_pool_close() - pool);
    check_memory();
    b->stage = STAGE_KERNEL;
    kmain();
}
