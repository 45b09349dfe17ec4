// SPDX-License-Identifier: MIT
// Starting another kernel (interface: object/mexec.h): reads the boot image, copies it and the kernel to
// contiguous memory, stops the other CPUs, sends those elsewhere that only wait in a loop of this kernel, and jumps.
// Until they are sent everything can be given back.
#include <object/mexec.h>

#include <debug/crashlog.h>
#include <debug/log.h>
#include <debug/panic.h>
#include <hal/boot.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/next.h>
#include <lib/string.h>
#include <mem/kmalloc.h>
#include <mem/page.h>
#include <object/log_object.h>
#include <object/random.h>
#include <sched/cpu.h>
#include <vm/vmo.h>
#include <zircon/boot/image.h>

#define CMDLINE_MAX 4096u // spec 31 section 10: the rest is cut

// Contiguous pages that hold a copy.
struct piece {
    struct page *first; // NULL: none
    size_t pages;
};

struct mexec {
    uint64_t initrd_at, initrd_bytes; // in the boot image
    bool has_cmdline;
    size_t cmdline_len;
    char cmdline[CMDLINE_MAX];
    struct hal_next_image image;
    struct piece kernel, initrd, parking, tree;
    size_t tree_bytes;
};

// ---- the boot image ----

static bool item_is_sound(const zbi_header_t *item)
{
    return item->magic == ZBI_ITEM_MAGIC && (item->flags & ZBI_FLAG_VERSION) != 0;
}

// Pieces of a command line are words of one line.
static zx_status_t add_cmdline(struct mexec *m, struct vmo *v, uint64_t at, size_t len)
{
    if (m->cmdline_len != 0 && m->cmdline_len < CMDLINE_MAX - 1)
        m->cmdline[m->cmdline_len++] = ' ';
    len = MIN(len, CMDLINE_MAX - 1 - m->cmdline_len);
    zx_status_t status = len == 0 ? ZX_OK : vmo_read(v, m->cmdline + m->cmdline_len, at, len);
    if (status != ZX_OK)
        return status;
    m->cmdline[m->cmdline_len + len] = 0;
    m->cmdline_len += strlen(m->cmdline + m->cmdline_len);
    m->has_cmdline = true;
    return ZX_OK;
}

static zx_status_t take_item(struct mexec *m, struct vmo *v, const zbi_header_t *item,
                             uint64_t at)
{
    if (item->type == ZBI_TYPE_CMDLINE)
        return add_cmdline(m, v, at, item->length);
    if (item->type == ZBI_TYPE_STORAGE_RAMDISK && m->initrd_bytes == 0) {
        m->initrd_at = at;
        m->initrd_bytes = item->length;
    }
    return ZX_OK;
}

// Walks the items between `at` and `end`, which lies in the VMO.
static zx_status_t read_items(struct mexec *m, struct vmo *v, uint64_t at, uint64_t end)
{
    while (at < end) {
        zbi_header_t item;
        if (end - at < sizeof(item))
            return ZX_ERR_INVALID_ARGS;
        zx_status_t status = vmo_read(v, &item, at, sizeof(item));
        if (status != ZX_OK)
            return status;
        at += sizeof(item);
        if (!item_is_sound(&item) || item.length > end - at)
            return ZX_ERR_INVALID_ARGS;
        status = take_item(m, v, &item, at);
        if (status != ZX_OK)
            return status;
        at += ROUND_UP((uint64_t)item.length, ZBI_ALIGNMENT);
    }
    return ZX_OK;
}

static zx_status_t read_boot_image(struct mexec *m, struct vmo *v)
{
    zbi_header_t container = {0};
    const uint64_t size = vmo_size(v);

    if (size >= sizeof(container)) {
        zx_status_t status = vmo_read(v, &container, 0, sizeof(container));
        if (status != ZX_OK)
            return status;
    }
    if (container.type != ZBI_TYPE_CONTAINER || container.extra != ZBI_CONTAINER_MAGIC) {
        m->initrd_bytes = size; // a bare initrd
        return ZX_OK;
    }
    if (!item_is_sound(&container) || container.length > size - sizeof(container))
        return ZX_ERR_INVALID_ARGS;
    return read_items(m, v, sizeof(container), sizeof(container) + (uint64_t)container.length);
}

// ---- the copies ----

static zx_status_t piece_make(struct piece *p, uint64_t bytes, unsigned align_shift)
{
    p->pages = ROUND_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
    p->first = page_alloc_contiguous(p->pages, align_shift, PAGE_STATE_OTHER, 0);
    return p->first != NULL ? ZX_OK : ZX_ERR_NO_MEMORY;
}

static void piece_free(struct piece *p)
{
    if (p->first != NULL)
        page_free_contiguous(p->first, p->pages);
    p->first = NULL;
}

// `bytes` of a VMO from `at` on, to `offset` in the piece.
static zx_status_t piece_fill(struct piece *p, uint64_t offset, struct vmo *v, uint64_t at,
                              uint64_t bytes)
{
    return bytes == 0 ? ZX_OK : vmo_read(v, (char *)page_to_virt(p->first) + offset, at, bytes);
}

// To memory, where it is read with the caches off, and out of the caches.
static void piece_clean(const struct piece *p)
{
    if (p->first != NULL)
        hal_cache_clean_invalidate(page_to_virt(p->first), p->pages * PAGE_SIZE);
}

static paddr_t piece_at(const struct piece *p)
{
    return p->first != NULL ? page_to_paddr(p->first) : 0;
}

static zx_status_t copy_kernel(struct mexec *m, struct vmo *v)
{
    char header[HAL_NEXT_HEADER_BYTES];
    const uint64_t size = vmo_size(v);

    zx_status_t status = size < sizeof(header) ? ZX_ERR_INVALID_ARGS
                                               : vmo_read(v, header, 0, sizeof(header));
    if (status == ZX_OK)
        status = hal_next_image(header, size, &m->image);
    if (status == ZX_OK)
        status = piece_make(&m->kernel, m->image.offset + m->image.bytes, m->image.align_shift);
    return status == ZX_OK ? piece_fill(&m->kernel, m->image.offset, v, 0, size) : status;
}

static zx_status_t copy_initrd(struct mexec *m, struct vmo *v)
{
    if (m->initrd_bytes == 0)
        return ZX_OK;
    zx_status_t status = piece_make(&m->initrd, m->initrd_bytes, PAGE_SHIFT);
    return status == ZX_OK ? piece_fill(&m->initrd, 0, v, m->initrd_at, m->initrd_bytes) : status;
}

static zx_status_t make_parking(struct mexec *m)
{
    const size_t bytes = hal_next_parking_bytes();

    return bytes == 0 ? ZX_OK : piece_make(&m->parking, bytes, PAGE_SHIFT);
}

static zx_status_t make_tree(struct mexec *m)
{
    struct hal_next next = {
        .cmdline = m->has_cmdline ? m->cmdline : boot_info.cmdline,
        .initrd = piece_at(&m->initrd),
        .initrd_bytes = m->initrd_bytes,
        .kaslr_seed = random_u64(),
        .parking = piece_at(&m->parking),
    };
    random_draw(next.seed, sizeof(next.seed));
    size_t bytes = hal_next_tree_bytes(strlen(next.cmdline) + 1);
    zx_status_t status = piece_make(&m->tree, bytes, PAGE_SHIFT);
    if (status == ZX_OK)
        status = hal_next_tree(page_to_virt(m->tree.first), bytes, &next);
    memset(&next, 0, sizeof(next));
    return status;
}

static zx_status_t make_all(struct mexec *m, struct vmo *kernel, struct vmo *boot)
{
    zx_status_t status = read_boot_image(m, boot);
    if (status == ZX_OK)
        status = copy_kernel(m, kernel);
    if (status == ZX_OK)
        status = copy_initrd(m, boot);
    if (status == ZX_OK)
        status = make_parking(m);
    return status == ZX_OK ? make_tree(m) : status;
}

NO_RETURN static void enter(struct mexec *m)
{
    klog(LOG_INFO, "starting another kernel");
    log_flush_sync();
    if (m->parking.first != NULL &&
        hal_next_park(page_to_virt(m->parking.first), piece_at(&m->parking)) != ZX_OK)
        panic("mexec: a CPU that has stopped does not leave this kernel");
    crashlog_forget();
    hal_irq_disable();
    piece_clean(&m->kernel);
    piece_clean(&m->initrd);
    piece_clean(&m->tree);
    hal_next_enter(piece_at(&m->kernel) + m->image.offset, piece_at(&m->tree));
}

zx_status_t mexec(struct vmo *kernel, struct vmo *boot)
{
    if (!hal_next_possible())
        return ZX_ERR_NOT_SUPPORTED;
    struct mexec *m = kzalloc(sizeof(*m));
    if (m == NULL)
        return ZX_ERR_NO_MEMORY;
    zx_status_t status = make_all(m, kernel, boot);
    if (status == ZX_OK)
        status = sched_alone();
    if (status == ZX_OK)
        enter(m);
    piece_free(&m->tree);
    piece_free(&m->parking);
    piece_free(&m->initrd);
    piece_free(&m->kernel);
    kfree(m);
    return status;
}
