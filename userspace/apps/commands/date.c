// SPDX-License-Identifier: MIT
// date: the time of day, in UTC. +FORMAT: as strftime() understands it.

#include "command.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char text[256];
    int option;

    command_start(argv, "[-u] [+FORMAT]");
    while ((option = getopt(argc, argv, "u")) != -1) {
        if (option == '?')
            return command_usage();
    }
    const char *format = "%a %b %e %H:%M:%S UTC %Y";
    if (optind < argc && argv[optind][0] == '+')
        format = argv[optind++] + 1;
    if (optind < argc)
        return command_usage();
    time_t now = time(NULL);
    text[0] = '\0';
    if (strftime(text, sizeof(text), format, gmtime(&now)) == 0 && *format != '\0')
        command_complain("the format gives no text, or too much");
    else
        puts(text);
    return command_end();
}
