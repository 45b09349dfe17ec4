// SPDX-License-Identifier: MIT
// cksum: the CRC that POSIX defines for this command, and the length, of each file: polynomial
// 0x04c11db7, most significant bit first, over the bytes and then over the length's own bytes, least
// significant first, without leading zeros; the result is complemented (IEEE Std 1003.1-2017).

#include "command.h"

#include <stdio.h>
#include <unistd.h>

#define POLYNOMIAL 0x04c11db7u

static uint32_t table[256];

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i << 24;

        for (int bit = 0; bit < 8; bit++)
            crc = (crc << 1) ^ ((crc & 0x80000000u) != 0 ? POLYNOMIAL : 0);
        table[i] = crc;
    }
}

static uint32_t add_byte(uint32_t crc, unsigned char byte)
{
    return (crc << 8) ^ table[(crc >> 24) ^ byte];
}

int main(int argc, char **argv)
{
    static unsigned char buffer[16384];

    command_start(argv, "[FILE...]");
    if (getopt(argc, argv, "") != -1)
        return command_usage();
    make_table();
    char *only[] = {"-", NULL};
    for (char **path = optind < argc ? argv + optind : only; *path != NULL; path++) {
        uint32_t crc = 0;
        uint64_t size = 0;
        ssize_t got;
        int fd = command_open(*path);

        if (fd < 0)
            continue;
        while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
            for (ssize_t i = 0; i < got; i++)
                crc = add_byte(crc, buffer[i]);
            size += (uint64_t)got;
        }
        if (got < 0)
            command_error(*path);
        command_close(fd);
        for (uint64_t rest = size; rest != 0; rest >>= 8)
            crc = add_byte(crc, (unsigned char)rest);
        if (got == 0)
            printf("%u %llu%s%s\n", ~crc, (unsigned long long)size, optind < argc ? " " : "",
                   optind < argc ? *path : "");
    }
    return command_end();
}
