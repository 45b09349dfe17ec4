// SPDX-License-Identifier: MIT
// dmesg: the kernel's log. -f: waits for more.

#include "command.h"

#include <stdio.h>
#include <unistd.h>

#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>

#include "system.h"

static void print_record(const zx_log_record_t *record)
{
    unsigned long long ms = (unsigned long long)record->timestamp / 1000000;
    size_t length = record->datalen;

    if (length != 0 && record->data[length - 1] == '\n')
        length--;
    printf("[%05llu.%03llu] %05llu.%05llu> %.*s\n", ms / 1000, ms % 1000,
           (unsigned long long)record->pid, (unsigned long long)record->tid, (int)length,
           record->data);
}

// Prints what is there. Returns why it ended.
static zx_status_t print_records(zx_handle_t log)
{
    _Alignas(zx_log_record_t) char buffer[ZX_LOG_RECORD_MAX];
    zx_status_t status;

    // A positive status is the size of a record.
    while ((status = zx_debuglog_read(log, 0, buffer, sizeof(buffer))) > 0) {
        print_record((const zx_log_record_t *)buffer);
        if (ferror(stdout))
            break;
    }
    return status;
}

int main(int argc, char **argv)
{
    bool follow = false;
    zx_handle_t log;
    int option;

    command_start(argv, "[-f]");
    while ((option = getopt(argc, argv, "f")) != -1) {
        if (option == '?')
            return command_usage();
        follow = true;
    }
    if (optind < argc)
        return command_usage();
    zx_handle_t root = system_get_root_resource();
    if (root == ZX_HANDLE_INVALID)
        return command_end();
    zx_status_t status = zx_debuglog_create(root, ZX_LOG_FLAG_READABLE, &log);
    if (status != ZX_OK) {
        system_complain("the log cannot be opened", status);
        return command_end();
    }
    while ((status = print_records(log)) == ZX_ERR_SHOULD_WAIT && follow) {
        fflush(stdout);
        status = zx_object_wait_one(log, ZX_LOG_READABLE, ZX_TIME_INFINITE, NULL);
        if (status != ZX_OK)
            break;
    }
    if (status != ZX_ERR_SHOULD_WAIT && status <= 0)
        system_complain("the log cannot be read", status);
    return command_end();
}
