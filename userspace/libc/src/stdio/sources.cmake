# SPDX-License-Identifier: MIT
# How stdio reaches descriptors: by the names readv, writev, lseek and isatty, which a program
# may define itself.
libc_sources(stdio.c stdout.c)
libc_replaces(
    src/stdio/__stdio_read.c "goes through the name readv"
    src/stdio/__stdio_write.c "goes through the name writev"
    src/stdio/__stdio_seek.c "goes through the name lseek"
    src/stdio/__stdout_write.c "goes through the name isatty"
)
