// SPDX-License-Identifier: MIT
//
// Reader for cpio archives of the "newc" kind (magic 070701, and 070702 with checksums, which are
// not verified). The archive is a bounded range of memory; nothing is allocated and nothing is
// copied: entries point into the archive. Any bytes may be given: the reader never looks outside
// [base, base + size).

#ifndef CPIO_CPIO_H
#define CPIO_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zircon/types.h>

// Longest accepted entry name, with its NUL. Longer ones mark the archive as corrupt.
#define CPIO_NAME_MAX 1024u

// An iteration over an archive. All fields are private but `skipped`.
struct cpio {
    const uint8_t *base;
    size_t size;
    size_t position;  // where the next header starts
    uint32_t skipped; // entries passed over because their name has a `..` component
};

// One entry. Pointers lead into the archive and are good as long as it is.
struct cpio_entry {
    const char *name; // NUL-terminated, leading `./` and `/` removed, never empty
    const uint8_t *data;
    size_t size;   // bytes of data
    uint32_t mode; // file type and permissions as in the archive
};

// What a range of memory starts with, so that a refusal can say more than "no".
enum cpio_kind {
    CPIO_KIND_NEWC,
    CPIO_KIND_EMPTY,      // no bytes, or nothing but zeros where the first header should be
    CPIO_KIND_COMPRESSED, // gzip, xz, zstd or lz4
    CPIO_KIND_OTHER_CPIO, // a cpio format other than newc
    CPIO_KIND_UNKNOWN,
};

// Says what the range starts with. Looks at its first bytes only.
enum cpio_kind cpio_identify(const void *base, size_t size);

// Starts an iteration. `base` may be NULL if size is 0.
void cpio_init(struct cpio *archive, const void *base, size_t size);

// Steps to the next entry.
// ZX_OK: *out_entry is filled in.
// ZX_ERR_STOP: the end mark was reached.
// ZX_ERR_IO_DATA_LOSS: the archive is cut short (an entry, or the end mark, is missing).
// ZX_ERR_IO_DATA_INTEGRITY: what should be a header is not one, or a name is malformed.
// After any status but ZX_OK, further calls give the same status.
zx_status_t cpio_next(struct cpio *archive, struct cpio_entry *out_entry);

// Finds the regular file called `path` (relative, no leading `/`).
// ZX_OK: *out_entry is filled in; the first entry of that name wins.
// ZX_ERR_INVALID_ARGS: `path` is empty, absolute or has a `..` component.
// ZX_ERR_NOT_FILE: the entry exists and is not a regular file.
// ZX_ERR_NOT_FOUND: the archive is whole and has no such entry.
// Others: as cpio_next(), when the archive ends badly before the entry was found.
zx_status_t cpio_find(const void *base, size_t size, const char *path,
                      struct cpio_entry *out_entry);

// True if the entry is a regular file.
static inline bool cpio_entry_is_file(const struct cpio_entry *entry)
{
    return (entry->mode & 0170000u) == 0100000u;
}

#endif
