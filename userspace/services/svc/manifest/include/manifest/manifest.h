// SPDX-License-Identifier: MIT
//
// The manifest of services: a text of stanzas, read into structures. Pure; no allocation.
//
//   # A comment. Words are separated by blanks; "..." makes one word, with \" and \\ in it.
//   service NAME                   begins a stanza; the rest of it, in any order:
//     program PATH                 in the initrd (bin/NAME)
//     arguments WORD ...           argv[1] and so on
//     needs THING ...              see below; several lines add up
//     provides THING ...           /DIRECTORY is mounted there, NAME is the service /svc/NAME
//     restart always|on-failure|never     (default always)
//     limit N                      failures in a row until it is given up; 0: never (default 10)
//     essential                    when it is given up, the rescue monitor is started
//     session                      the person's program, or with commands of a machine the one that
//                                  runs them (-c COMMANDS) and whose status is reported
//
// A need is a handle (root-resource root-job all-tasks initrd device-tree log terminal), a directory (/boot) or
// a service (loader). What somebody must provide is waited for.
//
// A stanza with a mistake is left out, as is one that needs what nobody provides; each mistake is
// told with its line. The rest is good.

#ifndef MANIFEST_MANIFEST_H
#define MANIFEST_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_MAX_SERVICES  32u
#define MANIFEST_MAX_WORDS     16u // arguments, needs, things provided: of each in a stanza
#define MANIFEST_MAX_NAME      31u // bytes of a name: what a job's name has room for
#define MANIFEST_DEFAULT_LIMIT 10u

// Handles that a service can need.
#define MANIFEST_ROOT_RESOURCE 0x01u
#define MANIFEST_ROOT_JOB      0x02u
#define MANIFEST_INITRD        0x04u
#define MANIFEST_DEVICE_TREE   0x08u
#define MANIFEST_LOG           0x10u
#define MANIFEST_TERMINAL      0x20u
#define MANIFEST_ALL_TASKS     0x40u

// Where the connection for `terminal` comes from, and what the service manager itself provides.
#define MANIFEST_TERMINAL_DIRECTORY "/dev"

enum manifest_restart { MANIFEST_ALWAYS, MANIFEST_ON_FAILURE, MANIFEST_NEVER };

// A list of words. They lie in the parsed text.
struct manifest_words {
    const char *word[MANIFEST_MAX_WORDS];
    uint32_t count;
};

struct manifest_service {
    const char *name;
    const char *program;
    struct manifest_words arguments;
    struct manifest_words needs;    // directories (with their slash) and services
    struct manifest_words provides; // the same
    uint32_t handles;               // MANIFEST_ bits
    enum manifest_restart restart;
    uint32_t limit;
    bool essential;
    bool session;
    uint32_t line; // of `service`
};

// What a manifest says: services in its order, all sound.
struct manifest {
    struct manifest_service services[MANIFEST_MAX_SERVICES];
    uint32_t count;
};

// Told of a mistake. `word` is what it is about, or NULL.
typedef void (*manifest_complain)(void *context, uint32_t line, const char *problem,
                                  const char *word);

// Reads text[0, size); text[size] must exist and is written to, as is the text itself, into which
// *out points afterwards. Returns the number of mistakes.
uint32_t manifest_parse(char *text, size_t size, struct manifest *out, manifest_complain complain,
                        void *context);

// True if the words have this one.
bool manifest_has(const struct manifest_words *words, const char *word);

// The service that provides a thing, or NULL.
const struct manifest_service *manifest_provider(const struct manifest *manifest,
                                                 const char *thing);

// True for what the service manager provides itself: /svc, system, manager.
bool manifest_is_built_in(const char *thing);

#endif
