// SPDX-License-Identifier: MIT
// Virtual memory objects: the owners of pages. A struct vmo is embedded in the object layer's VMO
// object (or in a kernel structure) and counts its own references; it never knows of handles.
//
// Lifetime
//   V1  References are held by: whoever called vmo_init_* (one), each mapping, each clone (on its
//       parent), each call in progress. Handles are the object layer's: its object holds one.
//   V2  At the last reference the VMO has no mapping and no clone; its pages are freed, then
//       ops->free() gives back the storage. No lock is held then.
//   V3  All VMOs of a clone tree share one mutex, the tree lock, which lives in the storage of the
//       tree's root. Clones keep their parents, so the root outlives the tree.
// Pages
//   V4  A page in `pages` belongs to this VMO alone. It is freed when it has left the tree AND every
//       translation to it is gone AND nobody copies from or to it (busy references).
//   V5  Whenever a VMO gains, loses or replaces a page, every mapping of it and of every descendant
//       that shows what was there before has lost its translation before the tree lock is released.
//       "What was there" includes the shared zero page and an ancestor's page.
//   V6  Translations are made only under the tree lock of the VMO they show (vm/aspace.h, A3).
//   V7  Of a VMO that is kept by its only clone alone, and its parent that is so too, one goes sooner or
//       later (vmo_merge.c): parent and parent_offset change then, to what shows the same.
//   V8  Each page in `pages` is charged to the account of whoever made the VMO that first had it, as long as
//       it is there: to `account`, or to the one of `payers` that the page names when it came from a VMO
//       that was merged with this. Whoever holds or maps the VMO is charged nothing for them.
// Locks: address space -> VMO tree -> page table (kernel/LOCKING.md). Calls below take the tree lock
// themselves and may be made with no lock of rank >= RANK_VMO_TREE held, unless they say otherwise.
// Offsets and sizes are bytes; every size is a page multiple.
#pragma once

#include <debug/assert.h>
#include <hal/annotations.h>
#include <hal/lock_class.h>
#include <hal/types.h>
#include <lib/list.h>
#include <lib/radix.h>
#include <lib/rbtree.h>
#include <sched/mutex.h>

struct account;
struct vmo;
struct vmo_payers; // vmo_merge.c
struct page;

#define VMO_MAX_SIZE 0xfffffffffffff000ul

struct vmo_ops {
    // The last reference is gone and the VMO torn down: free what holds it. No lock held.
    void (*free)(struct vmo *v);
    // The VMO got its first direct clone (true) or lost the last one (false). Tree lock held: may
    // take locks of higher rank only.
    void (*children)(struct vmo *v, bool any);
};

struct vmo_source; // vm/source.h

enum vmo_kind {
    VMO_ANONYMOUS,
    VMO_PHYSICAL,   // a range of physical addresses; owns no pages
    VMO_CONTIGUOUS, // anonymous, committed whole at creation
    VMO_PAGER,      // absent pages come from a source
};

// Bits of vmo.flags, fixed before anything maps the VMO.
#define VMO_RESIZABLE (1u << 0)
#define VMO_CLONE     (1u << 1) // has had a parent
#define VMO_VDSO      (1u << 2) // system-call stubs: vdso_* hold its code segment
#define VMO_RUN       (1u << 4) // physical or contiguous: paddr is there, and never changes
#define VMO_PAGED     (1u << 3) // the root of its tree is pager-backed

// Bits of vmo.marks, never cleared: what may be true of this VMO and of the translations to it.
#define VMO_MARK_FOREIGN (1u << 0) // some show the zero page or an ancestor's page
#define VMO_MARK_EXEC    (1u << 1) // some, or a clone's, were executable: writes keep fetches coherent
#define VMO_MARK_WRITTEN (1u << 3) // some were writable, or it was pinned: its pages change unnoticed
#define VMO_MARK_SPECIAL (1u << 2) // it has or had a parent, a clone or an uncached policy

// Locks: [T] tree lock; [I] fixed after init; [a] atomic; [R] the root's are used by the whole tree,
// under the tree lock.
struct vmo {
    struct mutex *lock;        // [I] the tree lock: &root's tree_lock
    const struct vmo_ops *ops; // [I]
    atomic_uint refs;          // [a] V1
    uint8_t kind;              // [I] enum vmo_kind
    uint8_t cache_policy;      // [T] ZX_CACHE_POLICY_*
    uint8_t flags;             // [I] VMO_*
    uint8_t marks;             // [T] VMO_MARK_*
    uint64_t size;             // [T] bytes
    struct radix_tree pages;   // [T] page index -> struct page *
    struct rb_tree mappings;   // [T] interval tree of struct vm_mapping, by offset (vm_priv.h)
    uint32_t mapping_count;    // [T]
    atomic_uint child_count;   // [T] direct clones; a release looks at it without
    union {
        paddr_t paddr;             // [I] VMO_RUN: address of offset 0
        struct vmo_source *source; // [I] VMO_PAGER
        struct {                   // [I] VMO_VDSO: code segment, bytes
            uint32_t vdso_code_offset;
            uint32_t vdso_code_size;
        };
        struct vmo_payers *payers; // [T] other anonymous ones: V8; NULL: none
    };
    struct vmo *parent;       // [T] referenced; NULL if none, which never changes
    uint64_t parent_offset;   // [T] offset of our byte 0 in the parent
    uint64_t parent_limit;    // [T] from here on we do not look through to a parent
    struct list children;     // [T] of vmo.sibling
    struct list_node sibling; // [T] parent's
    struct account *account;  // [I] charged for `pages`: V8
    uint64_t pin_count;       // [T] pins of all pages together
    struct mutex tree_lock;   // [R]
};

// A fresh anonymous VMO in caller's storage, with one reference. `flags`: VMO_RESIZABLE or 0. `size`
// is rounded up. ZX_ERR_OUT_OF_RANGE.
zx_status_t vmo_init_anonymous(struct vmo *v, uint64_t size, unsigned flags,
                               const struct vmo_ops *ops) MUST_CHECK;
// The same of a size that is known to be VMO_MAX_SIZE at most.
void vmo_init_sized(struct vmo *v, uint64_t size, unsigned flags, const struct vmo_ops *ops);
// A window on physical memory, policy UNCACHED, not resizable. `paddr` page aligned, size rounded up.
// ZX_ERR_INVALID_ARGS: unaligned, size 0 or overflow.
zx_status_t vmo_init_physical(struct vmo *v, paddr_t paddr, uint64_t size,
                              const struct vmo_ops *ops) MUST_CHECK;
// Physically contiguous, zeroed, committed, not resizable. alignment_log2 0 means 12.
// ZX_ERR_INVALID_ARGS: size 0 or alignment < 12 or >= 64; ZX_ERR_OUT_OF_RANGE; ZX_ERR_NO_MEMORY.
zx_status_t vmo_init_contiguous(struct vmo *v, uint64_t size, unsigned alignment_log2,
                                const struct vmo_ops *ops) MUST_CHECK;
// An anonymous VMO of fixed size made of RAM that was wired at boot (initrd, FDT): the pages become the
// VMO's and are freed with it. Page aligned; the caller has cleared what lies behind the data in the
// last page. ZX_ERR_INVALID_ARGS unaligned or empty; ZX_ERR_NOT_FOUND some page is not wired RAM of an
// arena (copy instead); ZX_ERR_NO_MEMORY.
zx_status_t vmo_init_wired(struct vmo *v, paddr_t paddr, uint64_t size,
                           const struct vmo_ops *ops) MUST_CHECK;
// Copy-on-write clone of [offset, offset+size) of `parent`; flags VMO_RESIZABLE or 0. Checks in this
// order (spec 23 section 5): NOT_SUPPORTED physical parent; OUT_OF_RANGE size; BAD_STATE policy of
// the parent; INVALID_ARGS offset unaligned; OUT_OF_RANGE offset + size overflows.
zx_status_t vmo_init_clone(struct vmo *v, struct vmo *parent, uint64_t offset, uint64_t size,
                           unsigned flags, const struct vmo_ops *ops) MUST_CHECK;
// Declares `v` the vDSO: only [code_offset, code_offset+code_size) of it may be mapped executable,
// and only once in an address space (spec 23 section 13). Before anything maps it.
void vmo_set_vdso(struct vmo *v, uint32_t code_offset, uint32_t code_size);

// References. vmo_release may free; no lock of rank >= RANK_VMO_TREE may be held.
ALWAYS_INLINE void vmo_acquire(struct vmo *v)
{
    unsigned old = atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
    DEBUG_ASSERT(old > 0);
    (void)old;
}
// False: the last reference is gone already. For whoever knows that the storage is still there.
bool vmo_try_acquire(struct vmo *v) MUST_CHECK;
void vmo_release(struct vmo *v);

uint64_t vmo_size(struct vmo *v);
uint32_t vmo_cache_policy(struct vmo *v);
// Fixed at creation, no lock.
ALWAYS_INLINE bool vmo_is_resizable(const struct vmo *v)
{
    return v->flags & VMO_RESIZABLE;
}
ALWAYS_INLINE bool vmo_is_vdso(const struct vmo *v)
{
    return (v->flags & VMO_VDSO) != 0;
}
ALWAYS_INLINE bool vmo_is_physical(const struct vmo *v)
{
    return v->kind == VMO_PHYSICAL;
}

// Copies between a VMO and kernel memory. Checks in order: NOT_SUPPORTED physical; BAD_STATE cache
// policy; OUT_OF_RANGE; NO_MEMORY (vmo_write commits). After an error the destination may be partly
// written.
// Pages that a pager must supply first are waited for, and the wait can be killed: ZX_ERR_CANCELED. Once
// the pager is detached: ZX_ERR_BAD_STATE. So it is in vmo_commit.
zx_status_t vmo_read(struct vmo *v, void *dst, uint64_t offset, size_t len) MUST_CHECK;
zx_status_t vmo_write(struct vmo *v, const void *src, uint64_t offset, size_t len) MUST_CHECK;
// The same with user memory, which may be a mapping of the same VMO; ZX_ERR_INVALID_ARGS when it
// cannot be accessed (found while copying; a system call that must report it first calls
// hal_user_fault_in before). No lock may be held, faults are allowed.
zx_status_t vmo_read_user(struct vmo *v, uintptr_t dst, uint64_t offset, size_t len) MUST_CHECK;
zx_status_t vmo_write_user(struct vmo *v, uintptr_t src, uint64_t offset, size_t len) MUST_CHECK;

// Checks in order: NOT_SUPPORTED physical; UNAVAILABLE not resizable; OUT_OF_RANGE; BAD_STATE a page
// being dropped is pinned. `size` is rounded up. ZX_ERR_CANCELED: the thread is being killed; what is gone
// by then is gone.
zx_status_t vmo_set_size(struct vmo *v, uint64_t size) MUST_CHECK;

// Ranges as spec 23 section 4 has them: OUT_OF_RANGE if offset+len overflows or offset > size; the
// excess past the end is trimmed; partial pages count whole. First: NOT_SUPPORTED physical (both),
// contiguous and pager-backed (decommit).
// Both, and a shrink, work in pieces: of two calls at a time on the same pages each may see the other half
// done, and only then a call that fails may have done part of its work.
// Backs every page of the range with memory, or none: ZX_ERR_NO_MEMORY.
zx_status_t vmo_commit(struct vmo *v, uint64_t offset, uint64_t len) MUST_CHECK;
// Releases every page touching the range. BAD_STATE: a page is pinned (nothing released).
zx_status_t vmo_decommit(struct vmo *v, uint64_t offset, uint64_t len) MUST_CHECK;

// `op` is ZX_VMO_OP_CACHE_*. NOT_SUPPORTED physical; INVALID_ARGS len 0; OUT_OF_RANGE unless the
// range lies inside. Uncommitted pages are skipped.
zx_status_t vmo_cache_op(struct vmo *v, uint32_t op, uint64_t offset, uint64_t len) MUST_CHECK;

// Order: (the caller has checked policy <= 3.) Paged: BAD_STATE if anything is committed, mapped,
// cloned, or it is a clone. Physical: the same value is OK always, else BAD_STATE if mapped.
zx_status_t vmo_set_cache_policy(struct vmo *v, uint32_t policy) MUST_CHECK;

// Physical address of the committed page at `offset` (any byte of it). ZX_ERR_NOT_FOUND: not
// committed; ZX_ERR_OUT_OF_RANGE. The page may be decommitted at once by others unless the caller
// knows better (pins it, owns the VMO).
zx_status_t vmo_lookup(struct vmo *v, uint64_t offset, paddr_t *out) MUST_CHECK;

// Pins [offset, offset+len) for a device: the pages must be committed (BAD_STATE otherwise), and
// decommit and shrink fail with BAD_STATE until as many unpins. Page aligned. OUT_OF_RANGE. UNAVAILABLE:
// a page is pinned 31 times.
zx_status_t vmo_pin(struct vmo *v, uint64_t offset, uint64_t len) MUST_CHECK;
void vmo_unpin(struct vmo *v, uint64_t offset, uint64_t len);

// Numbers for object info, a consistent snapshot.
struct vmo_stats {
    uint64_t size;            // bytes
    uint64_t committed_pages; // owned by this VMO; 0 for physical
    uint32_t mappings;        // system-wide
    uint32_t children;        // direct clones
    uint32_t share_count;     // distinct address spaces that map it; 1 if fewer than 2 mappings
    uint32_t cache_policy;
    uint8_t flags; // VMO_*
    uint8_t kind;  // enum vmo_kind
};
void vmo_get_stats(struct vmo *v, struct vmo_stats *out);
