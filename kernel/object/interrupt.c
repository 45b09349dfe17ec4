// SPDX-License-Identifier: MIT
// Interrupt objects (object/interrupt.h).
//
//   I1 `state` and the pending time follow the table of spec 30 section 2.1. A thread waits if and only if
//      the state is WAITING; then it is `waiter`.
//   I2 The line is ours from create until `state` becomes DESTROYED, which happens once; whoever does that
//      gives it back. `masked` tells how the controller has it; nobody unmasks a destroyed one.
//   I3 Storms. A line that fires without end must not take the machine along. One that is not masked when
//      it fires is masked once it has fired UNTAKEN_MAX times and nobody took any of it. One that still
//      stands whenever its owner is ready again, ACKED_MAX times in a row, rests before it is unmasked,
//      each time longer, until it is found quiet. The log tells of each kind once. Neither loses a fire:
//      the controller keeps what is pending while the line is masked.
//
// Locks: [S] the spinlock, which the interrupt handler takes as well; the port's queue nests in it. `lock`
// guards the object's signals, which are the users' alone.
#include <object/interrupt.h>

#include <account/account.h>
#include <debug/log.h>
#include <hal/console.h>
#include <hal/irq.h>
#include <hal/spinlock.h>
#include <hal/time.h>
#include <object/console_input.h>
#include <object/irq_queue.h>
#include <object/port.h>
#include <sched/timer.h>
#include <sched/wait.h>

LOCK_CLASS(interrupt_class, RANK_IRQ_WORK, LOCK_SPIN_IRQ);

#define UNTAKEN_MAX 64u
#define ACKED_MAX   4096u
#define REST_FIRST  ZX_MSEC(10)
#define REST_LAST   ZX_SEC(1)

enum interrupt_state { IDLE, WAITING, TRIGGERED, NEEDACK, DESTROYED };

struct interrupt {
    struct object obj;
    struct mutex lock;
    struct spinlock spin;
    uint32_t vector;         // [I] of a line
    bool virtual;            // [I]
    bool console;            // [I] the line of the console, which is the owner's for so long
    bool level;              // [I] masked when it fires
    bool masked;             // [S] I2
    bool resting;            // [S] I3: the timer unmasks it
    bool told_untaken;       // [S] I3
    bool told_standing;      // [S] I3
    enum interrupt_state state; // [S] I1
    uint32_t untaken;        // [S] fires since its owner was ready
    uint32_t standing;       // [S] times in a row that it stood when its owner was ready
    zx_duration_t rest;      // [S] the next one
    zx_time_t timestamp;     // [S] of the first fire that was not delivered, 0: none
    struct thread *waiter;   // [S] I1
    struct object *port;     // [S] set once, with a reference
    struct irq_queue *queue; // [S] the port's
    struct irq_packet packet;
    struct timer timer;      // armed by [S] while `resting`
};

static ACCOUNT_CACHE(interrupt_cache, sizeof(struct interrupt), _Alignof(struct interrupt));

static struct interrupt *interrupt_from_object(struct object *obj)
{
    return container_of(obj, struct interrupt, obj);
}

// --- Storms ------------------------------------------------------------------------------------

static void rest_over(struct timer *timer, zx_time_t now)
{
    struct interrupt *i = container_of(timer, struct interrupt, timer);
    (void)now;
    spin_lock_irqsoff(&i->spin);
    if (i->resting && i->state != DESTROYED) {
        i->resting = false;
        i->masked = false;
        hal_irq_unmask(i->vector);
    }
    spin_unlock_irqsoff(&i->spin);
}

// A line that stood too often stays masked for a while.
static void rest_locked(struct interrupt *i)
{
    if (!i->told_standing)
        klog(LOG_WARN, "interrupt %u still stands after %u acknowledgements in a row: slowed down",
             i->vector, i->standing);
    i->told_standing = true;
    i->resting = true;
    // The timer has run, if at all: its function cleared `resting`. It may be on its way out.
    timer_cancel(&i->timer);
    timer_set(&i->timer, hal_now() + i->rest);
    i->rest = MIN(2 * i->rest, REST_LAST);
}

// The owner is ready for the next fire.
static void ready_locked(struct interrupt *i)
{
    i->untaken = 0;
    if (!i->masked || i->resting)
        return;
    if (!hal_irq_pending(i->vector)) {
        i->standing = 0;
        i->rest = REST_FIRST;
    } else if (++i->standing >= ACKED_MAX) {
        rest_locked(i);
        return;
    }
    i->masked = false;
    hal_irq_unmask(i->vector);
}

static void untaken_locked(struct interrupt *i)
{
    if (++i->untaken < UNTAKEN_MAX)
        return;
    i->masked = true;
    hal_irq_mask(i->vector);
    if (!i->told_untaken)
        klog(LOG_WARN, "interrupt %u fired %u times and nobody took it: masked until then",
             i->vector, i->untaken);
    i->told_untaken = true;
}

// --- Firing ------------------------------------------------------------------------------------

// Queues the packet with the pending time, which it takes along.
static bool send_locked(struct interrupt *i)
{
    if (!irq_queue_post(i->queue, &i->packet, i->timestamp))
        return false;
    i->timestamp = 0;
    return true;
}

ALWAYS_INLINE void fire_locked(struct interrupt *i, zx_time_t timestamp)
{
    if (i->timestamp == 0)
        i->timestamp = timestamp;
    if (i->port == NULL) {
        i->state = TRIGGERED;
        if (i->waiter != NULL)
            wait_wake(i->waiter, ZX_OK);
        i->waiter = NULL;
    } else if (i->state != NEEDACK) {
        i->state = NEEDACK;
        (void)send_locked(i); // if it is still queued the time stays, until acknowledged
    }
}

static void line_fired(void *arg)
{
    struct interrupt *i = arg;
    spin_lock_irqsoff(&i->spin);
    if (i->state == DESTROYED) {
        hal_irq_mask(i->vector); // until who destroys it has given the line back it would come for ever
    } else {
        if (i->level) {
            i->masked = true;
            hal_irq_mask(i->vector);
        } else {
            untaken_locked(i);
        }
        fire_locked(i, hal_now());
    }
    spin_unlock_irqsoff(&i->spin);
}

zx_status_t interrupt_trigger(struct object *obj, zx_time_t timestamp)
{
    struct interrupt *i = interrupt_from_object(obj);
    if (!i->virtual)
        return ZX_ERR_BAD_STATE;
    unsigned long flags = spin_lock_irqsave(&i->spin);
    zx_status_t status = i->state == DESTROYED ? ZX_ERR_CANCELED : ZX_OK;
    if (status == ZX_OK)
        fire_locked(i, timestamp);
    spin_unlock_irqrestore(&i->spin, flags);
    return status;
}

// --- Waiting -----------------------------------------------------------------------------------

// Takes what is pending, or says why there is nothing to wait for. ZX_ERR_SHOULD_WAIT: the thread waits.
static zx_status_t take_locked(struct interrupt *i, zx_time_t *out_timestamp)
{
    if (i->port != NULL)
        return ZX_ERR_BAD_STATE;
    switch (i->state) {
    case DESTROYED: return ZX_ERR_CANCELED;
    case WAITING: return ZX_ERR_BAD_STATE;
    case TRIGGERED:
        *out_timestamp = i->timestamp;
        i->timestamp = 0;
        i->state = NEEDACK;
        return ZX_OK;
    case NEEDACK:
    case IDLE: break;
    }
    wait_arm(true);
    i->waiter = thread_current();
    i->state = WAITING;
    ready_locked(i);
    return ZX_ERR_SHOULD_WAIT;
}

zx_status_t interrupt_wait(struct object *obj, zx_time_t *out_timestamp)
{
    struct interrupt *i = interrupt_from_object(obj);
    zx_status_t status;
    unsigned long flags = spin_lock_irqsave(&i->spin);
    while ((status = take_locked(i, out_timestamp)) == ZX_ERR_SHOULD_WAIT) {
        spin_unlock_irqrestore(&i->spin, flags);
        status = wait_block(WAIT_ON_INTERRUPT, ZX_TIME_INFINITE);
        flags = spin_lock_irqsave(&i->spin);
        if (i->waiter == thread_current()) { // not woken by a fire, nor by the end
            i->waiter = NULL;
            i->state = IDLE;
        }
        if (status != ZX_OK)
            break;
    }
    spin_unlock_irqrestore(&i->spin, flags);
    return status;
}

// --- Ports -------------------------------------------------------------------------------------

static zx_status_t bind_locked(struct interrupt *i, struct object *port, struct irq_queue *queue,
                               uint64_t key)
{
    if (i->state == DESTROYED)
        return ZX_ERR_CANCELED;
    if (i->state == WAITING)
        return ZX_ERR_BAD_STATE;
    if (i->port != NULL)
        return ZX_ERR_ALREADY_BOUND;
    object_ref(port);
    i->port = port;
    i->queue = queue;
    i->packet.data = (zx_port_packet_t){ .key = key, .type = ZX_PKT_TYPE_INTERRUPT };
    // What fired before is not delivered; a line that still stands fires again.
    i->state = IDLE;
    if (!i->virtual)
        ready_locked(i);
    return ZX_OK;
}

zx_status_t interrupt_bind(struct object *obj, struct object *port, uint64_t key)
{
    struct interrupt *i = interrupt_from_object(obj);
    struct irq_queue *queue = port_interrupts(port);
    if (queue == NULL)
        return ZX_ERR_WRONG_TYPE;
    unsigned long flags = spin_lock_irqsave(&i->spin);
    zx_status_t status = bind_locked(i, port, queue, key);
    spin_unlock_irqrestore(&i->spin, flags);
    return status;
}

static zx_status_t ack_locked(struct interrupt *i)
{
    if (i->port == NULL)
        return ZX_ERR_BAD_STATE;
    if (i->state == DESTROYED)
        return ZX_ERR_CANCELED;
    if (i->state != NEEDACK)
        return ZX_OK;
    ready_locked(i);
    if (i->timestamp == 0)
        i->state = IDLE;
    else if (!send_locked(i))
        return ZX_ERR_BAD_STATE;
    return ZX_OK;
}

zx_status_t interrupt_ack(struct object *obj)
{
    struct interrupt *i = interrupt_from_object(obj);
    unsigned long flags = spin_lock_irqsave(&i->spin);
    zx_status_t status = ack_locked(i);
    spin_unlock_irqrestore(&i->spin, flags);
    return status;
}

// --- Life --------------------------------------------------------------------------------------

// I2: true for the one caller that ended it.
static bool end_locked(struct interrupt *i, zx_status_t *status)
{
    *status = ZX_OK;
    if (i->state == DESTROYED)
        return false;
    if (i->port != NULL) {
        bool queued = irq_queue_withdraw(i->queue, &i->packet);
        if (i->state == NEEDACK && !queued)
            *status = ZX_ERR_NOT_FOUND;
    } else if (i->waiter != NULL) {
        wait_wake(i->waiter, ZX_OK); // it finds the state
        i->waiter = NULL;
    }
    i->state = DESTROYED;
    return true;
}

static zx_status_t end(struct interrupt *i)
{
    zx_status_t status;
    unsigned long flags = spin_lock_irqsave(&i->spin);
    bool mine = end_locked(i, &status);
    spin_unlock_irqrestore(&i->spin, flags);
    if (mine && !i->virtual) {
        timer_cancel(&i->timer);
        hal_irq_unregister(i->vector);
        if (i->console)
            console_take_back();
    }
    return status;
}

zx_status_t interrupt_destroy(struct object *obj)
{
    return end(interrupt_from_object(obj));
}

static void interrupt_zero_handles(struct object *obj)
{
    (void)end(interrupt_from_object(obj));
}

static void interrupt_free(struct object *obj)
{
    struct interrupt *i = interrupt_from_object(obj);
    struct object *port = i->port;
    account_free(interrupt_cache, i);
    if (port != NULL)
        object_unref(port);
}

static zx_koid_t interrupt_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops interrupt_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_INTERRUPT),
    .rights = ZX_DEFAULT_INTERRUPT_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = interrupt_zero_handles,
    .destroy = interrupt_free,
    .related = interrupt_related,
};

static struct interrupt *interrupt_make(bool virtual)
{
    struct interrupt *i = account_zalloc(interrupt_cache);
    if (i == NULL)
        return NULL;
    mutex_init(&i->lock, &object_lock_class);
    spin_init(&i->spin, &interrupt_class);
    list_node_init(&i->packet.node);
    timer_init(&i->timer, rest_over);
    i->virtual = virtual;
    i->state = IDLE;
    i->rest = REST_FIRST;
    return i;
}

zx_status_t interrupt_create_virtual(struct object **out)
{
    struct interrupt *i = interrupt_make(true);
    if (i == NULL)
        return ZX_ERR_NO_MEMORY;
    object_init(&i->obj, &interrupt_ops, &i->lock, 0);
    *out = &i->obj;
    return ZX_OK;
}

static zx_status_t mode_of(uint32_t mode, enum hal_irq_mode *out)
{
    switch (mode) {
    case ZX_INTERRUPT_MODE_DEFAULT: *out = HAL_IRQ_MODE_DEFAULT; return ZX_OK;
    case ZX_INTERRUPT_MODE_EDGE_LOW: *out = HAL_IRQ_EDGE_FALLING; return ZX_OK;
    case ZX_INTERRUPT_MODE_EDGE_HIGH: *out = HAL_IRQ_EDGE_RISING; return ZX_OK;
    case ZX_INTERRUPT_MODE_LEVEL_LOW: *out = HAL_IRQ_LEVEL_LOW; return ZX_OK;
    case ZX_INTERRUPT_MODE_LEVEL_HIGH: *out = HAL_IRQ_LEVEL_HIGH; return ZX_OK;
    default: return ZX_ERR_INVALID_ARGS;
    }
}

static bool is_console(uint32_t vector)
{
    unsigned irq;
    return hal_console_irq(&irq) && irq == vector;
}

// Binds the line of a new object; if it is the console's, with the device.
static zx_status_t take_line(struct interrupt *i, enum hal_irq_mode mode, bool alone)
{
    const bool inverted = mode == HAL_IRQ_EDGE_FALLING || mode == HAL_IRQ_LEVEL_LOW;
    if (alone && !inverted && is_console(i->vector)) {
        if (!console_hand_over())
            return ZX_ERR_ALREADY_BOUND;
        i->console = true;
    }
    zx_status_t status = hal_irq_register(i->vector, mode, line_fired, i);
    if (status != ZX_OK && i->console)
        console_take_back();
    return status;
}

zx_status_t interrupt_create(uint32_t vector, uint32_t mode, bool alone, struct object **out)
{
    enum hal_irq_mode hal_mode;
    zx_status_t status = mode_of(mode, &hal_mode);
    if (status != ZX_OK)
        return status;
    struct interrupt *i = interrupt_make(false);
    if (i == NULL)
        return ZX_ERR_NO_MEMORY;
    i->vector = vector;
    i->level = mode == ZX_INTERRUPT_MODE_LEVEL_LOW || mode == ZX_INTERRUPT_MODE_LEVEL_HIGH;
    status = take_line(i, hal_mode, alone);
    if (status != ZX_OK) {
        account_free(interrupt_cache, i);
        return status == ZX_ERR_OUT_OF_RANGE ? ZX_ERR_INVALID_ARGS : status;
    }
    object_init(&i->obj, &interrupt_ops, &i->lock, 0);
    hal_irq_unmask(vector);
    *out = &i->obj;
    return ZX_OK;
}
