// SPDX-License-Identifier: MIT
// Pagers (object/pager.h). What is missing and who waits for it is the vm layer's (vm/source.h); here
// requests become packets.
//
//   P1  A source is on its pager's list until its VMO dies or the pager closes. While it is there, the
//       VMO's storage is: it leaves the list, under the pager's lock, before that is freed.
//   P2  A request is held by the vm layer while pages of it are missing, by whoever sends it, and by its
//       packet while that is queued. Once nothing of it is missing its packet is not queued for long: who
//       finishes it and who sends it both look. So a port has no more packets than there are requests.
//   P3  A source is held by its VMO and, from the completion on, by the packet that tells of it. It
//       holds its pager and its port.
// Locks: the pager's, of the class of objects; it is held over the list alone. The vm layer calls
// request_alloc and request_done with a tree lock held, the others with none.
#include <object/pager.h>

#include <debug/assert.h>
#include <account/account.h>
#include <object/port.h>
#include <object/vmo_object.h>
#include <vm/source.h>

struct pager {
    struct object obj;
    struct mutex lock;
    struct list sources; // [L] of pager_source.node
    bool closed;         // [L] the last handle is gone
};

struct pager_source {
    struct vmo_source source;
    struct pager *pager;       // [I] referenced
    struct object *port;       // [I] referenced
    uint64_t key;              // [I]
    struct vmo *vmo;           // [I] P1
    struct list_node node;     // [L] the pager's; in pager->sources
    atomic_uint refs;          // [a] P3
    struct port_packet packet; // the completion
};

struct pager_request {
    struct vmo_request request;
    atomic_uint refs;     // [a] P2
    atomic_bool finished; // [a] nothing of it is missing any more
    struct port_packet packet;
};

static ACCOUNT_CACHE(pager_cache, sizeof(struct pager), _Alignof(struct pager));
static ACCOUNT_CACHE(source_cache, sizeof(struct pager_source), _Alignof(struct pager_source));
static ACCOUNT_CACHE(request_cache, sizeof(struct pager_request), _Alignof(struct pager_request));

static struct pager *pager_from_object(struct object *obj)
{
    return container_of(obj, struct pager, obj);
}

// --- Packets -----------------------------------------------------------------------------------

static void fill_packet(struct port_packet *p, const struct pager_source *s, uint16_t command,
                        uint64_t offset, uint64_t len)
{
    p->data = (zx_port_packet_t){
        .key = s->key,
        .type = ZX_PKT_TYPE_PAGE_REQUEST,
        .page_request = { .command = command, .offset = offset, .length = len },
    };
}

static void request_put(struct pager_request *r)
{
    if (atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        account_free(request_cache, r);
}

static void request_packet_done(struct port_packet *p)
{
    request_put(container_of(p, struct pager_request, packet));
}

static void source_put(struct pager_source *s)
{
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    object_unref(s->port);
    object_unref(&s->pager->obj);
    account_free(source_cache, s);
}

static void source_packet_done(struct port_packet *p)
{
    source_put(container_of(p, struct pager_source, packet));
}

// --- What the vm layer calls -------------------------------------------------------------------

static struct vmo_request *source_request_alloc(void)
{
    struct pager_request *r = account_alloc(request_cache);
    if (r == NULL)
        return NULL;
    atomic_init(&r->refs, 2); // P2: the vm layer's and the sender's
    atomic_init(&r->finished, false);
    list_node_init(&r->packet.node);
    r->packet.done = request_packet_done;
    return &r->request;
}

// Nobody needs to read it any more. The port's lock orders this against the queueing.
static void unqueue_request(const struct pager_source *s, struct pager_request *r)
{
    if (port_unqueue_packet(s->port, &r->packet))
        request_put(r);
}

static void source_request_send(struct vmo_source *source, struct vmo_request *request,
                                uint64_t offset, uint64_t len)
{
    struct pager_source *s = container_of(source, struct pager_source, source);
    struct pager_request *r = container_of(request, struct pager_request, request);
    fill_packet(&r->packet, s, ZX_PAGER_VMO_READ, offset, len);
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed); // the packet's
    if (!port_queue_packet(s->port, &r->packet))
        request_put(r); // nobody will read it: the pages come unasked, or never
    if (atomic_load_explicit(&r->finished, memory_order_relaxed))
        unqueue_request(s, r);
    request_put(r);
}

static bool source_request_retract(struct vmo_source *source, struct vmo_request *request)
{
    const struct pager_source *s = container_of(source, struct pager_source, source);
    struct pager_request *r = container_of(request, struct pager_request, request);
    bool queued = port_unqueue_packet(s->port, &r->packet);
    if (queued)
        request_put(r); // the packet's; the vm layer still holds it
    return queued;
}

static void source_request_done(struct vmo_source *source, struct vmo_request *request)
{
    struct pager_request *r = container_of(request, struct pager_request, request);
    atomic_store_explicit(&r->finished, true, memory_order_relaxed);
    unqueue_request(container_of(source, struct pager_source, source), r);
    request_put(r);
}

static void source_complete(struct vmo_source *source)
{
    struct pager_source *s = container_of(source, struct pager_source, source);
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    fill_packet(&s->packet, s, ZX_PAGER_VMO_COMPLETE, 0, 0);
    if (!port_queue_packet(s->port, &s->packet))
        source_put(s);
}

static void source_free(struct vmo_source *source)
{
    struct pager_source *s = container_of(source, struct pager_source, source);
    mutex_lock(&s->pager->lock);
    if (list_node_linked(&s->node))
        list_remove(&s->node);
    mutex_unlock(&s->pager->lock);
    source_put(s);
}

static const struct vmo_source_ops source_ops = {
    .request_alloc = source_request_alloc,
    .request_send = source_request_send,
    .request_retract = source_request_retract,
    .request_done = source_request_done,
    .complete = source_complete,
    .free = source_free,
};

// --- Pagers ------------------------------------------------------------------------------------

// Takes the first VMO off a closing pager's list, referenced; NULL: none is left. One that is dying
// detaches itself.
static struct vmo *take_vmo(struct pager *pager)
{
    struct vmo *v = NULL;
    struct pager_source *s;
    mutex_lock(&pager->lock);
    pager->closed = true;
    while (v == NULL &&
           (s = list_pop_head_entry(&pager->sources, struct pager_source, node)) != NULL) {
        if (vmo_try_acquire(s->vmo)) // P1
            v = s->vmo;
    }
    mutex_unlock(&pager->lock);
    return v;
}

static void pager_zero_handles(struct object *obj)
{
    struct vmo *v;
    while ((v = take_vmo(pager_from_object(obj))) != NULL) {
        vmo_source_detach(v);
        vmo_release(v);
    }
}

static void pager_destroy(struct object *obj)
{
    account_free(pager_cache, pager_from_object(obj));
}

static zx_koid_t pager_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops pager_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_PAGER),
    .rights = ZX_DEFAULT_PAGER_RIGHTS,
    .on_zero_handles = pager_zero_handles,
    .destroy = pager_destroy,
    .related = pager_related,
};

zx_status_t pager_create(struct object **out)
{
    struct pager *pager = account_alloc(pager_cache);
    if (pager == NULL)
        return ZX_ERR_NO_MEMORY;
    mutex_init(&pager->lock, &object_lock_class);
    list_init(&pager->sources);
    pager->closed = false;
    object_init(&pager->obj, &pager_ops, NULL, 0);
    *out = &pager->obj;
    return ZX_OK;
}

zx_status_t pager_create_vmo(struct object *obj, struct object *port, uint64_t key, uint64_t size,
                             struct object **out)
{
    struct pager *pager = pager_from_object(obj);
    struct pager_source *s = account_alloc(source_cache);
    if (s == NULL)
        return ZX_ERR_NO_MEMORY;
    s->source.ops = &source_ops;
    s->pager = pager;
    s->port = port;
    s->key = key;
    atomic_init(&s->refs, 1);
    list_node_init(&s->node);
    list_node_init(&s->packet.node);
    s->packet.done = source_packet_done;
    zx_status_t status = vmo_object_create_pager(size, &s->source, out);
    if (status != ZX_OK) {
        account_free(source_cache, s);
        return status;
    }
    object_ref(&pager->obj);
    object_ref(port);
    s->vmo = vmo_from_object(*out);
    mutex_lock(&pager->lock);
    bool closed = pager->closed;
    if (!closed)
        list_add_tail(&pager->sources, &s->node);
    mutex_unlock(&pager->lock);
    if (closed)
        vmo_source_detach(s->vmo); // by another thread, just now
    return ZX_OK;
}

static bool is_of(struct object *pager, const struct vmo *v)
{
    return v->kind == VMO_PAGER &&
           container_of(v->source, struct pager_source, source)->pager == pager_from_object(pager);
}

zx_status_t pager_supply_pages(struct object *pager, struct vmo *v, uint64_t offset, uint64_t len,
                               struct vmo *aux, uint64_t aux_offset)
{
    if (!is_of(pager, v) || ((offset | len | aux_offset) & PAGE_MASK) != 0 || v == aux)
        return ZX_ERR_INVALID_ARGS;
    return vmo_supply_pages(v, offset, len, aux, aux_offset);
}

zx_status_t pager_detach_vmo(struct object *pager, struct vmo *v)
{
    if (!is_of(pager, v))
        return ZX_ERR_INVALID_ARGS;
    vmo_source_detach(v);
    return ZX_OK;
}
