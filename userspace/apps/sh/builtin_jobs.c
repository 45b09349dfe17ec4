// SPDX-License-Identifier: MIT
//
// Builtins about jobs and processes, umask, and history.

#include "history.h"
#include "shell.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

BUILTIN(jobs)
{
    struct job *next;

    (void)argc;
    (void)argv;
    for (struct job *job = sh->jobs; job != NULL; job = next) {
        next = job->next;
        (void)job_wait(job, OS_NOW);
        job_print(job, &sh->out);
        if (job_is_done(job) && sh->interactive) {
            job_free(sh, job);
        }
    }
    return 0;
}

BUILTIN(fg)
{
    struct job *job = job_find(sh, "fg", argc > 1 ? argv[1] : "%%");

    if (job == NULL) {
        return 1;
    }
    if (job->text != NULL) {
        (void)os_write(1, job->text, strlen(job->text));
        (void)os_write(1, "\n", 1);
    }
    return finish_foreground(sh, job);
}

// Waits for one job; -1: Ctrl-C.
static int wait_for(struct shell *sh, struct job *job)
{
    int status;

    if (!job_wait(job, sh->interactive ? OS_UNTIL_CTRL_C : OS_UNTIL_DONE)) {
        (void)os_interrupted();
        (void)interrupt_command(sh);
        return -1;
    }
    status = job_status(sh, job);
    job_free(sh, job);
    return status;
}

BUILTIN(wait)
{
    int status = 0;

    while (argc == 1 && sh->jobs != NULL) {
        if (wait_for(sh, sh->jobs) < 0) {
            return STATUS_INTERRUPTED;
        }
    }
    for (int i = 1; i < argc; i++) {
        struct job *job = job_find(sh, "wait", argv[i]);

        status = job != NULL ? wait_for(sh, job) : STATUS_NOT_FOUND;
        if (status < 0) {
            return STATUS_INTERRUPTED;
        }
    }
    return status;
}

static int kill_job(struct shell *sh, const char *name)
{
    struct job *job = job_find(sh, "kill", name);

    if (job == NULL) {
        return 1;
    }
    if (job->has_group) {
        os_group_kill(&job->group);
    }
    for (size_t i = 0; i < job->count; i++) {
        if (!job->processes[i].done && job->processes[i].pid > 0) {
            (void)kill(job->processes[i].pid, SIGKILL);
        }
    }
    return 0;
}

BUILTIN(kill)
{
    int first = 1;
    int signal = SIGTERM;
    int status = 0;

    if (argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0') {
        if (argv[1][1] >= '0' && argv[1][1] <= '9') {
            signal = atoi(argv[1] + 1);
        } else if (strcmp(argv[1], "-KILL") == 0 || strcmp(argv[1], "-SIGKILL") == 0) {
            signal = SIGKILL;
        }
        first = 2;
    }
    if (first >= argc) {
        shell_error(sh, "usage: kill %%N | PID...");
        return STATUS_SYNTAX;
    }
    for (int i = first; i < argc; i++) {
        char *end;
        long pid;

        if (argv[i][0] == '%') {
            status |= kill_job(sh, argv[i]);
            continue;
        }
        errno = 0;
        pid = strtol(argv[i], &end, 10);
        if (*end != '\0' || end == argv[i] || errno != 0 || pid <= 0 || pid > 0x7fffffff) {
            shell_error(sh, "kill: %s: not a process", argv[i]);
            status = 1;
        } else if (kill((int)pid, signal) != 0) {
            shell_error(sh, "kill: %s: %s", argv[i], strerror(errno));
            status = 1;
        }
    }
    return status;
}

BUILTIN(umask)
{
    mode_t mask = umask(0);
    char *end;
    long wanted;

    (void)umask(mask);
    if (argc < 2) {
        str_printf(&sh->out, "%04o\n", (unsigned)mask);
        return 0;
    }
    wanted = strtol(argv[1], &end, 8);
    if (*end != '\0' || end == argv[1] || wanted < 0 || wanted > 0777) {
        shell_error(sh, "umask: %s: not an octal mode", argv[1]);
        return 1;
    }
    (void)umask((mode_t)wanted);
    return 0;
}

BUILTIN(history)
{
    struct history *history = sh->history;
    size_t start = 0;
    char *end;

    if (history == NULL) {
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "-c") == 0) {
        history_clear(history);
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "-s") == 0) {
        history_add(history, argv[2]);
        return 0;
    }
    if (argc > 1) {
        long count = strtol(argv[1], &end, 10);

        if (*end != '\0' || end == argv[1] || count < 0) {
            shell_error(sh, "history: %s: not a number", argv[1]);
            return 1;
        }
        start = (size_t)count < history->lines.count ? history->lines.count - (size_t)count : 0;
    }
    for (size_t i = start; i < history->lines.count; i++) {
        str_printf(&sh->out, "%5zu  %s\n", history->first + i + 1, history->lines.items[i]);
    }
    return 0;
}
