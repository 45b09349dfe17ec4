// SPDX-License-Identifier: MIT
// The ARM generic timer: always the virtual one, programmed by its compare value.
//
// Interface: <hal/time.h>, <timer/timer.h>. Locks: none; each CPU has its own timer, the rest is
// fixed after init. The conversion is the vDSO's (<syscalls/vdso_constants.h>).
#include <timer/timer.h>

#include <arm64/sysreg.h>
#include <fdt/boot.h>
#include <fdt/driver.h>
#include <hal/time.h>
#include <hal/upcall.h>
#include <irq/irq.h>
#include <syscalls/vdso_constants.h>

#define CNTV_CTL_ENABLE 1u
// Polls until the line of a timer that has fired must show in the interrupt controller.
#define LINE_POLLS 1000u
// Frequencies for which the conversion holds.
#define FREQUENCY_MIN 15301u
#define FREQUENCY_MAX (1ul << 32)

bool arm64_counter_unstable;         // [I] after init
static unsigned timer_intid;         // [I] after init
static uint64_t frequency;           // [I] Hz
static uint64_t ticks_mult, ns_mult; // [I] ticks to ns, ns to ticks

// Reads the counter until its low bits do not look like a carry on its way (A64 erratum).
uint64_t arm64_ticks_unstable(void)
{
    const uint64_t low_ones = (1ul << VDSO_UNSTABLE_LOW_BITS) - 1;
    uint64_t ticks = 0;

    for (unsigned i = 0; i < VDSO_UNSTABLE_RETRIES; i++) {
        isb(); // as hal_ticks()
        ticks = sysreg_read(cntvct_el0);
        if (((ticks + 1) & low_ones) > 1)
            break;
    }
    return ticks;
}

bool hal_ticks_unstable(void)
{
    return arm64_counter_unstable;
}

static void timer_irq(void)
{
    // Off, so that the level line goes away; the kernel programs the next deadline.
    sysreg_write(cntv_ctl_el0, 0);
    isb();
    kernel_timer_irq();
}

static zx_status_t generic_timer_init(struct fdt_tree *tree, struct fdt_node node)
{
    struct fdt_timer info;
    zx_status_t status = fdt_read_timer(tree, node, &info);
    if (status != ZX_OK)
        return status;
    // CNTFRQ_EL0 is what firmware programmed; clock-frequency is the way out when it did not.
    frequency = sysreg_read(cntfrq_el0) & 0xffffffff;
    if (info.frequency_hz != 0)
        frequency = info.frequency_hz;
    if (frequency < FREQUENCY_MIN || frequency > FREQUENCY_MAX) {
        fdt_report(tree, node, NULL, "CNTFRQ_EL0 holds no usable frequency, nor does the node");
        return ZX_ERR_NOT_SUPPORTED;
    }
    timer_intid = info.lines[FDT_TIMER_VIRTUAL].intid;
    if (timer_intid < 16 || timer_intid >= IRQ_PRIVATE_COUNT) {
        fdt_report(tree, node, "interrupts", "the virtual timer's line is not private to a CPU");
        return ZX_ERR_NOT_SUPPORTED;
    }
    arm64_counter_unstable = (info.flags & FDT_TIMER_UNSTABLE_A64) != 0;
    ticks_mult = ticks_to_ns_mult(frequency);
    ns_mult = ns_to_ticks_mult(frequency);
    irq_private_register(timer_intid, "timer", timer_irq);
    return ZX_OK;
}

zx_status_t arm_timer_init(struct fdt_tree *tree)
{
    return fdt_driver_init_first(tree, FDT_DRIVER_TIMER, NULL);
}

void timer_cpu_init(void)
{
    sysreg_write(cntv_ctl_el0, 0);
    sysreg_write(cntkctl_el1, CNTKCTL_EL0VCTEN);
    isb();
    irq_private_unmask(timer_intid);
}

// Lets the timer fire, with the CPU's interrupts off, and sees whether its line comes up.
static bool line_comes(unsigned intid)
{
    bool came = false;

    sysreg_write(cntv_cval_el0, 0);
    sysreg_write(cntv_ctl_el0, CNTV_CTL_ENABLE);
    isb(); // armed before the controller is asked
    for (unsigned i = 0; i < LINE_POLLS && !came; i++)
        came = irq_take() == intid;
    sysreg_write(cntv_ctl_el0, 0);
    isb();
    return came;
}

zx_status_t timer_check(void)
{
    return line_comes(timer_intid) ? ZX_OK : ZX_ERR_TIMED_OUT;
}

// ---- <hal/time.h> -------------------------------------------------------------------------------

zx_time_t hal_ticks_to_ns(uint64_t ticks)
{
    return ticks_to_ns(ticks, ticks_mult);
}

uint64_t hal_ns_to_ticks(zx_time_t ns)
{
    return ns <= 0 ? 0 : ns_to_ticks(ns, ns_mult);
}

uint64_t hal_ticks_per_second(void)
{
    return frequency;
}

zx_time_t hal_now(void)
{
    zx_time_t now = hal_ticks_to_ns(hal_ticks());
    return now > 0 ? now : 1;
}

void hal_timer_set(zx_time_t deadline)
{
    sysreg_write(cntv_cval_el0, hal_ns_to_ticks(deadline));
    sysreg_write(cntv_ctl_el0, CNTV_CTL_ENABLE);
    // No ISB: interrupts are off now, and enabling them or returning synchronises.
}

void hal_timer_cancel(void)
{
    sysreg_write(cntv_ctl_el0, 0);
}

static const char *const generic_timer_compatible[] = {"arm,armv8-timer", NULL};
FDT_DRIVER(arm_generic, FDT_DRIVER_TIMER, generic_timer_compatible, generic_timer_init);
