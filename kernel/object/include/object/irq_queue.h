// SPDX-License-Identifier: MIT
// The queue of interrupt packets that a port has which was made for interrupts. Other packets are queued
// under a mutex, which an interrupt handler may not take; these have a queue and a spinlock of their own.
// A packet belongs to its interrupt object and is queued at most once, so queueing cannot fail for memory.
#pragma once

#include <hal/spinlock.h>
#include <lib/list.h>
#include <sched/wait.h>
#include <zircon/syscalls/port.h>

struct irq_packet {
    struct list_node node; // [Q] the queue's lock; unlinked: not queued
    zx_port_packet_t data; // [Q] once queued
};

struct irq_queue {
    struct spinlock lock;
    struct list packets;  // [Q] oldest first
    struct waitq waiters; // [Q]
    bool closed;          // [Q]
};

void irq_queue_init(struct irq_queue *q);
// Drops what is queued; nothing can be queued any more.
void irq_queue_close(struct irq_queue *q);

// Queues the packet with this time and wakes a thread. False: it is queued already, or the queue is closed;
// nothing changes. Any context, interrupts off; locks of rank below RANK_IRQ_QUEUE may be held.
bool irq_queue_post(struct irq_queue *q, struct irq_packet *p, zx_time_t timestamp) MUST_CHECK;
// Takes the packet off. True: it was queued.
bool irq_queue_withdraw(struct irq_queue *q, struct irq_packet *p);

// Takes the oldest packet's contents. False: there is none.
bool irq_queue_take(struct irq_queue *q, zx_port_packet_t *out) MUST_CHECK;
// Has the current thread, whose wait is armed, woken by the next packet. False: there is one already.
bool irq_queue_watch(struct irq_queue *q, struct wait_node *n) MUST_CHECK;
void irq_queue_unwatch(struct irq_queue *q, struct wait_node *n);
