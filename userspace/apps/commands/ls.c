// SPDX-License-Identifier: MIT
// ls: what is in directories. -a: with the names that begin with a dot; -l: a line each with mode,
// size and time; -1: a name a line; -d: directories themselves; -F: marks kinds; -R: with all below;
// -h: sizes with a unit; -r: backwards; -t: newest first; -S: largest first.

#include "command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool all, long_lines, one, directory, classify, recursive, human, reverse;
    int key; // 0 name, 't', 'S'
} options;

struct entry {
    char *name; // as it is shown
    char *path;
    struct stat info;
    bool known; // info is valid
};

struct entries {
    struct entry *entry;
    size_t count, room;
};

static void add_entry(struct entries *list, char *name, char *path, bool complain)
{
    if (list->count == list->room) {
        list->room = list->room != 0 ? 2 * list->room : 32;
        list->entry = command_grow(list->entry, list->room * sizeof(list->entry[0]));
    }
    struct entry *entry = &list->entry[list->count];
    *entry = (struct entry){.name = name, .path = path};
    entry->known = lstat(path, &entry->info) == 0;
    if (!entry->known && complain) {
        command_error(path);
        free(name);
        free(path);
        return;
    }
    list->count++;
}

static void free_entries(struct entries *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->entry[i].name);
        free(list->entry[i].path);
    }
    free(list->entry);
}

static int compare(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = 0;

    if (options.key == 't')
        order = (a->info.st_mtime < b->info.st_mtime) - (a->info.st_mtime > b->info.st_mtime);
    else if (options.key == 'S')
        order = (a->info.st_size < b->info.st_size) - (a->info.st_size > b->info.st_size);
    if (order == 0)
        order = strcmp(a->name, b->name);
    return options.reverse ? -order : order;
}

static const char *mark(const struct entry *entry)
{
    if (!options.classify || !entry->known)
        return "";
    if (S_ISDIR(entry->info.st_mode))
        return "/";
    if (S_ISREG(entry->info.st_mode) && (entry->info.st_mode & 0111) != 0)
        return "*";
    return "";
}

static char type_letter(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR: return 'd';
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    case S_IFLNK: return 'l';
    default: return '-';
    }
}

static void print_size(uint64_t size)
{
    static const char units[] = "kMGTPE";
    int unit = -1;
    double value = (double)size;

    while (options.human && value >= 1024) {
        value /= 1024;
        unit++;
    }
    if (unit < 0)
        printf(" %10llu", (unsigned long long)size);
    else
        printf(" %*.*f%c", 9, value < 10, value, units[unit]);
}

static void print_long(const struct entry *entry)
{
    static const char letters[] = "rwxrwxrwx";
    char mode[] = "----------", when[32] = "";

    if (!entry->known) {
        printf("?????????? %10s %-16s %s\n", "?", "?", entry->name);
        return;
    }
    mode[0] = type_letter(entry->info.st_mode);
    for (int i = 0; i < 9; i++) {
        if ((entry->info.st_mode & (0400u >> i)) != 0)
            mode[i + 1] = letters[i];
    }
    fputs(mode, stdout);
    print_size((uint64_t)entry->info.st_size);
    strftime(when, sizeof(when), "%Y-%m-%d %H:%M", gmtime(&entry->info.st_mtime));
    printf(" %s %s%s\n", when, entry->name, mark(entry));
}

// Names in columns, downwards, as wide as the terminal.
static void print_columns(const struct entries *list)
{
    struct winsize size = {.ws_col = 80};
    size_t widest = 0;

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    for (size_t i = 0; i < list->count; i++) {
        size_t length = strlen(list->entry[i].name) + strlen(mark(&list->entry[i]));

        if (length > widest)
            widest = length;
    }
    size_t columns = size.ws_col / (widest + 2);
    if (columns == 0)
        columns = 1;
    size_t rows = (list->count + columns - 1) / columns;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < list->count; i += rows) {
            const struct entry *entry = &list->entry[i];
            size_t used = strlen(entry->name) + strlen(mark(entry));

            printf("%s%s", entry->name, mark(entry));
            if (i + rows < list->count)
                printf("%*s", (int)(widest + 2 - used), "");
        }
        putchar('\n');
    }
}

static void print_entries(struct entries *list)
{
    if (list->count == 0)
        return;
    qsort(list->entry, list->count, sizeof(list->entry[0]), compare);
    if (!options.long_lines && !options.one && isatty(STDOUT_FILENO)) {
        print_columns(list);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (options.long_lines)
            print_long(&list->entry[i]);
        else
            printf("%s%s\n", list->entry[i].name, mark(&list->entry[i]));
    }
}

static void list_directory(const char *path, bool title)
{
    static bool first = true;
    struct entries list = {0};
    DIR *directory = opendir(path);
    struct dirent *item;

    if (directory == NULL) {
        command_error(path);
        return;
    }
    while ((item = readdir(directory)) != NULL) {
        if (options.all || item->d_name[0] != '.') {
            char *name = strdup(item->d_name);

            if (name != NULL)
                add_entry(&list, name, command_path(path, item->d_name), false);
        }
    }
    closedir(directory);
    if (title)
        printf("%s%s:\n", first ? "" : "\n", path);
    first = false;
    print_entries(&list);
    for (size_t i = 0; options.recursive && i < list.count; i++) {
        const struct entry *entry = &list.entry[i];

        if (entry->known && S_ISDIR(entry->info.st_mode) && strcmp(entry->name, ".") != 0 &&
            strcmp(entry->name, "..") != 0)
            list_directory(entry->path, true);
    }
    free_entries(&list);
}

static bool read_options(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "al1dFRhrtS")) != -1) {
        switch (option) {
        case 'a': options.all = true; break;
        case 'l': options.long_lines = true; break;
        case '1': options.one = true; break;
        case 'd': options.directory = true; break;
        case 'F': options.classify = true; break;
        case 'R': options.recursive = true; break;
        case 'h': options.human = true; break;
        case 'r': options.reverse = true; break;
        case 't':
        case 'S': options.key = option; break;
        default: return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct entries files = {0}, folders = {0};
    char *only[] = {".", NULL};

    command_start(argv, "[-al1dFRhrtS] [FILE...]");
    if (!read_options(argc, argv))
        return command_usage();
    for (char **path = optind < argc ? argv + optind : only; *path != NULL; path++) {
        struct stat info;
        bool folder = !options.directory && stat(*path, &info) == 0 && S_ISDIR(info.st_mode);
        char *name = strdup(*path), *copy = strdup(*path);

        if (name != NULL && copy != NULL)
            add_entry(folder ? &folders : &files, name, copy, true);
    }
    print_entries(&files);
    if (files.count != 0 && folders.count != 0)
        putchar('\n');
    if (folders.count != 0)
        qsort(folders.entry, folders.count, sizeof(folders.entry[0]), compare);
    bool titles = argc - optind > 1 || options.recursive;
    for (size_t i = 0; i < folders.count; i++)
        list_directory(folders.entry[i].path, titles);
    free_entries(&files);
    free_entries(&folders);
    return command_end();
}
