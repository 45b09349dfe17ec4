// SPDX-License-Identifier: MIT
//
// Reading and executing: texts, files, standard input; and the shell's messages.

#include "shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void error_list(struct shell *sh, const char *format, va_list arguments)
{
    struct str text = {0};

    str_printf(&text, "%s: ", sh->messages);
    if (sh->lines) {
        str_printf(&text, "line %d: ", sh->line);
    }
    str_vprintf(&text, format, arguments);
    str_add_char(&text, '\n');
    (void)os_write(2, str_text(&text), text.size);
    str_free(&text);
}

void shell_error(struct shell *sh, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    error_list(sh, format, arguments);
    va_end(arguments);
}

int shell_abort(struct shell *sh, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    error_list(sh, format, arguments);
    va_end(arguments);
    sh->flow = FLOW_ABORT;
    sh->status = status;
    return status;
}

// What the parser's source is, of whatever kind.
struct reader {
    struct shell *sh;
    const struct parse_source *source;
};

static const char *find_alias(void *context, const char *name)
{
    const struct reader *reader = context;
    const struct alias *alias = alias_find(reader->sh, name);

    return alias != NULL ? alias->value : NULL;
}

static int read_more(void *context, struct str *text, bool continued)
{
    const struct reader *reader = context;

    return reader->source->more(reader->source->context, text, continued);
}

// A text that is no command.
static int syntax_error(struct shell *sh, struct parser *p)
{
    int line = sh->line;

    sh->line = p->line;
    shell_error(sh, "%s", p->message);
    sh->line = line;
    parser_drop_input(p);
    sh->status = STATUS_SYNTAX;
    if (!sh->interactive) {
        sh->flow = FLOW_ABORT;
    }
    return STATUS_SYNTAX;
}

static int execute_program_text(struct shell *sh, struct program *program)
{
    struct program *caller = sh->program;
    int status = sh->status;

    if (program->node != NULL) {
        sh->program = program;
        status = execute(sh, program->node);
        sh->program = caller;
    }
    program_release(program);
    return status;
}

// True if the source goes on after this command. Takes back what was meant for the command line.
static bool next_command(struct shell *sh, bool prompt, struct parser *p)
{
    if (sh->flow == FLOW_ABORT && prompt) {
        sh->flow = FLOW_NONE;
        sh->loops = sh->calls = sh->functions = sh->conditions = 0;
        parser_drop_input(p);
        return true;
    }
    return sh->flow == FLOW_NONE;
}

int run_source(struct shell *sh, const struct parse_source *source, const char *text, size_t size,
               int line, bool aliases)
{
    struct reader reader = {.sh = sh, .source = source};
    struct parse_source own = {.context = &reader,
                               .alias = aliases ? find_alias : NULL,
                               .more = source != NULL ? read_more : NULL};
    struct parser *p = malloc(sizeof(*p));
    bool prompt = sh->interactive && sh->program == NULL && source != NULL;
    bool more = p != NULL;

    if (p == NULL) {
        return shell_abort(sh, 1, "out of memory");
    }
    parser_init(p, &own, text, size, line);
    while (more) {
        struct program *program;
        enum parse_result result = parser_next(p, &program);

        if (result == PARSE_OK) {
            sh->status = execute_program_text(sh, program);
            more = next_command(sh, prompt, p);
        } else if (result == PARSE_ERROR) {
            (void)syntax_error(sh, p);
            more = prompt;
        } else if (result == PARSE_ABORTED) {
            parser_drop_input(p);
            sh->status = STATUS_INTERRUPTED;
            more = prompt;
        } else {
            more = false;
        }
    }
    parser_free(p);
    free(p);
    return sh->status;
}

int run_text(struct shell *sh, const char *text, size_t size, bool aliases)
{
    return run_source(sh, NULL, text, size, 1, aliases);
}

// ---- files --------------------------------------------------------------------------------------

static int read_chunk(void *context, struct str *text, bool continued)
{
    int fd = *(int *)context;
    char buffer[4096];
    ssize_t size;

    (void)continued;
    do {
        size = read(fd, buffer, sizeof(buffer));
    } while (size < 0 && errno == EINTR);
    if (size <= 0) {
        return 0;
    }
    str_add(text, buffer, (size_t)size);
    return 1;
}

int run_file(struct shell *sh, int fd)
{
    struct parse_source source = {.context = &fd, .more = read_chunk};
    int status = run_source(sh, &source, NULL, 0, 1, true);

    (void)close(fd);
    return status;
}

bool run_expand(struct shell *sh, const char *text, struct str *out)
{
    struct program *program;
    struct expand_env env;
    enum flow flow = sh->flow;
    int status = sh->status;
    bool good = parser_here_text(text, &program) == PARSE_OK;

    if (good) {
        expand_env_init(sh, &env);
        good = expand_text(&env, program->node->words, false, out);
        program_release(program);
    }
    sh->flow = flow;
    sh->status = status;
    return good;
}

void run_exit_trap(struct shell *sh)
{
    char *text = sh->exit_trap;
    int status = sh->status;
    bool exits;

    if (text == NULL) {
        return;
    }
    sh->exit_trap = NULL;
    sh->flow = FLOW_NONE;
    sh->loops = sh->calls = sh->functions = sh->conditions = 0;
    (void)run_text(sh, text, strlen(text), true);
    exits = sh->flow == FLOW_EXIT;
    sh->flow = FLOW_EXIT;
    sh->status = exits ? sh->status : status;
    free(text);
}
