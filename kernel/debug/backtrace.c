// SPDX-License-Identifier: MIT
// Backtraces from frame records (interface: debug/panic.h).
//
// A frame record is two words at the frame pointer: the caller's frame pointer and the return
// address. AArch64 and x86-64 agree on that, so this code serves the target and the host.
// Invariant: nothing outside the given stack is read, each frame lies above the one before, and the
// number of frames is bounded; a damaged stack ends the walk.
// Locks: none; everything runs inside a panic.

#include <debug/ksyms.h>
#include <debug/panic.h>
#include <hal/boot.h>
#include <lib/printf.h>

#include "symbol.h"

#define BACKTRACE_MAX 32u

// `back`: how many bytes before pc the function is looked up.
static void format_at(char *buf, size_t size, uintptr_t pc, uintptr_t back)
{
    const char *name;
    uintptr_t image_offset = pc - boot_info.image_base, offset;
    if (image_offset >= boot_info.image_size)
        ksnprintf(buf, size, "0x%016lx", pc);
    else if (ksyms_lookup(image_offset - back, &name, &offset))
        ksnprintf(buf, size, "0x%016lx image+0x%lx %s+0x%lx", pc, image_offset, name,
                  offset + back);
    else
        ksnprintf(buf, size, "0x%016lx image+0x%lx", pc, image_offset);
}

void symbol_format(char *buf, size_t size, uintptr_t pc)
{
    format_at(buf, size, pc, 0);
}

// A return address belongs to the call before it: where that call does not return, the address itself
// is already the next function's.
static void print_frame(unsigned number, uintptr_t pc, bool is_return,
                        void (*line)(const char *text))
{
    char symbol[SYMBOL_TEXT_MAX], text[SYMBOL_TEXT_MAX + 16];
    format_at(symbol, sizeof(symbol), pc, is_return ? 1 : 0);
    ksnprintf(text, sizeof(text), "  #%02u %s", number, symbol);
    line(text);
}

void backtrace_print(uintptr_t pc, uintptr_t fp, uintptr_t stack_base, size_t stack_size,
                     void (*line)(const char *text))
{
    unsigned number = 0;
    uintptr_t lowest = stack_base;

    if (pc)
        print_frame(number++, pc, false, line);
    while (number < BACKTRACE_MAX) {
        if (fp % sizeof(uintptr_t) || fp < lowest || fp - stack_base >= stack_size ||
            stack_size - (fp - stack_base) < 2 * sizeof(uintptr_t))
            return;
        const uintptr_t *record = (const uintptr_t *)fp;
        if (!record[1])
            return;
        print_frame(number++, record[1], true, line);
        lowest = fp + sizeof(uintptr_t);
        fp = record[0];
    }
}
