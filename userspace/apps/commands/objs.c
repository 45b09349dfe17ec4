// SPDX-License-Identifier: MIT
// objs: kernel objects and handles, by type and by owner. Jobs, processes, threads and memory objects
// are counted themselves; the kernel lets the others be seen through handles only.

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <tasks/tasks.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>

#include "system.h"

#define TYPES 64u

struct owner {
    zx_koid_t koid;
    char name[ZX_MAX_NAME_LEN];
    uint32_t count[TYPES];
};

struct koids {
    zx_koid_t *koid;
    size_t count, room;
};

static struct {
    struct owner *owner;
    size_t owner_count, owner_room;
    struct koids vmos;
    uint64_t objects[TYPES];
    uint64_t handles[TYPES];
} all;

static void add_koid(struct koids *list, zx_koid_t koid)
{
    if (list->count == list->room) {
        list->room = list->room != 0 ? 2 * list->room : 256;
        list->koid = command_grow(list->koid, list->room * sizeof(list->koid[0]));
    }
    list->koid[list->count++] = koid;
}

static int compare_koids(const void *left, const void *right)
{
    zx_koid_t a = *(const zx_koid_t *)left, b = *(const zx_koid_t *)right;

    return (a > b) - (a < b);
}

static uint64_t count_distinct(struct koids *list)
{
    uint64_t distinct = 0;

    if (list->count != 0)
        qsort(list->koid, list->count, sizeof(list->koid[0]), compare_koids);
    for (size_t i = 0; i < list->count; i++)
        distinct += i == 0 || list->koid[i] != list->koid[i - 1];
    return distinct;
}

// The memory objects that a process holds or has mapped. A process cannot be asked for its own.
static void list_vmos(zx_handle_t process)
{
    struct tasks_records list;

    if (tasks_get_records(process, ZX_INFO_PROCESS_VMOS, sizeof(zx_info_vmo_t), &list) != ZX_OK)
        return;
    const zx_info_vmo_t *vmos = list.records;
    for (size_t i = 0; i < list.count; i++)
        add_koid(&all.vmos, vmos[i].koid);
    tasks_free_records(&list);
}

static bool add_process(const struct task *task)
{
    zx_info_process_handle_stats_t info;

    if (zx_object_get_info(task->handle, ZX_INFO_PROCESS_HANDLE_STATS, &info, sizeof(info), NULL,
                           NULL) != ZX_OK)
        return true; // ended meanwhile
    if (all.owner_count == all.owner_room) {
        all.owner_room = all.owner_room != 0 ? 2 * all.owner_room : 32;
        all.owner = command_grow(all.owner, all.owner_room * sizeof(all.owner[0]));
    }
    struct owner *owner = &all.owner[all.owner_count++];
    owner->koid = task->koid;
    tasks_name(task->handle, owner->name);
    for (uint32_t type = 0; type < TYPES; type++) {
        owner->count[type] = info.handle_count[type];
        all.handles[type] += info.handle_count[type];
    }
    list_vmos(task->handle);
    return true;
}

static bool add_task(void *context, const struct task *task)
{
    static const uint32_t types[] = {
        [TASK_JOB] = ZX_OBJ_TYPE_JOB,
        [TASK_PROCESS] = ZX_OBJ_TYPE_PROCESS,
        [TASK_THREAD] = ZX_OBJ_TYPE_THREAD,
    };

    (void)context;
    all.objects[types[task->kind]]++;
    return task->kind != TASK_PROCESS || add_process(task);
}

static const char *type_name(uint32_t type)
{
    const char *name = tasks_type_name(type);

    return name != NULL ? name : "?";
}

static void print_types(void)
{
    uint64_t handles = 0;

    printf("%-10s %8s %8s\n", "TYPE", "OBJECTS", "HANDLES");
    for (uint32_t type = 0; type < TYPES; type++) {
        if (all.objects[type] == 0 && all.handles[type] == 0)
            continue;
        if (all.objects[type] != 0)
            printf("%-10s %8llu", type_name(type), (unsigned long long)all.objects[type]);
        else
            printf("%-10s %8s", type_name(type), "-");
        printf(" %8llu\n", (unsigned long long)all.handles[type]);
        handles += all.handles[type];
    }
    printf("%-10s %8s %8llu\n", "all", "", (unsigned long long)handles);
}

static void print_owners(void)
{
    printf("\n%8s %8s  %-20s %s\n", "KOID", "HANDLES", "PROCESS", "BY TYPE");
    for (size_t i = 0; i < all.owner_count; i++) {
        const struct owner *owner = &all.owner[i];
        unsigned long sum = 0;

        for (uint32_t type = 0; type < TYPES; type++)
            sum += owner->count[type];
        printf("%8llu %8lu  %-20s", (unsigned long long)owner->koid, sum, owner->name);
        for (uint32_t type = 0; type < TYPES; type++) {
            if (owner->count[type] != 0)
                printf(" %s %u", type_name(type), owner->count[type]);
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    bool totals_only = false;
    int option;

    command_start(argv, "[-t]");
    while ((option = getopt(argc, argv, "t")) != -1) {
        if (option == '?')
            return command_usage();
        totals_only = true;
    }
    if (optind < argc)
        return command_usage();
    zx_handle_t job = system_get_root_job();
    if (job == ZX_HANDLE_INVALID)
        return command_end();
    tasks_walk(job, add_task, NULL);
    all.objects[ZX_OBJ_TYPE_VMO] = count_distinct(&all.vmos);
    print_types();
    if (!totals_only)
        print_owners();
    return command_end();
}
