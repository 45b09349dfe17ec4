// SPDX-License-Identifier: MIT
//
// The judge of ELF headers: good programs pass, each kind of bad one is refused for its own reason,
// and whatever passes keeps the promises of elfload/parse.h, for any bytes.

#include "tests.h"

#include <stdlib.h>

#include <elfload/parse.h>
#include <zircon/errors.h>

#define FILE_SIZE 0x6000u
#define PAGE      4096u

// A file header with its program headers behind it, as linkers place them.
struct sample {
    struct elf64_header elf;
    struct elf64_phdr phdrs[5];
};

enum { SEG_RODATA, SEG_TEXT, SEG_DATA, SEG_STACK, SEG_OTHER };

static void build_sample(struct sample *s)
{
    *s = (struct sample){
        .elf =
            {
                .ident = {0x7f, 'E', 'L', 'F', ELF_CLASS_64, ELF_DATA_LITTLE, ELF_VERSION_CURRENT},
                .type = ELF_TYPE_DYN,
                .machine = ELF_MACHINE_AARCH64,
                .version = ELF_VERSION_CURRENT,
                .entry = 0x1010,
                .phoff = sizeof(struct elf64_header),
                .ehsize = sizeof(struct elf64_header),
                .phentsize = sizeof(struct elf64_phdr),
                .phnum = 5,
            },
        .phdrs =
            {
                [SEG_RODATA] = {.type = ELF_PT_LOAD,
                                .flags = ELF_PF_R,
                                .filesz = 0x800,
                                .memsz = 0x800,
                                .align = PAGE},
                [SEG_TEXT] = {.type = ELF_PT_LOAD,
                              .flags = ELF_PF_R | ELF_PF_X,
                              .offset = 0x1000,
                              .vaddr = 0x1000,
                              .filesz = 0x2000,
                              .memsz = 0x2000,
                              .align = PAGE},
                [SEG_DATA] = {.type = ELF_PT_LOAD,
                              .flags = ELF_PF_R | ELF_PF_W,
                              .offset = 0x3010,
                              .vaddr = 0x4010,
                              .filesz = 0x100,
                              .memsz = 0x3000,
                              .align = PAGE},
                [SEG_STACK] = {.type = ELF_PT_GNU_STACK, .flags = ELF_PF_R | ELF_PF_W},
                [SEG_OTHER] = {.type = 4 /* PT_NOTE */, .flags = ELF_PF_R},
            },
    };
}

// Runs both judges, as elfload_read() does, over the first `size` bytes of a file.
static zx_status_t judge(const void *file, size_t size, uint64_t file_size,
                         struct elfload_image *image, const char **reason)
{
    struct elfload_header header;

    *reason = NULL;
    zx_status_t status = elfload_parse_header(file, size, file_size, &header, reason);

    if (status != ZX_OK) {
        return status;
    }
    assert_true(header.phdr_count >= 1 && header.phdr_count <= ELFLOAD_MAX_PHDRS);
    size_t bytes = header.phdr_count * sizeof(struct elf64_phdr);

    assert_true(header.phdr_offset <= file_size && file_size - header.phdr_offset >= bytes);
    struct elf64_phdr *phdrs = calloc(1, bytes);

    assert_non_null(phdrs);
    // What lies behind the buffer reads as zeros, like the rest of such a file.
    if (header.phdr_offset < size) {
        size_t there = size - (size_t)header.phdr_offset;

        memcpy(phdrs, (const uint8_t *)file + header.phdr_offset, bytes < there ? bytes : there);
    }
    status = elfload_parse_segments(&header, phdrs, file_size, image, reason);
    free(phdrs);
    return status;
}

static void check_promises(const struct elfload_image *image, uint64_t file_size)
{
    uint64_t next = image->span_start;

    assert_int_equal(image->span_start % PAGE, 0);
    assert_int_equal(image->span_size % PAGE, 0);
    assert_true(image->span_size != 0 && image->span_size <= ELFLOAD_MAX_SPAN);
    assert_true(image->stack_size != 0 && image->stack_size % PAGE == 0);
    assert_true(image->stack_size <= ELFLOAD_MAX_STACK);
    assert_true(image->segment_count >= 1 && image->segment_count <= ELFLOAD_MAX_SEGMENTS);
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elfload_segment *segment = &image->segments[i];

        assert_true(segment->vaddr >= next);
        assert_true(segment->mem_size != 0 && segment->file_size <= segment->mem_size);
        assert_int_equal(segment->vaddr % PAGE, segment->file_offset % PAGE);
        assert_true(segment->file_offset <= file_size);
        assert_true(segment->file_size <= file_size - segment->file_offset);
        next = (segment->vaddr + segment->mem_size + PAGE - 1) / PAGE * PAGE;
        assert_true(next > segment->vaddr);
    }
    assert_int_equal(next, image->span_start + image->span_size);
    if (image->has_interpreter) {
        assert_true(image->interpreter_size >= 1);
        assert_true(image->interpreter_size <= ELFLOAD_MAX_INTERPRETER);
        assert_true(image->interpreter_offset <= file_size);
        assert_true(image->interpreter_size <= file_size - image->interpreter_offset);
    }
    assert_true(image->entry == 0 || (image->entry >= image->span_start && image->entry < next));
}

static void test_good_program_passes(void **state)
{
    struct sample s;
    struct elfload_image image;
    const char *reason;

    (void)state;
    build_sample(&s);
    assert_int_equal(judge(&s, sizeof(s), FILE_SIZE, &image, &reason), ZX_OK);
    check_promises(&image, FILE_SIZE);
    assert_int_equal(image.segment_count, 3);
    assert_int_equal(image.span_start, 0);
    assert_int_equal(image.span_size, 0x8000);
    assert_int_equal(image.entry, 0x1010);
    assert_int_equal(image.stack_size, ELFLOAD_DEFAULT_STACK);
    assert_false(image.has_interpreter);
    assert_int_equal(image.segments[2].mem_size, 0x3000);
}

static void test_stack_interpreter_and_entry_zero(void **state)
{
    struct sample s;
    struct elfload_image image;
    const char *reason;

    (void)state;
    build_sample(&s);
    s.phdrs[SEG_STACK].memsz = 0x1001;
    s.phdrs[SEG_OTHER] =
        (struct elf64_phdr){.type = ELF_PT_INTERP, .offset = FILE_SIZE - 256, .filesz = 256};
    s.elf.entry = 0;
    assert_int_equal(judge(&s, sizeof(s), FILE_SIZE, &image, &reason), ZX_OK);
    assert_int_equal(image.stack_size, 0x2000);
    assert_true(image.has_interpreter);
    assert_int_equal(image.interpreter_offset, FILE_SIZE - 256);
    assert_int_equal(image.interpreter_size, 256);
    assert_int_equal(image.entry, 0);
}

// One change to the good program, and the reason for which it must be refused.
struct refusal {
    const char *reason; // part of it
    void (*spoil)(struct sample *s);
};

static void spoil_magic(struct sample *s)
{
    s->elf.ident[1] = 'X';
}
static void spoil_class(struct sample *s)
{
    s->elf.ident[4] = 1;
}
static void spoil_order(struct sample *s)
{
    s->elf.ident[5] = 2;
}
static void spoil_version(struct sample *s)
{
    s->elf.version = 2;
}
static void spoil_machine(struct sample *s)
{
    s->elf.machine = 62;
}
static void spoil_type(struct sample *s)
{
    s->elf.type = 2;
}
static void spoil_phentsize(struct sample *s)
{
    s->elf.phentsize = 32;
}
static void spoil_phnum_zero(struct sample *s)
{
    s->elf.phnum = 0;
}
static void spoil_phnum_many(struct sample *s)
{
    s->elf.phnum = 65;
}
static void spoil_phnum_extended(struct sample *s)
{
    s->elf.phnum = 0xffff;
}
static void spoil_phoff(struct sample *s)
{
    s->elf.phoff = FILE_SIZE - 100;
}
static void spoil_phoff_huge(struct sample *s)
{
    s->elf.phoff = UINT64_MAX - 8;
}
static void spoil_filesz(struct sample *s)
{
    s->phdrs[SEG_TEXT].filesz = 0x2001;
}
static void spoil_offset(struct sample *s)
{
    s->phdrs[SEG_DATA].offset = FILE_SIZE + 0x10;
}
static void spoil_size_huge(struct sample *s)
{
    s->phdrs[SEG_DATA].memsz = UINT64_MAX;
}
static void spoil_vaddr_wraps(struct sample *s)
{
    s->phdrs[SEG_DATA].vaddr = UINT64_MAX - 0xfef;
}
static void spoil_file_wraps(struct sample *s)
{
    s->phdrs[SEG_DATA].offset = 0x5010;
    s->phdrs[SEG_DATA].filesz = UINT64_MAX - 0x5000;
    s->phdrs[SEG_DATA].memsz = UINT64_MAX - 0x5000;
}
static void spoil_alignment(struct sample *s)
{
    s->phdrs[SEG_TEXT].vaddr = 0x1010;
}
static void spoil_overlap(struct sample *s)
{
    s->phdrs[SEG_RODATA].memsz = 0x1001;
}
static void spoil_shared_page(struct sample *s)
{
    s->phdrs[SEG_DATA].vaddr = 0x2fff;
    s->phdrs[SEG_DATA].offset = 0x2fff;
}
static void spoil_sequence(struct sample *s)
{
    struct elf64_phdr text = s->phdrs[SEG_TEXT];

    s->phdrs[SEG_TEXT] = s->phdrs[SEG_DATA];
    s->phdrs[SEG_DATA] = text;
}
static void spoil_distance(struct sample *s)
{
    s->phdrs[SEG_DATA].vaddr = ELFLOAD_MAX_SPAN + 0x10;
    s->phdrs[SEG_DATA].memsz = 0x1000;
}
static void spoil_entry(struct sample *s)
{
    s->elf.entry = 0x4010;
}
static void spoil_entry_gap(struct sample *s)
{
    s->elf.entry = 0x3000;
}
static void spoil_entry_far(struct sample *s)
{
    s->elf.entry = UINT64_MAX;
}
static void spoil_loads(struct sample *s)
{
    s->phdrs[SEG_RODATA].type = s->phdrs[SEG_TEXT].type = s->phdrs[SEG_DATA].type = 0;
}
static void spoil_stack(struct sample *s)
{
    s->phdrs[SEG_STACK].memsz = ELFLOAD_MAX_STACK + 1;
}
static void spoil_interpreter_place(struct sample *s)
{
    s->phdrs[SEG_OTHER] = (struct elf64_phdr){
        .type = ELF_PT_INTERP, .offset = FILE_SIZE - 5, .filesz = 6};
}
static void spoil_interpreter_wraps(struct sample *s)
{
    s->phdrs[SEG_OTHER] = (struct elf64_phdr){
        .type = ELF_PT_INTERP, .offset = UINT64_MAX - 5, .filesz = 16};
}
static void spoil_interpreter_length(struct sample *s)
{
    s->phdrs[SEG_OTHER] = (struct elf64_phdr){
        .type = ELF_PT_INTERP, .offset = 64, .filesz = ELFLOAD_MAX_INTERPRETER + 1};
}
static void spoil_interpreter_empty(struct sample *s)
{
    s->phdrs[SEG_OTHER] = (struct elf64_phdr){.type = ELF_PT_INTERP, .offset = 64};
}
static void spoil_interpreter_twice(struct sample *s)
{
    s->phdrs[SEG_OTHER] = (struct elf64_phdr){.type = ELF_PT_INTERP, .offset = 64, .filesz = 8};
    s->phdrs[SEG_STACK] = s->phdrs[SEG_OTHER];
}

static const struct refusal refusals[] = {
    {"not an ELF", spoil_magic},
    {"64-bit", spoil_class},
    {"little-endian", spoil_order},
    {"version", spoil_version},
    {"another machine", spoil_machine},
    {"position-independent", spoil_type},
    {"wrong size", spoil_phentsize},
    {"no program headers", spoil_phnum_zero},
    {"too many", spoil_phnum_many},
    {"too many", spoil_phnum_extended},
    {"outside the file", spoil_phoff},
    {"outside the file", spoil_phoff_huge},
    {"more bytes in the file", spoil_filesz},
    {"outside the file", spoil_offset},
    {"out of range", spoil_size_huge},
    {"out of range", spoil_vaddr_wraps},
    {"outside the file", spoil_file_wraps},
    {"within a page", spoil_alignment},
    {"overlap", spoil_overlap},
    {"overlap", spoil_shared_page},
    {"out of order", spoil_sequence},
    {"too far apart", spoil_distance},
    {"entry point", spoil_entry},
    {"entry point", spoil_entry_gap},
    {"entry point", spoil_entry_far},
    {"nothing to load", spoil_loads},
    {"too large a stack", spoil_stack},
    {"outside the file", spoil_interpreter_place},
    {"outside the file", spoil_interpreter_wraps},
    {"too long", spoil_interpreter_length},
    {"without a name", spoil_interpreter_empty},
    {"more than one", spoil_interpreter_twice},
};

static void test_each_defect_has_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct sample s;
        struct elfload_image image;
        const char *reason;

        build_sample(&s);
        refusals[i].spoil(&s);
        assert_int_equal(judge(&s, sizeof(s), FILE_SIZE, &image, &reason), ELFLOAD_BAD_FORMAT);
        assert_non_null(reason);
        if (strstr(reason, refusals[i].reason) == NULL) {
            fail_msg("refusal %zu: \"%s\" does not say \"%s\"", i, reason, refusals[i].reason);
        }
    }
}

static void test_interpreter_names(void **state)
{
    const char *reason;

    (void)state;
    assert_int_equal(elfload_check_interpreter("ld.so.1", 8, &reason), ZX_OK);
    assert_int_equal(elfload_check_interpreter("x\0y", 4, &reason), ZX_OK);
    assert_int_equal(elfload_check_interpreter("ld.so.1", 7, &reason), ELFLOAD_BAD_FORMAT);
    assert_non_null(strstr(reason, "NUL"));
    assert_int_equal(elfload_check_interpreter("", 1, &reason), ELFLOAD_BAD_FORMAT);
    assert_non_null(strstr(reason, "without a name"));
}

static void test_every_short_file_is_refused(void **state)
{
    struct sample s;

    (void)state;
    build_sample(&s);
    // The last byte that the program needs is the end of its data segment.
    for (size_t size = 0; size < 0x3110; size++) {
        struct elfload_image image;
        const char *reason;
        size_t head = size < sizeof(s) ? size : sizeof(s);
        uint8_t *copy = exact_copy(&s, head);

        assert_int_equal(judge(copy, head, size, &image, &reason), ELFLOAD_BAD_FORMAT);
        free(copy);
    }
}

static void test_too_many_segments_are_refused(void **state)
{
    struct elf64_phdr phdrs[ELFLOAD_MAX_SEGMENTS + 1] = {0};
    struct elfload_header header = {.phdr_count = ELFLOAD_MAX_SEGMENTS + 1};
    struct elfload_image image;
    const char *reason;

    (void)state;
    for (size_t i = 0; i <= ELFLOAD_MAX_SEGMENTS; i++) {
        phdrs[i] = (struct elf64_phdr){
            .type = ELF_PT_LOAD, .flags = ELF_PF_R, .vaddr = i * PAGE, .memsz = 1};
    }
    assert_int_equal(elfload_parse_segments(&header, phdrs, FILE_SIZE, &image, &reason),
                     ELFLOAD_BAD_FORMAT);
    phdrs[3].memsz = 0; // an empty one takes no place
    assert_int_equal(elfload_parse_segments(&header, phdrs, FILE_SIZE, &image, &reason), ZX_OK);
    check_promises(&image, FILE_SIZE);
}

static void test_mutated_headers_keep_the_promises(void **state)
{
    unsigned passed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 100000; seed++) {
        struct mutator mutator = {seed};
        struct sample s;
        struct elfload_image image;
        const char *reason;

        build_sample(&s);
        mutate(&mutator, (uint8_t *)&s, sizeof(s));
        size_t size =
            mutator_next(&mutator) % 4 == 0 ? mutator_next(&mutator) % sizeof(s) : sizeof(s);
        uint8_t *copy = exact_copy(&s, size);

        if (judge(copy, size, FILE_SIZE, &image, &reason) == ZX_OK) {
            check_promises(&image, FILE_SIZE);
            passed++;
        } else {
            assert_non_null(reason);
        }
        free(copy);
    }
    assert_true(passed > 1000); // the mutations are not all fatal: both ways were taken
}

int run_elfload_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_program_passes),
        cmocka_unit_test(test_stack_interpreter_and_entry_zero),
        cmocka_unit_test(test_each_defect_has_its_reason),
        cmocka_unit_test(test_interpreter_names),
        cmocka_unit_test(test_every_short_file_is_refused),
        cmocka_unit_test(test_too_many_segments_are_refused),
        cmocka_unit_test(test_mutated_headers_keep_the_promises),
    };

    return cmocka_run_group_tests_name("elfload", tests, NULL, NULL);
}
