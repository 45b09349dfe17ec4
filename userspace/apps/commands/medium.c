// SPDX-License-Identifier: MIT
//
// Files and block devices, read and written alike; the interface is in medium.h.

#include "medium.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zircon/errors.h>

#include "command.h"
#include "system.h"

#define DEVICES "/svc/"
#define PAGE    4096u

static bool is_device(const char *path)
{
    return strncmp(path, DEVICES, strlen(DEVICES)) == 0;
}

// A device's status; complains about a failure.
static bool good(const struct medium *medium, zx_status_t status)
{
    if (status != ZX_OK)
        system_complain(medium->path, status);
    return status == ZX_OK;
}

bool medium_open(struct medium *medium, const char *path, bool write, bool truncate, size_t most)
{
    int flags = write ? O_WRONLY | O_CREAT | (truncate ? O_TRUNC : 0) : O_RDONLY;

    *medium = (struct medium){.path = path, .fd = -1};
    if (path == NULL) {
        medium->path = write ? "standard output" : "standard input";
        medium->fd = write ? STDOUT_FILENO : STDIN_FILENO;
        return true;
    }
    if (is_device(path))
        return good(medium,
                    block_open(path, (most + PAGE - 1) & ~(size_t)(PAGE - 1), &medium->device));
    medium->fd = open(path, flags, 0666);
    if (medium->fd < 0)
        command_error(path);
    return medium->fd >= 0;
}

bool medium_close(struct medium *medium)
{
    if (medium->fd < 0) {
        block_close(&medium->device);
        return true;
    }
    if (medium->fd > STDERR_FILENO && close(medium->fd) != 0) {
        command_error(medium->path);
        return false;
    }
    return true;
}

bool medium_skip(struct medium *medium, uint64_t bytes)
{
    char piece[PAGE];

    medium->at = bytes;
    if (medium->fd < 0 || bytes == 0)
        return true;
    if (lseek(medium->fd, (off_t)bytes, SEEK_SET) >= 0)
        return true;
    for (size_t size = 1; bytes != 0 && size != 0; bytes -= size) {
        if (!medium_read(medium, piece, bytes < sizeof(piece) ? bytes : sizeof(piece), &size))
            return false;
    }
    return true;
}

// The blocks of a transfer of a device; complains about what is not whole blocks.
static bool to_blocks(const struct medium *medium, size_t size, uint64_t *out_block,
                      uint32_t *out_count)
{
    uint32_t block_size = medium->device.info.block_size;

    if (medium->at % block_size != 0 || size % block_size != 0 || size > medium->device.size) {
        command_complain("%s: not whole blocks of %u bytes", medium->path, block_size);
        return false;
    }
    *out_block = medium->at / block_size;
    *out_count = (uint32_t)(size / block_size);
    return true;
}

static bool read_device(struct medium *medium, void *data, size_t size, size_t *out)
{
    uint64_t end = medium_size(medium), block;
    uint32_t count;

    *out = 0;
    if (medium->at >= end)
        return true;
    size = size < end - medium->at ? size : (size_t)(end - medium->at);
    if (!to_blocks(medium, size, &block, &count) ||
        !good(medium, block_transfer(&medium->device, false, block, count)))
        return false;
    memcpy(data, medium->device.data, size);
    medium->at += size;
    *out = size;
    return true;
}

bool medium_read(struct medium *medium, void *data, size_t size, size_t *out)
{
    if (medium->fd < 0)
        return read_device(medium, data, size, out);
    ssize_t got = read(medium->fd, data, size);

    if (got < 0) {
        command_error(medium->path);
        return false;
    }
    *out = (size_t)got;
    return true;
}

bool medium_write(struct medium *medium, const void *data, size_t size)
{
    uint64_t block;
    uint32_t count;

    if (medium->fd >= 0) {
        if (command_write(medium->fd, data, size))
            return true;
        command_error(medium->path);
        return false;
    }
    if (!to_blocks(medium, size, &block, &count))
        return false;
    memcpy(medium->device.data, data, size);
    medium->at += size;
    return good(medium, block_transfer(&medium->device, true, block, count));
}

bool medium_sync(struct medium *medium)
{
    if (medium->fd < 0)
        return good(medium, block_sync(&medium->device));
    if (fsync(medium->fd) == 0)
        return true;
    command_error(medium->path);
    return false;
}

uint64_t medium_size(struct medium *medium)
{
    struct stat status;

    if (medium->fd < 0)
        return medium->device.info.block_count * medium->device.info.block_size;
    return fstat(medium->fd, &status) == 0 ? (uint64_t)status.st_size : 0;
}
