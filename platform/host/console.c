// SPDX-License-Identifier: MIT
// Console, power, firmware and entropy of the host machine. Output goes to a ring that failure reports and
// tests read (and to stderr when verbose); input comes from host_console_input.
#include "machine.h"

#include <hal/console.h>
#include <hal/firmware.h>
#include <hal/irq.h>
#include <hal/upcall.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 32768u
#define INPUT_MAX 16384u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char text[TEXT_MAX];
static size_t text_used;
static char input[INPUT_MAX];
static size_t input_head, input_count;
static bool input_on;
static atomic_bool masked; // the line
static atomic_bool taking; // somebody reads the device
static bool released; // a driver outside of the kernel has the device
static uint64_t entropy_state;

void host_console_reset(void)
{
    text_used = 0;
    text[0] = '\0';
    input_head = input_count = 0;
    input_on = released = false;
    atomic_store(&masked, true);
    atomic_store(&taking, false);
    entropy_state = host.config.seed ^ 0xe2f0u;
}

void hal_console_write(const char *s, size_t len)
{
    pthread_mutex_lock(&lock);
    if (released)
        len = 0;
    if (len >= TEXT_MAX / 2) {
        s += len - TEXT_MAX / 2 + 1;
        len = TEXT_MAX / 2 - 1;
    }
    if (text_used + len >= TEXT_MAX) {
        memmove(text, text + TEXT_MAX / 2, text_used - MIN(text_used, TEXT_MAX / 2));
        text_used -= MIN(text_used, TEXT_MAX / 2);
    }
    memcpy(text + text_used, s, len);
    text_used += len;
    text[text_used] = '\0';
    if (host.config.verbose)
        fwrite(s, 1, len, stderr);
    pthread_mutex_unlock(&lock);
}

void hal_console_panic(void)
{
}

bool hal_console_irq(unsigned *out_irq)
{
    *out_irq = HOST_CONSOLE_IRQ;
    return true;
}

static void set_released(bool value)
{
    pthread_mutex_lock(&lock);
    released = value;
    input_on = !value;
    atomic_store(&masked, true); // of the line, which is unbound now or bound anew
    pthread_mutex_unlock(&lock);
}

void hal_console_release(void)
{
    hal_preempt_point();
    set_released(true);
    hal_irq_unregister(HOST_CONSOLE_IRQ);
}

bool hal_console_holds(paddr_t first, paddr_t last)
{
    pthread_mutex_lock(&lock);
    bool holds = !released && first <= HOST_CONSOLE_REGISTERS && last >= HOST_CONSOLE_REGISTERS;
    pthread_mutex_unlock(&lock);
    return holds;
}

zx_status_t hal_console_retake(void)
{
    set_released(false);
    return hal_console_rx_start();
}

const char *host_console_text(void)
{
    return text;
}

unsigned host_console_count(const char *s)
{
    unsigned count = 0;

    pthread_mutex_lock(&lock);
    for (const char *at = text; (at = strstr(at, s)) != NULL; at += strlen(s))
        count++;
    pthread_mutex_unlock(&lock);
    return count;
}

size_t host_console_find(const char *s)
{
    pthread_mutex_lock(&lock);
    const char *at = strstr(text, s);
    size_t result = at != NULL ? (size_t)(at - text) : SIZE_MAX;
    pthread_mutex_unlock(&lock);
    return result;
}

// Input comes from host_console_input; the line is there to be owned.
static void no_line(void *arg)
{
    (void)arg;
}

zx_status_t hal_console_rx_start(void)
{
    pthread_mutex_lock(&lock);
    input_on = true;
    pthread_mutex_unlock(&lock);
    return hal_irq_register(HOST_CONSOLE_IRQ, HAL_IRQ_LEVEL_HIGH, no_line, NULL);
}

// Raises the line: what is there is taken by CPU 0.
static void raise_line(void)
{
    struct vcpu *v = &host.cpus[0];

    host_tsan_release(&v->pending);
    atomic_fetch_or(&v->pending, VIRQ_CONSOLE);
    vcpu_wake(v);
}

void hal_console_rx_mask(void)
{
    atomic_store(&masked, true);
}

void hal_console_rx_unmask(void)
{
    atomic_store(&masked, false);
    raise_line();
}

// A real device would give one byte twice, or none, to two who read at once; and is somebody else's while released.
size_t hal_console_rx_take(uint8_t *out, size_t max)
{
    size_t n = 0;

    if (atomic_exchange(&taking, true))
        host_fail(HOST_BROKEN, "two read the console's device at once");
    for (unsigned i = 0; i < 32; i++) // a device is slow
        hal_preempt_point();
    pthread_mutex_lock(&lock);
    bool ours = input_on;
    for (; n < max && input_count > 0; n++, input_count--) {
        out[n] = (uint8_t)input[input_head];
        input_head = (input_head + 1) % INPUT_MAX;
    }
    pthread_mutex_unlock(&lock);
    if (!ours)
        host_fail(HOST_BROKEN, "the kernel reads a console that it has handed over");
    atomic_store(&taking, false);
    return n;
}

void host_console_input(const char *bytes, size_t len)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < len && input_count < INPUT_MAX; i++, input_count++)
        input[(input_head + input_count) % INPUT_MAX] = bytes[i];
    pthread_mutex_unlock(&lock);
    raise_line();
}

bool host_console_input_taken(void)
{
    pthread_mutex_lock(&lock);
    bool taken = input_count == 0;
    pthread_mutex_unlock(&lock);
    return taken;
}

// A level line: it comes again until what is there has been taken, or it is masked.
static bool line_stands(void)
{
    pthread_mutex_lock(&lock);
    bool stands = input_on && input_count > 0 && !atomic_load(&masked);
    pthread_mutex_unlock(&lock);
    return stands;
}

void host_console_dispatch(void)
{
    while (line_stands())
        kernel_console_rx();
}

static void (*firmware)(struct hal_smc *call);

void host_set_firmware(void (*fn)(struct hal_smc *call))
{
    firmware = fn;
}

zx_status_t hal_smc_call(struct hal_smc *call)
{
    if (firmware == NULL)
        return ZX_ERR_NOT_SUPPORTED;
    firmware(call);
    return ZX_OK;
}

static bool power_stays; // host_refuse_power()

void host_refuse_power(void)
{
    power_stays = true;
}

zx_status_t hal_power_off(void)
{
    if (power_stays)
        return ZX_ERR_NOT_SUPPORTED;
    host_finish(HOST_POWER_OFF);
}

zx_status_t hal_power_reboot(void)
{
    if (power_stays)
        return ZX_ERR_NOT_SUPPORTED;
    host_finish(HOST_POWER_OFF);
}

size_t hal_entropy(void *buf, size_t len)
{
    uint8_t *bytes = buf;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)host_mix(&entropy_state);
    pthread_mutex_unlock(&lock);
    return len;
}
