// SPDX-License-Identifier: MIT
//
// What the commands have in common; the interface is in command.h. State: the name, the usage text
// and whether anything failed. One thread.

#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COPY_SIZE 16384u

extern char **environ;

static const char *name = "command";
static const char *usage_text = "";
static int status;

void command_start(char **argv, const char *usage)
{
    if (argv[0] != NULL) {
        const char *slash = strrchr(argv[0], '/');

        name = slash != NULL ? slash + 1 : argv[0];
    }
    if (usage == NULL)
        return;
    usage_text = usage;
    if (argv[0] != NULL && argv[1] != NULL && strcmp(argv[1], "--help") == 0) {
        printf("usage: %s %s\n", name, usage_text);
        exit(command_end());
    }
}

void command_complain(const char *format, ...)
{
    va_list arguments;

    // What was printed before comes before the message.
    fflush(stdout);
    fprintf(stderr, "%s: ", name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    status = STATUS_FAILED;
}

void command_error(const char *what)
{
    command_complain("%s: %s", what, strerror(errno));
}

int command_usage(void)
{
    fprintf(stderr, "usage: %s %s\n", name, usage_text);
    return STATUS_USAGE;
}

int command_end(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        command_error("write error");
    return status;
}

bool command_number(const char *text, uint64_t *out)
{
    char *end;
    unsigned shift = 0;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    switch (*end) {
    case 'k': shift = 10; break;
    case 'M': shift = 20; break;
    case 'G': shift = 30; break;
    default: break;
    }
    if (shift != 0)
        end++;
    if (*end != '\0' || *out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

int command_open(const char *path)
{
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        command_error(path);
    return fd;
}

void command_close(int fd)
{
    if (fd != STDIN_FILENO)
        close(fd);
}

bool command_write(int fd, const void *data, size_t size)
{
    const char *bytes = data;

    while (size != 0) {
        ssize_t written = write(fd, bytes, size);

        if (written == 0)
            errno = EIO; // a server that takes nothing would be asked for ever
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

bool command_copy(int from, const char *from_name, int to, const char *to_name)
{
    static char buffer[COPY_SIZE];
    ssize_t count;

    while ((count = read(from, buffer, sizeof(buffer))) > 0) {
        if (!command_write(to, buffer, (size_t)count)) {
            command_error(to_name);
            return false;
        }
    }
    if (count < 0)
        command_error(from_name);
    return count == 0;
}

void *command_grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size != 0 ? size : 1);

    if (grown == NULL) {
        command_error("memory");
        exit(STATUS_FAILED);
    }
    return grown;
}

void *command_allocate(size_t size)
{
    return command_grow(NULL, size);
}

char *command_path(const char *folder, const char *file)
{
    size_t length = strlen(folder);
    char *path = command_allocate(length + strlen(file) + 2);
    const char *between = length == 0 || folder[length - 1] == '/' ? "" : "/";

    strcpy(path, folder);
    strcat(path, between);
    strcat(path, file);
    return path;
}

const char *command_last_part(const char *path, size_t *out_length)
{
    size_t end = strlen(path);

    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    *out_length = end - start;
    return path + start;
}

int command_run(char **argv)
{
    return command_run_with(argv, NULL);
}

int command_run_with(char **argv, const posix_spawnattr_t *attributes)
{
    pid_t pid;
    int result;
    int error = posix_spawnp(&pid, argv[0], NULL, attributes, argv, environ);

    if (error != 0) {
        errno = error;
        command_error(argv[0]);
        return error == ENOENT ? 127 : 126;
    }
    while (waitpid(pid, &result, 0) < 0) {
        if (errno != EINTR) {
            command_error(argv[0]);
            return STATUS_FAILED;
        }
    }
    return WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
}
