// SPDX-License-Identifier: MIT
// hal/next.h on the host: another kernel is the end of the run. An Image is any file that says so.
#include "machine.h"

#include <hal/mmu.h>
#include <hal/next.h>
#include <string.h>

static struct hal_next told; // by the last hal_next_tree()
static char told_cmdline[256];
static bool refused;
static bool parked; // by hal_next_park()
static bool stay;   // host_refuse_park()
static void (*on_next)(const struct hal_next *next, const void *kernel);

zx_status_t hal_next_image(const void *header, uint64_t file_bytes, struct hal_next_image *out)
{
    if (memcmp(header, HOST_IMAGE, sizeof(HOST_IMAGE)) != 0)
        return ZX_ERR_INVALID_ARGS;
    *out = (struct hal_next_image){.bytes = file_bytes + PAGE_SIZE, .align_shift = PAGE_SHIFT + 1};
    return ZX_OK;
}

size_t hal_next_tree_bytes(size_t cmdline_len)
{
    return cmdline_len;
}

zx_status_t hal_next_tree(void *to, size_t bytes, const struct hal_next *next)
{
    if (refused)
        return ZX_ERR_INTERNAL;
    memset(to, 't', bytes);
    told = *next;
    strncpy(told_cmdline, next->cmdline, sizeof(told_cmdline) - 1);
    told.cmdline = told_cmdline;
    return ZX_OK;
}

bool hal_next_possible(void)
{
    return true;
}

size_t hal_next_parking_bytes(void)
{
    return hal_cpu_count() > 1 ? PAGE_SIZE : 0;
}

zx_status_t hal_next_park(void *parking, paddr_t at)
{
    if (!hal_cpus_stopped())
        host_fail(HOST_BROKEN, "hal_next_park: another CPU runs");
    if (at != told.parking || hal_phys_to_virt(at) != parking)
        host_fail(HOST_BROKEN, "hal_next_park: not the memory that hal_next_tree() was told");
    memset(parking, 'p', PAGE_SIZE);
    parked = !stay;
    return stay ? ZX_ERR_TIMED_OUT : ZX_OK;
}

void hal_next_enter(paddr_t entry, paddr_t tree)
{
    struct vcpu *v = host_vcpu();

    if (v->irqs_on || v->num != 0)
        host_fail(HOST_BROKEN, "hal_next_enter: interrupts on, or not on the first CPU");
    if (!hal_cpus_stopped())
        host_fail(HOST_BROKEN, "hal_next_enter: another CPU runs");
    if (((const char *)hal_phys_to_virt(tree))[0] != 't')
        host_fail(HOST_BROKEN, "hal_next_enter: not the tree of hal_next_tree()");
    if (hal_next_parking_bytes() != 0 && !parked)
        host_fail(HOST_BROKEN, "hal_next_enter: CPUs wait in this kernel");
    if (on_next != NULL)
        on_next(&told, hal_phys_to_virt(entry));
    host_finish(HOST_NEXT);
}

void host_refuse_next(void)
{
    refused = true;
}

void host_refuse_park(void)
{
    stay = true;
}

void host_on_next(void (*fn)(const struct hal_next *next, const void *kernel))
{
    on_next = fn;
}
