// SPDX-License-Identifier: MIT
//
// Trees as text: the reverse of the parser, for child shells, `type` and `jobs`. One line always: a
// here-document comes out as a here-string.
//
// Invariant (tested with the fuzzer's inputs): what is printed parses, and prints the same again.

#include "ast.h"

#include <string.h>

// What surrounds the parts being printed, as in word.c.
enum context { IN_WORD, IN_BRACE, IN_DOUBLE, IN_BRACE_DOUBLE };

static void print_parts(struct str *out, const struct part *parts, enum context context);

static bool inside_quotes(enum context context)
{
    return context == IN_DOUBLE || context == IN_BRACE_DOUBLE;
}

// Characters, with a backslash before those that would mean something.
static void print_escaped(struct str *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL) {
            str_add_char(out, '\\');
        }
        str_add_char(out, *text);
    }
}

static void print_quoted(struct str *out, const char *text)
{
    if (text[0] != '\0' && text[0] != '\n' && text[1] == '\0') {
        str_add_char(out, '\\');
        str_add_char(out, text[0]);
        return;
    }
    str_add_char(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            str_add_text(out, "'\\''");
        } else {
            str_add_char(out, *text);
        }
    }
    str_add_char(out, '\'');
}

static void print_param(struct str *out, const struct part *part, enum context context)
{
    static const char *const ops[] = {
        [PARAM_PLAIN] = "",         [PARAM_LENGTH] = "",        [PARAM_DEFAULT] = "-",
        [PARAM_ASSIGN] = "=",       [PARAM_ERROR] = "?",        [PARAM_ALTERNATIVE] = "+",
        [PARAM_SUFFIX] = "%",       [PARAM_LONG_SUFFIX] = "%%", [PARAM_PREFIX] = "#",
        [PARAM_LONG_PREFIX] = "##",
    };
    bool pattern = part->op >= PARAM_SUFFIX;

    str_printf(out, "${%s%s%s%s", part->op == PARAM_LENGTH ? "#" : "", part->text,
               part->colon ? ":" : "", ops[part->op]);
    if ((part->op == PARAM_SUFFIX || part->op == PARAM_PREFIX) && part->children != NULL &&
        part->children->kind == PART_TEXT && part->children->text[0] == ops[part->op][0]) {
        // ${x%\%y}: not the long form. Only an alias's end can leave such a text unquoted.
        str_add_char(out, '\\');
    }
    print_parts(out, part->children,
                inside_quotes(context) && !pattern ? IN_BRACE_DOUBLE : IN_BRACE);
    str_add_char(out, '}');
}

static void print_command(struct str *out, const struct node *node)
{
    size_t at;

    str_add_text(out, "$(");
    at = out->size;
    if (node != NULL) {
        print_node(out, node);
    }
    if (at < out->size && out->data[at] == '(') {
        str_insert(out, at, " ", 1);
    }
    str_add_char(out, ')');
}

static void print_part(struct str *out, const struct part *part, enum context context)
{
    switch (part->kind) {
    case PART_TEXT:
    case PART_QUOTED:
        if (context == IN_DOUBLE) {
            print_escaped(out, part->text, "$`\"\\");
        } else if (context == IN_BRACE_DOUBLE) {
            print_escaped(out, part->text, "$`\"\\}");
        } else if (part->kind == PART_TEXT) {
            print_escaped(out, part->text, "$\\\r");
        } else {
            print_quoted(out, part->text);
        }
        break;
    case PART_DOUBLE:
        if (context == IN_DOUBLE) {
            print_parts(out, part->children, IN_DOUBLE);
            break;
        }
        str_add_char(out, '"');
        print_parts(out, part->children, IN_DOUBLE);
        str_add_char(out, '"');
        break;
    case PART_PARAM: print_param(out, part, context); break;
    case PART_COMMAND: print_command(out, part->command); break;
    case PART_ARITH:
        str_add_text(out, "$((");
        print_parts(out, part->children, IN_DOUBLE);
        str_add_text(out, "))");
        break;
    }
}

static void print_parts(struct str *out, const struct part *parts, enum context context)
{
    for (const struct part *part = parts; part != NULL; part = part->next) {
        print_part(out, part, context);
    }
}

void print_word(struct str *out, const struct word *word)
{
    print_parts(out, word->parts, IN_WORD);
}

static void print_words(struct str *out, const struct word *words, const char *between)
{
    for (const struct word *word = words; word != NULL; word = word->next) {
        print_word(out, word);
        if (word->next != NULL) {
            str_add_text(out, between);
        }
    }
}

// A here-document's body, without its last newline, which a here-string adds.
static void print_here(struct str *out, const struct word *body)
{
    str_add_char(out, '"');
    print_parts(out, body->parts, IN_DOUBLE);
    if (out->size != 0 && out->data[out->size - 1] == '\n') {
        str_cut(out, out->size - 1);
    }
    str_add_char(out, '"');
}

static bool is_empty(const struct word *word)
{
    const struct part *part = word->parts;

    return part == NULL ||
           (part->kind == PART_QUOTED && part->text[0] == '\0' && part->next == NULL);
}

static void print_redirects(struct str *out, const struct redirect *redirects)
{
    static const char *const ops[] = {
        [REDIRECT_READ] = "<",    [REDIRECT_WRITE] = ">",       [REDIRECT_CLOBBER] = ">|",
        [REDIRECT_APPEND] = ">>", [REDIRECT_READ_WRITE] = "<>", [REDIRECT_DUPLICATE] = ">&",
        [REDIRECT_HERE] = "<<<",
    };

    for (const struct redirect *r = redirects; r != NULL; r = r->next) {
        if (r != redirects) {
            str_add_char(out, ' ');
        }
        if (r->fd != (r->input ? 0 : 1)) {
            str_printf(out, "%d", r->fd);
        }
        if (r->kind == REDIRECT_HERE && is_empty(r->word)) {
            str_add_text(out, "</dev/null");
            continue;
        }
        str_add_text(out, r->kind == REDIRECT_DUPLICATE && r->input ? "<&" : ops[r->kind]);
        if (r->kind == REDIRECT_HERE) {
            print_here(out, r->word);
        } else {
            print_word(out, r->word);
        }
    }
}

// A list whose every item has its separator, so that a word may follow.
static void print_items(struct str *out, const struct node *list)
{
    for (const struct node *item = list->body; item != NULL; item = item->next) {
        print_node(out, item);
        str_add_text(out, item->async ? " & " : "; ");
    }
}

static void print_simple(struct str *out, const struct node *node)
{
    size_t start = out->size;
    bool first = node->redirects != NULL && node->words != NULL && node->assigns == NULL;

    // A word that follows a redirection is no reserved word and no function; keep it behind.
    if (first) {
        print_redirects(out, node->redirects);
        str_add_char(out, ' ');
    }
    for (const struct assign *a = node->assigns; a != NULL; a = a->next) {
        str_printf(out, "%s=", a->name);
        print_word(out, a->value);
        str_add_char(out, ' ');
    }
    print_words(out, node->words, " ");
    if (!first && node->redirects != NULL) {
        if (node->words != NULL) {
            str_add_char(out, ' ');
        }
        print_redirects(out, node->redirects);
    }
    if (out->size > start && node->words == NULL && node->redirects == NULL) {
        str_cut(out, out->size - 1);
    }
}

static void print_if(struct str *out, const struct node *node)
{
    const char *word = "if ";

    for (; node != NULL && node->kind == NODE_IF; node = node->otherwise) {
        str_add_text(out, word);
        print_items(out, node->condition);
        str_add_text(out, "then ");
        print_items(out, node->body);
        word = "elif ";
    }
    if (node != NULL) {
        str_add_text(out, "else ");
        print_items(out, node);
    }
    str_add_text(out, "fi");
}

static void print_for(struct str *out, const struct node *node)
{
    str_printf(out, "for %s", node->name);
    if (node->has_words) {
        str_add_text(out, node->words != NULL ? " in " : " in");
        print_words(out, node->words, " ");
    }
    str_add_text(out, "; do ");
    print_items(out, node->body);
    str_add_text(out, "done");
}

static void print_case(struct str *out, const struct node *node)
{
    str_add_text(out, "case ");
    print_word(out, node->words);
    str_add_text(out, " in ");
    for (const struct case_item *item = node->cases; item != NULL; item = item->next) {
        str_add_char(out, '(');
        print_words(out, item->patterns, "|");
        str_add_text(out, ") ");
        if (item->body != NULL) {
            print_node(out, item->body);
            str_add_char(out, ' ');
        }
        str_add_text(out, ";; ");
    }
    str_add_text(out, "esac");
}

static void print_list(struct str *out, const struct node *node)
{
    for (const struct node *item = node->body; item != NULL; item = item->next) {
        print_node(out, item);
        if (item->async) {
            str_add_text(out, item->next != NULL ? " & " : " &");
        } else if (item->next != NULL) {
            str_add_text(out, "; ");
        }
    }
}

static void print_chain(struct str *out, const struct node *node, const char *between)
{
    for (const struct node *item = node->body; item != NULL; item = item->next) {
        if (item != node->body) {
            str_add_text(out, node->kind == NODE_AND_OR
                                  ? (item->connector == CONNECT_AND ? " && " : " || ")
                                  : between);
        }
        print_node(out, item);
    }
}

void print_node(struct str *out, const struct node *node)
{
    switch (node->kind) {
    case NODE_SIMPLE: print_simple(out, node); return;
    case NODE_PIPELINE:
        str_add_text(out, node->negated ? "! " : "");
        print_chain(out, node, " | ");
        return;
    case NODE_AND_OR: print_chain(out, node, ""); return;
    case NODE_LIST: print_list(out, node); return;
    case NODE_GROUP:
        str_add_text(out, "{ ");
        print_items(out, node->body);
        str_add_char(out, '}');
        break;
    case NODE_SUBSHELL:
        str_add_text(out, "(");
        print_node(out, node->body);
        str_add_text(out, ")");
        break;
    case NODE_IF: print_if(out, node); break;
    case NODE_WHILE:
    case NODE_UNTIL:
        str_add_text(out, node->kind == NODE_WHILE ? "while " : "until ");
        print_items(out, node->condition);
        str_add_text(out, "do ");
        print_items(out, node->body);
        str_add_text(out, "done");
        break;
    case NODE_FOR: print_for(out, node); break;
    case NODE_CASE: print_case(out, node); break;
    case NODE_FUNCTION:
        str_printf(out, "%s() ", node->name);
        print_node(out, node->body);
        return;
    }
    if (node->redirects != NULL) {
        str_add_char(out, ' ');
        print_redirects(out, node->redirects);
    }
}
