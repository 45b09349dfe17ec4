// SPDX-License-Identifier: MIT
// Row: the life of a process that ends at once.
//
// Its code is one page with three instructions, which make the system call at the vDSO's site for
// it; both are mapped into it, nothing else. It has no stack.
#include "bench.h"

#include <syscalls/vdso-offsets.h>
#include <zircon/process.h>
#include <zircon/zx-syscall-numbers.h>

#define PAGE   4096ul
#define MAP_RX (ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE)

#define EXIT_SVC (VDSO_SITE_process_exit - 4u) // in the code; sites are behind their instruction

static zx_handle_t code, event;

static void lifecycle_setup(uint32_t count)
{
    static const uint32_t program[] = {
        0xd2800000,                                      // mov x0, #0
        0xd2800010 | (uint32_t)ZX_SYS_process_exit << 5, // mov x16, #NUMBER
        0xd61f0020,                                      // br x1
    };

    (void)count;
    bench_check(zx_vmo_create(PAGE, 0, &code), "vmo_create");
    bench_check(zx_vmo_write(code, program, 0, sizeof(program)), "vmo_write");
    bench_check(zx_event_create(0, &event), "event_create");
}

static void lifecycle_teardown(void)
{
    zx_handle_close(code);
    zx_handle_close(event);
}

static void one_life(zx_handle_t vdso)
{
    zx_handle_t process, vmar, thread, argument;
    zx_vaddr_t entry, vdso_code;
    zx_signals_t seen;

    bench_check(zx_process_create(zx_job_default(), "bench", 5, 0, &process, &vmar),
                "process_create");
    bench_check(zx_vmar_map(vmar, MAP_RX, 0, vdso, VDSO_CODE_OFFSET, VDSO_CODE_SIZE, &vdso_code),
                "map vDSO");
    bench_check(zx_vmar_map(vmar, MAP_RX, 0, code, 0, PAGE, &entry), "map code");
    bench_check(zx_thread_create(process, "bench", 5, 0, &thread), "thread_create");
    bench_check(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &argument), "handle_duplicate");
    bench_check(zx_process_start(process, thread, entry, 0, argument,
                                 vdso_code + EXIT_SVC),
                "process_start");
    bench_check(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, &seen),
                "wait");
    zx_handle_close(thread);
    zx_handle_close(vmar);
    zx_handle_close(process);
}

static void run_lifecycle(uint32_t count)
{
    zx_handle_t vdso = bench_vdso();

    for (uint32_t i = 0; i < count; i++)
        one_life(vdso);
}

const struct bench_row bench_processes[] = {
    { "process_lifecycle", 100, 1, lifecycle_setup, run_lifecycle, lifecycle_teardown },
    { 0 },
};
