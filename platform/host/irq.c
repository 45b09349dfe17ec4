// SPDX-License-Identifier: MIT
// A fake interrupt controller: HOST_IRQ_COUNT lines, all routed to CPU 0. The private ones are the
// kernel's, as on a GIC; edges come by host_irq_raise, levels are set by host_irq_level.
// Its lock is a plain pthread mutex, held for table accesses only, never over a handler.
#include "machine.h"

#include <hal/irq.h>
#include <string.h>

struct line {
    hal_irq_handler_fn fn; // NULL = free
    void *arg;
    enum hal_irq_mode mode;
    bool masked;
    bool pending;  // an edge came
    bool standing; // the level
    bool running;
};

#define PRIVATE_COUNT 32u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct line lines[HOST_IRQ_COUNT];
static unsigned fire_count[HOST_IRQ_COUNT]; // whoever had the line
static const struct hal_irq_watcher *_Atomic watcher;

void host_irq_reset(void)
{
    memset(lines, 0, sizeof(lines));
    memset(fire_count, 0, sizeof(fire_count));
}

bool hal_irq_valid(unsigned irq)
{
    return irq < HOST_IRQ_COUNT;
}

zx_status_t hal_irq_register(unsigned irq, enum hal_irq_mode mode, hal_irq_handler_fn fn, void *arg)
{
    zx_status_t status = ZX_OK;

    if (irq >= HOST_IRQ_COUNT)
        return ZX_ERR_OUT_OF_RANGE;
    if (mode != HAL_IRQ_MODE_DEFAULT && irq < PRIVATE_COUNT)
        return ZX_ERR_INVALID_ARGS;
    if (mode == HAL_IRQ_EDGE_FALLING || mode == HAL_IRQ_LEVEL_LOW)
        return ZX_ERR_NOT_SUPPORTED;
    pthread_mutex_lock(&lock);
    struct line *l = &lines[irq];
    if (l->fn != NULL || irq < PRIVATE_COUNT) {
        status = ZX_ERR_ALREADY_BOUND;
    } else {
        bool level = mode == HAL_IRQ_MODE_DEFAULT ? l->mode == HAL_IRQ_LEVEL_HIGH
                                                  : mode == HAL_IRQ_LEVEL_HIGH;
        *l = (struct line){ .fn = fn, .arg = arg, .masked = true, .standing = l->standing,
                            .mode = level ? HAL_IRQ_LEVEL_HIGH : HAL_IRQ_EDGE_RISING };
    }
    pthread_mutex_unlock(&lock);
    return status;
}

void hal_irq_unregister(unsigned irq)
{
    if (irq >= HOST_IRQ_COUNT)
        return;
    for (;;) {
        pthread_mutex_lock(&lock);
        lines[irq].masked = true;
        bool running = lines[irq].running;
        if (!running)
            lines[irq].fn = NULL;
        pthread_mutex_unlock(&lock);
        if (!running)
            return;
        hal_cpu_relax();
    }
}

// Would it be taken by a CPU that takes interrupts?
static bool due(const struct line *l)
{
    bool is = l->pending || (l->mode == HAL_IRQ_LEVEL_HIGH && l->standing);
    return is && !l->masked && l->fn != NULL;
}

static void announce(void)
{
    struct vcpu *v = &host.cpus[0];

    host_tsan_release(&v->pending);
    atomic_fetch_or(&v->pending, VIRQ_DEVICE);
    vcpu_wake(v);
}

void hal_irq_mask(unsigned irq)
{
    pthread_mutex_lock(&lock);
    lines[irq].masked = true;
    pthread_mutex_unlock(&lock);
}

void hal_irq_unmask(unsigned irq)
{
    pthread_mutex_lock(&lock);
    lines[irq].masked = false;
    bool fires = due(&lines[irq]);
    pthread_mutex_unlock(&lock);
    if (fires)
        announce();
}

bool hal_irq_pending(unsigned irq)
{
    pthread_mutex_lock(&lock);
    bool is = lines[irq].pending || (lines[irq].mode == HAL_IRQ_LEVEL_HIGH && lines[irq].standing);
    pthread_mutex_unlock(&lock);
    return is;
}

bool host_irq_masked(unsigned irq)
{
    pthread_mutex_lock(&lock);
    bool is = lines[irq].fn == NULL || lines[irq].masked;
    pthread_mutex_unlock(&lock);
    return is;
}

void host_irq_level(unsigned irq, bool standing)
{
    pthread_mutex_lock(&lock);
    lines[irq].standing = standing;
    pthread_mutex_unlock(&lock);
    announce();
}

void host_irq_raise(unsigned irq)
{
    pthread_mutex_lock(&lock);
    lines[irq].pending = true;
    pthread_mutex_unlock(&lock);
    announce();
}

unsigned host_irq_fires(unsigned irq)
{
    pthread_mutex_lock(&lock);
    unsigned count = fire_count[irq];
    pthread_mutex_unlock(&lock);
    return count;
}

bool host_irq_any(void)
{
    bool any = false;

    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < HOST_IRQ_COUNT; i++)
        any = any || due(&lines[i]);
    pthread_mutex_unlock(&lock);
    return any;
}

void host_irq_dispatch(void)
{
    for (unsigned i = 0; i < HOST_IRQ_COUNT; i++) {
        pthread_mutex_lock(&lock);
        struct line line = lines[i];
        bool run = due(&line);
        if (run) {
            lines[i].pending = false;
            lines[i].running = true;
            fire_count[i]++;
        }
        pthread_mutex_unlock(&lock);
        if (!run)
            continue;
        const struct hal_irq_watcher *w = atomic_load(&watcher);
        if (w != NULL)
            w->entered(i);
        line.fn(line.arg);
        if (w != NULL)
            w->left(i);
        pthread_mutex_lock(&lock);
        lines[i].running = false;
        bool again = due(&lines[i]);
        pthread_mutex_unlock(&lock);
        if (again)
            announce();
    }
}

void hal_irq_watch(const struct hal_irq_watcher *w)
{
    atomic_store(&watcher, w);
}

// The timer and the interrupts between CPUs do not go through this controller.
const char *hal_irq_name(unsigned irq)
{
    (void)irq;
    return NULL;
}
