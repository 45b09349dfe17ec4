// SPDX-License-Identifier: MIT
// svc: lists services (list), tells of one (status NAME), starts, stops and restarts them.

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <protocol/manager.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#include "system.h"

static const char *state_name(uint32_t state)
{
    switch (state) {
    case MANAGER_STOPPED: return "stopped";
    case MANAGER_RUNNING: return "running";
    case MANAGER_ENDED: return "ended";
    case MANAGER_WAITING: return "waiting";
    case MANAGER_FAILED: return "failed";
    default: return "?";
    }
}

static void print_title(void)
{
    printf("%-16s %-8s %8s %8s %6s %10s\n", "NAME", "STATE", "KOID", "RESTARTS", "CODE", "SINCE s");
}

static void print_entry(const struct manager_entry *entry)
{
    long long since = (zx_clock_get_monotonic() - entry->since) / 1000000000;

    printf("%-16.*s %-8s", (int)sizeof(entry->name), (const char *)entry->name,
           state_name(entry->state));
    if (entry->koid != 0)
        printf(" %8llu", (unsigned long long)entry->koid);
    else
        printf(" %8s", "-");
    printf(" %8u %6lld %10lld\n", entry->restarts, (long long)entry->return_code, since);
}

static zx_status_t list(zx_handle_t channel, zx_time_t deadline, const char *name)
{
    char *bytes = command_allocate(MANAGER_MAX_ENTRIES);
    size_t size;
    zx_status_t status;

    (void)name;
    status = manager_list(channel, deadline, bytes, MANAGER_MAX_ENTRIES, &size);

    if (status == ZX_OK) {
        struct manager_entry entry;

        print_title();
        for (size_t at = 0; at + sizeof(entry) <= size; at += sizeof(entry)) {
            memcpy(&entry, bytes + at, sizeof(entry));
            print_entry(&entry);
        }
    }
    free(bytes);
    return status;
}

static zx_status_t show(zx_handle_t channel, zx_time_t deadline, const char *name)
{
    struct manager_entry entry;
    zx_status_t status = manager_status(channel, deadline, name, strlen(name), &entry);

    if (status == ZX_OK) {
        print_title();
        print_entry(&entry);
    }
    return status;
}

// The three that need nothing but a name.
static zx_status_t start(zx_handle_t channel, zx_time_t deadline, const char *name)
{
    return manager_start(channel, deadline, name, strlen(name));
}

static zx_status_t stop(zx_handle_t channel, zx_time_t deadline, const char *name)
{
    return manager_stop(channel, deadline, name, strlen(name));
}

static zx_status_t restart(zx_handle_t channel, zx_time_t deadline, const char *name)
{
    return manager_restart(channel, deadline, name, strlen(name));
}

static const struct verb {
    const char *name;
    int operands;
    zx_status_t (*act)(zx_handle_t channel, zx_time_t deadline, const char *name);
} verbs[] = {
    {"list", 0, list}, {"status", 1, show}, {"start", 1, start},
    {"stop", 1, stop}, {"restart", 1, restart},
};

static const struct verb *find_verb(const char *name, int operands)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].name, name) == 0 && verbs[i].operands == operands)
            return &verbs[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    command_start(argv, "[list | status NAME | start NAME | stop NAME | restart NAME]");
    const struct verb *verb = find_verb(argc > 1 ? argv[1] : "list", argc > 2 ? argc - 2 : 0);
    if (verb == NULL)
        return command_usage();
    zx_handle_t channel = system_connect("manager");
    if (channel == ZX_HANDLE_INVALID)
        return command_end();
    const char *name = verb->operands != 0 ? argv[2] : verb->name;
    zx_status_t status = verb->act(channel, zx_deadline_after(SYSTEM_TIMEOUT), name);
    if (status == ZX_ERR_NOT_FOUND && verb->operands != 0)
        command_complain("%s: no such service", name);
    else if (status == ZX_ERR_ALREADY_EXISTS)
        command_complain("%s: runs already", name);
    else if (status == ZX_ERR_BAD_STATE)
        command_complain("%s: does not run", name);
    else if (status != ZX_OK)
        system_complain(name, status);
    return command_end();
}
