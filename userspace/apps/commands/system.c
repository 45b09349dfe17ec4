// SPDX-License-Identifier: MIT
//
// The system's own handles; the interface is in system.h. No state.

#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jacinth/service.h>
#include <protocol/system.h>
#include <tasks/tasks.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#include "command.h"

void system_complain(const char *what, zx_status_t status)
{
    command_complain("%s: %s", what, zx_status_get_string(status));
}

zx_handle_t system_connect(const char *name)
{
    char path[64];
    zx_handle_t channel;

    snprintf(path, sizeof(path), "/svc/%s", name);
    zx_status_t status = service_connect(path, &channel);
    if (status == ZX_OK)
        return channel;
    system_complain(path, status);
    return ZX_HANDLE_INVALID;
}

// Calls one of the two requests that give a handle with rights.
static zx_handle_t get(zx_status_t (*request)(zx_handle_t, zx_time_t, uint32_t, zx_handle_t *),
                       const char *what)
{
    zx_handle_t channel = system_connect("system"), handle = ZX_HANDLE_INVALID;

    if (channel == ZX_HANDLE_INVALID)
        return ZX_HANDLE_INVALID;
    zx_status_t status =
        request(channel, zx_deadline_after(SYSTEM_TIMEOUT), ZX_RIGHT_SAME_RIGHTS, &handle);
    zx_handle_close(channel);
    if (status == ZX_OK)
        return handle;
    system_complain(what, status);
    return ZX_HANDLE_INVALID;
}

zx_handle_t system_get_root_job(void)
{
    return get(system_root_job, "root job");
}

zx_handle_t system_get_root_resource(void)
{
    return get(system_root_resource, "root resource");
}

bool system_parse_koid(const char *text, zx_koid_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0')
        return true;
    command_complain("%s: not a koid; ps shows them", text);
    return false;
}

const char *system_find_word(const char *line, const char *name, size_t *out_size)
{
    static const char blanks[] = " \t\r\n";
    const size_t length = strlen(name);
    size_t size;

    for (const char *word = line + strspn(line, blanks); *word != 0; word += strspn(word, blanks)) {
        size = strcspn(word, blanks);
        if (size >= length && memcmp(word, name, length) == 0 &&
            (size == length || word[length] == '=')) {
            *out_size = size;
            return word;
        }
        word += size;
    }
    return NULL;
}

bool system_boot_word(const char *name, char **out)
{
    zx_handle_t channel = system_connect("system");
    size_t size = 0;

    *out = NULL;
    if (channel == ZX_HANDLE_INVALID)
        return false;
    char *line = command_allocate(SYSTEM_MAX_COMMAND_LINE + 1);
    zx_status_t status = system_command_line(channel, zx_deadline_after(SYSTEM_TIMEOUT), line,
                                             SYSTEM_MAX_COMMAND_LINE, &size);
    zx_handle_close(channel);
    line[status == ZX_OK ? size : 0] = 0;
    const char *word = system_find_word(line, name, &size);
    if (word != NULL) {
        *out = command_allocate(size + 1);
        memcpy(*out, word, size);
        (*out)[size] = 0;
    }
    free(line);
    if (status != ZX_OK)
        system_complain("this system's command line", status);
    return status == ZX_OK;
}

struct search {
    zx_koid_t koid;
    zx_handle_t found;
};

static bool take_if_wanted(void *context, const struct task *task)
{
    struct search *search = context;

    return task->koid != search->koid ||
           zx_handle_duplicate(task->handle, ZX_RIGHT_SAME_RIGHTS, &search->found) != ZX_OK;
}

zx_handle_t system_find_task(zx_koid_t koid)
{
    struct search search = {koid, ZX_HANDLE_INVALID};
    zx_handle_t job = system_get_root_job();

    if (job == ZX_HANDLE_INVALID)
        return ZX_HANDLE_INVALID;
    tasks_walk(job, take_if_wanted, &search);
    zx_handle_close(job);
    if (search.found == ZX_HANDLE_INVALID)
        command_complain("%llu: no such task", (unsigned long long)koid);
    return search.found;
}
