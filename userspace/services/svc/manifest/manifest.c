// SPDX-License-Identifier: MIT
//
// Reading a manifest, line by line; the language is in manifest/manifest.h. A stanza with a mistake is
// read to its end, so that all its mistakes are told, and then left out.

#include "private.h"

#include <string.h>

// A stanza in progress.
struct stanza {
    struct manifest_service service;
    bool open; // `service` was seen
    bool bad;
    bool has_restart;
    bool has_limit;
};

void mistake(struct parse *parse, uint32_t line, const char *problem, const char *word)
{
    parse->mistakes++;
    parse->complain(parse->context, line, problem, word);
}

bool manifest_has(const struct manifest_words *words, const char *word)
{
    for (uint32_t i = 0; i < words->count; i++) {
        if (strcmp(words->word[i], word) == 0) {
            return true;
        }
    }
    return false;
}

const struct manifest_service *manifest_provider(const struct manifest *manifest, const char *thing)
{
    for (uint32_t i = 0; i < manifest->count; i++) {
        if (manifest_has(&manifest->services[i].provides, thing)) {
            return &manifest->services[i];
        }
    }
    return NULL;
}

bool manifest_is_built_in(const char *thing)
{
    return strcmp(thing, "/svc") == 0 || strcmp(thing, "system") == 0 ||
           strcmp(thing, "manager") == 0;
}

static void spoil(struct parse *parse, struct stanza *stanza, const char *problem, const char *word)
{
    mistake(parse, parse->line, problem, word);
    stanza->bad = true;
}

// ---- the keys ----

// True for the name of a directory or a service.
static bool is_thing(const char *word)
{
    return manifest_is_name(word + (*word == '/'));
}

static void add_word(struct parse *parse, struct stanza *stanza, struct manifest_words *words,
                     char *word)
{
    if (words->count == MANIFEST_MAX_WORDS) {
        spoil(parse, stanza, "too many words", word);
    } else {
        words->word[words->count++] = word;
    }
}

// The bit of a handle's name, or 0.
static uint32_t handle_bit(const char *word)
{
    static const struct {
        char name[16];
        uint32_t bit;
    } handles[] = {
        {"root-resource", MANIFEST_ROOT_RESOURCE},
        {"root-job", MANIFEST_ROOT_JOB},
        {"all-tasks", MANIFEST_ALL_TASKS},
        {"initrd", MANIFEST_INITRD},
        {"device-tree", MANIFEST_DEVICE_TREE},
        {"log", MANIFEST_LOG},
        {"terminal", MANIFEST_TERMINAL},
    };

    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        if (strcmp(handles[i].name, word) == 0) {
            return handles[i].bit;
        }
    }
    return 0;
}

static void take_needs(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bit = handle_bit(words[i]);

        if (bit != 0) {
            stanza->service.handles |= bit;
        } else if (!is_thing(words[i])) {
            spoil(parse, stanza, "not a handle, a /directory or a service", words[i]);
        } else if (!manifest_has(&stanza->service.needs, words[i])) {
            add_word(parse, stanza, &stanza->service.needs, words[i]);
        }
    }
}

static void take_provides(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!is_thing(words[i])) {
            spoil(parse, stanza, "not a /directory or a service's name", words[i]);
        } else if (manifest_is_built_in(words[i]) || handle_bit(words[i]) != 0) {
            spoil(parse, stanza, "provided by the service manager itself", words[i]);
        } else if (manifest_has(&stanza->service.provides, words[i]) ||
                   manifest_provider(parse->out, words[i]) != NULL) {
            spoil(parse, stanza, "provided twice", words[i]);
        } else {
            add_word(parse, stanza, &stanza->service.provides, words[i]);
        }
    }
}

static void take_program(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    if (stanza->service.program != NULL) {
        spoil(parse, stanza, "a second `program`", NULL);
    } else if (count != 1 || words[0][0] == '\0' || words[0][0] == '/') {
        spoil(parse, stanza, "`program` takes one path in the initrd, such as bin/name", NULL);
    } else {
        stanza->service.program = words[0];
    }
}

static void take_arguments(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        add_word(parse, stanza, &stanza->service.arguments, words[i]);
    }
}

static void take_restart(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    static const char policies[][16] = {[MANIFEST_ALWAYS] = "always",
                                        [MANIFEST_ON_FAILURE] = "on-failure",
                                        [MANIFEST_NEVER] = "never"};

    for (uint32_t i = 0; count == 1 && !stanza->has_restart && i <= MANIFEST_NEVER; i++) {
        if (strcmp(policies[i], words[0]) == 0) {
            stanza->service.restart = (enum manifest_restart)i;
            stanza->has_restart = true;
            return;
        }
    }
    spoil(parse, stanza, "`restart` is said once, with always, on-failure or never", NULL);
}

static void take_limit(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    uint32_t value = 0;
    bool good = count == 1 && !stanza->has_limit && words[0][0] != '\0';

    for (const char *c = good ? words[0] : ""; *c != '\0'; c++) {
        good = good && *c >= '0' && *c <= '9' && value < 100000;
        value = good ? value * 10 + (uint32_t)(*c - '0') : value;
    }
    if (!good) {
        spoil(parse, stanza, "`limit` is said once, with a number up to 999999", NULL);
        return;
    }
    stanza->service.limit = value;
    stanza->has_limit = true;
}

static void take_essential(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    if (count != 0) {
        spoil(parse, stanza, "`essential` stands alone", words[0]);
    }
    stanza->service.essential = true;
}

static void take_session(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    if (count != 0) {
        spoil(parse, stanza, "`session` stands alone", words[0]);
    }
    for (uint32_t i = 0; i < parse->out->count; i++) {
        if (parse->out->services[i].session) {
            spoil(parse, stanza, "a second `session`", parse->out->services[i].name);
            return;
        }
    }
    stanza->service.session = true;
}

// ---- stanzas ----

static void begin_stanza(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    *stanza = (struct stanza){
        .open = true,
        .service = {.line = parse->line, .limit = MANIFEST_DEFAULT_LIMIT, .name = words[0]},
    };
    if (count != 1 || !manifest_is_name(words[0])) {
        stanza->service.name = "";
        spoil(parse, stanza, "`service` takes one name of at most 31 letters, digits and ._-",
              NULL);
        return;
    }
    for (uint32_t i = 0; i < parse->out->count; i++) {
        if (strcmp(parse->out->services[i].name, words[0]) == 0) {
            spoil(parse, stanza, "a second service of this name", words[0]);
        }
    }
}

static void end_stanza(struct parse *parse, struct stanza *stanza)
{
    if (!stanza->open) {
        return;
    }
    stanza->open = false;
    if (!stanza->bad && stanza->service.program == NULL) {
        mistake(parse, stanza->service.line, "no `program`", stanza->service.name);
        return;
    }
    if (stanza->bad) {
        return;
    }
    if (parse->out->count == MANIFEST_MAX_SERVICES) {
        mistake(parse, stanza->service.line, "one service too many", stanza->service.name);
        return;
    }
    parse->out->services[parse->out->count++] = stanza->service;
}

static void take_line(struct parse *parse, struct stanza *stanza, char **words, uint32_t count)
{
    static const struct {
        char key[12];
        void (*take)(struct parse *, struct stanza *, char **, uint32_t);
    } keys[] = {
        {"program", take_program},     {"arguments", take_arguments}, {"needs", take_needs},
        {"provides", take_provides},   {"restart", take_restart},     {"limit", take_limit},
        {"essential", take_essential}, {"session", take_session},
    };

    if (strcmp(words[0], "service") == 0) {
        end_stanza(parse, stanza);
        begin_stanza(parse, stanza, words + 1, count - 1);
        return;
    }
    if (!stanza->open) {
        mistake(parse, parse->line, "not in a stanza: `service NAME` must come first", words[0]);
        return;
    }
    if (count > MANIFEST_MAX_WORDS + 1) {
        spoil(parse, stanza, "too many words", words[0]);
        return;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i].key, words[0]) == 0) {
            keys[i].take(parse, stanza, words + 1, count - 1);
            return;
        }
    }
    spoil(parse, stanza, "no such key", words[0]);
}

uint32_t manifest_parse(char *text, size_t size, struct manifest *out, manifest_complain complain,
                        void *context)
{
    struct parse parse = {.out = out, .complain = complain, .context = context};
    struct stanza stanza = {0};
    char *end = text + size;

    out->count = 0;
    while (text < end) {
        char *words[MANIFEST_LINE_WORDS];
        const char *problem;
        uint32_t count = manifest_next_line(&text, end, words, &problem);

        parse.line++;
        if (problem != NULL) {
            spoil(&parse, &stanza, problem, NULL);
        } else if (count != 0) {
            take_line(&parse, &stanza, words, count);
        }
    }
    end_stanza(&parse, &stanza);
    check_needs(&parse);
    return parse.mistakes;
}
