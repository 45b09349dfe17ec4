// SPDX-License-Identifier: MIT
// mem: where the machine's memory is.

#include "command.h"

#include <stdio.h>

#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#include "system.h"

static void print_row(const char *what, uint64_t bytes, uint64_t total)
{
    printf("%10lluK %5.1f%%  %s\n", (unsigned long long)bytes >> 10,
           total != 0 ? 100.0 * (double)bytes / (double)total : 0.0, what);
}

int main(int argc, char **argv)
{
    zx_info_kmem_stats_t info;

    command_start(argv, "");
    if (argc > 1)
        return command_usage();
    zx_handle_t root = system_get_root_resource();
    if (root == ZX_HANDLE_INVALID)
        return command_end();
    zx_status_t status =
        zx_object_get_info(root, ZX_INFO_KMEM_STATS, &info, sizeof(info), NULL, NULL);
    if (status != ZX_OK) {
        system_complain("the kernel does not tell", status);
        return command_end();
    }
    uint64_t total = info.total_bytes;
    print_row("total", total, total);
    print_row("free", info.free_bytes, total);
    print_row("memory objects (VMOs)", info.vmo_bytes, total);
    print_row("kernel heap, in use", info.total_heap_bytes - info.free_heap_bytes, total);
    print_row("kernel heap, free", info.free_heap_bytes, total);
    print_row("page tables", info.mmu_overhead_bytes, total);
    print_row("messages", info.ipc_bytes, total);
    print_row("kernel image and tables", info.wired_bytes, total);
    print_row("other", info.other_bytes, total);
    return command_end();
}
