// SPDX-License-Identifier: MIT
// Symbols of an image without a table: the host's tests. Interface: debug/ksyms.h.

#include <debug/ksyms.h>

#include <hal/types.h>

bool ksyms_lookup(uintptr_t image_offset UNUSED, const char **name UNUSED, uintptr_t *offset UNUSED)
{
    return false;
}
