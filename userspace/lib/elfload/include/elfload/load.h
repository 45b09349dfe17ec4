// SPDX-License-Identifier: MIT
//
// Mapping an ELF program, or the vDSO, from a VMO into an address space.

#ifndef ELFLOAD_LOAD_H
#define ELFLOAD_LOAD_H

#include <stdint.h>

#include <elfload/parse.h>
#include <zircon/types.h>

// Where a loaded program is.
struct elfload_loaded {
    zx_vaddr_t base;    // address of the first page of the first segment
    zx_vaddr_t entry;   // 0 if the file's entry is 0
    zx_handle_t region; // the VMAR around the segments; the caller's to close or to hand on
};

// Reads and judges the headers of the ELF file in `file` (needs READ).
// ELFLOAD_BAD_FORMAT: not a program that can be loaded; others: from vmo_read or vmo_get_size.
// On any failure *out_reason is a few words saying what was wrong.
zx_status_t elfload_read(zx_handle_t file, struct elfload_image *out, const char **out_reason);

// Reads the name of the dynamic linker of an image that has one, NUL-terminated. Errors as above.
zx_status_t elfload_read_interpreter(zx_handle_t file, const struct elfload_image *image,
                                     char name[ELFLOAD_MAX_INTERPRETER], const char **out_reason);

// Maps the segments of `image` into a new region of `vmar`, anywhere. `file` (READ, MAP, and
// EXECUTE for code) is the VMO the image was read from; it stays the caller's. Segments that cannot
// be written are mapped from the file itself, the others from private copies. On failure nothing
// stays mapped and *out_reason says what could not be done.
zx_status_t elfload_map(zx_handle_t vmar, zx_handle_t file, const struct elfload_image *image,
                        struct elfload_loaded *out, const char **out_reason);

#endif
