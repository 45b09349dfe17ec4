// SPDX-License-Identifier: MIT
// Interrupt dispatch: from the controller to handlers, IPIs and the timer.
//
// Interface: <hal/irq.h>, <irq/irq.h>.
// Locks: [R] irq_table_lock (rank IRQ_TABLE) for binding; dispatch takes none. A line's `handler`
// and `arg` are published by the store of `handler`; unregistering stores NULL and then waits until
// `running` is 0. Both sides use sequentially consistent accesses: either the dispatcher sees NULL
// or the other side sees it running.
#include <irq/irq.h>

#include <fdt/driver.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/spinlock.h>
#include <hal/upcall.h>

LOCK_CLASS(irq_table_class, RANK_IRQ_TABLE, LOCK_SPIN_IRQ);
static struct spinlock irq_table_lock = SPINLOCK_INIT(irq_table_class);

struct irq_line {
    _Atomic(hal_irq_handler_fn) handler; // [a] NULL: not bound. Written under [R]
    void *arg;                           // [R] fixed while handler is set
    atomic_uint running;                 // [a] CPUs inside the handler
    uint32_t reserved[3];                // a power of two is found without a division
};
_Static_assert((sizeof(struct irq_line) & (sizeof(struct irq_line) - 1)) == 0, "the same");

// Lines by INTID, in pages that are made on first use.
#define LINES_PER_PAGE ((unsigned)(PAGE_SIZE / sizeof(struct irq_line)))
#define LINE_PAGES     (IRQ_SPURIOUS / LINES_PER_PAGE + 1)

static struct irqchip_ops chip;                           // [I] after irq_init
static unsigned intid_count;                              // [I]
static _Atomic(struct irq_line *) line_pages[LINE_PAGES]; // [a] set once, under [R]
static void (*private_handlers[IRQ_PRIVATE_COUNT])(void); // [I] before other CPUs start
static const char *private_names[IRQ_PRIVATE_COUNT];      // [I] the same

// How irq_dispatch() takes an interrupt: as the controller does, or as watched_acknowledge(). So nobody pays
// for watching who is not watched.
static uint32_t (*_Atomic acknowledge)(void);         // [a]
static const struct hal_irq_watcher *_Atomic watcher; // [a] set before the above is
static atomic_uint under_way[MAX_CPUS];               // [a] what the CPU has taken and `watcher` knows, + 1

void irqchip_attach(const struct irqchip_ops *ops, unsigned count)
{
    chip = *ops;
    intid_count = MIN(count, IRQ_SPURIOUS);
    atomic_store_explicit(&acknowledge, ops->acknowledge, memory_order_relaxed);
}

zx_status_t irq_init(struct fdt_tree *tree)
{
    return fdt_driver_init_first(tree, FDT_DRIVER_IRQCHIP, NULL);
}

zx_status_t irq_cpu_init(unsigned cpu)
{
    zx_status_t status = chip.cpu_init(cpu);
    if (status != ZX_OK)
        return status;
    for (unsigned sgi = 0; sgi < HAL_IPI_COUNT; sgi++)
        chip.unmask(sgi);
    return ZX_OK;
}

void irq_cpu_stop(void)
{
    chip.cpu_stop();
}

void irq_private_register(unsigned intid, const char *name, void (*handler)(void))
{
    private_handlers[intid] = handler;
    private_names[intid] = name;
}

void irq_private_unmask(unsigned intid)
{
    chip.unmask(intid);
}

unsigned irq_take(void)
{
    uint32_t token = chip.acknowledge();
    unsigned intid = IRQ_TOKEN_INTID(token);

    if (intid < IRQ_SPURIOUS || intid >= IRQ_EXTENDED)
        chip.end(token);
    return intid;
}

void irq_send(unsigned cpu, unsigned sgi)
{
    chip.send(cpu, sgi);
}

static struct irq_line *line_of(unsigned intid)
{
    struct irq_line *page =
        atomic_load_explicit(&line_pages[intid / LINES_PER_PAGE], memory_order_acquire);
    return page == NULL ? NULL : &page[intid % LINES_PER_PAGE];
}

// Runs the handler of a shared interrupt. One without a handler is masked: a level line would come
// back for ever.
static void run_line(unsigned intid)
{
    struct irq_line *line = line_of(intid);
    hal_irq_handler_fn handler = NULL;

    if (line != NULL) {
        atomic_fetch_add(&line->running, 1);
        handler = atomic_load(&line->handler);
        if (handler != NULL)
            handler(line->arg);
        atomic_fetch_sub(&line->running, 1);
    }
    if (handler == NULL) {
        // Whoever binds the line meanwhile has done so, or unmasks it after this.
        spin_lock_irqsoff(&irq_table_lock);
        if (line == NULL || atomic_load(&line->handler) == NULL)
            chip.mask(intid);
        spin_unlock_irqsoff(&irq_table_lock);
    }
}

// irq_dispatch() asks for the next one when it has handled the last.
static uint32_t watched_acknowledge(void)
{
    const struct hal_irq_watcher *w = atomic_load_explicit(&watcher, memory_order_acquire);
    atomic_uint *mine = &under_way[hal_cpu_num()];
    unsigned last = atomic_load_explicit(mine, memory_order_relaxed);

    if (unlikely(w == NULL)) // it was set before we were, but not for this CPU's eyes yet
        return chip.acknowledge();
    if (last != 0)
        w->left(last - 1);
    const uint32_t token = chip.acknowledge();
    const unsigned intid = IRQ_TOKEN_INTID(token);
    bool real = intid < IRQ_SPURIOUS;
    if (real)
        w->entered(intid);
    atomic_store_explicit(mine, real ? intid + 1 : 0, memory_order_relaxed);
    return token;
}

void irq_dispatch(void)
{
    for (;;) {
        const uint32_t token = atomic_load_explicit(&acknowledge, memory_order_relaxed)();
        const unsigned intid = IRQ_TOKEN_INTID(token);
        if (intid >= IRQ_SPURIOUS) {
            if (likely(intid < IRQ_EXTENDED))
                return;
            // Nobody's, but what is not ended holds back all of its priority: that is every line.
        } else if (intid >= IRQ_PRIVATE_COUNT) {
            run_line(intid);
        } else if (intid < HAL_IPI_COUNT) {
            // Ended first: a handler that stops the CPU leaves nothing active.
            chip.end(token);
            kernel_ipi(intid);
            continue;
        } else if (private_handlers[intid] != NULL) {
            private_handlers[intid]();
        } else {
            run_line(intid);
        }
        chip.end(token);
    }
}

// ---- <hal/irq.h> --------------------------------------------------------------------------------

bool hal_irq_valid(unsigned irq)
{
    return irq >= HAL_IPI_COUNT && irq < intid_count &&
           (irq >= IRQ_PRIVATE_COUNT || private_handlers[irq] == NULL);
}

// Makes the page that holds a line, if it is missing.
static zx_status_t line_page_make(unsigned irq)
{
    if (line_of(irq) != NULL)
        return ZX_OK;
    paddr_t pa = kernel_table_page_alloc();
    if (pa == 0)
        return ZX_ERR_NO_MEMORY;
    unsigned long flags = spin_lock_irqsave(&irq_table_lock);
    bool used = line_of(irq) == NULL;
    if (used)
        atomic_store_explicit(&line_pages[irq / LINES_PER_PAGE],
                              (struct irq_line *)hal_phys_to_virt(pa), memory_order_release);
    spin_unlock_irqrestore(&irq_table_lock, flags);
    if (!used)
        kernel_table_page_free(pa);
    return ZX_OK;
}

static zx_status_t check_mode(unsigned irq, enum hal_irq_mode mode)
{
    if (mode == HAL_IRQ_MODE_DEFAULT)
        return ZX_OK;
    zx_status_t status = chip.can_set_edge(irq);
    if (status == ZX_OK && mode != HAL_IRQ_EDGE_RISING && mode != HAL_IRQ_LEVEL_HIGH)
        status = ZX_ERR_NOT_SUPPORTED; // a GIC has no inverted lines
    return status;
}

// Private lines are the kernel's, or of no use to a handler that may run on any CPU.
static zx_status_t check_owner(unsigned irq)
{
    if (irq < IRQ_SGI_COUNT || (irq < IRQ_PRIVATE_COUNT && private_handlers[irq] != NULL))
        return ZX_ERR_ALREADY_BOUND;
    return irq < IRQ_PRIVATE_COUNT ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
}

zx_status_t hal_irq_register(unsigned irq, enum hal_irq_mode mode, hal_irq_handler_fn fn, void *arg)
{
    if (irq >= intid_count)
        return ZX_ERR_OUT_OF_RANGE;
    zx_status_t status = check_mode(irq, mode);
    if (status == ZX_OK)
        status = check_owner(irq);
    if (status == ZX_OK)
        status = line_page_make(irq);
    if (status != ZX_OK)
        return status;

    struct irq_line *line = line_of(irq);
    unsigned long flags = spin_lock_irqsave(&irq_table_lock);
    if (atomic_load(&line->handler) != NULL) {
        status = ZX_ERR_ALREADY_BOUND;
    } else {
        chip.mask(irq);
        if (mode != HAL_IRQ_MODE_DEFAULT)
            chip.set_edge(irq, mode == HAL_IRQ_EDGE_RISING);
        line->arg = arg;
        atomic_store(&line->handler, fn);
    }
    spin_unlock_irqrestore(&irq_table_lock, flags);
    return status;
}

void hal_irq_unregister(unsigned irq)
{
    struct irq_line *line = hal_irq_valid(irq) ? line_of(irq) : NULL;

    if (line == NULL)
        return;
    unsigned long flags = spin_lock_irqsave(&irq_table_lock);
    chip.mask(irq);
    atomic_store(&line->handler, (hal_irq_handler_fn)NULL);
    spin_unlock_irqrestore(&irq_table_lock, flags);
    while (atomic_load(&line->running) != 0)
        hal_cpu_relax();
}

void hal_irq_mask(unsigned irq)
{
    chip.mask(irq);
}

void hal_irq_unmask(unsigned irq)
{
    chip.unmask(irq);
}

bool hal_irq_pending(unsigned irq)
{
    return chip.pending(irq);
}

void hal_irq_watch(const struct hal_irq_watcher *w)
{
    if (w == NULL) {
        atomic_store_explicit(&acknowledge, chip.acknowledge, memory_order_relaxed);
        return;
    }
    // What was under way when watching ended has been left since.
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
        atomic_store_explicit(&under_way[cpu], 0, memory_order_relaxed);
    atomic_store_explicit(&watcher, w, memory_order_relaxed);
    atomic_store_explicit(&acknowledge, watched_acknowledge, memory_order_release);
}

const char *hal_irq_name(unsigned irq)
{
    static const char *const ipis[HAL_IPI_COUNT] = {
        [HAL_IPI_RESCHEDULE] = "reschedule",
        [HAL_IPI_CALL] = "call",
        [HAL_IPI_HALT] = "halt",
    };
    if (irq < HAL_IPI_COUNT)
        return ipis[irq];
    return irq < IRQ_PRIVATE_COUNT ? private_names[irq] : NULL;
}
