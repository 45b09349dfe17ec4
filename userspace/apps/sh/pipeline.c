// SPDX-License-Identifier: MIT
//
// Pipelines, commands in the background, command substitution: what runs beside the shell.
//
// Each command of a pipeline becomes a process: a program that is started as it is, or a child
// shell.

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- which commands need no child shell ---------------------------------------------------------

static bool parts_have_side_effects(const struct part *parts)
{
    for (const struct part *part = parts; part != NULL; part = part->next) {
        if (part->kind == PART_ARITH || part->op == PARAM_ASSIGN || part->op == PARAM_ERROR ||
            parts_have_side_effects(part->children)) {
            return true;
        }
    }
    return false;
}

bool has_side_effects(const struct node *node)
{
    for (const struct assign *a = node->assigns; a != NULL; a = a->next) {
        if (parts_have_side_effects(a->value->parts)) {
            return true;
        }
    }
    for (const struct word *w = node->words; w != NULL; w = w->next) {
        if (parts_have_side_effects(w->parts)) {
            return true;
        }
    }
    for (const struct redirect *r = node->redirects; r != NULL; r = r->next) {
        if (parts_have_side_effects(r->word->parts)) {
            return true;
        }
    }
    return false;
}

bool is_plain_program(struct shell *sh, const struct node *node)
{
    const char *name;

    if (node->kind != NODE_SIMPLE || node->words == NULL || has_side_effects(node)) {
        return false;
    }
    name = word_plain_text(node->words);
    return name != NULL && name[0] != '~' && strpbrk(name, "*?[") == NULL &&
           builtin_find(name) == NULL && function_find(sh, name) == NULL;
}

// The one simple command that a list consists of, or NULL.
static const struct node *only_command(const struct node *list)
{
    const struct node *node = list;

    while (node->kind == NODE_LIST || node->kind == NODE_AND_OR || node->kind == NODE_PIPELINE) {
        if (node->body->next != NULL || node->negated || node->body->async) {
            return NULL;
        }
        node = node->body;
    }
    return node->kind == NODE_SIMPLE ? node : NULL;
}

// ---- pipelines ----------------------------------------------------------------------------------

// Starts a program as a command of a pipeline: words expanded here, redirections on top of `fds`.
static int start_plain(struct shell *sh, const struct node *node, const int *fds, struct job *job)
{
    struct expand_env env;
    struct list argv = {0};
    struct redirection r;
    int status = STATUS_SYNTAX;

    expand_env_init(sh, &env);
    sh->line = node->line;
    if (expand_words(&env, node->words, &argv)) {
        redirection_init(&r);
        memcpy(r.fds, fds, sizeof(r.fds));
        status = 1;
        if (redirection_open(sh, &r, node->redirects)) {
            status = start_program(sh, &argv, node->assigns, r.fds, job);
            redirection_close(&r);
        }
    }
    list_free(&argv);
    return status;
}

int start_command(struct shell *sh, const struct node *node, const int *fds, struct job *job)
{
    int status;

    if (!is_plain_program(sh, node)) {
        return start_subshell(sh, node, fds, job);
    }
    status = start_plain(sh, node, fds, job);
    if (status != 0 && sh->flow == FLOW_NONE) {
        // Its place in the pipeline remains: the status may be the pipeline's.
        if (job_add_process(job, 0)) {
            job->processes[job->count - 1].done = true;
            job->processes[job->count - 1].status = status;
        }
        return 0;
    }
    return status;
}

static void close_if_open(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

// Starts all commands of a pipeline. `fds` are the descriptors of the whole.
static int start_pipeline(struct shell *sh, const struct node *node, const int *fds,
                          struct job *job)
{
    int input = -1; // what the next command reads
    int status = 0;

    for (const struct node *command = node->body; status == 0 && command != NULL;
         command = command->next) {
        int its[OS_FDS];
        int reader = -1;
        int writer = -1;

        memcpy(its, fds, sizeof(its));
        if (command->next != NULL) {
            int result = os_pipe(&reader, &writer);

            if (result < 0) {
                shell_error(sh, "cannot make a pipe: %s", strerror(-result));
                status = 1;
                break;
            }
            its[1] = writer;
        }
        if (input >= 0) {
            its[0] = input;
        }
        status = start_command(sh, command, its, job);
        close_if_open(&writer);
        close_if_open(&input);
        input = reader;
    }
    close_if_open(&input);
    return status;
}

int execute_pipeline(struct shell *sh, const struct node *node)
{
    struct redirection r;
    struct job *job;
    int status;

    if (node->body->next == NULL) {
        if (!node->negated) {
            return execute(sh, node->body);
        }
        sh->conditions++;
        status = execute(sh, node->body);
        sh->conditions--;
        return sh->flow != FLOW_NONE ? status : status == 0;
    }
    job = job_new(sh, sh->interactive);
    if (job == NULL) {
        return 1;
    }
    job->negated = node->negated;
    redirection_init(&r);
    status = start_pipeline(sh, node, r.fds, job);
    if (status != 0 && job->has_group) {
        os_group_kill(&job->group);
    }
    if (status == 0 || job->count != 0) {
        int ended = finish_foreground(sh, job);

        return status != 0 ? status : ended;
    }
    job_free(sh, job);
    return status;
}

// ---- in the background --------------------------------------------------------------------------

static void announce(struct shell *sh, struct job *job)
{
    struct str text = {0};

    if (sh->interactive) {
        str_printf(&text, "[%d] %d\n", job->number, sh->background_pid);
        (void)os_write(2, str_text(&text), text.size);
        str_free(&text);
    }
}

int execute_async(struct shell *sh, const struct node *node)
{
    struct job *job = job_new(sh, true);
    struct str text = {0};
    struct redirection r;
    int null = os_open("/dev/null", O_RDONLY);
    int status;

    if (job == NULL) {
        close_if_open(&null);
        return 1;
    }
    jobs_poll(sh, false);
    redirection_init(&r);
    r.fds[0] = null;
    if (node->body->next == NULL) {
        status = start_pipeline(sh, node->body, r.fds, job);
    } else {
        status = start_subshell(sh, node, r.fds, job);
    }
    close_if_open(&null);
    if (status != 0 || job->count == 0) {
        job_free(sh, job);
        return status;
    }
    print_node(&text, node);
    free(job->text);
    job->text = strdup(str_text(&text));
    str_free(&text);
    if (job->processes[job->count - 1].pid != 0) {
        sh->background_pid = job->processes[job->count - 1].pid;
    }
    job_enlist(sh, job);
    announce(sh, job);
    return 0;
}

// ---- command substitution -----------------------------------------------------------------------

// $(echo ...) and the like: the builtin writes into the text. False: it is nothing of this kind.
static bool run_here(struct shell *sh, const struct node *command, struct str *output)
{
    const struct node *simple = only_command(command);
    const char *name = simple != NULL && simple->words != NULL && simple->assigns == NULL &&
                               simple->redirects == NULL && !has_side_effects(simple)
                           ? word_plain_text(simple->words)
                           : NULL;
    const struct builtin *builtin = name != NULL ? builtin_find(name) : NULL;
    struct str *before = sh->capture;

    if (builtin == NULL || !builtin->pure || function_find(sh, name) != NULL) {
        return false;
    }
    sh->capture = output;
    sh->substitution_status = execute_simple(sh, simple);
    sh->capture = before;
    return true;
}

// Starts the command with its descriptor 1 at `writer`.
static int start_substitution(struct shell *sh, const struct node *command, int writer,
                              struct job *job)
{
    const struct node *simple = only_command(command);
    struct redirection r;

    redirection_init(&r);
    r.fds[1] = writer;
    if (simple != NULL && is_plain_program(sh, simple)) {
        return start_command(sh, simple, r.fds, job);
    }
    return start_subshell(sh, command, r.fds, job);
}

static bool run_substitution(void *context, const struct node *command, struct str *output)
{
    struct shell *sh = context;
    struct job *job;
    int reader, writer, result, status;
    bool whole = true;

    if (run_here(sh, command, output)) {
        return sh->flow == FLOW_NONE;
    }
    result = os_pipe(&reader, &writer);
    if (result < 0) {
        shell_error(sh, "cannot make a pipe: %s", strerror(-result));
        return false;
    }
    job = job_new(sh, sh->interactive);
    status = job != NULL ? start_substitution(sh, command, writer, job) : 1;
    (void)close(writer);
    if (status == 0) {
        os_foreground(job->has_group ? &job->group : NULL);
        whole = os_read_all(reader, output);
        if (!whole && job->has_group) {
            os_group_kill(&job->group);
        }
    }
    (void)close(reader);
    sh->substitution_status = status == 0 ? finish_foreground(sh, job) : status;
    if (status != 0) {
        job_free(sh, job);
    }
    return sh->flow == FLOW_NONE;
}

// ---- the expander's environment -----------------------------------------------------------------

static const char *env_get(void *context, const char *name)
{
    return parameter_get(context, name);
}

static bool env_set(void *context, const char *name, const char *value)
{
    return variable_set(context, name, value);
}

static char *const *env_arguments(void *context, size_t *count)
{
    struct shell *sh = context;

    *count = sh->arguments.count;
    return sh->arguments.items;
}

static const char *env_home(void *context, const char *user)
{
    return user[0] == '\0' ? variable_get(context, "HOME") : NULL;
}

static void env_error(void *context, const char *format, ...)
{
    struct str text = {0};
    va_list arguments;

    va_start(arguments, format);
    str_vprintf(&text, format, arguments);
    va_end(arguments);
    shell_error(context, "%s", str_text(&text));
    str_free(&text);
}

void expand_env_init(struct shell *sh, struct expand_env *env)
{
    *env = (struct expand_env){
        .context = sh,
        .get = env_get,
        .set = env_set,
        .arguments = env_arguments,
        .run = run_substitution,
        .error = env_error,
        .home = env_home,
        .files = {.list = os_list, .exists = os_exists},
        .no_glob = sh->options.no_glob,
        .unset_is_error = sh->options.unset,
    };
}
