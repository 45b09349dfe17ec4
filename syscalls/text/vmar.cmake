# SPDX-License-Identifier: MIT
# Texts about VMARs. See ../reference.cmake for the words.
family_title("VMARs")

describe(vmar_allocate
    IS "Reserve a region of addresses"
    DOES "The region lies in its parent and overlaps none of the parent's other children. It stays until it is \
destroyed or unmapped, whatever happens to handles."
    ARGS "offset: from the parent's base with SPECIFIC, otherwise 0."
         "size: whole pages, not 0."
         "child_vmar: has READ, WRITE and EXECUTE as the options CAN_MAP_... say, and DUPLICATE, TRANSFER, INSPECT."
         "child_addr: the region's base."
    OPTIONS "ZX_VM_COMPACT: its children are put close together."
            "ZX_VM_SPECIFIC: at `offset`. The parent must allow it."
            "ZX_VM_CAN_MAP_SPECIFIC: children may be put at given offsets."
            "ZX_VM_CAN_MAP_READ: readable mappings are allowed in it."
            "ZX_VM_CAN_MAP_WRITE: writable ones."
            "ZX_VM_CAN_MAP_EXECUTE: executable ones."
    ERRORS "@parent_vmar"
           "ACCESS_DENIED: `parent_vmar` lacks READ, WRITE or EXECUTE for a CAN_MAP_... that is asked for. \
This comes before the type."
           "INVALID_ARGS: another bit in `options`, or `size` is not in whole pages."
           "BAD_STATE: the parent was destroyed."
           "INVALID_ARGS: `size` is 0."
           "ACCESS_DENIED: the parent may not map so itself."
           "INVALID_ARGS: `offset` is not 0 without SPECIFIC."
           "ACCESS_DENIED: SPECIFIC, and the parent does not allow it."
           "INVALID_ARGS: the region would leave the parent."
           "INVALID_ARGS: `offset` is not aligned to pages."
           "NO_MEMORY: the place is taken, there is no gap, or there is not enough memory."
           "INVALID_ARGS: an output cannot be written. The region is undone."
    COST "1" "handle_table aspace random handle_table" "O(log children)"
    SEE vmar_map vmar_destroy)

describe(vmar_map
    IS "Map a VMO"
    DOES "What may be done with the mapping later, by `zx_vmar_protect`, is bounded by the rights of both \
handles now. The range may go over the VMO's end: there it faults until the VMO grows. With no permission \
the range is only reserved."
    ARGS "vmar_offset: from the region's base with SPECIFIC, otherwise 0."
         "vmo_offset: whole pages."
         "len: rounded up to pages."
         "mapped_addr: where it is."
    OPTIONS "ZX_VM_PERM_READ: it can be read."
            "ZX_VM_PERM_WRITE: it can be written. Not without READ."
            "ZX_VM_PERM_EXECUTE: it can be executed. Not without READ."
            "ZX_VM_SPECIFIC: at `vmar_offset`."
            "ZX_VM_SPECIFIC_OVERWRITE: at `vmar_offset`, instead of what is mapped there."
            "ZX_VM_MAP_RANGE: pages that are committed are mapped at once."
            "ZX_VM_REQUIRE_NON_RESIZABLE: fail if the size of the VMO can change."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "WRONG_TYPE: `handle` is not a VMAR."
           "BAD_HANDLE: `vmo` is not a handle of the caller."
           "WRONG_TYPE: `vmo` is not a VMO."
           "ACCESS_DENIED: `vmo` lacks MAP."
           "INVALID_ARGS: WRITE or EXECUTE without READ, MAP_RANGE with SPECIFIC_OVERWRITE, or CAN_MAP_..."
           "ACCESS_DENIED: a permission for which one of the handles lacks the right."
           "INVALID_ARGS: an unknown bit in `options`."
           "NOT_SUPPORTED: REQUIRE_NON_RESIZABLE, and the size of the VMO can change."
           "INVALID_ARGS: COMPACT or CAN_MAP_SPECIFIC."
           "INVALID_ARGS: `vmo_offset` is not aligned, or the range overflows."
           "BAD_STATE: the region was destroyed."
           "INVALID_ARGS: `len` is 0."
           "INVALID_ARGS: `vmar_offset` is not 0 without SPECIFIC."
           "ACCESS_DENIED: SPECIFIC, and the region does not allow it."
           "INVALID_ARGS: the range leaves the region, or `vmar_offset` is not aligned."
           "NO_MEMORY: the place is taken, or there is no gap."
           "ACCESS_DENIED: OVERWRITE of the vDSO's code."
           "INVALID_ARGS: OVERWRITE would touch a region."
           "ACCESS_DENIED: an executable mapping of the vDSO that is not exactly its code, or a second one."
           "NO_MEMORY: there is not enough memory."
           "INVALID_ARGS: `mapped_addr` cannot be written. The mapping is undone."
    NOTES "Code that was written is visible to instruction fetch without further ado."
    COST "1" "handle_table handle_table aspace random vmo_tree" "O(log children)"
    SEE vmar_unmap vmar_protect vmo_create)

describe(vmar_unmap
    IS "Unmap a range of addresses"
    DOES "Takes away every mapping or part of one in the range, and destroys every region that is wholly in it. \
Gaps are fine."
    ARGS "len: rounded up to pages."
    ERRORS "@handle"
           "INVALID_ARGS: `addr` is not aligned, or `len` is 0."
           "BAD_STATE: the region was destroyed."
           "INVALID_ARGS: the range leaves the region."
           "ACCESS_DENIED: the vDSO's code is in the range."
           "INVALID_ARGS: the range covers a part of a region. Nothing changes."
           "NO_MEMORY: a mapping could not be split."
    COST "0" "handle_table aspace vmo_tree page_table" "O(log children + mappings and pages in the range)"
    SEE vmar_map vmar_destroy)

describe(vmar_protect
    IS "Change what a mapping permits"
    DOES "The range must be covered by mappings of this region. All of it changes, or nothing. With no permission the \
range stays reserved."
    ARGS "len: rounded up to pages."
    OPTIONS "ZX_VM_PERM_READ: it can be read."
            "ZX_VM_PERM_WRITE: it can be written. Not without READ."
            "ZX_VM_PERM_EXECUTE: it can be executed. Not without READ."
    ERRORS "@handle"
           "ACCESS_DENIED: `handle` lacks the right for a permission. This comes before the type."
           "INVALID_ARGS: WRITE or EXECUTE without READ."
           "INVALID_ARGS: `addr` is not aligned, another bit in `options`, or `len` is 0."
           "BAD_STATE: the region was destroyed."
           "INVALID_ARGS: the range leaves the region."
           "NOT_FOUND: nothing is mapped in a part of the range."
           "INVALID_ARGS: a region is in the range."
           "ACCESS_DENIED: a mapping was not made with the rights for this, or is the vDSO's code."
           "NO_MEMORY: a mapping could not be split."
    NOTES "Of the last three before memory, the first that is met from low addresses to high decides."
    COST "0" "handle_table aspace vmo_tree page_table" "O(log children + mappings and pages in the range)"
    SEE vmar_map)

describe(vmar_destroy
    IS "Destroy a region and all that is in it"
    DOES "Mappings go and regions in it are destroyed too. Handles to them stay valid, but every operation on \
them is `ZX_ERR_BAD_STATE`."
    ERRORS "@handle"
           "BAD_STATE: it was destroyed before."
           "ACCESS_DENIED: the vDSO's code is in it."
    COST "0" "handle_table aspace" "O(mappings, regions and pages in it)"
    SEE vmar_allocate vmar_unmap)

describe(vmar_allocate_old
    IS "zx_vmar_allocate with its arguments in another order"
    ERRORS "unordered" "@parent_vmar"
    NOTES "All other errors and the options are those of `zx_vmar_allocate`."
    COST "1" "handle_table aspace random handle_table" "O(log children)"
    SEE vmar_allocate)

describe(vmar_map_old
    IS "zx_vmar_map with its arguments in another order"
    ERRORS "unordered" "@handle" "@vmo"
    NOTES "All other errors and the options are those of `zx_vmar_map`."
    COST "1" "handle_table handle_table aspace random vmo_tree" "O(log children)"
    SEE vmar_map)

describe(vmar_protect_old
    IS "zx_vmar_protect with its arguments in another order"
    ERRORS "unordered" "@handle"
    NOTES "All other errors and the options are those of `zx_vmar_protect`."
    COST "0" "handle_table aspace vmo_tree page_table" "O(log children + mappings and pages in the range)"
    SEE vmar_protect)
