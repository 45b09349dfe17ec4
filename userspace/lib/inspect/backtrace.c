// SPDX-License-Identifier: MIT
//
// Frame records (Procedure Call Standard for the Arm 64-bit Architecture, 6.4.6): x29 leads to two
// words, the caller's x29 and where the call returns to. They lie at ever higher addresses, which is
// what bounds a walk through memory that somebody prepared; INSPECT_MAX_STEPS bounds it again.

//
// A function has its record only between its prologue and its epilogue, and compilers move code behind
// the one and before the other. Which side of them a thread is at is told by the code ahead of it.

#include <inspect/inspect.h>

#include <string.h>

#define LOOK_AHEAD 128u // instructions

// Arm ARM C4.1: load/store pair of 64-bit registers, x29 and x30 among them.
static bool is_pair_with_lr(uint32_t code, bool load)
{
    return (code & 0xfc400000) == (load ? 0xa8400000 : 0xa8000000) &&
           ((code & 31) == 30 || ((code >> 10) & 31) == 30);
}

// LDR x30, or a call: only a function that has its record does that.
static bool needs_record(uint32_t code)
{
    return is_pair_with_lr(code, true) || (code & 0xffc0001f) == 0xf840001e ||
           (code & 0xfc000000) == 0x94000000 || (code & 0xfffffc1f) == 0xd63f0000;
}

static bool is_jump(uint32_t code)
{
    return (code & 0xfc000000) == 0x14000000 || (code & 0xfffffc1f) == 0xd61f0000;
}

// Whether the function at `pc` has no record now: it makes one later, or returns without taking one
// back. False if that cannot be seen.
static bool record_is_missing(const struct inspect_memory *memory, zx_vaddr_t pc)
{
    uint32_t code;

    for (unsigned i = 0; i < LOOK_AHEAD; i++) {
        if (pc % 4 != 0 || !memory->read(memory->context, pc + 4 * i, &code, sizeof(code)) ||
            needs_record(code) || is_jump(code))
            return false;
        if (is_pair_with_lr(code, false) || code == 0xd65f03c0) // ret
            return true;
    }
    return false;
}

// Adds a frame, or counts it as one more of the last. False: there is no room.
static bool add_frame(struct inspect_trace *trace, zx_vaddr_t pc)
{
    // The first frame is where the thread is, not where a call returns to: it repeats nothing.
    if (trace->count > 1 && trace->frames[trace->count - 1].pc == pc) {
        trace->frames[trace->count - 1].repeats++;
        return true;
    }
    if (trace->count == INSPECT_MAX_FRAMES)
        return false;
    trace->frames[trace->count++] = (struct inspect_frame){pc, 0};
    return true;
}

// Whether the link register leads to the caller of the function at regs->pc. A record that says the
// same makes it superfluous.
static bool lr_is_caller(const struct inspect_memory *memory,
                         const zx_thread_state_general_regs_t *regs,
                         const struct inspect_module *modules, size_t count)
{
    const struct inspect_module *module = inspect_module_of(modules, count, regs->pc);
    uint64_t record[2];

    if (inspect_module_of(modules, count, regs->lr) == NULL ||
        (regs->r[29] % 8 == 0 &&
         memory->read(memory->context, regs->r[29], record, sizeof(record)) &&
         record[1] == regs->lr))
        return false;
    return module == NULL || strcmp(module->name, "vdso") == 0 ||
           record_is_missing(memory, regs->pc);
}

// The next record's address and where it returns to; false with trace->end at the end.
static bool step(const struct inspect_memory *memory, struct inspect_trace *trace, zx_vaddr_t *fp,
                 zx_vaddr_t *pc)
{
    uint64_t record[2];

    trace->last = *fp;
    if (*fp == 0)
        return false;
    if (*fp % 8 != 0) {
        trace->end = "the frame pointer is not aligned";
    } else if (!memory->read(memory->context, *fp, record, sizeof(record))) {
        trace->end = "the frame pointer leads to no memory that can be read";
    } else if (record[1] == 0) {
        return false; // where threads begin there is no caller
    } else if (record[0] != 0 && record[0] <= *fp) {
        trace->end = "the frame pointer does not go up";
        *pc = record[1];
        *fp = 0;
        return true; // the frame itself is good
    } else {
        *fp = record[0];
        *pc = record[1];
        return true;
    }
    return false;
}

void inspect_backtrace(const struct inspect_memory *memory,
                       const zx_thread_state_general_regs_t *regs,
                       const struct inspect_module *modules, size_t count,
                       struct inspect_trace *trace)
{
    zx_vaddr_t fp = regs->r[29], pc;

    *trace = (struct inspect_trace){0};
    (void)add_frame(trace, regs->pc);
    if (lr_is_caller(memory, regs, modules, count))
        (void)add_frame(trace, regs->lr);
    for (unsigned steps = 0; step(memory, trace, &fp, &pc); steps++) {
        if (steps == INSPECT_MAX_STEPS || !add_frame(trace, pc)) {
            trace->end = "there are more frames";
            return;
        }
    }
}
