// SPDX-License-Identifier: MIT
//
// Descriptors and files of the shell, by POSIX calls; the interface is in os.h.

#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Bytes that surely fit into a pipe that nobody reads yet.
#define PIPE_SIZE 4096u
// Names in one directory that are looked at.
#define NAMES_MAX 100000u

// Moves a descriptor out of the user's way; closes it if that fails.
static int move_up(int fd)
{
    int high;

    if (fd < 0) {
        return -errno;
    }
    high = os_duplicate(fd);
    (void)close(fd);
    return high;
}

int os_duplicate(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, OS_HIGH_FD);

    return high < 0 ? -errno : high;
}

int os_open(const char *path, int flags)
{
    int fd;

    do {
        fd = open(path, flags | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EINTR);
    return move_up(fd);
}

int os_pipe(int *out_read, int *out_write)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return -errno;
    }
    *out_read = move_up(ends[0]);
    *out_write = move_up(ends[1]);
    if (*out_read < 0 || *out_write < 0) {
        int error = *out_read < 0 ? *out_read : *out_write;

        if (*out_read >= 0) {
            (void)close(*out_read);
        }
        if (*out_write >= 0) {
            (void)close(*out_write);
        }
        return error;
    }
    return 0;
}

int os_write(int fd, const char *data, size_t size)
{
    while (size != 0) {
        ssize_t written = write(fd, data, size);

        if (written < 0 && errno != EINTR) {
            return errno;
        }
        if (written == 0) {
            return EIO; // a server that takes nothing would be asked for ever
        }
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

// A file that has no name any more.
static int nameless_file(void)
{
    static unsigned counter;
    char name[48];
    int fd;

    for (unsigned tries = 0; tries < 100; tries++) {
        (void)snprintf(name, sizeof(name), "/tmp/.sh-%ld-%u", (long)getpid(), counter++);
        fd = os_open(name, O_RDWR | O_CREAT | O_EXCL);
        if (fd >= 0) {
            (void)unlink(name);
        }
        if (fd != -EEXIST) {
            return fd;
        }
    }
    return -EEXIST;
}

int os_text_file(const char *text, size_t size)
{
    int result, end, fd;

    if (size <= PIPE_SIZE) {
        result = os_pipe(&fd, &end);
        if (result < 0) {
            return result;
        }
        result = os_write(end, text, size);
        (void)close(end);
    } else {
        fd = nameless_file();
        if (fd < 0) {
            return fd;
        }
        result = os_write(fd, text, size);
        if (result == 0 && lseek(fd, 0, SEEK_SET) != 0) {
            result = errno;
        }
    }
    if (result != 0) {
        (void)close(fd);
        return -result;
    }
    return fd;
}

bool os_read_all(int fd, struct str *out)
{
    char buffer[4096];

    for (;;) {
        ssize_t size = read(fd, buffer, sizeof(buffer));

        if (size > 0) {
            str_add(out, buffer, (size_t)size);
            if (out->failed) {
                return false;
            }
        } else if (size == 0) {
            return true;
        } else if (errno != EINTR || os_interrupted()) {
            return false;
        }
    }
}

void os_list(void *context, const char *directory, struct list *names)
{
    DIR *dir = opendir(directory[0] != '\0' ? directory : ".");
    struct dirent *entry;

    (void)context;
    if (dir == NULL) {
        return;
    }
    // A directory may be served by anybody, and never end.
    while (names->count < NAMES_MAX && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            list_add(names, entry->d_name);
        }
    }
    (void)closedir(dir);
}

bool os_exists(void *context, const char *path)
{
    struct stat st;

    (void)context;
    return lstat(path, &st) == 0;
}
