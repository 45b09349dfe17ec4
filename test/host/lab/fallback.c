// SPDX-License-Identifier: MIT
// Stand-ins for functions that upper kernel layers define, linked into tests of single layers only
// (jacinth_host_test with LAYERS). Weak here, and nowhere else: a layer that is linked wins.
#include <hal/boot.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/upcall.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FALLBACK __attribute__((weak))

NO_RETURN static void missing(const char *what)
{
    fprintf(stderr, "%s: not linked into this test\n", what);
    abort();
}

FALLBACK void sched_preempt_check_slow(void)
{
}

FALLBACK void kernel_secondary_main(void)
{
    missing("kernel_secondary_main");
}

FALLBACK void kernel_timer_irq(void)
{
    missing("kernel_timer_irq");
}

FALLBACK void kernel_ipi(unsigned ipi)
{
    (void)ipi;
    missing("kernel_ipi");
}

FALLBACK void kernel_console_rx(void)
{
}

FALLBACK void kernel_irq_exit(bool from_user)
{
    (void)from_user;
}

FALLBACK void kernel_user_boundary(void)
{
    missing("kernel_user_boundary");
}

FALLBACK zx_status_t kernel_user_fault(vaddr_t va, unsigned flags)
{
    (void)va;
    (void)flags;
    return ZX_ERR_NOT_FOUND;
}

FALLBACK void kernel_user_exception(const struct hal_exception *e)
{
    (void)e;
    missing("kernel_user_exception");
}

FALLBACK void *kernel_fp_alloc(size_t bytes)
{
    (void)bytes;
    missing("kernel_fp_alloc");
}

FALLBACK void kernel_fp_free(void *fp, size_t bytes)
{
    (void)fp;
    (void)bytes;
    missing("kernel_fp_free");
}

FALLBACK paddr_t kernel_table_page_alloc(void)
{
    missing("kernel_table_page_alloc");
}

FALLBACK void kernel_table_page_free(paddr_t pa)
{
    (void)pa;
    missing("kernel_table_page_free");
}

FALLBACK paddr_t kernel_user_table_alloc(struct hal_aspace *as)
{
    (void)as;
    missing("kernel_user_table_alloc");
}

FALLBACK void kernel_user_table_free(struct hal_aspace *as, paddr_t pa)
{
    (void)as;
    (void)pa;
    missing("kernel_user_table_free");
}

FALLBACK void kernel_log(unsigned level, const char *fmt, ...)
{
    va_list ap;

    (void)level;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
}
