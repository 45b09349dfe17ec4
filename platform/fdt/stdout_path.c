// SPDX-License-Identifier: MIT
/*
 * The console that /chosen names: the part of the search for it (stdout.c) that programs use as well.
 *
 * Interface: fdt_stdout_chosen (<fdt/boot.h>).  Locks: none.
 * Invariant: a node found here is enabled.
 */
#include <fdt/boot.h>

#include <string.h>

#include "priv.h"

struct fdt_text fdt_text_split(struct fdt_text *text, char separator)
{
    const char *found = memchr(text->start, separator, text->bytes);
    struct fdt_text head = {
        .start = text->start,
        .bytes = found != NULL ? (size_t)(found - text->start) : text->bytes,
    };
    size_t skip = found != NULL ? head.bytes + 1 : head.bytes;
    text->start += skip;
    text->bytes -= skip;
    return head;
}

struct fdt_node fdt_node_named(struct fdt_tree *tree, struct fdt_text name)
{
    if (name.bytes != 0 && name.start[0] == '/') {
        return fdt_node_by_path_bytes(tree, name.start, name.bytes);
    }
    return fdt_node_by_alias_bytes(tree, name.start, name.bytes);
}

zx_status_t fdt_stdout_chosen(struct fdt_tree *tree, struct fdt_stdout *out)
{
    struct fdt_node chosen = fdt_node_by_path(tree, "/chosen");
    const char *property = "stdout-path";
    const char *value = NULL;
    zx_status_t status = fdt_prop_string(tree, chosen, property, &value);
    if (status == ZX_ERR_NOT_FOUND) {
        property = "linux,stdout-path"; /* its name before ePAPR */
        status = fdt_prop_string(tree, chosen, property, &value);
    }
    if (status != ZX_OK) {
        return status;
    }
    struct fdt_text options = {.start = value, .bytes = strlen(value)};
    struct fdt_node node = fdt_node_named(tree, fdt_text_split(&options, ':'));
    if (!fdt_node_valid(node)) {
        fdt_report(tree, chosen, property, "leads to no node");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (!fdt_node_enabled(tree, node)) {
        fdt_report(tree, chosen, property, "leads to a disabled node");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out = (struct fdt_stdout){
        .node = node,
        .source = FDT_STDOUT_CHOSEN,
        .options = options.start,
        .options_bytes = (uint32_t)options.bytes,
    };
    return ZX_OK;
}
