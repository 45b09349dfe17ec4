// SPDX-License-Identifier: MIT
//
// What dd and fdisk read and write: a file, or a block device. One thread; no locks.

#ifndef COMMANDS_MEDIUM_H
#define COMMANDS_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <block/block.h>

#define MEDIUM_MOST BLOCK_MAX_BUFFER_BYTES // bytes of one read or write

struct medium {
    const char *path;
    int fd;                     // -1: a device
    struct block_device device; // if it is one
    uint64_t at;                // the next byte of a device
};

// Opens what is at a path; a path below /svc is a block device. NULL: standard input, or with
// `write` standard output. `most` is the most bytes of one read or write. Complains and returns
// false if that does not work.
bool medium_open(struct medium *medium, const char *path, bool write, bool truncate, size_t most);

// Closes it. False, with a complaint: what was written may not be there.
bool medium_close(struct medium *medium);

// Moves on by a number of bytes, from the beginning. A pipe is read for that.
bool medium_skip(struct medium *medium, uint64_t bytes);

// Reads at most `size` bytes; *out: how many, 0 at the end. Of a device whole blocks only.
bool medium_read(struct medium *medium, void *data, size_t size, size_t *out);

// Writes all of it.
bool medium_write(struct medium *medium, const void *data, size_t size);

// Makes what was written last.
bool medium_sync(struct medium *medium);

// Bytes of a file or a device; 0: not known.
uint64_t medium_size(struct medium *medium);

#endif
