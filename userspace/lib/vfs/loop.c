// SPDX-License-Identifier: MIT
//
// The loop: a port and a table of watches. A packet's key is {generation, slot}: a packet of a
// watch that was cancelled meets another generation and is dropped. One thread; no locks.
//
// L1. A slot is free (watch NULL, on the free chain) or belongs to exactly one active watch.
// L2. An active watch has exactly one wait begun or packet queued.

#include <vfs/loop.h>

#include <stdlib.h>

#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#define NO_SLOT UINT32_MAX

struct slot {
    struct vfs_watch *watch;
    uint32_t generation;
    uint32_t next_free;
};

struct vfs_loop {
    zx_handle_t port;
    struct slot *slots;
    uint32_t slot_count;
    uint32_t first_free;
    struct vfs_link timers;     // unordered: there are few
    struct vfs_link interrupts; // the same
    void (*after)(void *context);
    void *after_context;
    bool stopped;
};

zx_status_t vfs_loop_create(struct vfs_loop **out)
{
    struct vfs_loop *loop = calloc(1, sizeof(*loop));
    zx_status_t status;

    if (loop == NULL)
        return ZX_ERR_NO_MEMORY;
    status = zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &loop->port);
    if (status != ZX_OK) {
        free(loop);
        return status;
    }
    loop->first_free = NO_SLOT;
    vfs_link_init(&loop->timers);
    vfs_link_init(&loop->interrupts);
    *out = loop;
    return ZX_OK;
}

void vfs_loop_destroy(struct vfs_loop *loop)
{
    if (loop == NULL)
        return;
    for (uint32_t i = 0; i < loop->slot_count; i++) {
        if (loop->slots[i].watch != NULL)
            vfs_watch_cancel(loop, loop->slots[i].watch);
    }
    while (!vfs_link_alone(&loop->timers))
        vfs_timer_cancel(vfs_container(loop->timers.next, struct vfs_timer, link));
    zx_handle_close(loop->port);
    free(loop->slots);
    free(loop);
}

// Makes more slots.
static bool grow(struct vfs_loop *loop)
{
    uint32_t count = loop->slot_count == 0 ? 16 : 2 * loop->slot_count;
    struct slot *slots = realloc(loop->slots, count * sizeof(*slots));

    if (slots == NULL)
        return false;
    loop->slots = slots;
    for (uint32_t i = loop->slot_count; i < count; i++)
        slots[i] = (struct slot){.next_free = i + 1 < count ? i + 1 : NO_SLOT};
    loop->first_free = loop->slot_count;
    loop->slot_count = count;
    return true;
}

static uint64_t slot_key(const struct vfs_loop *loop, uint32_t slot)
{
    return ((uint64_t)loop->slots[slot].generation << 32) | slot;
}

static void free_slot(struct vfs_loop *loop, struct vfs_watch *watch)
{
    struct slot *slot = &loop->slots[watch->slot];

    slot->watch = NULL;
    slot->generation++;
    slot->next_free = loop->first_free;
    loop->first_free = watch->slot;
    watch->active = false;
}

static zx_status_t begin_wait(struct vfs_loop *loop, struct vfs_watch *watch)
{
    return zx_object_wait_async(watch->handle, loop->port, slot_key(loop, watch->slot),
                                watch->signals, ZX_WAIT_ASYNC_ONCE);
}

zx_status_t vfs_watch_start(struct vfs_loop *loop, struct vfs_watch *watch)
{
    zx_status_t status;

    if (loop->first_free == NO_SLOT && !grow(loop))
        return ZX_ERR_NO_MEMORY;
    watch->slot = loop->first_free;
    loop->first_free = loop->slots[watch->slot].next_free;
    loop->slots[watch->slot].watch = watch;
    watch->active = true;
    status = begin_wait(loop, watch);
    if (status != ZX_OK)
        free_slot(loop, watch);
    return status;
}

void vfs_watch_cancel(struct vfs_loop *loop, struct vfs_watch *watch)
{
    if (!watch->active)
        return;
    // Fails if the wait has already become a packet, which the generation then disarms.
    zx_port_cancel(loop->port, watch->handle, slot_key(loop, watch->slot));
    free_slot(loop, watch);
}

// The key of an interrupt's packet is where its structure is; those that are bound stay.
zx_status_t vfs_interrupt_start(struct vfs_loop *loop, struct vfs_interrupt *interrupt)
{
    zx_status_t status =
        zx_interrupt_bind(interrupt->handle, loop->port, (uintptr_t)interrupt, 0);

    if (status == ZX_OK)
        vfs_link_append(&loop->interrupts, &interrupt->link);
    return status;
}

static void handle_interrupt(struct vfs_loop *loop, const zx_port_packet_t *packet)
{
    for (struct vfs_link *at = loop->interrupts.next; at != &loop->interrupts; at = at->next) {
        struct vfs_interrupt *interrupt = vfs_container(at, struct vfs_interrupt, link);

        if (packet->key == (uintptr_t)interrupt) {
            interrupt->fired(interrupt->context, packet->interrupt.timestamp);
            zx_interrupt_ack(interrupt->handle);
            return;
        }
    }
}

void vfs_timer_start(struct vfs_loop *loop, struct vfs_timer *timer, zx_time_t deadline)
{
    vfs_timer_cancel(timer);
    timer->active = true;
    timer->deadline = deadline;
    vfs_link_append(&loop->timers, &timer->link);
}

void vfs_timer_cancel(struct vfs_timer *timer)
{
    if (!timer->active)
        return;
    timer->active = false;
    vfs_link_remove(&timer->link);
}

void vfs_loop_set_after(struct vfs_loop *loop, void (*after)(void *context), void *context)
{
    loop->after = after;
    loop->after_context = context;
}

// The timer that is due first, or NULL.
static struct vfs_timer *first_timer(struct vfs_loop *loop)
{
    struct vfs_timer *first = NULL;

    for (struct vfs_link *at = loop->timers.next; at != &loop->timers; at = at->next) {
        struct vfs_timer *timer = vfs_container(at, struct vfs_timer, link);

        if (first == NULL || timer->deadline < first->deadline)
            first = timer;
    }
    return first;
}

static void handle_packet(struct vfs_loop *loop, const zx_port_packet_t *packet)
{
    uint32_t index = (uint32_t)packet->key;
    struct vfs_watch *watch;
    uint64_t key;

    if (packet->type != ZX_PKT_TYPE_SIGNAL_ONE || index >= loop->slot_count)
        return;
    watch = loop->slots[index].watch;
    key = slot_key(loop, index);
    if (watch == NULL || packet->key != key)
        return;
    if (!watch->repeat) {
        free_slot(loop, watch);
        watch->fired(watch->context, packet->signal.observed);
        return;
    }
    watch->fired(watch->context, packet->signal.observed);
    // The callback may have cancelled the watch, and freed it: ask the slot, not the watch.
    if (loop->slots[index].watch != watch || slot_key(loop, index) != key)
        return;
    if (begin_wait(loop, watch) != ZX_OK) {
        free_slot(loop, watch);
        // No memory to go on waiting: the embedder shall give the handle up as if its peer had
        // gone.
        watch->fired(watch->context, __ZX_OBJECT_PEER_CLOSED);
    }
}

zx_status_t vfs_loop_run_once(struct vfs_loop *loop, zx_time_t deadline)
{
    struct vfs_timer *timer = first_timer(loop);
    zx_port_packet_t packet;
    zx_status_t status;

    if (timer != NULL && timer->deadline < deadline)
        deadline = timer->deadline;
    // A timer that is due goes first: there may be packets for ever.
    if (timer != NULL && timer->deadline <= deadline &&
        timer->deadline <= zx_clock_get_monotonic())
        status = ZX_ERR_TIMED_OUT;
    else
        status = zx_port_wait(loop->port, deadline, &packet);
    if (status == ZX_OK && packet.type == ZX_PKT_TYPE_INTERRUPT) {
        handle_interrupt(loop, &packet);
    } else if (status == ZX_OK) {
        handle_packet(loop, &packet);
    } else if (status == ZX_ERR_TIMED_OUT && timer != NULL && timer->deadline <= deadline) {
        vfs_timer_cancel(timer);
        timer->fired(timer->context);
        status = ZX_OK;
    }
    if (loop->after != NULL)
        loop->after(loop->after_context);
    return status;
}

zx_status_t vfs_loop_run(struct vfs_loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped) {
        zx_status_t status = vfs_loop_run_once(loop, ZX_TIME_INFINITE);

        if (status != ZX_OK && status != ZX_ERR_TIMED_OUT)
            return status;
    }
    return ZX_OK;
}

void vfs_loop_stop(struct vfs_loop *loop)
{
    loop->stopped = true;
}
