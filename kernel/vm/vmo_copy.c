// SPDX-License-Identifier: MIT
// Copying between a VMO and a buffer, page by page: first under the tree lock, by a copy that does not
// fault. From the first page of the buffer on that is not there, the VMO's page is held by a busy
// reference while it is copied without any lock; so the buffer may be a mapping of the same VMO.
//
// Locks: the tree lock, over one page's no-fault copy at a time. Invariant V4.

#include <vm/vmo.h>

#include <hal/usercopy.h>
#include <lib/string.h>
#include <sched/thread.h>

#include "vm_priv.h"

// One transfer. `buffer` is a kernel or a user address.
struct copy {
    struct vmo *v;
    uintptr_t buffer;
    bool user;
    bool write; // into the VMO
};

static zx_status_t check_range_locked(const struct vmo *v, uint64_t offset, size_t len)
    REQUIRES(v->lock)
{
    if (v->cache_policy != ZX_CACHE_POLICY_CACHED)
        return ZX_ERR_BAD_STATE;
    if (len > UINT64_MAX - offset || offset + len > v->size)
        return ZX_ERR_OUT_OF_RANGE;
    return ZX_OK;
}

// Finds the page to copy from or to. Writing commits it; what nobody has reads as the zero page.
// ZX_ERR_SHOULD_WAIT: it must be paged in first.
static NO_INLINE zx_status_t find_absent_page_locked(struct vmo *v, uint64_t index, bool write,
                                                     struct page **out) REQUIRES(v->lock)
{
    bool own;
    struct page *page = NULL;

    if (write)
        return vmo_add_page_locked(v, index, out);
    zx_status_t status = vmo_visible_page_locked(v, index, &page, &own);
    *out = page != NULL ? page : vm_zero_page;
    return status;
}

ALWAYS_INLINE zx_status_t find_page_locked(struct vmo *v, uint64_t index, bool write,
                                           struct page **out) REQUIRES(v->lock)
{
    struct page *page = radix_get(&v->pages, index);

    if (unlikely(page == NULL))
        return find_absent_page_locked(v, index, write, out);
    *out = page;
    return ZX_OK;
}

// Copies n bytes of one page at kernel address `data`.
static zx_status_t copy_part(const struct copy *c, uint8_t *data, uintptr_t buffer, size_t n,
                             bool executed)
{
    zx_status_t status = ZX_OK;

    if (c->user)
        status = c->write ? hal_copy_from_user(data, buffer, n) : hal_copy_to_user(buffer, data, n);
    else if (c->write)
        memcpy(data, (const void *)buffer, n);
    else
        memcpy((void *)buffer, data, n);
    if (c->write && unlikely(executed))
        hal_cache_sync_icache(data, n);
    return status;
}

// The same for memory that is not there: with the tree lock dropped and the page busy meanwhile.
static zx_status_t copy_part_faulting_locked(const struct copy *c, struct page *page, uint8_t *data,
                                             uintptr_t buffer, size_t n, struct list *freed)
    REQUIRES(c->v->lock)
{
    const bool executed = c->v->marks & VMO_MARK_EXEC;

    ASSERT((page->count & VM_PAGE_BUSY_MASK) != VM_PAGE_BUSY_MASK);
    page->count += page != vm_zero_page ? VM_PAGE_BUSY_ONE : 0;
    vmo_unlock(c->v);
    zx_status_t status = copy_part(c, data, buffer, n, executed);
    vmo_lock(c->v);
    if (c->write && unlikely(!executed && (c->v->marks & VMO_MARK_EXEC)))
        hal_cache_sync_icache(data, n); // it became so meanwhile
    if (page != vm_zero_page)
        vmo_page_unbusy_locked(c->v, page, freed);
    return status;
}

// Waits, with the tree lock dropped, until the page at `offset` has come from its pager, who is told that
// `len` bytes from there on are needed. Other results than ZX_OK end the transfer.
static NO_INLINE zx_status_t page_in_locked(struct vmo *v, uint64_t offset, size_t len)
    REQUIRES(v->lock)
{
    uint64_t index = vmo_page_index(offset);

    vmo_unlock(v);
    zx_status_t status = vmo_page_in(v, &index, vmo_page_index(offset + len - 1) + 1, false);
    vmo_lock(v);
    return status == ZX_OK ? check_range_locked(v, offset, len) : status;
}

static zx_status_t vmo_copy(const struct copy *c, uint64_t offset, size_t len)
{
    struct vmo *v = c->v;
    struct list freed;
    size_t done = 0;
    bool faults = false; // the buffer is not all there: no use trying again

    if (vmo_is_physical(v))
        return ZX_ERR_NOT_SUPPORTED;
    list_init(&freed);
    vmo_lock(v);
    zx_status_t status = check_range_locked(v, offset, len);
    while (status == ZX_OK && done < len) {
        uint64_t at = offset + done;
        size_t n = MIN(len - done, PAGE_SIZE - (at & PAGE_MASK));
        struct page *page;
        status = find_page_locked(v, vmo_page_index(at), c->write, &page);
        if (unlikely(status != ZX_OK)) {
            if (status != ZX_ERR_SHOULD_WAIT)
                break;
            status = page_in_locked(v, at, len - done);
            continue;
        }
        uint8_t *data = (uint8_t *)page_to_virt(page) + (at & PAGE_MASK);
        if (likely(!faults)) {
            user_faults_disable();
            status = copy_part(c, data, c->buffer + done, n, v->marks & VMO_MARK_EXEC);
            user_faults_enable();
            faults = status != ZX_OK;
        }
        if (unlikely(faults)) {
            mutex_assert_held(c->v->lock);
            status = copy_part_faulting_locked(c, page, data, c->buffer + done, n, &freed);
        }
        done += n;
        if (status == ZX_OK && done < len) {
            // Others get their turn after each page; the VMO may have shrunk then. Who is being killed
            // must not copy on: a buffer of many mappings of a few pages can be of any length.
            vmo_unlock(v);
            vmo_lock(v);
            status = check_range_locked(v, offset + done, len - done);
            if (unlikely((thread_pending(thread_current()) & THREAD_PENDING_KILL) != 0))
                status = ZX_ERR_CANCELED;
        }
    }
    vmo_unlock(v);
    vmo_free_pages(&freed, ZX_CACHE_POLICY_CACHED);
    return status;
}

zx_status_t vmo_read(struct vmo *v, void *dst, uint64_t offset, size_t len)
{
    struct copy c = {.v = v, .buffer = (uintptr_t)dst};
    return vmo_copy(&c, offset, len);
}

zx_status_t vmo_write(struct vmo *v, const void *src, uint64_t offset, size_t len)
{
    struct copy c = {.v = v, .buffer = (uintptr_t)src, .write = true};
    return vmo_copy(&c, offset, len);
}

zx_status_t vmo_read_user(struct vmo *v, uintptr_t dst, uint64_t offset, size_t len)
{
    struct copy c = {.v = v, .buffer = dst, .user = true};
    return vmo_copy(&c, offset, len);
}

zx_status_t vmo_write_user(struct vmo *v, uintptr_t src, uint64_t offset, size_t len)
{
    struct copy c = {.v = v, .buffer = src, .user = true, .write = true};
    return vmo_copy(&c, offset, len);
}
