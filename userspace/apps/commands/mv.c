// SPDX-License-Identifier: MIT
// mv: renames files and directories; a file that would have to go to another file system is copied
// and removed.

#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"

static bool move_one(const char *from, const char *to)
{
    struct stat info;

    if (rename(from, to) == 0)
        return true;
    if (errno != EXDEV || stat(from, &info) != 0) {
        command_error(from);
        return false;
    }
    if (S_ISDIR(info.st_mode)) {
        command_complain("%s: a directory cannot be moved to another file system; use cp -r", from);
        return false;
    }
    if (!copy_path(from, to, false))
        return false;
    if (unlink(from) != 0) {
        command_error(from);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    int option;

    command_start(argv, "FROM... TO");
    while ((option = getopt(argc, argv, "f")) != -1) {
        if (option == '?')
            return command_usage();
    }
    if (argc - optind < 2)
        return command_usage();
    copy_operands(argv + optind, argc - optind - 1, move_one);
    return command_end();
}
