// SPDX-License-Identifier: MIT
//
// For drivers: what the device manager gave to this process, and how to publish a service. A driver
// is an ordinary program with a C library; it has the handles of <driver/handles.h> and no others.
// One thread; no locks. docs/drivers.md has an example.

#ifndef DRIVER_DRIVER_H
#define DRIVER_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipc/ipc.h>
#include <vfs/loop.h>
#include <vfs/served.h>
#include <zircon/types.h>

// A range of registers, mapped as device memory: accesses are neither merged nor reordered among
// themselves.
struct driver_registers {
    volatile uint8_t *base;
    size_t size; // bytes
};

// Maps range `index` of the node's `reg`, for as long as the process lives.
// ZX_ERR_NOT_FOUND: the node has no such range. ZX_ERR_BUFFER_TOO_SMALL: it has less than `least`
// bytes. Others: of zx_vmar_map().
zx_status_t driver_map_registers(uint32_t index, size_t least, struct driver_registers *out);

// Reads and writes the 32-bit register at `at`, which is inside the range and a multiple of 4.
static inline uint32_t driver_read32(const struct driver_registers *registers, size_t at)
{
    return *(volatile uint32_t *)(registers->base + at);
}

static inline void driver_write32(const struct driver_registers *registers, size_t at,
                                  uint32_t value)
{
    *(volatile uint32_t *)(registers->base + at) = value;
}

// The same for registers of two bytes and of one.
static inline uint16_t driver_read16(const struct driver_registers *registers, size_t at)
{
    return *(volatile uint16_t *)(registers->base + at);
}

static inline void driver_write16(const struct driver_registers *registers, size_t at,
                                  uint16_t value)
{
    *(volatile uint16_t *)(registers->base + at) = value;
}

static inline uint8_t driver_read8(const struct driver_registers *registers, size_t at)
{
    return *(registers->base + at);
}

static inline void driver_write8(const struct driver_registers *registers, size_t at, uint8_t value)
{
    *(registers->base + at) = value;
}

// Interrupt `index` of the node and the way to do DMA, once each; ZX_HANDLE_INVALID: the node, or
// the manifest of drivers, has none.
zx_handle_t driver_take_interrupt(uint32_t index);
zx_handle_t driver_take_bti(void);

// Interrupt `index` of the node, made now, by way of the device manager, for a driver whose manifest says `needs
// hand-over` (else ZX_ERR_ACCESS_DENIED). ZX_ERR_NOT_FOUND: the node has no such one. Others of
// zx_interrupt_create().
zx_status_t driver_ask_interrupt(uint32_t index, zx_handle_t *out);

// Range `index` of its registers, mapped as by driver_map_registers(), for such a driver: after the interrupt, with
// which the kernel lets go of the device (else ZX_ERR_UNAVAILABLE). ZX_ERR_NOT_FOUND: the node has no such one.
zx_status_t driver_ask_registers(uint32_t index, size_t least, struct driver_registers *out);

// True if the node's `compatible` has this string.
bool driver_is_compatible(const char *name);
// The same for one of several, of which the last is NULL.
bool driver_is_one_of(const char *const *names);

// A property of the node that is one 32-bit number, or `absent`.
uint32_t driver_property_u32(const char *name, uint32_t absent);

// True if the node has the property, whatever it holds.
bool driver_has_property(const char *name);

// Sets UTC, nanoseconds since 1970, by way of the device manager. ZX_ERR_ACCESS_DENIED: the
// manifest does not say `may set-clock`.
zx_status_t driver_set_clock(zx_time_t utc);

// Says a line in the log: "NAME: ...", with the status in words unless it is ZX_OK.
void driver_say(const char *what, zx_status_t status);

// Publishes a service whose connections are served by the binding, and serves until the device
// manager goes: then ZX_OK, or what made it impossible. Requests that came before wait.
zx_status_t driver_run(struct vfs_loop *loop, struct ipc_binding binding);

// The same, for a service whose connections have something of their own.
zx_status_t driver_run_sessions(struct vfs_loop *loop, struct ipc_binding binding,
                                struct vfs_sessions sessions);

#endif
