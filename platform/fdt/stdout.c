// SPDX-License-Identifier: MIT
/*
 * Which UART is the console. In this order: /chosen/stdout-path; console= on the command line; the
 * alias serial0; the first enabled UART that a driver claims. A vendor's tree for the Pi deletes
 * stdout-path and swaps the aliases, so that each of the four is somebody's only way.
 *
 * The first of these is in stdout_path.c. Interface: fdt_stdout_find (<fdt/boot.h>).  Locks: none.
 * Invariant S1: a node found here is enabled.
 */
#include <fdt/boot.h>
#include <fdt/driver.h>

#include <string.h>

#include "priv.h"

/* Cuts `prefix` off the text if it begins with it. */
static bool text_skip(struct fdt_text *text, const char *prefix)
{
    size_t bytes = strlen(prefix);
    if (text->bytes < bytes || memcmp(text->start, prefix, bytes) != 0) {
        return false;
    }
    text->start += bytes;
    text->bytes -= bytes;
    return true;
}

static bool is_enabled_uart(struct fdt_tree *tree, struct fdt_node node)
{
    return fdt_node_valid(node) && fdt_node_enabled(tree, node) &&
           fdt_driver_for_node(tree, node, FDT_DRIVER_UART) != NULL;
}

/* Linux names terminals by driver: ttyAMA is a PL011, ttyS is any other. */
static bool is_pl011(struct fdt_tree *tree, struct fdt_node node)
{
    return fdt_node_compatible(tree, node, "arm,pl011");
}

/* The enabled UART number `index` in tree order among those that are PL011s, or are not. */
static struct fdt_node uart_by_index(struct fdt_tree *tree, bool pl011, uint32_t index)
{
    struct fdt_walk walk;
    struct fdt_node node;
    fdt_walk_start(&walk);
    while (fdt_node_valid(node = fdt_walk_next(tree, &walk))) {
        if (fdt_driver_for_node(tree, node, FDT_DRIVER_UART) != NULL &&
            is_pl011(tree, node) == pl011 && index-- == 0) {
            return node;
        }
    }
    return FDT_NODE_NONE;
}

/*
 * The UART that Linux would call ttyAMA<digits> or ttyS<digits>: the one whose alias is
 * serial<digits> if it is of that kind, else by its place in the tree.
 */
static struct fdt_node uart_by_digits(struct fdt_tree *tree, bool pl011, struct fdt_text digits)
{
    char alias[sizeof("serial") + 2] = "serial";
    uint32_t index = 0;
    if (digits.bytes == 0 || digits.bytes > 2) {
        return FDT_NODE_NONE;
    }
    for (size_t i = 0; i < digits.bytes; i++) {
        if (digits.start[i] < '0' || digits.start[i] > '9') {
            return FDT_NODE_NONE;
        }
        index = index * 10 + (uint32_t)(digits.start[i] - '0');
        alias[sizeof("serial") - 1 + i] = digits.start[i];
    }
    struct fdt_node node =
        fdt_node_by_alias_bytes(tree, alias, sizeof("serial") - 1 + digits.bytes);
    if (is_enabled_uart(tree, node) && is_pl011(tree, node) == pl011) {
        return node;
    }
    return uart_by_index(tree, pl011, index);
}

/* The UART that the value of console= names, without its options. */
static struct fdt_node uart_by_console(struct fdt_tree *tree, struct fdt_text name)
{
    if (text_skip(&name, "ttyAMA")) {
        return uart_by_digits(tree, true, name);
    }
    if (text_skip(&name, "ttyS")) {
        return uart_by_digits(tree, false, name);
    }
    struct fdt_node node = fdt_node_named(tree, name);
    return is_enabled_uart(tree, node) ? node : FDT_NODE_NONE;
}

/* The last console= that names a UART we have; others (tty1 ...) are for somebody else. */
static bool stdout_from_bootargs(struct fdt_tree *tree, struct fdt_stdout *out)
{
    const char *arguments = fdt_bootargs(tree);
    struct fdt_text rest = {.start = arguments, .bytes = strlen(arguments)};
    bool found = false;
    while (rest.bytes != 0) {
        struct fdt_text word = fdt_text_split(&rest, ' ');
        if (!text_skip(&word, "console=")) {
            continue;
        }
        struct fdt_node node = uart_by_console(tree, fdt_text_split(&word, ','));
        if (fdt_node_valid(node)) {
            *out = (struct fdt_stdout){
                .node = node,
                .source = FDT_STDOUT_BOOTARGS,
                .options = word.start,
                .options_bytes = (uint32_t)word.bytes,
            };
            found = true;
        }
    }
    return found;
}

zx_status_t fdt_stdout_find(struct fdt_tree *tree, struct fdt_stdout *out)
{
    if (fdt_stdout_chosen(tree, out) == ZX_OK) {
        if (fdt_driver_for_node(tree, out->node, FDT_DRIVER_UART) != NULL) {
            return ZX_OK;
        }
        fdt_report(tree, out->node, NULL, "stdout-path leads here, but there is no driver for it");
    }
    if (stdout_from_bootargs(tree, out)) {
        return ZX_OK;
    }
    *out = (struct fdt_stdout){
        .node = fdt_node_by_alias(tree, "serial0"),
        .source = FDT_STDOUT_SERIAL0,
        .options = "",
    };
    if (is_enabled_uart(tree, out->node)) {
        return ZX_OK;
    }
    out->source = FDT_STDOUT_FIRST;
    struct fdt_walk walk;
    fdt_walk_start(&walk);
    do {
        out->node = fdt_walk_next(tree, &walk);
        if (is_enabled_uart(tree, out->node)) {
            return ZX_OK;
        }
    } while (fdt_node_valid(out->node));
    fdt_report(tree, FDT_NODE_NONE, NULL, "no console: no UART with a driver");
    return ZX_ERR_NOT_FOUND;
}
