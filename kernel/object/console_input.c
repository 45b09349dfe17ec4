// SPDX-License-Identifier: MIT
// Console input (object/console_input.h): a ring filled by the UART's interrupt. With a full ring what comes stays in
// the device, which has a FIFO and, where the other end knows how, a way to hold it up.
//
//   C1 The device is read, and its line masked and unmasked, with `lock` held: by its interrupt, or by a reader who has
//      made room. The line is masked from when the ring was found full (STOPPED) until half of it is free and what
//      stayed in the device has been taken.
//   C2 From before the device is handed over until it is back (GONE) nobody does so, but for masking the line: its
//      handler may run until it is unbound.
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

enum rx_state { RX_GONE, RX_STOPPED, RX_RUNNING };

static struct spinlock lock = SPINLOCK_INIT(console_input_class);
static uint8_t ring[RING_SIZE];   // [lock]
static uint32_t head, tail;       // [lock] written, read; free-running
static struct waitq waiters;      // [lock]
static enum rx_state rx_state;    // [lock] C1, C2; GONE: also where there is no input
static atomic_bool claimed;       // somebody has the console, or is about to
static atomic_bool handed_over;   // changed while nothing is written

// Takes what the device has, as far as there is room, and masks or unmasks the line as C1 says.
static void pump_locked(void) REQUIRES(lock)
{
    uint32_t room, got = 0;

    while ((room = RING_SIZE - (head - tail)) != 0) {
        uint32_t at = head & (RING_SIZE - 1), in_a_row = MIN(room, RING_SIZE - at);
        uint32_t n = (uint32_t)hal_console_rx_take(&ring[at], in_a_row);
        head += n;
        got += n;
        if (n < in_a_row)
            break;
    }
    if (room == 0) {
        rx_state = RX_STOPPED;
        hal_console_rx_mask();
    } else if (rx_state == RX_STOPPED) {
        rx_state = RX_RUNNING;
        hal_console_rx_unmask();
    }
    waitq_wake(&waiters, got, ZX_OK);
}

// The device is ours, its line bound and masked.
static void set_running(void)
{
    unsigned long flags = spin_lock_irqsave(&lock);
    rx_state = RX_STOPPED;
    pump_locked(); // what has come before: a PL011 may announce only the byte that makes an empty FIFO not empty
    spin_unlock_irqrestore(&lock, flags);
}

static void set_gone(void)
{
    unsigned long flags = spin_lock_irqsave(&lock);
    rx_state = RX_GONE;
    spin_unlock_irqrestore(&lock, flags);
}

void console_input_init(void)
{
    waitq_init(&waiters);
    zx_status_t status = hal_console_rx_start();
    if (status == ZX_OK)
        set_running();
    else // a console without input is still a console
        klog(LOG_WARN, "the console has no input (%d)", status);
}

void kernel_console_rx(void)
{
    spin_lock_irqsoff(&lock);
    if (rx_state == RX_GONE)
        hal_console_rx_mask(); // C2: what nobody takes would interrupt for ever
    else
        pump_locked();
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
        if (have && rx_state == RX_STOPPED && head - tail <= RING_SIZE / 2)
            pump_locked();
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
    if (hal_console_retake() == ZX_OK) // else there is no input
        set_running();
    atomic_store_explicit(&handed_over, false, memory_order_release);
}

void console_take_back(void)
{
    log_console_switch(retake);
    atomic_store_explicit(&claimed, false, memory_order_release);
    klog(LOG_INFO, "the console is the kernel's again"); // and what was not shown meanwhile
}
