// SPDX-License-Identifier: MIT
//
// Reading and judging the headers of an ELF program; the interface and what it promises are in
// elfload/parse.h.
//
// Invariant: sums are formed only of numbers that were compared with a limit first. Addresses stay
// below ADDRESS_LIMIT, file offsets below the size of the file, so that nothing here can wrap.
//
// No locks, no state.

#include <elfload/parse.h>

#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/types.h>

#define PAGE_SIZE UINT64_C(4096)

// No program is linked above this, and address arithmetic below it is safe.
#define ADDRESS_LIMIT (UINT64_C(1) << 48)

static uint64_t page_floor(uint64_t value)
{
    return value & ~(PAGE_SIZE - 1);
}

static uint64_t page_ceil(uint64_t value)
{
    return page_floor(value + PAGE_SIZE - 1);
}

// Ends a judgement: stores the reason and returns the status that goes with it.
static zx_status_t refuse(const char **out_reason, const char *reason)
{
    *out_reason = reason;
    return ELFLOAD_BAD_FORMAT;
}

static zx_status_t check_identity(const struct elf64_header *elf, const char **out_reason)
{
    if (memcmp(elf->ident,
               "\x7f"
               "ELF",
               4) != 0) {
        return refuse(out_reason, "not an ELF file");
    }
    if (elf->ident[4] != ELF_CLASS_64) {
        return refuse(out_reason, "not a 64-bit ELF file");
    }
    if (elf->ident[5] != ELF_DATA_LITTLE) {
        return refuse(out_reason, "not a little-endian ELF file");
    }
    if (elf->ident[6] != ELF_VERSION_CURRENT || elf->version != ELF_VERSION_CURRENT) {
        return refuse(out_reason, "ELF file of an unknown version");
    }
    if (elf->machine != ELF_MACHINE_AARCH64) {
        return refuse(out_reason, "program for another machine");
    }
    if (elf->type != ELF_TYPE_DYN) {
        return refuse(out_reason, "not a position-independent program (ELF type is not DYN)");
    }
    return ZX_OK;
}

zx_status_t elfload_parse_header(const void *bytes, size_t size, uint64_t file_size,
                                 struct elfload_header *out, const char **out_reason)
{
    struct elf64_header elf;

    if (size < sizeof(elf) || file_size < sizeof(elf)) {
        return refuse(out_reason, "not an ELF file (shorter than an ELF header)");
    }
    memcpy(&elf, bytes, sizeof(elf));
    zx_status_t status = check_identity(&elf, out_reason);

    if (status != ZX_OK) {
        return status;
    }
    if (elf.phentsize != sizeof(struct elf64_phdr)) {
        return refuse(out_reason, "program headers of the wrong size");
    }
    if (elf.phnum == 0) {
        return refuse(out_reason, "no program headers");
    }
    if (elf.phnum == ELF_PHNUM_EXTENDED || elf.phnum > ELFLOAD_MAX_PHDRS) {
        return refuse(out_reason, "too many program headers");
    }
    if (elf.phoff > file_size ||
        file_size - elf.phoff < (uint64_t)elf.phnum * sizeof(struct elf64_phdr)) {
        return refuse(out_reason, "program headers outside the file");
    }
    out->entry = elf.entry;
    out->phdr_offset = elf.phoff;
    out->phdr_count = elf.phnum;
    return ZX_OK;
}

// Judges one PT_LOAD by itself.
static zx_status_t check_segment(const struct elf64_phdr *phdr, uint64_t file_size,
                                 const char **out_reason)
{
    if (phdr->filesz > phdr->memsz) {
        return refuse(out_reason, "segment with more bytes in the file than in memory");
    }
    if (phdr->offset > file_size || file_size - phdr->offset < phdr->filesz) {
        return refuse(out_reason, "segment outside the file (cut short?)");
    }
    if (phdr->vaddr >= ADDRESS_LIMIT || phdr->memsz > ELFLOAD_MAX_SPAN) {
        return refuse(out_reason, "segment address or size out of range");
    }
    if (phdr->vaddr % PAGE_SIZE != phdr->offset % PAGE_SIZE) {
        return refuse(out_reason, "segment whose address and file offset differ within a page");
    }
    return ZX_OK;
}

// Adds one PT_LOAD to the image, behind those that are there.
static zx_status_t add_segment(struct elfload_image *image, const struct elf64_phdr *phdr,
                               uint64_t file_size, const char **out_reason)
{
    zx_status_t status = check_segment(phdr, file_size, out_reason);

    if (status != ZX_OK || phdr->memsz == 0) {
        return status; // nothing to map: allowed, and linkers do it
    }
    if (image->segment_count == ELFLOAD_MAX_SEGMENTS) {
        return refuse(out_reason, "too many segments");
    }
    if (image->segment_count == 0) {
        image->span_start = page_floor(phdr->vaddr);
    } else {
        uint64_t end = image->span_start + image->span_size;

        if (phdr->vaddr < end) {
            return refuse(out_reason, "segments that overlap, share a page or are out of order");
        }
        if (page_ceil(phdr->vaddr + phdr->memsz) - image->span_start > ELFLOAD_MAX_SPAN) {
            return refuse(out_reason, "segments too far apart");
        }
    }
    image->span_size = page_ceil(phdr->vaddr + phdr->memsz) - image->span_start;
    image->segments[image->segment_count++] = (struct elfload_segment){
        .vaddr = phdr->vaddr,
        .file_offset = phdr->offset,
        .file_size = phdr->filesz,
        .mem_size = phdr->memsz,
        .flags = phdr->flags & (ELF_PF_R | ELF_PF_W | ELF_PF_X),
    };
    return ZX_OK;
}

static zx_status_t set_stack(struct elfload_image *image, const struct elf64_phdr *phdr,
                             const char **out_reason)
{
    if (phdr->memsz > ELFLOAD_MAX_STACK) {
        return refuse(out_reason, "program that asks for too large a stack");
    }
    if (phdr->memsz != 0) {
        image->stack_size = page_ceil(phdr->memsz);
    }
    return ZX_OK;
}

// Notes where the name of the dynamic linker stands; elfload_check_interpreter() judges the name.
static zx_status_t set_interpreter(struct elfload_image *image, const struct elf64_phdr *phdr,
                                   uint64_t file_size, const char **out_reason)
{
    if (image->has_interpreter) {
        return refuse(out_reason, "more than one PT_INTERP");
    }
    if (phdr->offset > file_size || file_size - phdr->offset < phdr->filesz) {
        return refuse(out_reason, "PT_INTERP outside the file");
    }
    if (phdr->filesz > ELFLOAD_MAX_INTERPRETER) {
        return refuse(out_reason, "PT_INTERP too long");
    }
    if (phdr->filesz == 0) {
        return refuse(out_reason, "PT_INTERP without a name");
    }
    image->has_interpreter = true;
    image->interpreter_offset = phdr->offset;
    image->interpreter_size = (uint32_t)phdr->filesz;
    return ZX_OK;
}

zx_status_t elfload_check_interpreter(const char *name, size_t size, const char **out_reason)
{
    if (memchr(name, '\0', size) == NULL) {
        return refuse(out_reason, "PT_INTERP without a NUL at its end");
    }
    if (name[0] == '\0') {
        return refuse(out_reason, "PT_INTERP without a name");
    }
    return ZX_OK;
}

// True if the address lies in a segment that can be executed.
static bool is_code(const struct elfload_image *image, uint64_t address)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elfload_segment *segment = &image->segments[i];

        if (address >= segment->vaddr && address - segment->vaddr < segment->mem_size) {
            return (segment->flags & ELF_PF_X) != 0;
        }
    }
    return false;
}

zx_status_t elfload_parse_segments(const struct elfload_header *header,
                                   const struct elf64_phdr *phdrs, uint64_t file_size,
                                   struct elfload_image *out, const char **out_reason)
{
    *out = (struct elfload_image){.entry = header->entry, .stack_size = ELFLOAD_DEFAULT_STACK};
    for (uint32_t i = 0; i < header->phdr_count; i++) {
        zx_status_t status = ZX_OK;

        switch (phdrs[i].type) {
        case ELF_PT_LOAD: status = add_segment(out, &phdrs[i], file_size, out_reason); break;
        case ELF_PT_INTERP: status = set_interpreter(out, &phdrs[i], file_size, out_reason); break;
        case ELF_PT_GNU_STACK: status = set_stack(out, &phdrs[i], out_reason); break;
        default: break;
        }
        if (status != ZX_OK) {
            return status;
        }
    }
    if (out->segment_count == 0) {
        return refuse(out_reason, "nothing to load");
    }
    // An entry of 0 means address 0 and faults there, as the ABI has it.
    if (out->entry != 0 && !is_code(out, out->entry)) {
        return refuse(out_reason, "entry point outside the code");
    }
    return ZX_OK;
}
