// SPDX-License-Identifier: MIT
//
// What the system has, as `mem`, `objs` and `ps` tell it; the interface is in figures.h.

#include "figures.h"

#include <stddef.h>
#include <string.h>

#include <check/check.h>
#include <jacinth/service.h>
#include <protocol/system.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define PATIENCE ZX_SEC(60) // only a hang takes that long
#define NAP      ZX_MSEC(20)

// Samples that are equal, one NAP after the other, where all that ended has gone.
#define STEADY 10u

// What the kernel and the services keep for later use, however many drivers were killed: pages of their heaps, page
// tables of memory that was mapped. Of 100 kills each that lost a page, a memory object, or 64 bytes of the kernel's
// heap, would show.
#define KEPT_PAGES (16u * 4096u)
#define KEPT_HEAP  4096u
#define KEPT_VMOS  16u            // pages of a heap are memory objects of their own
#define KEPT       (128u * 4096u) // of them all, and of the kernel's heap what is free

// ---- taking -------------------------------------------------------------------------------------

static void count_handles(struct figures *figures, zx_handle_t process)
{
    zx_info_process_handle_stats_t info = {0};

    if (zx_object_get_info(process, ZX_INFO_PROCESS_HANDLE_STATS, &info, sizeof(info), NULL, NULL) !=
        ZX_OK) {
        return; // ended meanwhile
    }
    for (size_t type = 0; type < FIGURES_TYPES; type++) {
        figures->handles[type] += info.handle_count[type];
    }
}

static void count_vmos(struct figures *figures, zx_handle_t process)
{
    size_t actual, available = 0;

    if (zx_object_get_info(process, ZX_INFO_PROCESS_VMOS, NULL, 0, &actual, &available) == ZX_OK) {
        figures->vmos += available;
    }
}

static bool count_task(void *context, const struct task *task)
{
    struct figures *figures = context;

    figures->tasks[task->kind]++;
    // A process cannot be asked for its own memory objects.
    if (task->kind == TASK_PROCESS && task->koid != tasks_koid(zx_process_self())) {
        count_handles(figures, task->handle);
        count_vmos(figures, task->handle);
    }
    return true;
}

struct figures figures_take(void)
{
    struct figures figures = {0};
    zx_info_kmem_stats_t memory = {0};
    zx_handle_t channel, resource, job;

    EXPECT_EQ(service_connect("/svc/system", &channel), ZX_OK);
    EXPECT_EQ(system_root_resource(channel, zx_deadline_after(PATIENCE), ZX_RIGHT_SAME_RIGHTS, &resource), ZX_OK);
    EXPECT_EQ(system_root_job(channel, zx_deadline_after(PATIENCE), ZX_RIGHT_SAME_RIGHTS, &job), ZX_OK);
    zx_handle_close(channel);
    EXPECT_EQ(zx_object_get_info(resource, ZX_INFO_KMEM_STATS, &memory, sizeof(memory), NULL, NULL),
              ZX_OK);
    figures.used = memory.total_bytes - memory.free_bytes;
    figures.objects = memory.vmo_bytes;
    figures.heap = memory.total_heap_bytes - memory.free_heap_bytes;
    figures.tables = memory.mmu_overhead_bytes;
    figures.messages = memory.ipc_bytes;
    tasks_walk(job, count_task, &figures);
    zx_handle_close(job);
    zx_handle_close(resource);
    return figures;
}

// What a driver had for a connection goes some time after the client has closed it: figures that stay the same.
struct figures figures_take_steady(void)
{
    struct figures last = figures_take();
    uint32_t same = 0;

    for (zx_time_t end = zx_deadline_after(PATIENCE); zx_clock_get_monotonic() < end && same < STEADY;) {
        zx_nanosleep(zx_deadline_after(NAP));
        struct figures now = figures_take();
        bool steady = memcmp(now.tasks, last.tasks, sizeof(now.tasks)) == 0 &&
                      memcmp(now.handles, last.handles, sizeof(now.handles)) == 0;

        same = steady ? same + 1 : 0;
        last = now;
    }
    return last;
}

// ---- comparing ----------------------------------------------------------------------------------

struct row {
    const char *name;
    uint64_t before, after, slack;
};

// Fewer than before: something of the time before went late.
static bool is_back(const struct row *row, bool tell)
{
    bool back = row->after <= row->before + row->slack;

    if (tell && (!back || row->after != row->before)) {
        check_print("# %s: %llu before, %llu after", row->name, (unsigned long long)row->before,
                    (unsigned long long)row->after);
    }
    return back;
}

static bool are_back(const struct figures *before, const struct figures *after, bool tell)
{
    static const char *const kinds[] = {"jobs", "processes", "threads"};
    const struct row rows[] = {
        {"bytes in use", before->used, after->used, KEPT},
        {"bytes of memory objects", before->objects, after->objects, KEPT_PAGES},
        {"bytes of the kernel's heap", before->heap, after->heap, KEPT_HEAP},
        {"bytes of page tables", before->tables, after->tables, KEPT_PAGES},
        {"bytes of messages", before->messages, after->messages, 0},
        {"memory objects", before->vmos, after->vmos, KEPT_VMOS},
    };
    bool back = true;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        back &= is_back(&rows[i], tell);
    }
    for (size_t kind = 0; kind <= TASK_THREAD; kind++) {
        back &= is_back(&(struct row){kinds[kind], before->tasks[kind], after->tasks[kind], 0}, tell);
    }
    for (uint32_t type = 0; type < FIGURES_TYPES; type++) {
        const char *name = tasks_type_name(type);

        back &= is_back(&(struct row){name != NULL ? name : "?", before->handles[type], after->handles[type], 0},
                        tell);
    }
    return back;
}

void figures_expect_back(const struct figures *before)
{
    struct figures after = figures_take();

    // Destruction goes on for a moment after the answers.
    for (zx_time_t end = zx_deadline_after(PATIENCE);
         zx_clock_get_monotonic() < end && !are_back(before, &after, false);) {
        zx_nanosleep(zx_deadline_after(NAP));
        after = figures_take();
    }
    EXPECT_TRUE(are_back(before, &after, true));
}
