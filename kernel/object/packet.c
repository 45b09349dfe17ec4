// SPDX-License-Identifier: MIT
// Channel messages: one allocation for the header, the handles and up to CHANNEL_INLINE_MAX bytes;
// longer messages keep their bytes in pages whose pointers lie where the bytes would. Small ones, which
// most are, come from a cache of their own.
//
// A packet owns its handles: freeing it closes them.
#include <object/channel.h>

#include <debug/assert.h>
#include <hal/usercopy.h>
#include <lib/string.h>
#include <mem/page.h>
#include <account/account.h>

// A header, 64 bytes of data and two handles, or a hundred bytes and none.
#define PACKET_SMALL 128u
static ACCOUNT_CACHE(packet_cache, PACKET_SMALL, 16);

ALWAYS_INLINE bool is_paged(const struct packet *p)
{
    return p->num_bytes > CHANNEL_INLINE_MAX;
}

static size_t page_count(uint32_t num_bytes)
{
    return (num_bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

ALWAYS_INLINE bool is_small(uint32_t num_bytes, uint32_t handle_room)
{
    return likely(num_bytes + handle_room * sizeof(struct transit) <=
                  PACKET_SMALL - sizeof(struct packet));
}

static size_t packet_size(uint32_t num_bytes, uint32_t handle_room)
{
    size_t tail = num_bytes > CHANNEL_INLINE_MAX ? page_count(num_bytes) * sizeof(struct page *)
                                                 : num_bytes;
    return sizeof(struct packet) + handle_room * sizeof(struct transit) + tail;
}

ALWAYS_INLINE uint8_t *inline_bytes(const struct packet *p)
{
    return (uint8_t *)&p->handles[p->handle_room];
}

static struct page **pages(const struct packet *p)
{
    return (struct page **)&p->handles[p->handle_room];
}

static void free_pages(struct packet *p, size_t count)
{
    struct page **list = pages(p);
    for (size_t i = 0; i < count; i++)
        page_free(list[i]);
}

ALWAYS_INLINE void packet_init(struct packet *p, uint32_t num_bytes, uint32_t num_handles)
{
    p->num_bytes = num_bytes;
    p->num_handles = 0;
    p->handle_room = (uint16_t)num_handles;
}

static NO_INLINE struct packet *alloc_large(uint32_t num_bytes, uint32_t num_handles)
{
    const size_t count = num_bytes > CHANNEL_INLINE_MAX ? page_count(num_bytes) : 0;
    struct packet *p = account_kmalloc_beside(packet_size(num_bytes, num_handles),
                                              (uint32_t)(count << PAGE_SHIFT));
    if (p == NULL)
        return NULL;
    packet_init(p, num_bytes, num_handles);
    struct page **list = pages(p);
    for (size_t i = 0; i < count; i++) {
        list[i] = page_alloc(PAGE_STATE_IPC, 0);
        if (list[i] == NULL) {
            free_pages(p, i);
            account_kfree(p);
            return NULL;
        }
    }
    return p;
}

ALWAYS_INLINE struct packet *alloc(uint32_t num_bytes, uint32_t num_handles)
{
    if (!is_small(num_bytes, num_handles))
        return alloc_large(num_bytes, num_handles);
    struct packet *p = account_alloc(packet_cache);
    if (likely(p != NULL))
        packet_init(p, num_bytes, num_handles);
    return p;
}

struct packet *packet_alloc(uint32_t num_bytes, uint32_t num_handles)
{
    return alloc(num_bytes, num_handles);
}

static NO_INLINE void drop_handles(struct packet *p)
{
    for (uint32_t i = 0; i < p->num_handles; i++)
        handle_drop(transit_end(&p->handles[i]));
}

static NO_INLINE void free_large(struct packet *p)
{
    if (is_paged(p))
        free_pages(p, page_count(p->num_bytes));
    account_kfree(p);
}

ALWAYS_INLINE void free_packet(struct packet *p)
{
    if (unlikely(p->num_handles != 0))
        drop_handles(p);
    if (is_small(p->num_bytes, p->handle_room))
        account_free(packet_cache, p);
    else
        free_large(p);
}

void packet_free(struct packet *p)
{
    if (likely(p != NULL))
        free_packet(p);
}

// Calls step for each contiguous piece of the packet's bytes.
static NO_INLINE zx_status_t for_pieces(const struct packet *p, uintptr_t user,
                              zx_status_t (*step)(void *kernel, uintptr_t user, size_t len))
{
    if (likely(!is_paged(p)))
        return step(inline_bytes(p), user, p->num_bytes);
    size_t left = p->num_bytes;
    for (size_t i = 0; left > 0; i++) {
        size_t len = MIN(left, PAGE_SIZE);
        zx_status_t status = step(page_to_virt(pages(p)[i]), user, len);
        if (status != ZX_OK)
            return status;
        user += len;
        left -= len;
    }
    return ZX_OK;
}

static zx_status_t step_in(void *kernel, uintptr_t user, size_t len)
{
    return hal_copy_from_user(kernel, user, len);
}

static zx_status_t step_out(void *kernel, uintptr_t user, size_t len)
{
    return hal_copy_to_user(user, kernel, len);
}

zx_status_t packet_from_user(uint32_t num_bytes, uint32_t num_handles, uintptr_t src,
                             struct packet **out)
{
    struct packet *p = alloc(num_bytes, num_handles);
    if (unlikely(p == NULL))
        return ZX_ERR_NO_MEMORY;
    zx_status_t status = likely(!is_paged(p)) ? hal_copy_from_user(inline_bytes(p), src, num_bytes)
                                              : for_pieces(p, src, step_in);
    if (unlikely(status != ZX_OK))
        packet_free(p);
    *out = p;
    return status;
}

ALWAYS_INLINE zx_status_t drain(const struct packet *p, uintptr_t dst)
{
    return likely(!is_paged(p)) ? hal_copy_to_user(dst, inline_bytes(p), p->num_bytes)
                                : for_pieces(p, dst, step_out);
}

zx_status_t packet_drain_user(const struct packet *p, uintptr_t dst)
{
    return drain(p, dst);
}

zx_status_t packet_to_user(struct packet *p, uintptr_t dst)
{
    zx_status_t status = drain(p, dst);
    free_packet(p);
    return status;
}

static zx_status_t step_fill(void *kernel, uintptr_t src, size_t len)
{
    memcpy(kernel, (const void *)src, len);
    return ZX_OK;
}

void packet_fill(struct packet *p, const void *src)
{
    zx_status_t status = for_pieces(p, (uintptr_t)src, step_fill);
    DEBUG_ASSERT(status == ZX_OK);
    (void)status;
}

zx_txid_t *packet_txid_paged(const struct packet *p)
{
    return page_to_virt(pages(p)[0]);
}
