// SPDX-License-Identifier: MIT
//
// Execution of lists, pipelines and compound commands; simple commands are in simple.c.
//
// Invariant: a function that has started something with `flow` set returns at once and leaves
// `flow` to its caller, unless the flow is meant for it.

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Levels of nesting of everything together: what the stack has room for.
#define DEPTH_MAX 2000

bool shell_interrupted(struct shell *sh)
{
    if (!sh->interactive || !os_interrupted()) {
        return false;
    }
    (void)interrupt_command(sh);
    return true;
}

static bool goes_on(struct shell *sh)
{
    return sh->flow == FLOW_NONE && !shell_interrupted(sh);
}

static int execute_condition(struct shell *sh, const struct node *node)
{
    int status;

    sh->conditions++;
    status = execute(sh, node);
    sh->conditions--;
    return status;
}

static int execute_list(struct shell *sh, const struct node *list)
{
    int status = 0;

    for (const struct node *item = list->body; item != NULL && goes_on(sh); item = item->next) {
        status = item->async ? execute_async(sh, item) : execute(sh, item);
        sh->status = status;
    }
    return sh->flow != FLOW_NONE ? sh->status : status;
}

// With -e a command that fails ends the shell, unless somebody looks at its status. A compound
// command has already ended it if it was to.
static bool is_fatal(struct shell *sh, const struct node *pipeline, int status)
{
    const struct node *command = pipeline->body;

    return status != 0 && sh->options.err_exit && sh->conditions == 0 && !pipeline->negated &&
           sh->flow == FLOW_NONE &&
           (command->next != NULL || command->kind == NODE_SIMPLE ||
            command->kind == NODE_SUBSHELL);
}

static int execute_and_or(struct shell *sh, const struct node *node)
{
    int status = 0;

    for (const struct node *p = node->body; p != NULL; p = p->next) {
        if ((p->connector == CONNECT_AND && status != 0) ||
            (p->connector == CONNECT_OR && status == 0)) {
            continue;
        }
        status = p->next != NULL ? execute_condition(sh, p) : execute(sh, p);
        if (!goes_on(sh)) {
            return sh->flow == FLOW_ABORT ? sh->status : status;
        }
        sh->status = status;
        if (p->next == NULL && is_fatal(sh, p, status)) {
            sh->flow = FLOW_EXIT;
        }
    }
    return status;
}

// ---- loops --------------------------------------------------------------------------------------

// After a round of a loop: takes back a break or continue that is meant for it. False: the loop
// ends.
static bool next_round(struct shell *sh)
{
    bool mine = sh->flow == FLOW_BREAK || sh->flow == FLOW_CONTINUE;

    if (mine && --sh->flow_count > 0) {
        return false;
    }
    if (mine) {
        bool again = sh->flow == FLOW_CONTINUE;

        sh->flow = FLOW_NONE;
        return again && !shell_interrupted(sh);
    }
    return goes_on(sh);
}

static int execute_while(struct shell *sh, const struct node *node)
{
    int status = 0;

    sh->loops++;
    for (;;) {
        bool holds = execute_condition(sh, node->condition) == 0;

        if (sh->flow != FLOW_NONE) {
            if (!next_round(sh)) {
                break;
            }
            continue;
        }
        if (holds != (node->kind == NODE_WHILE)) {
            break;
        }
        status = execute(sh, node->body);
        if (!next_round(sh)) {
            break;
        }
    }
    sh->loops--;
    return sh->flow == FLOW_ABORT ? sh->status : status;
}

// An expansion failed, and said why: the command line ends.
static int abort_expansion(struct shell *sh)
{
    if (sh->flow == FLOW_NONE) {
        sh->flow = FLOW_ABORT;
        sh->status = sh->interactive ? 1 : STATUS_SYNTAX;
    }
    return sh->status;
}

static int execute_for(struct shell *sh, const struct node *node)
{
    struct expand_env env;
    struct list words = {0};
    int status = 0;

    expand_env_init(sh, &env);
    if (!node->has_words) {
        for (size_t i = 0; i < sh->arguments.count; i++) {
            list_add(&words, sh->arguments.items[i]);
        }
    } else if (!expand_words(&env, node->words, &words)) {
        list_free(&words);
        return abort_expansion(sh);
    }
    sh->loops++;
    for (size_t i = 0; i < words.count; i++) {
        if (!variable_set(sh, node->name, words.items[i])) {
            status = 1;
            break;
        }
        status = execute(sh, node->body);
        if (!next_round(sh)) {
            break;
        }
    }
    sh->loops--;
    list_free(&words);
    return sh->flow == FLOW_ABORT ? sh->status : status;
}

// ---- the others ---------------------------------------------------------------------------------

static int execute_if(struct shell *sh, const struct node *node)
{
    for (; node != NULL && node->kind == NODE_IF; node = node->otherwise) {
        int status = execute_condition(sh, node->condition);

        if (sh->flow != FLOW_NONE) {
            return status;
        }
        if (status == 0) {
            return execute(sh, node->body);
        }
    }
    return node != NULL ? execute(sh, node) : 0;
}

static int execute_case(struct shell *sh, const struct node *node)
{
    struct expand_env env;
    struct str subject = {0};
    struct str pattern = {0};
    const struct node *body = NULL;
    bool found = false;
    bool good;

    expand_env_init(sh, &env);
    sh->line = node->line;
    good = expand_text(&env, node->words, false, &subject);
    for (const struct case_item *item = node->cases; good && !found && item != NULL;
         item = item->next) {
        for (const struct word *w = item->patterns; good && !found && w != NULL; w = w->next) {
            str_cut(&pattern, 0);
            good = expand_pattern(&env, w, &pattern);
            found = good && pattern_match(str_text(&pattern), str_text(&subject));
            body = item->body;
        }
    }
    str_free(&subject);
    str_free(&pattern);
    if (!good) {
        return abort_expansion(sh);
    }
    return found && body != NULL ? execute(sh, body) : 0;
}

static int execute_subshell(struct shell *sh, const struct node *node)
{
    struct redirection r;
    struct job *job = job_new(sh, sh->interactive);
    int status = 1;

    redirection_init(&r);
    if (job == NULL || !redirection_open(sh, &r, node->redirects)) {
        job_free(sh, job);
        return status;
    }
    status = start_subshell(sh, node->body, r.fds, job);
    redirection_close(&r);
    if (status == 0) {
        return finish_foreground(sh, job);
    }
    job_free(sh, job);
    return status;
}

static int execute_compound(struct shell *sh, const struct node *node)
{
    switch (node->kind) {
    case NODE_IF: return execute_if(sh, node);
    case NODE_WHILE:
    case NODE_UNTIL: return execute_while(sh, node);
    case NODE_FOR: return execute_for(sh, node);
    case NODE_CASE: return execute_case(sh, node);
    default: return execute(sh, node->body);
    }
}

// A compound command that runs in this shell, with its redirections in force.
static int execute_redirected(struct shell *sh, const struct node *node)
{
    struct redirection r;
    int status;

    if (node->redirects == NULL) {
        return execute_compound(sh, node);
    }
    redirection_init(&r);
    if (!redirection_open(sh, &r, node->redirects) || !redirection_apply(sh, &r)) {
        return 1;
    }
    status = execute_compound(sh, node);
    redirection_undo(&r);
    redirection_close(&r);
    return status;
}

static int execute_kind(struct shell *sh, const struct node *node)
{
    switch (node->kind) {
    case NODE_SIMPLE: return execute_simple(sh, node);
    case NODE_PIPELINE: return execute_pipeline(sh, node);
    case NODE_AND_OR: return execute_and_or(sh, node);
    case NODE_LIST: return execute_list(sh, node);
    case NODE_SUBSHELL: return execute_subshell(sh, node);
    case NODE_FUNCTION: return function_define(sh, node) ? 0 : 1;
    default: return execute_redirected(sh, node);
    }
}

int execute(struct shell *sh, const struct node *node)
{
    static unsigned depth;
    int status;

    if (sh->options.no_exec) {
        return 0; // nor are redirections made
    }
    if (depth >= DEPTH_MAX) {
        return shell_abort(sh, STATUS_SYNTAX, "nested too deeply");
    }
    depth++;
    status = execute_kind(sh, node);
    depth--;
    return status;
}
