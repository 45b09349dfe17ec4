// SPDX-License-Identifier: MIT
// Console input (object/console_input.h): a ring filled by the UART's interrupt. With a full ring what comes stays in
// the device, which has a FIFO and, where the other end knows how, a way to hold it up.
//
//   C1 The line is masked from when the ring was found full (STOPPED) until a reader has made half of it free, and has
//      taken what stayed in the device (RESUMING): by then nobody else takes anything from there.
//   C2 From before the device is handed over until it is back (GONE) no reader touches it or its line.
#include <object/console_input.h>

#include <debug/log.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/spinlock.h>
#include <hal/upcall.h>
#include <object/log_object.h>
#include <object/settings.h>
#include <sched/wait.h>

LOCK_CLASS(console_input_class, RANK_IRQ_WORK, LOCK_SPIN_IRQ);

#define RING_SIZE 4096u // power of two; a screenful that is pasted fits without a stop

enum rx_state { RX_RUNNING, RX_STOPPED, RX_RESUMING, RX_GONE };

static struct spinlock lock = SPINLOCK_INIT(console_input_class);
static uint8_t ring[RING_SIZE];   // [lock]
static uint32_t head, tail;       // [lock] written, read; free-running
static struct waitq waiters;      // [lock]
static enum rx_state rx_state;    // [lock] C1, C2
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

bool kernel_console_room(void)
{
    spin_lock_irqsoff(&lock);
    bool room = head - tail < RING_SIZE;
    if (!room && rx_state != RX_GONE) {
        rx_state = RX_STOPPED;
        hal_console_rx_mask();
    }
    spin_unlock_irqsoff(&lock);
    return room;
}

// A reader has made room: C1.
static bool may_resume_locked(void) REQUIRES(lock)
{
    if (rx_state != RX_STOPPED || head - tail > RING_SIZE / 2)
        return false;
    rx_state = RX_RESUMING;
    return true;
}

static void resume(void)
{
    hal_console_rx_drain();
    unsigned long flags = spin_lock_irqsave(&lock);
    if (rx_state == RX_RESUMING) { // else the ring is full again
        rx_state = RX_RUNNING;
        hal_console_rx_unmask();
    }
    spin_unlock_irqrestore(&lock, flags);
}

// C2: waits for who takes what is in the device now.
static void set_gone(void)
{
    bool done = false;
    while (!done) {
        unsigned long flags = spin_lock_irqsave(&lock);
        done = rx_state != RX_RESUMING;
        if (done)
            rx_state = RX_GONE;
        spin_unlock_irqrestore(&lock, flags);
        if (!done)
            hal_cpu_relax();
    }
}

static void set_running(void)
{
    unsigned long flags = spin_lock_irqsave(&lock);
    rx_state = RX_RUNNING;
    spin_unlock_irqrestore(&lock, flags);
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
        bool resumes = have && may_resume_locked();
        spin_unlock_irqrestore(&lock, flags);
        if (resumes)
            resume();
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
    set_gone();
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
    set_running();
    hal_console_retake();
    atomic_store_explicit(&handed_over, false, memory_order_release);
}

void console_take_back(void)
{
    log_console_switch(retake);
    atomic_store_explicit(&claimed, false, memory_order_release);
    klog(LOG_INFO, "the console is the kernel's again"); // and what was not shown meanwhile
}
