// SPDX-License-Identifier: MIT
/*
 * The typed device-tree reader: opening a blob, walking nodes, reading properties, addresses and
 * interrupts. What the kernel wants to know at boot is in <fdt/boot.h>, the driver table in
 * <fdt/driver.h>.
 *
 * The blob is foreign input. Nothing here trusts a length, a cell count, a phandle or a string in
 * it: whatever is absent, short, cyclic or contradictory becomes a status and one call of the
 * report function with the node's path, and the reader goes on. No function allocates, recurses,
 * or has a stack frame of more than 400 bytes, and every loop is bounded by the blob's size or by a
 * constant.
 *
 * Early use: nothing in fdt.h and boot.h, fdt_stdout_find apart, reads data that needs relocation
 * or makes unaligned accesses, so a position-independent kernel may call it before it has
 * relocated itself, and with the MMU off. The driver table of <fdt/driver.h> needs relocation.
 *
 * Locks: none. A tree is used by one CPU at a time while booting. After that concurrent readers
 * are safe as long as they share no `struct fdt_tree` (copy it: it is small).
 *
 * Statuses (all functions):
 *   ZX_OK
 *   ZX_ERR_NOT_FOUND            the property or node is absent; not reported
 *   ZX_ERR_OUT_OF_RANGE         an index lies behind the last entry; not reported
 *   ZX_ERR_BUFFER_TOO_SMALL     the caller's buffer or table is too small
 *   ZX_ERR_IO_DATA_INTEGRITY    present but malformed or contradictory; reported
 *   ZX_ERR_NOT_SUPPORTED        well formed, but nothing this kernel can use; reported
 * Out parameters are written only with ZX_OK, unless said otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

/* The deepest node that is looked at, the root being at depth 0. */
#define FDT_DEPTH_MAX 15
/* Bytes of a node path as reported, with the NUL; longer ones are shown as "...". */
#define FDT_PATH_BYTES 160
/* After so many reports a tree falls silent (the last one says so). */
#define FDT_REPORTS_MAX 64
/* The largest blob that is accepted: the boot protocol's limit for arm64. */
#define FDT_BLOB_BYTES_MAX 0x200000u
/* The most interrupt cells a controller may ask for. */
#define FDT_INTERRUPT_CELLS_MAX 4

/*
 * Told of every problem: `path` is the node's path ("" for the blob as a whole) and `message` a
 * sentence without a full stop, such as "reg: shorter than one entry". Both live only during the
 * call.
 */
typedef void (*fdt_report_fn)(void *context, const char *path, const char *message);

/* One node of an index; private to platform/fdt. */
#define FDT_INDEX_PROPS 3
struct fdt_index_entry {
    int32_t offset;
    uint32_t phandle; /* 0: none */
    uint16_t parent;  /* place in the index; the root's is its own */
    uint16_t depth;
    int32_t props[FDT_INDEX_PROPS]; /* offsets of the properties asked for most; -1: absent */
};
/* The most nodes an index can hold. */
#define FDT_INDEX_MAX 0x10000u

/* An open tree. The fields are private to platform/fdt. */
struct fdt_tree {
    void *blob;
    size_t blob_bytes;
    const struct fdt_index_entry *index; /* in blob order; NULL: none */
    uint32_t index_count;
    fdt_report_fn report;
    void *report_context;
    uint32_t report_count;
};

/* A node: its offset in the structure block. Stays valid as long as the blob; compare with
 * fdt_node_same, "no node" is FDT_NODE_NONE. */
struct fdt_node {
    int32_t offset;
};

#define FDT_NODE_NONE ((struct fdt_node){.offset = -1})

/* True if the node is not FDT_NODE_NONE. */
static inline bool fdt_node_valid(struct fdt_node node)
{
    return node.offset >= 0;
}

/* True if both are the same node of one tree. */
static inline bool fdt_node_same(struct fdt_node a, struct fdt_node b)
{
    return a.offset == b.offset;
}

/* ---- the blob (tree.c) ---- */

/*
 * Reads the size a blob claims from its header, of which `usable_bytes` are readable; so a caller
 * that has mapped only the start learns how much to map.
 * Errors: ZX_ERR_IO_DATA_INTEGRITY if this is no blob, or one smaller than its header or larger
 * than FDT_BLOB_BYTES_MAX. Reports nothing (there is no tree yet).
 */
zx_status_t fdt_blob_size(const void *blob, size_t usable_bytes, size_t *out_bytes);

/* How many of the claimed bytes hold something, by the same header: blobs are often padded to a
 * megabyte. Not more than `claimed_bytes`. */
size_t fdt_blob_used(const void *blob, size_t claimed_bytes);

/*
 * Checks the whole blob, of which `usable_bytes` are readable (and writable, if the seeds are to
 * be wiped), and makes `tree` a view of it. `report` may be NULL. The blob must stay mapped.
 * Errors: ZX_ERR_IO_DATA_INTEGRITY, reported with the reason; the tree is unusable then.
 */
zx_status_t fdt_tree_open(struct fdt_tree *tree, void *blob, size_t usable_bytes,
                          fdt_report_fn report, void *context);

/*
 * Lists the nodes of an open tree in `entries`, so that parents, paths, phandles, walks and matches
 * no longer scan the blob. Results stay the same. `entries` must live as long as the tree is used.
 * False if there are more than `capacity` (at most FDT_INDEX_MAX) nodes: then the tree goes on
 * without.
 */
bool fdt_tree_index(struct fdt_tree *tree, struct fdt_index_entry *entries, uint32_t capacity);

/* Follows the index of a tree to another mapping of it; nothing if the tree has none. */
void fdt_tree_index_moved(struct fdt_tree *tree, const struct fdt_index_entry *entries);

/*
 * Follows a blob to another mapping of the same bytes (identity map -> direct map). All
 * `struct fdt_node`s stay valid; strings and byte pointers handed out before do not.
 */
void fdt_tree_moved(struct fdt_tree *tree, void *blob);

/* Reports a problem with a node of the tree, or with the whole tree (FDT_NODE_NONE). `property`
 * may be NULL. For drivers that find fault with their own node. */
void fdt_report(struct fdt_tree *tree, struct fdt_node node, const char *property,
                const char *problem);

/* ---- nodes (node.c) ---- */

/* The root node; every open tree has one. */
struct fdt_node fdt_root(void);

/* The node at an absolute path, or FDT_NODE_NONE. Unit addresses may be left out where the name
 * alone decides. Looks at no status. */
struct fdt_node fdt_node_by_path(struct fdt_tree *tree, const char *path);

/* The node an entry of /aliases names, or FDT_NODE_NONE. Aliases of aliases are refused. */
struct fdt_node fdt_node_by_alias(struct fdt_tree *tree, const char *alias);

/* The node with this phandle, or FDT_NODE_NONE (also for 0 and 0xffffffff). */
struct fdt_node fdt_node_by_phandle(struct fdt_tree *tree, uint32_t phandle);

/* The node's name with its unit address, "" for the root. Points into the blob. */
const char *fdt_node_name(struct fdt_tree *tree, struct fdt_node node);

/* True if the node's name without its unit address is `name`. */
bool fdt_node_is_named(struct fdt_tree *tree, struct fdt_node node, const char *name);

/* Writes the node's path, always NUL-terminated ("..." if it does not fit), and returns `buffer`.
 * `bytes` is at least 4. */
char *fdt_node_path(struct fdt_tree *tree, struct fdt_node node, char *buffer, size_t bytes);

/* The node's parent, or FDT_NODE_NONE for the root and for nodes deeper than FDT_DEPTH_MAX. */
struct fdt_node fdt_node_parent(struct fdt_tree *tree, struct fdt_node node);

/* First child and next sibling, whatever their status; FDT_NODE_NONE at the end. */
struct fdt_node fdt_node_first_child(struct fdt_tree *tree, struct fdt_node node);
struct fdt_node fdt_node_next_sibling(struct fdt_tree *tree, struct fdt_node node);

/* True if the node's own status is absent, "okay" or "ok". */
bool fdt_node_status_ok(struct fdt_tree *tree, struct fdt_node node);

/* True if the node and all its ancestors have a good status. */
bool fdt_node_enabled(struct fdt_tree *tree, struct fdt_node node);

/* True if the node's `compatible` list holds the string. */
bool fdt_node_compatible(struct fdt_tree *tree, struct fdt_node node, const char *compatible);

/* A walk over all enabled nodes in tree order; nodes under a disabled one are left out, and so are
 * nodes deeper than FDT_DEPTH_MAX. */
struct fdt_walk {
    int32_t offset;
    int32_t depth;
};

/* Starts a walk; the first fdt_walk_next gives the root. */
void fdt_walk_start(struct fdt_walk *walk);
/* The next enabled node, or FDT_NODE_NONE when there is none left. */
struct fdt_node fdt_walk_next(struct fdt_tree *tree, struct fdt_walk *walk);
/* The next enabled node with this `compatible`, or FDT_NODE_NONE. */
struct fdt_node fdt_walk_next_compatible(struct fdt_tree *tree, struct fdt_walk *walk,
                                         const char *compatible);

/* ---- properties (prop.c) ---- */

/* True if the property exists, whatever it holds. */
bool fdt_prop_exists(struct fdt_tree *tree, struct fdt_node node, const char *name);

/* The property's bytes, in the blob. May be empty. */
zx_status_t fdt_prop_bytes(struct fdt_tree *tree, struct fdt_node node, const char *name,
                           const uint8_t **out_bytes, uint32_t *out_count);

/* The property as a list of 32-bit cells: how many there are. Malformed if not whole cells. */
zx_status_t fdt_prop_cell_count(struct fdt_tree *tree, struct fdt_node node, const char *name,
                                uint32_t *out_count);

/* Cell `index` of a list of 32-bit cells. */
zx_status_t fdt_prop_cell(struct fdt_tree *tree, struct fdt_node node, const char *name,
                          uint32_t index, uint32_t *out_value);

/* A property that is exactly one 32-bit cell. */
zx_status_t fdt_prop_u32(struct fdt_tree *tree, struct fdt_node node, const char *name,
                         uint32_t *out_value);

/* A property that is one number of 4 or of 8 bytes. */
zx_status_t fdt_prop_number(struct fdt_tree *tree, struct fdt_node node, const char *name,
                            uint64_t *out_value);

/* Like fdt_prop_u32, with `absent` for a property that is absent or malformed (then reported). */
uint32_t fdt_prop_u32_or(struct fdt_tree *tree, struct fdt_node node, const char *name,
                         uint32_t absent);

/* String `index` of a string list; NUL-terminated, in the blob. fdt_prop_string is the first. */
zx_status_t fdt_prop_string_at(struct fdt_tree *tree, struct fdt_node node, const char *name,
                               uint32_t index, const char **out_string);
zx_status_t fdt_prop_string(struct fdt_tree *tree, struct fdt_node node, const char *name,
                            const char **out_string);

/* The place of a string in a string list. ZX_ERR_NOT_FOUND if it is not in there. */
zx_status_t fdt_prop_string_index(struct fdt_tree *tree, struct fdt_node node, const char *name,
                                  const char *string, uint32_t *out_index);

/* ---- addresses (reg.c) ---- */

/* A range of physical addresses as the CPU sees them. base + bytes - 1 does not overflow. */
struct fdt_range {
    uint64_t base;
    uint64_t bytes;
};

/* How many entries the node's `reg` has. */
zx_status_t fdt_node_reg_count(struct fdt_tree *tree, struct fdt_node node, uint32_t *out_count);

/*
 * Entry `index` of the node's `reg`, translated through the `ranges` of every bus above it: empty
 * means the same addresses, absent means that the CPU cannot reach it (ZX_ERR_NOT_SUPPORTED).
 * An entry of size 0 is returned as such.
 */
zx_status_t fdt_node_reg(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                         struct fdt_range *out_range);

/* The same without translation: what the node's bus sees. */
zx_status_t fdt_node_reg_bus(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                             struct fdt_range *out_range);

/* ---- interrupts (interrupt.c) ---- */

/* How a line signals; the values of the device tree's flag cell. */
enum fdt_trigger {
    FDT_TRIGGER_DEFAULT = 0, /* not said: leave the controller's setting */
    FDT_TRIGGER_EDGE_RISING = 1,
    FDT_TRIGGER_EDGE_FALLING = 2,
    FDT_TRIGGER_EDGE_BOTH = 3,
    FDT_TRIGGER_LEVEL_HIGH = 4,
    FDT_TRIGGER_LEVEL_LOW = 8,
};

/* An interrupt as its controller understands it. */
struct fdt_interrupt {
    struct fdt_node controller;
    uint32_t cell_count; /* 1..FDT_INTERRUPT_CELLS_MAX */
    uint32_t cells[FDT_INTERRUPT_CELLS_MAX];
};

/* A line of a GIC. */
struct fdt_irq {
    uint32_t intid;
    enum fdt_trigger trigger;
};

/* How many interrupts the node has, by interrupts-extended if present, else by interrupts. */
zx_status_t fdt_node_interrupt_count(struct fdt_tree *tree, struct fdt_node node,
                                     uint32_t *out_count);

/*
 * Interrupt `index` of the node and the controller it goes to, found through interrupts-extended or
 * the chain of interrupt parents. ZX_ERR_NOT_SUPPORTED for lines behind an interrupt-map.
 */
zx_status_t fdt_node_interrupt(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                               struct fdt_interrupt *out_interrupt);

/* Interrupt `index` of the node as a line of the GIC; ZX_ERR_NOT_SUPPORTED if it goes to another
 * kind of controller. */
zx_status_t fdt_node_irq(struct fdt_tree *tree, struct fdt_node node, uint32_t index,
                         struct fdt_irq *out_irq);

/* True if the node is an interrupt controller of the GIC family. */
bool fdt_node_is_gic(struct fdt_tree *tree, struct fdt_node node);
