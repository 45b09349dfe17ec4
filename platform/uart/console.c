// SPDX-License-Identifier: MIT
// The console: output by polling, from the first C line to the panic screen; input by interrupt.
//
// Interface: <uart/uart.h>, <hal/console.h>. Locks: console_lock (rank CONSOLE) around a few bytes
// of output, taken only at the final address and not after hal_console_panic(). Input takes no
// lock: the kernel calls hal_console_rx_take() with one of its own.
#include <uart/uart.h>

#include <arm64/device.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/irq.h>
#include <hal/mmu.h>
#include <hal/spinlock.h>
#include <hal/upcall.h>

LOCK_CLASS(console_lock_class, RANK_CONSOLE, LOCK_SPIN_IRQ);

static struct spinlock console_lock = SPINLOCK_INIT(console_lock_class);
static struct uart console;        // [I] per phase
static struct fdt_range mapped;    // [I] per phase
static enum console_phase phase;   // [I] after boot
static atomic_bool console_forced; // [a] a panic owns the console
static bool released;              // [console_lock] a driver outside of the kernel owns it

void console_set_phase(enum console_phase next)
{
    phase = next;
    console.ops = NULL; // addresses of the former phase are void
}

uintptr_t console_map(const struct fdt_range *regs)
{
    mapped = *regs;
    if (phase == CONSOLE_EARLY)
        return regs->base;
    return (uintptr_t)hal_kernel_map(regs->base, regs->bytes,
                                     HAL_PROT_READ | HAL_PROT_WRITE | HAL_MEM_DEVICE);
}

zx_status_t console_open(struct fdt_tree *tree, struct fdt_node node,
                         const struct uart_registers *registers, struct fdt_uart *info,
                         uintptr_t *base)
{
    zx_status_t status = fdt_read_uart(tree, node, info);
    if (status != ZX_OK)
        return status;
    if (info->reg_shift == 0)
        info->reg_shift = registers->shift;
    if (info->reg_io_width != 4)
        info->reg_io_width = registers->width;
    uint64_t bytes = (uint64_t)registers->count << info->reg_shift;
    if (info->regs.bytes < bytes) {
        fdt_report(tree, node, "reg", "too small for the device's registers");
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    const struct fdt_range used = {.base = info->regs.base, .bytes = bytes};
    status = device_check_range(tree, node, &used);
    if (status != ZX_OK)
        return status;
    *base = console_map(&used);
    if (*base == 0) {
        fdt_report(tree, node, "reg", "cannot be mapped");
        return ZX_ERR_NO_MEMORY;
    }
    return device_check_register(tree, node, *base + (registers->status << info->reg_shift),
                                 info->reg_io_width);
}

void console_attach(const struct uart_ops *ops, uintptr_t base, uint32_t reg_shift,
                    uint32_t io_width, const struct fdt_uart *node)
{
    console.base = base;
    console.reg_shift = reg_shift;
    console.io_width = io_width;
    console.has_irq = node != NULL && node->has_irq;
    if (console.has_irq)
        console.irq = node->irq;
    console.ops = ops;
}

bool console_present(void)
{
    return console.ops != NULL;
}

struct fdt_range console_regs(void)
{
    return console.ops != NULL ? mapped : (struct fdt_range){0};
}

// Bytes of one hold of the lock: at 115,200 baud a byte takes 87 us, with interrupts off.
#define BYTES_PER_HOLD 8u

// Polls for room before a byte is given up: a UART without clock must not hang the kernel.
#define PUT_POLLS 1000000u

// Waits for room, though not for ever; where none came in that time, the next byte gets one look.
static void console_put(uint8_t byte)
{
    static bool stuck; // written by whoever may write to the device
    unsigned polls = stuck ? 1 : PUT_POLLS;

    stuck = true;
    while (stuck && polls-- > 0)
        stuck = !console.ops->ready(&console);
    console.ops->put(&console, byte);
}

static void console_put_all(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\n')
            console_put('\r');
        console_put((uint8_t)s[i]);
    }
}

void hal_console_write(const char *s, size_t len)
{
    if (console.ops == NULL)
        return;
    if (phase == CONSOLE_EARLY || atomic_load_explicit(&console_forced, memory_order_relaxed)) {
        console_put_all(s, len);
        return;
    }
    while (len > 0) {
        size_t n = MIN(len, (size_t)BYTES_PER_HOLD);
        unsigned long flags = spin_lock_irqsave(&console_lock);
        if (!released)
            console_put_all(s, n);
        spin_unlock_irqrestore(&console_lock, flags);
        s += n;
        len -= n;
    }
}

// The driver may have left the device in any state.
static void recover(void)
{
    if (console.ops->recover != NULL)
        console.ops->recover(&console);
}

void hal_console_panic(void)
{
    bool before = atomic_exchange_explicit(&console_forced, true, memory_order_relaxed);
    if (!before && released && console.ops != NULL)
        recover();
}

bool hal_console_irq(unsigned *out_irq)
{
    if (console.ops == NULL || !console.has_irq)
        return false;
    *out_irq = console.irq.intid;
    return true;
}

bool hal_console_holds(paddr_t first, paddr_t last)
{
    if (console.ops == NULL || first > mapped.base + mapped.bytes - 1 || last < mapped.base)
        return false;
    unsigned long flags = spin_lock_irqsave(&console_lock);
    bool holds = !released;
    spin_unlock_irqrestore(&console_lock, flags);
    return holds;
}

// The line is the kernel's. Changed by whoever hands the console over or takes it back, one at a time.
static bool rx_bound;

void hal_console_release(void)
{
    unsigned long flags = spin_lock_irqsave(&console_lock);
    released = true;
    spin_unlock_irqrestore(&console_lock, flags);
    if (rx_bound) // else it may be somebody else's
        hal_irq_unregister(console.irq.intid);
    rx_bound = false;
}

zx_status_t hal_console_retake(void)
{
    unsigned long flags = spin_lock_irqsave(&console_lock);
    released = false;
    recover();
    spin_unlock_irqrestore(&console_lock, flags);
    return hal_console_rx_start();
}

static void console_rx_irq(void *arg UNUSED)
{
    kernel_console_rx();
}

size_t hal_console_rx_take(uint8_t *out, size_t max)
{
    size_t n = 0;

    console.ops->rx_ack(&console); // first: a byte that arrives later interrupts again
    while (n < max && console.ops->get(&console, &out[n]))
        n++;
    return n;
}

void hal_console_rx_mask(void)
{
    hal_irq_mask(console.irq.intid);
}

void hal_console_rx_unmask(void)
{
    hal_irq_unmask(console.irq.intid);
}

// A UART's line is a level one unless its node says edge.
static enum hal_irq_mode irq_mode(void)
{
    bool edge = console.irq.trigger == FDT_TRIGGER_EDGE_RISING ||
                console.irq.trigger == FDT_TRIGGER_EDGE_FALLING;
    return edge ? HAL_IRQ_EDGE_RISING : HAL_IRQ_LEVEL_HIGH;
}

zx_status_t hal_console_rx_start(void)
{
    if (console.ops == NULL || !console.has_irq)
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status =
        hal_irq_register(console.irq.intid, irq_mode(), console_rx_irq, NULL);
    if (status != ZX_OK)
        return status;
    rx_bound = true;
    console.ops->rx_enable(&console);
    return ZX_OK;
}
