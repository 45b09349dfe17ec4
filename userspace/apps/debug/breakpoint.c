// SPDX-License-Identifier: MIT
//
// Breakpoints: a BRK in place of an instruction, by zx_process_write_memory(), which cares for the
// instruction cache. Written into the VMO that is mapped, so a program's code must be its own copy: that
// is how programs are loaded.

#include "debug.h"

#include <zircon/status.h>
#include <zircon/syscalls.h>

#include "command.h"

#define MAX_BREAKPOINTS 16u
#define BRK_0           0xd4200000u

static struct {
    zx_vaddr_t at;
    uint32_t code; // that belongs there
} breakpoints[MAX_BREAKPOINTS];

static unsigned count;

static bool write_code(zx_vaddr_t at, uint32_t code)
{
    size_t actual = 0;

    return zx_process_write_memory(target.process, at, &code, sizeof(code), &actual) == ZX_OK &&
           actual == sizeof(code);
}

unsigned breakpoint_add(zx_vaddr_t at)
{
    uint32_t code;

    if (breakpoint_at(at) != 0)
        return breakpoint_at(at);
    if (count == MAX_BREAKPOINTS) {
        command_complain("there are %u breakpoints already", count);
        return 0;
    }
    if (at % 4 != 0 || !target_read(NULL, at, &code, sizeof(code)) || !write_code(at, BRK_0)) {
        command_complain("no breakpoint can be put at 0x%llx", (unsigned long long)at);
        return 0;
    }
    breakpoints[count].at = at;
    breakpoints[count].code = code;
    return ++count;
}

unsigned breakpoint_at(zx_vaddr_t at)
{
    for (unsigned i = 0; i < count; i++) {
        if (breakpoints[i].at == at)
            return i + 1;
    }
    return 0;
}

void breakpoint_put(unsigned number, bool in)
{
    (void)write_code(breakpoints[number - 1].at, in ? BRK_0 : breakpoints[number - 1].code);
}

void breakpoint_remove_all(void)
{
    for (unsigned i = 1; i <= count; i++)
        breakpoint_put(i, false);
    count = 0;
}
