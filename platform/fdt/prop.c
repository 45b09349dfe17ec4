// SPDX-License-Identifier: MIT
/*
 * Properties: bounded reads of bytes, cells, numbers and string lists.
 *
 * Interface: the "properties" part of <fdt/fdt.h>.  Locks: none.
 * Invariants:
 *   P1  no byte beyond the property's own length is read, whatever the reader expected;
 *   P2  a string handed out has its NUL inside the property.
 */
#include <fdt/fdt.h>

#include <string.h>

#include "priv.h"

/* The property's bytes and length, NULL if it is absent. */
static const void *find_prop(struct fdt_tree *tree, struct fdt_node node, const char *name,
                             int *out_length)
{
    const void *bytes = NULL;
    if (!fdt_node_valid(node)) {
        return NULL;
    }
    if (tree->index != NULL && fdt_index_prop(tree, node.offset, name, &bytes, out_length)) {
        return bytes;
    }
    return fdt_getprop(tree->blob, node.offset, name, out_length);
}

bool fdt_prop_exists(struct fdt_tree *tree, struct fdt_node node, const char *name)
{
    int length = 0;
    return find_prop(tree, node, name, &length) != NULL;
}

zx_status_t fdt_prop_bytes(struct fdt_tree *tree, struct fdt_node node, const char *name,
                           const uint8_t **out_bytes, uint32_t *out_count)
{
    int length = 0;
    const void *bytes = find_prop(tree, node, name, &length);
    if (bytes == NULL || length < 0) {
        return ZX_ERR_NOT_FOUND;
    }
    *out_bytes = bytes;
    *out_count = (uint32_t)length;
    return ZX_OK;
}

/* The property as whole cells. */
static zx_status_t prop_cells(struct fdt_tree *tree, struct fdt_node node, const char *name,
                              const uint8_t **out_bytes, uint32_t *out_count)
{
    uint32_t bytes = 0;
    zx_status_t status = fdt_prop_bytes(tree, node, name, out_bytes, &bytes);
    if (status != ZX_OK) {
        return status;
    }
    if (bytes % 4 != 0) {
        fdt_report(tree, node, name, "not a whole number of cells");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_count = bytes / 4;
    return ZX_OK;
}

zx_status_t fdt_prop_cell_count(struct fdt_tree *tree, struct fdt_node node, const char *name,
                                uint32_t *out_count)
{
    const uint8_t *bytes = NULL;
    return prop_cells(tree, node, name, &bytes, out_count);
}

zx_status_t fdt_prop_cell(struct fdt_tree *tree, struct fdt_node node, const char *name,
                          uint32_t index, uint32_t *out_value)
{
    const uint8_t *bytes = NULL;
    uint32_t count = 0;
    zx_status_t status = prop_cells(tree, node, name, &bytes, &count);
    if (status != ZX_OK) {
        return status;
    }
    if (index >= count) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    *out_value = fdt_cell_at(bytes + 4 * (size_t)index);
    return ZX_OK;
}

zx_status_t fdt_prop_u32(struct fdt_tree *tree, struct fdt_node node, const char *name,
                         uint32_t *out_value)
{
    const uint8_t *bytes = NULL;
    uint32_t count = 0;
    zx_status_t status = fdt_prop_bytes(tree, node, name, &bytes, &count);
    if (status != ZX_OK) {
        return status;
    }
    if (count != 4) {
        fdt_report(tree, node, name, "not one cell");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_value = fdt_cell_at(bytes);
    return ZX_OK;
}

zx_status_t fdt_prop_number(struct fdt_tree *tree, struct fdt_node node, const char *name,
                            uint64_t *out_value)
{
    const uint8_t *bytes = NULL;
    uint32_t count = 0;
    zx_status_t status = fdt_prop_bytes(tree, node, name, &bytes, &count);
    if (status != ZX_OK) {
        return status;
    }
    if (count != 4 && count != 8) {
        fdt_report(tree, node, name, "neither 4 nor 8 bytes long");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    *out_value = fdt_number_at(bytes, count / 4);
    return ZX_OK;
}

uint32_t fdt_prop_u32_or(struct fdt_tree *tree, struct fdt_node node, const char *name,
                         uint32_t absent)
{
    uint32_t value = absent;
    (void)fdt_prop_u32(tree, node, name, &value); /* leaves the default on any failure */
    return value;
}

zx_status_t fdt_prop_string_at(struct fdt_tree *tree, struct fdt_node node, const char *name,
                               uint32_t index, const char **out_string)
{
    const uint8_t *bytes = NULL;
    uint32_t count = 0;
    zx_status_t status = fdt_prop_bytes(tree, node, name, &bytes, &count);
    if (status != ZX_OK) {
        return status;
    }
    if (count == 0 || bytes[count - 1] != '\0') {
        fdt_report(tree, node, name, count == 0 ? "no string" : "a string without its end");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    const char *string = (const char *)bytes;
    const char *end = string + count;
    while (index > 0 && string < end) {
        string += strlen(string) + 1; /* the last byte is NUL: strlen stays inside */
        index--;
    }
    if (string >= end) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    *out_string = string;
    return ZX_OK;
}

zx_status_t fdt_prop_string(struct fdt_tree *tree, struct fdt_node node, const char *name,
                            const char **out_string)
{
    return fdt_prop_string_at(tree, node, name, 0, out_string);
}

zx_status_t fdt_prop_string_index(struct fdt_tree *tree, struct fdt_node node, const char *name,
                                  const char *string, uint32_t *out_index)
{
    const char *candidate = NULL;
    zx_status_t status = fdt_prop_string(tree, node, name, &candidate);
    if (status != ZX_OK) {
        return status;
    }
    const uint8_t *bytes = NULL;
    uint32_t count = 0;
    (void)fdt_prop_bytes(tree, node, name, &bytes, &count); /* it exists: read just above */
    const char *end = (const char *)bytes + count;
    for (uint32_t index = 0; candidate < end; index++) {
        if (strcmp(candidate, string) == 0) {
            *out_index = index;
            return ZX_OK;
        }
        candidate += strlen(candidate) + 1;
    }
    return ZX_ERR_NOT_FOUND;
}
