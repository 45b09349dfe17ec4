// SPDX-License-Identifier: MIT
// hal/time.h on the host: a tick is a nanosecond.
#include "machine.h"

#include <hal/time.h>

zx_time_t hal_now(void)
{
    if (host.running && host.config.mode == HOST_PARALLEL)
        return par_now();
    return host.now > 0 ? host.now : 1;
}

uint64_t hal_ticks(void)
{
    return (uint64_t)hal_now();
}

zx_time_t hal_ticks_to_ns(uint64_t ticks)
{
    return ticks > INT64_MAX ? INT64_MAX : (zx_time_t)ticks;
}

uint64_t hal_ns_to_ticks(zx_time_t ns)
{
    return ns < 0 ? 0 : (uint64_t)ns;
}

uint64_t hal_ticks_per_second(void)
{
    return 1000000000u;
}

void hal_timer_set(zx_time_t deadline)
{
    struct vcpu *v = host_vcpu();

    if (v->irqs_on && host.running)
        host_fail(HOST_BROKEN, "hal_timer_set with interrupts on");
    // The last ns is "never" for the machine: nobody lives to see it.
    atomic_store(&v->deadline, MIN(deadline, NO_DEADLINE - 1));
}

void hal_timer_cancel(void)
{
    struct vcpu *v = host_vcpu();

    if (v->irqs_on && host.running)
        host_fail(HOST_BROKEN, "hal_timer_cancel with interrupts on");
    atomic_store(&v->deadline, NO_DEADLINE);
}

bool hal_ticks_unstable(void)
{
    return false;
}
