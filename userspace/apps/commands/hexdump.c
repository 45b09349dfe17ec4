// SPDX-License-Identifier: MIT
// hexdump: bytes in hexadecimal and as text, 16 a line. -n BYTES: no more than these; -s BYTES: skip
// so many first; -v: print repeated lines too (else a * stands for them).

#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROW 16u

struct dump {
    uint64_t offset;
    unsigned char row[ROW], last[ROW];
    size_t used;
    bool verbose, have_last, starred;
};

static void flush_row(struct dump *dump)
{
    if (dump->used == 0)
        return;
    bool same = dump->have_last && dump->used == ROW && memcmp(dump->row, dump->last, ROW) == 0;
    if (same && !dump->verbose) {
        if (!dump->starred)
            puts("*");
        dump->starred = true;
    } else {
        printf("%08llx ", (unsigned long long)dump->offset);
        for (size_t i = 0; i < ROW; i++) {
            if (i < dump->used)
                printf("%s%02x", i % 8 == 0 ? "  " : " ", dump->row[i]);
            else
                printf("%s  ", i % 8 == 0 ? "  " : " ");
        }
        printf("  |");
        for (size_t i = 0; i < dump->used; i++)
            putchar(dump->row[i] >= 0x20 && dump->row[i] < 0x7f ? dump->row[i] : '.');
        puts("|");
        dump->starred = false;
    }
    memcpy(dump->last, dump->row, ROW);
    dump->have_last = dump->used == ROW;
    dump->offset += dump->used;
    dump->used = 0;
}

static void dump_stream(struct dump *dump, int fd, const char *path, uint64_t *skip, uint64_t *left)
{
    unsigned char buffer[4096];
    ssize_t got;

    while (*left != 0 && (got = read(fd, buffer, sizeof(buffer))) != 0) {
        if (got < 0) {
            command_error(path);
            return;
        }
        for (ssize_t i = 0; i < got && *left != 0; i++) {
            if (*skip != 0) {
                --*skip;
                dump->offset++;
                continue;
            }
            dump->row[dump->used++] = buffer[i];
            --*left;
            if (dump->used == ROW)
                flush_row(dump);
        }
        if (ferror(stdout))
            return;
    }
}

int main(int argc, char **argv)
{
    struct dump dump = {0};
    uint64_t skip = 0, left = UINT64_MAX;
    int option;

    command_start(argv, "[-Cv] [-n BYTES] [-s BYTES] [FILE...]");
    while ((option = getopt(argc, argv, "Cvn:s:")) != -1) {
        switch (option) {
        case 'C': break; // the only format there is
        case 'v': dump.verbose = true; break;
        case 'n':
        case 's':
            if (!command_number(optarg, option == 'n' ? &left : &skip)) {
                command_complain("%s: not a number", optarg);
                return command_usage();
            }
            break;
        default: return command_usage();
        }
    }
    char *only[] = {"-", NULL};
    for (char **path = optind < argc ? argv + optind : only; *path != NULL; path++) {
        int fd = command_open(*path);

        if (fd < 0)
            continue;
        dump_stream(&dump, fd, *path, &skip, &left);
        command_close(fd);
    }
    flush_row(&dump);
    if (dump.offset != 0)
        printf("%08llx\n", (unsigned long long)dump.offset);
    return command_end();
}
