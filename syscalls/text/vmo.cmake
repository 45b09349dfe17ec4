# SPDX-License-Identifier: MIT
# Texts about VMOs. See ../reference.cmake for the words.
family_title("VMOs")

describe(vmo_create
    IS "Create a VMO, a piece of memory"
    DOES "It reads as zeros. A page costs memory when it is first written. It lives as long as it has a handle, a \
mapping or a clone."
    ARGS "size: in bytes, rounded up to pages. 0 is fine."
    OPTIONS "0: its size can change."
            "ZX_VMO_NON_RESIZABLE: it cannot."
    ERRORS "INVALID_ARGS: other `options`."
           "ACCESS_DENIED: the job's policy forbids new VMOs."
           "OUT_OF_RANGE: `size` is too large."
           "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE vmo_read vmo_write vmar_map vmo_clone)

describe(vmo_read
    IS "Copy out of a VMO"
    DOES "All of it or an error. The buffer may be a mapping of the same VMO. Pages that were never written \
read as zeros and stay uncommitted."
    ERRORS "@handle"
           "INVALID_ARGS: `buffer` cannot be written."
           "NOT_SUPPORTED: the VMO is physical."
           "BAD_STATE: the VMO is not cached, or its pager is detached."
           "OUT_OF_RANGE: the range goes over the end. Nothing at the very end is fine."
    NOTES "On an error the buffer may have been written in part."
    COST "0" "handle_table vmo_tree" "O(pages * depth of clones)"
    SEE vmo_write vmar_map)

describe(vmo_write
    IS "Copy into a VMO"
    DOES "All of it or an error. The buffer may be a mapping of the same VMO. Commits the pages that it writes."
    ERRORS "@handle"
           "INVALID_ARGS: `buffer` cannot be read."
           "NOT_SUPPORTED: the VMO is physical."
           "BAD_STATE: the VMO is not cached, or its pager is detached."
           "OUT_OF_RANGE: the range goes over the end. Nothing at the very end is fine."
           "NO_MEMORY: a page could not be committed."
    NOTES "On an error the VMO may have been written in part."
    COST "0" "handle_table vmo_tree" "O(pages * depth of clones), for a page that is not committed yet an \
allocation, and O(mappings and clones that showed none)"
    SEE vmo_read vmar_map)

describe(vmo_get_size
    IS "Tell the size of a VMO"
    ARGS "size: in bytes, whole pages."
    ERRORS "@handle" "INVALID_ARGS: `size` cannot be written."
    COST "0" "handle_table vmo_tree" "O(1)"
    SEE vmo_set_size)

describe(vmo_set_size
    IS "Change the size of a VMO"
    DOES "What is cut off is freed, and mappings of it fault from then on. What is added reads as zeros, in \
mappings too."
    ARGS "size: rounded up to pages."
    ERRORS "@handle"
           "NOT_SUPPORTED: the VMO is physical."
           "UNAVAILABLE: its size cannot change."
           "OUT_OF_RANGE: `size` is too large."
           "BAD_STATE: a page that would go is pinned for a device."
    COST "0" "handle_table vmo_tree" "O(pages freed and their mappings)"
    SEE vmo_get_size)

describe(vmo_op_range
    IS "Commit, decommit or clean a range of a VMO"
    ARGS "offset: COMMIT and DECOMMIT work on every page that the range touches, the others on bytes."
         "size: COMMIT and DECOMMIT trim it to the VMO."
         "buffer: not looked at." "buffer_size: not looked at."
    OPTIONS "ZX_VMO_OP_COMMIT: all pages get memory now."
            "ZX_VMO_OP_DECOMMIT: pages are freed and read as zeros, or as the parent's in a clone."
            "ZX_VMO_OP_LOCK: not supported."
            "ZX_VMO_OP_UNLOCK: not supported."
            "ZX_VMO_OP_CACHE_SYNC: instructions are fetched anew."
            "ZX_VMO_OP_CACHE_INVALIDATE: cache lines are dropped."
            "ZX_VMO_OP_CACHE_CLEAN: data is written back to memory."
            "ZX_VMO_OP_CACHE_CLEAN_INVALIDATE: both."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "WRONG_TYPE: `handle` is not a VMO."
           "INVALID_ARGS: there is no such `op`."
           "NOT_SUPPORTED: LOCK or UNLOCK."
           "ACCESS_DENIED: `handle` lacks the right for this `op`."
           "NOT_SUPPORTED: the VMO is physical, or DECOMMIT of a contiguous or pager-backed one."
           "INVALID_ARGS: a cache operation with a `size` of 0."
           "OUT_OF_RANGE: the range begins beyond the end, a cache operation goes over it, or it overflows."
           "BAD_STATE: DECOMMIT, and a page is pinned."
           "NO_MEMORY: COMMIT, and there is not enough memory. No page was committed."
    COST "2" "handle_table vmo_tree vmo_tree" "O(pages * depth of clones), for a page that comes or goes \
O(mappings and clones that see it)"
    SEE vmo_set_size cache_flush)

describe(vmo_clone
    IS "Make a copy-on-write clone of a VMO"
    DOES "The clone shows the parent's pages from `offset` on until it has written a page itself: then it \
owns that page. Writes to the parent are seen in the clone where it owns nothing: it is not a snapshot. The parent \
never sees the clone's writes. Beyond the parent's end the clone reads zeros."
    ARGS "offset: in the parent, whole pages. May be beyond its end."
         "size: rounded up to pages. May be 0."
    OPTIONS "ZX_VMO_CLONE_COPY_ON_WRITE: must be there."
            "ZX_VMO_CLONE_NON_RESIZEABLE: the clone's size cannot change."
    ERRORS "@handle"
           "INVALID_ARGS: COPY_ON_WRITE is missing, or an unknown bit in `options`."
           "NOT_SUPPORTED: the parent is physical."
           "OUT_OF_RANGE: `size` is too large."
           "@memory"
           "BAD_STATE: the parent is not cached."
           "INVALID_ARGS: `offset` is not aligned to pages."
           "OUT_OF_RANGE: `offset` and `size` overflow."
           "@out"
    NOTES "The new handle has the rights of `handle`, and WRITE, GET_PROPERTY and SET_PROPERTY. The clone has \
the parent's name if `handle` has GET_PROPERTY."
    COST "1" "handle_table object vmo_tree object handle_table" "O(1)"
    SEE vmo_create vmo_op_range)

describe(vmo_set_cache_policy
    IS "Say how a VMO is cached"
    DOES "For new mappings. The VMO must have no committed page, mapping or clone, nor be a clone, except \
that a physical one only must not be mapped, unless nothing changes."
    OPTIONS "ZX_CACHE_POLICY_CACHED: as usual."
            "ZX_CACHE_POLICY_UNCACHED: strongly ordered device memory."
            "ZX_CACHE_POLICY_UNCACHED_DEVICE: device memory with early write acknowledgement."
            "ZX_CACHE_POLICY_WRITE_COMBINING: memory without a cache."
    ERRORS "INVALID_ARGS: `cache_policy` is above 3."
           "@handle"
           "BAD_STATE: the VMO is in use, see above."
    COST "0" "handle_table vmo_tree" "O(1)"
    SEE vmo_create_physical)

describe(vmo_replace_as_executable
    IS "Exchange a handle to a VMO for one with EXECUTE"
    DOES "The new handle has the rights of the old one, and EXECUTE."
    ARGS "vmex: 0 is accepted."
    ERRORS "BAD_HANDLE: `handle` is not a handle of the caller."
           "BAD_HANDLE: `vmex` is neither 0 nor a handle of the caller."
           "WRONG_TYPE: `vmex` is not a resource of kind VMEX or ROOT."
           "BAD_HANDLE: `handle` is not a VMO."
           "@out"
    HANDLES "`handle` is consumed, also when the call fails, if it was one."
    COST "0" "handle_table" "O(1)"
    SEE vmar_map handle_replace)
