// SPDX-License-Identifier: MIT
// The serial console. A UART driver declares itself with FDT_DRIVER(..., FDT_DRIVER_UART, ...); its
// init function reads its node and calls console_attach(). The platform calls init twice: early,
// with the MMU off and the image relocated to its load address, when console_map() gives back
// physical addresses and nothing may take a lock; and again at the final address.
#pragma once

#include <fdt/boot.h>
#include <hal/types.h>

struct uart;

// What a driver can do. All but `ready` and `put` may be called only at the final address.
struct uart_ops {
    const char *name;
    // Whether there is room for a byte.
    bool (*ready)(const struct uart *u);
    // Sends one byte, for which there is room, or which is given up.
    void (*put)(const struct uart *u, uint8_t byte);
    // Takes one received byte; false if there is none.
    bool (*get)(const struct uart *u, uint8_t *out_byte);
    // Lets the device interrupt when bytes arrive.
    void (*rx_enable)(const struct uart *u);
    // In the interrupt handler, before the bytes are fetched: acknowledges in the device.
    void (*rx_ack)(const struct uart *u);
    // Makes `put` work after somebody else had the device. NULL: nothing to do.
    void (*recover)(const struct uart *u);
};

// The console's device. [I] after attach.
struct uart {
    const struct uart_ops *ops;
    uintptr_t base;     // registers, as mapped now
    uint32_t reg_shift; // registers are 1 << reg_shift bytes apart
    uint32_t io_width;  // bytes of an access
    bool has_irq;
    struct fdt_irq irq;
};

// Phases of the console's life, set by the platform in this order.
enum console_phase {
    CONSOLE_EARLY, // physical addresses, no locks
    CONSOLE_FINAL, // kernel addresses, locks
};
void console_set_phase(enum console_phase phase);

// Address at which registers can be reached in this phase; 0 when they cannot be mapped.
uintptr_t console_map(const struct fdt_range *regs);

// The registers that a driver uses.
struct uart_registers {
    uint32_t count;  // from 0 on
    uint32_t shift;  // they are 1 << shift bytes apart, unless the node says otherwise
    uint32_t width;  // bytes of an access, 1 or 4; 4 as well if the node says so
    uint32_t status; // one that may be read at any time without a side effect that matters
};

// Reads a UART's node, maps the driver's registers, and reads the status register to see that it
// answers; info->reg_shift and info->reg_io_width are then what is to be used. Errors, all
// reported: ZX_ERR_IO_DATA_INTEGRITY: the registers do not lie in the node's reg, or that is no
// good; ZX_ERR_NOT_FOUND: nothing answers; ZX_ERR_NO_MEMORY.
zx_status_t console_open(struct fdt_tree *tree, struct fdt_node node,
                         const struct uart_registers *registers, struct fdt_uart *info,
                         uintptr_t *base) MUST_CHECK;

// Makes this device the console. `reg_shift` and `io_width` come from the driver's reading of
// `node`.
void console_attach(const struct uart_ops *ops, uintptr_t base, uint32_t reg_shift,
                    uint32_t io_width, const struct fdt_uart *node);

// True once a console is attached.
bool console_present(void);
// The registers that the last console_map() was asked for; size 0 if no console is attached.
struct fdt_range console_regs(void);

// A last guess for a boot without a usable device tree: attaches a PL011 at this address if its
// identification registers say that one is there. An abort on the way ends in the caller's vectors.
bool pl011_probe(uintptr_t base);
