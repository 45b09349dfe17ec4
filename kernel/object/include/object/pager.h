// SPDX-License-Identifier: MIT
// Pagers: who supplies the pages of pager-backed VMOs, and is asked for them by packets on a port
// (spec 23 section 14).
#pragma once

#include <object/object.h>
#include <vm/vmo.h>

extern const struct object_ops pager_ops;

zx_status_t pager_create(struct object **out) MUST_CHECK;

// A resizable VMO of this pager; requests come to `port`, which is referenced, with `key`.
// ZX_ERR_NO_MEMORY, ZX_ERR_OUT_OF_RANGE.
zx_status_t pager_create_vmo(struct object *pager, struct object *port, uint64_t key, uint64_t size,
                             struct object **out) MUST_CHECK;

// As vmo_supply_pages() (vm/source.h), which see. First: ZX_ERR_INVALID_ARGS unless v is of this pager, all
// is page aligned, and v != aux.
zx_status_t pager_supply_pages(struct object *pager, struct vmo *v, uint64_t offset, uint64_t len,
                               struct vmo *aux, uint64_t aux_offset) MUST_CHECK;

// Absent pages of v cannot come any more. ZX_ERR_INVALID_ARGS: v is not of this pager.
zx_status_t pager_detach_vmo(struct object *pager, struct vmo *v) MUST_CHECK;
