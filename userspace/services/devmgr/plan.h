// SPDX-License-Identifier: MIT
//
// The manifest of drivers: which program drives what, and what it is given. Pure; no allocation.
//
//   driver NAME                    begins a stanza; the rest of it, in any order:
//     program PATH                 in the initrd (drivers/NAME)
//     compatible STRING ...        a node that has one of them gets this driver
//     virtio NUMBER                of nodes `virtio,mmio` only those with a device of this kind
//     service NAME                 what it publishes: NAME0, NAME1 ... below /svc/fs/device
//     needs THING ...              beside registers: interrupts, dma; hand-over: interrupts and registers that are made
//                                  when it asks for them, because the kernel has the device until then
//     only console                 of the nodes only the one that is the kernel's console
//     may set-clock                the driver may set UTC
//
// A stanza with a mistake is left out; each mistake is told with its line. The words of a line are
// cut as in every manifest (<manifest/words.h>).

#ifndef DEVMGR_PLAN_H
#define DEVMGR_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <manifest/manifest.h>

#define PLAN_MAX_DRIVERS 32u

// What a driver can need and may do.
#define PLAN_INTERRUPTS 0x1u
#define PLAN_DMA        0x2u
#define PLAN_SET_CLOCK  0x4u
// The interrupt and the registers are made when the driver asks for them (protocol `host`), in this order: with the
// interrupt the kernel lets go of the device, and only then it lets anybody have the registers.
#define PLAN_HAND_OVER 0x8u

struct plan_driver {
    const char *name;
    const char *program;
    const char *service; // NULL: publishes nothing
    struct manifest_words compatible;
    uint32_t virtio; // kind of device; 0: not behind virtio,mmio
    uint32_t rights; // PLAN_ bits
    bool console;    // only of the kernel's console
};

struct plan {
    struct plan_driver drivers[PLAN_MAX_DRIVERS];
    uint32_t count;
};

// Reads text[0, size); text[size] must exist and is written to, as is the text itself, into which
// *out points afterwards. Returns the number of mistakes.
uint32_t plan_parse(char *text, size_t size, struct plan *out, manifest_complain complain,
                    void *context);

// The driver for a node with this string in its `compatible`, and, behind virtio,mmio, this kind of
// device (else 0). `console`: it is the kernel's. NULL: none.
const struct plan_driver *plan_find(const struct plan *plan, const char *compatible, uint32_t virtio,
                                    bool console);

#endif
