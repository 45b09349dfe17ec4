// SPDX-License-Identifier: MIT
// hal/usercopy.h on the host, and accesses of the user half.
//
// U1. What an address is, its value says. [USER_BASE, USER_MAP_END) is the simulated program's: the
//     fake MMU and kernel_user_fault decide, and nothing of the host's is ever there. Above it is
//     the host's own memory, which no address space reaches: a test's C pointers. The MMU and
//     kernel_user_fault are asked there too, and refuse. No address is ever probed.
// U2. Host memory behaves like demand-paged memory: a page is touched first on the fault path, and
//     found by no-fault copies from then on.
// U3. A copy that may fault is a bug with preemption or interrupts off; it is reported even when
//     nothing faults.
// U4. A no-fault copy is one under a lock: more than a page at a time keeps others out for too long.
#include "machine.h"

#include <hal/mmu.h>
#include <hal/upcall.h>
#include <hal/usercopy.h>
#include <host/user.h>
#include <stdlib.h>
#include <string.h>

#define BAD_SIZE 0x1000000ul // bytes around HOST_BAD_PTR that are never valid
#define TOUCHED_SLOTS 16384u // three quarters may be used

// The host pages that this run has touched: a hash table that only grows, so that what is touched
// does not depend on where the host has put it (U2, and runs replay).
static _Atomic vaddr_t touched[TOUCHED_SLOTS];
static atomic_uint touched_count;

static bool is_host_memory(vaddr_t va)
{
    return va >= USER_MAP_END && va - ROUND_DOWN(HOST_BAD_PTR, BAD_SIZE) >= BAD_SIZE;
}

// U1 holds by the layout of Linux processes. Made to notice one that is laid out differently.
void host_check_pointer(const void *p, const char *what)
{
    if (!is_host_memory((vaddr_t)p))
        host_fail(HOST_BROKEN, "the host has its %s at %p, among the simulated user's addresses",
                  what, p);
}

void host_user_reset(void)
{
    void *heap = malloc(1);

    host_check_pointer(touched, "program");
    host_check_pointer(heap, "heap");
    host_check_pointer(__builtin_frame_address(0), "stack");
    free(heap);
    if (atomic_exchange(&touched_count, 0) != 0)
        memset(touched, 0, sizeof(touched));
}

// The slot that holds the page, or else the free one where it belongs.
static _Atomic vaddr_t *touched_slot(vaddr_t page)
{
    unsigned n = (unsigned)(page >> PAGE_SHIFT) * 0x9e3779b1u % TOUCHED_SLOTS;

    for (;; n = (n + 1) % TOUCHED_SLOTS) {
        vaddr_t there = atomic_load(&touched[n]);
        if (there == page || there == 0)
            return &touched[n];
    }
}

// Host memory that the calling thread may have.
static bool is_own_memory(vaddr_t va)
{
    return is_host_memory(va) && !hal_current()->plat.mapped_only;
}

void host_user_mapped_only(bool on)
{
    hal_current()->plat.mapped_only = on;
}

static bool was_touched(vaddr_t va)
{
    return is_own_memory(va) && atomic_load(touched_slot(ROUND_DOWN(va, PAGE_SIZE))) != 0;
}

// The fault path of host memory. False if va is none.
static bool touch(vaddr_t va)
{
    vaddr_t page = ROUND_DOWN(va, PAGE_SIZE), there;

    if (!is_own_memory(va))
        return false;
    do {
        there = 0;
    } while (!atomic_compare_exchange_strong(touched_slot(page), &there, page) && there != page);
    if (there == 0 && atomic_fetch_add(&touched_count, 1) == TOUCHED_SLOTS / 4 * 3)
        host_fail(HOST_BROKEN, "user copies touched too many pages of the host's memory");
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
        if (r == MMU_MISS && was_touched(va)) {
            copy_host(va, buf, len, to_user);
            return ZX_OK;
        }
        if (hal_current()->fault_disabled > 0 && !from_user)
            return ZX_ERR_INVALID_ARGS;
        unsigned flags = access | (r == MMU_DENIED ? HAL_FAULT_PRESENT : 0) |
                         (from_user ? HAL_FAULT_USER : 0);
        bool has_aspace = host_vcpu()->aspace != NULL;
        zx_status_t status = has_aspace ? kernel_user_fault(va, flags) : ZX_ERR_NOT_FOUND;
        if (status != ZX_OK && !(r == MMU_MISS && touch(va)))
            return from_user ? status : ZX_ERR_INVALID_ARGS;
        if (from_user)
            host_user_boundary(); // the way back to the access
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
    if (host.running && t->fault_disabled > 0 && len > PAGE_SIZE)
        host_fail(HOST_BROKEN, "a no-fault copy of %zu bytes, more than a page", len);
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

zx_status_t hal_user_read_u32_at_once(uint32_t *out, uintptr_t src)
{
    user_faults_disable();
    zx_status_t status = hal_user_read_u32(out, src);
    user_faults_enable();
    return status;
}

zx_status_t hal_user_write_u32_at_once(uintptr_t dst, uint32_t value)
{
    user_faults_disable();
    zx_status_t status = hal_user_write_u32(dst, value);
    user_faults_enable();
    return status;
}

zx_status_t hal_user_fault_in(uintptr_t addr, size_t len, bool write)
{
    return host_user_access(addr, NULL, len, write ? HAL_FAULT_WRITE : 0, write, false);
}
