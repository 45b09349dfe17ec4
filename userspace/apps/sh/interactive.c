// SPDX-License-Identifier: MIT
//
// The shell at a terminal: prompts, reading lines with the editor, terminal modes.
//
// The terminal is in raw mode only while a line is edited. Bytes are taken from it one at a time,
// so that what is typed ahead remains for the program that is started.

#include "complete.h"
#include "history.h"
#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define DEFAULT_PROMPT "jacinth:\\w\\$ "

struct session {
    struct shell *sh;
    struct editor editor;
    struct history history;
    struct termios cooked; // for programs
    bool has_terminal;
    struct str entry; // lines of the command so far, for the history
};

// ---- prompt -------------------------------------------------------------------------------------

// The current directory, with ~ for HOME.
static void add_directory(struct shell *sh, struct str *out)
{
    const char *directory = variable_get(sh, "PWD");
    const char *home = variable_get(sh, "HOME");
    size_t size = home != NULL ? strlen(home) : 0;

    directory = directory != NULL ? directory : "?";
    if (size > 1 && strncmp(directory, home, size) == 0 &&
        (directory[size] == '/' || directory[size] == '\0')) {
        str_add_char(out, '~');
        directory += size;
    }
    str_add_text(out, directory);
}

// \w and the like in a prompt whose $ are expanded already.
static void decode_prompt(struct shell *sh, const char *text, struct str *out)
{
    for (; *text != '\0'; text++) {
        if (*text != '\\' || text[1] == '\0') {
            str_add_char(out, *text);
            continue;
        }
        text++;
        switch (*text) {
        case 'w': add_directory(sh, out); break;
        case 'W': {
            struct str path = {0};
            const char *slash;

            add_directory(sh, &path);
            slash = strrchr(str_text(&path), '/');
            str_add_text(out, slash != NULL && slash[1] != '\0' ? slash + 1 : str_text(&path));
            str_free(&path);
            break;
        }
        case '$': str_add_char(out, '$'); break;
        case '?': str_printf(out, "%d", sh->status); break;
        case 'e': str_add_char(out, '\033'); break;
        case 'n': str_add_char(out, '\n'); break;
        case '[':
        case ']': break; // needed elsewhere; widths are known here
        default: str_add_char(out, *text); break;
        }
    }
}

static void make_prompt(struct shell *sh, const char *name, const char *otherwise, struct str *out)
{
    const char *value = variable_get(sh, name);
    struct str text = {0};

    str_add_text(&text, value != NULL ? value : otherwise);
    if (strchr(str_text(&text), '$') != NULL && strcmp(str_text(&text), otherwise) != 0) {
        struct str expanded = {0};

        if (run_expand(sh, str_text(&text), &expanded)) {
            str_free(&text);
            text = expanded;
        } else {
            str_free(&expanded);
        }
    }
    decode_prompt(sh, str_text(&text), out);
    str_free(&text);
}

// ---- completion ---------------------------------------------------------------------------------

static void add_if(struct list *out, const char *name, const char *prefix)
{
    if (strncmp(name, prefix, strlen(prefix)) == 0) {
        list_add(out, name);
    }
}

static void source_commands(void *context, const char *prefix, struct list *out)
{
    struct shell *sh = context;

    for (size_t i = 0; i < builtin_count; i++) {
        add_if(out, builtins[i].name, prefix);
    }
    for (const struct function *f = sh->function_list; f != NULL; f = f->next) {
        add_if(out, f->name, prefix);
    }
    for (const struct alias *a = sh->aliases; a != NULL; a = a->next) {
        add_if(out, a->name, prefix);
    }
    list_programs(sh, prefix, out);
}

static void source_variables(void *context, const char *prefix, struct list *out)
{
    struct shell *sh = context;

    for (size_t i = 0; i < VARIABLE_BUCKETS; i++) {
        for (const struct variable *v = sh->variables[i]; v != NULL; v = v->next) {
            add_if(out, v->name, prefix);
        }
    }
}

static bool source_is_directory(void *context, const char *path)
{
    struct stat st;

    (void)context;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *source_home(void *context)
{
    return variable_get(context, "HOME");
}

static void complete_line(void *context, const char *line, size_t cursor, struct completion *out)
{
    const struct complete_sources sources = {
        .context = context,
        .commands = source_commands,
        .variables = source_variables,
        .list = os_list,
        .is_directory = source_is_directory,
        .home = source_home,
    };

    complete(&sources, line, cursor, out);
}

// ---- the terminal -------------------------------------------------------------------------------

// A program may have left the terminal in any state. What looks sane is kept for the next program.
static void adopt_modes(struct session *s)
{
    struct termios now;
    const tcflag_t sane = ICANON | ECHO | ISIG;

    if (tcgetattr(0, &now) == 0 && (now.c_lflag & sane) == sane) {
        s->cooked = now;
    }
}

static void set_raw(struct session *s)
{
    struct termios raw = s->cooked;

    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | ISTRIP);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    (void)tcsetattr(0, TCSADRAIN, &raw);
}

static void set_cooked(struct session *s)
{
    (void)tcsetattr(0, TCSADRAIN, &s->cooked);
}

static size_t terminal_columns(struct shell *sh)
{
    struct winsize size = {0};
    const char *text = variable_get(sh, "COLUMNS");
    long columns;

    if (ioctl(0, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
        return size.ws_col;
    }
    columns = text != NULL ? strtol(text, NULL, 10) : 0;
    return columns > 0 && columns < 10000 ? (size_t)columns : 0;
}

static bool write_output(struct editor *e)
{
    int error = os_write(1, str_text(&e->output), e->output.size);

    str_cut(&e->output, 0);
    e->output.failed = false;
    return error == 0;
}

static bool more_keys(void)
{
    struct pollfd item = {.fd = 0, .events = POLLIN};

    return poll(&item, 1, 0) > 0;
}

static enum edit_result edit_line(struct session *s)
{
    enum edit_result result = EDIT_MORE;

    while (result == EDIT_MORE) {
        unsigned char byte;
        ssize_t size;

        if (!more_keys()) {
            edit_draw(&s->editor);
            if (!write_output(&s->editor)) {
                return EDIT_END;
            }
        }
        size = read(0, &byte, 1);
        if (size == 1) {
            result = edit_key(&s->editor, byte);
        } else if (size == 0 || errno != EINTR) {
            return EDIT_END; // the terminal is gone
        }
    }
    return result;
}

// A line without an editor: the terminal does what there is of editing. 1, 0 or -1 as read_command.
static int read_plain(struct str *line)
{
    for (;;) {
        char byte;
        ssize_t size = os_wait_input(0) ? read(0, &byte, 1) : -1;

        if (size < 0 && os_interrupted()) {
            return -1;
        }
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return line->size != 0;
        }
        if (byte == '\n') {
            return 1;
        }
        str_add_char(line, byte);
    }
}

// ---- reading commands ---------------------------------------------------------------------------

// Remembers the line; of a command of several lines the whole.
static void remember(struct session *s, const char *line, bool continued)
{
    struct list *lines = &s->history.lines;

    if (continued && s->entry.size != 0) {
        if (lines->count != 0 && strcmp(lines->items[lines->count - 1], str_text(&s->entry)) == 0) {
            list_remove(lines, lines->count - 1);
        }
        str_add_char(&s->entry, '\n');
    } else {
        str_cut(&s->entry, 0);
    }
    str_add_text(&s->entry, line);
    history_add(&s->history, str_text(&s->entry));
}

static void set_history_size(struct session *s)
{
    const char *text = variable_get(s->sh, "HISTSIZE");
    long size = text != NULL ? strtol(text, NULL, 10) : HISTORY_SIZE;

    history_set_limit(&s->history, size > 0 ? (size_t)size : 0);
}

static int read_edited(struct session *s, const char *prompt, struct str *line)
{
    enum edit_result result;

    adopt_modes(s);
    set_raw(s);
    s->editor.columns = terminal_columns(s->sh);
    edit_begin(&s->editor, prompt);
    result = edit_line(s);
    edit_finish(&s->editor, result == EDIT_INTERRUPT ? "^C" : "");
    (void)write_output(&s->editor);
    // In this order: a Ctrl-C typed right after the line is noticed when the terminal is cooked
    // again.
    (void)os_interrupted();
    set_cooked(s);
    str_add(line, str_text(&s->editor.line), s->editor.line.size);
    return result == EDIT_LINE ? 1 : result == EDIT_END ? 0 : -1;
}

// For the parser: one more line. 1: added, 0: the end, -1: given up.
static int read_command(void *context, struct str *text, bool continued)
{
    struct session *s = context;
    struct str prompt = {0};
    struct str line = {0};
    int result;

    if (!continued) {
        jobs_poll(s->sh, true);
    }
    make_prompt(s->sh, continued ? "PS2" : "PS1", continued ? "> " : DEFAULT_PROMPT, &prompt);
    set_history_size(s);
    if (s->has_terminal) {
        result = read_edited(s, str_text(&prompt), &line);
    } else {
        (void)os_write(2, str_text(&prompt), prompt.size);
        result = read_plain(&line);
    }
    if (result > 0) {
        remember(s, str_text(&line), continued);
        str_add(text, str_text(&line), line.size);
        str_add_char(text, '\n');
        text->failed = text->failed || line.failed;
    }
    str_free(&prompt);
    str_free(&line);
    return result;
}

// The file that ENV names, in every interactive shell.
static void run_startup_file(struct shell *sh)
{
    const char *name = variable_get(sh, "ENV");
    int fd = name != NULL && name[0] != '\0' ? os_open(name, O_RDONLY) : -1;

    if (fd >= 0) {
        sh->calls++;
        (void)run_file(sh, fd);
        sh->calls--;
        if (sh->flow != FLOW_EXIT) {
            sh->flow = FLOW_NONE;
        }
    }
}

static void greet(struct shell *sh)
{
    const char *level = variable_get(sh, "SHLVL");
    static const char text[] = "Jacinth. `help` says what you can do here.\n";
    struct str next = {0};

    if (level == NULL) {
        (void)os_write(1, text, sizeof(text) - 1);
    }
    str_printf(&next, "%ld", (level != NULL ? strtol(level, NULL, 10) : 0) + 1);
    if (variable_set(sh, "SHLVL", str_text(&next))) {
        (void)variable_mark(sh, "SHLVL", true, false);
    }
    str_free(&next);
}

int run_interactive(struct shell *sh)
{
    struct session *s = calloc(1, sizeof(*s));
    struct parse_source source = {.context = s, .more = read_command};
    int status;

    if (s == NULL) {
        shell_error(sh, "out of memory");
        return 1;
    }
    s->sh = sh;
    s->history.limit = HISTORY_SIZE;
    s->has_terminal = tcgetattr(0, &s->cooked) == 0 && isatty(1);
    s->cooked.c_lflag |= ICANON | ECHO | ISIG;
    s->editor = (struct editor){.history = &s->history, .complete = complete_line, .context = sh};
    sh->history = &s->history;
    os_foreground(NULL);
    greet(sh);
    run_startup_file(sh);
    status = sh->flow == FLOW_EXIT ? sh->status : run_source(sh, &source, NULL, 0, 1, true);
    sh->history = NULL;
    edit_free(&s->editor);
    history_clear(&s->history);
    str_free(&s->entry);
    free(s);
    return status;
}
