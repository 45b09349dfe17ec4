// SPDX-License-Identifier: MIT
// vm: the address space of a process, region by region.

#include "command.h"

#include <stdio.h>

#include <tasks/tasks.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>

#include "system.h"

static void print_map(const zx_info_maps_t *map)
{
    uint32_t flags = map->u.mapping.mmu_flags;
    char access[4] = "---";

    if (map->type == ZX_INFO_MAPS_TYPE_MAPPING) {
        access[0] = flags & ZX_VM_PERM_READ ? 'r' : '-';
        access[1] = flags & ZX_VM_PERM_WRITE ? 'w' : '-';
        access[2] = flags & ZX_VM_PERM_EXECUTE ? 'x' : '-';
    }
    printf("%012llx-%012llx", (unsigned long long)map->base,
           (unsigned long long)(map->base + map->size));
    if (map->type == ZX_INFO_MAPS_TYPE_MAPPING)
        printf(" %s %8lluK of %8lluK", access,
               (unsigned long long)map->u.mapping.committed_pages * (ZX_PAGE_SIZE >> 10),
               (unsigned long long)map->size >> 10);
    else
        printf(" %s %22s", "   ", "");
    printf("  %*s%.*s\n", (int)(map->depth > 20 ? 20 : map->depth) * 2, "",
           (int)sizeof(map->name), map->name);
}

int main(int argc, char **argv)
{
    struct tasks_records list;
    zx_koid_t koid;

    command_start(argv, "KOID");
    if (argc != 2)
        return command_usage();
    if (!system_parse_koid(argv[1], &koid))
        return STATUS_USAGE;
    zx_handle_t process = system_find_task(koid);
    if (process == ZX_HANDLE_INVALID)
        return command_end();
    zx_status_t status =
        tasks_get_records(process, ZX_INFO_PROCESS_MAPS, sizeof(zx_info_maps_t), &list);
    zx_handle_close(process);
    if (status != ZX_OK) {
        system_complain(argv[1], status);
        return command_end();
    }
    const zx_info_maps_t *maps = list.records;
    for (size_t i = 0; i < list.count; i++)
        print_map(&maps[i]);
    tasks_free_records(&list);
    return command_end();
}
