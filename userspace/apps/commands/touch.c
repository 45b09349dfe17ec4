// SPDX-License-Identifier: MIT
// touch: makes files that are not there, and sets the time of those that are to now. -c: makes none.

#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    bool make = true;
    int option;

    command_start(argv, "[-c] FILE...");
    while ((option = getopt(argc, argv, "c")) != -1) {
        if (option == '?')
            return command_usage();
        make = false;
    }
    if (optind == argc)
        return command_usage();
    for (; optind < argc; optind++) {
        if (utimensat(AT_FDCWD, argv[optind], NULL, 0) == 0)
            continue;
        if (errno != ENOENT) {
            command_error(argv[optind]);
        } else if (make) {
            int fd = open(argv[optind], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

            if (fd < 0)
                command_error(argv[optind]);
            else
                close(fd);
        }
    }
    return command_end();
}
