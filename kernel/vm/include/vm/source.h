// SPDX-License-Identifier: MIT
// Sources: where the absent pages of a pager-backed VMO come from. The upper layer embeds both structs
// and sends requests to whoever serves them; this layer knows what is missing, what has been asked for
// and who waits.
//
//   S1  A source belongs to its VMO from vmo_init_pager() until ops->free. It is detached once, by
//       vmo_source_detach() or by the end of its VMO, and never again attached.
//   S2  `requests` never overlap. Each absent page inside one has been asked for and is not asked for
//       again; `missing` counts these pages. A request without missing pages goes, and one that nobody
//       waits for any more if whoever serves it has not seen it yet.
//   S3  Requests are sent, and ops->complete is called, with no lock held. `sending` counts the threads
//       that are at it, so that no request follows the completion.
// Locks: [T] the tree lock of the VMO; [I] fixed.
#pragma once

#include <lib/list.h>
#include <lib/rbtree.h>
#include <vm/vmo.h>

struct vmo_request {
    struct rb_node rb;   // [T] in source->requests, by `first`
    uint64_t first, end; // [T] page numbers
    uint64_t missing;    // [T] S2
};

struct vmo_source_ops {
    // A fresh request with two holders: this layer's tree and the send that follows. Tree lock held.
    // NULL: no memory.
    struct vmo_request *(*request_alloc)(void);
    // Asks for [offset, offset+len), bytes, by `r`; ends the second holding. No lock held.
    void (*request_send)(struct vmo_source *s, struct vmo_request *r, uint64_t offset,
                         uint64_t len);
    // Takes back what was sent of r. False: it has been read, or is not sent yet. Tree lock held, as below.
    bool (*request_retract)(struct vmo_source *s, struct vmo_request *r);
    // Nothing of r is missing any more, or nobody wants it: takes back what was sent and not read yet, and
    // ends the first holding. The tree lock is held; locks of rank below RANK_PORT may be taken.
    void (*request_done)(struct vmo_source *s, struct vmo_request *r);
    // No request will come any more. Once. No lock held.
    void (*complete)(struct vmo_source *s);
    // The VMO is gone. No lock held.
    void (*free)(struct vmo_source *s);
};

struct vmo_source {
    const struct vmo_source_ops *ops; // [I]
    struct rb_tree requests;          // [T] of vmo_request
    struct list waiters;              // [T] of threads that wait for a page
    uint32_t sending;                 // [T] S3
    bool detached;                    // [T]
};

// A VMO of which every page comes from `s`, whose ops are filled in. Flags VMO_RESIZABLE or 0; `size` is
// rounded up. ops->free must call vmo_source_end(). ZX_ERR_OUT_OF_RANGE: nothing has happened to `s`.
zx_status_t vmo_init_pager(struct vmo *v, uint64_t size, unsigned flags, struct vmo_source *s,
                           const struct vmo_ops *ops) MUST_CHECK;

// From now on absent pages cannot come: who waits, and whoever needs one later, gets
// ZX_ERR_BAD_STATE. v is pager-backed. Does nothing the second time. No lock held.
void vmo_source_detach(struct vmo *v);

// The last thing that happens to v: detaches the source and gives it back.
void vmo_source_end(struct vmo *v);

// Moves the pages of [aux_offset, aux_offset+len) of `aux` to the absent pages of
// [offset, offset+len) of the pager-backed v; where v has a page the other is freed. All page aligned,
// v != aux. In order: ZX_ERR_OUT_OF_RANGE a range leaves its VMO; ZX_ERR_BAD_STATE v is detached, or aux
// is not plain paged memory, has pins, an uncached policy, a mapping, a clone or a parent, or has not all
// the pages; ZX_ERR_NO_MEMORY. After an error nothing has moved, unless others changed v or aux meanwhile: then what
// came before that may have. No lock held.
zx_status_t vmo_supply_pages(struct vmo *v, uint64_t offset, uint64_t len, struct vmo *aux,
                             uint64_t aux_offset) MUST_CHECK;
