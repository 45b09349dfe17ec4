// SPDX-License-Identifier: MIT
// kernel: a command for the kernel's own debug console, whose answer goes to the log. `kernel help`
// lists what there is. Where the console does not show the log (kernel.quiet), or standard output is no
// terminal, the answer is copied there: its records are those of this process.

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/object.h>

#include "system.h"

// Whether the kernel's command line keeps the log from the console. False, too, if it cannot be had:
// complained.
static bool log_is_quiet(void)
{
    char *word;

    if (!system_boot_word("kernel.quiet", &word) || word == NULL)
        return false;
    const char *value = strchr(word, '=');
    const bool quiet = value == NULL || (strcmp(value, "=0") != 0 && strcmp(value, "=false") != 0 &&
                                         strcmp(value, "=off") != 0); // as cmdline_bool() has it
    free(word);
    return quiet;
}

static zx_koid_t own_koid(void)
{
    zx_info_handle_basic_t info = {0};

    (void)zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL);
    return info.koid;
}

// Reads the log to its end, and prints what this process has caused in it, if `print`.
static void read_log(zx_handle_t log, bool print)
{
    const zx_koid_t self = own_koid();
    _Alignas(zx_log_record_t) char bytes[ZX_LOG_RECORD_MAX];
    const zx_log_record_t *record = (const zx_log_record_t *)bytes;

    while (zx_debuglog_read(log, 0, bytes, sizeof(bytes)) > 0) {
        if (print && record->pid == self)
            printf("%.*s\n", (int)record->datalen, record->data);
    }
}

int main(int argc, char **argv)
{
    char line[256];
    size_t used = 0;

    command_start(argv, "WORD...");
    if (argc < 2)
        return command_usage();
    for (int i = 1; i < argc; i++) {
        int length = snprintf(line + used, sizeof(line) - used, "%s%s", i == 1 ? "" : " ", argv[i]);

        used += (size_t)length;
        if (used >= sizeof(line)) {
            command_complain("more than %zu characters", sizeof(line) - 1);
            return command_end();
        }
    }
    zx_handle_t root = system_get_root_resource();
    if (root == ZX_HANDLE_INVALID)
        return command_end();
    zx_handle_t log = ZX_HANDLE_INVALID;
    const bool copy = !isatty(STDOUT_FILENO) || log_is_quiet();

    zx_status_t status = copy ? zx_debuglog_create(root, ZX_LOG_FLAG_READABLE, &log) : ZX_OK;
    if (status != ZX_OK) {
        system_complain("the log cannot be opened", status);
        return command_end();
    }
    if (copy)
        read_log(log, false);
    status = zx_debug_send_command(root, line, (uint32_t)used);
    if (status == ZX_ERR_NOT_FOUND)
        command_complain("%s: no such command; `kernel help` lists them", line);
    else if (status != ZX_OK)
        system_complain(line, status);
    else if (copy)
        read_log(log, true);
    else // a thread of the kernel's prints the log: let it be before the prompt
        zx_nanosleep(zx_deadline_after(ZX_MSEC(100)));
    return command_end();
}
