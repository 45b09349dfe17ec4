// SPDX-License-Identifier: MIT
//
// The characters that the parser reads: a stack of texts, the lowest one fed by the source.

#include "parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_DEPTH_MAX 64
#define TRIM_SIZE       65536u

_Noreturn void parse_fail(struct parser *p, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(p->message, sizeof(p->message), format, arguments);
    va_end(arguments);
    longjmp(p->escape, PARSE_ERROR);
}

void *parse_alloc(struct parser *p, size_t size)
{
    void *memory = arena_alloc(&p->program->arena, size);

    if (memory == NULL) {
        parse_fail(p, "command too large");
    }
    return memory;
}

char *parse_copy(struct parser *p, const char *data, size_t size)
{
    char *copy = arena_copy(&p->program->arena, data, size);

    if (copy == NULL) {
        parse_fail(p, "command too large");
    }
    return copy;
}

void parse_enter(struct parser *p)
{
    if (++p->depth > PARSE_DEPTH_MAX) {
        parse_fail(p, "nested too deeply");
    }
}

void parse_leave(struct parser *p)
{
    p->depth--;
}

// Asks the source for more. False: there is none.
static bool refill(struct parser *p)
{
    size_t before = p->text.size;
    int result;

    if (p->ended || p->source.more == NULL) {
        return false;
    }
    result = p->source.more(p->source.context, &p->text, p->began);
    p->base.text = str_text(&p->text);
    p->base.size = p->text.size;
    if (result < 0) {
        longjmp(p->escape, PARSE_ABORTED);
    }
    if (p->text.failed) {
        parse_fail(p, "command too large");
    }
    if (result == 0 || p->text.size == before) {
        p->ended = true;
        return false;
    }
    return true;
}

// Makes sure that `count` characters are at hand in the current text, going down if it has ended.
static bool have(struct parser *p, size_t count)
{
    for (;;) {
        struct input *input = p->input;

        if (input->size - input->position >= count) {
            return true;
        }
        if (input == &p->base) {
            if (!refill(p)) {
                return false;
            }
        } else if (input->isolated || input->position < input->size) {
            return false;
        } else {
            size_t size = input->size;

            p->alias_next = size != 0 && strchr(" \t", input->text[size - 1]) != NULL;
            p->input = input->below;
        }
    }
}

int parse_peek_raw(struct parser *p)
{
    int c;

    if (!have(p, 1)) {
        return -1;
    }
    c = (unsigned char)p->input->text[p->input->position];
    if (c == '\0') {
        parse_fail(p, "syntax error: a NUL byte in the input");
    }
    return c;
}

int parse_peek_second(struct parser *p)
{
    if (!have(p, 2)) {
        return -1;
    }
    return (unsigned char)p->input->text[p->input->position + 1];
}

int parse_take(struct parser *p)
{
    int c = parse_peek_raw(p);

    if (c >= 0) {
        p->input->position++;
        p->began = true;
        if (c == '\n' && p->input == &p->base) {
            p->line++;
        }
    }
    return c;
}

int parse_peek(struct parser *p)
{
    int c = parse_peek_raw(p);

    while (c == '\\' && parse_peek_second(p) == '\n') {
        (void)parse_take(p);
        (void)parse_take(p);
        c = parse_peek_raw(p);
    }
    return c;
}

void parse_push(struct parser *p, const char *text, size_t size, const char *alias)
{
    struct input *input = parse_alloc(p, sizeof(*input));
    unsigned depth = 0;

    for (struct input *i = p->input; i != NULL; i = i->below) {
        depth++;
    }
    if (depth > INPUT_DEPTH_MAX) {
        parse_fail(p, "nested too deeply");
    }
    *input = (struct input){.text = text,
                            .size = size,
                            .alias = alias,
                            .isolated = alias == NULL,
                            .below = p->input,
                            .origin = p->token.input};
    p->input = input;
}

void parse_pop(struct parser *p)
{
    while (!p->input->isolated) {
        p->input = p->input->below;
    }
    p->input = p->input->below;
}

void parser_init(struct parser *p, const struct parse_source *source, const char *text, size_t size,
                 int line)
{
    *p = (struct parser){.line = line};
    if (source != NULL) {
        p->source = *source;
    }
    str_add(&p->text, text, size);
    p->base.text = str_text(&p->text);
    p->base.size = p->text.size;
    p->input = &p->base;
}

void parser_drop_input(struct parser *p)
{
    str_cut(&p->text, 0);
    p->base.position = 0;
    p->base.text = str_text(&p->text);
    p->base.size = 0;
    p->input = &p->base;
    p->token = (struct token){0};
}

void parse_trim(struct parser *p)
{
    size_t position = p->base.position;

    if (position == p->text.size || (position > TRIM_SIZE && position > p->text.size / 2)) {
        str_remove(&p->text, 0, position);
        p->base.position = 0;
        p->base.text = str_text(&p->text);
        p->base.size = p->text.size;
    }
}

void parser_free(struct parser *p)
{
    str_free(&p->text);
    str_free(&p->scratch);
}
