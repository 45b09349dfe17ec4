// SPDX-License-Identifier: MIT
// uniq: of equal lines that follow each other prints one. -c: with their number; -d: only those that
// come more than once.

#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

int main(int argc, char **argv)
{
    struct lines lines = {0};
    bool counts = false, repeated = false;
    int option;

    command_start(argv, "[-cd] [FILE]");
    while ((option = getopt(argc, argv, "cd")) != -1) {
        switch (option) {
        case 'c': counts = true; break;
        case 'd': repeated = true; break;
        default: return command_usage();
        }
    }
    if (argc - optind > 1)
        return command_usage();
    lines_read(&lines, optind < argc ? argv[optind] : "-");
    for (size_t i = 0, next; i < lines.count; i = next) {
        for (next = i + 1; next < lines.count; next++) {
            if (strcmp(lines.line[i], lines.line[next]) != 0)
                break;
        }
        if (repeated && next - i == 1)
            continue;
        if (counts)
            printf("%7zu ", next - i);
        puts(lines.line[i]);
    }
    return command_end();
}
