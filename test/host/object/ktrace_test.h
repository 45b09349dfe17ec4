// SPDX-License-Identifier: MIT
// What the tests of the kernel's trace share: spec 31 section 5. The numbers are the specification's, not the
// kernel's names.
#pragma once

#include "object_test.h"

#include <stdlib.h>

#include <hal/boot.h>

enum { START = 1, STOP, REWIND, NEW_PROBE };

// A scenario in a machine with this command line.
#define TRACED(name, cmdline_, leaks)                                             \
    static void name(void *arg);                                                  \
    static void test_##name(void **state)                                         \
    {                                                                             \
        struct lab_config c = lab_config_make("test_" #name, name);               \
        (void)state;                                                              \
        c.leaks_allowed = (leaks);                                                \
        boot_info.cmdline = (cmdline_);                                           \
        (void)lab_run(&c);                                                        \
        boot_info.cmdline = "";                                                   \
    }                                                                             \
    static void name(__attribute__((unused)) void *arg)

#define BUFFER_BYTES ((1u << 20) - 256)
#define READY        "ktrace.bufsize=1 ktrace.grpmask=0"

struct trace {
    uint8_t *bytes;
    size_t size;
};

// Bytes that can be read.
size_t trace_available(void);
// All of it; `bytes` is the caller's to free.
struct trace trace_read(void);
struct trace trace_stop_and_read(void);
// Forgets what there is, and records these groups.
void trace_over(uint32_t groups);

// The n-th record (from 0) of this group and event; NULL if there are fewer. The records must fill the
// buffer without a gap.
const uint32_t *trace_find(const struct trace *t, uint32_t group, uint32_t event, unsigned n);
// The n-th record of the event is of this thread, 32 bytes long, and has these arguments.
void trace_expect(const struct trace *t, uint32_t group, uint32_t event, unsigned n, uint32_t a,
                  uint32_t b, uint32_t c, uint32_t d);
// The n-th record of the begin or end of a system call or an interrupt; its number.
uint32_t trace_call(const struct trace *t, uint32_t event, unsigned n);
// As records have it.
uint32_t trace_koid(zx_handle_t h);
