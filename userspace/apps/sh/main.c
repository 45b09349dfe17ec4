// SPDX-License-Identifier: MIT
//
// sh, the shell of Jacinth.
//
//   sh [-aCefnux] [-o NAME] [FILE [ARG...]]     a script, or standard input
//   sh [options] -c TEXT [NAME [ARG...]]        a text
//   sh -i                                       at a terminal whatever standard input is
//
// How the parts fit: input.c, lex.c, word.c, parse.c, compound.c turn characters into trees
// (ast.h); expand.c, arith.c, pattern.c turn words into texts; execute.c, simple.c, pipeline.c,
// redirect.c, subshell.c, jobs.c do what the trees say, through os.h; the builtin files are the
// commands inside; edit.c, screen.c, complete.c, history.c and interactive.c are the terminal.

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

// What the command line asks for.
struct arguments {
    const char *text; // -c
    const char *file;
    bool interactive;    // -i
    bool standard_input; // -s
};

static int usage(struct shell *sh)
{
    shell_error(sh, "usage: sh [-aCefinsux] [-o NAME] [-c TEXT | FILE] [ARG...]");
    return STATUS_SYNTAX;
}

// Letters that only the command line has. False: it is another one.
static bool own_letter(struct arguments *a, const char *word, bool *text)
{
    if (word[0] != '-' || word[1] == '\0') {
        return false;
    }
    for (const char *c = word + 1; *c != '\0'; c++) {
        if (strchr("cisl", *c) == NULL) {
            return false;
        }
    }
    *text = *text || strchr(word, 'c') != NULL;
    a->interactive = a->interactive || strchr(word, 'i') != NULL;
    a->standard_input = a->standard_input || strchr(word, 's') != NULL;
    return true;
}

// -ec and the like: the letters of both kinds in one word.
static char *without_c(const char *word, bool *text)
{
    char *copy = strdup(word);
    size_t size = 0;

    for (size_t i = 0; copy != NULL && word[i] != '\0'; i++) {
        if (word[0] == '-' && i > 0 && word[i] == 'c') {
            *text = true;
        } else {
            copy[size++] = word[i];
        }
    }
    if (copy != NULL) {
        copy[size] = '\0';
    }
    return copy;
}

// Reads the command line; 0, or the status to end with.
static int parse_arguments(struct shell *sh, int argc, char **argv, struct arguments *a)
{
    bool text = false;
    int at = 1;

    for (; at < argc; at++) {
        char *words[2] = {NULL, at + 1 < argc ? argv[at + 1] : NULL};
        int taken;

        if (own_letter(a, argv[at], &text)) {
            continue;
        }
        words[0] = without_c(argv[at], &text);
        if (words[0] == NULL) {
            return 1;
        }
        taken = options_parse(sh, words[1] != NULL ? 2 : 1, words);
        free(words[0]);
        if (taken < 0) {
            return usage(sh);
        }
        if (taken == 0) {
            at += strcmp(argv[at], "--") == 0 || strcmp(argv[at], "-") == 0;
            break;
        }
        at += taken - 1;
    }
    if (text && at >= argc) {
        shell_error(sh, "-c: which text?");
        return usage(sh);
    }
    if (text) {
        a->text = argv[at++];
        sh->name = at < argc ? argv[at++] : sh->name;
    } else if (at < argc && !a->standard_input) {
        a->file = argv[at++];
        sh->name = a->file;
    }
    arguments_set(sh, argv + at, (size_t)(argc - at));
    return 0;
}

// ---- scripts ------------------------------------------------------------------------------------

// True if the file begins like a program or like data, not like a script.
static bool is_binary(int fd)
{
    char head[128];
    ssize_t size = read(fd, head, sizeof(head));
    const char *newline;

    if (size <= 0 || lseek(fd, 0, SEEK_SET) != 0) {
        return false;
    }
    newline = memchr(head, '\n', (size_t)size);
    return memchr(head, '\0', newline != NULL ? (size_t)(newline - head) : (size_t)size) != NULL;
}

static int run_script(struct shell *sh, const char *path)
{
    int fd = os_open(path, O_RDONLY);
    char byte;

    if (fd < 0) {
        shell_error(sh, "%s: %s", path, fd == -ENOENT ? "not found" : strerror(-fd));
        return fd == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
    }
    if (read(fd, &byte, 0) < 0 && errno == EISDIR) {
        shell_error(sh, "%s: is a directory", path);
        (void)close(fd);
        return STATUS_NOT_EXECUTABLE;
    }
    if (is_binary(fd)) {
        shell_error(sh, "%s: not a script", path);
        (void)close(fd);
        return STATUS_NOT_EXECUTABLE;
    }
    sh->messages = path;
    sh->lines = true;
    return run_file(sh, fd);
}

// Standard input may be read by the commands too: nothing beyond the line is taken from it.
static int read_input_line(void *context, struct str *text, bool continued)
{
    char buffer[512];
    bool seekable = lseek(0, 0, SEEK_CUR) >= 0;
    size_t before = text->size;

    (void)context;
    (void)continued;
    for (;;) {
        ssize_t size = read(0, buffer, seekable ? sizeof(buffer) : 1);
        char *end;

        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return text->size > before;
        }
        end = memchr(buffer, '\n', (size_t)size);
        str_add(text, buffer, end != NULL ? (size_t)(end + 1 - buffer) : (size_t)size);
        if (end != NULL) {
            if (seekable) {
                (void)lseek(0, (off_t)(end + 1 - buffer) - (off_t)size, SEEK_CUR);
            }
            return 1;
        }
    }
}

static int run_standard_input(struct shell *sh)
{
    struct parse_source source = {.more = read_input_line};

    return run_source(sh, &source, NULL, 0, 1, true);
}

// ---- start --------------------------------------------------------------------------------------

// Variables that every shell has.
static void set_defaults(struct shell *sh)
{
    char directory[4096];

    variables_import(sh, environ);
    if (variable_get(sh, "PATH") == NULL) {
        (void)variable_set(sh, "PATH", "/boot/bin");
    }
    if (getcwd(directory, sizeof(directory)) != NULL) {
        (void)variable_set(sh, "PWD", directory);
    }
    // Never from outside: it decides how words are split.
    (void)variable_set(sh, "IFS", " \t\n");
    (void)variable_set(sh, "OPTIND", "1");
    (void)variable_set(sh, "PS4", "+ ");
}

static int run(struct shell *sh, int argc, char **argv)
{
    struct arguments arguments = {0};
    int status;

    if (argc == 2 && strcmp(argv[1], "--subshell") == 0) {
        sh->messages = argv[0];
        os_init(-1);
        return run_subshell(sh);
    }
    status = parse_arguments(sh, argc, argv, &arguments);
    if (status != 0) {
        return status;
    }
    sh->interactive = arguments.interactive ||
                      (arguments.text == NULL && arguments.file == NULL && isatty(0) && isatty(2));
    os_init(sh->interactive ? 0 : -1);
    if (arguments.text != NULL) {
        return run_text(sh, arguments.text, strlen(arguments.text), true);
    }
    if (arguments.file != NULL) {
        return run_script(sh, arguments.file);
    }
    return sh->interactive ? run_interactive(sh) : run_standard_input(sh);
}

static void shell_free(struct shell *sh)
{
    variables_restore(sh, NULL);
    for (size_t i = 0; i < VARIABLE_BUCKETS; i++) {
        while (sh->variables[i] != NULL) {
            sh->variables[i]->read_only = false;
            (void)variable_unset(sh, sh->variables[i]->name);
        }
    }
    while (sh->function_list != NULL) {
        (void)function_remove(sh, sh->function_list->name);
    }
    while (sh->aliases != NULL) {
        (void)alias_remove(sh, sh->aliases->name);
    }
    while (sh->jobs != NULL) {
        job_free(sh, sh->jobs);
    }
    list_free(&sh->arguments);
    str_free(&sh->out);
    free(sh->exit_trap);
}

int main(int argc, char **argv)
{
    struct shell sh = {
        .name = argc > 0 ? argv[0] : "sh", .messages = "sh", .pid = (int)getpid(), .line = 1};

    set_defaults(&sh);
    sh.status = run(&sh, argc, argv);
    run_exit_trap(&sh);
    shell_free(&sh);
    return sh.status;
}
