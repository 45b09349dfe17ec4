// SPDX-License-Identifier: MIT
//
// Mapping an ELF program from a VMO; the interface is in elfload/load.h.
//
// Every segment is mapped as whole pages at its place in one region that spans them all. Its pages
// come from up to two VMOs: those that hold bytes of the file (the file itself, or for a segment
// that can be written a private copy), and behind them zeros, when the segment is larger in memory
// than in the file. The last page with bytes of the file is among the zeros then, with the bytes
// copied in, so that what follows them in the file is not seen.
//
// Handles: every VMO made here is closed here; the mappings keep it alive. On failure the region is
// destroyed, which takes every mapping with it.

#include <elfload/load.h>

#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>

#define PAGE_MASK ((uint64_t)ZX_PAGE_SIZE - 1)

// What the mapping of one segment needs to know.
struct loader {
    zx_handle_t file;
    zx_handle_t region;
    uint64_t span_start;
    const char *reason; // of the failure, if there was one
    char file_name[ZX_MAX_NAME_LEN];
};

static zx_status_t fail(struct loader *loader, const char *reason, zx_status_t status)
{
    loader->reason = reason;
    return status;
}

zx_status_t elfload_read(zx_handle_t file, struct elfload_image *out, const char **out_reason)
{
    struct elfload_header header;
    struct elf64_header elf;
    struct elf64_phdr phdrs[ELFLOAD_MAX_PHDRS];
    uint64_t file_size;

    *out_reason = "cannot be read";
    zx_status_t status = zx_vmo_get_size(file, &file_size);

    if (status != ZX_OK) {
        return status;
    }
    size_t head = file_size < sizeof(elf) ? (size_t)file_size : sizeof(elf);

    status = zx_vmo_read(file, &elf, 0, head);
    if (status != ZX_OK) {
        return status;
    }
    status = elfload_parse_header(&elf, head, file_size, &header, out_reason);
    if (status != ZX_OK) {
        return status;
    }
    status = zx_vmo_read(file, phdrs, header.phdr_offset, header.phdr_count * sizeof(phdrs[0]));
    if (status != ZX_OK) {
        return status;
    }
    return elfload_parse_segments(&header, phdrs, file_size, out, out_reason);
}

zx_status_t elfload_read_interpreter(zx_handle_t file, const struct elfload_image *image,
                                     char name[ELFLOAD_MAX_INTERPRETER], const char **out_reason)
{
    *out_reason = "PT_INTERP cannot be read";
    zx_status_t status =
        zx_vmo_read(file, name, image->interpreter_offset, image->interpreter_size);

    return status != ZX_OK ? status
                           : elfload_check_interpreter(name, image->interpreter_size, out_reason);
}

static zx_vm_option_t map_options(uint32_t flags)
{
    return ZX_VM_SPECIFIC | (flags & ELF_PF_R ? ZX_VM_PERM_READ : 0) |
           (flags & ELF_PF_W ? ZX_VM_PERM_WRITE : 0) | (flags & ELF_PF_X ? ZX_VM_PERM_EXECUTE : 0);
}

// Names a VMO `prefix` + the name of the file, cut. Names are for people: a failure does not
// matter.
static void name_vmo(const struct loader *loader, zx_handle_t vmo, const char *prefix)
{
    char name[ZX_MAX_NAME_LEN];
    size_t head = strlen(prefix);
    size_t tail = strnlen(loader->file_name, sizeof(name) - 1 - head);

    memcpy(name, prefix, head);
    memcpy(name + head, loader->file_name, tail);
    (void)zx_object_set_property(vmo, ZX_PROP_NAME, name, head + tail);
}

// Copies `size` bytes between VMOs through a small buffer.
static zx_status_t copy_vmo(zx_handle_t to, uint64_t to_offset, zx_handle_t from,
                            uint64_t from_offset, uint64_t size)
{
    char buffer[2048];
    zx_status_t status = ZX_OK;

    while (size != 0 && status == ZX_OK) {
        size_t part = size < sizeof(buffer) ? (size_t)size : sizeof(buffer);

        status = zx_vmo_read(from, buffer, from_offset, part);
        if (status == ZX_OK) {
            status = zx_vmo_write(to, buffer, to_offset, part);
        }
        to_offset += part;
        from_offset += part;
        size -= part;
    }
    return status;
}

// Makes a private copy of whole pages of the file that can be written. `size` is a multiple of the
// page size; the file may end before.
static zx_status_t private_copy(const struct loader *loader, uint64_t offset, uint64_t size,
                                zx_handle_t *out)
{
    zx_status_t status = zx_vmo_clone(loader->file, ZX_VMO_CLONE_COPY_ON_WRITE, offset, size, out);

    if (status == ZX_OK) {
        name_vmo(loader, *out, "data:");
    }
    return status;
}

// Maps the pages of a segment that come from the file: `size` bytes (whole pages) from `offset`.
static zx_status_t map_file_pages(struct loader *loader, const struct elfload_segment *segment,
                                  uint64_t vaddr, uint64_t offset, uint64_t size)
{
    zx_handle_t vmo = loader->file;
    zx_vaddr_t mapped;

    if (segment->flags & ELF_PF_W) {
        zx_status_t status = private_copy(loader, offset, size, &vmo);

        if (status != ZX_OK) {
            return fail(loader, "no memory for its data", status);
        }
        offset = 0;
    }
    zx_status_t status = zx_vmar_map(loader->region, map_options(segment->flags),
                                     vaddr - loader->span_start, vmo, offset, size, &mapped);

    if (vmo != loader->file) {
        zx_handle_close(vmo);
    }
    return status == ZX_OK ? ZX_OK : fail(loader, "a segment cannot be mapped", status);
}

// Maps `size` bytes (whole pages) of zeros at `vaddr`, with `head_size` bytes of the file from
// `offset` copied to their start.
static zx_status_t map_zero_pages(struct loader *loader, const struct elfload_segment *segment,
                                  uint64_t vaddr, uint64_t size, uint64_t offset,
                                  uint64_t head_size)
{
    zx_handle_t vmo;
    zx_vaddr_t mapped;
    zx_status_t status = zx_vmo_create(size, 0, &vmo);

    if (status != ZX_OK) {
        return fail(loader, "no memory for its zeroed data", status);
    }
    name_vmo(loader, vmo, "bss:");
    status = copy_vmo(vmo, 0, loader->file, offset, head_size);
    if (status == ZX_OK) {
        status = zx_vmar_map(loader->region, map_options(segment->flags),
                             vaddr - loader->span_start, vmo, 0, size, &mapped);
    }
    zx_handle_close(vmo);
    return status == ZX_OK ? ZX_OK : fail(loader, "its zeroed data cannot be mapped", status);
}

static zx_status_t map_segment(struct loader *loader, const struct elfload_segment *segment)
{
    uint64_t start = segment->vaddr & ~PAGE_MASK;
    uint64_t end = (segment->vaddr + segment->mem_size + PAGE_MASK) & ~PAGE_MASK;
    uint64_t file_start = segment->file_offset & ~PAGE_MASK;
    uint64_t file_bytes = segment->file_offset - file_start + segment->file_size;
    uint64_t file_pages = end - start;

    if (segment->mem_size > segment->file_size) {
        file_pages = file_bytes & ~PAGE_MASK;
    }
    if (file_pages != 0) {
        zx_status_t status = map_file_pages(loader, segment, start, file_start, file_pages);

        if (status != ZX_OK) {
            return status;
        }
    }
    if (file_pages == end - start) {
        return ZX_OK;
    }
    return map_zero_pages(loader, segment, start + file_pages, end - start - file_pages,
                          file_start + file_pages, file_bytes - file_pages);
}

zx_status_t elfload_map(zx_handle_t vmar, zx_handle_t file, const struct elfload_image *image,
                        struct elfload_loaded *out, const char **out_reason)
{
    struct loader loader = {.file = file, .span_start = image->span_start};
    const zx_vm_option_t options =
        ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE | ZX_VM_CAN_MAP_SPECIFIC;
    zx_vaddr_t base;

    if (zx_object_get_property(file, ZX_PROP_NAME, loader.file_name, sizeof(loader.file_name)) !=
        ZX_OK) {
        loader.file_name[0] = '\0';
    }
    zx_status_t status =
        zx_vmar_allocate(vmar, options, 0, image->span_size, &loader.region, &base);

    if (status != ZX_OK) {
        *out_reason = "no room in the address space";
        return status;
    }
    for (uint32_t i = 0; i < image->segment_count && status == ZX_OK; i++) {
        status = map_segment(&loader, &image->segments[i]);
    }
    if (status != ZX_OK) {
        (void)zx_vmar_destroy(loader.region);
        zx_handle_close(loader.region);
        *out_reason = loader.reason;
        return status;
    }
    out->base = base;
    out->entry = image->entry == 0 ? 0 : base + (image->entry - image->span_start);
    out->region = loader.region;
    return ZX_OK;
}
