// SPDX-License-Identifier: MIT
// Which virtual CPU runs this code. A file of its own, so that no caller can keep the address of
// the thread-local variable over a fiber switch: the fiber may come back on another pthread.
#include "machine.h"

static _Thread_local struct vcpu *this_vcpu;

// Outside a run (unit tests of single layers) there is one CPU with one thread and no interrupts.
static struct hal_thread bare_thread;
static struct vcpu bare_vcpu = {
    .current = &bare_thread,
    .irqs_on = true,
    .started = true,
    .deadline = NO_DEADLINE,
};

NO_INLINE struct vcpu *host_vcpu(void)
{
    __asm__ volatile("");
    return this_vcpu != NULL ? this_vcpu : &bare_vcpu;
}

NO_INLINE void host_set_vcpu(struct vcpu *v)
{
    __asm__ volatile("");
    this_vcpu = v;
}
