// SPDX-License-Identifier: MIT
// tail: the last lines (-n COUNT, 10) or bytes (-c COUNT) of files. Keeps in memory no more than
// twice what it will print.

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "part.h"

#define CHUNK 16384u

// The end of a stream as far as it matters.
struct end {
    char *bytes;
    size_t size, room;
};

// Offset in end->bytes of the last `count` lines or bytes.
static size_t start_of(const struct end *end, bool bytes, uint64_t count)
{
    size_t at = end->size;

    if (bytes)
        return count < at ? at - (size_t)count : 0;
    if (count == 0)
        return at;
    // A newline at the very end belongs to the last line.
    if (at != 0 && end->bytes[at - 1] == '\n')
        at--;
    for (; at != 0; at--) {
        if (end->bytes[at - 1] == '\n' && --count == 0)
            break;
    }
    return at;
}

static void print_end(int fd, const char *path, bool bytes, uint64_t count)
{
    struct end end = {NULL, 0, 0};
    size_t limit = 4 * CHUNK;
    ssize_t got;

    for (;;) {
        if (end.room - end.size < CHUNK) {
            end.room = end.size + 2 * CHUNK;
            end.bytes = command_grow(end.bytes, end.room);
        }
        got = read(fd, end.bytes + end.size, CHUNK);
        if (got <= 0)
            break;
        end.size += (size_t)got;
        if (end.size > limit) {
            size_t start = start_of(&end, bytes, count);

            end.size -= start;
            memmove(end.bytes, end.bytes + start, end.size);
            limit = 2 * end.size + 4 * CHUNK;
        }
    }
    if (got < 0)
        command_error(path);
    size_t start = start_of(&end, bytes, count);
    fwrite(end.bytes + start, 1, end.size - start, stdout);
    free(end.bytes);
}

int main(int argc, char **argv)
{
    return part_main(argc, argv, print_end);
}
