// SPDX-License-Identifier: MIT
// Address spaces: a root region, a lock, page tables, and the resolution of faults.
//
//   A1  References: the process, each of its regions (dead or alive). The struct goes at the last.
//   A2  `lock` guards the region tree. `pt_lock` guards `hal`; order: lock -> VMO tree -> pt_lock.
//       Thus a VMO that loses a page can remove its translations from any address space.
//   A3  A translation va -> page exists only if a mapping covers va, the VMO (or its ancestor) shows
//       that page there, and the mapping's protection allows it. Geometry and protection of a mapping
//       change only under both `lock` and the tree lock of its VMO; translations are made under
//       both, removed under either.
//   A4  A writable translation exists only to a page that the mapped VMO itself owns (or a physical
//       one). The zero page and ancestors' pages are mapped read-only.
//   A5  While vdso_code is set the vDSO's code mapping stays where it is until vm_aspace_teardown.
//   A6  paged(owner) is called before a mapping of memory that a pager serves comes to be. The owner stays as
//       long as something can be mapped.
//   A7  Each page of its tables, the root included, is charged to `account`, and none is after
//       vm_aspace_teardown: the account stays until then.
#pragma once

#include <hal/mmu.h>
#include <hal/types.h>
#include <hal/upcall.h>
#include <sched/mutex.h>
#include <sched/thread.h>
#include <vm/vmar.h>
#include <vm/vmo.h>

struct vm_mapping;

// Locks: [A] lock; [H] pt_lock; [I] fixed after creation; [a] atomic.
struct vm_aspace {
    struct hal_aspace hal; // [H] first: thread->aspace points here
    struct mutex lock;
    struct mutex pt_lock;
    struct vmar *root;            // [A] referenced; NULL once it is destroyed
    struct vm_mapping *last;      // [A] mapping of the last fault: a hint
    struct vm_mapping *vdso_code; // [A] the vDSO's code mapping, NULL if none
    atomic_uintptr_t vdso_base;   // [a] its address, 0 if none; read by the system-call check
    uint64_t (*random)(void);     // [I] placement; NULL: lowest gap that fits
    struct account *account;      // [I] A7
    atomic_uint refs;             // [a]
    uint32_t mapping_count;       // [A]
    uint64_t mapped_bytes;        // [A]
    bool torn_down;               // [A]
    void (*paged)(void *owner);   // [I] once it is in use; A6, called with `lock` held; NULL: none
    void *owner;                  // [I]
};

// An empty address space whose root region, in the caller's storage `root`, covers
// [USER_BASE, USER_MAP_END) and permits everything. `random` gives 64 random bits for placement,
// NULL for deterministic first fit (aslr.disable). The caller holds one reference to each of *out
// and root. `account` pays for the page tables (A7). ZX_ERR_NO_MEMORY.
zx_status_t vm_aspace_create(struct vmar *root, const struct vmar_ops *ops,
                             uint64_t (*random)(void), struct account *account,
                             struct vm_aspace **out) MUST_CHECK;
void vm_aspace_acquire(struct vm_aspace *as);
void vm_aspace_release(struct vm_aspace *as);

// Ends an address space: destroys the root region (vDSO and all) and frees the page tables. No
// thread runs on it any more (thread_drop_aspace). Once; a second call does nothing.
void vm_aspace_teardown(struct vm_aspace *as);

// The current thread's address space, NULL for a kernel thread.
ALWAYS_INLINE struct vm_aspace *vm_aspace_current(void)
{
    struct hal_aspace *hal = thread_current()->aspace;
    return hal != NULL ? container_of(hal, struct vm_aspace, hal) : NULL;
}

// Address of the vDSO's code in `as`, 0 while it is not mapped. No lock.
ALWAYS_INLINE vaddr_t vm_aspace_vdso_base(struct vm_aspace *as)
{
    return atomic_load_explicit(&as->vdso_base, memory_order_relaxed);
}

// Resolves an access fault at `va`; flags HAL_FAULT_*. ZX_OK: the access can be retried.
// ZX_ERR_NOT_FOUND: no mapping; ZX_ERR_ACCESS_DENIED: protection; ZX_ERR_OUT_OF_RANGE: past the end
// of the VMO; ZX_ERR_NO_MEMORY; ZX_ERR_BAD_STATE: detached pager. kernel_user_fault() of
// <hal/upcall.h> is this for the current thread. No lock held.
zx_status_t vm_aspace_fault(struct vm_aspace *as, vaddr_t va, unsigned flags) MUST_CHECK;

// What backs `va`: the VMO (referenced for the caller), the offset of va in it, and the bytes from va
// to the end of that mapping. ZX_ERR_NOT_FOUND.
zx_status_t vm_aspace_find(struct vm_aspace *as, vaddr_t va, struct vmo **out_vmo,
                           uint64_t *out_offset, size_t *out_len) MUST_CHECK;

// Pre-order walk for ZX_INFO_PROCESS_MAPS and _VMOS. Zero the cursor to begin; each call gives one
// entry, the first being the address space itself (depth 0), then the root region (depth 1), then
// its children. Nothing is held between calls, so the caller may touch user memory. What changes
// meanwhile is seen or not; nothing is given twice.
struct vm_walk {
    vaddr_t base;   // of the last entry given
    uint32_t depth; // of the last entry given
    bool begun;
    bool done;
};
struct vm_walk_entry {
    uint32_t type; // ZX_INFO_MAPS_TYPE_ASPACE, _VMAR, _MAPPING
    uint32_t depth;
    vaddr_t base;
    size_t size;
    uint32_t mmu_flags; // mappings: ZX_VM_PERM_* as now in force
    struct vmo *vmo;    // mappings: referenced, the caller releases it; else NULL
    uint64_t vmo_offset;
    uint64_t committed_pages; // of the VMO itself inside the mapped range
};
// False at the end.
bool vm_aspace_walk(struct vm_aspace *as, struct vm_walk *walk, struct vm_walk_entry *out);

// Sums of spec 22 section 2.4, bytes.
struct vm_usage {
    uint64_t mapped, private_bytes, shared, scaled_shared;
};
void vm_aspace_usage(struct vm_aspace *as, struct vm_usage *out);

// Waits until a pager has given what it has to give of [va, va+len) of the current address space. What is
// not mapped there, or cannot be written, is left for the access to find. The wait can be killed:
// ZX_ERR_CANCELED; ZX_ERR_BAD_STATE: detached; ZX_ERR_NO_MEMORY. No lock held.
zx_status_t vm_user_page_in(vaddr_t va, size_t len) MUST_CHECK;

// Page-table pages in use.
size_t vm_aspace_table_pages(struct vm_aspace *as);

// Once at boot, before the first address space or VMO: the zero page and the slab caches.
zx_status_t vm_init(void) MUST_CHECK;
