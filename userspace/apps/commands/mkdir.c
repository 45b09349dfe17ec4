// SPDX-License-Identifier: MIT
// mkdir: makes directories. -p: those above as well, and existing ones are no error; -m MODE: octal.

#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_directory(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

// Makes `path` and what is missing above it.
static bool make_all(char *path, mode_t mode)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        // What exists is found out afterwards: a read-only file system may refuse before it looks.
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST || is_directory(path);
        *slash = '/';
        if (!made)
            return false;
    }
    return mkdir(path, mode) == 0 || is_directory(path);
}

int main(int argc, char **argv)
{
    bool parents = false;
    mode_t mode = 0777;
    int option;
    char *end;

    command_start(argv, "[-p] [-m MODE] DIRECTORY...");
    while ((option = getopt(argc, argv, "pm:")) != -1) {
        switch (option) {
        case 'p': parents = true; break;
        case 'm':
            mode = (mode_t)strtoul(optarg, &end, 8);
            if (*optarg < '0' || *optarg > '7' || *end != '\0' || mode > 07777) {
                command_complain("%s: not a mode", optarg);
                return command_usage();
            }
            break;
        default: return command_usage();
        }
    }
    if (optind == argc)
        return command_usage();
    for (; optind < argc; optind++) {
        if (!(parents ? make_all(argv[optind], mode) : mkdir(argv[optind], mode) == 0))
            command_error(argv[optind]);
    }
    return command_end();
}
