// SPDX-License-Identifier: MIT
//
// Simple commands, pipelines and lists; the interface is in parse.h, tokens are in lex.c, compound
// commands in compound.c. Recursive descent, which
// leaves by longjmp on an error: everything that was made lies in the program's arena.

#include "parse.h"

#include <stdlib.h>
#include <string.h>

struct node *parse_node(struct parser *p, enum node_kind kind)
{
    struct node *node = parse_alloc(p, sizeof(*node));

    node->kind = kind;
    node->line = p->token.kind != TOKEN_NONE ? p->token.line : p->line;
    return node;
}

// ---- aliases and reserved words -----------------------------------------------------------------

// If the token is the name of an alias, its text is read instead. True if so.
static bool substitute_alias(struct parser *p)
{
    const char *name = parse_token(p) == TOKEN_WORD ? word_plain_text(p->token.word) : NULL;
    const char *value;
    char *text;

    if (name == NULL || p->source.alias == NULL) {
        return false;
    }
    for (const struct input *i = p->token.input; i != NULL;
         i = i->alias != NULL ? i->origin : i->below) {
        if (i->alias != NULL && strcmp(i->alias, name) == 0) {
            return false;
        }
    }
    value = p->source.alias(p->source.context, name);
    if (value == NULL) {
        return false;
    }
    text = parse_copy(p, value, strlen(value));
    parse_push(p, text, strlen(text), name);
    parse_advance(p);
    return true;
}

static bool at_list_end(struct parser *p)
{
    static const char *const ends[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}"};
    enum token_kind kind = parse_token(p);

    if (kind == TOKEN_END || kind == TOKEN_CLOSE || kind == TOKEN_DOUBLE_SEMI) {
        return true;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (parse_at_reserved(p, ends[i])) {
            return true;
        }
    }
    return false;
}

// ---- simple commands ----------------------------------------------------------------------------

// NAME=value as an assignment, or NULL if the word is none.
static struct assign *as_assignment(struct parser *p, struct word *word)
{
    struct part *first = word->parts;
    struct assign *assign;
    struct part *value;
    size_t size;

    if (first == NULL || first->kind != PART_TEXT) {
        return NULL;
    }
    size = name_length(first->text);
    if (size == 0 || first->text[size] != '=') {
        return NULL;
    }
    assign = parse_alloc(p, sizeof(*assign));
    assign->name = parse_copy(p, first->text, size);
    assign->value = parse_alloc(p, sizeof(*assign->value));
    assign->value->parts = first->next;
    if (first->text[size + 1] != '\0') {
        value = parse_alloc(p, sizeof(*value));
        *value = *first;
        value->text = first->text + size + 1;
        assign->value->parts = value;
    }
    return assign;
}

// The delimiter of a here-document, and whether it was quoted.
static const char *here_delimiter(struct parser *p, struct word *word, bool *quoted)
{
    size_t mark = p->scratch.size;
    const char *text;

    for (struct part *part = word->parts; part != NULL; part = part->next) {
        struct part *inner = part->kind == PART_DOUBLE ? part->children : part;

        *quoted = *quoted || part->kind != PART_TEXT;
        if (part->kind == PART_DOUBLE && inner == NULL) {
            continue;
        }
        if ((inner->kind != PART_TEXT && inner->kind != PART_QUOTED) ||
            (inner != part && inner->next != NULL)) {
            parse_fail(p, "syntax error: the word after << must be plain text");
        }
        str_add_text(&p->scratch, inner->text);
    }
    text = parse_copy(p, str_text(&p->scratch) + mark, p->scratch.size - mark);
    str_cut(&p->scratch, mark);
    return text;
}

static void parse_redirect(struct parser *p, struct redirect ***end)
{
    struct redirect *r = p->token.redirect;
    bool strip_tabs = p->token.strip_tabs;
    bool here_string = p->token.here_string;

    parse_advance(p);
    if (parse_token(p) != TOKEN_WORD) {
        parse_unexpected(p);
    }
    r->word = p->token.word;
    if (here_string) {
        parse_add_newline(p, r->word);
    } else if (r->kind == REDIRECT_HERE) {
        struct pending_here *here = parse_alloc(p, sizeof(*here));
        struct pending_here **last = &p->here;

        here->redirect = r;
        here->strip_tabs = strip_tabs;
        here->delimiter = here_delimiter(p, r->word, &here->quoted);
        while (*last != NULL) {
            last = &(*last)->next;
        }
        *last = here;
    }
    parse_advance(p);
    **end = r;
    *end = &r->next;
}

static struct node *parse_function(struct parser *p, const char *name)
{
    struct node *node = parse_node(p, NODE_FUNCTION);

    if (!is_name(name)) {
        parse_fail(p, "syntax error: `%.60s' is no name for a function", name);
    }
    parse_advance(p);
    if (parse_token(p) != TOKEN_CLOSE) {
        parse_unexpected(p);
    }
    parse_advance(p);
    parse_skip_newlines(p);
    node->name = name;
    node->body = parse_command(p);
    if (node->body->kind == NODE_SIMPLE || node->body->kind == NODE_FUNCTION) {
        parse_fail(p, "syntax error: the body of %.60s() must be in { } or ( )", name);
    }
    return node;
}

static struct node *parse_simple(struct parser *p)
{
    struct node *node = parse_node(p, NODE_SIMPLE);
    struct assign **assigns = &node->assigns;
    struct word **words = &node->words;
    struct redirect **redirects = &node->redirects;
    struct assign *assign;

    for (;;) {
        enum token_kind kind = parse_token(p);

        if (kind == TOKEN_REDIRECT) {
            parse_redirect(p, &redirects);
            continue;
        }
        if (kind == TOKEN_OPEN && node->words != NULL && node->words->next == NULL &&
            node->assigns == NULL && node->redirects == NULL &&
            word_plain_text(node->words) != NULL) {
            return parse_function(p, word_plain_text(node->words));
        }
        if (kind != TOKEN_WORD) {
            break;
        }
        if (p->alias_next || node->words == NULL) {
            p->alias_next = false;
            if (node->assigns != NULL || node->redirects != NULL || node->words != NULL) {
                if (substitute_alias(p)) {
                    continue;
                }
            }
        }
        assign = node->words == NULL ? as_assignment(p, p->token.word) : NULL;
        if (assign != NULL) {
            *assigns = assign;
            assigns = &assign->next;
        } else {
            *words = p->token.word;
            words = &p->token.word->next;
        }
        parse_advance(p);
    }
    if (node->words == NULL && node->assigns == NULL && node->redirects == NULL) {
        parse_unexpected(p);
    }
    return node;
}

struct node *parse_command(struct parser *p)
{
    struct node *node;
    struct redirect **redirects;

    p->alias_next = false;
    while (substitute_alias(p)) {
        parse_skip_newlines(p);
    }
    parse_enter(p);
    node = parse_compound(p);
    if (node != NULL) {
        redirects = &node->redirects;
        while (parse_token(p) == TOKEN_REDIRECT) {
            parse_redirect(p, &redirects);
        }
    } else if (at_list_end(p)) {
        parse_unexpected(p);
    } else {
        node = parse_simple(p);
    }
    parse_leave(p);
    return node;
}

// ---- pipelines and lists ------------------------------------------------------------------------

static struct node *parse_pipeline(struct parser *p)
{
    struct node *node = parse_node(p, NODE_PIPELINE);
    struct node **commands = &node->body;

    while (parse_take_reserved(p, "!")) {
        node->negated = !node->negated;
    }
    for (;;) {
        *commands = parse_command(p);
        commands = &(*commands)->next;
        if (parse_token(p) != TOKEN_OR) {
            break;
        }
        parse_advance(p);
        parse_skip_newlines(p);
    }
    return node;
}

static struct node *parse_and_or(struct parser *p)
{
    struct node *node = parse_node(p, NODE_AND_OR);
    struct node **pipelines = &node->body;
    enum connector connector = CONNECT_FIRST;

    for (;;) {
        enum token_kind kind;

        *pipelines = parse_pipeline(p);
        (*pipelines)->connector = connector;
        pipelines = &(*pipelines)->next;
        kind = parse_token(p);
        if (kind != TOKEN_AND_AND && kind != TOKEN_OR_OR) {
            break;
        }
        connector = kind == TOKEN_AND_AND ? CONNECT_AND : CONNECT_OR;
        parse_advance(p);
        parse_skip_newlines(p);
    }
    return node;
}

// Reads and-ors up to the end of a list or, at the top, of a line. NULL if there are none.
static struct node *parse_items(struct parser *p, bool top)
{
    struct node *list = NULL;
    struct node **items = NULL;

    for (;;) {
        enum token_kind kind;

        if (!top) {
            parse_skip_newlines(p);
        }
        if (top ? parse_token(p) == TOKEN_NEWLINE || parse_token(p) == TOKEN_END : at_list_end(p)) {
            break;
        }
        if (list == NULL) {
            list = parse_node(p, NODE_LIST);
            items = &list->body;
        }
        *items = parse_and_or(p);
        kind = parse_token(p);
        (*items)->async = kind == TOKEN_AND;
        items = &(*items)->next;
        if (kind != TOKEN_AND && kind != TOKEN_SEMI && (top || kind != TOKEN_NEWLINE)) {
            break;
        }
        parse_advance(p);
    }
    return list;
}

struct node *parse_list(struct parser *p)
{
    return parse_items(p, false);
}

enum parse_result parser_here_text(const char *text, struct program **out)
{
    struct parser *p = calloc(1, sizeof(*p));
    int result = PARSE_ERROR;

    *out = NULL;
    if (p == NULL) {
        return PARSE_ERROR;
    }
    parser_init(p, NULL, "", 0, 1);
    p->program = calloc(1, sizeof(*p->program));
    if (p->program != NULL) {
        p->program->references = 1;
        result = setjmp(p->escape);
        if (result == PARSE_OK) {
            p->program->node = parse_node(p, NODE_SIMPLE);
            p->program->node->words = parse_here_body(p, text, strlen(text), false);
            *out = p->program;
        } else {
            program_release(p->program);
        }
    }
    parser_free(p);
    free(p);
    return (enum parse_result)result;
}

enum parse_result parser_next(struct parser *p, struct program **out)
{
    struct program *program = calloc(1, sizeof(*program));
    int result;

    *out = NULL;
    p->program = program;
    if (program != NULL) {
        program->references = 1;
    }
    p->token = (struct token){0};
    p->input = &p->base;
    p->here = NULL;
    p->depth = 0;
    p->began = p->alias_next = p->ended = false;
    str_cut(&p->scratch, 0);
    p->scratch.failed = false;
    result = setjmp(p->escape);
    if (result == PARSE_OK) {
        if (program == NULL || p->text.failed) {
            parse_fail(p, "out of memory");
        }
        parse_trim(p);
        if (parse_token(p) == TOKEN_END) {
            longjmp(p->escape, PARSE_END);
        }
        program->node = parse_items(p, true);
        if (parse_token(p) != TOKEN_NEWLINE && parse_token(p) != TOKEN_END) {
            parse_unexpected(p);
        }
        *out = program;
        return PARSE_OK;
    }
    program_release(p->program);
    p->program = NULL;
    if (p->text.failed) {
        parser_free(p);
        parser_drop_input(p);
    }
    return (enum parse_result)result;
}

struct program *program_hold(struct program *program)
{
    if (program != NULL) {
        program->references++;
    }
    return program;
}

void program_release(struct program *program)
{
    if (program != NULL && --program->references == 0) {
        arena_free(&program->arena);
        free(program);
    }
}
