// SPDX-License-Identifier: MIT
// dmesg: the kernel's log. -f: waits for more. --last: what the last boot left when it ended in a
// panic, or in a reset that nobody asked for.

#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <protocol/system.h>
#include <zircon/process.h>
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

// The crash log of the last boot. Complains and returns NULL if it cannot be had; *out_size is 0 if there
// is none.
static const char *map_crash_log(uint64_t *out_size)
{
    zx_handle_t channel = system_connect("system"), vmo;
    zx_vaddr_t address = 0;

    if (channel == ZX_HANDLE_INVALID)
        return NULL;
    zx_status_t status = system_crash_log(channel, zx_deadline_after(SYSTEM_TIMEOUT), &vmo);
    zx_handle_close(channel);
    if (status == ZX_OK) {
        status = zx_vmo_get_size(vmo, out_size);
        if (status == ZX_OK && *out_size != 0)
            status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, *out_size, &address);
        zx_handle_close(vmo);
    }
    if (status == ZX_OK)
        return *out_size != 0 ? (const char *)address : "";
    system_complain("the crash log cannot be read", status);
    return NULL;
}

static int print_last(void)
{
    uint64_t size = 0;
    const char *text = map_crash_log(&size);

    if (text == NULL)
        return command_end();
    if (size == 0)
        command_complain("the last boot ended in order, or what it left is lost");
    fwrite(text, 1, strnlen(text, size), stdout);
    return command_end();
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"last", no_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
    bool follow = false, last = false;
    zx_handle_t log;
    int option;

    command_start(argv, "[-f | --last]");
    while ((option = getopt_long(argc, argv, "f", names, NULL)) != -1) {
        if (option == '?')
            return command_usage();
        follow |= option == 'f';
        last |= option == 'l';
    }
    if (optind < argc || (follow && last))
        return command_usage();
    if (last)
        return print_last();
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
