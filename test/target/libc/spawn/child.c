// SPDX-License-Identifier: MIT
//
// spawn-child: what the tests of spawning start. The first argument says what it does.

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jacinth/fd.h>
#include <spawn.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

// An address in a constant: written when the program is relocated, and by nobody afterwards.
static const void *const constant[] = {&environ, &constant};

// Copies stdin to stdout, adding `add` to each byte.
static int copy(int add)
{
    unsigned char buffer[4096];
    ssize_t size;

    while ((size = read(0, buffer, sizeof(buffer))) > 0) {
        for (ssize_t i = 0; i < size; i++) {
            buffer[i] = (unsigned char)(buffer[i] + add);
        }
        for (ssize_t done = 0, part; done < size; done += part) {
            part = write(1, buffer + done, (size_t)(size - done));
            if (part <= 0) {
                return 2;
            }
        }
    }
    return size == 0 ? 0 : 1;
}

// What stack the program was given.
static int print_stack(void)
{
    zx_handle_t stack = zx_take_startup_handle(PA_HND(PA_VMO_STACK, 0));
    uint64_t size = 0;

    (void)zx_vmo_get_size(stack, &size);
    printf("%lu", (unsigned long)size);
    return 0;
}

static int print_fds(void)
{
    for (int fd = fd_next(0, 0); fd >= 0; fd = fd_next(fd + 1, 0)) {
        printf("%d ", fd);
    }
    return 0;
}

// Answers the channel it was given, and tells whether it has a job.
static int use_handle(void)
{
    zx_handle_t channel = zx_take_startup_handle(PA_HND(PA_USER0, 7));
    char has_job = zx_job_default() != ZX_HANDLE_INVALID ? 'j' : '-';

    return zx_channel_write(channel, 0, &has_job, 1, NULL, 0) == ZX_OK ? 0 : 1;
}

// Starts itself again, to sleep, and goes.
static int leave_grandchild(const char *self)
{
    char *const argv[] = {(char *)self, (char *)"sleep", NULL};
    pid_t pid;

    return posix_spawn(&pid, self, NULL, NULL, argv, environ);
}

static int work(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "nothing";
    char *directory;

    if (strcmp(what, "exit") == 0) {
        return atoi(argv[2]);
    } else if (strcmp(what, "args") == 0) {
        for (int i = 0; i < argc; i++) {
            printf("[%s]", argv[i]);
        }
    } else if (strcmp(what, "env") == 0) {
        for (char **entry = environ; *entry != NULL; entry++) {
            printf("[%s]", *entry);
        }
    } else if (strcmp(what, "cat") == 0) {
        return copy(argc > 2 ? atoi(argv[2]) : 0);
    } else if (strcmp(what, "pwd") == 0) {
        directory = getcwd(NULL, 0);
        printf("%s", directory != NULL ? directory : "?");
        free(directory);
    } else if (strcmp(what, "fds") == 0) {
        return print_fds();
    } else if (strcmp(what, "stack") == 0) {
        return print_stack();
    } else if (strcmp(what, "handle") == 0) {
        return use_handle();
    } else if (strcmp(what, "sleep") == 0) {
        (void)zx_nanosleep(ZX_TIME_INFINITE);
    } else if (strcmp(what, "crash") == 0) {
        volatile int *volatile nowhere = NULL;

        *nowhere = 0;
    } else if (strcmp(what, "constant") == 0) {
        *(const void *volatile *)(uintptr_t)&constant[0] = &constant;
    } else if (strcmp(what, "grandchild") == 0) {
        return leave_grandchild(argv[2]);
    } else {
        return 99;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int status = work(argc, argv);

    return fflush(stdout) == 0 ? status : 98;
}
