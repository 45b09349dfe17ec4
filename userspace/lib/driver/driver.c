// SPDX-License-Identifier: MIT
//
// What a driver was given; the interface is in driver/driver.h.

#define _GNU_SOURCE // program_invocation_short_name

#include <driver/driver.h>

#include <errno.h>
#include <stdio.h>

#include <driver/handles.h>
#include <libfdt.h>
#include <protocol/host.h>
#include <vfs/outgoing.h>
#include <vfs/table.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

// How long the device manager may take to answer.
#define PATIENCE ZX_SEC(60)

// The tree of one node that describes the device, mapped; NULL: there is none that is sound.
static const void *description(void)
{
    static const void *blob;
    zx_handle_t vmo;
    uint64_t size;
    zx_vaddr_t base;

    if (blob != NULL) {
        return blob;
    }
    vmo = zx_take_startup_handle(PA_HND(PA_VMO_KERNEL_FILE, 1));
    if (zx_vmo_get_size(vmo, &size) == ZX_OK &&
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, size, &base) == ZX_OK &&
        fdt_check_full((const void *)base, size) == 0) {
        blob = (const void *)base;
    }
    zx_handle_close(vmo);
    return blob;
}

// Where in its VMO range `index` begins, and its size. False: there is no such range.
static bool find_range(uint32_t index, uint64_t *out_offset, uint64_t *out_size)
{
    int size = 0;
    const fdt64_t *cells = description() != NULL
                               ? fdt_getprop(description(), 0, DRIVER_PROPERTY_REGISTERS, &size)
                               : NULL;

    if (cells == NULL || index >= (size_t)size / (2 * sizeof(*cells))) {
        return false;
    }
    *out_offset = fdt64_ld(&cells[2 * index]);
    *out_size = fdt64_ld(&cells[2 * index + 1]);
    return true;
}

static zx_status_t map_registers(zx_handle_t vmo, uint32_t index, size_t least,
                                 struct driver_registers *out)
{
    uint64_t offset, size, vmo_size;
    zx_vaddr_t base;

    if (vmo == ZX_HANDLE_INVALID || !find_range(index, &offset, &size)) {
        zx_handle_close(vmo);
        return ZX_ERR_NOT_FOUND;
    }
    zx_status_t status = zx_vmo_get_size(vmo, &vmo_size);

    if (status == ZX_OK && size < least) {
        status = ZX_ERR_BUFFER_TOO_SMALL;
    }
    if (status == ZX_OK) {
        status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
                             vmo_size, &base);
    }
    zx_handle_close(vmo);
    if (status == ZX_OK) {
        *out = (struct driver_registers){(volatile uint8_t *)(base + offset), size};
    }
    return status;
}

zx_status_t driver_map_registers(uint32_t index, size_t least, struct driver_registers *out)
{
    return map_registers(zx_take_startup_handle(PA_HND(DRIVER_HANDLE_REGISTERS, index)), index,
                         least, out);
}

bool driver_is_compatible(const char *name)
{
    return description() != NULL && fdt_node_check_compatible(description(), 0, name) == 0;
}

bool driver_is_one_of(const char *const *names)
{
    while (*names != NULL && !driver_is_compatible(*names)) {
        names++;
    }
    return *names != NULL;
}

zx_handle_t driver_take_interrupt(uint32_t index)
{
    return zx_take_startup_handle(PA_HND(DRIVER_HANDLE_INTERRUPT, index));
}

zx_handle_t driver_take_bti(void)
{
    return zx_take_startup_handle(PA_HND(DRIVER_HANDLE_BTI, 0));
}

uint32_t driver_property_u32(const char *name, uint32_t absent)
{
    int size = 0;
    const fdt32_t *cell = description() != NULL ? fdt_getprop(description(), 0, name, &size) : NULL;

    return cell != NULL && size == sizeof(*cell) ? fdt32_ld(cell) : absent;
}

bool driver_has_property(const char *name)
{
    return description() != NULL && fdt_getprop(description(), 0, name, NULL) != NULL;
}

// The way to the device manager; stays open.
static zx_handle_t host(void)
{
    static zx_handle_t channel;

    if (channel == ZX_HANDLE_INVALID) {
        channel = zx_take_startup_handle(PA_HND(DRIVER_HANDLE_HOST, DRIVER_HANDLE_HOST_INDEX));
    }
    return channel;
}

zx_status_t driver_ask_interrupt(uint32_t index, zx_handle_t *out)
{
    return host_take_interrupt(host(), zx_deadline_after(PATIENCE), index, out);
}

zx_status_t driver_ask_registers(uint32_t index, size_t least, struct driver_registers *out)
{
    zx_handle_t vmo;
    zx_status_t status = host_take_registers(host(), zx_deadline_after(PATIENCE), index, &vmo);

    return status == ZX_OK ? map_registers(vmo, index, least, out) : status;
}

zx_status_t driver_set_clock(zx_time_t utc)
{
    return host_set_clock(host(), zx_deadline_after(PATIENCE), utc);
}

void driver_say(const char *what, zx_status_t status)
{
    printf("%s: %s%s%s\n", program_invocation_short_name, what, status != ZX_OK ? ": " : "",
           status != ZX_OK ? zx_status_get_string(status) : "");
    (void)fflush(stdout);
}

zx_status_t driver_run(struct vfs_loop *loop, struct ipc_binding binding)
{
    return driver_run_sessions(loop, binding, (struct vfs_sessions){0});
}

zx_status_t driver_run_sessions(struct vfs_loop *loop, struct ipc_binding binding,
                                struct vfs_sessions sessions)
{
    zx_handle_t channel = zx_take_startup_handle(PA_HND(PA_DIRECTORY_REQUEST, 0));
    struct vfs_node *service = vfs_served_create_sessions(loop, binding, sessions);
    struct vfs_directory *outgoing;
    zx_status_t status = service != NULL ? vfs_directory_create(&outgoing) : ZX_ERR_NO_MEMORY;

    if (status == ZX_OK) {
        status = vfs_directory_add(outgoing, "service", service);
    }
    if (status == ZX_OK) {
        status = vfs_run_outgoing(loop, outgoing, channel, NULL);
    }
    return status;
}
