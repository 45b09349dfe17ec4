// SPDX-License-Identifier: MIT
/*
 * What a kernel wants to know from a device tree at boot: memory, reservations, /chosen, CPUs,
 * PSCI, timer, interrupt controllers, UARTs. Each function fills one plain struct; the structs are
 * large for a boot stack (see their bounds), so callers keep them in static storage.
 *
 * Statuses, reports and early use are as in <fdt/fdt.h>. A function that fills a table leaves out
 * entries that are malformed (each reported), and reports a table that is too small; it fails only
 * if nothing usable is left. All addresses are physical, as the CPU sees them.
 */
#pragma once

#include <fdt/fdt.h>

#define FDT_MEMORY_MAX   32
#define FDT_RESERVED_MAX 64
#define FDT_CPUS_MAX     64
#define FDT_REDIST_MAX   16
#define FDT_RNG_SEED_MAX 64

/* ---- memory (memory.c) ---- */

/* Banks of RAM: sorted by base, none empty, no two overlapping or touching. */
struct fdt_memory {
    uint32_t count;
    bool full; /* banks were left out (reported once) */
    struct fdt_range ranges[FDT_MEMORY_MAX];
};

/* One reserved range; never empty. */
struct fdt_reservation {
    struct fdt_range range;
    bool no_map;          /* must not be mapped at all, not even in the direct map */
    struct fdt_node node; /* FDT_NODE_NONE for an entry of the memreserve block */
};

/* All reservations in tree order, the memreserve block first; they may overlap. */
struct fdt_reserved {
    uint32_t count;
    struct fdt_reservation entries[FDT_RESERVED_MAX];
};

/*
 * All enabled nodes of device_type "memory", all their reg entries. Overlapping banks are reported
 * and merged. ZX_ERR_NOT_FOUND (reported) if there is no memory at all; `out` is then empty.
 */
zx_status_t fdt_read_memory(struct fdt_tree *tree, struct fdt_memory *out);

/* True if some of the range is in a bank, as no device's registers are. Reports nothing. */
bool fdt_overlaps_memory(const struct fdt_tree *tree, const struct fdt_range *range);

/*
 * The memreserve block and the enabled children of /reserved-memory that have a reg. Never fails
 * but for a table that is too small (ZX_ERR_BUFFER_TOO_SMALL, reported): going on would use memory
 * that is not ours.
 */
zx_status_t fdt_read_reserved(struct fdt_tree *tree, struct fdt_reserved *out);

/* ---- /chosen (chosen.c) ---- */

/* The command line, in the blob; "" if there is none or it is malformed. */
const char *fdt_bootargs(struct fdt_tree *tree);
/* The same to overwrite what shall not be read later; NULL if there is none. The blob must be writable. */
char *fdt_bootargs_to_change(struct fdt_tree *tree);

/* The initrd; linux,initrd-end is exclusive. ZX_ERR_NOT_FOUND if there is none or it is empty. */
zx_status_t fdt_initrd(struct fdt_tree *tree, struct fdt_range *out_range);

/* Reads kaslr-seed and overwrites it in the blob with zeros. A seed of zero counts as absent. */
zx_status_t fdt_take_kaslr_seed(struct fdt_tree *tree, uint64_t *out_seed);

/* Reads rng-seed and overwrites it in the blob with zeros. Longer seeds are folded by exclusive or
 * into `seed`; *out_bytes is the count of bytes set. An empty or all-zero one counts as absent. */
zx_status_t fdt_take_rng_seed(struct fdt_tree *tree, uint8_t seed[FDT_RNG_SEED_MAX],
                              uint32_t *out_bytes);

/* ---- the tree of the next kernel (next.c) ---- */

/* A CPU that waits in another place than the old tree says. */
struct fdt_parked {
    uint64_t mpidr;
    uint64_t release; /* the address of its spin table's word */
};

struct fdt_next {
    const char *cmdline;
    struct fdt_range initrd; /* of no bytes: none */
    uint64_t kaslr_seed;
    uint8_t seed[FDT_RNG_SEED_MAX];
    bool had_initrd;
    uint64_t old_initrd, old_tree; /* where they were: reservations that start there are dropped */
    /* CPUs that wait in the memory `parking`, which is reserved. That of the kernel before is free, if no CPU is left
     * there. */
    struct fdt_range parking;
    const struct fdt_parked *parked;
    uint32_t parked_count;
};

/* Room for what is changed, beside the old blob's size and the command line. */
#define FDT_NEXT_BYTES_MORE 1024u
#define FDT_NEXT_BYTES_CPU  64u /* for each CPU that is parked, and once for their memory */

/*
 * Writes to `to`, 8-byte aligned, a copy of a checked blob with this in /chosen. ZX_ERR_NO_MEMORY:
 * `bytes` are too few, or the blob grows beyond FDT_BLOB_BYTES_MAX; ZX_ERR_INTERNAL: the blob cannot be changed.
 */
zx_status_t fdt_write_next(const void *blob, void *to, size_t bytes, const struct fdt_next *next);

/* ---- the console (stdout.c) ---- */

/* Where the choice of the console came from. */
enum fdt_stdout_source {
    FDT_STDOUT_CHOSEN,   /* /chosen/stdout-path */
    FDT_STDOUT_BOOTARGS, /* console= on the command line */
    FDT_STDOUT_SERIAL0,  /* the alias serial0 */
    FDT_STDOUT_FIRST,    /* the first enabled UART with a driver */
};

struct fdt_stdout {
    struct fdt_node node;
    enum fdt_stdout_source source;
    const char *options;    /* what followed ':' or ',', such as "115200n8"; NOT NUL-terminated */
    uint32_t options_bytes; /* 0 if nothing followed */
};

/*
 * The console's node. A stdout-path that leads nowhere or to a disabled node is reported, and the
 * search goes on in the order of enum fdt_stdout_source. ZX_ERR_NOT_FOUND (reported) if there is no
 * console at all. Uses the driver table to know UARTs, hence needs a relocated image.
 */
zx_status_t fdt_stdout_find(struct fdt_tree *tree, struct fdt_stdout *out);

/* Only the first step of that search, by /chosen/stdout-path; needs no relocation. */
zx_status_t fdt_stdout_chosen(struct fdt_tree *tree, struct fdt_stdout *out);

/* ---- CPUs and PSCI (cpus.c) ---- */

/* The affinity fields of MPIDR_EL1. */
#define FDT_MPIDR_MASK 0xff00ffffffull

struct fdt_cpu {
    uint64_t mpidr;            /* affinity fields only */
    const char *enable_method; /* in the blob; "" if absent */
    uint64_t release_addr;     /* cpu-release-addr, set only for "spin-table"; else 0 */
    struct fdt_node node;
};

struct fdt_cpus {
    uint32_t count;
    struct fdt_cpu cpus[FDT_CPUS_MAX];
};

/* The enabled cpu nodes in tree order. ZX_ERR_NOT_FOUND (reported) if there are none. CPUs beyond
 * the table's size are reported and left out. */
zx_status_t fdt_read_cpus(struct fdt_tree *tree, struct fdt_cpus *out);

/* Tells where each CPU with a spin table waits for an address, those that fdt_read_cpus() leaves out
 * included: one that is disabled waits, too (Devicetree Specification, "status" of a cpu node). */
void fdt_each_spin_table(struct fdt_tree *tree, void (*fn)(uint64_t release_addr));

enum fdt_psci_conduit {
    FDT_PSCI_HVC,
    FDT_PSCI_SMC,
};

/* Function ids are 0 where the firmware has no such call. */
struct fdt_psci {
    enum fdt_psci_conduit conduit;
    uint32_t version; /* major << 16 | minor, as compatible says: 0x00001, 0x00002 or 0x10000 */
    uint32_t cpu_on;
    uint32_t cpu_off;
    uint32_t cpu_suspend;
    uint32_t system_off;
    uint32_t system_reset;
};

/* The first enabled PSCI node. */
struct fdt_node fdt_psci_find(struct fdt_tree *tree);

/* Reads a PSCI node: ids are the standard ones from 0.2 on, and properties before that. */
zx_status_t fdt_read_psci(struct fdt_tree *tree, struct fdt_node node, struct fdt_psci *out);

/* ---- the timer (timer.c) ---- */

enum fdt_timer_line {
    FDT_TIMER_SECURE,
    FDT_TIMER_PHYSICAL,
    FDT_TIMER_VIRTUAL,
    FDT_TIMER_HYPERVISOR,
    FDT_TIMER_LINE_COUNT,
};

enum fdt_timer_flags {
    FDT_TIMER_ALWAYS_ON = 1u << 0,         /* always-on */
    FDT_TIMER_STOPS_IN_SUSPEND = 1u << 1,  /* arm,no-tick-in-suspend */
    FDT_TIMER_UNSTABLE_A64 = 1u << 2,      /* allwinner,erratum-unknown1 */
    FDT_TIMER_ERRATUM_A008585 = 1u << 3,   /* fsl,erratum-a008585 */
    FDT_TIMER_ERRATUM_161010101 = 1u << 4, /* hisilicon,erratum-161010101 */
};

struct fdt_timer {
    uint32_t flags;                             /* of enum fdt_timer_flags */
    uint32_t present;                           /* bit n: lines[n] is set */
    uint32_t frequency_hz;                      /* clock-frequency, 0 if absent: use CNTFRQ_EL0 */
    struct fdt_irq lines[FDT_TIMER_LINE_COUNT]; /* by enum fdt_timer_line */
};

/* Reads an arm,armv8-timer node. Fails (reported) if the virtual timer's line is missing: it is the
 * one the kernel uses. */
zx_status_t fdt_read_timer(struct fdt_tree *tree, struct fdt_node node, struct fdt_timer *out);

/* ---- interrupt controllers (gic.c) ---- */

/* A GICv2: the hypervisor's two regions are of size 0 if the node does not list them. */
struct fdt_gicv2 {
    struct fdt_range distributor;
    struct fdt_range cpu_interface;
    struct fdt_range hypervisor;
    struct fdt_range virtual_cpu;
};

struct fdt_gicv3 {
    struct fdt_range distributor;
    uint64_t redistributor_stride; /* 0: as GICR_TYPER says */
    uint32_t redistributor_count;
    struct fdt_range redistributors[FDT_REDIST_MAX]; /* regions, walked by GICR_TYPER.Last */
};

/* Each fails (reported) if the regions without which the controller cannot be used are missing. */
zx_status_t fdt_read_gicv2(struct fdt_tree *tree, struct fdt_node node, struct fdt_gicv2 *out);
zx_status_t fdt_read_gicv3(struct fdt_tree *tree, struct fdt_node node, struct fdt_gicv3 *out);

/* ---- UARTs (uart.c) ---- */

struct fdt_uart {
    struct fdt_range regs; /* the first reg, advanced by reg-offset */
    uint32_t reg_shift;    /* registers are 1 << reg_shift bytes apart; 0 if absent */
    uint32_t reg_io_width; /* bytes an access: 1, 2 or 4; 0 if absent: the driver knows */
    uint32_t clock_hz;     /* clock-frequency or that of a fixed clock; 0: leave the divisor */
    uint32_t baud;         /* current-speed; 0 if absent */
    bool has_irq;          /* false: poll */
    struct fdt_irq irq;
};

/* Reads a UART's node. Fails only if it has no usable reg; the rest has defaults. */
zx_status_t fdt_read_uart(struct fdt_tree *tree, struct fdt_node node, struct fdt_uart *out);
