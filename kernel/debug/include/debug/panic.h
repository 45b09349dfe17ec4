// SPDX-License-Identifier: MIT
// The end of the road: a report on the console and in the crash log, then the machine reboots (or stops,
// with `kernel.halt-on-panic` on the command line, or where it cannot reboot). Usable from any context;
// the first CPU to panic reports, the others halt. kernel_fatal() of <hal/upcall.h> is implemented here too.
//
// The report: `*** KERNEL PANIC: <message>`, CPU, thread and process, registers if there are any,
// symbolised backtrace, the last log lines, and a closing line `*** end of panic report`.
#pragma once

#include <stdarg.h>

#include <hal/types.h>

NO_RETURN COLD void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);

// Prints to the console past all locks; for register dumps inside a panic (declared for platforms in
// <hal/upcall.h>).
void kernel_panic_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);

// True once a panic has begun on any CPU.
bool panic_in_progress(void);

// The upper layers' description of the running thread and process, such as `process 'mon' (1040),
// thread 'initial' (1041)`: fills buf[size] with a NUL-terminated text. Runs inside the panic, so it
// takes no locks and allocates nothing. NULL: none.
typedef void (*panic_describe_fn)(char *buf, size_t size);
void panic_set_describe(panic_describe_fn fn);

// Prints a backtrace of frame records starting at frame pointer `fp` through `line`, one call a frame
// (no newline in the text). Frames must lie within [stack_base, stack_base + stack_size)
// or on another stack of this CPU that the platform knows (hal_stack_bounds). `pc` is
// printed as the first frame if not 0.
void backtrace_print(uintptr_t pc, uintptr_t fp, uintptr_t stack_base, size_t stack_size,
                     void (*line)(const char *text));
