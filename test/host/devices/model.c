// SPDX-License-Identifier: MIT
/*
 * The machine around the models: dispatch of accesses, and what the kernel gives to drivers.
 */
#include "model.h"

#include <arm64/mmio.h>
#include <arm64/probe.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <hal/irq.h>
#include <hal/mmu.h>
#include <hal/upcall.h>

#include <string.h>

#define MODELS_MAX 4
#define IRQ_LIMIT  100 // calls of a handler for one interrupt: more, and the line is stuck

static const struct model *models[MODELS_MAX];
static size_t model_count;
struct fixture model_tree;

static hal_irq_handler_fn irq_handler;
static void *irq_argument;
static bool irq_unmasked;
char model_received[256];
size_t model_received_bytes;
size_t model_room;

void model_reset(void)
{
    model_count = 0;
    irq_handler = NULL;
    irq_unmasked = false;
    model_received_bytes = 0;
    model_room = sizeof(model_received);
    memset(model_received, 0, sizeof(model_received));
    model_tick = NULL;
}

void model_add(const struct model *model)
{
    assert_true(model_count < MODELS_MAX);
    models[model_count++] = model;
}

// NULL: no device is there.
static const struct model *model_find(uintptr_t address)
{
    for (size_t i = 0; i < model_count; i++) {
        if (address >= models[i]->base && address - models[i]->base < models[i]->bytes)
            return models[i];
    }
    return NULL;
}

static const struct model *model_at(uintptr_t address, unsigned bytes, const char *what)
{
    const struct model *m = model_find(address);
    if (m == NULL)
        fail_msg("%s where there is no device: %#lx", what, (unsigned long)address);
    if (bytes != m->width || (address & (bytes - 1)) != 0)
        fail_msg("%s of %u bytes at %#lx", what, bytes, (unsigned long)address);
    return m;
}

uint32_t model_read(uintptr_t address, unsigned bytes)
{
    const struct model *m = model_at(address, bytes, "read");
    return m->read((uint32_t)(address - m->base));
}

void model_write(uintptr_t address, unsigned bytes, uint32_t value)
{
    const struct model *m = model_at(address, bytes, "write");
    m->write((uint32_t)(address - m->base), value);
}

bool arm64_probe_read(uintptr_t address, unsigned bytes, uint32_t *out)
{
    if (model_find(address) == NULL)
        return false;
    *out = model_read(address, bytes);
    return true;
}

zx_status_t model_bind(const char *path, enum fdt_driver_kind kind)
{
    struct fdt_node node = fixture_node(&model_tree, path);
    const struct fdt_driver *driver = fdt_driver_for_node(&model_tree.tree, node, kind);
    assert_non_null(driver);
    return driver->init(&model_tree.tree, node);
}

void model_console(const char *path)
{
    console_set_phase(CONSOLE_EARLY);
    assert_int_equal(model_bind(path, FDT_DRIVER_UART), ZX_OK);
    console_set_phase(CONSOLE_FINAL);
    assert_int_equal(model_bind(path, FDT_DRIVER_UART), ZX_OK);
    assert_true(console_present());
    model_console_input(hal_console_rx_start());
}

void model_console_input(zx_status_t started)
{
    assert_int_equal(started, ZX_OK);
    assert_false(irq_unmasked);
    kernel_console_rx();
    hal_console_rx_unmask();
    assert_true(irq_unmasked);
}

void model_interrupt(bool (*asserted)(void))
{
    assert_non_null(irq_handler);
    for (unsigned calls = 0; asserted(); calls++) {
        if (calls == IRQ_LIMIT)
            fail_msg("the interrupt stays asserted");
        irq_handler(irq_argument);
    }
}

// ---- what drivers ask of the kernel ----

// Devices lie at their physical addresses.
void *hal_kernel_map(paddr_t pa, size_t bytes, unsigned prot)
{
    assert_true(bytes > 0);
    assert_int_equal(prot, HAL_PROT_READ | HAL_PROT_WRITE | HAL_MEM_DEVICE);
    return (void *)(uintptr_t)pa; // never followed: mmio.h takes it apart again
}

zx_status_t hal_irq_register(unsigned irq, enum hal_irq_mode mode, hal_irq_handler_fn fn, void *arg)
{
    (void)irq;
    (void)mode;
    irq_handler = fn;
    irq_argument = arg;
    irq_unmasked = false;
    return ZX_OK;
}

void hal_irq_unregister(unsigned irq)
{
    (void)irq;
    irq_handler = NULL;
    irq_unmasked = false;
}

bool model_line_is_masked(void)
{
    return !irq_unmasked;
}

void hal_irq_unmask(unsigned irq)
{
    (void)irq;
    irq_unmasked = true;
}

void hal_irq_mask(unsigned irq)
{
    (void)irq;
    irq_unmasked = false;
}

// As the kernel's: without room it has the line masked.
void kernel_console_rx(void)
{
    const size_t end = MIN(model_room, sizeof(model_received) - 1);

    model_received_bytes += hal_console_rx_take((uint8_t *)model_received + model_received_bytes,
                                                end - model_received_bytes);
    if (model_received_bytes == model_room)
        hal_console_rx_mask();
}
