// SPDX-License-Identifier: MIT
// Queues of interrupt packets (object/irq_queue.h). A thread that waits stands in the port's queue of
// waiters and in this one; the first to finish its wait has it, and it looks at both again.
#include <object/irq_queue.h>

LOCK_CLASS(irq_queue_class, RANK_IRQ_QUEUE, LOCK_SPIN_IRQ);

void irq_queue_init(struct irq_queue *q)
{
    spin_init(&q->lock, &irq_queue_class);
    list_init(&q->packets);
    waitq_init(&q->waiters);
    q->closed = false;
}

void irq_queue_close(struct irq_queue *q)
{
    unsigned long flags = spin_lock_irqsave(&q->lock);
    q->closed = true;
    while (list_pop_head_entry(&q->packets, struct irq_packet, node) != NULL)
        continue;
    spin_unlock_irqrestore(&q->lock, flags);
}

bool irq_queue_post(struct irq_queue *q, struct irq_packet *p, zx_time_t timestamp)
{
    spin_lock_irqsoff(&q->lock);
    bool free = !q->closed && !list_node_linked(&p->node);
    if (free) {
        p->data.interrupt.timestamp = timestamp;
        list_add_tail(&q->packets, &p->node);
        waitq_wake(&q->waiters, 1, ZX_OK);
    }
    spin_unlock_irqsoff(&q->lock);
    return free;
}

bool irq_queue_withdraw(struct irq_queue *q, struct irq_packet *p)
{
    unsigned long flags = spin_lock_irqsave(&q->lock);
    bool queued = list_node_linked(&p->node);
    if (queued)
        list_remove(&p->node);
    spin_unlock_irqrestore(&q->lock, flags);
    return queued;
}

bool irq_queue_take(struct irq_queue *q, zx_port_packet_t *out)
{
    unsigned long flags = spin_lock_irqsave(&q->lock);
    struct irq_packet *p = list_pop_head_entry(&q->packets, struct irq_packet, node);
    if (p != NULL)
        *out = p->data;
    spin_unlock_irqrestore(&q->lock, flags);
    return p != NULL;
}

bool irq_queue_watch(struct irq_queue *q, struct wait_node *n)
{
    unsigned long flags = spin_lock_irqsave(&q->lock);
    bool empty = list_is_empty(&q->packets);
    if (empty)
        waitq_add(&q->waiters, n);
    spin_unlock_irqrestore(&q->lock, flags);
    return empty;
}

void irq_queue_unwatch(struct irq_queue *q, struct wait_node *n)
{
    unsigned long flags = spin_lock_irqsave(&q->lock);
    waitq_remove(n);
    spin_unlock_irqrestore(&q->lock, flags);
}
