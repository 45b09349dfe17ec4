// SPDX-License-Identifier: MIT
//
// Directory records, from the protocol's to those that readdir() reads. A block of records is
// checked as a whole when it arrives: a program that removes what it is told about must not be told
// about "../x".
//
// Callers hold the description's lock.

#include "fd_impl.h"
#include "fd_protocol.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

unsigned __fd_kind_to_mode(uint32_t kind)
{
    switch (kind) {
    case FILE_KIND_FILE: return S_IFREG;
    case FILE_KIND_DIRECTORY: return S_IFDIR;
    case FILE_KIND_TERMINAL:
    case FILE_KIND_DEVICE: return S_IFCHR;
    case FILE_KIND_SERVICE: return S_IFSOCK;
    default: return 0;
    }
}

size_t __fd_dirent_write(void *out, size_t room, uint64_t id, int64_t next, unsigned type,
                         const void *name, size_t name_size)
{
    struct dirent *entry = out;
    size_t size = (offsetof(struct dirent, d_name) + name_size + 1 + 7) & ~(size_t)7;

    if (size > room) {
        return 0;
    }
    entry->d_ino = id;
    entry->d_off = next;
    entry->d_reclen = (unsigned short)size;
    entry->d_type = (unsigned char)type;
    memcpy(entry->d_name, name, name_size);
    memset(entry->d_name + name_size, 0, size - offsetof(struct dirent, d_name) - name_size);
    return size;
}

// True for what can be a name in a directory. `.` and `..` are not sent.
static bool is_name(const uint8_t *name, size_t size)
{
    return memchr(name, '/', size) == NULL && memchr(name, '\0', size) == NULL &&
           !(name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.')));
}

// Size of the record at `bytes`, of which there are `size`; 0: it is none.
static size_t record_check(const uint8_t *bytes, size_t size, struct file_record *out)
{
    size_t whole;

    if (size < sizeof(*out)) {
        return 0;
    }
    memcpy(out, bytes, sizeof(*out));
    if (out->name_size == 0 || out->name_size > FILE_MAX_NAME) {
        return 0;
    }
    whole = (sizeof(*out) + out->name_size + 7) & ~(size_t)7;
    if (whole > size || !is_name(bytes + sizeof(*out), out->name_size)) {
        return 0;
    }
    return whole;
}

// Fetches the next block. The number of its bytes, 0 at the end, or -errno.
static long fetch(struct description *d, struct listing *listing)
{
    struct file_record record;
    size_t size = 0;
    zx_status_t status;

    if (listing->records == NULL) {
        listing->records = malloc(FILE_MAX_DATA);
        if (listing->records == NULL) {
            return -ENOMEM;
        }
    }
    listing->at = listing->size = 0;
    status = file_read_directory(d->handle, __fd_server_deadline(), listing->records, FILE_MAX_DATA,
                                 &size);
    if (status != ZX_OK || size > FILE_MAX_DATA) {
        if (listing->index == 0) { // not a directory, perhaps: forget that anybody asked
            free(listing->records);
            listing->records = NULL;
        }
        if (status == ZX_ERR_NOT_SUPPORTED || status == ZX_ERR_NOT_FILE) {
            return -ENOTDIR;
        }
        return status != ZX_OK ? __fd_error(status) : -EIO;
    }
    for (size_t at = 0, step; at < size; at += step) {
        step = record_check(listing->records + at, size - at, &record);
        if (step == 0) {
            return -EIO;
        }
    }
    listing->size = size;
    return (long)size;
}

long __fd_listing_read(struct description *d, struct listing *listing, void *entries, size_t size)
{
    size_t filled = 0;

    if (listing->at == listing->size) {
        long result = fetch(d, listing);

        if (result <= 0) {
            return result;
        }
    }
    while (listing->at < listing->size) {
        const uint8_t *bytes = listing->records + listing->at;
        struct file_record record;
        size_t step = record_check(bytes, listing->size - listing->at, &record);
        size_t put = __fd_dirent_write((char *)entries + filled, size - filled, record.id,
                                       listing->index + 1, __fd_kind_to_mode(record.kind) >> 12,
                                       bytes + sizeof(record), record.name_size);

        if (put == 0) {
            return filled > 0 ? (long)filled : -EINVAL;
        }
        filled += put;
        listing->at += step;
        listing->index++;
    }
    return (long)filled;
}

// Moves on to entry `index`.
static long skip_to(struct description *d, struct listing *listing, int64_t index)
{
    while (listing->index < index) {
        struct file_record record;

        if (listing->at == listing->size) {
            long result = fetch(d, listing);

            if (result <= 0) {
                return result;
            }
        }
        listing->at +=
            record_check(listing->records + listing->at, listing->size - listing->at, &record);
        listing->index++;
    }
    return 0;
}

long __fd_listing_seek(struct description *d, struct listing *listing, int64_t offset, int whence)
{
    uint64_t position;
    zx_status_t status;
    long result;

    if (whence == SEEK_CUR && offset == 0) {
        return listing->index;
    }
    if (whence != SEEK_SET || offset < 0) {
        return -EINVAL;
    }
    status = file_seek(d->handle, __fd_server_deadline(), 0, FILE_SEEK_START, &position);
    if (status != ZX_OK) {
        return __fd_error(status);
    }
    listing->at = listing->size = 0;
    listing->index = 0;
    result = skip_to(d, listing, offset);
    return result < 0 ? result : listing->index;
}
