// SPDX-License-Identifier: MIT
// State of the early boot, shared by head.S and the C files of the boot. It is written with the MMU
// off by the boot CPU, and read with the MMU off by the others (after a clean to memory).
#pragma once

#include <fdt/fdt.h>
#include <hal/boot.h>
#include <hal/types.h>

// How far the boot has come: the mark that a debugger reads out of a silent machine (symbol
// arm64_boot, first word), and that early faults print.
enum boot_stage {
    STAGE_ENTRY = 1, // at the right exception level, .bss cleared
    STAGE_RELOCATED, // relocated to the load address: C may use pointers
    STAGE_TREE,      // the device tree is open
    STAGE_CONSOLE,   // the console is known (or known to be unknown)
    STAGE_IDENTITY,  // identity tables made, MMU about to go on
    STAGE_MMU,       // MMU and caches on, identity map
    STAGE_MEMORY,    // memory and reservations read
    STAGE_TABLES,    // final tables made
    STAGE_HIGH,      // running at the final address
    STAGE_DEVICES,   // interrupt controller, timer and console in use
    STAGE_KERNEL,    // kmain called
};

struct arm64_boot {
    uint64_t stage; // enum boot_stage; first, so that it is easily found
    paddr_t fdt_pa;
    uint64_t entry_el;    // CurrentEL at entry
    uint64_t entry_ticks; // CNTVCT at entry
    paddr_t image_pa;
    uint64_t image_va; // where the image is going to run
    uint64_t ttbr_identity;
    uint64_t ttbr_kernel;
    uint64_t tcr;
    uint64_t mair;
    uint64_t sctlr;
    // For the CPU being started: who it is, its stack and its idle thread (kernel addresses).
    uint64_t next_mpidr;
    uint64_t next_sp;
    uint64_t next_thread;
    // The device tree while booting.
    uint64_t fdt_bytes;
    bool console_guessed; // the tree has no console; it is where QEMU's virt machine has one
    struct fdt_tree tree;
    struct boot_range crashlog; // memory for the crash log; size 0: none
};
extern struct arm64_boot arm64_boot;

// The device tree's index; larger trees (a Pi 4's has some 300 nodes) are read without one, slowly.
#define TREE_INDEX_NODES 768
extern struct fdt_index_entry arm64_tree_index[TREE_INDEX_NODES];

// Marks of the linker script.
extern char image_start[], image_end[];
extern char text_start[], text_end[], rodata_start[], rodata_end[], data_start[], bss_start[];
extern char boot_stacks_start[], boot_stacks_end[];

// head.S -> C, in this order.
void arm64_early_main(void);     // MMU off, relocated to the load address
uint64_t arm64_early_mmu(void);  // MMU on, identity map; relocates to the final address, returns it
NO_RETURN void arm64_main(void); // at the final address, identity map still in TTBR0
NO_RETURN void arm64_secondary_main(void);
// Picks the value that guards stack frames; only from a function that does not return.
void stack_guard_init(void);
// A fault before the final vectors are installed.
NO_RETURN void arm64_early_fault(uint64_t esr, uint64_t elr, uint64_t far);

// Makes the PL011 of QEMU's virt machine the console, if `regs`, as reached in this phase, shows
// one.
bool early_console_guess(const struct fdt_range *regs);
// Where that guess looks.
extern const struct fdt_range early_guessed_console;

// True if all of [base, base + bytes) is in the direct map. From STAGE_MEMORY on.
bool early_direct_mapped(paddr_t base, uint64_t bytes);
// End of a reserved range that overlaps [base, base + bytes), or 0. From STAGE_MEMORY on.
paddr_t early_reserved_end(paddr_t base, uint64_t bytes);
// Stops if so little memory is free that the kernel could only panic later. From STAGE_MEMORY on.
void early_check_free(void);
// Cuts memory that does not answer off boot_info.mem and says so; where `known` lies there is some.
// From STAGE_HIGH on, when everything in use is in boot_info.reserved.
void ram_check(paddr_t known);
// Whether the 4 bytes at this address, mapped and used by nobody meanwhile, hold what is written to them. They
// are left as they were.
bool ram_holds(uintptr_t word);
// Whether the 8 bytes at `at` are RAM that the tree keeps for firmware (or page 0, which nobody
// gets): where a spin table may be (Linux Documentation/arch/arm64/booting.rst). Any time after
// arm64_early_mmu().
bool early_firmware_word(paddr_t at);

// Console text while booting; works in every stage once the console is known.
void early_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);
// Says why the boot cannot go on (printf-like, with the stage) and stops the CPU.
NO_RETURN void early_stop(const char *fmt, ...) PRINTF_LIKE(1, 2);

// Attaches the console: the one in the device tree, or the guessed one. Called with the MMU off and
// again at the final address; without a console the boot goes on silently.
void early_open_console(void);

// Adds [base, base + bytes) to the identity map, in blocks of 2 MiB.
void early_identity_map(paddr_t base, uint64_t bytes, uint64_t attributes);

// Applies the image's relative relocations for a base address.
void early_relocate(uintptr_t base);
