// SPDX-License-Identifier: MIT
// cp: copies files. -r: directories with all that is in them.

#include "command.h"

#include <unistd.h>

#include "copy.h"

static bool recursive;

static bool copy_one(const char *from, const char *to)
{
    return copy_path(from, to, recursive);
}

int main(int argc, char **argv)
{
    int option;

    command_start(argv, "[-r] FROM... TO");
    while ((option = getopt(argc, argv, "rRf")) != -1) {
        switch (option) {
        case 'r':
        case 'R': recursive = true; break;
        case 'f': break; // an existing file is overwritten in any case
        default: return command_usage();
        }
    }
    if (argc - optind < 2)
        return command_usage();
    copy_operands(argv + optind, argc - optind - 1, copy_one);
    return command_end();
}
