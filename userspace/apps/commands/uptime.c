// SPDX-License-Identifier: MIT
// uptime: how long the machine has been running.

#include "command.h"

#include <stdio.h>
#include <time.h>

int main(int argc, char **argv)
{
    struct timespec now;

    command_start(argv, "");
    if (argc > 1)
        return command_usage();
    clock_gettime(CLOCK_MONOTONIC, &now);
    unsigned long long seconds = (unsigned long long)now.tv_sec;
    printf("up ");
    if (seconds >= 86400)
        printf("%llu day%s ", seconds / 86400, seconds / 86400 == 1 ? "" : "s");
    printf("%02llu:%02llu:%02llu.%03ld\n", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60,
           now.tv_nsec / 1000000);
    return command_end();
}
