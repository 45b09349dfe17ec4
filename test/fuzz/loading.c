// SPDX-License-Identifier: MIT
//
// libFuzzer target: what reads bytes that came from a file or a peer while a program is loaded. The
// first byte chooses the reader. What is let through must keep the promises of its header.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <elfload/parse.h>
#include <loader/protocol.h>
#include <processargs/processargs.h>
#include <zircon/errors.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

// A copy of exactly this size, as aligned as the readers are promised.
static uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size != 0 ? size : 1);

    require(copy != NULL);
    memcpy(copy, data, size);
    return copy;
}

static void check_image(const struct elfload_image *image, uint64_t file_size)
{
    uint64_t next = image->span_start;

    require(image->segment_count >= 1 && image->segment_count <= ELFLOAD_MAX_SEGMENTS);
    require(image->stack_size != 0 && image->stack_size <= ELFLOAD_MAX_STACK);
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elfload_segment *segment = &image->segments[i];

        require(segment->vaddr >= next && segment->mem_size >= segment->file_size);
        require(segment->file_offset <= file_size &&
                segment->file_size <= file_size - segment->file_offset);
        next = (segment->vaddr + segment->mem_size + 4095) & ~UINT64_C(4095);
    }
    require(next - image->span_start == image->span_size && image->span_size <= ELFLOAD_MAX_SPAN);
}

static void try_elf(const uint8_t *file, size_t size)
{
    struct elfload_header header;
    struct elfload_image image;
    const char *reason = NULL;

    if (elfload_parse_header(file, size, size, &header, &reason) != ZX_OK) {
        require(reason != NULL);
        return;
    }
    struct elf64_phdr *phdrs = malloc(header.phdr_count * sizeof(*phdrs));

    require(phdrs != NULL);
    memcpy(phdrs, file + header.phdr_offset, header.phdr_count * sizeof(*phdrs));
    if (elfload_parse_segments(&header, phdrs, size, &image, &reason) == ZX_OK) {
        check_image(&image, size);
        if (image.has_interpreter) {
            (void)elfload_check_interpreter((const char *)file + image.interpreter_offset,
                                            image.interpreter_size, &reason);
        }
    } else {
        require(reason != NULL);
    }
    free(phdrs);
}

static void try_request(const uint8_t *bytes, size_t size)
{
    struct loader_request request;
    zx_status_t status;

    for (uint32_t handles = 0; handles < 3; handles++) {
        if (loader_parse_request(bytes, size, handles, &request) == ZX_OK &&
            request.string != NULL) {
            const uint8_t *string = (const uint8_t *)request.string;

            require(string >= bytes && string + request.string_size <= bytes + size);
            (void)loader_name_is_plain(request.string, request.string_size);
        }
        (void)loader_parse_reply(bytes, size, handles, 1, LOADER_LOAD_OBJECT, &status);
    }
}

static void try_message(const uint8_t *bytes, size_t size)
{
    struct processargs message;

    for (uint32_t handles = 0; handles < 70; handles += 23) {
        if (processargs_parse(bytes, size, handles, &message) == ZX_OK) {
            (void)processargs_get(&message.environ, "A");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    uint8_t *bytes = copy_of(data + 1, size - 1);

    switch (data[0] % 3) {
    case 0: try_elf(bytes, size - 1); break;
    case 1: try_request(bytes, size - 1); break;
    default: try_message(bytes, size - 1); break;
    }
    free(bytes);
    return 0;
}
