// SPDX-License-Identifier: MIT
//
// Child shells: what POSIX does with fork().
//
// The child is this program, started with one argument, --subshell. Through a pipe, at
// OS_SUBSHELL_FD, it gets a line of numbers, then shell text that restores the state (what is not
// exported: that it has from its environment; functions, aliases, parameters), then the command as
// text. Its descriptors are those of the place where the command stands. What it changes is its
// own.

#include "history.h"
#include "shell.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_variables(struct shell *sh, struct str *out)
{
    size_t count;
    struct variable **all = variables_sorted(sh, &count);

    for (size_t i = 0; i < count; i++) {
        const struct variable *v = all[i];

        if (v->value != NULL && !v->exported) {
            str_printf(out, "%s=", v->name);
            add_quoted(out, v->value);
            str_add_char(out, '\n');
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (all[i]->exported && all[i]->value == NULL) {
            str_printf(out, "export %s\n", all[i]->name);
        }
        if (all[i]->read_only) {
            str_printf(out, "readonly %s\n", all[i]->name);
        }
    }
    free(all);
}

static void add_state(struct shell *sh, struct str *out)
{
    for (const struct alias *a = sh->aliases; a != NULL; a = a->next) {
        str_printf(out, "alias -- %s=", a->name);
        add_quoted(out, a->value);
        str_add_char(out, '\n');
    }
    for (const struct function *f = sh->function_list; f != NULL; f = f->next) {
        str_printf(out, "%s() ", f->name);
        print_node(out, f->body);
        str_add_char(out, '\n');
    }
    add_variables(sh, out);
    if (sh->arguments.count != 0) {
        str_add_text(out, "set --");
        for (size_t i = 0; i < sh->arguments.count; i++) {
            str_add_char(out, ' ');
            add_quoted(out, sh->arguments.items[i]);
        }
        str_add_char(out, '\n');
    }
}

// The lines typed before, for a command (or a function) that may ask for them.
static void add_history(const struct history *history, struct str *out)
{
    for (size_t i = 0; i < history->lines.count; i++) {
        str_add_text(out, "history -s ");
        add_quoted(out, history->lines.items[i]);
        str_add_char(out, '\n');
    }
}

// $- without -e where its failing does not count.
static unsigned option_bits(const struct shell *sh)
{
    const struct options *o = &sh->options;

    return (unsigned)o->all_export << 0 | (unsigned)o->no_clobber << 1 |
           (unsigned)(o->err_exit && sh->conditions == 0) << 2 | (unsigned)o->no_glob << 3 |
           (unsigned)o->unset << 4 | (unsigned)o->trace << 5 | (unsigned)o->pipe_fail << 6;
}

static void set_option_bits(struct shell *sh, unsigned bits)
{
    sh->options = (struct options){
        .all_export = bits & 1,
        .no_clobber = bits >> 1 & 1,
        .err_exit = bits >> 2 & 1,
        .no_glob = bits >> 3 & 1,
        .unset = bits >> 4 & 1,
        .trace = bits >> 5 & 1,
        .pipe_fail = bits >> 6 & 1,
    };
}

int start_subshell(struct shell *sh, const struct node *node, const int *fds, struct job *job)
{
    char *argv[] = {(char *)(uintptr_t)sh->name, (char *)(uintptr_t) "--subshell", NULL};
    struct os_start start = {
        .path = os_self(), .argv = argv, .group = job->has_group ? &job->group : NULL};
    static char *const nothing[] = {NULL};
    struct list environment = {0};
    struct str text = {0}, command = {0};
    struct str head = {0};
    int writer = -1;
    int pid, error;

    memcpy(start.fds, fds, sizeof(start.fds));
    variables_environment(sh, &environment);
    start.environment = environment.items != NULL ? environment.items : nothing;
    add_state(sh, &text);
    print_node(&command, node);
    str_add_char(&command, '\n');
    if (sh->history != NULL && (strstr(str_text(&text), "history") != NULL ||
                                strstr(str_text(&command), "history") != NULL)) {
        add_history(sh->history, &text);
    }
    str_printf(&head, "%d %d %d %u %u %d %d %zu %zu\n", sh->pid, sh->status, sh->background_pid,
               option_bits(sh), sh->calls, sh->line, sh->lines,
               sh->history != NULL ? sh->history->first : 0, text.size);
    str_add_text(&text, str_text(&command));
    error = text.failed || head.failed || command.failed || environment.failed ? ENOMEM : 0;
    error = error == 0 ? -os_pipe(&start.state, &writer) : error;
    if (error == 0) {
        error = os_spawn(&start, &pid);
        (void)close(start.state);
        if (error == 0) {
            // A child that has ended already does not need it.
            if (os_write(writer, str_text(&head), head.size) == 0) {
                (void)os_write(writer, str_text(&text), text.size);
            }
            error = job_add_process(job, pid) ? 0 : ENOMEM;
        }
        (void)close(writer);
    }
    list_free(&environment);
    str_free(&text);
    str_free(&command);
    str_free(&head);
    if (error != 0) {
        shell_error(sh, "cannot start a subshell: %s", strerror(error));
        return STATUS_NOT_EXECUTABLE;
    }
    return 0;
}

// The numbers of the first line. Where the text begins, or NULL.
static const char *read_numbers(struct shell *sh, const char *text, unsigned *bits, size_t *size)
{
    size_t *first = &sh->history->first;
    int lines, end = 0;

    if (sscanf(text, "%d %d %d %u %u %d %d %zu %zu%n", &sh->pid, &sh->status, &sh->background_pid,
               bits, &sh->calls, &sh->line, &lines, first, size, &end) != 9 ||
        text[end] != '\n') {
        return NULL;
    }
    sh->lines = lines != 0;
    return text + end + 1;
}

int run_subshell(struct shell *sh)
{
    struct history history = {.limit = HISTORY_SIZE_MAX};
    struct str all = {0};
    unsigned bits = 0;
    size_t size = 0;
    size_t left;
    const char *text;
    int status = 0;

    sh->subshell = true;
    sh->history = &history;
    if (!os_read_all(OS_SUBSHELL_FD, &all) ||
        (text = read_numbers(sh, str_text(&all), &bits, &size)) == NULL ||
        size > (left = (size_t)(str_text(&all) + all.size - text)) || sh->calls >= CALL_DEPTH_MAX) {
        (void)close(OS_SUBSHELL_FD);
        str_free(&all);
        sh->history = NULL;
        shell_error(sh, "--subshell is for the shell itself, which sends the state");
        return STATUS_SYNTAX;
    }
    (void)close(OS_SUBSHELL_FD);
    sh->calls++;
    status = sh->status;
    (void)run_text(sh, text, size, false);
    set_option_bits(sh, bits);
    sh->status = status;
    if (sh->flow == FLOW_NONE) {
        status = run_source(sh, NULL, text + size, left - size, sh->line, false);
    }
    str_free(&all);
    history_clear(&history);
    sh->history = NULL;
    return status;
}
