// SPDX-License-Identifier: MIT
// tee: copies standard input to standard output and to files. -a: appends.

#include "command.h"

#include <fcntl.h>
#include <unistd.h>

struct target {
    const char *name;
    int fd; // -1 once it failed
};

int main(int argc, char **argv)
{
    static char buffer[16384];
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC, how = O_TRUNC, option;

    command_start(argv, "[-a] [FILE...]");
    while ((option = getopt(argc, argv, "a")) != -1) {
        if (option == '?')
            return command_usage();
        how = O_APPEND;
    }
    int count = argc - optind + 1;
    struct target *targets = command_allocate((size_t)count * sizeof(*targets));
    targets[0] = (struct target){"standard output", STDOUT_FILENO};
    for (int i = 1; i < count; i++) {
        targets[i].name = argv[optind + i - 1];
        targets[i].fd = open(targets[i].name, flags | how, 0666);
        if (targets[i].fd < 0)
            command_error(targets[i].name);
    }
    ssize_t got;
    while ((got = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0) {
        for (int i = 0; i < count; i++) {
            if (targets[i].fd >= 0 && !command_write(targets[i].fd, buffer, (size_t)got)) {
                command_error(targets[i].name);
                targets[i].fd = -1;
            }
        }
    }
    if (got < 0)
        command_error("standard input");
    return command_end();
}
