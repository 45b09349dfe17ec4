// SPDX-License-Identifier: MIT
// time: runs a command and says on standard error how long it took.

#include "command.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec before, after;

    command_start(argv, "COMMAND [ARG...]");
    if (getopt(argc, argv, "+") != -1 || optind >= argc)
        return command_usage();
    clock_gettime(CLOCK_MONOTONIC, &before);
    int status = command_run(argv + optind);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long long ns = (after.tv_sec - before.tv_sec) * 1000000000ll + after.tv_nsec - before.tv_nsec;
    fprintf(stderr, "real %lld.%06lld s\n", ns / 1000000000, ns / 1000 % 1000000);
    return status;
}
