// SPDX-License-Identifier: MIT
//
// Commands of the monitor about the whole machine: mem, dmesg, ls, kernel.

#include "mon.h"

#include <cpio/cpio.h>
#include <minilib/console.h>
#include <minilib/format.h>
#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>

static void print_memory(const char *what, uint64_t bytes, uint64_t total)
{
    uint64_t permille = total != 0 ? bytes / 1024 * 1000 / (total / 1024) : 0;

    console_printf("%10luK %3lu.%lu%%  %s\n", bytes >> 10, permille / 10, permille % 10, what);
}

int cmd_mem(int argc, char **argv)
{
    zx_info_kmem_stats_t info;
    zx_status_t status =
        zx_object_get_info(mon.root, ZX_INFO_KMEM_STATS, &info, sizeof(info), NULL, NULL);

    (void)argc;
    if (status != ZX_OK) {
        return report(argv[0], "the kernel does not tell", status);
    }
    print_memory("total", info.total_bytes, info.total_bytes);
    print_memory("free", info.free_bytes, info.total_bytes);
    print_memory("memory objects (VMOs)", info.vmo_bytes, info.total_bytes);
    print_memory("kernel heap, in use", info.total_heap_bytes - info.free_heap_bytes,
                 info.total_bytes);
    print_memory("kernel heap, free", info.free_heap_bytes, info.total_bytes);
    print_memory("page tables", info.mmu_overhead_bytes, info.total_bytes);
    print_memory("messages", info.ipc_bytes, info.total_bytes);
    print_memory("kernel image and tables", info.wired_bytes, info.total_bytes);
    print_memory("other", info.other_bytes, info.total_bytes);
    return STATUS_OK;
}

static void print_record(const zx_log_record_t *record)
{
    uint64_t ms = (uint64_t)record->timestamp / 1000000;
    size_t length = record->datalen;

    if (length != 0 && record->data[length - 1] == '\n') {
        length--;
    }
    console_printf("[%05lu.%03lu] %05lu.%05lu> %.*s\n", ms / 1000, ms % 1000, record->pid,
                   record->tid, (int)length, record->data);
}

int cmd_dmesg(int argc, char **argv)
{
    _Alignas(zx_log_record_t) char buffer[ZX_LOG_RECORD_MAX];
    zx_handle_t log;
    zx_status_t status = zx_debuglog_create(mon.root, ZX_LOG_FLAG_READABLE, &log);

    (void)argc;
    if (status != ZX_OK) {
        return report(argv[0], "the log cannot be opened", status);
    }
    // A positive status is the size of a record.
    while ((status = zx_debuglog_read(log, 0, buffer, sizeof(buffer))) > 0) {
        print_record((const zx_log_record_t *)buffer);
    }
    zx_handle_close(log);
    return status == ZX_ERR_SHOULD_WAIT ? STATUS_OK
                                        : report(argv[0], "the log cannot be read", status);
}

int cmd_kernel(int argc, char **argv)
{
    char line[256];
    size_t used = 0;

    line[0] = '\0';
    for (int i = 1; i < argc && used < sizeof(line) - 1; i++) {
        used += format_string(line + used, sizeof(line) - used, "%s%s", i == 1 ? "" : " ", argv[i]);
    }
    zx_status_t status = zx_debug_send_command(mon.root, line, strlen(line));

    if (status == ZX_ERR_NOT_FOUND) {
        console_printf("%s: %s: no such command; `kernel help` lists them\n", argv[0], line);
        return STATUS_USAGE;
    }
    if (status != ZX_OK) {
        return report(argv[0], line, status);
    }
    // The answer goes through the log, which a thread of the kernel's prints: let it be before the
    // prompt.
    (void)zx_nanosleep(zx_deadline_after(ZX_MSEC(100)));
    return STATUS_OK;
}

int cmd_ls(int argc, char **argv)
{
    struct cpio archive;
    struct cpio_entry entry;
    zx_status_t status;

    (void)argc;
    cpio_init(&archive, mon.archive, mon.archive_size);
    while ((status = cpio_next(&archive, &entry)) == ZX_OK) {
        if (cpio_entry_is_file(&entry)) {
            console_printf("%10lu  %s\n", entry.size, entry.name);
        }
    }
    if (status != ZX_ERR_STOP) {
        console_printf("%s: the initrd is missing, cut short or corrupt here\n", argv[0]);
        return STATUS_FAILED;
    }
    return STATUS_OK;
}
