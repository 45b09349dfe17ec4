// SPDX-License-Identifier: MIT
// hal/usercopy.h on the host, and accesses of the user half.
//
// U1. The fake MMU is asked first, then kernel_user_fault; only a page that both refuse can be host
//     memory. Accepted host pages are remembered, so that no-fault copies find them too: host
//     memory behaves like demand-paged memory, first touch on the fault path.
// U2. A copy that may fault is a bug with preemption or interrupts off; it is reported even when
//     nothing faults.
#include "machine.h"

#include <hal/upcall.h>
#include <hal/usercopy.h>
#include <host/user.h>
#include <sys/mman.h>

#define KNOWN_PAGES 4096u // hash of host pages seen; a collision only costs another probe

static bool host_pointers = true;
static _Atomic uintptr_t known[KNOWN_PAGES];

void host_user_allow_host_pointers(bool allow)
{
    host_pointers = allow;
}

static _Atomic uintptr_t *known_slot(vaddr_t va)
{
    return &known[(va >> PAGE_SHIFT) * 0x9e3779b1u % KNOWN_PAGES];
}

static bool known_host_page(vaddr_t va)
{
    return host_pointers && atomic_load(known_slot(va)) == ROUND_DOWN(va, PAGE_SIZE);
}

// Where a host keeps a program's image, heap and stacks: not the sanitizers' shadow memory, which
// is mapped as well. x86-64 ranges of plain, ASan and TSan processes; on other hosts everything.
static bool plausible_host_address(vaddr_t va)
{
#if defined(__x86_64__)
    unsigned top = (unsigned)(va >> 40);
    return (top >= 0x55 && top <= 0x56) || (top >= 0x60 && top <= 0x63) ||
           (top >= 0x7b && top <= 0x7f);
#else
    return va != 0;
#endif
}

static bool accept_host_page(vaddr_t va)
{
    vaddr_t page = ROUND_DOWN(va, PAGE_SIZE);
    unsigned char resident;

    if (!host_pointers || !plausible_host_address(va))
        return false;
    if (mincore((void *)page, PAGE_SIZE, &resident) != 0)
        return false;
    atomic_store(known_slot(va), page);
    return true;
}

// The host's own memory: AddressSanitizer guards the test's buffers.
static void copy_host(vaddr_t va, void *buf, size_t len, bool to_user)
{
    if (buf == NULL)
        return;
    if (to_user)
        host_copy_user((char *)va, buf, len);
    else
        host_copy_user(buf, (const char *)va, len);
}

// One access inside a page.
static zx_status_t access_page(vaddr_t va, void *buf, size_t len, unsigned access, bool to_user,
                               bool from_user)
{
    for (;;) {
        enum mmu_result r = host_mmu_access(va, buf, len, access, to_user);
        if (r == MMU_OK)
            return ZX_OK;
        if (r == MMU_MISS && known_host_page(va)) {
            copy_host(va, buf, len, to_user);
            return ZX_OK;
        }
        if (hal_current()->fault_disabled > 0 && !from_user)
            return ZX_ERR_INVALID_ARGS;
        unsigned flags = access | (r == MMU_DENIED ? HAL_FAULT_PRESENT : 0) |
                         (from_user ? HAL_FAULT_USER : 0);
        bool has_aspace = host_vcpu()->aspace != NULL;
        zx_status_t status = has_aspace ? kernel_user_fault(va, flags) : ZX_ERR_NOT_FOUND;
        if (status != ZX_OK && !(r == MMU_MISS && accept_host_page(va)))
            return from_user ? status : ZX_ERR_INVALID_ARGS;
        hal_preempt_point();
    }
}

zx_status_t host_user_access(vaddr_t va, void *buf, size_t len, unsigned access, bool to_user,
                             bool from_user)
{
    char *p = buf;

    if (len == 0)
        return ZX_OK;
    if (!user_range_ok(va, len))
        return from_user ? ZX_ERR_NOT_FOUND : ZX_ERR_INVALID_ARGS;
    struct hal_thread *t = hal_current();
    if (host.running && t->fault_disabled == 0 && (t->preempt_count > 0 || !hal_irqs_enabled()))
        host_fail(HOST_BROKEN, "user access that may fault with preemption or interrupts off");
    while (len > 0) {
        size_t chunk = MIN(len, PAGE_SIZE - va % PAGE_SIZE);
        hal_preempt_point();
        zx_status_t status = access_page(va, p, chunk, access, to_user, from_user);
        if (status != ZX_OK)
            return status;
        va += chunk;
        len -= chunk;
        if (p != NULL)
            p += chunk;
    }
    return ZX_OK;
}

zx_status_t hal_copy_from_user(void *dst, uintptr_t src, size_t len)
{
    return host_user_access(src, dst, len, 0, false, false);
}

zx_status_t hal_copy_to_user(uintptr_t dst, const void *src, size_t len)
{
    return host_user_access(dst, (void *)(uintptr_t)src, len, HAL_FAULT_WRITE, true, false);
}

zx_status_t hal_user_read_u32(uint32_t *out, uintptr_t src)
{
    return host_user_access(src, out, sizeof(*out), 0, false, false);
}

zx_status_t hal_user_read_u64(uint64_t *out, uintptr_t src)
{
    return host_user_access(src, out, sizeof(*out), 0, false, false);
}

zx_status_t hal_user_write_u32(uintptr_t dst, uint32_t value)
{
    return host_user_access(dst, &value, sizeof(value), HAL_FAULT_WRITE, true, false);
}

zx_status_t hal_user_write_u64(uintptr_t dst, uint64_t value)
{
    return host_user_access(dst, &value, sizeof(value), HAL_FAULT_WRITE, true, false);
}

zx_status_t hal_user_fault_in(uintptr_t addr, size_t len, bool write)
{
    return host_user_access(addr, NULL, len, write ? HAL_FAULT_WRITE : 0, write, false);
}
