// SPDX-License-Identifier: MIT
//
// What the parser makes of a command: a tree of nodes, words and parts of words.
//
// A tree and all its texts live in the arena of one `struct program`, are never changed after
// parsing, and die with its last reference (a function keeps one on the program that defined it).
// Chains that a user can make long (lists, && and ||, pipelines, elif, words) are linked by `next`,
// so that nobody has to recurse along them; only nesting recurses, and the parser bounds it
// (PARSE_DEPTH_MAX).

#pragma once

#include "text.h"

// How deep commands and words may nest: ( { $( ${ " and so on.
#define PARSE_DEPTH_MAX 200

enum part_kind {
    PART_TEXT,    // characters without quotes: subject to ~ and to globbing
    PART_QUOTED,  // characters that were quoted by ' or a backslash
    PART_DOUBLE,  // "...": children
    PART_PARAM,   // $name, ${name}, ${name op word}: text is the name, children the word
    PART_COMMAND, // $(...) or `...`: command
    PART_ARITH,   // $((...)): children
};

// What ${name OP word} does.
enum param_op {
    PARAM_PLAIN,
    PARAM_LENGTH,      // ${#x}
    PARAM_DEFAULT,     // ${x-w}
    PARAM_ASSIGN,      // ${x=w}
    PARAM_ERROR,       // ${x?w}
    PARAM_ALTERNATIVE, // ${x+w}
    PARAM_SUFFIX,      // ${x%w}
    PARAM_LONG_SUFFIX, // ${x%%w}
    PARAM_PREFIX,      // ${x#w}
    PARAM_LONG_PREFIX, // ${x##w}
};

struct part {
    enum part_kind kind;
    enum param_op op;
    bool colon; // PARAM: the colon of ${x:-w}: empty counts as unset
    const char *text;
    struct part *children;
    struct node *command;
    struct part *next;
};

struct word {
    struct part *parts; // NULL: a word that is empty, as '' never is
    struct word *next;
};

struct assign {
    const char *name;
    struct word *value;
    struct assign *next;
};

enum redirect_kind {
    REDIRECT_READ,       // n<word
    REDIRECT_WRITE,      // n>word
    REDIRECT_CLOBBER,    // n>|word
    REDIRECT_APPEND,     // n>>word
    REDIRECT_READ_WRITE, // n<>word
    REDIRECT_DUPLICATE,  // n>&word, n<&word; word is a number or -
    REDIRECT_HERE,       // n<<word and n<<<word; `word` is the body, ready to be expanded
};

struct redirect {
    enum redirect_kind kind;
    bool input; // DUPLICATE: written with <
    int fd;
    int line;
    struct word *word;
    struct redirect *next;
};

enum node_kind {
    NODE_SIMPLE,   // assigns, words, redirects
    NODE_PIPELINE, // body: its commands; negated
    NODE_AND_OR,   // body: pipelines, each with its connector
    NODE_LIST,     // body: and-ors, each with `async`
    NODE_GROUP,    // { body; }
    NODE_SUBSHELL, // ( body )
    NODE_IF,       // condition, body, otherwise (a list, or for elif another NODE_IF)
    NODE_WHILE,    // condition, body
    NODE_UNTIL,
    NODE_FOR,      // name, words (if has_words), body
    NODE_CASE,     // words: the subject; cases
    NODE_FUNCTION, // name, body
};

enum connector { CONNECT_FIRST, CONNECT_AND, CONNECT_OR };

struct case_item {
    struct word *patterns;
    struct node *body; // NULL if empty
    struct case_item *next;
};

struct node {
    enum node_kind kind;
    int line;
    enum connector connector;
    bool negated;
    bool async;
    bool has_words;
    const char *name;
    struct assign *assigns;
    struct word *words;
    struct redirect *redirects;
    struct node *condition;
    struct node *body;
    struct node *otherwise;
    struct case_item *cases;
    struct node *next;
};

// A parsed command with everything in it.
struct program {
    struct arena arena;
    struct node *node; // NULL: nothing but newlines
    unsigned references;
};

// Takes and gives back a reference; the last one frees the program. NULL is allowed.
struct program *program_hold(struct program *program);
void program_release(struct program *program);

// The characters of a word that consists of nothing but unquoted text, else NULL.
const char *word_plain_text(const struct word *word);

// Adds the node as one line of text that parses to a tree of the same meaning.
// Functions, subshells and `type` live on this: a child shell is given the text.
void print_node(struct str *out, const struct node *node);
void print_word(struct str *out, const struct word *word);
