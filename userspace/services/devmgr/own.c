// SPDX-License-Identifier: MIT
//
// What a node owns, and hence its driver: registers, interrupts, a way to do DMA, properties.
//
// Registers are protected by pages. The pages of a node, and its
// interrupts, are claimed with exclusive resources, so that the kernel itself sees to it that no
// two drivers share one.

#include <string.h>

#include "gifts.h"

#include <driver/handles.h>
#include <fdt/boot.h>
#include <libfdt.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/resource.h>

// A node with all its properties fits; one that does not is refused.
#define DESCRIPTION_BYTES 16384u

#define REGISTER_RIGHTS  (ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_MAP | ZX_RIGHT_TRANSFER)
#define INTERRUPT_RIGHTS (ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_WAIT | ZX_RIGHT_TRANSFER)

static uint64_t first_page(const struct registers *registers)
{
    return registers->base & ~(uint64_t)(DEVICE_PAGE - 1);
}

static uint64_t page_bytes(const struct registers *registers)
{
    uint64_t in_page = registers->base % DEVICE_PAGE;

    return (in_page + registers->size + DEVICE_PAGE - 1) & ~(uint64_t)(DEVICE_PAGE - 1);
}

bool own_is_memory(uint64_t base, uint64_t size)
{
    const struct registers registers = {.base = base, .size = size};
    const struct fdt_range pages = {.base = first_page(&registers), .bytes = page_bytes(&registers)};

    return fdt_overlaps_memory(&devmgr.tree, &pages);
}

// ---- claiming -----------------------------------------------------------------------------------

// An exclusive resource. ZX_ERR_ALREADY_BOUND: somebody has one that touches it.
static zx_status_t claim(const struct device *device, uint32_t kind, uint64_t base, uint64_t size,
                         zx_handle_t *out)
{
    zx_status_t status = zx_resource_create(devmgr.root_resource, kind | ZX_RSRC_FLAG_EXCLUSIVE,
                                            base, size, device->path, strlen(device->path), out);

    if (status != ZX_OK) {
        *out = ZX_HANDLE_INVALID;
    }
    return status == ZX_ERR_NOT_FOUND ? ZX_ERR_ALREADY_BOUND : status;
}

// Whether the kernel lets nobody have the pages: then no VMO of them can be made.
static bool kernel_keeps(const struct registers *registers)
{
    zx_handle_t vmo;
    zx_status_t status = zx_vmo_create_physical(devmgr.root_resource, first_page(registers),
                                                page_bytes(registers), &vmo);

    if (status == ZX_OK) {
        zx_handle_close(vmo);
    }
    return status == ZX_ERR_ACCESS_DENIED;
}

static zx_status_t claim_pages(struct device *device, struct registers *registers,
                               const char **out_reason)
{
    zx_status_t status = claim(device, ZX_RSRC_KIND_MMIO, first_page(registers),
                               page_bytes(registers), &registers->resource);

    *out_reason = "another driver has registers in its pages";
    if (status == ZX_ERR_ALREADY_BOUND && kernel_keeps(registers)) {
        *out_reason = "the kernel keeps its pages to itself";
        status = ZX_ERR_NOT_SUPPORTED;
    }
    return status;
}

static zx_status_t claim_registers(struct device *device, const char **out_reason)
{
    uint32_t count = 0;
    zx_status_t status = fdt_node_reg_count(&devmgr.tree, device->node, &count);

    *out_reason = "its registers cannot be understood";
    if (status == ZX_ERR_NOT_FOUND) {
        return ZX_OK; // it has none
    }
    for (uint32_t i = 0; status == ZX_OK && i < count && i < DEVICE_MAX_REGISTERS; i++) {
        struct registers *registers = &device->registers[i];
        struct fdt_range range;

        *out_reason = "its registers cannot be understood";
        status = fdt_node_reg(&devmgr.tree, device->node, i, &range);
        if (status == ZX_OK && (range.bytes == 0 || range.bytes > UINT32_MAX)) {
            status = ZX_ERR_NOT_SUPPORTED;
        }
        if (status != ZX_OK) {
            break;
        }
        registers->base = range.base;
        registers->size = range.bytes;
        *out_reason = "its registers lie in memory";
        if (own_is_memory(range.base, range.bytes)) {
            status = ZX_ERR_NOT_SUPPORTED;
            break;
        }
        status = claim_pages(device, registers, out_reason);
        device->register_count += status == ZX_OK;
    }
    return status;
}

static zx_status_t claim_interrupt(struct device *device, uint32_t index, const char **out_reason)
{
    struct fdt_irq *irq = &device->interrupts[index].irq;
    zx_status_t status = fdt_node_irq(&devmgr.tree, device->node, index, irq);

    if (status == ZX_OK) {
        *out_reason = "another driver has its interrupt";
        status =
            claim(device, ZX_RSRC_KIND_IRQ, irq->intid, 1, &device->interrupts[index].resource);
    }
    device->interrupt_count += status == ZX_OK;
    return status;
}

static zx_status_t claim_interrupts(struct device *device, const char **out_reason)
{
    uint32_t count = 0;
    zx_status_t status = ZX_ERR_NOT_FOUND;

    *out_reason = "its interrupts cannot be understood";
    if ((device->driver->rights & (PLAN_INTERRUPTS | PLAN_HAND_OVER)) != 0) {
        status = fdt_node_interrupt_count(&devmgr.tree, device->node, &count);
    }
    if (status == ZX_ERR_NOT_FOUND) {
        return ZX_OK;
    }
    for (uint32_t i = 0; status == ZX_OK && i < count && i < DEVICE_MAX_INTERRUPTS; i++) {
        status = claim_interrupt(device, i, out_reason);
    }
    return status;
}

static zx_status_t claim_dma(struct device *device, const char **out_reason)
{
    *out_reason = "no DMA";
    if ((device->driver->rights & PLAN_DMA) == 0) {
        return ZX_OK;
    }
    if (devmgr.iommu == ZX_HANDLE_INVALID) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    return zx_bti_create(devmgr.iommu, 0, (uint64_t)(uint32_t)device->node.offset, &device->bti);
}

zx_status_t own_claim(struct device *device, const char **out_reason)
{
    if (device->claimed) {
        return ZX_OK;
    }
    zx_status_t status = claim_registers(device, out_reason);

    if (status == ZX_OK) {
        status = claim_interrupts(device, out_reason);
    }
    if (status == ZX_OK) {
        status = claim_dma(device, out_reason);
    }
    device->claimed = status == ZX_OK;
    if (device->claimed) {
        return ZX_OK;
    }
    // Next time from the start.
    while (device->register_count != 0) {
        close_handle(&device->registers[--device->register_count].resource);
    }
    while (device->interrupt_count != 0) {
        close_handle(&device->interrupts[--device->interrupt_count].resource);
    }
    return status;
}

// ---- giving -------------------------------------------------------------------------------------

zx_status_t own_make_registers(const struct device *device, uint32_t index, zx_handle_t *out)
{
    zx_handle_t vmo;

    if (index >= device->register_count) {
        return ZX_ERR_NOT_FOUND;
    }
    const struct registers *registers = &device->registers[index];
    zx_status_t status = zx_vmo_create_physical(registers->resource, first_page(registers),
                                                page_bytes(registers), &vmo);

    if (status != ZX_OK) {
        return status;
    }
    status = zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE);
    if (status != ZX_OK) {
        zx_handle_close(vmo);
        return status;
    }
    return zx_handle_replace(vmo, REGISTER_RIGHTS, out); // closed if that fails
}

static zx_status_t give_registers(const struct device *device, uint32_t index, struct gifts *gifts)
{
    zx_handle_t vmo;
    zx_status_t status = own_make_registers(device, index, &vmo);

    if (status == ZX_OK) {
        gifts_add(gifts, vmo, PA_HND(DRIVER_HANDLE_REGISTERS, index));
    }
    return status;
}

// The mode of an interrupt object. The GIC takes no line that is active when low: what a tree calls
// so is inverted on its way, or the tree is wrong, and the line is taken as it comes.
static uint32_t interrupt_mode(enum fdt_trigger trigger)
{
    switch (trigger) {
    case FDT_TRIGGER_EDGE_RISING:
    case FDT_TRIGGER_EDGE_FALLING: return ZX_INTERRUPT_MODE_EDGE_HIGH;
    default: return ZX_INTERRUPT_MODE_LEVEL_HIGH;
    }
}

zx_status_t own_make_interrupt(const struct device *device, uint32_t index, zx_handle_t *out)
{
    if (index >= device->interrupt_count) {
        return ZX_ERR_NOT_FOUND;
    }
    const struct fdt_irq *irq = &device->interrupts[index].irq;
    zx_status_t status = zx_interrupt_create(device->interrupts[index].resource, irq->intid,
                                             interrupt_mode(irq->trigger), out);

    return status == ZX_OK ? zx_handle_replace(*out, INTERRUPT_RIGHTS, out) : status;
}

static zx_status_t give_interrupt(const struct device *device, uint32_t index, struct gifts *gifts)
{
    zx_handle_t interrupt;
    zx_status_t status = own_make_interrupt(device, index, &interrupt);

    if (status == ZX_OK) {
        gifts_add(gifts, interrupt, PA_HND(DRIVER_HANDLE_INTERRUPT, index));
    }
    return status;
}

static zx_status_t give_bti(const struct device *device, struct gifts *gifts)
{
    zx_handle_t copy;
    zx_status_t status;

    if (device->bti == ZX_HANDLE_INVALID) {
        return ZX_OK;
    }
    status = zx_handle_duplicate(device->bti, ZX_RIGHT_SAME_RIGHTS, &copy);
    if (status == ZX_OK) {
        gifts_add(gifts, copy, PA_HND(DRIVER_HANDLE_BTI, 0));
    }
    return status;
}

zx_status_t own_give(struct device *device, struct gifts *gifts, const char **out_reason)
{
    zx_status_t status = ZX_OK;

    const bool late = (device->driver->rights & PLAN_HAND_OVER) != 0;

    for (uint32_t i = 0; status == ZX_OK && !late && i < device->register_count; i++) {
        status = give_registers(device, i, gifts);
        *out_reason = status == ZX_ERR_UNAVAILABLE ? "the kernel has the console's registers"
                                                   : "its registers cannot be given";
    }
    for (uint32_t i = 0; status == ZX_OK && !late && i < device->interrupt_count; i++) {
        *out_reason = "its interrupts cannot be had";
        status = give_interrupt(device, i, gifts);
    }
    if (status == ZX_OK) {
        *out_reason = "no DMA";
        status = give_bti(device, gifts);
    }
    return status;
}

// ---- describing ---------------------------------------------------------------------------------

static int describe_properties(void *out, struct fdt_node node)
{
    int property, error = 0;

    fdt_for_each_property_offset(property, devmgr.tree.blob, node.offset)
    {
        const char *name;
        int size;
        const void *value = fdt_getprop_by_offset(devmgr.tree.blob, property, &name, &size);

        error = value != NULL && error == 0 ? fdt_property(out, name, value, size) : error;
    }
    return error;
}

// Where in the VMOs its registers are.
static int describe_registers(void *out, const struct device *device)
{
    fdt64_t cells[2 * DEVICE_MAX_REGISTERS];

    for (uint32_t i = 0; i < device->register_count; i++) {
        cells[2 * i] = cpu_to_fdt64(device->registers[i].base % DEVICE_PAGE);
        cells[2 * i + 1] = cpu_to_fdt64(device->registers[i].size);
    }
    return fdt_property(out, DRIVER_PROPERTY_REGISTERS, cells,
                        (int)(device->register_count * 2 * sizeof(cells[0])));
}

zx_status_t own_describe(struct device *device, zx_handle_t *out)
{
    static _Alignas(8) char blob[DESCRIPTION_BYTES];
    int error = fdt_create(blob, sizeof(blob));

    error = error == 0 ? fdt_finish_reservemap(blob) : error;
    error = error == 0 ? fdt_begin_node(blob, "") : error;
    error = error == 0 ? describe_properties(blob, device->node) : error;
    error = error == 0 ? describe_registers(blob, device) : error;
    error = error == 0 ? fdt_end_node(blob) : error;
    error = error == 0 ? fdt_finish(blob) : error;
    if (error != 0) {
        return ZX_ERR_NO_RESOURCES;
    }
    zx_status_t status = zx_vmo_create(fdt_totalsize(blob), 0, out);

    if (status == ZX_OK) {
        status = zx_vmo_write(*out, blob, 0, fdt_totalsize(blob));
        if (status != ZX_OK) {
            close_handle(out);
        }
    }
    return status;
}
