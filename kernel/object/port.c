// SPDX-License-Identifier: MIT
// Ports (object/port.h).
//
// A registration is an observer that hangs in three places: on its object and on the handle value it
// was begun through (both under the object's lock), and in its port's index of registrations, by that
// handle value and key. Its own packet stands in the port's queue at most once.
//   R1 A registration has a reference count: one for being linked to its object, one while its packet
//      is queued. It is freed when both are gone.
//   R2 `port` is cleared, under the port's lock, when the port closes. While it is set under the
//      object's lock the port is alive: closing a port unlinks each registration from its object,
//      for which it must take the object's lock.
//   R3 While a registration that is not over is in its port's index its object is alive: whoever ends it (a
//      closing handle, which still owns its reference) takes it out or makes it over first.
//   R4 One that has fired for the last time is over, and in the index for as long as its packet is queued,
//      where zx_port_cancel finds it. One whose handle has gone away is not in there any more; one whose
//      handle is on its way elsewhere is, by no handle.
//   Q1 packet_count counts what is queued; user, signal and other packets alike.
// Locks: object's lock -> port's lock ([P], rank PORT). The port's lock is its object lock as well.
#include <object/port.h>

#include <debug/assert.h>
#include <hal/usercopy.h>
#include <account/account.h>
#include <lib/rbtree.h>
#include <object/exception.h>
#include <object/irq_queue.h>
#include <sched/wait.h>

#include "handle_slot.h"

LOCK_CLASS(port_class, RANK_PORT, LOCK_MUTEX);

#define PORT_MAX_PACKETS 2049u         // spec 00 section 8
#define USER_PACKETS_MAX_SYSTEM 16384u // user packets in all ports

struct registration;

struct port {
    struct object obj;
    struct mutex lock;
    struct list packets;          // [P] of port_packet, oldest first
    struct rb_tree registrations; // [P] of registration.port_node, by struct source
    struct waitq waiters;         // [P]
    uint32_t packet_count;        // [P] Q1
    bool closed;                  // [P] the last handle is gone
    bool bind_to_interrupt;       // [I]
    bool had_exceptions;          // [P] something was put on the list below
    struct list exceptions;       // [lock of exception.c] of its bindings
    struct irq_queue interrupts;  // used if bind_to_interrupt
};

struct registration {
    struct observer observer;
    struct rb_node port_node;  // [P] in port->registrations, R4
    struct port *_Atomic port; // [P] to write; R2
    struct object *object;     // [I] borrowed, R3
    zx_koid_t process;         // [I] whose handle it was begun through
    zx_handle_t handle;        // [P] that value; 0: it has gone elsewhere
    bool repeating;            // [I]
    bool over;                 // [P] R4
    uint8_t puts;              // owner's once it is in no place: references to put
    atomic_uint refs;          // [a] R1
    struct port_packet packet;
};

static ACCOUNT_CACHE(port_cache, sizeof(struct port), _Alignof(struct port));
static ACCOUNT_CACHE(user_packet_cache, sizeof(struct port_packet), _Alignof(struct port_packet));
static ACCOUNT_CACHE(registration_cache, sizeof(struct registration), _Alignof(struct registration));
static atomic_uint user_packets; // in all ports

static struct port *port_from_object(struct object *obj)
{
    return container_of(obj, struct port, obj);
}

static struct registration *registration_of(struct observer *o)
{
    return container_of(o, struct registration, observer);
}

static void registration_put(struct registration *r)
{
    if (atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        account_free_object(registration_cache, r);
}

// What zx_port_cancel names, by which registrations are indexed.
struct source {
    zx_koid_t process;
    uint64_t key;
    zx_handle_t handle;
};

static int source_compare(const void *key, const struct rb_node *n)
{
    const struct source *a = key;
    const struct registration *b = rb_entry(n, const struct registration, port_node);
    if (a->handle != b->handle)
        return a->handle < b->handle ? -1 : 1;
    if (a->key != b->packet.data.key)
        return a->key < b->packet.data.key ? -1 : 1;
    return a->process < b->process ? -1 : a->process > b->process;
}

static bool registration_less(const struct rb_node *a, const struct rb_node *b)
{
    const struct registration *r = rb_entry(a, const struct registration, port_node);
    const struct source source = { r->process, r->packet.data.key, r->handle };
    return source_compare(&source, b) < 0;
}

static NO_INLINE void index_another_locked(struct port *port, struct registration *r)
{
    rb_insert(&port->registrations, &r->port_node, registration_less, NULL);
}

ALWAYS_INLINE void index_locked(struct port *port, struct registration *r)
{
    if (likely(rb_is_empty(&port->registrations)))
        rb_insert_first(&port->registrations, &r->port_node);
    else
        index_another_locked(port, r);
}

ALWAYS_INLINE void unindex_locked(struct port *port, struct registration *r)
{
    rb_remove_mostly_last(&port->registrations, &r->port_node);
}

// --- The queue ---------------------------------------------------------------------------------

static void enqueue_locked(struct port *port, struct port_packet *p)
{
    list_add_tail(&port->packets, &p->node);
    port->packet_count++;
    if (unlikely(!list_is_empty(&port->waiters.waiters)))
        waitq_wake(&port->waiters, 1, ZX_OK);
}

static void dequeue_locked(struct port *port, struct port_packet *p)
{
    list_remove(&p->node);
    port->packet_count--;
}

// What a packet leaves behind once it is off the queue. No port lock.
ALWAYS_INLINE void packet_done(struct port_packet *p)
{
    if (p->data.type == ZX_PKT_TYPE_USER) {
        account_free(user_packet_cache, p);
        atomic_fetch_sub_explicit(&user_packets, 1, memory_order_relaxed);
        return;
    }
    if (likely(p->data.type <= ZX_PKT_TYPE_SIGNAL_REP))
        registration_put(container_of(p, struct registration, packet));
    else
        p->done(p);
}

// Queues the registration's packet, or merges into it. False: it is lost, the registration ends.
static bool deliver_locked(struct port *port, struct registration *r, zx_signals_t observed,
                           uint64_t count)
{
    struct port_packet *p = &r->packet;
    if (list_node_linked(&p->node)) {
        p->data.signal.observed |= observed;
        return true;
    }
    if (port->packet_count >= PORT_MAX_PACKETS)
        return false;
    p->data.signal.observed = observed;
    p->data.signal.count = count;
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    enqueue_locked(port, p);
    return true;
}

// --- Registrations -----------------------------------------------------------------------------

// Delivers a state; object lock held. True: the registration is over and off its port's list, its
// link reference is still to be put by the caller.
ALWAYS_INLINE bool fire(struct registration *r, zx_signals_t signals, uint64_t count)
{
    struct port *port = atomic_load_explicit(&r->port, memory_order_acquire);
    if (port == NULL)
        return false; // the closing port unlinks it (R2)
    bool over = false;
    mutex_lock(&port->lock);
    if (atomic_load_explicit(&r->port, memory_order_relaxed) != NULL) {
        bool queued = deliver_locked(port, r, signals, count);
        r->over = over = !queued || !r->repeating;
        if (unlikely(!queued))
            unindex_locked(port, r);
    }
    mutex_unlock(&port->lock);
    return over;
}

static bool registration_change(struct observer *o, zx_signals_t signals)
{
    struct registration *r = registration_of(o);
    if (!(signals & o->trigger) || !fire(r, signals, 1))
        return false;
    registration_put(r);
    return true;
}

// The handle is gone: the registration ends, its queued packet stays.
static void registration_cancel(struct observer *o, zx_signals_t signals)
{
    struct registration *r = registration_of(o);
    (void)signals;
    struct port *port = atomic_load_explicit(&r->port, memory_order_acquire);
    if (port != NULL) {
        mutex_lock(&port->lock);
        if (atomic_load_explicit(&r->port, memory_order_relaxed) != NULL) {
            unindex_locked(port, r);
            r->over = true;
        }
        mutex_unlock(&port->lock);
    }
    registration_put(r);
}

// The handle goes elsewhere: zx_port_cancel cannot name it any more.
static void registration_move(struct observer *o)
{
    struct registration *r = registration_of(o);
    struct port *port = atomic_load_explicit(&r->port, memory_order_acquire);
    if (port == NULL)
        return;
    mutex_lock(&port->lock);
    if (atomic_load_explicit(&r->port, memory_order_relaxed) != NULL) {
        unindex_locked(port, r);
        r->handle = ZX_HANDLE_INVALID;
        index_locked(port, r);
    }
    mutex_unlock(&port->lock);
}

static const struct observer_ops registration_ops = {
    .on_change = registration_change,
    .on_cancel = registration_cancel,
    .on_move = registration_move,
};

// Takes the first registration off a closing port, with references to it and to its object.
static struct registration *detach_one(struct port *port)
{
    mutex_lock(&port->lock);
    port->closed = true;
    struct registration *r;
    do {
        r = rb_entry_or_null(port->registrations.root, struct registration, port_node);
        if (r != NULL)
            unindex_locked(port, r);
    } while (r != NULL && r->over); // just a packet
    if (r != NULL) {
        atomic_store_explicit(&r->port, NULL, memory_order_release);
        atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
        object_ref(r->object); // R3
    }
    mutex_unlock(&port->lock);
    return r;
}

static void port_zero_handles(struct object *obj)
{
    struct port *port = port_from_object(obj);
    struct registration *r;
    while ((r = detach_one(port)) != NULL) {
        struct object *target = r->object;
        mutex_lock(target->lock);
        bool linked = object_unobserve_locked(target, &r->observer);
        mutex_unlock(target->lock);
        if (linked)
            registration_put(r);
        registration_put(r);
        object_unref(target);
    }
    if (port->had_exceptions) // settled, as the port is closed
        exception_port_closed(&port->exceptions);
    if (port->bind_to_interrupt)
        irq_queue_close(&port->interrupts);
    for (;;) {
        mutex_lock(&port->lock);
        struct port_packet *p = list_peek_head_entry(&port->packets, struct port_packet, node);
        if (p != NULL)
            dequeue_locked(port, p);
        mutex_unlock(&port->lock);
        if (p == NULL)
            break;
        packet_done(p);
    }
}

static void port_destroy(struct object *obj)
{
    account_free(port_cache, port_from_object(obj));
}

static zx_koid_t port_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops port_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_PORT),
    .rights = ZX_DEFAULT_PORT_RIGHTS,
    .on_zero_handles = port_zero_handles,
    .destroy = port_destroy,
    .related = port_related,
};

zx_status_t port_create(bool bind_to_interrupt, struct object **out)
{
    struct port *port = account_alloc(port_cache);
    if (port == NULL)
        return ZX_ERR_NO_MEMORY;
    mutex_init(&port->lock, &port_class);
    list_init(&port->packets);
    rb_tree_init(&port->registrations);
    waitq_init(&port->waiters);
    list_init(&port->exceptions);
    port->had_exceptions = false;
    port->packet_count = 0;
    port->closed = false;
    port->bind_to_interrupt = bind_to_interrupt;
    irq_queue_init(&port->interrupts);
    object_init(&port->obj, &port_ops, &port->lock, 0);
    *out = &port->obj;
    return ZX_OK;
}

// A user packet with what lies at `src`, not queued yet. NULL: *status says why.
ALWAYS_INLINE struct port_packet *user_packet_make(uintptr_t src, zx_status_t *status)
{
    zx_port_packet_t ignored;
    if (likely(atomic_fetch_add_explicit(&user_packets, 1, memory_order_relaxed) <
               USER_PACKETS_MAX_SYSTEM)) {
        struct port_packet *p = account_alloc(user_packet_cache);
        if (likely(p != NULL)) {
            list_node_init(&p->node);
            *status = hal_copy_from_user(&p->data, src, sizeof(p->data));
            if (likely(*status == ZX_OK)) {
                p->data.type = ZX_PKT_TYPE_USER;
                return p;
            }
            account_free(user_packet_cache, p);
            atomic_fetch_sub_explicit(&user_packets, 1, memory_order_relaxed);
            return NULL;
        }
    }
    atomic_fetch_sub_explicit(&user_packets, 1, memory_order_relaxed);
    *status = hal_copy_from_user(&ignored, src, sizeof(ignored)); // a bad pointer wins
    if (*status == ZX_OK)
        *status = ZX_ERR_NO_MEMORY;
    return NULL;
}

zx_status_t port_queue_user(zx_handle_t handle, uintptr_t packet)
{
    zx_status_t status, bad_handle;
    struct port_packet *p = user_packet_make(packet, &status);
    struct object *obj = handle_hold(handle, &port_ops, ZX_RIGHT_WRITE, &bad_handle);
    if (unlikely(obj == NULL)) {
        status = bad_handle;
    } else {
        struct port *port = port_from_object(obj);
        if (likely(p != NULL)) {
            mutex_lock(&port->lock);
            if (unlikely(port->packet_count >= PORT_MAX_PACKETS)) {
                status = ZX_ERR_SHOULD_WAIT;
            } else {
                enqueue_locked(port, p);
                p = NULL;
            }
            mutex_unlock(&port->lock);
        }
        handle_release();
    }
    if (unlikely(p != NULL))
        packet_done(p);
    return status;
}

struct irq_queue *port_interrupts(struct object *obj)
{
    struct port *port = port_from_object(obj);
    return port->bind_to_interrupt ? &port->interrupts : NULL;
}

bool port_queue_packet(struct object *obj, struct port_packet *p)
{
    struct port *port = port_from_object(obj);
    mutex_lock(&port->lock);
    bool open = !port->closed;
    if (open)
        enqueue_locked(port, p);
    mutex_unlock(&port->lock);
    return open;
}

bool port_unqueue_packet(struct object *obj, struct port_packet *p)
{
    struct port *port = port_from_object(obj);
    mutex_lock(&port->lock);
    bool queued = list_node_linked(&p->node);
    if (queued)
        dequeue_locked(port, p);
    mutex_unlock(&port->lock);
    return queued;
}

static void exception_packet_done(struct port_packet *p)
{
    account_free(user_packet_cache, p);
    atomic_fetch_sub_explicit(&user_packets, 1, memory_order_relaxed);
}

zx_status_t port_queue_exception(struct object *obj, const zx_port_packet_t *packet)
{
    struct port *port = port_from_object(obj);
    struct port_packet *p = NULL;
    // Told whatever limits the thread's process has reached: it is charged to the kernel.
    struct thread *self = thread_current();
    struct account *own = self->account;
    if (atomic_fetch_add_explicit(&user_packets, 1, memory_order_relaxed) <
        USER_PACKETS_MAX_SYSTEM) {
        self->account = NULL;
        p = account_alloc(user_packet_cache);
        self->account = own;
    }
    if (p == NULL) {
        atomic_fetch_sub_explicit(&user_packets, 1, memory_order_relaxed);
        return ZX_ERR_NO_MEMORY;
    }
    list_node_init(&p->node);
    p->done = exception_packet_done;
    p->data = *packet;
    mutex_lock(&port->lock);
    zx_status_t status = port->packet_count < PORT_MAX_PACKETS ? ZX_OK : ZX_ERR_SHOULD_WAIT;
    if (status == ZX_OK && !port->closed) {
        enqueue_locked(port, p);
        p = NULL;
    }
    mutex_unlock(&port->lock);
    if (p != NULL)
        packet_done(p); // full, or the closing port is about to let go who asks
    return status;
}

bool port_attach_exceptions(struct object *obj, struct list_node *node)
{
    struct port *port = port_from_object(obj);
    mutex_lock(&port->lock);
    bool open = !port->closed;
    if (open) {
        port->had_exceptions = true;
        list_add_tail(&port->exceptions, node);
    }
    mutex_unlock(&port->lock);
    return open;
}

// Takes the first packet, which is there, off the queue; the port's lock is released. A user packet is
// nobody else's then; another one may be queued again at once, so it is copied under the lock.
ALWAYS_INLINE zx_status_t take_packet_unlock(struct port *port, struct port_packet *p, uintptr_t out,
                                             bool held) NO_TSA
{
    zx_port_packet_t copy;
    const zx_port_packet_t *data = &p->data;
    dequeue_locked(port, p);
    if (p->data.type != ZX_PKT_TYPE_USER) {
        copy = p->data;
        data = &copy;
        struct registration *r = container_of(p, struct registration, packet);
        if (likely(p->data.type == ZX_PKT_TYPE_SIGNAL_ONE) && rb_node_linked(&r->port_node))
            unindex_locked(port, r); // R4: it has fired
    }
    mutex_unlock(&port->lock);
    if (held)
        handle_release();
    zx_status_t status = hal_copy_to_user(out, data, sizeof(*data));
    packet_done(p);
    return status;
}

ALWAYS_INLINE struct port_packet *first_packet_locked(struct port *port)
{
    return list_peek_head_entry(&port->packets, struct port_packet, node);
}

// Blocks until something is queued. The port's lock is held, and released meanwhile.
static zx_status_t wait_for_packet_locked(struct port *port, zx_time_t deadline) NO_TSA
{
    struct wait_node node, interrupt_node;
    zx_status_t status = ZX_OK;
    wait_arm(true);
    if (port->bind_to_interrupt && !irq_queue_watch(&port->interrupts, &interrupt_node)) {
        (void)wait_disarm(&status); // what a kill or a suspension says is seen on the way out
        return ZX_OK;
    }
    waitq_add(&port->waiters, &node);
    mutex_unlock(&port->lock);
    status = wait_block(WAIT_ON_PORT, deadline);
    mutex_lock(&port->lock);
    waitq_remove(&node);
    if (port->bind_to_interrupt)
        irq_queue_unwatch(&port->interrupts, &interrupt_node);
    return status;
}

// Waits for a packet. Consumes a reference to the port.
static NO_INLINE zx_status_t port_wait_blocking(struct port *port, zx_time_t deadline,
                                                uintptr_t out) NO_TSA
{
    zx_status_t status;
    zx_port_packet_t fired;
    mutex_lock(&port->lock);
    for (;;) {
        if (port->bind_to_interrupt && irq_queue_take(&port->interrupts, &fired)) {
            mutex_unlock(&port->lock);
            status = hal_copy_to_user(out, &fired, sizeof(fired));
            break;
        }
        struct port_packet *p = first_packet_locked(port);
        if (p != NULL) {
            status = take_packet_unlock(port, p, out, false);
            break;
        }
        status = wait_for_packet_locked(port, deadline);
        // A wake that was meant for this thread and is not used goes to the next one.
        if (status != ZX_OK && port->packet_count > 0)
            waitq_wake(&port->waiters, 1, ZX_OK);
        if (status != ZX_OK && !(status == ZX_ERR_TIMED_OUT && port->packet_count > 0)) {
            mutex_unlock(&port->lock);
            break;
        }
    }
    object_unref(&port->obj);
    return status;
}

// The memory that the packet goes to is brought in first: the packet must not get lost.
static NO_INLINE zx_status_t port_wait_paged(zx_handle_t handle, zx_time_t deadline, uintptr_t out)
{
    struct object *obj;
    zx_status_t status = handle_lookup(&process_current()->handles, handle, &port_ops,
                                       ZX_RIGHT_READ, &obj, NULL);
    if (status != ZX_OK)
        return status;
    status = vm_user_page_in(out, sizeof(zx_port_packet_t));
    if (status == ZX_OK)
        return port_wait_blocking(port_from_object(obj), deadline, out);
    object_unref(obj);
    return status;
}

zx_status_t port_wait_user(zx_handle_t handle, zx_time_t deadline, uintptr_t out) NO_TSA
{
    zx_status_t status;
    struct object *obj = handle_hold_unpaged(handle, &port_ops, ZX_RIGHT_READ, &status);
    if (unlikely(obj == NULL))
        return status == ZX_ERR_NEXT ? port_wait_paged(handle, deadline, out) : status;
    struct port *port = port_from_object(obj);
    if (likely(!port->bind_to_interrupt)) {
        mutex_lock(&port->lock);
        struct port_packet *p = first_packet_locked(port);
        if (likely(p != NULL))
            return take_packet_unlock(port, p, out, true);
        mutex_unlock(&port->lock);
    }
    handle_release_with_ref(obj);
    return port_wait_blocking(port, deadline, out);
}

// --- Asynchronous waits ------------------------------------------------------------------------

static struct registration *registration_make(zx_handle_t handle, uint64_t key,
                                              zx_signals_t signals, bool repeating)
{
    struct registration *r = account_alloc(registration_cache);
    if (r == NULL)
        return NULL;
    r->observer.handle_pprev = NULL;
    r->observer.ops = &registration_ops;
    r->observer.trigger = signals;
    r->process = process_current()->obj.koid;
    r->handle = handle;
    r->repeating = repeating;
    r->over = false;
    atomic_init(&r->refs, 1);
    list_node_init(&r->packet.node);
    r->packet.data = (zx_port_packet_t){
        .key = key,
        .type = repeating ? ZX_PKT_TYPE_SIGNAL_REP : ZX_PKT_TYPE_SIGNAL_ONE,
        .signal.trigger = signals,
    };
    return r;
}

// Links r to the slot's object and delivers what is true already. Table lock held. False: nothing
// stays linked, the reference is the caller's to put.
static bool registration_link(struct port *port, struct registration *r, struct handle_slot *slot)
{
    struct object *obj = slot->object;
    bool over = false, closed;
    r->object = obj;
    atomic_init(&r->port, port);
    mutex_lock(obj->lock);
    mutex_lock(&port->lock);
    closed = port->closed;
    if (!closed)
        index_locked(port, r);
    mutex_unlock(&port->lock);
    if (!closed) {
        object_observe_locked(obj, &r->observer, &slot->observers);
        zx_signals_t state = object_signals(obj);
        if (state & r->observer.trigger) {
            uint64_t queued = obj->ops->queue_length != NULL && (r->observer.trigger & 1u)
                                  ? obj->ops->queue_length(obj)
                                  : 0;
            over = fire(r, state, queued != 0 ? queued : 1);
        }
        if (over)
            object_unobserve_locked(obj, &r->observer);
    }
    mutex_unlock(obj->lock);
    return !closed && !over;
}

static zx_status_t source_slot_locked(struct handle_table *table, zx_handle_t handle,
                                      struct handle_slot **out)
{
    struct handle_slot *slot = handle_slot_locked(table, handle);
    if (slot == NULL)
        return ZX_ERR_BAD_HANDLE;
    if (!(slot->rights & ZX_RIGHT_WAIT))
        return ZX_ERR_ACCESS_DENIED;
    if (!object_waitable(slot->object))
        return ZX_ERR_NOT_SUPPORTED;
    *out = slot;
    return ZX_OK;
}

zx_status_t port_wait_async(zx_handle_t handle, zx_handle_t port_handle, uint64_t key,
                            zx_signals_t signals, uint32_t options)
{
    struct handle_table *table = &process_current()->handles;
    struct handle_slot *slot;
    zx_status_t status;
    bool valid = options == ZX_WAIT_ASYNC_ONCE || options == ZX_WAIT_ASYNC_REPEATING;
    struct registration *r =
        registration_make(handle, key, signals, options == ZX_WAIT_ASYNC_REPEATING);
    bool linked = false;
    struct object *obj = handle_hold(port_handle, &port_ops, ZX_RIGHT_WRITE, &status);
    if (likely(obj != NULL)) {
        status = source_slot_locked(table, handle, &slot);
        if (status == ZX_OK && !valid)
            status = ZX_ERR_INVALID_ARGS;
        if (status == ZX_OK && r == NULL)
            status = ZX_ERR_NO_MEMORY;
        if (likely(status == ZX_OK))
            linked = registration_link(port_from_object(obj), r, slot);
        handle_release();
        if (unlikely(status == ZX_ERR_BAD_HANDLE))
            policy_bad_handle();
    }
    if (r != NULL && !linked)
        registration_put(r);
    return status;
}

// Ends the registrations of this source, whose object is `obj`, and takes their packets off the queue. All go
// to `ended`, linked by their packets' nodes. Table lock, object lock and port lock held.
static void end_matching_locked(struct port *port, struct object *obj, const struct source *source,
                                struct list *ended)
{
    struct rb_node *n = rb_lower_bound(&port->registrations, source, source_compare);
    while (n != NULL && source_compare(source, n) == 0) {
        struct registration *r = rb_entry(n, struct registration, port_node);
        n = rb_next(n);
        unindex_locked(port, r);
        r->puts = r->over ? 0 : 1;
        if (!r->over)
            object_unobserve_locked(obj, &r->observer);
        if (list_node_linked(&r->packet.node)) {
            dequeue_locked(port, &r->packet);
            r->puts++;
        }
        list_add_tail(ended, &r->packet.node);
    }
}

zx_status_t port_cancel(struct object *obj, struct handle_table *table, zx_handle_t handle,
                        uint64_t key)
{
    struct port *port = port_from_object(obj);
    const struct source source = { process_current()->obj.koid, key, handle };
    struct handle_slot *slot;
    struct list ended;
    struct registration *r;
    list_init(&ended);
    // All in one hold: a delivery or a close between two steps would leave packets behind.
    mutex_lock(&table->lock);
    zx_status_t status = source_slot_locked(table, handle, &slot);
    if (status == ZX_OK) {
        mutex_lock(slot->object->lock);
        mutex_lock(&port->lock);
        end_matching_locked(port, slot->object, &source, &ended);
        mutex_unlock(&port->lock);
        mutex_unlock(slot->object->lock);
        if (list_is_empty(&ended))
            status = ZX_ERR_NOT_FOUND;
    }
    mutex_unlock(&table->lock);
    while ((r = list_pop_head_entry(&ended, struct registration, packet.node)) != NULL) {
        for (unsigned puts = r->puts; puts > 0; puts--)
            registration_put(r);
    }
    return status;
}
