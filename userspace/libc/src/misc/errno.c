// SPDX-License-Identifier: MIT
//
// Status to errno, in one place. No state.

#include <errno.h>

#include "zx_errno.h"

#include <zircon/errors.h>

int __zx_errno(zx_status_t status)
{
    switch (status) {
    case ZX_OK: return 0;
    case ZX_ERR_NOT_SUPPORTED: return ENOTSUP;
    case ZX_ERR_NO_RESOURCES: return ENFILE;
    case ZX_ERR_NO_MEMORY: return ENOMEM;
    case ZX_ERR_INTERNAL_INTR_RETRY:
    case ZX_ERR_CANCELED: return EINTR;
    case ZX_ERR_INVALID_ARGS:
    case ZX_ERR_WRONG_TYPE:
    case ZX_ERR_OUT_OF_RANGE:
    case ZX_ERR_BAD_SYSCALL: return EINVAL;
    case ZX_ERR_BAD_HANDLE: return EBADF;
    case ZX_ERR_BUFFER_TOO_SMALL: return ENOBUFS;
    case ZX_ERR_BAD_STATE: return EBUSY;
    case ZX_ERR_TIMED_OUT: return ETIMEDOUT;
    case ZX_ERR_SHOULD_WAIT: return EAGAIN;
    case ZX_ERR_PEER_CLOSED: return EPIPE;
    case ZX_ERR_NOT_FOUND: return ENOENT;
    case ZX_ERR_ALREADY_EXISTS:
    case ZX_ERR_ALREADY_BOUND: return EEXIST;
    case ZX_ERR_UNAVAILABLE: return EBUSY;
    case ZX_ERR_ACCESS_DENIED: return EACCES;
    case ZX_ERR_IO_REFUSED: return EROFS;
    case ZX_ERR_BAD_PATH: return ENAMETOOLONG;
    case ZX_ERR_NOT_DIR: return ENOTDIR;
    case ZX_ERR_NOT_FILE: return EISDIR;
    case ZX_ERR_FILE_BIG: return EFBIG;
    case ZX_ERR_NO_SPACE: return ENOSPC;
    case ZX_ERR_NOT_EMPTY: return ENOTEMPTY;
    default: return EIO;
    }
}
