// SPDX-License-Identifier: MIT
//
// The first output to a stream decides how it is buffered: by lines if a person reads it.

#include <unistd.h>

#include "stdio_impl.h"

size_t __stdout_write(FILE *f, const unsigned char *buf, size_t len)
{
    f->write = __stdio_write;
    if (!(f->flags & F_SVB) && !isatty(f->fd)) {
        f->lbf = -1;
    }
    return __stdio_write(f, buf, len);
}
