// SPDX-License-Identifier: MIT
// See pager_test.h.
#include "pager_test.h"

struct served serve_pages(uint64_t pages)
{
    struct served s = {0};

    assert_ok(zx_pager_create(0, &s.pager));
    assert_ok(zx_port_create(0, &s.port));
    assert_ok(zx_pager_create_vmo(s.pager, s.port, KEY, PAGES(pages), 0, &s.vmo));
    return s;
}

void served_close(struct served *s)
{
    close_handle(s->vmo);
    close_handle(s->pager);
    close_handle(s->port);
}

uint64_t content(uint64_t page)
{
    return 0x1000 + page;
}

zx_handle_t make_aux(uint64_t first, uint64_t count)
{
    zx_handle_t aux = 0;

    assert_ok(zx_vmo_create(PAGES(count), 0, &aux));
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = content(first + i);
        assert_ok(zx_vmo_write(aux, &value, PAGES(i), sizeof(value)));
    }
    return aux;
}

zx_status_t supply(const struct served *s, uint64_t first, uint64_t count)
{
    zx_handle_t aux = make_aux(first, count);
    zx_status_t status =
        zx_pager_supply_pages(s->pager, s->vmo, PAGES(first), PAGES(count), aux, 0);

    close_handle(aux);
    return status;
}

void expect_request(const struct served *s, uint64_t *first, uint64_t *count)
{
    zx_port_packet_t p;

    assert_ok(zx_port_wait(s->port, FOREVER, &p));
    assert_int_equal(p.key, KEY);
    assert_int_equal(p.type, ZX_PKT_TYPE_PAGE_REQUEST);
    assert_int_equal(p.status, 0);
    assert_int_equal(p.page_request.command, ZX_PAGER_VMO_READ);
    assert_int_equal(p.page_request.flags, 0);
    assert_int_equal(p.page_request.reserved0 | p.page_request.reserved1, 0);
    assert_int_equal((p.page_request.offset | p.page_request.length) % PAGE, 0);
    *first = p.page_request.offset / PAGE;
    *count = p.page_request.length / PAGE;
}

void expect_complete(const struct served *s)
{
    zx_port_packet_t p;

    assert_ok(zx_port_wait(s->port, FOREVER, &p));
    assert_int_equal(p.key, KEY);
    assert_int_equal(p.type, ZX_PKT_TYPE_PAGE_REQUEST);
    assert_int_equal(p.page_request.command, ZX_PAGER_VMO_COMPLETE);
    assert_int_equal(p.page_request.offset | p.page_request.length, 0);
}

void expect_no_packet(const struct served *s)
{
    zx_port_packet_t p;

    assert_status(zx_port_wait(s->port, 0, &p), ZX_ERR_TIMED_OUT);
}

uint64_t committed_pages(zx_handle_t vmo)
{
    zx_info_vmo_t info;

    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    return info.committed_bytes / PAGE;
}

uint64_t word_at(zx_handle_t vmo, uint64_t page)
{
    uint64_t value = 0;

    assert_ok(zx_vmo_read(vmo, &value, PAGES(page), sizeof(value)));
    return value;
}
