// SPDX-License-Identifier: MIT
/*
 * A CPU for the drivers under test: interrupts are off, and time passes when it is asked for.
 */
#include "model.h"

#include <hal/cpu.h>
#include <hal/time.h>

#define TICKS_PER_SECOND 65536u // as the BCM2711's watchdog counts

void (*model_tick)(void);

unsigned long hal_irq_save(void)
{
    return 0;
}

void hal_irq_restore(unsigned long state)
{
    (void)state;
}

void hal_preempt_point(void)
{
}

void hal_cpu_relax(void)
{
}

uint64_t hal_ticks(void)
{
    static uint64_t now;
    if (model_tick != NULL)
        model_tick();
    return ++now;
}

uint64_t hal_ticks_per_second(void)
{
    return TICKS_PER_SECOND;
}
