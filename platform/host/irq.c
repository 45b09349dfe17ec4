// SPDX-License-Identifier: MIT
// A fake interrupt controller: HOST_IRQ_COUNT lines, all routed to CPU 0, raised by host_irq_raise.
// Its lock is a plain pthread mutex, held for table accesses only, never over a handler.
#include "machine.h"

#include <hal/irq.h>
#include <string.h>

struct line {
    hal_irq_handler_fn fn; // NULL = free
    void *arg;
    enum hal_irq_mode mode;
    bool masked;
    bool pending;
    bool running;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct line lines[HOST_IRQ_COUNT];

void host_irq_reset(void)
{
    memset(lines, 0, sizeof(lines));
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
    pthread_mutex_lock(&lock);
    if (lines[irq].fn != NULL)
        status = ZX_ERR_ALREADY_BOUND;
    else
        lines[irq] = (struct line){ .fn = fn, .arg = arg, .mode = mode, .masked = true };
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
    bool due = lines[irq].pending;
    pthread_mutex_unlock(&lock);
    if (due)
        announce();
}

void host_irq_raise(unsigned irq)
{
    pthread_mutex_lock(&lock);
    lines[irq].pending = true;
    pthread_mutex_unlock(&lock);
    announce();
}

bool host_irq_any(void)
{
    bool any = false;

    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < HOST_IRQ_COUNT; i++)
        any = any || (lines[i].pending && !lines[i].masked && lines[i].fn != NULL);
    pthread_mutex_unlock(&lock);
    return any;
}

void host_irq_dispatch(void)
{
    for (unsigned i = 0; i < HOST_IRQ_COUNT; i++) {
        pthread_mutex_lock(&lock);
        struct line line = lines[i];
        bool run = line.pending && !line.masked && line.fn != NULL;
        if (run) {
            lines[i].pending = false;
            lines[i].running = true;
        }
        pthread_mutex_unlock(&lock);
        if (!run)
            continue;
        line.fn(line.arg);
        pthread_mutex_lock(&lock);
        lines[i].running = false;
        pthread_mutex_unlock(&lock);
    }
}
