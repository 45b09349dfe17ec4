// SPDX-License-Identifier: MIT
//
// Variables, positional parameters, functions and aliases.
//
// Invariant: names and values in the tables are the tables' own copies; what a getter returns is
// valid until the next change.

#include "shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned bucket(const char *name)
{
    unsigned hash = 5381;

    while (*name != '\0') {
        hash = hash * 33 + (unsigned char)*name++;
    }
    return hash % VARIABLE_BUCKETS;
}

struct variable *variable_find(struct shell *sh, const char *name)
{
    struct variable *v = sh->variables[bucket(name)];

    while (v != NULL && strcmp(v->name, name) != 0) {
        v = v->next;
    }
    return v;
}

const char *variable_get(struct shell *sh, const char *name)
{
    struct variable *v = variable_find(sh, name);

    return v != NULL ? v->value : NULL;
}

static struct variable *variable_make(struct shell *sh, const char *name)
{
    struct variable *v = variable_find(sh, name);

    if (v != NULL) {
        return v;
    }
    v = calloc(1, sizeof(*v));
    if (v == NULL || (v->name = strdup(name)) == NULL) {
        free(v);
        shell_error(sh, "out of memory");
        return NULL;
    }
    v->next = sh->variables[bucket(name)];
    sh->variables[bucket(name)] = v;
    return v;
}

bool variable_set(struct shell *sh, const char *name, const char *value)
{
    struct variable *v = variable_make(sh, name);
    char *copy;

    if (v == NULL) {
        return false;
    }
    if (v->read_only) {
        shell_error(sh, "%s: is read-only", name);
        return false;
    }
    copy = strdup(value);
    if (copy == NULL) {
        shell_error(sh, "out of memory");
        return false;
    }
    free(v->value);
    v->value = copy;
    v->exported = v->exported || sh->options.all_export;
    return true;
}

bool variable_unset(struct shell *sh, const char *name)
{
    struct variable **at = &sh->variables[bucket(name)];

    while (*at != NULL && strcmp((*at)->name, name) != 0) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        struct variable *v = *at;

        if (v->read_only) {
            shell_error(sh, "%s: is read-only", name);
            return false;
        }
        *at = v->next;
        free(v->name);
        free(v->value);
        free(v);
    }
    return true;
}

bool variable_mark(struct shell *sh, const char *name, bool exported, bool read_only)
{
    struct variable *v = variable_make(sh, name);

    if (v == NULL) {
        return false;
    }
    v->exported = v->exported || exported;
    v->read_only = v->read_only || read_only;
    return true;
}

bool variable_save(struct shell *sh, const char *name)
{
    struct variable *v = variable_find(sh, name);
    struct saved_variable *s = calloc(1, sizeof(*s));

    if (s != NULL) {
        s->name = strdup(name);
        s->value = v != NULL && v->value != NULL ? strdup(v->value) : NULL;
    }
    if (s == NULL || s->name == NULL || (v != NULL && v->value != NULL && s->value == NULL)) {
        if (s != NULL) {
            free(s->name);
            free(s->value);
        }
        free(s);
        shell_error(sh, "out of memory");
        return false;
    }
    s->exported = v != NULL && v->exported;
    s->below = sh->saved;
    sh->saved = s;
    return true;
}

void variables_restore(struct shell *sh, struct saved_variable *mark)
{
    while (sh->saved != mark) {
        struct saved_variable *s = sh->saved;
        struct variable *v = variable_find(sh, s->name);

        sh->saved = s->below;
        if (v != NULL && v->read_only) {
            // Made read-only in the meantime: it stays.
            free(s->value);
        } else if (s->value == NULL && !s->exported) {
            (void)variable_unset(sh, s->name);
            free(s->value);
        } else if ((v = variable_make(sh, s->name)) != NULL) {
            free(v->value);
            v->value = s->value;
            v->exported = s->exported;
        } else {
            free(s->value);
        }
        free(s->name);
        free(s);
    }
}

void variables_import(struct shell *sh, char **environment)
{
    for (char **entry = environment; entry != NULL && *entry != NULL; entry++) {
        size_t size = name_length(*entry);
        struct str name = {0};

        if (size == 0 || (*entry)[size] != '=') {
            continue;
        }
        str_add(&name, *entry, size);
        if (variable_set(sh, str_text(&name), *entry + size + 1)) {
            (void)variable_mark(sh, str_text(&name), true, false);
        }
        str_free(&name);
    }
}

void variables_environment(struct shell *sh, struct list *out)
{
    struct str entry = {0};

    for (size_t i = 0; i < VARIABLE_BUCKETS; i++) {
        for (struct variable *v = sh->variables[i]; v != NULL; v = v->next) {
            if (v->exported && v->value != NULL) {
                str_cut(&entry, 0);
                str_printf(&entry, "%s=%s", v->name, v->value);
                list_add(out, str_text(&entry));
            }
        }
    }
    out->failed = out->failed || entry.failed;
    str_free(&entry);
}

static int compare_variables(const void *a, const void *b)
{
    return strcmp((*(struct variable *const *)a)->name, (*(struct variable *const *)b)->name);
}

struct variable **variables_sorted(struct shell *sh, size_t *count)
{
    struct variable **all;
    size_t total = 0;

    for (size_t i = 0; i < VARIABLE_BUCKETS; i++) {
        for (struct variable *v = sh->variables[i]; v != NULL; v = v->next) {
            total++;
        }
    }
    *count = 0;
    all = total != 0 ? malloc(total * sizeof(struct variable *)) : NULL;
    if (all == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < VARIABLE_BUCKETS; i++) {
        for (struct variable *v = sh->variables[i]; v != NULL; v = v->next) {
            all[(*count)++] = v;
        }
    }
    qsort(all, total, sizeof(struct variable *), compare_variables);
    return all;
}

const char *parameter_get(struct shell *sh, const char *name)
{
    static char number[32];
    unsigned long index;

    if (name[0] >= '0' && name[0] <= '9') {
        index = strtoul(name, NULL, 10);
        if (index == 0) {
            return sh->name;
        }
        return index <= sh->arguments.count ? sh->arguments.items[index - 1] : NULL;
    }
    if (name[1] != '\0' || strchr("?$!#-", name[0]) == NULL) {
        if (strcmp(name, "LINENO") == 0) {
            (void)snprintf(number, sizeof(number), "%d", sh->line);
            return number;
        }
        return variable_get(sh, name);
    }
    if (name[0] == '-') {
        return options_text(sh);
    }
    if (name[0] == '!' && sh->background_pid == 0) {
        return NULL;
    }
    (void)snprintf(number, sizeof(number), "%ld",
                   name[0] == '?'   ? (long)sh->status
                   : name[0] == '$' ? (long)sh->pid
                   : name[0] == '!' ? (long)sh->background_pid
                                    : (long)sh->arguments.count);
    return number;
}

void arguments_set(struct shell *sh, char *const *items, size_t count)
{
    struct list arguments = {0};

    for (size_t i = 0; i < count; i++) {
        list_add(&arguments, items[i]);
    }
    if (arguments.failed) {
        shell_error(sh, "out of memory");
        list_free(&arguments);
        return;
    }
    list_free(&sh->arguments);
    sh->arguments = arguments;
}

// ---- functions ----------------------------------------------------------------------------------

struct function *function_find(struct shell *sh, const char *name)
{
    struct function *f = sh->function_list;

    while (f != NULL && strcmp(f->name, name) != 0) {
        f = f->next;
    }
    return f;
}

bool function_define(struct shell *sh, const struct node *node)
{
    struct function *f = function_find(sh, node->name);

    if (f == NULL) {
        f = calloc(1, sizeof(*f));
        if (f == NULL || (f->name = strdup(node->name)) == NULL) {
            free(f);
            shell_error(sh, "out of memory");
            return false;
        }
        f->next = sh->function_list;
        sh->function_list = f;
    }
    program_release(f->program);
    f->program = program_hold(sh->program);
    f->body = node->body;
    return true;
}

bool function_remove(struct shell *sh, const char *name)
{
    for (struct function **at = &sh->function_list; *at != NULL; at = &(*at)->next) {
        struct function *f = *at;

        if (strcmp(f->name, name) == 0) {
            *at = f->next;
            program_release(f->program);
            free(f->name);
            free(f);
            return true;
        }
    }
    return false;
}

// ---- aliases ------------------------------------------------------------------------------------

struct alias *alias_find(struct shell *sh, const char *name)
{
    struct alias *a = sh->aliases;

    while (a != NULL && strcmp(a->name, name) != 0) {
        a = a->next;
    }
    return a;
}

bool alias_set(struct shell *sh, const char *name, const char *value)
{
    struct alias *a = alias_find(sh, name);
    char *copy = strdup(value);

    if (copy != NULL && a == NULL) {
        a = calloc(1, sizeof(*a));
        if (a != NULL && (a->name = strdup(name)) == NULL) {
            free(a);
            a = NULL;
        }
        if (a != NULL) {
            struct alias **at = &sh->aliases;

            while (*at != NULL && strcmp((*at)->name, name) < 0) {
                at = &(*at)->next;
            }
            a->next = *at;
            *at = a;
        }
    }
    if (copy == NULL || a == NULL) {
        free(copy);
        shell_error(sh, "out of memory");
        return false;
    }
    free(a->value);
    a->value = copy;
    return true;
}

bool alias_remove(struct shell *sh, const char *name)
{
    for (struct alias **at = &sh->aliases; *at != NULL; at = &(*at)->next) {
        struct alias *a = *at;

        if (strcmp(a->name, name) == 0) {
            *at = a->next;
            free(a->name);
            free(a->value);
            free(a);
            return true;
        }
    }
    return false;
}
