// SPDX-License-Identifier: MIT
// Address regions (VMARs) and mappings: a tree of intervals in an address space. The object layer
// embeds struct vmar in its VMAR object; mappings are this layer's own.
//
// Lifetime
//   R1  A region is alive from vmar_allocate (or vm_aspace_create) to its destruction, whoever
//       holds it. While alive it is in its parent's tree, which holds one reference; the object that
//       embeds it holds another. Every region, dead or alive, holds a reference to its address space.
//   R2  A dead region gets no more children, and every operation says BAD_STATE. What is destroyed is taken apart
//       in pieces, and has its place in the tree until it has no child left. A region below it is dead once it is
//       come upon; then it loses its place, and its children become those of what is taken apart, one by one. So
//       no piece depends on how deep regions lie in each other.
//   R3  ops->free() runs at the last reference, no lock held.
//   R4  Children of a region (regions, mappings) never overlap and lie inside it.
// Locks: everything here is guarded by the address space's lock, which each call takes itself. No
// lock of rank >= RANK_ASPACE may be held. Addresses and sizes are bytes.
#pragma once

#include <hal/mmu.h>
#include <hal/types.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <vm/vmo.h>

struct vm_aspace;
struct vmar;

struct vmar_ops {
    void (*free)(struct vmar *r); // R3
};

// A child of a region: a region or a mapping. Locks: [A] address space; [I] fixed.
struct vm_node {
    union {
        struct rb_node rb;     // [A] in parent->children, by base
        struct list_node dead; // on its way out: the caller's list
    };
    struct vmar *parent;   // [A] NULL: the root, or dead
    vaddr_t base;          // [A]
    size_t size;           // [A] > 0
    vaddr_t subtree_first; // [A] lowest base in the rb subtree of this node
    vaddr_t subtree_end;   // [A] highest end in it
    size_t subtree_gap;    // [A] largest gap between neighbours within it
    bool is_region;        // [I] struct vmar; else struct vm_mapping
};

struct vmar {
    struct vm_node node;        // [A] first: base and size stay readable when dead
    struct vm_aspace *as;       // [I] referenced
    struct rb_tree children;    // [A] of vm_node
    const struct vmar_ops *ops; // [I]
    atomic_uint refs;           // [a]
    uint32_t options;           // [I] ZX_VM_COMPACT and ZX_VM_CAN_MAP_*
    bool alive;                 // [A]
    bool apart;                 // [A] somebody takes it apart, R2
    struct vmar *emptying;      // [A] of such a one: the region come upon that has children still; NULL: none
};

// Creates a sub-region in the storage `child` (then referenced by the tree and by the caller).
// `options`: ZX_VM_SPECIFIC, _COMPACT, _CAN_MAP_*. The caller has done the handle and right checks,
// refused other bits, and refused a size that is not page aligned. Checks here, in order:
//   BAD_STATE parent dead; INVALID_ARGS size 0; ACCESS_DENIED CAN_MAP_R/W/X beyond the parent's;
//   INVALID_ARGS offset without SPECIFIC; ACCESS_DENIED SPECIFIC without the parent's
//   CAN_MAP_SPECIFIC; INVALID_ARGS offset or size outside; INVALID_ARGS offset unaligned;
//   NO_MEMORY occupied, or no gap.
zx_status_t vmar_allocate(struct vmar *parent, uint32_t options, uint64_t offset, uint64_t size,
                          struct vmar *child, const struct vmar_ops *ops,
                          vaddr_t *out_base) MUST_CHECK;

// Maps [vmo_offset, vmo_offset+len) of `vmo`; takes a reference of its own. `options`: ZX_VM_PERM_*,
// _SPECIFIC, _SPECIFIC_OVERWRITE, _MAP_RANGE, _REQUIRE_NON_RESIZABLE (the last is the caller's to
// check). `ceiling`: HAL_PROT_* that both handles allow; the mapping remembers it. The caller has done
// every check of spec 23 section 10 up to "INVALID_ARGS: COMPACT or CAN_MAP_SPECIFIC". Checks here:
//   INVALID_ARGS vmo_offset unaligned or vmo_offset + rounded len >= 2^64; BAD_STATE region dead;
//   INVALID_ARGS len 0 or not roundable; INVALID_ARGS vmar_offset without SPECIFIC; ACCESS_DENIED no
//   CAN_MAP_SPECIFIC; INVALID_ARGS outside; INVALID_ARGS vmar_offset unaligned; NO_MEMORY occupied or
//   no gap; OVERWRITE: ACCESS_DENIED covers vDSO code, INVALID_ARGS touches a sub-region;
//   ACCESS_DENIED executable vDSO mapping not allowed; NO_MEMORY.
// The region's own CAN_MAP_R/W/X are not looked at: they are in the rights of its handles.
// MAP_RANGE fills in translations of committed pages; if table memory runs out the rest is left to
// faults.
zx_status_t vmar_map(struct vmar *r, uint32_t options, uint64_t vmar_offset, struct vmo *vmo,
                     uint64_t vmo_offset, uint64_t len, unsigned ceiling,
                     vaddr_t *out_base) MUST_CHECK;

// Makes room at [addr, addr+len): trims and splits mappings, destroys regions fully inside. All
// checks of spec 23 section 11 after the handle's: INVALID_ARGS addr unaligned or rounded len 0;
// BAD_STATE; INVALID_ARGS outside; ACCESS_DENIED vDSO code; INVALID_ARGS part of a sub-region;
// NO_MEMORY splitting. Works upward in pieces; only if others change the range meanwhile can a call that fails have
// done part of its work.
zx_status_t vmar_unmap(struct vmar *r, vaddr_t addr, uint64_t len) MUST_CHECK;

// `options`: ZX_VM_PERM_*. All checks of section 12 after the handle's: INVALID_ARGS WRITE/EXECUTE
// without READ; INVALID_ARGS addr unaligned, other bits, rounded len 0; BAD_STATE; INVALID_ARGS
// outside; NOT_FOUND, INVALID_ARGS, ACCESS_DENIED by scanning upward; NO_MEMORY splitting.
zx_status_t vmar_protect(struct vmar *r, uint32_t options, vaddr_t addr, uint64_t len) MUST_CHECK;

// Destroys the region with everything in it. BAD_STATE: dead already; ACCESS_DENIED: holds the vDSO
// code (nothing is touched then). Works in pieces.
zx_status_t vmar_destroy(struct vmar *r) MUST_CHECK;

void vmar_acquire(struct vmar *r);
void vmar_release(struct vmar *r); // no lock held

// Readable at any time, also when dead.
ALWAYS_INLINE vaddr_t vmar_base(const struct vmar *r)
{
    return r->node.base;
}
ALWAYS_INLINE size_t vmar_size(const struct vmar *r)
{
    return r->node.size;
}

_Static_assert(ZX_VM_PERM_READ == HAL_PROT_READ && ZX_VM_PERM_WRITE == HAL_PROT_WRITE &&
                   ZX_VM_PERM_EXECUTE == HAL_PROT_EXEC,
               "permission bits of the ABI and of the HAL are the same");

// HAL_PROT_* of the ZX_VM_PERM_* in `options`.
ALWAYS_INLINE unsigned vm_prot_of_options(uint32_t options)
{
    return options & (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE);
}
