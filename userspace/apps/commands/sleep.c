// SPDX-License-Identifier: MIT
// sleep: waits. Times may have a fraction and a suffix s, m, h or d; several are added.

#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

// Seconds, or a negative number if `text` is not a time.
static double parse(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    double unit = 1;

    if (end == text)
        return -1;
    switch (*end) {
    case '\0': return value;
    case 's': break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return -1;
    }
    return end[1] == '\0' ? value * unit : -1;
}

int main(int argc, char **argv)
{
    double total = 0;

    command_start(argv, "SECONDS...");
    if (argc < 2)
        return command_usage();
    for (int i = 1; i < argc; i++) {
        double seconds = parse(argv[i]);

        if (!(seconds >= 0)) {
            command_complain("%s: not a time", argv[i]);
            return command_usage();
        }
        total += seconds;
    }
    if (total > 1e9)
        total = 1e9;
    struct timespec time = {.tv_sec = (time_t)total};
    time.tv_nsec = (long)((total - (double)time.tv_sec) * 1e9);
    while (nanosleep(&time, &time) < 0) {
        if (errno != EINTR) {
            command_error("sleep");
            break;
        }
    }
    return command_end();
}
