// SPDX-License-Identifier: MIT
/*
 * The driver table: a driver declares itself with FDT_DRIVER in its own .c file, and whoever
 * brings up the machine asks which drivers match which enabled nodes. Nothing else knows the list.
 *
 *     static const char *const pl011_compatible[] = {"arm,pl011", NULL};
 *     FDT_DRIVER(pl011, FDT_DRIVER_UART, pl011_compatible, pl011_init);
 *
 * The entries lie in the section `fdt_drivers`; its name is a C identifier, so the linker provides
 * __start_fdt_drivers and __stop_fdt_drivers by itself for an output section of that name. A linker
 * script that puts them elsewhere must keep them and define the two symbols around them:
 *     __start_fdt_drivers = .; KEEP(*(fdt_drivers)) __stop_fdt_drivers = .;
 *
 * The table holds pointers: use it only after the image has been relocated.
 */
#pragma once

#include <fdt/fdt.h>

enum fdt_driver_kind {
    FDT_DRIVER_IRQCHIP,
    FDT_DRIVER_TIMER,
    FDT_DRIVER_UART,
    FDT_DRIVER_POWER,      /* power off and reset: psci, watchdogs */
    FDT_DRIVER_CPU_ENABLE, /* `compatible` lists enable-method strings of cpu nodes */
};

/* A driver's entry for a node: reads what it needs and sets the device up. Returns ZX_OK if the
 * device is now in use; otherwise the caller goes on to the next node. */
typedef zx_status_t (*fdt_driver_init_fn)(struct fdt_tree *tree, struct fdt_node node);

struct fdt_driver {
    const char *name;
    enum fdt_driver_kind kind;
    const char *const *compatible; /* NULL-terminated */
    fdt_driver_init_fn init;
};

#define FDT_DRIVER(name_, kind_, compatible_, init_)                  \
    static const struct fdt_driver fdt_driver_##name_                 \
        __attribute__((used, section("fdt_drivers"), aligned(8))) = { \
            .name = #name_, .kind = (kind_), .compatible = (compatible_), .init = (init_)}

_Static_assert(sizeof(struct fdt_driver) % 8 == 0, "entries of the table are an array");

/* Weak: a link without any driver (a host test of another layer) has an empty table. */
extern const struct fdt_driver __start_fdt_drivers[] __attribute__((weak));
extern const struct fdt_driver __stop_fdt_drivers[] __attribute__((weak));

/*
 * The driver of this kind that fits the node best: the one that claims the earliest string of the
 * node's `compatible` list. NULL if there is none. Looks at no status.
 */
const struct fdt_driver *fdt_driver_for_node(struct fdt_tree *tree, struct fdt_node node,
                                             enum fdt_driver_kind kind);

/* The driver of this kind that claims the string (an enable-method, say), or NULL. */
const struct fdt_driver *fdt_driver_for_string(enum fdt_driver_kind kind, const char *string);

/* Called for one match; returns true to go on to the next, false to stop. */
typedef bool (*fdt_match_fn)(void *context, struct fdt_tree *tree, struct fdt_node node,
                             const struct fdt_driver *driver);

/* Visits every enabled node that a driver of this kind fits, in tree order, each with its best
 * driver, and returns how many were visited. */
uint32_t fdt_for_each_match(struct fdt_tree *tree, enum fdt_driver_kind kind, fdt_match_fn visit,
                            void *context);

/*
 * Initialises the first node of this kind whose driver accepts it (drivers that refuse are
 * reported with their node). `out_node` may be NULL.
 * ZX_ERR_NOT_FOUND if no node matches; the last driver's status if all refuse.
 */
zx_status_t fdt_driver_init_first(struct fdt_tree *tree, enum fdt_driver_kind kind,
                                  struct fdt_node *out_node);
