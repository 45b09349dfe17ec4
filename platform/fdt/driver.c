// SPDX-License-Identifier: MIT
/*
 * Matching nodes with the driver table.
 *
 * Interface: <fdt/driver.h>.  Locks: none; the table is constant.
 * Invariant D1: a node's own order of `compatible` strings decides, from the most to the least
 * special, not the order in which drivers were linked.
 */
#include <fdt/driver.h>

#include <string.h>

#include "priv.h"

static bool driver_claims(const struct fdt_driver *driver, const char *string)
{
    for (const char *const *compatible = driver->compatible; *compatible != NULL; compatible++) {
        if (strcmp(*compatible, string) == 0) {
            return true;
        }
    }
    return false;
}

const struct fdt_driver *fdt_driver_for_string(enum fdt_driver_kind kind, const char *string)
{
    for (const struct fdt_driver *driver = __start_fdt_drivers; driver < __stop_fdt_drivers;
         driver++) {
        if (driver->kind == kind && driver_claims(driver, string)) {
            return driver;
        }
    }
    return NULL;
}

const struct fdt_driver *fdt_driver_for_node(struct fdt_tree *tree, struct fdt_node node,
                                             enum fdt_driver_kind kind)
{
    const char *compatible = NULL;
    for (uint32_t i = 0; fdt_prop_string_at(tree, node, "compatible", i, &compatible) == ZX_OK;
         i++) {
        const struct fdt_driver *driver = fdt_driver_for_string(kind, compatible);
        if (driver != NULL) {
            return driver;
        }
    }
    return NULL;
}

uint32_t fdt_for_each_match(struct fdt_tree *tree, enum fdt_driver_kind kind, fdt_match_fn visit,
                            void *context)
{
    struct fdt_walk walk;
    struct fdt_node node;
    uint32_t visited = 0;
    fdt_walk_start(&walk);
    while (fdt_node_valid(node = fdt_walk_next(tree, &walk))) {
        const struct fdt_driver *driver = fdt_driver_for_node(tree, node, kind);
        if (driver == NULL) {
            continue;
        }
        visited++;
        if (!visit(context, tree, node, driver)) {
            break;
        }
    }
    return visited;
}

/* What fdt_driver_init_first keeps between visits. */
struct init_first {
    zx_status_t status;
    struct fdt_node node;
};

static bool try_init(void *context, struct fdt_tree *tree, struct fdt_node node,
                     const struct fdt_driver *driver)
{
    struct init_first *first = context;
    first->node = node;
    first->status = driver->init(tree, node);
    if (first->status != ZX_OK) {
        fdt_report(tree, node, NULL, "the driver refused this node");
    }
    return first->status != ZX_OK;
}

zx_status_t fdt_driver_init_first(struct fdt_tree *tree, enum fdt_driver_kind kind,
                                  struct fdt_node *out_node)
{
    struct init_first first = {.status = ZX_ERR_NOT_FOUND, .node = FDT_NODE_NONE};
    fdt_for_each_match(tree, kind, try_init, &first);
    if (first.status == ZX_OK && out_node != NULL) {
        *out_node = first.node;
    }
    return first.status;
}
