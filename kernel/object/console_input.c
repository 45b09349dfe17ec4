// SPDX-License-Identifier: MIT
// Console input (object/console_input.h): a ring filled by the UART's interrupt. A full ring drops
// what comes; so does a machine nobody reads.
#include <object/console_input.h>

#include <debug/log.h>
#include <hal/console.h>
#include <hal/spinlock.h>
#include <hal/upcall.h>
#include <object/log_object.h>
#include <object/settings.h>
#include <sched/wait.h>

LOCK_CLASS(console_input_class, RANK_IRQ_WORK, LOCK_SPIN_IRQ);

#define RING_SIZE 4096u // power of two; a screenful that is pasted fits

static struct spinlock lock = SPINLOCK_INIT(console_input_class);
static uint8_t ring[RING_SIZE];   // [lock]
static uint32_t head, tail;       // [lock] written, read; free-running
static struct waitq waiters;      // [lock]
static atomic_bool claimed;       // somebody has the console, or is about to
static atomic_bool handed_over;   // changed while nothing is written

void console_input_init(void)
{
    waitq_init(&waiters);
    zx_status_t status = hal_console_rx_start();
    if (status != ZX_OK) // a console without input is still a console
        klog(LOG_WARN, "the console has no input (%d)", status);
}

void kernel_console_rx(uint8_t byte)
{
    spin_lock_irqsoff(&lock);
    if (head - tail < RING_SIZE)
        ring[head++ & (RING_SIZE - 1)] = byte;
    waitq_wake(&waiters, 1, ZX_OK);
    spin_unlock_irqsoff(&lock);
}

zx_status_t console_input_read(char *out)
{
    for (;;) {
        struct wait_node node;
        wait_arm(true);
        unsigned long flags = spin_lock_irqsave(&lock);
        bool have = head != tail;
        bool gone = !have && console_handed_over();
        if (have)
            *out = (char)ring[tail++ & (RING_SIZE - 1)];
        else if (!gone)
            waitq_add(&waiters, &node);
        spin_unlock_irqrestore(&lock, flags);
        zx_status_t status = ZX_OK;
        if (have || gone) {
            (void)wait_disarm(&status);
            return have ? ZX_OK : ZX_ERR_NOT_SUPPORTED;
        }
        status = wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE);
        flags = spin_lock_irqsave(&lock);
        waitq_remove(&node);
        spin_unlock_irqrestore(&lock, flags);
        if (status != ZX_OK)
            return status;
    }
}

bool console_handed_over(void)
{
    return atomic_load_explicit(&handed_over, memory_order_acquire);
}

static void release(void)
{
    hal_console_release();
    atomic_store_explicit(&handed_over, true, memory_order_release);
}

bool console_hand_over(void)
{
    if (settings.bypass_debuglog || atomic_exchange_explicit(&claimed, true, memory_order_acq_rel))
        return false;
    log_console_switch(release);
    // Whoever waits finds that it is gone.
    unsigned long flags = spin_lock_irqsave(&lock);
    waitq_wake(&waiters, UINT32_MAX, ZX_OK);
    spin_unlock_irqrestore(&lock, flags);
    return true;
}

static void retake(void)
{
    hal_console_retake();
    atomic_store_explicit(&handed_over, false, memory_order_release);
}

void console_take_back(void)
{
    log_console_switch(retake);
    atomic_store_explicit(&claimed, false, memory_order_release);
    klog(LOG_INFO, "the console is the kernel's again"); // and what was not shown meanwhile
}
