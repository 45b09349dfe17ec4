// SPDX-License-Identifier: MIT
//
// Tokens of the command language, here-documents, and messages about tokens that are out of place.

#include "parse.h"

#include <stdlib.h>
#include <string.h>

// ---- here-documents -----------------------------------------------------------------------------

// Adds one line of the input, with its newline, to the scratch string. False at the end of input.
static bool read_line(struct parser *p)
{
    int c = parse_peek_raw(p);

    if (c < 0) {
        return false;
    }
    while ((c = parse_take(p)) >= 0) {
        str_add_char(&p->scratch, (char)c);
        if (c == '\n') {
            break;
        }
    }
    return true;
}

static void read_here_document(struct parser *p, struct pending_here *here)
{
    size_t mark = p->scratch.size;
    size_t length = strlen(here->delimiter);
    char *text;
    size_t size;

    for (;;) {
        size_t line = p->scratch.size;
        size_t tabs = 0;

        if (!read_line(p)) {
            break;
        }
        if (p->scratch.failed) {
            parse_fail(p, "command too large");
        }
        while (here->strip_tabs && p->scratch.data[line + tabs] == '\t') {
            tabs++;
        }
        str_remove(&p->scratch, line, tabs);
        size = p->scratch.size - line;
        size -= size != 0 && p->scratch.data[p->scratch.size - 1] == '\n';
        if (size == length && memcmp(p->scratch.data + line, here->delimiter, size) == 0) {
            str_cut(&p->scratch, line);
            break;
        }
    }
    size = p->scratch.size - mark;
    text = parse_copy(p, str_text(&p->scratch) + mark, size);
    str_cut(&p->scratch, mark);
    here->redirect->word = parse_here_body(p, text, size, here->quoted);
}

static void read_here_documents(struct parser *p)
{
    struct token token = p->token; // a command in the body has tokens of its own

    while (p->here != NULL) {
        struct pending_here *here = p->here;

        p->here = here->next;
        read_here_document(p, here);
    }
    p->token = token;
}

// ---- tokens -------------------------------------------------------------------------------------

static void skip_blanks(struct parser *p)
{
    int c;

    while ((c = parse_peek(p)) == ' ' || c == '\t' || c == '\r') {
        // A carriage return counts as a blank only at the end of a line, as in files of other
        // systems.
        if (c == '\r' && parse_peek_second(p) != '\n') {
            break;
        }
        (void)parse_take(p);
    }
    if (c == '#') {
        while ((c = parse_peek_raw(p)) >= 0 && c != '\n') {
            (void)parse_take(p);
        }
    }
}

// True, and takes it, if the next character is c.
static bool take_if(struct parser *p, int c)
{
    if (parse_peek(p) != c) {
        return false;
    }
    (void)parse_take(p);
    return true;
}

static void lex_redirect(struct parser *p, int fd)
{
    struct redirect *r = parse_alloc(p, sizeof(*r));
    bool input = parse_take(p) == '<';

    r->input = input;
    r->fd = fd >= 0 ? fd : input ? 0 : 1;
    r->line = p->token.line;
    if (take_if(p, '&')) {
        r->kind = REDIRECT_DUPLICATE;
    } else if (!input) {
        r->kind = take_if(p, '>')   ? REDIRECT_APPEND
                  : take_if(p, '|') ? REDIRECT_CLOBBER
                                    : REDIRECT_WRITE;
    } else if (take_if(p, '>')) {
        r->kind = REDIRECT_READ_WRITE;
    } else if (take_if(p, '<')) {
        r->kind = REDIRECT_HERE;
        p->token.here_string = take_if(p, '<');
        p->token.strip_tabs = !p->token.here_string && take_if(p, '-');
    } else {
        r->kind = REDIRECT_READ;
    }
    p->token.kind = TOKEN_REDIRECT;
    p->token.redirect = r;
}

const char *word_plain_text(const struct word *word)
{
    const struct part *part = word->parts;

    return part != NULL && part->kind == PART_TEXT && part->next == NULL ? part->text : NULL;
}

static void lex_word(struct parser *p)
{
    const char *text;
    int c;

    p->token.word = parse_word(p);
    p->token.kind = TOKEN_WORD;
    text = word_plain_text(p->token.word);
    c = parse_peek(p);
    if (text != NULL && (c == '<' || c == '>') && strspn(text, "0123456789") == strlen(text)) {
        if (strlen(text) > 1) {
            parse_fail(p, "syntax error: file descriptor %.20s is not 0 to 9", text);
        }
        lex_redirect(p, atoi(text));
    }
}

static void lex(struct parser *p)
{
    bool alias_next;
    int c;

    p->token = (struct token){0};
    skip_blanks(p);
    alias_next = p->alias_next;
    c = parse_peek(p);
    p->token.line = p->line;
    p->token.input = p->input;
    p->alias_next = alias_next || p->alias_next;
    switch (c) {
    case -1:
        p->token.kind = TOKEN_END;
        read_here_documents(p);
        break;
    case '\n':
        (void)parse_take(p);
        p->token.kind = TOKEN_NEWLINE;
        read_here_documents(p);
        break;
    case ';':
        (void)parse_take(p);
        p->token.kind = take_if(p, ';') ? TOKEN_DOUBLE_SEMI : TOKEN_SEMI;
        break;
    case '&':
        (void)parse_take(p);
        p->token.kind = take_if(p, '&') ? TOKEN_AND_AND : TOKEN_AND;
        break;
    case '|':
        (void)parse_take(p);
        p->token.kind = take_if(p, '|') ? TOKEN_OR_OR : TOKEN_OR;
        break;
    case '(':
        (void)parse_take(p);
        p->token.kind = TOKEN_OPEN;
        break;
    case ')':
        (void)parse_take(p);
        p->token.kind = TOKEN_CLOSE;
        break;
    case '<':
    case '>': lex_redirect(p, -1); break;
    default: lex_word(p); break;
    }
}

enum token_kind parse_token(struct parser *p)
{
    if (p->token.kind == TOKEN_NONE) {
        lex(p);
    }
    return p->token.kind;
}

void parse_advance(struct parser *p)
{
    p->token.kind = TOKEN_NONE;
}

_Noreturn void parse_unexpected(struct parser *p)
{
    static const char *const names[] = {
        [TOKEN_SEMI] = ";", [TOKEN_DOUBLE_SEMI] = ";;", [TOKEN_AND] = "&",  [TOKEN_AND_AND] = "&&",
        [TOKEN_OR] = "|",   [TOKEN_OR_OR] = "||",       [TOKEN_OPEN] = "(", [TOKEN_CLOSE] = ")",
    };
    enum token_kind kind = parse_token(p);

    p->line = p->token.line;
    if (kind == TOKEN_END) {
        parse_fail(p, "syntax error: unexpected end of file");
    } else if (kind == TOKEN_NEWLINE) {
        parse_fail(p, "syntax error: unexpected end of line");
    } else if (kind == TOKEN_REDIRECT) {
        parse_fail(p, "syntax error: unexpected redirection");
    } else if (kind == TOKEN_WORD) {
        struct str text = {0};

        print_word(&text, p->token.word);
        (void)memset(p->message, 0, sizeof(p->message));
        strncpy(p->message, str_text(&text), 60);
        str_free(&text);
        memmove(p->message + 26, p->message, 61);
        memcpy(p->message, "syntax error: unexpected `", 26);
        strcat(p->message, "'");
        longjmp(p->escape, PARSE_ERROR);
    }
    parse_fail(p, "syntax error: unexpected `%s'", names[kind]);
}

void parse_skip_newlines(struct parser *p)
{
    while (parse_token(p) == TOKEN_NEWLINE) {
        parse_advance(p);
    }
}

bool parse_at_reserved(struct parser *p, const char *reserved)
{
    const char *text = parse_token(p) == TOKEN_WORD ? word_plain_text(p->token.word) : NULL;

    return text != NULL && strcmp(text, reserved) == 0;
}

bool parse_take_reserved(struct parser *p, const char *reserved)
{
    if (!parse_at_reserved(p, reserved)) {
        return false;
    }
    parse_advance(p);
    return true;
}

void parse_expect_reserved(struct parser *p, const char *reserved)
{
    if (!parse_take_reserved(p, reserved)) {
        parse_unexpected(p);
    }
}
