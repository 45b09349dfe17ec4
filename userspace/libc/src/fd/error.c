// SPDX-License-Identifier: MIT
//
// From statuses to errno, where more is known than the general mapping (__zx_errno) can know: who
// answered, and what was asked.

#include "fd_impl.h"

#include <errno.h>
#include <zircon/syscalls.h>

long __fd_error(zx_status_t status)
{
    switch (status) {
    case ZX_OK: return 0;
    case ZX_ERR_NOT_FOUND: return -ENOENT;
    case ZX_ERR_ALREADY_EXISTS: return -EEXIST;
    case ZX_ERR_NOT_DIR: return -ENOTDIR;
    case ZX_ERR_NOT_FILE: return -EISDIR;
    case ZX_ERR_NOT_EMPTY: return -ENOTEMPTY;
    case ZX_ERR_BAD_PATH: return -ENAMETOOLONG;
    case ZX_ERR_NO_SPACE: return -ENOSPC;
    case ZX_ERR_FILE_BIG: return -EFBIG;
    case ZX_ERR_ACCESS_DENIED: return -EACCES;
    case ZX_ERR_BAD_HANDLE: return -EBADF;
    case ZX_ERR_NOT_SUPPORTED: return -ENOTSUP;
    case ZX_ERR_IO_REFUSED: return -EROFS;
    case ZX_ERR_INVALID_ARGS: return -EINVAL;
    case ZX_ERR_OUT_OF_RANGE: return -EINVAL;
    case ZX_ERR_UNAVAILABLE: return -EBUSY;
    case ZX_ERR_BAD_STATE: return -EBUSY;
    case ZX_ERR_SHOULD_WAIT: return -EAGAIN;
    case ZX_ERR_NO_RESOURCES: return -ENFILE;
    case ZX_ERR_NO_MEMORY: return -ENOMEM;
    case ZX_ERR_TIMED_OUT: return -ETIMEDOUT;
    case ZX_ERR_CANCELED: return -EINTR;
    case ZX_ERR_IO_NOT_PRESENT: return -ENXIO;
    // The server is gone, or says what the protocol does not know.
    default: return -EIO;
    }
}

long __fd_kernel_error(zx_status_t status)
{
    switch (status) {
    case ZX_OK: return 0;
    case ZX_ERR_NO_MEMORY: return -ENOMEM;
    case ZX_ERR_NO_RESOURCES: return -ENFILE;
    case ZX_ERR_ACCESS_DENIED: return -EACCES;
    case ZX_ERR_NOT_SUPPORTED: return -ENOTSUP;
    // The kernel says this of user memory; our own arguments are right.
    case ZX_ERR_INVALID_ARGS: return -EFAULT;
    case ZX_ERR_TIMED_OUT: return -ETIMEDOUT;
    case ZX_ERR_SHOULD_WAIT: return -EAGAIN;
    case ZX_ERR_PEER_CLOSED: return -EPIPE;
    default: return -EIO;
    }
}

zx_time_t __fd_server_deadline(void)
{
    return zx_deadline_after(FD_SERVER_TIMEOUT);
}
