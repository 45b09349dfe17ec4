// SPDX-License-Identifier: MIT
// wc: counts lines (-l), words (-w) and bytes (-c); all three if none is asked for.

#include "command.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

enum { LINES, WORDS, BYTES, COUNTS };

static bool wanted[COUNTS];

static bool count_stream(int fd, const char *path, uint64_t *counts)
{
    static unsigned char buffer[16384];
    bool in_word = false;
    ssize_t got;

    while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
        counts[BYTES] += (uint64_t)got;
        for (ssize_t i = 0; i < got; i++) {
            bool space = isspace(buffer[i]) != 0;

            counts[LINES] += buffer[i] == '\n';
            counts[WORDS] += !space && !in_word;
            in_word = !space;
        }
    }
    if (got < 0)
        command_error(path);
    return got == 0;
}

static void print_counts(const uint64_t *counts, const char *path)
{
    const char *between = "";

    for (int i = 0; i < COUNTS; i++) {
        if (wanted[i]) {
            printf("%s%7llu", between, (unsigned long long)counts[i]);
            between = " ";
        }
    }
    printf("%s%s\n", *path != '\0' ? " " : "", path);
}

int main(int argc, char **argv)
{
    uint64_t total[COUNTS] = {0};
    int option;

    command_start(argv, "[-lwc] [FILE...]");
    while ((option = getopt(argc, argv, "lwc")) != -1) {
        switch (option) {
        case 'l': wanted[LINES] = true; break;
        case 'w': wanted[WORDS] = true; break;
        case 'c': wanted[BYTES] = true; break;
        default: return command_usage();
        }
    }
    if (!wanted[LINES] && !wanted[WORDS] && !wanted[BYTES])
        wanted[LINES] = wanted[WORDS] = wanted[BYTES] = true;
    char *only[] = {"-", NULL};
    for (char **path = optind < argc ? argv + optind : only; *path != NULL; path++) {
        uint64_t counts[COUNTS] = {0};
        int fd = command_open(*path);

        if (fd < 0)
            continue;
        if (count_stream(fd, *path, counts))
            print_counts(counts, optind < argc ? *path : "");
        command_close(fd);
        for (int i = 0; i < COUNTS; i++)
            total[i] += counts[i];
    }
    if (argc - optind > 1)
        print_counts(total, "total");
    return command_end();
}
