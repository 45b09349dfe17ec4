// SPDX-License-Identifier: MIT
// head: the first lines (-n COUNT, 10) or bytes (-c COUNT) of files.

#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "part.h"

// Prints the first `count` lines or bytes.
static void print_start(int fd, const char *path, bool bytes, uint64_t count)
{
    static char buffer[16384];

    while (count != 0) {
        size_t wanted = bytes && count < sizeof(buffer) ? (size_t)count : sizeof(buffer);
        ssize_t got = read(fd, buffer, wanted);

        if (got < 0)
            command_error(path);
        if (got <= 0)
            return;
        size_t used = 0;
        if (bytes) {
            used = (size_t)got;
            count -= used;
        }
        while (!bytes && count != 0 && used < (size_t)got) {
            const char *end = memchr(buffer + used, '\n', (size_t)got - used);

            used = end != NULL ? (size_t)(end - buffer) + 1 : (size_t)got;
            count -= end != NULL;
        }
        if (fwrite(buffer, 1, used, stdout) != used)
            return;
    }
}

int main(int argc, char **argv)
{
    return part_main(argc, argv, print_start);
}
