// SPDX-License-Identifier: MIT
// The symbol table in the image: looks up the function at an address.
//
// Interface: debug/ksyms.h. Locks: none; everything here is constant.
//
// scripts/symtab writes the table between ksyms_start and ksyms_end (section .ksyms), all words
// little endian:
//
//   struct ksyms_header
//   uint32_t address[count + 1]   first byte of each function from the image's first one, rising;
//                                 the last one is the end of the text
//   uint32_t name[count]          where each name begins in the text below
//   char     text[name_bytes]     the names, each with its NUL
//
// Invariant: nothing in the table is trusted further than its bounds are checked, since a panic that
// faults in its own report says nothing at all.

#include <debug/ksyms.h>

#define KSYMS_MAGIC 0x314d5953u // "SYM1"

struct ksyms_header {
    uint32_t magic;
    uint32_t count;      // functions
    uint32_t name_bytes; // size of the names
    uint32_t reserved;
};

extern const char ksyms_start[];
extern const char ksyms_end[];

// The table's parts, once its header has been found sound.
struct ksyms_view {
    uint32_t count;
    uint32_t name_bytes;
    const uint32_t *address;
    const uint32_t *name;
    const char *text;
};

static bool ksyms_open(struct ksyms_view *view)
{
    uintptr_t size = (uintptr_t)ksyms_end - (uintptr_t)ksyms_start;
    const struct ksyms_header *header = (const struct ksyms_header *)(const void *)ksyms_start;

    if (size < sizeof(*header) || header->magic != KSYMS_MAGIC || header->count == 0)
        return false;
    // In 64 bits, so that no count can wrap the sum.
    uint64_t words = 2 * (uint64_t)header->count + 1;
    uint64_t need = sizeof(*header) + words * sizeof(uint32_t) + header->name_bytes;
    if (need > size || header->name_bytes == 0)
        return false;

    view->count = header->count;
    view->name_bytes = header->name_bytes;
    view->address = (const uint32_t *)(const void *)(header + 1);
    view->name = view->address + view->count + 1;
    view->text = (const char *)(view->name + view->count);
    // With the last byte a NUL, every name that begins inside also ends inside.
    return view->text[view->name_bytes - 1] == '\0';
}

bool ksyms_lookup(uintptr_t image_offset, const char **name, uintptr_t *offset)
{
    struct ksyms_view view;

    if (!ksyms_open(&view))
        return false;
    if (image_offset < view.address[0] || image_offset >= view.address[view.count])
        return false;

    // The last function that begins at or before the address: address[low] <= it < address[high].
    uint32_t low = 0;
    uint32_t high = view.count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (view.address[middle] <= image_offset)
            low = middle;
        else
            high = middle;
    }
    if (view.name[low] >= view.name_bytes)
        return false;
    *name = view.text + view.name[low];
    *offset = image_offset - view.address[low];
    return true;
}
