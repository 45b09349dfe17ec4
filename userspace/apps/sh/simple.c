// SPDX-License-Identifier: MIT
//
// Simple commands: assignments, builtins, functions, programs.

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- finding and starting programs --------------------------------------------------------------

// 0: a program; else the status of trying to run it.
static int judge_file(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return errno == EACCES ? STATUS_NOT_EXECUTABLE : STATUS_NOT_FOUND;
    }
    return S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0 ? 0 : STATUS_NOT_EXECUTABLE;
}

int find_program(struct shell *sh, const char *name, struct str *path)
{
    const char *folders = variable_get(sh, "PATH");
    int result = STATUS_NOT_FOUND;

    str_cut(path, 0);
    if (strchr(name, '/') != NULL || name[0] == '\0') {
        str_add_text(path, name);
        return name[0] == '\0' ? STATUS_NOT_FOUND : judge_file(name);
    }
    while (folders != NULL) {
        size_t size = strcspn(folders, ":");
        int judged;

        str_cut(path, 0);
        str_add(path, size != 0 ? folders : ".", size != 0 ? size : 1);
        str_add_char(path, '/');
        str_add_text(path, name);
        judged = judge_file(str_text(path));
        if (judged == 0) {
            return 0;
        }
        // A folder of that name is no program that cannot be executed.
        result = judged == STATUS_NOT_EXECUTABLE ? judged : result;
        folders = folders[size] == ':' ? folders + size + 1 : NULL;
    }
    return result;
}

// The first bytes of a file; how many.
static size_t read_head(const char *path, char *head, size_t size)
{
    int fd = os_open(path, O_RDONLY);
    ssize_t got = fd >= 0 ? read(fd, head, size) : -1;

    if (fd >= 0) {
        (void)close(fd);
    }
    return got > 0 ? (size_t)got : 0;
}

// True if a file that the system could not start is a script for us: text without #!, or with a #!
// that names a shell which is elsewhere on this system.
static bool is_our_script(const char *path, int error)
{
    char head[256];
    size_t size = read_head(path, head, sizeof(head) - 1);
    size_t end;

    head[size] = '\0';
    if (error == ENOEXEC) {
        return size == 0 || (memchr(head, '\0', size) == NULL && head[0] != '\x7f');
    }
    if (error != ENOENT || strncmp(head, "#!", 2) != 0) {
        return false;
    }
    end = strcspn(head, "\r\n \t");
    if (end == 2) {
        size_t blanks = 2 + strspn(head + 2, " \t");

        end = blanks + strcspn(head + blanks, "\r\n \t");
    }
    return end > 3 && strncmp(head + end - 3, "/sh", 3) == 0;
}

static int spawn_failed(struct shell *sh, const char *name, const char *path, int error)
{
    if (error == ENOENT && os_exists(NULL, path)) {
        shell_error(sh, "%s: what is needed to run it was not found", name);
        return STATUS_NOT_EXECUTABLE;
    }
    if (error == ENOENT || error == ENOTDIR) {
        shell_error(sh, "%s: not found", name);
        return STATUS_NOT_FOUND;
    }
    shell_error(sh, "%s: %s", name,
                error == ENOEXEC ? "not a program for this machine" : strerror(error));
    return STATUS_NOT_EXECUTABLE;
}

// Starts a script by this shell's program.
static int spawn_script(const struct os_start *start, int *out_pid)
{
    struct os_start again = *start;
    size_t count = 0;
    const char **argv;
    int error;

    while (start->argv[count] != NULL) {
        count++;
    }
    argv = malloc((count + 2) * sizeof(*argv));
    if (argv == NULL) {
        return ENOMEM;
    }
    argv[0] = "sh";
    argv[1] = start->path;
    memcpy(argv + 2, start->argv + 1, count * sizeof(*argv));
    again.path = os_self();
    again.argv = (char *const *)argv;
    error = os_spawn(&again, out_pid);
    free(argv);
    return error;
}

static int spawn(struct shell *sh, const char *path, struct list *argv, struct list *environment,
                 const int *fds, struct job *job)
{
    struct os_start start = {.path = path,
                             .argv = argv->items,
                             .environment = environment->items,
                             .state = -1,
                             .group = job->has_group ? &job->group : NULL};
    static char *const nothing[] = {NULL};
    int pid, error;

    memcpy(start.fds, fds, sizeof(start.fds));
    if (start.environment == NULL) {
        start.environment = nothing;
    }
    error = os_spawn(&start, &pid);
    if ((error == ENOEXEC || error == ENOENT) && is_our_script(path, error)) {
        error = spawn_script(&start, &pid);
    }
    if (error != 0) {
        return spawn_failed(sh, argv->items[0], path, error);
    }
    return job_add_process(job, pid) ? 0 : 1;
}

static bool set_assignments(struct shell *sh, const struct assign *assigns, bool save, bool export);

int start_program(struct shell *sh, struct list *argv, const struct assign *assigns, const int *fds,
                  struct job *job)
{
    struct saved_variable *mark = sh->saved;
    struct list environment = {0};
    struct str path = {0};
    int status = 1;

    if (set_assignments(sh, assigns, true, true)) {
        status = find_program(sh, argv->items[0], &path);
        variables_environment(sh, &environment);
        if (path.failed || environment.failed) {
            shell_error(sh, "out of memory");
            status = 1;
        } else if (status == STATUS_NOT_FOUND) {
            shell_error(sh, "%s: not found", argv->items[0]);
        } else if (status != 0) {
            struct stat st;
            bool folder = stat(str_text(&path), &st) == 0 && S_ISDIR(st.st_mode);

            shell_error(sh, "%s: %s", argv->items[0], folder ? "is a directory" : strerror(EACCES));
        } else {
            status = spawn(sh, str_text(&path), argv, &environment, fds, job);
        }
    }
    variables_restore(sh, mark);
    list_free(&environment);
    str_free(&path);
    return status;
}

// ---- assignments --------------------------------------------------------------------------------

static void trace_text(struct shell *sh, const char *text)
{
    (void)sh;
    (void)os_write(2, text, strlen(text));
}

// Sets the variables; `save`: such that they can be restored. False: reported.
static bool set_assignments(struct shell *sh, const struct assign *assigns, bool save, bool export)
{
    struct expand_env env;
    bool good = true;

    expand_env_init(sh, &env);
    for (const struct assign *a = assigns; good && a != NULL; a = a->next) {
        struct str value = {0};

        good = expand_text(&env, a->value, true, &value) && (!save || variable_save(sh, a->name)) &&
               variable_set(sh, a->name, str_text(&value)) &&
               (!export || variable_mark(sh, a->name, true, false));
        if (good && sh->options.trace && !save) {
            struct str line = {0};

            str_printf(&line, "+ %s=", a->name);
            add_quoted(&line, str_text(&value));
            str_add_char(&line, '\n');
            trace_text(sh, str_text(&line));
            str_free(&line);
        }
        str_free(&value);
    }
    return good;
}

static int abort_line(struct shell *sh)
{
    if (sh->flow == FLOW_NONE) {
        sh->flow = FLOW_ABORT;
        sh->status = sh->interactive ? 1 : STATUS_SYNTAX;
    }
    return sh->status;
}

// A command without words: redirections are opened and closed, variables set.
static int execute_nothing(struct shell *sh, const struct node *node)
{
    struct redirection r;

    redirection_init(&r);
    if (!redirection_open(sh, &r, node->redirects)) {
        return 1;
    }
    redirection_close(&r);
    if (!set_assignments(sh, node->assigns, false, false)) {
        return abort_line(sh);
    }
    return sh->substitution_status >= 0 ? sh->substitution_status : 0;
}

// ---- builtins and functions ---------------------------------------------------------------------

// Writes what a builtin has left; returns its status or, if it cannot be written, 1.
static int flush(struct shell *sh, const char *name, int status)
{
    int error = 0;

    if (sh->out.failed) {
        error = EFBIG;
    } else if (sh->capture != NULL) {
        str_add(sh->capture, str_text(&sh->out), sh->out.size);
    } else {
        error = os_write(1, str_text(&sh->out), sh->out.size);
    }
    str_free(&sh->out);
    if (error == 0) {
        return status;
    }
    if (error == EPIPE && !sh->interactive) {
        // Nobody reads any more: a program would have ended without a word, too.
        sh->flow = FLOW_EXIT;
        sh->status = STATUS_PIPE;
        return STATUS_PIPE;
    }
    shell_error(sh, "%s: cannot write: %s", name, strerror(error));
    return 1;
}

int call_function(struct shell *sh, struct function *function, struct list *argv)
{
    struct list before = sh->arguments;
    struct program *program = program_hold(function->program);
    struct program *caller = sh->program;
    struct saved_variable *mark = sh->saved;
    unsigned loops = sh->loops;
    int status;

    if (sh->calls >= CALL_DEPTH_MAX) {
        program_release(program);
        return shell_abort(sh, STATUS_SYNTAX, "%s: functions nested too deeply", argv->items[0]);
    }
    sh->arguments = (struct list){0};
    arguments_set(sh, argv->items + 1, argv->count - 1);
    sh->program = program;
    sh->loops = 0;
    sh->calls++;
    sh->functions++;
    status = execute(sh, function->body);
    if (sh->flow == FLOW_RETURN) {
        sh->flow = FLOW_NONE;
        status = sh->status;
    }
    sh->functions--;
    sh->calls--;
    sh->loops = loops;
    sh->program = caller;
    variables_restore(sh, mark);
    list_free(&sh->arguments);
    sh->arguments = before;
    program_release(program);
    return status;
}

static int run_builtin(struct shell *sh, const struct builtin *builtin, struct list *argv)
{
    int status = builtin->run(sh, (int)argv->count, argv->items);

    return flush(sh, argv->items[0], status);
}

// A builtin or function, with its assignments and redirections in force.
static int execute_inside(struct shell *sh, const struct node *node, struct list *argv,
                          const struct builtin *builtin, struct function *function)
{
    bool special = builtin != NULL && builtin->special;
    bool keep = builtin != NULL && builtin->run == builtin_exec && argv->count == 1;
    struct saved_variable *mark = sh->saved;
    struct redirection r;
    int status = 1;

    redirection_init(&r);
    if (!redirection_open(sh, &r, node->redirects) || !redirection_apply(sh, &r)) {
        return special && !sh->interactive ? abort_line(sh) : 1;
    }
    if (!set_assignments(sh, node->assigns, !special, !special)) {
        status = abort_line(sh);
    } else if (function != NULL) {
        status = call_function(sh, function, argv);
    } else {
        status = run_builtin(sh, builtin, argv);
    }
    if (!special && node->assigns != NULL) {
        variables_restore(sh, mark);
    }
    for (int i = 0; keep && i < OS_FDS; i++) {
        if (r.saved[i] >= 0) {
            (void)close(r.saved[i]);
        }
        r.saved[i] = -2;
    }
    redirection_undo(&r);
    redirection_close(&r);
    return status;
}

static int execute_program(struct shell *sh, const struct node *node, struct list *argv)
{
    struct job *job = job_new(sh, sh->interactive);
    struct redirection r;
    int status;

    redirection_init(&r);
    if (job == NULL || !redirection_open(sh, &r, node->redirects)) {
        job_free(sh, job);
        return 1;
    }
    status = start_program(sh, argv, node->assigns, r.fds, job);
    redirection_close(&r);
    if (status == 0) {
        return finish_foreground(sh, job);
    }
    job_free(sh, job);
    return status;
}

static void trace(struct shell *sh, const struct list *argv)
{
    struct str line = {0};

    str_add_char(&line, '+');
    for (size_t i = 0; i < argv->count; i++) {
        str_add_char(&line, ' ');
        add_quoted(&line, argv->items[i]);
    }
    str_add_char(&line, '\n');
    trace_text(sh, str_text(&line));
    str_free(&line);
}

static int execute_words(struct shell *sh, const struct node *node, struct list *argv)
{
    const char *name = argv->items[0];
    const struct builtin *builtin = builtin_find(name);
    struct function *function =
        builtin != NULL && builtin->special ? NULL : function_find(sh, name);

    if (sh->options.trace) {
        trace(sh, argv);
    }
    if (builtin != NULL || function != NULL) {
        return execute_inside(sh, node, argv, function != NULL ? NULL : builtin, function);
    }
    return execute_program(sh, node, argv);
}

int execute_simple(struct shell *sh, const struct node *node)
{
    struct expand_env env;
    struct list argv = {0};
    int status = 0;

    if (shell_interrupted(sh)) {
        return sh->status;
    }
    sh->line = node->line;
    sh->substitution_status = -1;
    expand_env_init(sh, &env);
    if (!expand_words(&env, node->words, &argv)) {
        status = abort_line(sh);
    } else if (argv.count == 0) {
        status = execute_nothing(sh, node);
    } else {
        status = execute_words(sh, node, &argv);
    }
    list_free(&argv);
    return status;
}
