// SPDX-License-Identifier: MIT
// sort: sorts lines by their bytes; -n by the number they begin with, -r downwards, -u each once.

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

static bool numeric, reverse, unique;

static int compare(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    int order = 0;

    if (numeric) {
        double x = strtod(a, NULL), y = strtod(b, NULL);

        order = (x > y) - (x < y);
    }
    // -u with -n keeps one line for each number.
    if (order == 0 && !(numeric && unique))
        order = strcmp(a, b);
    return reverse ? -order : order;
}

int main(int argc, char **argv)
{
    struct lines lines = {0};
    int option;

    command_start(argv, "[-nru] [FILE...]");
    while ((option = getopt(argc, argv, "nru")) != -1) {
        switch (option) {
        case 'n': numeric = true; break;
        case 'r': reverse = true; break;
        case 'u': unique = true; break;
        default: return command_usage();
        }
    }
    char *only[] = {"-", NULL};
    for (char **path = optind < argc ? argv + optind : only; *path != NULL; path++)
        lines_read(&lines, *path);
    if (lines.count != 0)
        qsort(lines.line, lines.count, sizeof(lines.line[0]), compare);
    for (size_t i = 0; i < lines.count; i++) {
        if (!unique || i == 0 || compare(&lines.line[i - 1], &lines.line[i]) != 0)
            puts(lines.line[i]);
    }
    return command_end();
}
