// SPDX-License-Identifier: MIT
// The least of a platform for tests of lib, debug and mem alone: a console that records, a clock that
// the test sets, RAM from mmap, and a "CPU" that each POSIX thread chooses for itself. The laboratory
// (platform/host) is for everything above.
#pragma once

#include <hal/boot.h>
#include <hal/types.h>

// Makes the calling POSIX thread CPU `cpu`. The main thread begins as CPU 0.
void stub_set_cpu(unsigned cpu);

// What hal_now() returns.
extern int64_t stub_now;

// What was written to the console since the last clear, NUL-terminated (cut at 64 KiB).
const char *stub_console(void);
void stub_console_clear(void);

// Number of HAL_IPI_HALT sent.
extern unsigned stub_halt_ipis;

#define STUB_RAM_BASE 0x40000000ul

// Sets boot_info to one range of RAM of `bytes` at STUB_RAM_BASE, its first page reserved.
void stub_ram(uint64_t bytes);
// The same range of addresses, but boot_info is left to the test.
void stub_ram_window(uint64_t bytes);

// Memory of `bytes` bytes that forked processes share, zeroed; never freed.
void *stub_shared(size_t bytes);

#define STUB_EXIT_PANIC 42

// Runs fn in a forked process, which must end in hal_cpu_halt(). Returns the console output of the
// child in a static buffer; NULL if it ended otherwise.
const char *stub_panic_text(void (*fn)(void));
// Runs fn in a forked process; true if it returned. For tests that need untouched globals.
bool stub_in_child(void (*fn)(void));
