// SPDX-License-Identifier: MIT
//
// Jobs: the processes of a pipeline, waited for in the foreground or kept in a list.
//
// A job belongs to whoever made it until job_enlist(); then to the list, from which job_free()
// takes it.

#include "shell.h"

#include <stdlib.h>
#include <string.h>

// Ended jobs of a script that nobody has waited for.
#define DONE_MAX 256

struct job *job_new(struct shell *sh, bool group)
{
    struct job *job = calloc(1, sizeof(*job));
    int error = 0;

    if (job != NULL && group) {
        error = os_group_create(&job->group);
        job->has_group = error == 0;
    }
    if (job == NULL || error != 0) {
        shell_error(sh, "cannot make a job: %s", job != NULL ? strerror(error) : "out of memory");
        free(job);
        return NULL;
    }
    return job;
}

bool job_add_process(struct job *job, int pid)
{
    struct process *more = realloc(job->processes, (job->count + 1) * sizeof(*more));

    if (more == NULL) {
        return false;
    }
    job->processes = more;
    job->processes[job->count++] = (struct process){.pid = pid};
    return true;
}

void job_enlist(struct shell *sh, struct job *job)
{
    struct job **at = &sh->jobs;

    job->number = 1;
    while (*at != NULL) {
        job->number = (*at)->number + 1;
        at = &(*at)->next;
    }
    *at = job;
}

void job_free(struct shell *sh, struct job *job)
{
    if (job == NULL) {
        return;
    }
    for (struct job **at = &sh->jobs; *at != NULL; at = &(*at)->next) {
        if (*at == job) {
            *at = job->next;
            break;
        }
    }
    if (job->has_group) {
        os_group_close(&job->group);
    }
    free(job->processes);
    free(job->text);
    free(job);
}

static bool process_wait(struct process *process, enum os_waiting how)
{
    int result;

    if (process->done) {
        return true;
    }
    result = os_wait(process->pid, how, &process->status, &process->signal);
    if (result < 0) {
        process->status = STATUS_NOT_FOUND;
    }
    process->done = result != 0;
    return process->done;
}

bool job_wait(struct job *job, enum os_waiting how)
{
    for (size_t i = 0; i < job->count; i++) {
        if (!process_wait(&job->processes[i], how)) {
            return false;
        }
    }
    return true;
}

bool job_is_done(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        if (!job->processes[i].done) {
            return false;
        }
    }
    return true;
}

int job_status(const struct shell *sh, const struct job *job)
{
    int status = job->count != 0 ? job->processes[job->count - 1].status : 0;

    for (size_t i = job->count; sh->options.pipe_fail && status == 0 && i > 0; i--) {
        status = job->processes[i - 1].status;
    }
    return job->negated ? status == 0 : status;
}

static const char *signal_text(int signal)
{
    switch (signal) {
    case 4: return "Illegal instruction";
    case 6: return "Aborted";
    case 7: return "Bus error";
    case 8: return "Floating point exception";
    case 9: return "Killed";
    case 11: return "Segmentation fault";
    case 15: return "Terminated";
    default: return NULL; // 2 and 13: the user knows
    }
}

int interrupt_command(struct shell *sh)
{
    (void)os_write(2, os_after_interrupt, strlen(os_after_interrupt));
    sh->flow = FLOW_ABORT;
    sh->status = STATUS_INTERRUPTED;
    return STATUS_INTERRUPTED;
}

int finish_foreground(struct shell *sh, struct job *job)
{
    const char *text;
    int status;

    if (sh->interactive) {
        os_foreground(job->has_group ? &job->group : NULL);
    }
    (void)job_wait(job, OS_UNTIL_DONE);
    if (sh->interactive) {
        os_foreground(NULL);
    }
    status = job_status(sh, job);
    text = job->count != 0 ? signal_text(job->processes[job->count - 1].signal) : NULL;
    job_free(sh, job);
    if (sh->interactive && (os_interrupted() || status == STATUS_INTERRUPTED)) {
        return interrupt_command(sh);
    }
    if (text != NULL) {
        (void)os_write(2, text, strlen(text));
        (void)os_write(2, "\n", 1);
    }
    return status;
}

void job_print(const struct job *job, struct str *out)
{
    char state[32] = "Running";

    if (job_is_done(job)) {
        const struct process *last = &job->processes[job->count - 1];
        const char *signal = signal_text(last->signal);
        struct str text = {0};

        if (signal != NULL) {
            str_add_text(&text, signal);
        } else if (last->status == 0) {
            str_add_text(&text, "Done");
        } else {
            str_printf(&text, "Exit %d", last->status);
        }
        strncpy(state, str_text(&text), sizeof(state) - 1);
        str_free(&text);
    }
    str_printf(out, "[%d] %-10s %s\n", job->number, state, job->text != NULL ? job->text : "");
}

void jobs_poll(struct shell *sh, bool report)
{
    struct job *next;
    size_t done = 0;

    for (struct job *job = sh->jobs; job != NULL; job = job->next) {
        done += job_wait(job, OS_NOW);
    }
    for (struct job *job = sh->jobs; job != NULL; job = next) {
        struct str text = {0};

        next = job->next;
        if (!job_is_done(job) || (!report && done <= DONE_MAX)) {
            continue;
        }
        if (report) {
            job_print(job, &text);
            (void)os_write(2, str_text(&text), text.size);
            str_free(&text);
        }
        job_free(sh, job);
        done--;
    }
}

struct job *job_find(struct shell *sh, const char *command, const char *name)
{
    struct job *found = NULL;
    long number = strtol(name[0] == '%' ? name + 1 : name, NULL, 10);

    for (struct job *job = sh->jobs; job != NULL; job = job->next) {
        if (name[0] != '%') {
            for (size_t i = 0; i < job->count; i++) {
                found = number > 0 && job->processes[i].pid == number ? job : found;
            }
        } else if (name[1] == '\0' || name[1] == '%' || name[1] == '+') {
            found = job; // the newest
        } else if (number > 0
                       ? job->number == number
                       : job->text != NULL && strncmp(job->text, name + 1, strlen(name + 1)) == 0) {
            found = job;
        }
    }
    if (found == NULL) {
        shell_error(sh, "%s: %s: no such job", command, name);
    }
    return found;
}
