// SPDX-License-Identifier: MIT
// env: prints the environment, or runs a command in a changed one. -i: start from an empty one;
// -u NAME: without NAME.

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    static char *empty[] = {NULL};
    int option;

    command_start(argv, "[-i] [-u NAME] [NAME=VALUE...] [COMMAND [ARG...]]");
    while ((option = getopt(argc, argv, "+iu:")) != -1) {
        switch (option) {
        case 'i': environ = empty; break;
        case 'u':
            if (unsetenv(optarg) != 0) {
                command_error(optarg);
                return command_usage();
            }
            break;
        default: return command_usage();
        }
    }
    for (; optind < argc && strchr(argv[optind], '=') != NULL; optind++) {
        if (putenv(argv[optind]) != 0) {
            command_error(argv[optind]);
            return command_end();
        }
    }
    if (optind < argc)
        return command_run(argv + optind);
    for (char **entry = environ; *entry != NULL; entry++)
        puts(*entry);
    return command_end();
}
