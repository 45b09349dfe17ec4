// SPDX-License-Identifier: MIT
// rm: removes files. -r: directories with all that is in them; -f: no word about what is not there.

#include "command.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool recursive, force;

static void remove_path(const char *path);

// Removes what is in a directory. Read anew after each removal round: removing while reading may
// leave entries out.
static void empty_directory(const char *path)
{
    bool found;

    do {
        DIR *directory = opendir(path);
        struct dirent *entry;
        char *names[64];
        size_t count = 0;

        if (directory == NULL) {
            command_error(path);
            return;
        }
        while (count < sizeof(names) / sizeof(names[0]) && (entry = readdir(directory)) != NULL) {
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                names[count++] = command_path(path, entry->d_name);
        }
        closedir(directory);
        found = count != 0;
        for (size_t i = 0; i < count; i++) {
            struct stat info;

            remove_path(names[i]);
            // What cannot be removed would be found for ever.
            if (lstat(names[i], &info) == 0)
                found = false;
            free(names[i]);
        }
    } while (found);
}

static void remove_path(const char *path)
{
    struct stat info;

    if (lstat(path, &info) != 0) {
        if (!(force && errno == ENOENT))
            command_error(path);
        return;
    }
    if (!S_ISDIR(info.st_mode)) {
        if (unlink(path) != 0)
            command_error(path);
        return;
    }
    if (!recursive) {
        command_complain("%s: is a directory", path);
        return;
    }
    empty_directory(path);
    if (rmdir(path) != 0)
        command_error(path);
}

int main(int argc, char **argv)
{
    int option;

    command_start(argv, "[-rf] FILE...");
    while ((option = getopt(argc, argv, "rRf")) != -1) {
        switch (option) {
        case 'r':
        case 'R': recursive = true; break;
        case 'f': force = true; break;
        default: return command_usage();
        }
    }
    if (optind == argc && !force)
        return command_usage();
    for (; optind < argc; optind++) {
        size_t length;
        const char *last = command_last_part(argv[optind], &length);

        if ((length == 1 && last[0] == '.') || (length == 2 && strncmp(last, "..", 2) == 0) ||
            strcmp(argv[optind], "/") == 0)
            command_complain("%s: will not be removed", argv[optind]);
        else
            remove_path(argv[optind]);
    }
    return command_end();
}
