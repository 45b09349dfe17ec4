// SPDX-License-Identifier: MIT
//
// See pages.h. The packed file is not trusted: bad code ends the pager, and never leaves its buffers.
#include "pages.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#define PAGE      ((size_t)ZX_PAGE_SIZE)
#define MAGIC     "JPAGES1\n"
#define HEAD_SIZE 16u
#define SHORTEST  4u // of a copy

struct source {
    const unsigned char *packed;
    size_t packed_size;
    uint64_t size; // of the file, bytes
    zx_handle_t pager, port, vmo, aux;
};

static uint32_t offset_at(const struct source *s, uint64_t page)
{
    uint32_t value;

    memcpy(&value, s->packed + HEAD_SIZE + 4 * page, sizeof(value));
    return value;
}

static bool source_open(struct source *s, const unsigned char *packed, size_t packed_size)
{
    *s = (struct source){.packed = packed, .packed_size = packed_size};
    if (packed_size < HEAD_SIZE || memcmp(packed, MAGIC, sizeof(MAGIC) - 1) != 0) {
        return false;
    }
    memcpy(&s->size, packed + 8, sizeof(s->size));
    return s->size > 0 && (s->size + PAGE - 1) / PAGE < (packed_size - HEAD_SIZE) / 4;
}

// Unpacks code of n bytes into a page. False: it does not make exactly one page.
static bool expand(const unsigned char *code, size_t n, unsigned char out[PAGE])
{
    size_t at = 0, made = 0;

    while (at < n) {
        size_t count = code[at++];

        if (count < 128) {
            count++;
            if (count > n - at || count > PAGE - made) {
                return false;
            }
            memcpy(out + made, code + at, count);
            at += count;
            made += count;
            continue;
        }
        count = count - 128 + SHORTEST;
        if (n - at < 2) {
            return false;
        }
        size_t distance = code[at] | (size_t)code[at + 1] << 8;

        at += 2;
        if (distance == 0 || distance > made || count > PAGE - made) {
            return false;
        }
        for (; count > 0; count--, made++) {
            out[made] = out[made - distance];
        }
    }
    return made == PAGE;
}

// Unpacks a page into the same place of the auxiliary VMO.
static bool prepare(const struct source *s, uint64_t page)
{
    static unsigned char buffer[ZX_PAGE_SIZE];
    uint32_t from = offset_at(s, page), to = offset_at(s, page + 1);

    return from <= to && to <= s->packed_size && expand(s->packed + from, to - from, buffer) &&
           zx_vmo_write(s->aux, buffer, page * PAGE, PAGE) == ZX_OK;
}

static bool supply(const struct source *s, uint64_t page)
{
    return prepare(s, page) && zx_pager_supply_pages(s->pager, s->vmo, page * PAGE, PAGE, s->aux,
                                                     page * PAGE) == ZX_OK;
}

// Whether the kernel refuses what it must: wrong places, too much, from too small a VMO, from nothing.
static bool lies_are_refused(const struct source *s)
{
    const uint64_t all = (s->size + PAGE - 1) / PAGE * PAGE;
    zx_handle_t small;

    if (zx_vmo_create(PAGE, 0, &small) != ZX_OK) {
        return false;
    }
    bool good =
        zx_pager_supply_pages(s->pager, s->vmo, all, PAGE, s->aux, 0) == ZX_ERR_OUT_OF_RANGE &&
        zx_pager_supply_pages(s->pager, s->vmo, 0, 2 * PAGE, small, 0) == ZX_ERR_OUT_OF_RANGE &&
        zx_pager_supply_pages(s->pager, s->vmo, 0, PAGE, small, 0) == ZX_ERR_BAD_STATE &&
        zx_pager_supply_pages(s->pager, s->vmo, 8, PAGE, s->aux, 0) == ZX_ERR_INVALID_ARGS &&
        zx_pager_supply_pages(s->pager, s->vmo, 0, PAGE, s->vmo, 0) == ZX_ERR_INVALID_ARGS &&
        zx_pager_supply_pages(s->pager, small, 0, PAGE, s->aux, 0) == ZX_ERR_INVALID_ARGS;

    zx_handle_close(small);
    return good;
}

static zx_status_t make_vmo(struct source *s, zx_handle_t channel)
{
    zx_handle_t sent;
    zx_status_t status = zx_pager_create(0, &s->pager);

    if (status == ZX_OK) {
        status = zx_port_create(0, &s->port);
    }
    if (status == ZX_OK) {
        status = zx_pager_create_vmo(s->pager, s->port, 0, s->size, 0, &s->vmo);
    }
    if (status == ZX_OK) {
        status = zx_vmo_create(s->size, 0, &s->aux);
    }
    if (status == ZX_OK) {
        status = zx_handle_duplicate(s->vmo, ZX_RIGHT_SAME_RIGHTS, &sent);
    }
    return status == ZX_OK ? zx_channel_write(channel, 0, NULL, 0, &sent, 1) : status;
}

// Supplies what the packet asks for, page by page. An exit code, -1: go on.
static int answer(const struct source *s, const zx_port_packet_t *p, const char *role)
{
    uint64_t page = p->page_request.offset / PAGE, count = p->page_request.length / PAGE;

    for (; count > 0; count--, page++) {
        if (strcmp(role, "slow") == 0) {
            zx_nanosleep(zx_deadline_after(ZX_MSEC(20)));
        }
        if (strcmp(role, "mortal") == 0 && page > 0) {
            return PAGES_DIED;
        }
        if (strcmp(role, "liar") == 0 && !lies_are_refused(s)) {
            return 5;
        }
        if (!supply(s, page)) {
            return 4;
        }
    }
    return -1;
}

int pages_serve(const char *role, zx_handle_t channel, const unsigned char *packed, size_t size)
{
    struct source s;
    zx_port_packet_t p;
    int code = -1;

    if (!source_open(&s, packed, size)) {
        return 2;
    }
    if (make_vmo(&s, channel) != ZX_OK ||
        zx_object_wait_async(channel, s.port, 1, ZX_CHANNEL_PEER_CLOSED, ZX_WAIT_ASYNC_ONCE) !=
            ZX_OK) {
        return 3;
    }
    while (code < 0 && zx_port_wait(s.port, ZX_TIME_INFINITE, &p) == ZX_OK) {
        code = p.type == ZX_PKT_TYPE_PAGE_REQUEST ? answer(&s, &p, role) : 0;
    }
    return code;
}
