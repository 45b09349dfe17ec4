// SPDX-License-Identifier: MIT
// The benchmark program: rows that count guest instructions.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls.h>

// One operation. `run` does it `count` times in a row; the harness subtracts an empty loop.
struct bench_row {
    const char *name;
    uint32_t count;  // operations in a measurement
    uint32_t divide; // operations of the row's name in one turn of `run` (1)
    // Before and after a measurement of `count` operations. NULL: nothing to do.
    void (*setup)(uint32_t count);
    void (*run)(uint32_t count);
    void (*teardown)(void);
    // Instead of `run`: does the operations and counts the instructions of interest by itself.
    uint64_t (*ticks)(uint32_t count);
};

// The tables of the row files, each ended by a row without a name.
extern const struct bench_row bench_objects[];
extern const struct bench_row bench_channels[];
extern const struct bench_row bench_ipc[];
extern const struct bench_row bench_memory[];
extern const struct bench_row bench_threads[];
extern const struct bench_row bench_processes[];
extern const struct bench_row bench_interrupt[];
extern const struct bench_row bench_growth[];

zx_handle_t bench_root_resource(void);
zx_handle_t bench_vdso(void); // the VMO of the vDSO

// Prints what went wrong and gives up.
_Noreturn void bench_fail(const char *what, zx_status_t status);

static inline void bench_check(zx_status_t status, const char *what)
{
    if (status != ZX_OK)
        bench_fail(what, status);
}

// The other process of the rows that need two: started at the first use. It answers each message of
// its channel with the same bytes, looping over wait, read, write.
zx_handle_t bench_server(void);
_Noreturn void bench_serve(zx_handle_t channel);
