// SPDX-License-Identifier: MIT
// rmdir: removes empty directories.

#include "command.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    command_start(argv, "DIRECTORY...");
    if (getopt(argc, argv, "") != -1 || optind == argc)
        return command_usage();
    for (; optind < argc; optind++) {
        if (rmdir(argv[optind]) != 0)
            command_error(argv[optind]);
    }
    return command_end();
}
