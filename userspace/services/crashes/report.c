// SPDX-License-Identifier: MIT
//
// The report of a crash, on standard output, which is the log. scripts/symbolize reads it: the lines
// `module NAME at 0xBASE-0xEND build-id ID` before any NAME+0xOFFSET (test/target/crashes.py).

#include "crashes.h"

#include <stdio.h>
#include <string.h>

#include <inspect/inspect.h>
#include <tasks/tasks.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/object.h>

#define MAX_MAPS       2048u
#define MAX_MAP_LINES  96u
#define PLACE_SIZE     64u
#define SENTENCE_SIZE  192u

// What is known of the one crash that is reported at a time.
static struct {
    char process_name[ZX_MAX_NAME_LEN], thread_name[ZX_MAX_NAME_LEN];
    zx_exception_report_t report;
    zx_thread_state_general_regs_t regs;
    zx_info_maps_t maps[MAX_MAPS];
    size_t map_count, map_total;
    struct inspect_module modules[INSPECT_MAX_MODULES];
    size_t module_count;
    struct inspect_trace trace;
} crash;

// Makes a name printable, whatever a program called itself.
static void clean_name(char *name, size_t size)
{
    for (size_t i = 0; i < size && name[i] != '\0'; i++)
        name[i] = name[i] >= ' ' && name[i] < 0x7f && name[i] != '\'' ? name[i] : '?';
}

static void take_name(zx_handle_t task, char *name)
{
    tasks_name(task, name);
    clean_name(name, ZX_MAX_NAME_LEN);
}

// False: the thread is in no exception any more, or gone.
static bool take_basics(zx_handle_t process, zx_handle_t thread)
{
    take_name(process, crash.process_name);
    take_name(thread, crash.thread_name);
    return zx_object_get_info(thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &crash.report,
                              sizeof(crash.report), NULL, NULL) == ZX_OK &&
           zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &crash.regs,
                                sizeof(crash.regs)) == ZX_OK;
}

static void take_memory(zx_handle_t process)
{
    const struct inspect_memory memory = {.read = reader_read};

    crash.map_count = crash.map_total = 0;
    if (zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, crash.maps, sizeof(crash.maps),
                           &crash.map_count, &crash.map_total) != ZX_OK)
        crash.map_count = 0;
    for (size_t i = 0; i < crash.map_count; i++)
        clean_name(crash.maps[i].name, sizeof(crash.maps[i].name));
    reader_begin(process);
    crash.module_count = inspect_modules(&memory, crash.maps, crash.map_count, crash.modules,
                                         INSPECT_MAX_MODULES);
    inspect_backtrace(&memory, &crash.regs, crash.modules, crash.module_count, &crash.trace);
}

static void place(zx_vaddr_t address, char *text)
{
    inspect_place(crash.modules, crash.module_count, address, text, PLACE_SIZE);
}

static void print_registers(void)
{
    const zx_thread_state_general_regs_t *regs = &crash.regs;
    char where[PLACE_SIZE];

    for (int i = 0; i < 30; i += 3)
        printf("x%-2d %016llx  x%-2d %016llx  x%-2d %016llx\n", i, (unsigned long long)regs->r[i],
               i + 1, (unsigned long long)regs->r[i + 1], i + 2,
               (unsigned long long)regs->r[i + 2]);
    place(regs->lr, where);
    printf("lr  %016llx  sp  %016llx  pc  %016llx  cpsr %08llx\n", (unsigned long long)regs->lr,
           (unsigned long long)regs->sp, (unsigned long long)regs->pc,
           (unsigned long long)regs->cpsr);
    if (*where != '\0')
        printf("lr is %s\n", where);
}

static void print_modules(void)
{
    char id[2 * INSPECT_BUILD_ID_MAX + 1];

    for (size_t i = 0; i < crash.module_count; i++) {
        const struct inspect_module *module = &crash.modules[i];

        inspect_build_id(module, id);
        printf("module %s at 0x%llx-0x%llx build-id %s\n", module->name,
               (unsigned long long)module->base, (unsigned long long)module->end, id);
    }
}

static void print_backtrace(void)
{
    char where[PLACE_SIZE];

    printf("backtrace:\n");
    for (size_t i = 0; i < crash.trace.count; i++) {
        const struct inspect_frame *frame = &crash.trace.frames[i];

        place(frame->pc, where);
        printf("  #%02zu 0x%016llx %s\n", i, (unsigned long long)frame->pc,
               *where != '\0' ? where : "(no module)");
        if (frame->repeats != 0)
            printf("      and %zu more like it\n", frame->repeats);
    }
    if (crash.trace.end != NULL)
        printf("  it ends here: %s (0x%llx)\n", crash.trace.end,
               (unsigned long long)crash.trace.last);
}

static void print_map(void)
{
    size_t lines = 0, mappings = 0;
    char access[4];

    printf("memory map:\n");
    for (size_t i = 0; i < crash.map_count; i++) {
        const zx_info_maps_t *map = &crash.maps[i];

        if (map->type != ZX_INFO_MAPS_TYPE_MAPPING)
            continue;
        mappings++;
        if (lines == MAX_MAP_LINES)
            continue;
        lines++;
        inspect_access(map, access);
        printf("  0x%012llx-0x%012llx %s %7lluK of %7lluK %.*s\n", (unsigned long long)map->base,
               (unsigned long long)(map->base + map->size), access,
               (unsigned long long)map->u.mapping.committed_pages * (ZX_PAGE_SIZE >> 10),
               (unsigned long long)map->size >> 10, (int)sizeof(map->name), map->name);
    }
    if (mappings > lines || crash.map_total > crash.map_count)
        printf("  and %zu more\n", mappings - lines + (crash.map_total - crash.map_count));
}

void report_in_full(zx_handle_t process, zx_koid_t process_koid, zx_handle_t thread,
                    zx_koid_t thread_koid)
{
    char text[SENTENCE_SIZE];

    if (!take_basics(process, thread))
        return;
    take_memory(process);
    printf("*** CRASH of process '%s' (%llu), thread '%s' (%llu): %s\n", crash.process_name,
           (unsigned long long)process_koid, crash.thread_name, (unsigned long long)thread_koid,
           inspect_kind(crash.report.header.type));
    inspect_exception(&crash.report, &crash.regs, crash.maps, crash.map_count, text, sizeof(text));
    printf("cause: %s\n", text);
    if (crash.report.header.type != ZX_EXCP_POLICY_ERROR) {
        const zx_arm64_exc_data_t *data = &crash.report.context.arch.u.arm_64;

        inspect_esr(data->esr, text, sizeof(text));
        printf("ESR 0x%08x: %s", data->esr, text);
        if (crash.report.header.type == ZX_EXCP_FATAL_PAGE_FAULT)
            printf("; FAR 0x%016llx", (unsigned long long)data->far);
        putchar('\n');
    }
    print_modules();
    print_registers();
    print_backtrace();
    print_map();
    if (reader_was_stuck())
        printf("its memory did not answer: modules and backtrace may be incomplete\n");
    printf("*** end of crash report\n");
}

void report_in_brief(zx_handle_t process, zx_koid_t process_koid, zx_handle_t thread,
                     zx_koid_t thread_koid)
{
    if (!take_basics(process, thread))
        return;
    printf("crash of process '%s' (%llu), thread '%s' (%llu): %s at pc 0x%llx; "
           "too many crashes for a report\n",
           crash.process_name, (unsigned long long)process_koid, crash.thread_name,
           (unsigned long long)thread_koid, inspect_kind(crash.report.header.type),
           (unsigned long long)crash.regs.pc);
}
