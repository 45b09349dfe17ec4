// SPDX-License-Identifier: MIT
// lsdt: walks the device tree that the machine was started with. -p: with properties. PATH: only that
// node and what is below it.

#include "command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libfdt.h>
#include <protocol/system.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "system.h"

// Maps the tree and checks it. Complains and returns NULL if that does not work.
static const void *map_tree(void)
{
    zx_handle_t channel = system_connect("system"), vmo;
    zx_vaddr_t address;
    uint64_t size;

    if (channel == ZX_HANDLE_INVALID)
        return NULL;
    zx_status_t status =
        system_device_tree(channel, zx_deadline_after(SYSTEM_TIMEOUT), &vmo, &size);
    zx_handle_close(channel);
    if (status != ZX_OK) {
        system_complain("device tree", status);
        return NULL;
    }
    status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, size, &address);
    zx_handle_close(vmo);
    if (status != ZX_OK) {
        system_complain("device tree", status);
        return NULL;
    }
    int error = fdt_check_full((const void *)address, size);
    if (error != 0) {
        command_complain("device tree: %s", fdt_strerror(error));
        return NULL;
    }
    return (const void *)address;
}

// True if the value is one or several strings that can be printed.
static bool is_text(const char *value, int size)
{
    bool in_string = false;

    if (size <= 0 || value[size - 1] != '\0')
        return false;
    for (int i = 0; i < size; i++) {
        if (value[i] == '\0') {
            if (!in_string)
                return false; // an empty string: a number rather
            in_string = false;
        } else {
            if (!isprint((unsigned char)value[i]))
                return false;
            in_string = true;
        }
    }
    return true;
}

static void print_value(const char *value, int size)
{
    if (is_text(value, size)) {
        const char *between = "";

        for (int at = 0; at < size; at += (int)strlen(value + at) + 1) {
            printf("%s\"%s\"", between, value + at);
            between = ", ";
        }
        return;
    }
    bool cells = size % 4 == 0;
    putchar(cells ? '<' : '[');
    for (int at = 0; at < size; at += cells ? 4 : 1) {
        const unsigned char *byte = (const unsigned char *)value + at;

        if (cells)
            printf("%s0x%x", at != 0 ? " " : "",
                   (unsigned)byte[0] << 24 | (unsigned)byte[1] << 16 | (unsigned)byte[2] << 8 |
                       byte[3]);
        else
            printf("%s%02x", at != 0 ? " " : "", byte[0]);
    }
    putchar(cells ? '>' : ']');
}

static void print_properties(const void *tree, int node, int indent)
{
    int property;

    fdt_for_each_property_offset(property, tree, node) {
        const char *name;
        int size;
        const char *value = fdt_getprop_by_offset(tree, property, &name, &size);

        if (value == NULL)
            continue;
        printf("%*s%s", indent, "", name);
        if (size != 0) {
            fputs(" = ", stdout);
            print_value(value, size);
        }
        putchar('\n');
    }
}

// The first of the `compatible` strings and what `status` says if it is not "okay".
static void print_summary(const void *tree, int node)
{
    const char *compatible = fdt_stringlist_get(tree, node, "compatible", 0, NULL);
    const char *state = fdt_stringlist_get(tree, node, "status", 0, NULL);

    if (compatible != NULL)
        printf("  (%s)", compatible);
    if (state != NULL && strcmp(state, "okay") != 0)
        printf("  [%s]", state);
}

static void print_nodes(const void *tree, int start, bool properties)
{
    int depth = 0;

    // fdt_next_node() counts the depth up and down; below the start's it has left the subtree.
    for (int node = start; node >= 0; node = fdt_next_node(tree, node, &depth)) {
        if (depth < 0 || (depth == 0 && node != start))
            break;
        const char *name = fdt_get_name(tree, node, NULL);

        printf("%*s%s", depth * 2, "", name != NULL && *name != '\0' ? name : "/");
        if (!properties)
            print_summary(tree, node);
        putchar('\n');
        if (properties)
            print_properties(tree, node, depth * 2 + 4);
        if (ferror(stdout))
            break;
    }
}

int main(int argc, char **argv)
{
    bool properties = false;
    int option;

    command_start(argv, "[-p] [PATH]");
    while ((option = getopt(argc, argv, "p")) != -1) {
        if (option == '?')
            return command_usage();
        properties = true;
    }
    if (argc - optind > 1)
        return command_usage();
    const void *tree = map_tree();
    if (tree == NULL)
        return command_end();
    const char *path = optind < argc ? argv[optind] : "/";
    int start = fdt_path_offset(tree, path);
    if (start < 0)
        command_complain("%s: %s", path, fdt_strerror(start));
    else
        print_nodes(tree, start, properties);
    return command_end();
}
