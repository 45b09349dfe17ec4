// SPDX-License-Identifier: MIT
//
// Copying files and trees; the interface is in copy.h. No state.

#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

#define MAX_DEPTH 200 // of directories: what is deeper than this is a loop

static bool copy_tree(const char *from, const char *to, bool recursive, int depth);

static bool copy_file(const char *from, const struct stat *info, const char *to)
{
    struct stat other;

    if (stat(to, &other) == 0 && other.st_dev == info->st_dev && other.st_ino == info->st_ino) {
        command_complain("%s and %s are the same file", from, to);
        return false;
    }
    int in = command_open(from);
    if (in < 0)
        return false;
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, info->st_mode & 0777);
    if (out < 0) {
        command_error(to);
        close(in);
        return false;
    }
    bool copied = command_copy(in, from, out, to);
    close(in);
    if (close(out) != 0 && copied) {
        command_error(to);
        copied = false;
    }
    return copied;
}

static bool copy_directory(const char *from, const struct stat *info, const char *to, int depth)
{
    struct stat made;
    bool copied = true;

    if (mkdir(to, 0700 | (info->st_mode & 0777)) != 0 &&
        !(errno == EEXIST && stat(to, &made) == 0 && S_ISDIR(made.st_mode))) {
        command_error(to);
        return false;
    }
    if (stat(to, &made) == 0 && made.st_dev == info->st_dev && made.st_ino == info->st_ino) {
        command_complain("%s and %s are the same directory", from, to);
        return false;
    }
    DIR *directory = opendir(from);
    if (directory == NULL) {
        command_error(from);
        return false;
    }
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *inner_from = command_path(from, entry->d_name);
        char *inner_to = command_path(to, entry->d_name);

        if (!copy_tree(inner_from, inner_to, true, depth + 1))
            copied = false;
        free(inner_from);
        free(inner_to);
    }
    closedir(directory);
    return copied;
}

static bool copy_tree(const char *from, const char *to, bool recursive, int depth)
{
    struct stat info;

    if (stat(from, &info) != 0) {
        command_error(from);
        return false;
    }
    if (!S_ISDIR(info.st_mode))
        return copy_file(from, &info, to);
    if (!recursive) {
        command_complain("%s: is a directory", from);
        return false;
    }
    if (depth >= MAX_DEPTH) {
        command_complain("%s: too deep", from);
        return false;
    }
    return copy_directory(from, &info, to, depth);
}

// True if `to` is `from` or lies in it, by their names.
static bool lies_in(const char *from, const char *to)
{
    char *outer = realpath(from, NULL);
    bool inside = false;
    char *parent = command_allocate(strlen(to) + 3);
    size_t length;
    const char *last = command_last_part(to, &length);

    // The target need not exist yet: look at the directory it will be in.
    memcpy(parent, to, (size_t)(last - to));
    strcpy(parent + (last - to), last == to ? "." : "");
    char *inner = realpath(to, NULL);
    if (inner == NULL)
        inner = realpath(parent, NULL);
    if (outer != NULL && inner != NULL) {
        size_t size = strlen(outer);

        inside = strncmp(outer, inner, size) == 0 && (inner[size] == '/' || inner[size] == '\0');
    }
    free(parent);
    free(outer);
    free(inner);
    return inside;
}

bool copy_path(const char *from, const char *to, bool recursive)
{
    struct stat info;

    if (recursive && stat(from, &info) == 0 && S_ISDIR(info.st_mode) && lies_in(from, to)) {
        command_complain("%s: cannot be copied into itself", from);
        return false;
    }
    return copy_tree(from, to, recursive, 0);
}

void copy_operands(char **operands, int count, bool (*one)(const char *from, const char *to))
{
    const char *target = operands[count];
    struct stat info;
    bool into = stat(target, &info) == 0 && S_ISDIR(info.st_mode);

    if (count > 1 && !into) {
        command_complain("%s: not a directory", target);
        return;
    }
    for (int i = 0; i < count; i++) {
        if (!into) {
            one(operands[i], target);
            continue;
        }
        size_t length;
        const char *last = command_last_part(operands[i], &length);
        char *name = strndup(last, length);
        char *path = name != NULL ? command_path(target, name) : NULL;

        if (path != NULL)
            one(operands[i], path);
        else
            command_error("memory");
        free(path);
        free(name);
    }
}
