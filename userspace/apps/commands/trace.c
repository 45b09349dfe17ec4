// SPDX-License-Identifier: MIT
// trace: the kernel's trace. start [GROUP...]: forgets what there is and records these groups (all); stop; dump:
// prints what has been recorded, a line each; raw: the records as they are.

#include "command.h"

#include <stdio.h>
#include <string.h>

#include <zircon/status.h>
#include <zircon/syscalls.h>

#include "system.h"
#include "trace_text.h"

enum { START = 1, STOP, REWIND }; // actions of zx_ktrace_control

#define CHUNK 65536u // more than a record

static const struct group {
    const char *name;
    uint32_t mask;
} groups[] = {
    {"life", 0x002}, {"sched", 0x004}, {"tasks", 0x008}, {"ipc", 0x010}, {"irq", 0x020}, {"probe", 0x040},
};

static void complain_of_group(const char *name)
{
    char all[128] = "";

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        strlcat(all, i == 0 ? "" : ", ", sizeof(all));
        strlcat(all, groups[i].name, sizeof(all));
    }
    command_complain("%s: not a group: %s", name, all);
}

// The mask of the groups that are named; 0: all. False, with a message: one of them is none.
static bool parse_groups(char **names, uint32_t *out)
{
    *out = 0;
    for (; *names != NULL; names++) {
        uint32_t mask = 0;
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
            if (strcmp(*names, groups[i].name) == 0)
                mask = groups[i].mask;
        }
        if (mask == 0) {
            complain_of_group(*names);
            return false;
        }
        *out |= mask;
    }
    return true;
}

static void start(zx_handle_t root, uint32_t mask)
{
    zx_status_t status = zx_ktrace_control(root, STOP, 0, NULL);

    if (status == ZX_OK)
        status = zx_ktrace_control(root, REWIND, 0, NULL);
    if (status == ZX_OK)
        status = zx_ktrace_control(root, START, mask, NULL);
    if (status != ZX_OK)
        system_complain("the trace cannot be started", status);
}

// Prints what begins with whole records; returns how many bytes that were.
static size_t print(struct trace_text *text, const uint8_t *bytes, size_t size)
{
    return text != NULL ? trace_text_print(text, bytes, size, stdout) : fwrite(bytes, 1, size, stdout);
}

// Prints what there is now: printing makes records, too, and would not come to an end. `text` NULL: as it is.
static void dump(zx_handle_t root, struct trace_text *text)
{
    static uint8_t bytes[CHUNK];
    size_t offset = 0, end, size, done = 1;
    zx_status_t status = zx_ktrace_read(root, NULL, 0, 0, &end);

    while (status == ZX_OK && offset < end && done != 0 && !ferror(stdout)) {
        const size_t wanted = end - offset < sizeof(bytes) ? end - offset : sizeof(bytes);
        status = zx_ktrace_read(root, bytes, (uint32_t)offset, wanted, &size);
        done = status == ZX_OK && size != 0 ? print(text, bytes, size) : 0;
        offset += done;
    }
    if (status != ZX_OK)
        system_complain("the trace cannot be read", status);
    else if (done == 0) // somebody has taken its place and not written it yet, or has the trace forgotten
        command_complain("no record at byte %zu of %zu", offset, end);
}

static void dump_text(zx_handle_t root)
{
    struct trace_text *text = trace_text_new(zx_status_get_string);

    if (text == NULL)
        command_complain("no memory");
    else
        dump(root, text);
    trace_text_free(text);
}

int main(int argc, char **argv)
{
    uint32_t mask = 0;

    command_start(argv, "start [GROUP...] | stop | dump | raw");
    const char *action = argc > 1 ? argv[1] : "";
    const bool starts = strcmp(action, "start") == 0, stops = strcmp(action, "stop") == 0;
    const bool raw = strcmp(action, "raw") == 0;
    if (!starts && (argc != 2 || (!stops && !raw && strcmp(action, "dump") != 0)))
        return command_usage();
    if (starts && !parse_groups(argv + 2, &mask))
        return command_end();
    zx_handle_t root = system_get_root_resource();
    if (root == ZX_HANDLE_INVALID)
        return command_end();
    if (starts)
        start(root, mask);
    else if (stops)
        (void)zx_ktrace_control(root, STOP, 0, NULL); // of what is not running too
    else if (raw)
        dump(root, NULL);
    else
        dump_text(root);
    zx_handle_close(root);
    return command_end();
}
