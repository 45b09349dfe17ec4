// SPDX-License-Identifier: MIT
//
// A program outside Jacinth's tree: C library, a thread, a library of the SDK, one of its own, a
// system call.

#include <pthread.h>
#include <stdio.h>
#include <words/words.h>

#include <lib/sync/completion.h>
#include <zircon/syscalls.h>

static sync_completion_t done;
static const char *name;

static void *greet(void *unused)
{
    printf("%s, %s, on one of %u CPUs.\n", words_greeting(), name, zx_system_get_num_cpus());
    sync_completion_signal(&done);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    name = argc > 1 ? argv[1] : "whoever you are";
    if (pthread_create(&thread, NULL, greet, NULL) != 0) {
        return 1;
    }
    if (sync_completion_wait(&done, ZX_SEC(60)) != ZX_OK) {
        return 2;
    }
    pthread_join(thread, NULL);
    return argc - 1;
}
