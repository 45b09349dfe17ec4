// SPDX-License-Identifier: MIT
// cat: copies files to standard output. -n numbers the lines.

#include "command.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// Prints what `fd` gives with line numbers, counting on from *line.
static bool number_lines(int fd, const char *path, uint64_t *line)
{
    static bool at_start = true;
    char buffer[4096];
    ssize_t count;

    while ((count = read(fd, buffer, sizeof(buffer))) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            if (at_start)
                printf("%6llu\t", (unsigned long long)++*line);
            at_start = buffer[i] == '\n';
            putchar(buffer[i]);
        }
        if (ferror(stdout))
            return false;
    }
    if (count < 0)
        command_error(path);
    return true;
}

// True if `fd` is the file that standard output goes to: copying it would never end.
static bool is_output(int fd)
{
    struct stat in, out;

    return fstat(fd, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(in.st_mode) &&
           in.st_size != 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

int main(int argc, char **argv)
{
    bool numbers = false;
    uint64_t line = 0;
    int option;

    command_start(argv, "[-n] [FILE...]");
    while ((option = getopt(argc, argv, "nu")) != -1) {
        if (option == '?')
            return command_usage();
        numbers = numbers || option == 'n';
    }
    char *only[] = {"-", NULL};
    for (char **path = optind < argc ? argv + optind : only; *path != NULL; path++) {
        int fd = command_open(*path);

        if (fd < 0)
            continue;
        if (is_output(fd)) {
            command_complain("%s: is the output as well", *path);
            command_close(fd);
            continue;
        }
        bool more = numbers ? number_lines(fd, *path, &line)
                            : command_copy(fd, *path, STDOUT_FILENO, "write error");
        command_close(fd);
        if (!more && numbers)
            break;
    }
    return command_end();
}
