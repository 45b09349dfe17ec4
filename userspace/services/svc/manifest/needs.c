// SPDX-License-Identifier: MIT
//
// Who needs whom: services whose needs nobody can meet are left out, which may leave others without
// what they need.

#include "private.h"

#include <string.h>

static void leave_out(struct manifest *manifest, uint32_t index)
{
    struct manifest_service *services = manifest->services;

    manifest->count--;
    memmove(&services[index], &services[index + 1],
            (manifest->count - index) * sizeof(services[0]));
}

// Something that the service needs and nobody provides, or NULL.
static const char *missing_need(const struct manifest *manifest,
                                const struct manifest_service *service)
{
    for (uint32_t i = 0; i < service->needs.count; i++) {
        const char *need = service->needs.word[i];

        if (!manifest_is_built_in(need) && manifest_provider(manifest, need) == NULL) {
            return need;
        }
    }
    if ((service->handles & MANIFEST_TERMINAL) != 0 &&
        manifest_provider(manifest, MANIFEST_TERMINAL_DIRECTORY) == NULL) {
        return MANIFEST_TERMINAL_DIRECTORY;
    }
    return NULL;
}

// True if all that the service needs comes from services that are marked.
static bool can_start(const struct manifest *manifest, const struct manifest_service *service,
                      const bool *marked)
{
    const struct manifest_service *provider;

    for (uint32_t i = 0; i < service->needs.count; i++) {
        provider = manifest_provider(manifest, service->needs.word[i]);
        if (provider != NULL && !marked[provider - manifest->services]) {
            return false;
        }
    }
    provider = manifest_provider(manifest, MANIFEST_TERMINAL_DIRECTORY);
    return (service->handles & MANIFEST_TERMINAL) == 0 || provider == NULL ||
           marked[provider - manifest->services];
}

// Marks the services that can be started in some order.
static void mark_startable(const struct manifest *manifest, bool *marked)
{
    bool more = true;

    memset(marked, 0, manifest->count * sizeof(*marked));
    while (more) {
        more = false;
        for (uint32_t i = 0; i < manifest->count; i++) {
            if (!marked[i] && can_start(manifest, &manifest->services[i], marked)) {
                marked[i] = more = true;
            }
        }
    }
}

// Leaves out one service, and tells why; false if all are sound.
static bool check_once(struct parse *parse)
{
    struct manifest *manifest = parse->out;
    bool marked[MANIFEST_MAX_SERVICES];

    for (uint32_t i = 0; i < manifest->count; i++) {
        const char *need = missing_need(manifest, &manifest->services[i]);

        if (need != NULL) {
            mistake(parse, manifest->services[i].line, "nobody provides what it needs", need);
            leave_out(manifest, i);
            return true;
        }
    }
    mark_startable(manifest, marked);
    for (uint32_t i = 0; i < manifest->count; i++) {
        if (!marked[i]) {
            mistake(parse, manifest->services[i].line, "its needs go round in a circle",
                    manifest->services[i].name);
            leave_out(manifest, i);
            return true;
        }
    }
    return false;
}

void check_needs(struct parse *parse)
{
    while (check_once(parse)) {}
}
