// SPDX-License-Identifier: MIT
// See source.h.
#include "source.h"

#include <mem/alloc_fail.h>
#include <stdlib.h>

struct test_request {
    struct vmo_request request;
    unsigned holders;
};

static struct test_source *source_of(struct vmo_source *s)
{
    return container_of(s, struct test_source, source);
}

static struct vmo_request *request_alloc(void)
{
    if (alloc_should_fail())
        return NULL;
    struct test_request *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    r->holders = 2;
    return &r->request;
}

static void request_put(struct vmo_request *request)
{
    struct test_request *r = container_of(request, struct test_request, request);

    assert_true(r->holders > 0);
    if (--r->holders == 0)
        free(r);
}

static void request_send(struct vmo_source *source, struct vmo_request *r, uint64_t offset,
                         uint64_t len)
{
    struct test_source *s = source_of(source);

    assert_int_equal((offset | len) % PAGE_SIZE, 0);
    assert_false(s->completed);
    s->requests++;
    s->asked(s, offset >> PAGE_SHIFT, len >> PAGE_SHIFT);
    request_put(r);
}

static bool request_retract(struct vmo_source *source, struct vmo_request *r)
{
    (void)source;
    (void)r;
    return false; // it was read at once
}

static void request_done(struct vmo_source *source, struct vmo_request *r)
{
    struct test_source *s = source_of(source);

    assert_true(s->requests > 0);
    s->requests--;
    request_put(r);
}

static void complete(struct vmo_source *source)
{
    struct test_source *s = source_of(source);

    assert_false(s->completed);
    assert_int_equal(s->requests, 0);
    s->completed = true;
}

static void source_freed(struct vmo_source *source)
{
    struct test_source *s = source_of(source);

    assert_true(s->completed && !s->freed);
    s->freed = true;
}

static const struct vmo_source_ops source_ops = {
    .request_alloc = request_alloc,
    .request_send = request_send,
    .request_retract = request_retract,
    .request_done = request_done,
    .complete = complete,
    .free = source_freed,
};

static void pager_vmo_freed(struct vmo *v)
{
    vmo_source_end(v);
    test_vmo_ops.free(v);
}

static void pager_vmo_children(struct vmo *v, bool any)
{
    test_vmo_ops.children(v, any);
}

static const struct vmo_ops pager_vmo_ops = {.free = pager_vmo_freed,
                                             .children = pager_vmo_children};

void source_vmo_new(struct test_source *s, struct test_vmo *t, uint64_t pages, unsigned flags)
{
    void (*asked)(struct test_source *s, uint64_t first, uint64_t count) = s->asked;

    *s = (struct test_source){.source.ops = &source_ops, .vmo = t, .asked = asked};
    t->freed = false;
    t->has_children = -1;
    assert_int_equal(vmo_init_pager(&t->v, PAGES(pages), flags, &s->source, &pager_vmo_ops), ZX_OK);
}

zx_status_t source_supply(struct test_source *s, uint64_t first, const uint64_t *value,
                          uint64_t count)
{
    struct test_vmo aux;

    vmo_new(&aux, count, 0);
    for (uint64_t i = 0; i < count; i++)
        vmo_poke(&aux, i, value[i]);
    zx_status_t status = vmo_supply_pages(&s->vmo->v, PAGES(first), PAGES(count), &aux.v, 0);
    if (status == ZX_OK)
        assert_int_equal(committed(&aux), 0);
    vmo_drop(&aux);
    assert_true(aux.freed);
    return status;
}
