// SPDX-License-Identifier: MIT
//
// Memory of the shell: growing strings, lists of strings, arenas.
//
// Nothing here ends the program for want of memory. A string or list that could not grow (no
// memory, or beyond TEXT_MAX) says so in `failed`, ignores what is added from then on, and stays
// valid; an arena returns NULL. Whoever uses the result looks at `failed` once, at the end.
//
// No locks: the shell is one thread.

#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

// Longest string in bytes. A variable that doubles in a loop ends here, with an error.
#define TEXT_MAX (32u << 20)

struct str {
    char *data; // NUL-terminated once anything was added
    size_t size;
    size_t capacity;
    bool failed;
};

// Adds bytes, a character, a C string, or formatted text.
void str_add(struct str *s, const void *data, size_t size);
void str_add_char(struct str *s, char c);
void str_add_text(struct str *s, const char *text);
void str_printf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_vprintf(struct str *s, const char *format, va_list arguments);
// Puts `size` bytes in at `at` (<= s->size).
void str_insert(struct str *s, size_t at, const void *data, size_t size);
// Takes `size` bytes out at `at` (at + size <= s->size).
void str_remove(struct str *s, size_t at, size_t size);
// Makes it shorter: size <= s->size.
void str_cut(struct str *s, size_t size);
// The text, "" if nothing was ever added. Valid until the next change.
const char *str_text(const struct str *s);
// Frees the memory; the string is empty and usable again.
void str_free(struct str *s);

// A list of C strings that it owns.
struct list {
    char **items; // NULL-terminated once anything was added
    size_t count;
    size_t capacity;
    bool failed;
};

void list_add(struct list *l, const char *text);
void list_add_bytes(struct list *l, const char *data, size_t size);
// Takes out the item at `at` and frees it.
void list_remove(struct list *l, size_t at);
// By bytes, and equal ones once if `unique`.
void list_sort(struct list *l, bool unique);
void list_free(struct list *l);

// Memory that is freed all at once.
struct arena {
    struct arena_block *blocks;
    size_t bytes;
};

// `size` zeroed bytes for any type, or NULL.
void *arena_alloc(struct arena *arena, size_t size);
// A NUL-terminated copy, or NULL.
char *arena_copy(struct arena *arena, const char *data, size_t size);
void arena_free(struct arena *arena);

// True if `text` is a name of the shell: letters, digits and _, no digit first.
bool is_name(const char *text);
// How many bytes at the start of `text` form a name.
size_t name_length(const char *text);
// Adds `text` in quotes, such that the shell reads it as one word; without quotes if it needs none.
void add_quoted(struct str *s, const char *text);
