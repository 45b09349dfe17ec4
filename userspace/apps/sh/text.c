// SPDX-License-Identifier: MIT
//
// Growing strings, lists and arenas; the interface is in text.h.

#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX    (TEXT_MAX / sizeof(char *))
#define ARENA_BLOCK 4000u

static bool str_reserve(struct str *s, size_t more)
{
    size_t wanted = s->capacity != 0 ? s->capacity : 32;
    char *data;

    if (s->failed || more > TEXT_MAX || s->size > TEXT_MAX - more) {
        s->failed = true;
        return false;
    }
    if (s->size + more < s->capacity) {
        return true;
    }
    while (wanted <= s->size + more) {
        wanted *= 2;
    }
    data = realloc(s->data, wanted);
    if (data == NULL) {
        s->failed = true;
        return false;
    }
    s->data = data;
    s->capacity = wanted;
    return true;
}

void str_insert(struct str *s, size_t at, const void *data, size_t size)
{
    if (!str_reserve(s, size)) {
        return;
    }
    memmove(s->data + at + size, s->data + at, s->size - at);
    if (size != 0) {
        memcpy(s->data + at, data, size);
    }
    s->size += size;
    s->data[s->size] = '\0';
}

void str_add(struct str *s, const void *data, size_t size)
{
    str_insert(s, s->size, data, size);
}

void str_add_char(struct str *s, char c)
{
    str_insert(s, s->size, &c, 1);
}

void str_add_text(struct str *s, const char *text)
{
    str_insert(s, s->size, text, strlen(text));
}

void str_vprintf(struct str *s, const char *format, va_list arguments)
{
    va_list again;
    int size;

    va_copy(again, arguments);
    size = vsnprintf(NULL, 0, format, arguments);
    if (size < 0 || !str_reserve(s, (size_t)size + 1)) {
        s->failed = true;
    } else {
        (void)vsnprintf(s->data + s->size, (size_t)size + 1, format, again);
        s->size += (size_t)size;
    }
    va_end(again);
}

void str_printf(struct str *s, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    str_vprintf(s, format, arguments);
    va_end(arguments);
}

void str_remove(struct str *s, size_t at, size_t size)
{
    if (size == 0) {
        return;
    }
    memmove(s->data + at, s->data + at + size, s->size - at - size);
    s->size -= size;
    s->data[s->size] = '\0';
}

void str_cut(struct str *s, size_t size)
{
    if (s->data != NULL) {
        s->size = size;
        s->data[size] = '\0';
    }
}

const char *str_text(const struct str *s)
{
    return s->data != NULL ? s->data : "";
}

void str_free(struct str *s)
{
    free(s->data);
    *s = (struct str){0};
}

void list_add_bytes(struct list *l, const char *data, size_t size)
{
    char *copy = NULL;

    if (l->failed || l->count >= LIST_MAX || size > TEXT_MAX) {
        l->failed = true;
        return;
    }
    if (l->count + 1 >= l->capacity) {
        size_t wanted = l->capacity != 0 ? l->capacity * 2 : 8;
        char **items = realloc(l->items, wanted * sizeof(*items));

        if (items == NULL) {
            l->failed = true;
            return;
        }
        l->items = items;
        l->capacity = wanted;
    }
    copy = malloc(size + 1);
    if (copy == NULL) {
        l->failed = true;
        return;
    }
    if (size != 0) {
        memcpy(copy, data, size);
    }
    copy[size] = '\0';
    l->items[l->count++] = copy;
    l->items[l->count] = NULL;
}

void list_add(struct list *l, const char *text)
{
    list_add_bytes(l, text, strlen(text));
}

void list_remove(struct list *l, size_t at)
{
    free(l->items[at]);
    memmove(l->items + at, l->items + at + 1, (l->count - at) * sizeof(*l->items));
    l->count--;
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void list_sort(struct list *l, bool unique)
{
    size_t kept = 0;

    if (l->count == 0) {
        return;
    }
    qsort(l->items, l->count, sizeof(*l->items), compare_items);
    for (size_t i = 0; i < l->count; i++) {
        if (unique && kept != 0 && strcmp(l->items[kept - 1], l->items[i]) == 0) {
            free(l->items[i]);
        } else {
            l->items[kept++] = l->items[i];
        }
    }
    l->count = kept;
    l->items[kept] = NULL;
}

void list_free(struct list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i]);
    }
    free(l->items);
    *l = (struct list){0};
}

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    void *result;

    if (size > TEXT_MAX || arena->bytes > 4 * (size_t)TEXT_MAX) {
        return NULL;
    }
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (block == NULL || block->size - block->used < size) {
        size_t space = size > ARENA_BLOCK ? size : ARENA_BLOCK;

        block = calloc(1, sizeof(*block) + space);
        if (block == NULL) {
            return NULL;
        }
        block->size = space;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->bytes += space;
    }
    result = block->data + block->used;
    block->used += size;
    return result;
}

char *arena_copy(struct arena *arena, const char *data, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);

    if (copy != NULL && size != 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;

        arena->blocks = block->next;
        free(block);
    }
    arena->bytes = 0;
}

static bool is_name_character(char c, bool first)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (!first && c >= '0' && c <= '9');
}

size_t name_length(const char *text)
{
    size_t size = 0;

    while (is_name_character(text[size], size == 0)) {
        size++;
    }
    return size;
}

bool is_name(const char *text)
{
    size_t size = name_length(text);

    return size != 0 && text[size] == '\0';
}

void add_quoted(struct str *s, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./:,+@%^";

    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        str_add_text(s, text);
        return;
    }
    str_add_char(s, '\'');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            str_add_text(s, "'\\''");
        } else {
            str_add_char(s, *c);
        }
    }
    str_add_char(s, '\'');
}
