// SPDX-License-Identifier: MIT
//
// What a child does for the tests of inherit.c: test-libc-child WHAT [...].

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jacinth/fd.h>

static int upper(void)
{
    char text[4096];
    ssize_t size;

    while ((size = read(0, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < size; i++) {
            text[i] = (char)toupper((unsigned char)text[i]);
        }
        if (write(1, text, (size_t)size) != size) {
            return 1;
        }
    }
    fputs("done", stderr);
    return size == 0 ? 3 : 1;
}

static int where(void)
{
    char path[256];
    struct stat info;

    printf("%s %d\n", getcwd(path, sizeof(path)), stat("marker", &info));
    return 0;
}

static int forever(void)
{
    static char block[4096];

    while (write(1, block, sizeof(block)) > 0) {}
    return 7;
}

static int numbers(void)
{
    for (int fd = fd_next(0, 0); fd >= 0; fd = fd_next(fd + 1, 0)) {
        dprintf(1, "%d ", fd);
    }
    return 0;
}

static int four_bytes(void)
{
    char text[5] = {0};

    if (read(5, text, 4) != 4) {
        return 1;
    }
    printf("%s%d", text, (fcntl(5, F_GETFL) & O_ACCMODE) == O_RDONLY);
    return 0;
}

static int mounts(void)
{
    struct dirent *entry;
    DIR *directory = opendir("/");

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        printf("%s ", entry->d_name);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } jobs[] = {{"upper", upper},     {"where", where},           {"forever", forever},
                {"numbers", numbers}, {"four-bytes", four_bytes}, {"mounts", mounts}};

    for (size_t i = 0; argc > 1 && i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        if (strcmp(argv[1], jobs[i].name) == 0) {
            return jobs[i].run();
        }
    }
    printf("no end of this line: %s", argc > 1 ? argv[1] : "");
    return 0;
}
