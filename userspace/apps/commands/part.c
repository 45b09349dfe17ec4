// SPDX-License-Identifier: MIT
//
// Printing a part of files; the interface is in part.h. No state.

#include "part.h"

#include <stdio.h>
#include <unistd.h>

#include "command.h"

// A number of lines or bytes; complains if it is none.
static bool parse_count(const char *text, uint64_t *out)
{
    if (command_number(text, out))
        return true;
    command_complain("%s: not a number", text);
    return false;
}

int part_main(int argc, char **argv, part_printer print)
{
    bool bytes = false;
    uint64_t count = 10;
    int option;

    command_start(argv, "[-n LINES | -LINES | -c BYTES] [FILE...]");
    if (argc > 1 && argv[1][0] == '-' && argv[1][1] >= '0' && argv[1][1] <= '9') {
        if (!parse_count(argv[1] + 1, &count))
            return command_usage();
        optind = 2; // getopt() goes on behind it
    }
    while ((option = getopt(argc, argv, "n:c:")) != -1) {
        if (option == '?')
            return command_usage();
        bytes = option == 'c';
        if (!parse_count(optarg, &count))
            return command_usage();
    }
    char *only[] = {"-", NULL};
    bool several = argc - optind > 1, first = true;
    for (char **path = optind < argc ? argv + optind : only; *path != NULL; path++) {
        int fd = command_open(*path);

        if (fd < 0)
            continue;
        if (several)
            printf("%s==> %s <==\n", first ? "" : "\n", *path);
        first = false;
        print(fd, *path, bytes, count);
        command_close(fd);
    }
    return command_end();
}
