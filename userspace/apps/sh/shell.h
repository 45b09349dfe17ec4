// SPDX-License-Identifier: MIT
//
// The shell's state, and what its files offer each other.
//
// There is one thread and no fork. What a POSIX shell does by forking (compound commands in
// pipelines or in the background, ( ), $( )) a child shell does: this program started anew, which
// reads the state and the command as text from a pipe (subshell.c). Programs are started straight
// from this process.
//
// How a command ends: its status is returned; if what surrounds it must stop too, `flow` says so
// and everybody returns until someone who is meant takes it back.

#pragma once

#include "ast.h"
#include "expand.h"
#include "os.h"
#include "parse.h"

#define STATUS_SYNTAX         2
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND      127
#define STATUS_INTERRUPTED    130
#define STATUS_PIPE           141

// Functions, sources and evals inside of each other.
#define CALL_DEPTH_MAX 500

enum flow {
    FLOW_NONE,
    FLOW_BREAK,    // flow_count loops
    FLOW_CONTINUE, // the flow_count-th loop
    FLOW_RETURN,   // the function or sourced file
    FLOW_EXIT,     // the shell
    FLOW_ABORT,    // the command line at the prompt; a script ends
};

struct options {
    bool all_export; // -a
    bool no_clobber; // -C
    bool err_exit;   // -e
    bool no_glob;    // -f
    bool no_exec;    // -n
    bool unset;      // -u
    bool trace;      // -x
    bool pipe_fail;  // -o pipefail
};

struct variable {
    char *name;
    char *value; // NULL: exported or read-only, but not set
    bool exported;
    bool read_only;
    struct variable *next;
};

// What a variable was before a function's `local` or an assignment before a command.
struct saved_variable {
    char *name;
    char *value;
    bool exported;
    struct saved_variable *below;
};

struct function {
    char *name;
    const struct node *body;
    struct program *program; // a reference
    struct function *next;
};

struct alias {
    char *name;
    char *value;
    struct alias *next;
};

struct process {
    int pid;
    bool done;
    int status;
    int signal;
};

struct job {
    int number;
    struct os_group group;
    bool has_group;
    struct process *processes;
    size_t count;
    char *text;
    bool negated;
    struct job *next;
};

#define VARIABLE_BUCKETS 64

struct shell {
    const char *name;     // $0
    const char *messages; // what messages begin with
    bool lines;           // they name the line
    bool interactive;
    bool subshell;
    struct options options;
    int status;         // $?
    int pid;            // $$
    int background_pid; // $!, 0: none
    int line;
    enum flow flow;
    int flow_count;
    unsigned loops;          // inside of so many, in this function
    unsigned calls;          // functions, sources, evals
    unsigned functions;      // functions
    unsigned conditions;     // -e does not count
    int substitution_status; // of the last $( ) in the command, or -1
    struct variable *variables[VARIABLE_BUCKETS];
    struct saved_variable *saved;
    struct list arguments; // $1 ...
    struct function *function_list;
    struct alias *aliases;
    struct program *program; // what is being executed
    struct job *jobs;        // in the order of their numbers
    struct str out;          // what a builtin writes
    struct str *capture;     // where to, instead of descriptor 1
    char *exit_trap;
    struct history *history;
};

// ---- main.c and run.c ---------------------------------------------------------------------------

// A message for the user on descriptor 2, with the shell's name.
void shell_error(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The same, and the command line or script ends with `status`.
int shell_abort(struct shell *sh, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Reads and executes until the source ends; returns the last status.
int run_source(struct shell *sh, const struct parse_source *source, const char *text, size_t size,
               int line, bool aliases);
int run_text(struct shell *sh, const char *text, size_t size, bool aliases);
// A file as a script in this shell. The descriptor is closed.
int run_file(struct shell *sh, int fd);
// A text as if it stood in double quotes, with its $ expanded. What the shell was doing goes on.
// False: it cannot be (not reported).
bool run_expand(struct shell *sh, const char *text, struct str *out);
// The trap of EXIT, if there is one.
void run_exit_trap(struct shell *sh);

// ---- variables.c --------------------------------------------------------------------------------

struct variable *variable_find(struct shell *sh, const char *name);
const char *variable_get(struct shell *sh, const char *name);
// False: read-only or no memory (reported).
bool variable_set(struct shell *sh, const char *name, const char *value);
bool variable_unset(struct shell *sh, const char *name);
// Marks it, making it if need be.
bool variable_mark(struct shell *sh, const char *name, bool exported, bool read_only);
// Remembers a variable, to be restored by variables_restore() down to an earlier sh->saved.
bool variable_save(struct shell *sh, const char *name);
void variables_restore(struct shell *sh, struct saved_variable *mark);
void variables_import(struct shell *sh, char **environment);
// NAME=value of what is exported.
void variables_environment(struct shell *sh, struct list *out);
// All of them, by name. The caller frees the array; NULL: no memory or none.
struct variable **variables_sorted(struct shell *sh, size_t *count);
// $name of any kind: variables and special parameters.
const char *parameter_get(struct shell *sh, const char *name);
void arguments_set(struct shell *sh, char *const *items, size_t count);

struct function *function_find(struct shell *sh, const char *name);
bool function_define(struct shell *sh, const struct node *node);
bool function_remove(struct shell *sh, const char *name);
struct alias *alias_find(struct shell *sh, const char *name);
bool alias_set(struct shell *sh, const char *name, const char *value);
bool alias_remove(struct shell *sh, const char *name);

// ---- execute.c, simple.c ------------------------------------------------------------------------

int execute(struct shell *sh, const struct node *node);
int execute_simple(struct shell *sh, const struct node *node);
int execute_pipeline(struct shell *sh, const struct node *node);
// Starts an and-or in the background.
int execute_async(struct shell *sh, const struct node *node);
// For the expander.
void expand_env_init(struct shell *sh, struct expand_env *env);
// True if expanding the command's words changes the shell's variables.
bool has_side_effects(const struct node *node);
// Looks for a program. 0 and its path, or STATUS_NOT_FOUND, STATUS_NOT_EXECUTABLE.
int find_program(struct shell *sh, const char *name, struct str *path);
// True if it was typed: forgets it, ends the loops, and the status becomes 130.
bool shell_interrupted(struct shell *sh);
// Calls a function that is known to exist; the arguments are argv[1] and on.
int call_function(struct shell *sh, struct function *function, struct list *argv);
// After Ctrl-C: the command line ends with status 130, which is returned.
int interrupt_command(struct shell *sh);
// Waits for a job in the foreground and forgets it.
int finish_foreground(struct shell *sh, struct job *job);
// Expands the command of a pipeline or $( ) that is a program and can be started without a child
// shell. False: it cannot.
bool is_plain_program(struct shell *sh, const struct node *node);
// Starts one command of a pipeline with these descriptors. 0, or the status that it has failed
// with.
int start_command(struct shell *sh, const struct node *node, const int *fds, struct job *job);
// A command whose words are expanded: 0, or the status it failed with.
int start_program(struct shell *sh, struct list *argv, const struct assign *assigns, const int *fds,
                  struct job *job);

// ---- redirect.c ---------------------------------------------------------------------------------

struct redirection {
    int fds[OS_FDS]; // which descriptor is to be number i; -1: closed
    int opened[64];  // to be closed afterwards
    size_t opened_count;
    int saved[OS_FDS]; // what number i was; -1: closed; -2: was not touched
};

// Starts from the descriptors that are open now.
void redirection_init(struct redirection *r);
// Opens what the redirections ask for. False: reported, nothing remains open.
bool redirection_open(struct shell *sh, struct redirection *r, const struct redirect *list);
// Makes the shell's own descriptors so; redirection_undo() brings them back.
bool redirection_apply(struct shell *sh, struct redirection *r);
void redirection_undo(struct redirection *r);
// Closes what was opened.
void redirection_close(struct redirection *r);

// ---- subshell.c ---------------------------------------------------------------------------------

// Starts a child shell that executes the node.
int start_subshell(struct shell *sh, const struct node *node, const int *fds, struct job *job);
// What the child does: reads state and command from OS_SUBSHELL_FD.
int run_subshell(struct shell *sh);

// ---- jobs.c -------------------------------------------------------------------------------------

// A job without processes, not in the list yet. `group`: its processes get a group of their own.
struct job *job_new(struct shell *sh, bool group);
bool job_add_process(struct job *job, int pid);
// Puts it into the list, under the next number.
void job_enlist(struct shell *sh, struct job *job);
void job_free(struct shell *sh, struct job *job);
// Waits for all processes. False: Ctrl-C ended the waiting.
bool job_wait(struct job *job, enum os_waiting how);
bool job_is_done(const struct job *job);
int job_status(const struct shell *sh, const struct job *job);
// %1 %% %+ %text or a process; NULL: there is none (reported).
struct job *job_find(struct shell *sh, const char *command, const char *name);
// Looks after those in the background; tells about the ones that have ended if `report`.
void jobs_poll(struct shell *sh, bool report);
void job_print(const struct job *job, struct str *out);

// ---- builtins -----------------------------------------------------------------------------------

struct builtin {
    const char *name;
    int (*run)(struct shell *sh, int argc, char **argv);
    bool special;     // assignments before it stay; found before functions
    bool pure;        // does nothing but write: $(...) needs no child shell
    const char *help; // one line
};

extern const struct builtin builtins[];
extern const size_t builtin_count;
const struct builtin *builtin_find(const char *name);

#define BUILTIN(name) int builtin_##name(struct shell *sh, int argc, char **argv)
BUILTIN(alias);
BUILTIN(break);
BUILTIN(cd);
BUILTIN(command);
BUILTIN(continue);
BUILTIN(dot);
BUILTIN(echo);
BUILTIN(eval);
BUILTIN(exec);
BUILTIN(exit);
BUILTIN(export);
BUILTIN(false);
BUILTIN(fg);
BUILTIN(getopts);
BUILTIN(help);
BUILTIN(history);
BUILTIN(jobs);
BUILTIN(kill);
BUILTIN(local);
BUILTIN(printf);
BUILTIN(pwd);
BUILTIN(read);
BUILTIN(return );
BUILTIN(set);
BUILTIN(shift);
BUILTIN(test);
BUILTIN(trap);
BUILTIN(true);
BUILTIN(type);
BUILTIN(umask);
BUILTIN(unalias);
BUILTIN(unset);
BUILTIN(wait);

// Sets options as `set` and the command line do: "-eux", "+x", "-o name". How many words it took, 0
// at the first that is none, -1 after an error (reported).
int options_parse(struct shell *sh, int argc, char **argv);
// $-
const char *options_text(struct shell *sh);
// Names of PATH's programs that begin with `prefix`.
void list_programs(struct shell *sh, const char *prefix, struct list *out);

// ---- interactive.c ------------------------------------------------------------------------------

// The shell at a terminal, until `exit` or the end of input.
int run_interactive(struct shell *sh);
