// SPDX-License-Identifier: MIT
// What the files of this layer share: mappings, the pages of a VMO, the tree of a region.
#pragma once

#include <account/account.h>
#include <debug/assert.h>
#include <hal/mmu.h>
#include <mem/page.h>
#include <mem/slab.h>
#include <vm/aspace.h>
#include <vm/vmar.h>
#include <vm/vmo.h>

// A range of addresses that shows a range of a VMO. Locks: [A] address space; [T] tree lock of `vmo`;
// [A+T] changed under both, read under either; [I] fixed.
struct vm_mapping {
    struct vm_node node;      // [A+T] base and size; the rest of it [A]
    struct rb_node vmo_rb;    // [T] in vmo->mappings
    uint64_t vmo_offset;      // [A+T] what node.base shows, bytes
    uint64_t vmo_subtree_end; // [T] highest end offset in the rb subtree of this mapping
    struct vmo *vmo;          // [I] referenced
    struct vm_aspace *as;     // [I] outlives the mapping
    uint8_t prot;             // [A+T] HAL_PROT_*
    uint8_t ceiling;          // [I] HAL_PROT_* that protect may give
    uint8_t memory;           // [I] HAL_MEM_*
};

ALWAYS_INLINE struct vm_node *vm_node_of(struct rb_node *rb)
{
    return rb_entry(rb, struct vm_node, rb);
}
ALWAYS_INLINE struct vm_node *vm_node_or_null(struct rb_node *rb)
{
    return rb != NULL ? vm_node_of(rb) : NULL;
}
ALWAYS_INLINE vaddr_t vm_node_end(const struct vm_node *n)
{
    return n->base + n->size;
}
ALWAYS_INLINE struct vm_mapping *vm_node_mapping(struct vm_node *n)
{
    DEBUG_ASSERT(!n->is_region);
    return container_of(n, struct vm_mapping, node);
}
ALWAYS_INLINE struct vmar *vm_node_region(struct vm_node *n)
{
    DEBUG_ASSERT(n->is_region);
    return container_of(n, struct vmar, node);
}

// ---- region.c: the interval tree of a region's children (address-space lock) ---------------------

void region_insert_locked(struct vmar *r, struct vm_node *n) REQUIRES(r->as->lock);
void region_remove_locked(struct vmar *r, struct vm_node *n) REQUIRES(r->as->lock);
// After base or size of a child changed without passing a neighbour.
void region_resized_locked(struct vm_node *n);
// The lowest child that ends above addr; NULL if none.
struct vm_node *region_child_from_locked(const struct vmar *r, vaddr_t addr) REQUIRES(r->as->lock);
ALWAYS_INLINE struct vm_node *region_next(struct vm_node *n)
{
    return vm_node_or_null(rb_next(&n->rb));
}
// True if some child overlaps [base, base+size).
bool region_occupied_locked(const struct vmar *r, vaddr_t base, size_t size) REQUIRES(r->as->lock);
// The lowest address >= min at which `size` bytes are free in r; false if there is none.
bool region_find_gap_locked(const struct vmar *r, size_t size, vaddr_t min, vaddr_t *out)
    REQUIRES(r->as->lock);
// Chooses a place by r's policy. `align` (power of two >= a page) and `phase` < align: wanted is
// base % align == phase, given up if no such place exists. False if nothing fits.
bool region_place_locked(const struct vmar *r, size_t size, size_t align, size_t phase,
                         vaddr_t *out) REQUIRES(r->as->lock);

// ---- mapping.c ---------------------------------------------------------------------------------

// What is unmapped in one hold of an address space's lock: the room that the functions with `room` are given. Each
// translation takes one of it, and each mapping some more.
#define UNMAP_PIECE  2048u
#define MAPPING_WORK 16u

// Uninitialised storage; NULL: out of memory.
struct vm_mapping *mapping_alloc(void);
void mapping_free(struct vm_mapping *m); // NULL is allowed
// Puts a filled-in mapping (node.base, node.size, vmo, vmo_offset, prot, ceiling) into r and into its
// VMO, of which it takes a reference.
void mapping_insert_locked(struct vmar *r, struct vm_mapping *m) REQUIRES(r->as->lock);
// Makes the translations of committed pages from `va` on that are not there yet, as far as one piece of work goes.
// Returns where the rest begins; the mapping's end if nothing is left, or table memory has run out.
vaddr_t mapping_populate_locked(struct vm_mapping *m, vaddr_t va) REQUIRES(m->as->lock);
// Takes a mapping out of both, translations and all, and puts it on `dead` (vm_dead_free).
void mapping_remove_locked(struct vm_mapping *m, struct list *dead) REQUIRES(m->as->lock);
// Removes [lo, hi), a true part of m, from it. If that is its middle, `spare` becomes the upper piece
// and true is returned.
bool mapping_cut_locked(struct vm_mapping *m, vaddr_t lo, vaddr_t hi, struct vm_mapping *spare)
    REQUIRES(m->as->lock);
// Takes translations of [lo, hi), a part of m, away, from below, while there is *room, which becomes less. Returns
// where the rest begins.
vaddr_t mapping_drop_some_locked(struct vm_mapping *m, vaddr_t lo, vaddr_t hi, size_t *room)
    REQUIRES(m->as->lock);
// Removes [lo, hi), a part of m or all of it, by the two before that, or the lower part of that if there is no
// *room for all. Returns where what is left of it begins, hi if nothing is. *room becomes less.
vaddr_t mapping_remove_some_locked(struct vm_mapping *m, vaddr_t lo, vaddr_t hi,
                                   struct vm_mapping **spare, struct list *dead, size_t *room)
    REQUIRES(m->as->lock);
// Makes `upper` the part of m from `at` on.
void mapping_split_locked(struct vm_mapping *m, vaddr_t at, struct vm_mapping *upper)
    REQUIRES(m->as->lock);
// Changes the protection of the whole mapping.
void mapping_set_prot_locked(struct vm_mapping *m, unsigned prot) REQUIRES(m->as->lock);
// Frees what mapping_remove_locked and region_destroy_some_locked put on the list. No lock held.
void vm_dead_free(struct list *dead);

// Mappings of a VMO that show some byte of [lo, hi); then the next one. Tree lock held.
struct vm_mapping *mapping_first_overlap(const struct vmo *v, uint64_t lo, uint64_t hi);
struct vm_mapping *mapping_next_overlap(struct vm_mapping *m, uint64_t lo, uint64_t hi);

// ---- vmar.c ------------------------------------------------------------------------------------

// Takes a region apart, children first, without recursion, until that is done (true) or there is no *room. What it
// has come upon is dead for whoever has a handle of it, so that nothing is added there any more.
bool region_destroy_some_locked(struct vmar *r, struct list *dead, size_t *room)
    REQUIRES(r->as->lock);
void vmar_init(struct vmar *r, struct vm_aspace *as, uint32_t options, const struct vmar_ops *ops);

// ---- fault.c, aspace.c ---------------------------------------------------------------------------

// The mapping that covers va, NULL if none.
struct vm_mapping *vm_find_mapping_locked(struct vm_aspace *as, vaddr_t va) REQUIRES(as->lock);
// VMO_RUN: translates the window of its memory around va (page aligned, below the VMO's end).
zx_status_t vm_fault_run_locked(struct vm_mapping *m, vaddr_t va)
    REQUIRES(m->as->lock, m->vmo->lock);

// ---- VMO internals -------------------------------------------------------------------------------

// struct page of a VMO's page: owner = the VMO, index = page number in it. `count` (tree lock): low
// half busy references, high half pins.
#define VM_PAGE_BUSY_ONE  1u
#define VM_PAGE_BUSY_MASK 0xffffu
#define VM_PAGE_PIN_ONE   0x10000u
#define VM_PAGE_PINS_MAX  31u
#define VM_PAGE_ORPHAN    (1u << 0) // flags: has left its VMO, goes with the last busy reference
#define VM_PAGE_FETCHABLE (1u << 2) // flags: unless mapped writable since, coherent for fetches
#define VM_PAGE_FRESH     (1u << 1) // flags: given by a fill that may yet fail, under one hold of the lock
#define VM_PAGE_PAYER_SHIFT 8u      // flags, from here on: 0, or 1 + index of who pays (V8)

struct vmo_reserve;

extern const struct lock_class vmo_tree_lock;
extern const struct radix_ops vmo_radix_ops;
extern struct page *vm_zero_page; // [I] after vm_init

ALWAYS_INLINE void vmo_lock(struct vmo *v) ACQUIRES(v->lock)
{
    mutex_lock(v->lock);
}
ALWAYS_INLINE void vmo_unlock(struct vmo *v) RELEASES(v->lock)
{
    mutex_unlock(v->lock);
}
ALWAYS_INLINE unsigned vmo_child_count(const struct vmo *v)
{
    return atomic_load_explicit(&v->child_count, memory_order_relaxed);
}
// Tree lock held.
ALWAYS_INLINE void vmo_set_child_count(struct vmo *v, unsigned count)
{
    atomic_store_explicit(&v->child_count, count, memory_order_relaxed);
}
ALWAYS_INLINE uint64_t vmo_page_index(uint64_t offset)
{
    return offset >> PAGE_SHIFT;
}

// V8: n pages more or fewer in v->pages that v's maker pays for. ZX_ERR_NO_MEMORY.
ALWAYS_INLINE MUST_CHECK zx_status_t vmo_charge_locked(struct vmo *v, uint64_t n)
{
    return account_charge(v->account, ACCOUNT_PAGES, (int64_t)n);
}
ALWAYS_INLINE void vmo_uncharge_locked(struct vmo *v, uint64_t n)
{
    account_uncharge(v->account, ACCOUNT_PAGES, (int64_t)n);
}

// Pages that one hold of a tree lock gives, takes, moves or looks at, where there may be many: others get
// their turn after each such piece.
#define VMO_PIECE_PAGES 512u

// Fills in a VMO with one reference; `size` is a page multiple.
void vmo_init_common(struct vmo *v, enum vmo_kind kind, uint64_t size, unsigned flags,
                     const struct vmo_ops *ops);
// The page that v shows at `index`, from v or an ancestor; NULL: zeros. *out_own: it is v's. Other
// results than ZX_OK: those of vmo_absent_status_locked.
zx_status_t vmo_visible_page_locked(struct vmo *v, uint64_t index, struct page **out, bool *out_own)
    REQUIRES(v->lock);
// v has no page at `index` (below its size): gives it one, with the content it showed. ZX_ERR_NO_MEMORY
// and the results of vmo_absent_status_locked: nothing changed.
zx_status_t vmo_add_page_locked(struct vmo *v, uint64_t index, struct page **out) REQUIRES(v->lock);
// The usual case of giving v a page: nothing but v's own tree knows, and the node that takes it is
// there (`leaf`, of radix_leaf). NULL: use vmo_add_page_locked.
ALWAYS_INLINE struct page *vmo_add_plain_page_locked(struct vmo *v, struct radix_node *leaf,
                                                     uint64_t index) REQUIRES(v->lock)
{
    if (unlikely(leaf == NULL || (v->marks & (VMO_MARK_FOREIGN | VMO_MARK_SPECIAL)) != 0))
        return NULL;
    if (unlikely(!account_charge_at_once(v->account, ACCOUNT_PAGES, 1)))
        return NULL;
    struct page *page = page_alloc(PAGE_STATE_VMO, PAGE_ALLOC_ZERO);
    if (likely(page != NULL)) {
        radix_leaf_put(&v->pages, leaf, index, page);
        page->owner = v;
        page->index = index;
    } else {
        vmo_uncharge_locked(v, 1);
    }
    return page;
}
// V5, before v gets pages in [offset, offset+len) where it had none.
void vmo_prepare_gain_locked(struct vmo *v, uint64_t offset, uint64_t len) REQUIRES(v->lock);
// Puts a page, already filled, where v has none, after vmo_prepare_gain_locked; nodes come from `ops`.
// ZX_ERR_NO_MEMORY: the page is still the caller's.
zx_status_t vmo_put_page_by_locked(struct vmo *v, uint64_t index, struct page *page,
                                   const struct radix_ops *ops) REQUIRES(v->lock);
ALWAYS_INLINE zx_status_t vmo_put_page_locked(struct vmo *v, uint64_t index, struct page *page)
    REQUIRES(v->lock)
{
    return vmo_put_page_by_locked(v, index, page, &vmo_radix_ops);
}
// vmo_add_page_locked for a VMO with a parent.
zx_status_t vmo_clone_add_page_locked(struct vmo *v, uint64_t index, struct page **out)
    REQUIRES(v->lock);
// Counts into r what a commit of [*first, end) of a clone takes, and charges it; as far as one piece of work
// goes: *first is where the rest begins. Errors: ZX_ERR_NO_MEMORY, vmo_absent_status_locked.
zx_status_t vmo_clone_count_locked(struct vmo *v, uint64_t *first, uint64_t end,
                                   struct vmo_reserve *r) REQUIRES(v->lock);
// Gives v every page of [*first, end) that it has not, from r, as far as one piece of work goes. After an
// error nothing of this piece has been given.
zx_status_t vmo_clone_fill_locked(struct vmo *v, uint64_t *first, uint64_t end,
                                  struct vmo_reserve *r) REQUIRES(v->lock);
// Before a translation makes `page` executable: what was written to it can be fetched. `page` is a VMO's or
// the zero page; the tree lock is held.
void vmo_make_fetchable_locked(struct page *page);
// V5: drops every translation that shows [offset, offset+len) of v, in v's mappings and through
// its clones.
void vmo_unmap_range_locked(struct vmo *v, uint64_t offset, uint64_t len) REQUIRES(v->lock);
// Takes all pages in [first, end) out of v; those nobody copies from go to `freed`. The translations
// are gone already.
void vmo_take_pages_locked(struct vmo *v, uint64_t first, uint64_t end, struct list *freed)
    REQUIRES(v->lock);
// The same of at most *room pages, which becomes less. True: none is left.
bool vmo_take_some_locked(struct vmo *v, uint64_t first, uint64_t end, unsigned *room,
                          struct list *freed) REQUIRES(v->lock);
// Ends a busy reference; a page that was orphaned goes to `freed`.
void vmo_page_unbusy_locked(struct vmo *v, struct page *page, struct list *freed) REQUIRES(v->lock);
// Frees gathered pages of a VMO with the given cache policy. No lock needed.
void vmo_free_pages(struct list *pages, unsigned cache_policy);
// Pages that v itself has in [offset, offset+len).
uint64_t vmo_count_pages_locked(struct vmo *v, uint64_t offset, uint64_t len) REQUIRES(v->lock);
// A range as spec 23 section 4 trims it for COMMIT/DECOMMIT. ZX_ERR_OUT_OF_RANGE.
zx_status_t vmo_trim_range_locked(struct vmo *v, uint64_t offset, uint64_t len, uint64_t *out_first,
                                  uint64_t *out_end) REQUIRES(v->lock);

// ---- vmo_commit.c --------------------------------------------------------------------------------

// What an operation in several pieces sets aside before the first of them, so that none fails for lack of
// memory: pages (zeroed, but for clones), nodes, and charges.
struct reserved_charge {
    struct list_node node;
    struct account *account; // may be gone once `pages` is 0
    uint64_t pages;
};

struct vmo_reserve {
    struct radix_ops ops;     // give nodes of `nodes` first
    struct radix_node *nodes; // linked by their first slot
    struct list pages;
    struct list charges; // of struct reserved_charge, the latest first
    struct reserved_charge first_charge;
    uint64_t page_count; // how many pages are needed
    uint64_t node_count; // and how many nodes
    struct {
        const struct vmo *v;
        uint64_t index;
    } counted[2][8]; // lowest-level nodes, and those above them, that have just been counted
    bool counting;   // `counted` is initialised
};

void vmo_reserve_init(struct vmo_reserve *r);
// Gives back what is left of it. No lock held.
void vmo_reserve_end(struct vmo_reserve *r);
// Charges n pages to `a` for later. A tree lock is held that keeps `a`. ZX_ERR_NO_MEMORY.
zx_status_t vmo_reserve_charge(struct vmo_reserve *r, struct account *a, uint64_t n) MUST_CHECK;
// Counts the nodes that a page at `index` of v will need; rather too many than too few.
void vmo_reserve_count_nodes_locked(struct vmo_reserve *r, const struct vmo *v, uint64_t index)
    REQUIRES(v->lock);
// Allocates nodes for what has been counted. No lock held. ZX_ERR_NO_MEMORY.
zx_status_t vmo_reserve_nodes(struct vmo_reserve *r) MUST_CHECK;
// A page charged to v's account: a reserved one, or if there is none (or r is NULL) one just allocated, which
// is zeroed if `zero`. NULL: no memory.
struct page *vmo_reserve_page_locked(struct vmo_reserve *r, struct vmo *v, bool zero)
    REQUIRES(v->lock);

// ---- vmo_merge.c ---------------------------------------------------------------------------------

// V7, around v, to which the caller holds a reference; `dying`: which it is about to give back. No lock held.
// Preemptible: each piece of it holds the tree lock for a bounded time. Lack of memory leaves the rest for
// another time.
void vmo_merge_dead(struct vmo *v, bool dying);
// V8: a page of v that somebody else than v's maker pays for is going.
void vmo_payer_uncharge_locked(const struct vmo *v, struct page *page) REQUIRES(v->lock);
// v is gone, with all its pages.
void vmo_payers_free(struct vmo *v);

// ---- vmo_pager.c ---------------------------------------------------------------------------------

struct vmo_request;

// Why a page that only the pager of `pager` can give is not there. ZX_ERR_SHOULD_WAIT: drop all locks,
// vmo_page_in(), start over; ZX_ERR_BAD_STATE: it will not come.
zx_status_t vmo_absent_status_locked(const struct vmo *pager) REQUIRES(pager->lock);
// Whether the root of v's tree is pager-backed. No lock needed.
ALWAYS_INLINE bool vmo_has_pager(const struct vmo *v)
{
    return (v->flags & VMO_PAGED) != 0;
}
// Looks for the first page of [*index, end) that v shows and only a pager can give. If there is one, asks for
// it and the absent ones behind it up to `end`, and waits until it, now *index, has come or cannot. Or else
// *index is `end`. `user`: a fault of user mode, whose wait suspension
// may end as well (ZX_ERR_INTERNAL_INTR_RETRY); kill: ZX_ERR_CANCELED. ZX_ERR_BAD_STATE: detached;
// ZX_ERR_NO_MEMORY. The caller holds v, and no lock.
zx_status_t vmo_page_in(struct vmo *v, uint64_t *index, uint64_t end, bool user) MUST_CHECK;
// The same until nothing in the range is absent.
zx_status_t vmo_page_in_range(struct vmo *v, uint64_t offset, uint64_t len) MUST_CHECK;
// v has just got the page `index`. *cursor: NULL at first, for a series of these.
void vmo_source_arrived_locked(struct vmo *v, uint64_t index, struct vmo_request **cursor)
    REQUIRES(v->lock);
// Ends the waits for pages [first, end) of v.
void vmo_source_wake_locked(struct vmo *v, uint64_t first, uint64_t end, zx_status_t status)
    REQUIRES(v->lock);
// v has become smaller: what was asked for or waited for behind its end is so no more.
void vmo_source_shrunk_locked(struct vmo *v) REQUIRES(v->lock);
