// SPDX-License-Identifier: MIT
//
// The table of builtins, and those that are about commands: help, type, command, alias, unalias.

#include "shell.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct builtin builtins[] = {
    {".", builtin_dot, true, false, ". FILE [ARG...]     run a script in this shell"},
    {":", builtin_true, true, true, ": [ARG...]          do nothing"},
    {"[", builtin_test, false, true, "[ EXPRESSION ]      the same as test"},
    {"alias", builtin_alias, false, false, "alias [NAME=TEXT...]    short names for commands"},
    {"break", builtin_break, true, false, "break [N]           leave N loops"},
    {"cd", builtin_cd, false, false, "cd [DIRECTORY | -]  change the current directory"},
    {"command", builtin_command, false, false,
     "command [-v] NAME [ARG...]  a command, no function"},
    {"continue", builtin_continue, true, false, "continue [N]        next round of the Nth loop"},
    {"echo", builtin_echo, false, true, "echo [-n] [-e] [TEXT...]    write text and a newline"},
    {"eval", builtin_eval, true, false, "eval [TEXT...]      run text as a command"},
    {"exec", builtin_exec, true, false,
     "exec [COMMAND...]   end with a command; redirect for good"},
    {"exit", builtin_exit, true, false, "exit [STATUS]       end the shell"},
    {"export", builtin_export, true, false, "export [NAME[=VALUE]...]  variables for programs"},
    {"false", builtin_false, false, true, "false               fail"},
    {"fg", builtin_fg, false, false,
     "fg [%N]             wait for a background job, Ctrl-C ends it"},
    {"getopts", builtin_getopts, false, false, "getopts LETTERS NAME [ARG...]  next option"},
    {"help", builtin_help, false, true, "help                what you are reading"},
    {"history", builtin_history, false, false, "history [N | -c | -s LINE]    lines typed before"},
    {"jobs", builtin_jobs, false, true, "jobs                what runs in the background"},
    {"kill", builtin_kill, false, false, "kill %N | PID...    end a job or process"},
    {"local", builtin_local, false, false, "local NAME[=VALUE]...   variables of a function"},
    {"printf", builtin_printf, false, true, "printf FORMAT [ARG...]  write formatted text"},
    {"pwd", builtin_pwd, false, true, "pwd                 the current directory"},
    {"read", builtin_read, false, false, "read [-r] [-p PROMPT] NAME...   a line into variables"},
    {"readonly", builtin_export, true, false, "readonly [NAME[=VALUE]...]  variables that stay"},
    {"return", builtin_return, true, false, "return [STATUS]     leave a function"},
    {"set", builtin_set, true, false, "set [-aCefnux] [-o NAME] [--] [ARG...]  options, $1 ..."},
    {"shift", builtin_shift, true, false, "shift [N]           drop $1 ... $N"},
    {"source", builtin_dot, false, false, "source FILE [ARG...]    the same as ."},
    {"test", builtin_test, false, true,
     "test EXPRESSION     -f -d -e FILE, -z -n A, A = B, 1 -lt 2 ..."},
    {"trap", builtin_trap, true, false, "trap COMMAND EXIT   run a command at the end"},
    {"true", builtin_true, false, true, "true                succeed"},
    {"type", builtin_type, false, true, "type NAME...        what a command is"},
    {"umask", builtin_umask, false, false, "umask [MODE]        permissions that new files lack"},
    {"unalias", builtin_unalias, false, false, "unalias NAME... | -a    forget short names"},
    {"unset", builtin_unset, true, false, "unset [-f] NAME...  forget variables or functions"},
    {"wait", builtin_wait, false, false, "wait [%N | PID...]  until background jobs have ended"},
};
const size_t builtin_count = sizeof(builtins) / sizeof(builtins[0]);

const struct builtin *builtin_find(const char *name)
{
    for (size_t i = 0; i < builtin_count; i++) {
        if (strcmp(builtins[i].name, name) == 0) {
            return &builtins[i];
        }
    }
    return NULL;
}

void list_programs(struct shell *sh, const char *prefix, struct list *out)
{
    const char *folders = variable_get(sh, "PATH");
    size_t length = strlen(prefix);
    struct str path = {0};

    while (folders != NULL) {
        size_t size = strcspn(folders, ":");
        struct list names = {0};

        str_cut(&path, 0);
        str_add(&path, folders, size);
        os_list(NULL, str_text(&path), &names);
        for (size_t i = 0; i < names.count; i++) {
            if (strncmp(names.items[i], prefix, length) == 0) {
                str_cut(&path, size);
                str_add_char(&path, '/');
                str_add_text(&path, names.items[i]);
                if (access(str_text(&path), X_OK) == 0) {
                    list_add(out, names.items[i]);
                }
            }
        }
        list_free(&names);
        folders = folders[size] == ':' ? folders + size + 1 : NULL;
    }
    str_free(&path);
    list_sort(out, true);
}

// ---- help ---------------------------------------------------------------------------------------

static void add_columns(struct str *out, const struct list *names)
{
    size_t width = 0;
    size_t column = 0;

    for (size_t i = 0; i < names->count; i++) {
        size_t size = strlen(names->items[i]);

        width = size > width ? size : width;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (column != 0 && column + width + 2 > 76) {
            str_add_char(out, '\n');
            column = 0;
        }
        str_printf(out, "  %-*s", (int)width, names->items[i]);
        column += width + 2;
    }
    str_add_text(out, names->count != 0 ? "\n" : "  (none)\n");
}

BUILTIN(help)
{
    struct list programs = {0};
    struct str *out = &sh->out;
    int status = 0;

    for (int i = 1; i < argc; i++) {
        const struct builtin *builtin = builtin_find(argv[i]);

        if (builtin == NULL) {
            shell_error(sh, "help: %s is no builtin; try `%s --help'", argv[i], argv[i]);
            status = 1;
        } else {
            str_printf(out, "%s\n", builtin->help);
        }
    }
    if (argc > 1) {
        return status;
    }
    str_add_text(out, "This is the shell of Jacinth. Type a command and Enter.\n\n"
                      "Built in:\n");
    for (size_t i = 0; i < builtin_count; i++) {
        str_printf(out, "  %s\n", builtins[i].help);
    }
    str_printf(out, "\nPrograms (in %s):\n",
               variable_get(sh, "PATH") != NULL ? variable_get(sh, "PATH")
                                                : "PATH, which is not set");
    list_programs(sh, "", &programs);
    add_columns(out, &programs);
    list_free(&programs);
    str_add_text(out,
                 "\n"
                 "  A && B, A || B, A; B, A &    one after the other; in the background\n"
                 "  A | B, A > FILE, A < FILE    pipes and files; >> adds, 2> is for errors\n"
                 "  $NAME $(COMMAND) $((1 + 2)) *.txt ~    are replaced by what they stand for\n"
                 "  if, while, until, for, case, NAME() { ...; }    as in any POSIX shell\n"
                 "\n"
                 "Keys: Tab completes, Up and Down go through the history, Ctrl-R searches it,\n"
                 "Ctrl-A and Ctrl-E go to the ends of the line, Ctrl-C ends what runs, Ctrl-D the "
                 "shell.\n");
    return 0;
}

// ---- what is it? --------------------------------------------------------------------------------

static bool is_reserved(const char *name)
{
    static const char *const words[] = {"!",    "{",    "}",     "if",    "then", "elif",
                                        "else", "fi",   "while", "until", "for",  "do",
                                        "done", "case", "esac",  "in"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// `command -v`: in a form that could be typed.
static bool describe_short(struct shell *sh, const char *name)
{
    const struct alias *alias = alias_find(sh, name);
    struct str path = {0};
    bool found = true;

    if (alias != NULL) {
        str_printf(&sh->out, "alias %s=", name);
        add_quoted(&sh->out, alias->value);
        str_add_char(&sh->out, '\n');
    } else if (is_reserved(name) || function_find(sh, name) != NULL || builtin_find(name) != NULL) {
        str_printf(&sh->out, "%s\n", name);
    } else if (find_program(sh, name, &path) == 0) {
        str_printf(&sh->out, "%s\n", str_text(&path));
    } else {
        found = false;
    }
    str_free(&path);
    return found;
}

static bool describe(struct shell *sh, const char *name)
{
    const struct alias *alias = alias_find(sh, name);
    const struct function *function = function_find(sh, name);
    struct str path = {0};
    bool found = true;

    if (alias != NULL) {
        str_printf(&sh->out, "%s is an alias of %s\n", name, alias->value);
    } else if (is_reserved(name)) {
        str_printf(&sh->out, "%s is a reserved word\n", name);
    } else if (function != NULL) {
        str_printf(&sh->out, "%s is a function\n%s() ", name, name);
        print_node(&sh->out, function->body);
        str_add_char(&sh->out, '\n');
    } else if (builtin_find(name) != NULL) {
        str_printf(&sh->out, "%s is built in\n", name);
    } else if (find_program(sh, name, &path) == 0) {
        str_printf(&sh->out, "%s is %s\n", name, str_text(&path));
    } else {
        shell_error(sh, "type: %s: not found", name);
        found = false;
    }
    str_free(&path);
    return found;
}

BUILTIN(type)
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        status = describe(sh, argv[i]) ? status : 1;
    }
    return status;
}

BUILTIN(command)
{
    struct list words = {0};
    const struct builtin *builtin;
    struct job *job;
    struct redirection r;
    int status = 1;
    int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

    if (argc > 1 && (strcmp(argv[1], "-v") == 0 || strcmp(argv[1], "-V") == 0)) {
        status = argc > 2 ? 0 : STATUS_SYNTAX;
        for (int i = 2; i < argc; i++) {
            bool found = argv[1][1] == 'v' ? describe_short(sh, argv[i]) : describe(sh, argv[i]);

            status = found ? status : STATUS_NOT_FOUND;
        }
        return status;
    }
    if (first >= argc) {
        return 0;
    }
    builtin = builtin_find(argv[first]);
    if (builtin != NULL) {
        return builtin->run(sh, argc - first, argv + first);
    }
    for (int i = first; i < argc; i++) {
        list_add(&words, argv[i]);
    }
    job = job_new(sh, sh->interactive);
    if (job != NULL && !words.failed) {
        redirection_init(&r);
        status = start_program(sh, &words, NULL, r.fds, job);
    }
    list_free(&words);
    if (status == 0 && job != NULL) {
        return finish_foreground(sh, job);
    }
    job_free(sh, job);
    return status;
}

// ---- aliases ------------------------------------------------------------------------------------

static void print_alias(struct shell *sh, const struct alias *alias)
{
    str_printf(&sh->out, "alias %s=", alias->name);
    add_quoted(&sh->out, alias->value);
    str_add_char(&sh->out, '\n');
}

static int set_alias(struct shell *sh, const char *word)
{
    const char *equals = strchr(word, '=');
    struct str name = {0};
    int status = 0;

    if (equals == NULL || equals == word) {
        const struct alias *alias = alias_find(sh, word);

        if (alias == NULL) {
            shell_error(sh, "alias: %s: not found", word);
            return 1;
        }
        print_alias(sh, alias);
        return 0;
    }
    str_add(&name, word, (size_t)(equals - word));
    if (strpbrk(str_text(&name), " \t\n'\"\\$`|&;<>()") != NULL) {
        shell_error(sh, "alias: `%s' is no name", str_text(&name));
        status = 1;
    } else if (name.failed || !alias_set(sh, str_text(&name), equals + 1)) {
        status = 1;
    }
    str_free(&name);
    return status;
}

BUILTIN(alias)
{
    int status = 0;
    int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

    for (const struct alias *a = argc == first ? sh->aliases : NULL; a != NULL; a = a->next) {
        print_alias(sh, a);
    }
    for (int i = first; i < argc; i++) {
        status |= set_alias(sh, argv[i]);
    }
    return status;
}

BUILTIN(unalias)
{
    int status = 0;

    if (argc == 2 && strcmp(argv[1], "-a") == 0) {
        while (sh->aliases != NULL) {
            (void)alias_remove(sh, sh->aliases->name);
        }
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (!alias_remove(sh, argv[i])) {
            shell_error(sh, "unalias: %s: not found", argv[i]);
            status = 1;
        }
    }
    return status;
}
