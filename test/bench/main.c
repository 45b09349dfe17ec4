// SPDX-License-Identifier: MIT
// test/bench: counts guest instructions per operation. It runs as the first program on a machine whose
// counter ticks once an instruction (scripts/bench sees to that) and prints a line a row:
//
//     bench NAME INSTRUCTIONS
//
// Environment: `bench.only=NAME` runs one row; `bench.trace=NAME` does a warm-up of that row and then
// one operation between calls of bench_mark_begin and bench_mark_end, whose addresses it prints, for
// scripts/bench --profile. `jacinth.nonce=` as for every program that a machine starts.
#include "bench.h"

#include <crt/crt.h>
#include <launch/launch.h>
#include <minilib/console.h>
#include <minilib/session.h>
#include <minilib/string.h>
#include <zircon/process.h>
#include <zircon/processargs.h>

#define WARM_UP 64

static const struct bench_row *const tables[] = { bench_objects, bench_channels, bench_ipc, bench_memory,
                                                  bench_threads, bench_processes, bench_interrupt,
                                                  bench_growth };
static zx_handle_t root_resource, vdso;

void bench_fail(const char *what, zx_status_t status)
{
    console_printf("bench: %s: %d\n", what, status);
    const char *nonce = environment_get("jacinth.nonce");
    if (nonce != NULL)
        session_end(nonce, 1, root_resource);
    zx_process_exit(1);
}

zx_handle_t bench_root_resource(void)
{
    return root_resource;
}

zx_handle_t bench_vdso(void)
{
    return vdso;
}

// Not inlined and not empty, so that a trace sees them.
__attribute__((noinline)) static void bench_mark_begin(void)
{
    __asm__ volatile("nop" ::: "memory");
}
__attribute__((noinline)) static void bench_mark_end(void)
{
    __asm__ volatile("nop" ::: "memory");
}

static void run_empty(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        __asm__ volatile("" ::: "memory");
}

static uint64_t ticks_of(void (*run)(uint32_t), uint32_t count)
{
    uint64_t begin = zx_ticks_get();
    run(count);
    return zx_ticks_get() - begin;
}

static void setup(const struct bench_row *row, uint32_t count)
{
    if (row->setup != NULL)
        row->setup(count);
}

static void teardown(const struct bench_row *row)
{
    if (row->teardown != NULL)
        row->teardown();
}

static void run(const struct bench_row *row, uint32_t count)
{
    if (row->ticks != NULL)
        (void)row->ticks(count);
    else
        row->run(count);
}

static void warm_up(const struct bench_row *row)
{
    uint32_t count = row->count < WARM_UP ? row->count : WARM_UP;
    setup(row, count);
    run(row, count);
    teardown(row);
}

// Instructions of `count` operations.
static uint64_t ticks_of_row(const struct bench_row *row)
{
    if (row->ticks != NULL)
        return row->ticks(row->count);
    uint64_t ticks = ticks_of(row->run, row->count);
    return ticks - ticks_of(run_empty, row->count);
}

static void measure(const struct bench_row *row)
{
    warm_up(row);
    setup(row, row->count);
    uint64_t ticks = ticks_of_row(row);
    teardown(row);
    uint64_t operations = (uint64_t)row->count * row->divide;
    console_printf("bench %s %llu\n", row->name,
                   (unsigned long long)((ticks + operations / 2) / operations));
}

static void trace(const struct bench_row *row)
{
    warm_up(row);
    setup(row, 1);
    console_printf("bench-trace %s %p %p\n", row->name, (void *)bench_mark_begin,
                   (void *)bench_mark_end);
    bench_mark_begin();
    run(row, 1);
    bench_mark_end();
    teardown(row);
}

static zx_handle_t server_channel;

zx_handle_t bench_server(void)
{
    static const char *const args[] = { "bench", "server" };
    const char *reason = "";
    const void *base;
    size_t size;
    struct launched launched;
    zx_handle_t file, far;
    if (server_channel != ZX_HANDLE_INVALID)
        return server_channel;
    zx_handle_t archive = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));
    bench_check(launch_map_file(zx_vmar_root_self(), archive, &base, &size), "initrd");
    bench_check(launch_open_file(base, size, "test/bench", &file, &reason), reason);
    bench_check(zx_channel_create(0, &server_channel, &far), "channel_create");
    const uint32_t info[] = { PA_HND(PA_USER0, 0) };
    const struct launch what = {
        .job = zx_job_default(),
        .name = "bench-server",
        .program = file,
        .vdso = vdso,
        .arg_count = 2,
        .args = args,
        .handle_count = 1,
        .handles = &far,
        .handle_info = info,
    };
    bench_check(launch(&what, &launched, &reason), reason);
    return server_channel;
}

static void run_rows(const char *only, const char *traced)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (const struct bench_row *row = tables[t]; row->name != NULL; row++) {
            if (traced != NULL && strcmp(row->name, traced) == 0)
                trace(row);
            if (traced == NULL && (only == NULL || strcmp(row->name, only) == 0))
                measure(row);
        }
    }
}

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    if (argc > 1 && strcmp(argv[1], "server") == 0)
        bench_serve(zx_take_startup_handle(PA_HND(PA_USER0, 0)));
    root_resource = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0));
    vdso = zx_take_startup_handle(PA_HND(PA_VMO_VDSO, 0));
    run_rows(environment_get("bench.only"), environment_get("bench.trace"));
    const char *nonce = environment_get("jacinth.nonce");
    if (nonce != NULL)
        session_end(nonce, 0, root_resource);
    return 0;
}
