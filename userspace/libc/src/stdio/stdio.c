// SPDX-License-Identifier: MIT
//
// What a FILE does with its descriptor. All of it goes through the public names readv, writev and
// lseek, so that a program that defines these itself is asked. The FILE is locked by the caller,
// or belongs to one thread.

#include <sys/uio.h>
#include <unistd.h>

#include "stdio_impl.h"

// Writes what the buffer holds and then `len` bytes at `buf`. Returns how many of the latter were
// written; on an error the buffer's content is lost and the stream is marked.
size_t __stdio_write(FILE *f, const unsigned char *buf, size_t len)
{
    struct iovec pieces[2] = {
        {.iov_base = f->wbase, .iov_len = (size_t)(f->wpos - f->wbase)},
        {.iov_base = (void *)buf, .iov_len = len},
    };
    int at = pieces[0].iov_len == 0;

    while (at < 2 && pieces[at].iov_len != 0) {
        ssize_t done = writev(f->fd, &pieces[at], 2 - at);

        if (done < 0) {
            f->wpos = f->wbase = f->wend = NULL;
            f->flags |= F_ERR;
            return at == 0 ? 0 : len - pieces[1].iov_len;
        }
        for (size_t left = (size_t)done; at < 2;) {
            size_t part = left < pieces[at].iov_len ? left : pieces[at].iov_len;

            pieces[at].iov_base = (char *)pieces[at].iov_base + part;
            pieces[at].iov_len -= part;
            left -= part;
            if (pieces[at].iov_len != 0) {
                break;
            }
            at++;
        }
    }
    f->wend = f->buf + f->buf_size;
    f->wpos = f->wbase = f->buf;
    return len;
}

// Reads up to `len` bytes, one of them through the buffer, which is filled by the same call. Returns
// how many there are at `buf`; 0 at the end and on errors, which mark the stream.
size_t __stdio_read(FILE *f, unsigned char *buf, size_t len)
{
    size_t direct = len - (f->buf_size != 0);
    struct iovec pieces[2] = {
        {.iov_base = buf, .iov_len = direct},
        {.iov_base = f->buf, .iov_len = f->buf_size},
    };
    ssize_t done = readv(f->fd, &pieces[direct == 0], (direct != 0) + (f->buf_size != 0));

    if (done <= 0) {
        f->flags |= done == 0 ? F_EOF : F_ERR;
        return 0;
    }
    if ((size_t)done <= direct) {
        return (size_t)done;
    }
    f->rpos = f->buf;
    f->rend = f->buf + ((size_t)done - direct);
    if (f->buf_size != 0) {
        buf[len - 1] = *f->rpos++;
    }
    return len;
}

off_t __stdio_seek(FILE *f, off_t off, int whence)
{
    return lseek(f->fd, off, whence);
}
