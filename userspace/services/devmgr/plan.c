// SPDX-License-Identifier: MIT
//
// Reading the manifest of drivers; the language is in plan.h.

#include "plan.h"

#include <string.h>

#include <manifest/words.h>

struct reader {
    struct plan *out;
    manifest_complain complain;
    void *context;
    uint32_t line;
    uint32_t mistakes;
    struct plan_driver driver;
    bool open; // `driver` was seen
    bool bad;
};

static void spoil(struct reader *reader, const char *problem, const char *word)
{
    reader->mistakes++;
    reader->bad = true;
    reader->complain(reader->context, reader->line, problem, word);
}

static void begin_driver(struct reader *reader, char **words, uint32_t count)
{
    reader->driver = (struct plan_driver){.name = count != 0 ? words[0] : ""};
    reader->open = true;
    reader->bad = false;
    if (count != 1 || !manifest_is_name(words[0])) {
        spoil(reader, "`driver` takes one name of at most 31 letters, digits and ._-", NULL);
    }
    for (uint32_t i = 0; i < reader->out->count; i++) {
        if (strcmp(reader->out->drivers[i].name, reader->driver.name) == 0) {
            spoil(reader, "a second driver of this name", reader->driver.name);
        }
    }
}

static void end_driver(struct reader *reader)
{
    const struct plan_driver *driver = &reader->driver;

    if (!reader->open) {
        return;
    }
    if (!reader->bad && (driver->program == NULL || driver->compatible.count == 0)) {
        spoil(reader, "no `program`, or no `compatible`", driver->name);
    }
    if (!reader->bad && reader->out->count == PLAN_MAX_DRIVERS) {
        spoil(reader, "one driver too many", driver->name);
    }
    if (!reader->bad) {
        reader->out->drivers[reader->out->count++] = *driver;
    }
    reader->open = false;
}

static void take_program(struct reader *reader, char **words, uint32_t count)
{
    if (count != 1 || words[0][0] == '\0' || words[0][0] == '/' || reader->driver.program != NULL) {
        spoil(reader, "`program` is said once, with a path in the initrd", NULL);
    } else {
        reader->driver.program = words[0];
    }
}

static void take_compatible(struct reader *reader, char **words, uint32_t count)
{
    struct manifest_words *list = &reader->driver.compatible;

    for (uint32_t i = 0; i < count; i++) {
        if (list->count == MANIFEST_MAX_WORDS || words[i][0] == '\0') {
            spoil(reader, "too many words, or an empty one", words[i]);
            return;
        }
        list->word[list->count++] = words[i];
    }
}

static void take_virtio(struct reader *reader, char **words, uint32_t count)
{
    uint32_t value = 0;
    bool good = count == 1 && reader->driver.virtio == 0 && strlen(words[0]) <= 4;

    for (const char *c = good ? words[0] : ""; *c != '\0'; c++) {
        good = good && *c >= '0' && *c <= '9';
        value = value * 10 + (uint32_t)(*c - '0');
    }
    if (!good || value == 0) {
        spoil(reader, "`virtio` is said once, with a number from 1 to 9999", NULL);
    } else {
        reader->driver.virtio = value;
    }
}

static void take_service(struct reader *reader, char **words, uint32_t count)
{
    // Room for a number behind it.
    if (count != 1 || !manifest_is_name(words[0]) || strlen(words[0]) > 16 ||
        reader->driver.service != NULL) {
        spoil(reader, "`service` is said once, with a name of at most 16 letters", NULL);
    } else {
        reader->driver.service = words[0];
    }
}

// Sets the bits of words that are among `names`.
static void take_bits(struct reader *reader, char **words, uint32_t count, uint32_t allowed)
{
    static const struct {
        char name[16];
        uint32_t bit;
    } names[] = {
        {"interrupts", PLAN_INTERRUPTS},
        {"dma", PLAN_DMA},
        {"set-clock", PLAN_SET_CLOCK},
        {"hand-over", PLAN_HAND_OVER},
    };

    for (uint32_t i = 0; i < count; i++) {
        uint32_t bit = 0;

        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
            bit |= strcmp(names[j].name, words[i]) == 0 ? names[j].bit & allowed : 0;
        }
        if (bit == 0) {
            spoil(reader, "no such thing can be given", words[i]);
        }
        reader->driver.rights |= bit;
    }
}

static void take_needs(struct reader *reader, char **words, uint32_t count)
{
    take_bits(reader, words, count, PLAN_INTERRUPTS | PLAN_DMA | PLAN_HAND_OVER);
}

static void take_may(struct reader *reader, char **words, uint32_t count)
{
    take_bits(reader, words, count, PLAN_SET_CLOCK);
}

static void take_only(struct reader *reader, char **words, uint32_t count)
{
    if (count != 1 || strcmp(words[0], "console") != 0) {
        spoil(reader, "`only` is said of the console", NULL);
    }
    reader->driver.console = true;
}

static void take_line(struct reader *reader, char **words, uint32_t count)
{
    static const struct {
        char key[12];
        void (*take)(struct reader *, char **, uint32_t);
    } keys[] = {
        {"program", take_program}, {"compatible", take_compatible}, {"virtio", take_virtio},
        {"service", take_service}, {"needs", take_needs},           {"may", take_may},
        {"only", take_only},
    };

    if (strcmp(words[0], "driver") == 0) {
        end_driver(reader);
        begin_driver(reader, words + 1, count - 1);
        return;
    }
    if (!reader->open) {
        spoil(reader, "not in a stanza: `driver NAME` must come first", words[0]);
        return;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i].key, words[0]) == 0) {
            keys[i].take(reader, words + 1, count - 1);
            return;
        }
    }
    spoil(reader, "no such key", words[0]);
}

uint32_t plan_parse(char *text, size_t size, struct plan *out, manifest_complain complain,
                    void *context)
{
    struct reader reader = {.out = out, .complain = complain, .context = context};
    char *end = text + size;

    out->count = 0;
    while (text < end) {
        char *words[MANIFEST_LINE_WORDS];
        const char *problem;
        uint32_t count = manifest_next_line(&text, end, words, &problem);

        reader.line++;
        if (problem != NULL) {
            spoil(&reader, problem, NULL);
        } else if (count != 0) {
            take_line(&reader, words, count);
        }
    }
    end_driver(&reader);
    return reader.mistakes;
}

const struct plan_driver *plan_find(const struct plan *plan, const char *compatible,
                                    uint32_t virtio, bool console)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_driver *driver = &plan->drivers[i];

        if (driver->virtio == virtio && (console || !driver->console) &&
            manifest_has(&driver->compatible, compatible)) {
            return driver;
        }
    }
    return NULL;
}
