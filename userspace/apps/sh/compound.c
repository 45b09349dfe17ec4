// SPDX-License-Identifier: MIT
//
// Compound commands: if, while, until, for, case, ( ), { }.

#include "parse.h"

// ---- compound commands --------------------------------------------------------------------------

static struct node *parse_body(struct parser *p)
{
    struct node *list = parse_list(p);

    if (list == NULL) {
        parse_unexpected(p);
    }
    return list;
}

static struct node *parse_if(struct parser *p)
{
    struct node *first = parse_node(p, NODE_IF);
    struct node *node = first;

    for (;;) {
        parse_advance(p);
        node->condition = parse_body(p);
        parse_expect_reserved(p, "then");
        node->body = parse_body(p);
        if (!parse_at_reserved(p, "elif")) {
            break;
        }
        node->otherwise = parse_node(p, NODE_IF);
        node = node->otherwise;
    }
    if (parse_take_reserved(p, "else")) {
        node->otherwise = parse_body(p);
    }
    parse_expect_reserved(p, "fi");
    return first;
}

static struct node *parse_loop(struct parser *p, enum node_kind kind)
{
    struct node *node = parse_node(p, kind);

    parse_advance(p);
    node->condition = parse_body(p);
    parse_expect_reserved(p, "do");
    node->body = parse_body(p);
    parse_expect_reserved(p, "done");
    return node;
}

static struct node *parse_for(struct parser *p)
{
    struct node *node = parse_node(p, NODE_FOR);
    struct word **words = &node->words;

    parse_advance(p);
    node->name = parse_token(p) == TOKEN_WORD ? word_plain_text(p->token.word) : NULL;
    if (node->name == NULL || !is_name(node->name)) {
        parse_unexpected(p);
    }
    parse_advance(p);
    parse_skip_newlines(p);
    if (parse_take_reserved(p, "in")) {
        node->has_words = true;
        while (parse_token(p) == TOKEN_WORD) {
            *words = p->token.word;
            words = &p->token.word->next;
            parse_advance(p);
        }
    }
    if (parse_token(p) == TOKEN_SEMI) {
        parse_advance(p);
    } else if (node->has_words && parse_token(p) != TOKEN_NEWLINE) {
        parse_unexpected(p);
    }
    parse_skip_newlines(p);
    parse_expect_reserved(p, "do");
    node->body = parse_body(p);
    parse_expect_reserved(p, "done");
    return node;
}

static struct case_item *parse_case_item(struct parser *p)
{
    struct case_item *item = parse_alloc(p, sizeof(*item));
    struct word **patterns = &item->patterns;

    if (parse_token(p) == TOKEN_OPEN) {
        parse_advance(p);
    }
    for (;;) {
        if (parse_token(p) != TOKEN_WORD) {
            parse_unexpected(p);
        }
        *patterns = p->token.word;
        patterns = &p->token.word->next;
        parse_advance(p);
        if (parse_token(p) != TOKEN_OR) {
            break;
        }
        parse_advance(p);
    }
    if (parse_token(p) != TOKEN_CLOSE) {
        parse_unexpected(p);
    }
    parse_advance(p);
    item->body = parse_list(p);
    return item;
}

static struct node *parse_case(struct parser *p)
{
    struct node *node = parse_node(p, NODE_CASE);
    struct case_item **items = &node->cases;

    parse_advance(p);
    if (parse_token(p) != TOKEN_WORD) {
        parse_unexpected(p);
    }
    node->words = p->token.word;
    parse_advance(p);
    parse_skip_newlines(p);
    parse_expect_reserved(p, "in");
    parse_skip_newlines(p);
    while (!parse_at_reserved(p, "esac")) {
        *items = parse_case_item(p);
        items = &(*items)->next;
        if (parse_token(p) != TOKEN_DOUBLE_SEMI) {
            break;
        }
        parse_advance(p);
        parse_skip_newlines(p);
    }
    parse_expect_reserved(p, "esac");
    return node;
}

static struct node *parse_subshell(struct parser *p)
{
    struct node *node = parse_node(p, NODE_SUBSHELL);

    parse_advance(p);
    node->body = parse_body(p);
    if (parse_token(p) != TOKEN_CLOSE) {
        parse_unexpected(p);
    }
    parse_advance(p);
    return node;
}

static struct node *parse_group(struct parser *p)
{
    struct node *node = parse_node(p, NODE_GROUP);

    parse_advance(p);
    node->body = parse_body(p);
    parse_expect_reserved(p, "}");
    return node;
}

// The compound command at the token, or NULL if there is none.
struct node *parse_compound(struct parser *p)
{
    if (parse_token(p) == TOKEN_OPEN) {
        return parse_subshell(p);
    }
    if (parse_at_reserved(p, "{")) {
        return parse_group(p);
    }
    if (parse_at_reserved(p, "if")) {
        return parse_if(p);
    }
    if (parse_at_reserved(p, "while")) {
        return parse_loop(p, NODE_WHILE);
    }
    if (parse_at_reserved(p, "until")) {
        return parse_loop(p, NODE_UNTIL);
    }
    if (parse_at_reserved(p, "for")) {
        return parse_for(p);
    }
    if (parse_at_reserved(p, "case")) {
        return parse_case(p);
    }
    return NULL;
}
