// SPDX-License-Identifier: MIT
// Kernel stacks: slots of the stack area, each a stack in its lower half and a guard, never mapped,
// in its upper half (percpu.h). Freed stacks stay mapped on a list, up to KSTACK_CACHE of them.
//
// Interface: parts of <hal/thread.h>. Locks: [S] kstack_lock (rank PAGES). Nothing is allocated or
// mapped under it.
#include <arm64/sysreg.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/spinlock.h>
#include <hal/thread.h>
#include <hal/upcall.h>

#include "kmap.h"
#include "percpu.h"
#include "pte.h"

LOCK_CLASS(kstack_lock_class, RANK_PAGES, LOCK_SPIN);
static struct spinlock kstack_lock = SPINLOCK_INIT(kstack_lock_class);

#define SLOT_COUNT   (STACKS_BYTES / KSTACK_SLOT)
#define KSTACK_CACHE 32u

// A freed stack, in its own first bytes.
struct free_stack {
    struct free_stack *next;
};

static struct free_stack *cached;            // [S]
static unsigned cached_count;                // [S]
static uint64_t slots_used[SLOT_COUNT / 64]; // [S] one bit a slot
static unsigned slot_hint;                   // [S] no free slot in the words below

// Takes a slot; SLOT_COUNT if all are in use.
static unsigned slot_take(void)
{
    unsigned slot = SLOT_COUNT;

    spin_lock(&kstack_lock);
    for (unsigned word = slot_hint; word < countof(slots_used); word++) {
        if (slots_used[word] == UINT64_MAX)
            continue;
        unsigned bit = (unsigned)__builtin_ctzl(~slots_used[word]);
        slots_used[word] |= 1ul << bit;
        slot_hint = word;
        slot = word * 64 + bit;
        break;
    }
    spin_unlock(&kstack_lock);
    return slot;
}

static void slot_give(unsigned slot)
{
    spin_lock(&kstack_lock);
    slots_used[slot / 64] &= ~(1ul << (slot % 64));
    slot_hint = MIN(slot_hint, slot / 64);
    spin_unlock(&kstack_lock);
}

// Unmaps and frees the first `bytes` of the stack at `base`, and its slot.
static void stack_release(vaddr_t base, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += PAGE_SIZE)
        kernel_table_page_free(kunmap_page(base + at));
    slot_give((unsigned)((base - STACKS_BASE) / KSTACK_SLOT));
}

static void *stack_make(void)
{
    unsigned slot = slot_take();
    if (slot == SLOT_COUNT)
        return NULL;
    vaddr_t base = STACKS_BASE + slot * KSTACK_SLOT;
    for (size_t at = 0; at < KSTACK_BYTES; at += PAGE_SIZE) {
        paddr_t pa = kernel_table_page_alloc();
        if (pa != 0 && kmap_page(base + at, pa, PTE_KERNEL_RW) == ZX_OK)
            continue;
        if (pa != 0)
            kernel_table_page_free(pa);
        stack_release(base, at);
        return NULL;
    }
    return (void *)base;
}

void *hal_kstack_alloc(size_t *out_size)
{
    *out_size = KSTACK_BYTES;
    spin_lock(&kstack_lock);
    struct free_stack *stack = cached;
    if (stack != NULL) {
        cached = stack->next;
        cached_count--;
    }
    spin_unlock(&kstack_lock);
    return stack != NULL ? stack : stack_make();
}

void hal_kstack_free(void *base)
{
    struct free_stack *stack = base;

    spin_lock(&kstack_lock);
    bool keep = cached_count < KSTACK_CACHE;
    if (keep) {
        stack->next = cached;
        cached = stack;
        cached_count++;
    }
    spin_unlock(&kstack_lock);
    if (!keep)
        stack_release((vaddr_t)base, KSTACK_BYTES);
}

static bool on_stack(uintptr_t address, uintptr_t top, uintptr_t *out_base, size_t *out_size)
{
    if (top == 0 || address < top - KSTACK_BYTES || address >= top)
        return false;
    *out_base = top - KSTACK_BYTES;
    *out_size = KSTACK_BYTES;
    return true;
}

bool hal_stack_bounds(uintptr_t address, uintptr_t *out_base, size_t *out_size)
{
    unsigned cpu = hal_cpu_num();
    return on_stack(address, arm64_irq_stack_top[cpu], out_base, out_size) ||
           on_stack(address, arm64_overflow_stack_top[cpu], out_base, out_size);
}
