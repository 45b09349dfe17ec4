// SPDX-License-Identifier: MIT
// Interrupts between the platform's parts. A controller's driver declares itself with
// FDT_DRIVER(..., FDT_DRIVER_IRQCHIP, ...); its init function sets the distributor up and calls
// irqchip_attach(). What the kernel sees is <hal/irq.h>.
#pragma once

#include <fdt/fdt.h>
#include <hal/irq.h>
#include <hal/types.h>

// INTIDs below this are software-generated (0-15) or private to a CPU (16-31).
#define IRQ_SGI_COUNT     16u
#define IRQ_PRIVATE_COUNT 32u
#define IRQ_SPURIOUS      1020u // and above: nothing to handle
#define IRQ_EXTENDED      1024u // and above: extended lines and LPIs. The kernel enables none, firmware may have

// The INTID in a token: the 24 bits of ICC_IAR1_EL1 (IHI 0069). A controller has room for its own above them.
#define IRQ_TOKEN_INTID(token) ((token) & 0xffffffu)

// A controller of the GIC family. Functions run with interrupts off unless said otherwise.
struct irqchip_ops {
    const char *name;
    // Sets up the calling CPU's part; each CPU calls it once, boot CPU included. `cpu` is its
    // number. ZX_ERR_NOT_FOUND if the controller does not know this CPU.
    zx_status_t (*cpu_init)(unsigned cpu);
    // The calling CPU takes no more interrupts, until cpu_init().
    void (*cpu_stop)(void);
    // Takes the most urgent pending interrupt: a token, which end() wants back. IRQ_TOKEN_INTID() of it is
    // the INTID; from IRQ_SPURIOUS to below IRQ_EXTENDED: nothing was pending, and nothing is to be ended.
    uint32_t (*acknowledge)(void);
    void (*end)(uint32_t token);
    // Any CPU, interrupts on or off. Private INTIDs: the calling CPU's. mask() returns when the
    // line will not be delivered any more.
    void (*mask)(unsigned intid);
    void (*unmask)(unsigned intid);
    // Is this shared INTID pending in the distributor?
    bool (*pending)(unsigned intid);
    // Can a mode be set for this INTID? ZX_ERR_INVALID_ARGS if not.
    zx_status_t (*can_set_edge)(unsigned intid);
    // Edge or level; only while masked, and only where it can be set.
    void (*set_edge)(unsigned intid, bool edge);
    // Software-generated interrupt `sgi` to CPU `cpu`; orders earlier stores before it.
    void (*send)(unsigned cpu, unsigned sgi);
};

// Makes this the machine's controller; `intid_count` INTIDs exist.
void irqchip_attach(const struct irqchip_ops *ops, unsigned intid_count);

// Finds and initialises the controller. ZX_ERR_NOT_FOUND: no driver fits.
zx_status_t irq_init(struct fdt_tree *tree);
// Sets up the calling CPU, with IPIs on.
zx_status_t irq_cpu_init(unsigned cpu);
// Nothing is delivered to the calling CPU from now on; irq_cpu_init() again undoes it. Interrupts off.
void irq_cpu_stop(void);
// Handles all that is pending on this CPU; on the interrupt stack, interrupts off.
void irq_dispatch(void);

// A private interrupt that the platform itself handles on every CPU (the timer). Before any CPU but
// the first is up; each CPU then unmasks it by irq_private_unmask().
// `name`: what for, in a word.
void irq_private_register(unsigned intid, const char *name, void (*handler)(void));
void irq_private_unmask(unsigned intid);
// Takes and ends what is pending for the calling CPU without any handler; IRQ_SPURIOUS or above:
// nothing is. To see while booting whether a line comes; interrupts off.
unsigned irq_take(void);

// Sends an IPI (enum hal_ipi); the SGI number is the same.
void irq_send(unsigned cpu, unsigned sgi);
