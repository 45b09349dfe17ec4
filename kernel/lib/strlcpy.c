// SPDX-License-Identifier: MIT
// strlcpy, which not every host C library has (interface: lib/string.h).

#include <lib/string.h>

size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
    size_t len = strlen(src);
    if (size) {
        size_t n = len < size ? len : size - 1;
        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return len;
}
