// SPDX-License-Identifier: MIT
// Backtraces from frame records (interface: debug/panic.h).
//
// A frame record is two words at the frame pointer: the caller's frame pointer and the return
// address. AArch64 and x86-64 agree on that, so this code serves the target and the host.
// Invariant: nothing is read outside the given stack and those that the platform says this CPU has
// besides; on each of them a frame lies above the one before, and the number of frames is bounded.
// A damaged stack ends the walk. Locks: none; everything runs inside a panic.

#include <debug/ksyms.h>
#include <debug/panic.h>
#include <hal/boot.h>
#include <hal/thread.h>
#include <lib/printf.h>

#include "symbol.h"

#define BACKTRACE_MAX 32u   // lines
#define FRAMES_MAX    4096u // frames that are followed

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

// A return address belongs to the call before it: where that call does not return, the address
// itself is already the next function's.
static void print_frame(unsigned number, uintptr_t pc, bool is_return,
                        void (*line)(const char *text))
{
    char symbol[SYMBOL_TEXT_MAX], text[SYMBOL_TEXT_MAX + 16];
    format_at(symbol, sizeof(symbol), pc, is_return ? 1 : 0);
    ksnprintf(text, sizeof(text), "  #%02u %s", number, symbol);
    line(text);
}

static void print_repeats(unsigned repeats, void (*line)(const char *text))
{
    char text[40];
    if (repeats == 0)
        return;
    ksnprintf(text, sizeof(text), "      and %u more of the same", repeats);
    line(text);
}

// A stack that a walk is on.
struct walk {
    uintptr_t base, lowest; // no frame record may lie below `lowest`
    size_t size;
};

static bool holds_record(const struct walk *w, uintptr_t fp)
{
    return fp >= w->lowest && fp - w->base < w->size &&
           w->size - (fp - w->base) >= 2 * sizeof(uintptr_t);
}

// Goes over to another stack: an interrupt's, or from there to that of the interrupted thread.
static bool change_stack(struct walk *w, const struct walk *given, uintptr_t fp)
{
    struct walk next = *given;
    if (!holds_record(&next, fp) && !hal_stack_bounds(fp, &next.base, &next.size))
        return false;
    next.lowest = next.base;
    if (next.base == w->base || !holds_record(&next, fp))
        return false;
    *w = next;
    return true;
}

void backtrace_print(uintptr_t pc, uintptr_t fp, uintptr_t stack_base, size_t stack_size,
                     void (*line)(const char *text))
{
    unsigned number = 0;
    const struct walk given = {.base = stack_base, .lowest = stack_base, .size = stack_size};
    struct walk w = given;

    if (pc)
        print_frame(number++, pc, false, line);
    // A function that calls itself is one line, so that what called it can be seen.
    uintptr_t last = 0;
    unsigned repeats = 0;
    for (unsigned frames = 0; number < BACKTRACE_MAX && frames < FRAMES_MAX; frames++) {
        if (fp % sizeof(uintptr_t) || (!holds_record(&w, fp) && !change_stack(&w, &given, fp)))
            break;
        const uintptr_t *record = (const uintptr_t *)fp;
        if (!record[1])
            break;
        if (record[1] == last) {
            repeats++;
        } else {
            print_repeats(repeats, line);
            print_frame(number++, record[1], true, line);
            last = record[1];
            repeats = 0;
        }
        w.lowest = fp + sizeof(uintptr_t);
        fp = record[0];
    }
    print_repeats(repeats, line);
}
