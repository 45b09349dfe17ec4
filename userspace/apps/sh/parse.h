// SPDX-License-Identifier: MIT
//
// The parser: characters in, one complete command at a time out.
//
// It pulls: when a command is not complete at the end of what there is, it asks its source for
// more, which at a terminal is another line under the continuation prompt. It never asks for more
// than the command needs, so that what follows can be read by the command itself (`read`). Any
// bytes are input; what is no command ends in PARSE_ERROR with a message.

#pragma once

#include "ast.h"

#include <setjmp.h>

enum parse_result {
    PARSE_OK,      // a program (its node is NULL for an empty line)
    PARSE_END,     // no more input
    PARSE_ERROR,   // message and line say what is wrong; the rest of the input at hand is unusable
    PARSE_ABORTED, // the source gave up in the middle (Ctrl-C at a prompt)
};

struct parse_source {
    void *context;
    // Adds more text; `continued`: in the middle of a command. 1: added, 0: the end, -1: given up.
    // NULL: there is none.
    int (*more)(void *context, struct str *text, bool continued);
    // The text of an alias or NULL. NULL: no aliases.
    const char *(*alias)(void *context, const char *name);
};

enum token_kind {
    TOKEN_NONE, // not read yet
    TOKEN_END,
    TOKEN_NEWLINE,
    TOKEN_WORD,
    TOKEN_REDIRECT,
    TOKEN_SEMI,
    TOKEN_DOUBLE_SEMI,
    TOKEN_AND,
    TOKEN_AND_AND,
    TOKEN_OR,
    TOKEN_OR_OR,
    TOKEN_OPEN,
    TOKEN_CLOSE,
};

struct token {
    enum token_kind kind;
    int line;
    struct word *word;         // WORD
    struct redirect *redirect; // REDIRECT: what is known of it
    bool strip_tabs;           // REDIRECT: <<-
    bool here_string;          // REDIRECT: <<<
    const struct input *input; // where it began: which aliases it is the text of
};

// Text that is being read; the lowest one is the source's.
struct input {
    const char *text;
    size_t size;
    size_t position;
    const char *alias;          // its name, if it is an alias's text
    bool isolated;              // its end is the end of input, not a step down
    const struct input *origin; // of an alias's text: where its name stood
    struct input *below;
};

struct pending_here {
    struct redirect *redirect;
    const char *delimiter;
    bool quoted; // the delimiter was, at least in part: nothing in the body is special
    bool strip_tabs;
    struct pending_here *next;
};

struct parser {
    // For the caller, after PARSE_ERROR.
    char message[160];
    int line; // of the error; while parsing, of the next character

    struct parse_source source;
    struct str text; // of the lowest input
    struct input base;
    struct input *input;
    bool ended;      // the source has no more
    bool began;      // something of the command was read
    bool alias_next; // the word that follows may be an alias too
    struct token token;
    struct pending_here *here;
    struct str scratch; // text of the words being read
    struct program *program;
    unsigned depth;
    jmp_buf escape;
};

// Starts a parser on `text` (copied), whose first line has number `line`, then on what the source
// adds.
void parser_init(struct parser *p, const struct parse_source *source, const char *text, size_t size,
                 int line);
// The next command. The caller owns one reference on *out after PARSE_OK, and nothing otherwise.
enum parse_result parser_next(struct parser *p, struct program **out);
// A text as the word of a here-document, in a program of its own, whose only command it is. The
// caller owns one reference on *out after PARSE_OK.
enum parse_result parser_here_text(const char *text, struct program **out);
// Throws away what is left of the input at hand.
void parser_drop_input(struct parser *p);
void parser_free(struct parser *p);

// ---- between the files of the parser: input.c, word.c, lex.c, parse.c, compound.c ---------------

// Character that comes next, or -1; joins lines that end in a backslash.
int parse_peek(struct parser *p);
// The same without joining: inside of quotes.
int parse_peek_raw(struct parser *p);
// The character after the next one, or -1.
int parse_peek_second(struct parser *p);
// Takes the next character (of parse_peek_raw).
int parse_take(struct parser *p);
// Before a command: forgets what was read of the source's text.
void parse_trim(struct parser *p);
// Begins reading another text; `alias` NULL: an isolated one, which parse_pop ends.
void parse_push(struct parser *p, const char *text, size_t size, const char *alias);
void parse_pop(struct parser *p);
// Ends parsing with a message.
_Noreturn void parse_fail(struct parser *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Memory of the program.
void *parse_alloc(struct parser *p, size_t size);
char *parse_copy(struct parser *p, const char *data, size_t size);
// Counts a level of nesting.
void parse_enter(struct parser *p);
void parse_leave(struct parser *p);

// A word at the current position (its first character is known to belong to one).
struct word *parse_word(struct parser *p);
// The body of a here-document as a word.
struct word *parse_here_body(struct parser *p, const char *text, size_t size, bool quoted);
// Adds a newline to what a here-string's word expands to.
void parse_add_newline(struct parser *p, struct word *word);
// The list up to a token that ends one: for $( ) and ` `. NULL if it is empty.
struct node *parse_list(struct parser *p);
// The kind of the next token, and going past it.
enum token_kind parse_token(struct parser *p);
void parse_advance(struct parser *p);
// Fails because of the current token.
_Noreturn void parse_unexpected(struct parser *p);
// Newlines, as many as there are.
void parse_skip_newlines(struct parser *p);
// Whether the token is the reserved word; the same and goes past it; the same and fails if it is
// not.
bool parse_at_reserved(struct parser *p, const char *reserved);
bool parse_take_reserved(struct parser *p, const char *reserved);
void parse_expect_reserved(struct parser *p, const char *reserved);
// A node on the token's line.
struct node *parse_node(struct parser *p, enum node_kind kind);
// One command with its redirections.
struct node *parse_command(struct parser *p);
// The compound command at the token, without redirections, or NULL if there is none.
struct node *parse_compound(struct parser *p);
