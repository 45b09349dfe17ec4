// SPDX-License-Identifier: MIT
//
// The ELF file of the tests; the interface is in loading.h. No state.

#include "loading.h"

#include <zircon/syscalls/object.h>

uint8_t sample_byte(size_t offset)
{
    return (uint8_t)(offset * 7 + offset / PAGE + 1);
}

void sample_build(uint8_t file[SAMPLE_SIZE], const char *interpreter)
{
    struct sample sample = {
        .elf =
            {
                .ident = {0x7f, 'E', 'L', 'F', ELF_CLASS_64, ELF_DATA_LITTLE, ELF_VERSION_CURRENT},
                .type = ELF_TYPE_DYN,
                .machine = ELF_MACHINE_AARCH64,
                .version = ELF_VERSION_CURRENT,
                .entry = SAMPLE_ENTRY,
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
                              .offset = SAMPLE_TEXT,
                              .vaddr = SAMPLE_TEXT,
                              .filesz = SAMPLE_TEXT_SIZE,
                              .memsz = SAMPLE_TEXT_SIZE,
                              .align = PAGE},
                [SEG_DATA] = {.type = ELF_PT_LOAD,
                              .flags = ELF_PF_R | ELF_PF_W,
                              .offset = SAMPLE_DATA_AT,
                              .vaddr = SAMPLE_DATA,
                              .filesz = SAMPLE_DATA_SIZE,
                              .memsz = SAMPLE_DATA_SIZE + SAMPLE_ZEROS,
                              .align = PAGE},
                [SEG_STACK] = {.type = ELF_PT_GNU_STACK,
                               .flags = ELF_PF_R | ELF_PF_W,
                               .memsz = 0x3001},
                [SEG_INTERPRETER] = {.type = 4 /* PT_NOTE */},
            },
    };

    for (size_t i = 0; i < SAMPLE_SIZE; i++) {
        file[i] = sample_byte(i);
    }
    if (interpreter != NULL) {
        size_t size = strlen(interpreter) + 1;

        sample.phdrs[SEG_INTERPRETER] = (struct elf64_phdr){
            .type = ELF_PT_INTERP, .offset = SAMPLE_NAME_AT, .filesz = size, .memsz = size};
        memcpy(file + SAMPLE_NAME_AT, interpreter, size);
    }
    memcpy(file, &sample, sizeof(sample));
}

zx_status_t sample_vmo(const uint8_t *file, size_t size, const char *name, zx_handle_t *out)
{
    zx_status_t status = zx_vmo_create(size, 0, out);

    if (status != ZX_OK) {
        return status;
    }
    status = zx_vmo_write(*out, file, 0, size);
    if (status == ZX_OK) {
        status = zx_object_set_property(*out, ZX_PROP_NAME, name, strlen(name));
    }
    if (status != ZX_OK) {
        assert_ok(zx_handle_close(*out));
    }
    return status;
}

struct possessions possessions_count(void)
{
    zx_info_process_handle_stats_t handles;
    zx_info_task_stats_t memory;
    struct possessions out = {0};

    assert_ok(zx_object_get_info(lab.process, ZX_INFO_PROCESS_HANDLE_STATS, &handles,
                                 sizeof(handles), NULL, NULL));
    assert_ok(
        zx_object_get_info(lab.process, ZX_INFO_TASK_STATS, &memory, sizeof(memory), NULL, NULL));
    for (size_t i = 0; i < sizeof(handles.handle_count) / sizeof(handles.handle_count[0]); i++) {
        out.handles += handles.handle_count[i];
    }
    out.mapped = memory.mem_mapped_bytes;
    return out;
}

void possessions_check(struct possessions before)
{
    struct possessions now = possessions_count();

    assert_int_equal(now.handles, before.handles);
    assert_int_equal(now.mapped, before.mapped);
}

uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

void mutate_bytes(uint64_t *state, uint8_t *bytes, size_t size)
{
    static const uint64_t numbers[] = {0,
                                       1,
                                       3,
                                       5,
                                       7,
                                       55,
                                       0xff,
                                       0xfff,
                                       0x1000,
                                       0x1001,
                                       0x4000,
                                       0xffffffff,
                                       1ull << 30,
                                       1ull << 46,
                                       1ull << 47,
                                       1ull << 48,
                                       1ull << 63,
                                       UINT64_MAX,
                                       UINT64_MAX - 4095};
    uint64_t count = 1 + next_random(state) % 4;

    for (uint64_t i = 0; i < count; i++) {
        size_t at = next_random(state) % size;

        if (next_random(state) % 2 == 0) {
            bytes[at] = (uint8_t)next_random(state);
        } else {
            uint64_t value = numbers[next_random(state) % (sizeof(numbers) / sizeof(numbers[0]))];
            size_t width = (size_t)1 << next_random(state) % 4;

            at &= ~(width - 1);
            memcpy(bytes + at, &value, width < size - at ? width : size - at);
        }
    }
}
