// SPDX-License-Identifier: MIT
//
// What startup.c starts: does what the environment's WHAT says, and tells by its exit code. 42 is
// "all as it should be"; other codes say what was not.

#define _GNU_SOURCE
#include <libgen.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/tls.h>

#define GOOD 42

static char *volatile kept;

static int no_arguments(int argc, char **argv)
{
    if (argc != 0 || argv[0] != NULL) {
        return 1;
    }
    return strcmp(basename(NULL), ".") == 0 ? GOOD : 2;
}

// Arguments are their own numbers.
static int many_arguments(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (atoi(argv[i]) != i) {
            return 1;
        }
    }
    return argv[argc] == NULL && argc == atoi(getenv("COUNT")) ? GOOD : 2;
}

static int empty_arguments(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] != '\0') {
            return 1;
        }
    }
    return argc == atoi(getenv("COUNT")) ? GOOD : 2;
}

// Sends the stack guard and two random numbers.
static int secrets(void)
{
    uint64_t message[3];
    zx_handle_t channel = zx_take_startup_handle(PA_HND(PA_USER0, 0));

    message[0] =
        *(const uint64_t *)((const char *)__builtin_thread_pointer() + ZX_TLS_STACK_GUARD_OFFSET);
    if (getentropy(&message[1], 16) != 0) {
        return 1;
    }
    return zx_channel_write(channel, 0, message, sizeof(message), NULL, 0) == ZX_OK ? GOOD : 2;
}

static void __attribute__((noinline)) overflow(size_t size)
{
    char small[16];

    kept = small;
    memset(kept, 'x', size);
}

static void leave_at_exit(void)
{
    _Exit(GOOD);
}

static void on_signal(int number)
{
    _Exit(number == SIGTERM ? GOOD : 1);
}

static int do_what(const char *what, int argc, char **argv)
{
    if (strcmp(what, "none") == 0) {
        return no_arguments(argc, argv);
    } else if (strcmp(what, "many") == 0) {
        return many_arguments(argc, argv);
    } else if (strcmp(what, "empty") == 0) {
        return empty_arguments(argc, argv);
    } else if (strcmp(what, "secrets") == 0) {
        return secrets();
    } else if (strcmp(what, "overflow") == 0) {
        overflow(200);
    } else if (strcmp(what, "atexit") == 0) {
        atexit(leave_at_exit);
        return 1;
    } else if (strcmp(what, "exit") == 0) {
        exit(0x12345);
    } else if (strcmp(what, "abort") == 0) {
        abort();
    } else if (strcmp(what, "term") == 0) {
        raise(SIGTERM);
    } else if (strcmp(what, "handled") == 0) {
        signal(SIGTERM, on_signal);
        raise(SIGTERM);
    } else if (strcmp(what, "kill") == 0) {
        kill(getpid(), SIGKILL);
    } else if (strcmp(what, "twice") == 0) {
        kept = malloc(40);
        free(kept);
        free(kept);
    } else if (strcmp(what, "scribble") == 0) {
        kept = malloc(40);
        free(kept);
        memset(kept, 0x55, 16);
        kept = malloc(40);
    } else if (strcmp(what, "constant") == 0) {
        // The addresses of system calls are constant once the program runs.
        extern const char _GLOBAL_OFFSET_TABLE_[] __attribute__((visibility("hidden")));

        *(volatile char *)(uintptr_t)_GLOBAL_OFFSET_TABLE_ = 1;
    }
    return 1;
}

int main(int argc, char **argv)
{
    const char *what = getenv("WHAT");

    return what != NULL ? do_what(what, argc, argv) : 3;
}
