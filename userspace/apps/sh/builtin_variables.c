// SPDX-License-Identifier: MIT
//
// Builtins about variables and options: export, readonly, unset, local, set, read, getopts.

#include "shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Splits NAME[=VALUE]; the value or NULL. False: no name (reported).
static bool split_assignment(struct shell *sh, const char *command, const char *word,
                             struct str *name, const char **value)
{
    size_t size = name_length(word);

    *value = word[size] == '=' ? word + size + 1 : NULL;
    if (size == 0 || (word[size] != '\0' && word[size] != '=')) {
        shell_error(sh, "%s: `%s' is no name", command, word);
        return false;
    }
    str_cut(name, 0);
    str_add(name, word, size);
    return !name->failed;
}

static void print_variables(struct shell *sh, const char *before, bool exported, bool read_only)
{
    size_t count;
    struct variable **all = variables_sorted(sh, &count);

    for (size_t i = 0; i < count; i++) {
        const struct variable *v = all[i];

        if ((exported && !v->exported) || (read_only && !v->read_only)) {
            continue;
        }
        if (v->value != NULL) {
            str_printf(&sh->out, "%s%s=", before, v->name);
            add_quoted(&sh->out, v->value);
            str_add_char(&sh->out, '\n');
        } else if (exported || read_only) {
            str_printf(&sh->out, "%s%s\n", before, v->name);
        }
    }
    free(all);
}

// export and readonly
BUILTIN(export)
{
    bool export = argv[0][0] == 'e';
    struct str name = {0};
    const char *value;
    int status = 0;
    int first = 1;

    while (first < argc && (strcmp(argv[first], "-p") == 0 || strcmp(argv[first], "--") == 0)) {
        first++;
    }
    if (first == argc) {
        print_variables(sh, export ? "export " : "readonly ", export, !export);
    }
    for (int i = first; i < argc; i++) {
        if (!split_assignment(sh, argv[0], argv[i], &name, &value) ||
            (value != NULL && !variable_set(sh, str_text(&name), value)) ||
            !variable_mark(sh, str_text(&name), export, !export)) {
            status = 1;
        }
    }
    str_free(&name);
    return status;
}

BUILTIN(local)
{
    struct str name = {0};
    const char *value;
    int status = 0;

    if (sh->functions == 0) {
        shell_error(sh, "local: not in a function");
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        if (!split_assignment(sh, argv[0], argv[i], &name, &value) ||
            !variable_save(sh, str_text(&name)) ||
            (value != NULL && !variable_set(sh, str_text(&name), value))) {
            status = 1;
        }
    }
    str_free(&name);
    return status;
}

BUILTIN(unset)
{
    bool functions = argc > 1 && strcmp(argv[1], "-f") == 0;
    int first = functions || (argc > 1 && strcmp(argv[1], "-v") == 0) ? 2 : 1;
    int status = 0;

    for (int i = first; i < argc; i++) {
        if (functions) {
            (void)function_remove(sh, argv[i]);
        } else if (!is_name(argv[i])) {
            shell_error(sh, "unset: `%s' is no name", argv[i]);
            status = 1;
        } else if (!variable_unset(sh, argv[i])) {
            status = 1;
        }
    }
    return status;
}

// ---- options ------------------------------------------------------------------------------------

static const struct {
    char letter;
    const char *name;
    size_t offset;
} option_table[] = {
    {'a', "allexport", offsetof(struct options, all_export)},
    {'C', "noclobber", offsetof(struct options, no_clobber)},
    {'e', "errexit", offsetof(struct options, err_exit)},
    {'f', "noglob", offsetof(struct options, no_glob)},
    {'n', "noexec", offsetof(struct options, no_exec)},
    {'u', "nounset", offsetof(struct options, unset)},
    {'x', "xtrace", offsetof(struct options, trace)},
    {0, "pipefail", offsetof(struct options, pipe_fail)},
};
#define OPTION_COUNT (sizeof(option_table) / sizeof(option_table[0]))

static bool *option_at(struct shell *sh, size_t index)
{
    return (bool *)((char *)&sh->options + option_table[index].offset);
}

const char *options_text(struct shell *sh)
{
    static char text[OPTION_COUNT + 2];
    size_t size = 0;

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_table[i].letter != 0 && *option_at(sh, i)) {
            text[size++] = option_table[i].letter;
        }
    }
    if (sh->interactive) {
        text[size++] = 'i';
    }
    text[size] = '\0';
    return text;
}

static bool set_letter(struct shell *sh, char letter, bool on)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_table[i].letter == letter) {
            // At a terminal -n would be for ever.
            *option_at(sh, i) = on && !(letter == 'n' && sh->interactive);
            return true;
        }
    }
    return false;
}

static bool set_name(struct shell *sh, const char *name, bool on)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(option_table[i].name, name) == 0) {
            *option_at(sh, i) = on && !(option_table[i].letter == 'n' && sh->interactive);
            return true;
        }
    }
    return false;
}

int options_parse(struct shell *sh, int argc, char **argv)
{
    bool on = argv[0][0] == '-';

    if (argc < 1 || (argv[0][0] != '-' && argv[0][0] != '+') || argv[0][1] == '\0' ||
        argv[0][1] == '-') {
        return 0;
    }
    for (const char *letter = argv[0] + 1; *letter != '\0'; letter++) {
        if (*letter == 'o' && letter[1] == '\0' && argc > 1) {
            if (!set_name(sh, argv[1], on)) {
                shell_error(sh, "%s: no such option", argv[1]);
                return -1;
            }
            return 2;
        }
        if (!set_letter(sh, *letter, on)) {
            shell_error(sh, "%c%c: no such option", argv[0][0], *letter);
            return -1;
        }
    }
    return 1;
}

BUILTIN(set)
{
    int first = 1;

    if (argc == 1) {
        print_variables(sh, "", false, false);
        return 0;
    }
    if (argc == 2 && (strcmp(argv[1], "-o") == 0 || strcmp(argv[1], "+o") == 0)) {
        for (size_t i = 0; i < OPTION_COUNT; i++) {
            str_printf(&sh->out, "%-10s %s\n", option_table[i].name,
                       *option_at(sh, i) ? "on" : "off");
        }
        return 0;
    }
    while (first < argc) {
        int taken = options_parse(sh, argc - first, argv + first);

        if (taken < 0) {
            return STATUS_SYNTAX;
        }
        if (taken == 0) {
            break;
        }
        first += taken;
    }
    if (first < argc && (strcmp(argv[first], "--") == 0 || strcmp(argv[first], "-") == 0)) {
        first++;
        arguments_set(sh, argv + first, (size_t)(argc - first));
    } else if (first < argc) {
        arguments_set(sh, argv + first, (size_t)(argc - first));
    }
    return 0;
}

// ---- read ---------------------------------------------------------------------------------------

// Reads up to a newline, which is taken and not kept, and nothing beyond it: what follows belongs
// to the next command. A file that can be sought is read in pieces, and set back. 1: a line, 0: the
// end, -1: Ctrl-C.
static int read_line(struct shell *sh, struct str *line)
{
    char buffer[256];
    bool seekable = lseek(0, 0, SEEK_CUR) >= 0;

    for (;;) {
        ssize_t size = -1;
        char *end;

        if (!sh->interactive || os_wait_input(0)) {
            size = read(0, buffer, seekable ? sizeof(buffer) : 1);
        }
        if (size < 0 && sh->interactive && os_interrupted()) {
            return -1;
        }
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return 0;
        }
        end = memchr(buffer, '\n', (size_t)size);
        str_add(line, buffer, end != NULL ? (size_t)(end - buffer) : (size_t)size);
        if (end != NULL) {
            if (seekable) {
                (void)lseek(0, (off_t)(end + 1 - buffer) - (off_t)size, SEEK_CUR);
            }
            return 1;
        }
    }
}

// One logical line: without -r a backslash quotes the next character, also the newline. `quoted`
// gets a character per character of the line, 'q' for quoted ones.
static int read_logical_line(struct shell *sh, bool raw, struct str *line, struct str *quoted)
{
    for (;;) {
        struct str part = {0};
        int result = read_line(sh, &part);
        bool more = false;

        for (size_t i = 0; i < part.size; i++) {
            bool escape = !raw && part.data[i] == '\\';

            if (escape && i + 1 == part.size) {
                more = result == 1;
                break;
            }
            i += escape;
            if (part.data[i] != '\0') {
                str_add_char(line, part.data[i]);
                str_add_char(quoted, escape ? 'q' : '-');
            }
        }
        line->failed = line->failed || part.failed;
        str_free(&part);
        if (!more || result < 0) {
            return line->failed || quoted->failed ? -2 : result;
        }
    }
}

static bool is_separator(const char *ifs, const struct str *line, const struct str *quoted,
                         size_t at)
{
    return at < line->size && quoted->data[at] != 'q' && strchr(ifs, line->data[at]) != NULL;
}

static bool is_blank(const char *ifs, const struct str *line, const struct str *quoted, size_t at)
{
    return is_separator(ifs, line, quoted, at) && strchr(" \t\n", line->data[at]) != NULL;
}

// Gives the variables their fields; the last one all the rest.
static int assign_fields(struct shell *sh, char **names, int count, const struct str *line,
                         const struct str *quoted)
{
    struct str ifs = {0};
    struct str value = {0};
    size_t at = 0;
    int status = 0;

    str_add_text(&ifs, variable_get(sh, "IFS") != NULL ? variable_get(sh, "IFS") : " \t\n");
    for (int i = 0; i < count; i++) {
        size_t end;

        while (is_blank(str_text(&ifs), line, quoted, at)) {
            at++;
        }
        end = at;
        while (end < line->size &&
               (i + 1 == count || !is_separator(str_text(&ifs), line, quoted, end))) {
            end++;
        }
        str_cut(&value, 0);
        str_add(&value, str_text(line) + at, end - at);
        at = end;
        while (i + 1 == count && value.size != 0 && is_blank(str_text(&ifs), line, quoted, --end)) {
            str_cut(&value, value.size - 1);
        }
        while (is_blank(str_text(&ifs), line, quoted, at)) {
            at++;
        }
        at += is_separator(str_text(&ifs), line, quoted, at);
        status = variable_set(sh, names[i], str_text(&value)) ? status : 1;
    }
    str_free(&ifs);
    str_free(&value);
    return status;
}

BUILTIN(read)
{
    static char *reply[] = {(char *)(void *)"REPLY"};
    struct str line = {0};
    struct str quoted = {0};
    bool raw = false;
    int first = 1;
    int result, status;

    for (; first < argc && argv[first][0] == '-'; first++) {
        if (strcmp(argv[first], "-r") == 0) {
            raw = true;
        } else if (strcmp(argv[first], "-p") == 0 && first + 1 < argc) {
            first++;
            (void)os_write(2, argv[first], strlen(argv[first]));
        } else {
            shell_error(sh, "read: %s: no such option", argv[first]);
            return STATUS_SYNTAX;
        }
    }
    for (int i = first; i < argc; i++) {
        if (!is_name(argv[i])) {
            shell_error(sh, "read: `%s' is no name", argv[i]);
            return STATUS_SYNTAX;
        }
    }
    result = read_logical_line(sh, raw, &line, &quoted);
    if (result == -1) {
        status = interrupt_command(sh);
    } else if (result == -2) {
        shell_error(sh, "read: line too long");
        status = 1;
    } else {
        status = assign_fields(sh, first < argc ? argv + first : reply,
                               first < argc ? argc - first : 1, &line, &quoted);
        status = status == 0 && result == 0 ? 1 : status;
    }
    str_free(&line);
    str_free(&quoted);
    return status;
}

// ---- getopts ------------------------------------------------------------------------------------

// Sets NAME and OPTARG; `argument` NULL: OPTARG is unset.
static int option_found(struct shell *sh, const char *name, char option, const char *argument)
{
    char text[2] = {option, '\0'};

    if (argument == NULL) {
        (void)variable_unset(sh, "OPTARG");
    } else if (!variable_set(sh, "OPTARG", argument)) {
        return STATUS_SYNTAX;
    }
    return variable_set(sh, name, text) ? 0 : STATUS_SYNTAX;
}

static int set_index(struct shell *sh, long index)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%ld", index);
    return variable_set(sh, "OPTIND", text) ? 0 : STATUS_SYNTAX;
}

BUILTIN(getopts)
{
    static size_t position; // in the word of several letters
    char *const *words = argc > 3 ? argv + 3 : sh->arguments.items;
    long count = argc > 3 ? argc - 3 : (long)sh->arguments.count;
    const char *text = variable_get(sh, "OPTIND");
    long index = text != NULL ? strtol(text, NULL, 10) : 1;
    const char *word, *found;
    char bad[2] = "";
    char option;

    if (argc < 3 || !is_name(argv[2])) {
        shell_error(sh, "usage: getopts LETTERS NAME [ARG...]");
        return STATUS_SYNTAX;
    }
    if (index < 1 || index > count || words[index - 1][0] != '-' || words[index - 1][1] == '\0' ||
        strcmp(words[index - 1], "--") == 0) {
        bool dashes = index >= 1 && index <= count && strcmp(words[index - 1], "--") == 0;

        position = 0;
        (void)set_index(sh, index < 1 ? 1 : index + dashes);
        (void)option_found(sh, argv[2], '?', NULL);
        return 1;
    }
    word = words[index - 1];
    position = position == 0 || position >= strlen(word) ? 1 : position;
    option = word[position++];
    found = option != ':' ? strchr(argv[1], option) : NULL;
    bad[0] = option;
    if (found != NULL && found[1] == ':') {
        const char *argument = word[position] != '\0' ? word + position
                               : index < count        ? words[index]
                                                      : NULL;

        (void)set_index(sh, index + (word[position] != '\0' ? 1 : 2));
        position = 0;
        if (argument != NULL) {
            return option_found(sh, argv[2], option, argument);
        }
        if (argv[1][0] == ':') {
            return option_found(sh, argv[2], ':', bad);
        }
        shell_error(sh, "-%c: its argument is missing", option);
        return option_found(sh, argv[2], '?', NULL);
    }
    if (word[position] == '\0') {
        position = 0;
        (void)set_index(sh, index + 1);
    }
    if (found != NULL) {
        return option_found(sh, argv[2], option, NULL);
    }
    if (argv[1][0] != ':') {
        shell_error(sh, "-%c: no such option", option);
    }
    return option_found(sh, argv[2], '?', argv[1][0] == ':' ? bad : NULL);
}
