// SPDX-License-Identifier: MIT
//
// What is read of another process: forged headers, notes, frame records and code, none of which may
// lead outside of the buffers or make work without end.

#include "tests.h"

#include <stdio.h>
#include <stdlib.h>

#include <inspect/inspect.h>

#define BASE  0x10000u
#define PAGE  4096u
#define PAGES 4u

// A process of four pages; reads are counted.
static struct {
    uint8_t bytes[PAGES * PAGE] __attribute__((aligned(8)));
    unsigned reads;
} other;

static bool read_other(void *context, zx_vaddr_t at, void *to, size_t size)
{
    (void)context;
    other.reads++;
    assert_true(size <= PAGE);
    if (at < BASE || at > BASE + sizeof(other.bytes) || size > BASE + sizeof(other.bytes) - at)
        return false;
    memcpy(to, other.bytes + (at - BASE), size);
    return true;
}

static const struct inspect_memory memory = {.read = read_other};

static void put(size_t at, const void *value, size_t size)
{
    memcpy(other.bytes + at, value, size);
}

static void put64(size_t at, uint64_t value)
{
    put(at, &value, sizeof(value));
}

static void put32(size_t at, uint32_t value)
{
    put(at, &value, sizeof(value));
}

static void clear(void)
{
    memset(&other, 0, sizeof(other));
}

// ---- modules ----

static zx_info_maps_t mapping(const char *name, zx_vaddr_t base, size_t size, uint32_t flags)
{
    zx_info_maps_t map = {.base = base, .size = size, .type = ZX_INFO_MAPS_TYPE_MAPPING};

    snprintf(map.name, sizeof(map.name), "%s", name);
    map.u.mapping.mmu_flags = flags;
    return map;
}

// An ELF file of two segments and a note with a build id of `id_size` bytes, at BASE.
static void make_module(uint32_t id_size)
{
    static const uint8_t ident[8] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    clear();
    put(0, ident, sizeof(ident));
    put64(32, 64); // phoff
    put32(54, 56 | 3 << 16);
    for (unsigned i = 0; i < 3; i++) {
        size_t at = 64 + 56 * i;

        put32(at, i < 2 ? 1 : 4);
        put64(at + 16, 0x1000 + 0x1000 * i); // vaddr, from 0x1000
        put64(at + 32, 0x40);                // filesz
        put64(at + 40, i == 1 ? 0x1800 : 0x1000);
    }
    put64(64 + 56 * 2 + 16, 0x1200);
    put32(0x200, 4);
    put32(0x204, id_size);
    put32(0x208, 3);
    put(0x20c, "GNU", 4);
    for (unsigned i = 0; i < 20; i++)
        other.bytes[0x210 + i] = (uint8_t)(0xa0 + i);
}

static void test_a_module_is_read(void **state)
{
    zx_info_maps_t maps[] = {mapping("boot/bin/greet", BASE, PAGE, ZX_VM_PERM_READ),
                             mapping("data:greet", BASE + PAGE, PAGE, ZX_VM_PERM_READ)};
    struct inspect_module module[2];
    char text[80];

    (void)state;
    make_module(20);
    assert_int_equal(inspect_modules(&memory, maps, 2, module, 2), 1);
    assert_string_equal(module[0].name, "greet");
    assert_int_equal(module[0].base, BASE);
    assert_int_equal(module[0].end, BASE + 0x2800);
    inspect_build_id(&module[0], text);
    assert_string_equal(text, "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
    inspect_place(module, 1, BASE + 0x27ff, text, sizeof(text));
    assert_string_equal(text, "greet+0x27ff");
    inspect_place(module, 1, BASE + 0x2800, text, sizeof(text));
    assert_string_equal(text, "");
    maps[0].u.mapping.vmo_offset = PAGE; // not the file's beginning
    assert_int_equal(inspect_modules(&memory, maps, 2, module, 2), 0);
    maps[0] = mapping("vdso/full", BASE, PAGE, ZX_VM_PERM_READ);
    assert_int_equal(inspect_modules(&memory, maps, 2, module, 2), 1);
    assert_string_equal(module[0].name, "vdso");
    assert_int_equal(inspect_modules(&memory, maps, 2, module, 0), 0);
    make_module(21); // longer than there is room for
    assert_int_equal(inspect_modules(&memory, maps, 2, module, 2), 1);
    inspect_build_id(&module[0], text);
    assert_string_equal(text, "none");
}

static void test_names_are_made_printable(void **state)
{
    zx_info_maps_t map = mapping("x", BASE, PAGE, ZX_VM_PERM_READ);
    struct inspect_module module;

    (void)state;
    make_module(20);
    memset(map.name, '\n', sizeof(map.name)); // no NUL either
    assert_int_equal(inspect_modules(&memory, &map, 1, &module, 1), 1);
    assert_int_equal(strlen(module.name), ZX_MAX_NAME_LEN - 1);
    assert_null(strchr(module.name, '\n'));
}

// Whatever the headers say, what comes out is sound.
static void test_mutated_modules(void **state)
{
    struct mutator mutator = {.state = 77};
    const zx_info_maps_t map = mapping("m", BASE, PAGE, ZX_VM_PERM_READ);

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct inspect_module module;
        char id[2 * INSPECT_BUILD_ID_MAX + 1];

        make_module(20);
        mutate(&mutator, other.bytes, i % 2 == 0 ? 64 + 3 * 56 : 0x240);
        if (inspect_modules(&memory, &map, 1, &module, 1) == 0)
            continue;
        assert_true(module.end > module.base);
        assert_true(module.build_id_size <= INSPECT_BUILD_ID_MAX);
        inspect_build_id(&module, id);
        assert_true(other.reads <= 2 + 32);
    }
}

// ---- backtraces ----

static const struct inspect_module code = {.name = "code", .base = BASE, .end = BASE + PAGE};

static struct inspect_trace trace_from(uint64_t fp, uint64_t pc, uint64_t lr)
{
    const zx_thread_state_general_regs_t regs = {.r[29] = fp, .pc = pc, .lr = lr};
    struct inspect_trace trace;

    other.reads = 0;
    inspect_backtrace(&memory, &regs, &code, 1, &trace);
    return trace;
}

static void expect_frames(const struct inspect_trace *trace, const uint64_t *frames, size_t count,
                          const char *end)
{
    assert_int_equal(trace->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(trace->frames[i].pc, frames[i]);
    if (end == NULL)
        assert_null(trace->end);
    else
        assert_string_equal(trace->end, end);
}

static void record(size_t at, uint64_t next, uint64_t pc)
{
    put64(at, next);
    put64(at + 8, pc);
}

static void test_frame_records_are_followed(void **state)
{
    static const uint64_t frames[] = {BASE + 0x10, BASE + 0x20, BASE + 0x30};

    (void)state;
    clear();
    put32(0x10, 0xa8c17bfd); // ldp x29, x30, [sp], #16
    record(0x1000, BASE + 0x1100, BASE + 0x20);
    record(0x1100, BASE + 0x1200, BASE + 0x30);
    struct inspect_trace trace = trace_from(BASE + 0x1000, BASE + 0x10, BASE + 0x40);
    expect_frames(&trace, frames, 3, NULL);
}

// The link register counts where the record is missing, and nowhere else.
static void test_the_link_register(void **state)
{
    static const struct {
        uint32_t code[2];
        bool missing;
    } cases[] = {
        {{0xd65f03c0}, true},              // ret
        {{0xf9000001, 0xd65f03c0}, true},  // str; ret
        {{0xa9bf7bfd}, true},              // stp x29, x30, [sp, #-16]!
        {{0xa9bf53f3, 0xa8c17bfd}, false}, // stp x19, x20; ldp x29, x30
        {{0x97fffff6}, false},             // bl
        {{0xd63f0000}, false},             // blr x0
        {{0xf84107fe, 0xd65f03c0}, false}, // ldr x30, [sp], #16; ret
        {{0x14000001, 0xd65f03c0}, false}, // b
        {{0}, false},                      // nothing known for all of the way
    };
    static const uint64_t with[] = {BASE + 0x10, BASE + 0x40, BASE + 0x20};
    static const uint64_t without[] = {BASE + 0x10, BASE + 0x20};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        clear();
        record(0x1000, 0, BASE + 0x20);
        put(0x10, cases[i].code, sizeof(cases[i].code));
        struct inspect_trace trace = trace_from(BASE + 0x1000, BASE + 0x10, BASE + 0x40);
        expect_frames(&trace, cases[i].missing ? with : without, cases[i].missing ? 3 : 2, NULL);
        if (!cases[i].missing)
            continue;
        trace = trace_from(BASE + 0x1000, BASE + 0x10, BASE + 0x20); // the record says it too
        expect_frames(&trace, without, 2, NULL);
        trace = trace_from(BASE + 0x1000, BASE + 0x10, 0x40); // leads to no module
        expect_frames(&trace, without, 2, NULL);
    }
    static const uint64_t nowhere[] = {0, BASE + 0x40, BASE + 0x20};
    struct inspect_trace trace = trace_from(BASE + 0x1000, 0, BASE + 0x40);
    expect_frames(&trace, nowhere, 3, NULL);
}

static void test_bad_frame_pointers_end_it(void **state)
{
    static const uint64_t frames[] = {BASE, BASE + 0x20, BASE + 0x30};

    (void)state;
    clear();
    struct inspect_trace trace = trace_from(3, BASE, 0);
    expect_frames(&trace, frames, 1, "the frame pointer is not aligned");
    trace = trace_from(8, BASE, 0);
    expect_frames(&trace, frames, 1, "the frame pointer leads to no memory that can be read");
    trace = trace_from(BASE + PAGES * PAGE - 8, BASE, 0); // half a record
    expect_frames(&trace, frames, 1, "the frame pointer leads to no memory that can be read");
    record(0x1000, BASE + 0x1000, BASE + 0x20); // leads to itself
    trace = trace_from(BASE + 0x1000, BASE, 0);
    expect_frames(&trace, frames, 2, "the frame pointer does not go up");
    record(0x1000, BASE + 0x1100, BASE + 0x20);
    record(0x1100, BASE + 0x1000, BASE + 0x30);
    trace = trace_from(BASE + 0x1000, BASE, 0);
    expect_frames(&trace, frames, 3, "the frame pointer does not go up");
}

static void test_recursion_is_folded_and_bounded(void **state)
{
    (void)state;
    clear();
    for (unsigned i = 0; i < 500; i++)
        record(0x1000 + 16 * i, BASE + 0x1000 + 16 * (i + 1), i < 400 ? BASE + 0x20 : BASE + 0x30);
    struct inspect_trace trace = trace_from(BASE + 0x1000, BASE, 0);
    assert_int_equal(trace.count, 3);
    assert_int_equal(trace.frames[1].repeats, 399);
    assert_int_equal(trace.frames[2].repeats, 99);
    for (unsigned i = 0; i < 500; i++)
        record(0x1000 + 16 * i, BASE + 0x1000 + 16 * (i + 1), BASE + 4 * i + 4);
    trace = trace_from(BASE + 0x1000, BASE, 0);
    assert_int_equal(trace.count, INSPECT_MAX_FRAMES);
    assert_string_equal(trace.end, "there are more frames");
    assert_true(other.reads < INSPECT_MAX_STEPS);
}

// ---- words ----

static const char *cause_of(uint32_t type, uint32_t esr, zx_status_t reason, uint64_t far, uint64_t sp)
{
    static char text[200];
    const zx_info_maps_t maps[] = {
        mapping("code", 0x10000, PAGE, ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE),
        mapping("stack", 0x40000, PAGE, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE),
    };
    zx_exception_report_t report = {.header = {.size = sizeof(report), .type = type}};
    const zx_thread_state_general_regs_t regs = {.sp = sp, .pc = 0x10002, .r[16] = 7};

    report.context.arch.u.arm_64.esr = esr;
    report.context.arch.u.arm_64.reason = reason;
    report.context.arch.u.arm_64.far = far;
    inspect_exception(&report, &regs, maps, 2, text, sizeof(text));
    return text;
}

static const char *cause(uint32_t type, uint32_t esr, uint64_t far, uint64_t sp)
{
    return cause_of(type, esr, ZX_OK, far, sp);
}

static void test_reasons_of_missing_pages(void **state)
{
    const uint32_t fault = ZX_EXCP_FATAL_PAGE_FAULT, write = 0x92000047;

    (void)state;
    assert_string_equal(cause_of(fault, write, ZX_ERR_NO_MEMORY, 0x40008, 0),
                        "a write to 0x40008, a page that cannot be had of 'stack' (rw-): "
                        "out of memory, or at a limit of its job");
    assert_string_equal(cause_of(fault, write, ZX_ERR_OUT_OF_RANGE, 0x40008, 0),
                        "a write to 0x40008, a page that cannot be had of 'stack' (rw-): "
                        "behind the end of the VMO");
    assert_string_equal(cause_of(fault, write, ZX_ERR_BAD_STATE, 0x40008, 0),
                        "a write to 0x40008, a page that cannot be had of 'stack' (rw-): "
                        "its pager is gone");
    assert_string_equal(cause_of(fault, write, ZX_OK, 0x40008, 0),
                        "a write to 0x40008, a page that cannot be had of 'stack' (rw-)");
    assert_string_equal(cause_of(ZX_EXCP_GENERAL, 0x1fe00000, ZX_ERR_NO_MEMORY, 0, 0),
                        "an FP instruction, and no room for the thread's FP registers: "
                        "out of memory, or at a limit of its job");
    assert_string_equal(cause_of(ZX_EXCP_GENERAL, 0x1fe00000, ZX_OK, 0, 0), "general exception");
}

static void test_causes(void **state)
{
    const uint32_t fault = ZX_EXCP_FATAL_PAGE_FAULT;
    char text[100];

    (void)state;
    assert_string_equal(cause(fault, 0x92000004, 8, 0), "a read of 0x8, where nothing is mapped");
    assert_string_equal(cause(fault, 0x92000044, 8, 0), "a write to 0x8, where nothing is mapped");
    assert_string_equal(cause(fault, 0x9200014f, 0x10008, 0), // cache maintenance counts as a read
                        "a read of 0x10008, a page that cannot be had of 'code' (r-x)");
    assert_string_equal(
        cause(fault, 0x9200004f, 0x10008, 0),
        "a write to 0x10008, which is not allowed there: in the mapping of 'code' (r-x)");
    assert_string_equal(
        cause(fault, 0x8200000f, 0x40000, 0),
        "a jump to 0x40000, which is not allowed there: in the mapping of 'stack' (rw-)");
    assert_string_equal(cause(fault, 0x92000004, UINT64_C(1) << 48, 0),
                        "a read of 0x1000000000000, which is no user address");
    assert_string_equal(
        cause(fault, 0x92000044, 0x3fff0, 0x3fff0),
        "a write to 0x3fff0, where nothing is mapped (the stack has come to its end)");
    assert_string_equal(cause(fault, 0x92000044, 0x41000, 0x41000), // above it
                        "a write to 0x41000, where nothing is mapped");
    assert_string_equal(cause(ZX_EXCP_GENERAL, 0x8a000000, 0, 0),
                        "a jump to 0x10002, which is not a multiple of 4");
    assert_string_equal(cause(ZX_EXCP_GENERAL, 0x9a000000, 0, 0x3fff8),
                        "a stack pointer, 0x3fff8, that is not a multiple of 16");
    assert_string_equal(cause(ZX_EXCP_POLICY_ERROR, 0, 0, 0),
                        "a system call that must not be made: number 7 (in x16)");
    assert_string_equal(cause(ZX_EXCP_SW_BREAKPOINT, 0xf2000123, 0, 0),
                        "a breakpoint instruction: brk #291");
    assert_string_equal(cause(0x7708, 0, 0, 0), "exception of an unknown kind");
    for (uint64_t esr = 0; esr <= UINT32_MAX; esr += 0x01000001) { // every class, many faults
        inspect_esr((uint32_t)esr, text, sizeof(text));
        assert_in_range(strlen(text), 8, sizeof(text) - 1);
    }
    inspect_esr(0x92000047, text, sizeof(text));
    assert_string_equal(text, "data abort, translation fault, level 3, write");
    inspect_esr(0x82000021, text, sizeof(text));
    assert_string_equal(text, "instruction abort, alignment fault");
}

int run_inspect_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_module_is_read),
        cmocka_unit_test(test_names_are_made_printable),
        cmocka_unit_test(test_mutated_modules),
        cmocka_unit_test(test_frame_records_are_followed),
        cmocka_unit_test(test_the_link_register),
        cmocka_unit_test(test_bad_frame_pointers_end_it),
        cmocka_unit_test(test_recursion_is_folded_and_bounded),
        cmocka_unit_test(test_causes),
        cmocka_unit_test(test_reasons_of_missing_pages),
    };

    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
