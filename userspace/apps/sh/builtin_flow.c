// SPDX-License-Identifier: MIT
//
// Builtins that decide what is executed next.

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

BUILTIN(true)
{
    (void)sh;
    (void)argc;
    (void)argv;
    return 0;
}

BUILTIN(false)
{
    (void)sh;
    (void)argc;
    (void)argv;
    return 1;
}

// A number from `least` up as the only argument; `otherwise` if there is none; -1: wrong
// (reported).
static int number_argument(struct shell *sh, int argc, char **argv, int least, int otherwise)
{
    char *end;
    long value;

    if (argc < 2) {
        return otherwise;
    }
    errno = 0;
    value = strtol(argv[1], &end, 10);
    if (*end != '\0' || end == argv[1] || errno != 0 || value < least || value > 0x7fffffff) {
        shell_error(sh, "%s: %s: not a number from %d up", argv[0], argv[1], least);
        return -1;
    }
    return (int)value;
}

static int leave_loop(struct shell *sh, int argc, char **argv, enum flow flow)
{
    int count = number_argument(sh, argc, argv, 1, 1);

    if (count < 0) {
        return 1;
    }
    if (sh->loops == 0) {
        shell_error(sh, "%s: not in a loop", argv[0]);
        return 1;
    }
    sh->flow = flow;
    sh->flow_count = (unsigned)count < sh->loops ? count : (int)sh->loops;
    return 0;
}

BUILTIN(break)
{
    return leave_loop(sh, argc, argv, FLOW_BREAK);
}

BUILTIN(continue)
{
    return leave_loop(sh, argc, argv, FLOW_CONTINUE);
}

static int leave(struct shell *sh, int argc, char **argv, enum flow flow)
{
    int status = number_argument(sh, argc, argv, 0, sh->status);

    sh->status = status < 0 ? STATUS_SYNTAX : status & 0xff;
    sh->flow = flow;
    return sh->status;
}

BUILTIN(return )
{
    if (sh->calls == 0) {
        shell_error(sh, "return: neither in a function nor in a file");
        return 1;
    }
    return leave(sh, argc, argv, FLOW_RETURN);
}

BUILTIN(exit)
{
    if (sh->interactive) {
        jobs_poll(sh, false); // may free some
        for (const struct job *job = sh->jobs; argc < 2 && job != NULL; job = job->next) {
            static bool warned;

            if (!job_is_done(job) && !warned) {
                warned = true;
                shell_error(sh,
                            "there are jobs in the background (`jobs'); exit again to leave them");
                return 1;
            }
        }
    }
    return leave(sh, argc, argv, FLOW_EXIT);
}

BUILTIN(shift)
{
    int count = number_argument(sh, argc, argv, 0, 1);

    if (count < 0 || (size_t)count > sh->arguments.count) {
        if (count >= 0) {
            shell_error(sh, "shift: there are only %zu parameters", sh->arguments.count);
        }
        return 1;
    }
    arguments_set(sh, sh->arguments.items + count, sh->arguments.count - (size_t)count);
    return 0;
}

// Counts a level of eval or source. False: too many.
static bool enter(struct shell *sh, const char *name)
{
    if (sh->calls >= CALL_DEPTH_MAX) {
        (void)shell_abort(sh, STATUS_SYNTAX, "%s: nested too deeply", name);
        return false;
    }
    sh->calls++;
    return true;
}

BUILTIN(eval)
{
    struct str text = {0};
    int status = 0;

    for (int i = 1; i < argc; i++) {
        str_add_text(&text, i > 1 ? " " : "");
        str_add_text(&text, argv[i]);
    }
    if (text.failed) {
        status = shell_abort(sh, 1, "eval: text too large");
    } else if (text.size != 0 && enter(sh, argv[0])) {
        sh->status = 0;
        status = run_source(sh, NULL, str_text(&text), text.size, sh->line, true);
        sh->calls--;
    } else {
        status = sh->flow != FLOW_NONE ? sh->status : 0;
    }
    str_free(&text);
    return status;
}

// Opens a file that is to be sourced: by its path, or somewhere in PATH.
static int open_source(struct shell *sh, const char *name)
{
    struct str path = {0};
    const char *folders = variable_get(sh, "PATH");
    int fd = -ENOENT;

    while (strchr(name, '/') == NULL && folders != NULL && fd < 0) {
        size_t size = strcspn(folders, ":");

        str_cut(&path, 0);
        str_add(&path, folders, size);
        str_add_text(&path, size != 0 ? "/" : "");
        str_add_text(&path, name);
        fd = os_open(str_text(&path), O_RDONLY);
        folders = folders[size] == ':' ? folders + size + 1 : NULL;
    }
    str_free(&path);
    return fd >= 0 ? fd : os_open(name, O_RDONLY);
}

BUILTIN(dot)
{
    struct list before = {0};
    int line = sh->line;
    int status, fd;

    if (argc < 2) {
        shell_error(sh, "%s: which file?", argv[0]);
        return STATUS_SYNTAX;
    }
    fd = open_source(sh, argv[1]);
    if (fd < 0) {
        shell_error(sh, "%s: %s: %s", argv[0], argv[1], strerror(-fd));
        if (!sh->interactive && argv[0][0] == '.') {
            sh->flow = FLOW_ABORT;
            sh->status = STATUS_NOT_FOUND;
        }
        return STATUS_NOT_FOUND;
    }
    if (!enter(sh, argv[0])) {
        return sh->status;
    }
    if (argc > 2) {
        before = sh->arguments;
        sh->arguments = (struct list){0};
        arguments_set(sh, argv + 2, (size_t)argc - 2);
    }
    sh->status = 0;
    status = run_file(sh, fd);
    if (sh->flow == FLOW_RETURN) {
        sh->flow = FLOW_NONE;
    }
    if (argc > 2) {
        list_free(&sh->arguments);
        sh->arguments = before;
    }
    sh->calls--;
    sh->line = line;
    return status;
}

// There is no way to replace a process by another program: the program runs, then the shell ends.
BUILTIN(exec)
{
    char *words[] = {(char *)(void *)"command", (char *)(void *)"--"};
    char **all;
    int status;

    if (argc < 2) {
        return 0;
    }
    all = calloc((size_t)argc + 2, sizeof(*all));
    if (all == NULL) {
        shell_error(sh, "out of memory");
        return 1;
    }
    memcpy(all, words, sizeof(words));
    memcpy(all + 2, argv + 1, ((size_t)argc - 1) * sizeof(*all));
    status = builtin_command(sh, argc + 1, all);
    free(all);
    if (!sh->interactive || (status != STATUS_NOT_FOUND && status != STATUS_NOT_EXECUTABLE)) {
        sh->flow = FLOW_EXIT;
        sh->status = status;
    }
    return status;
}

BUILTIN(trap)
{
    char *text = NULL;

    if (argc < 2) {
        if (sh->exit_trap != NULL) {
            str_add_text(&sh->out, "trap -- ");
            add_quoted(&sh->out, sh->exit_trap);
            str_add_text(&sh->out, " EXIT\n");
        }
        return 0;
    }
    if (strcmp(argv[1], "--") == 0) {
        argc--;
        argv++;
    }
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "EXIT") != 0 && strcmp(argv[i], "0") != 0) {
            shell_error(sh, "trap: %s: only EXIT can be trapped", argv[i]);
            return 1;
        }
    }
    if (argc > 2 && strcmp(argv[1], "-") != 0) {
        text = strdup(argv[1]);
        if (text == NULL) {
            shell_error(sh, "out of memory");
            return 1;
        }
    }
    free(sh->exit_trap);
    sh->exit_trap = text;
    return 0;
}
