# SPDX-License-Identifier: MIT
# Texts about the calls of our own. See ../reference.cmake for the words.
family_title("Calls of our own")

describe(pager_supply_pages
    IS "Give a pager's VMO pages that it lacks"
    DOES "The pages leave `aux_vmo` and are not copied. Where `pager_vmo` has a page already that one stays, and \
the other is freed. Whoever waits for one of the pages goes on."
    ARGS "pager_vmo: a VMO of this pager, not a clone of one."
         "offset: in `pager_vmo`, whole pages. Nobody need have asked for them."
         "length: whole pages."
         "aux_offset: in `aux_vmo`, whole pages."
    ERRORS "@pager" "@pager_vmo" "@aux_vmo"
           "INVALID_ARGS: `pager_vmo` is not of this pager, something is not page aligned, or both VMOs are the \
same."
           "OUT_OF_RANGE: a range goes over the end of its VMO."
           "BAD_STATE: `pager_vmo` is detached; or `aux_vmo` is not plain memory, is pinned, uncached, mapped, a \
clone or cloned, or lacks a page of its range."
           "NO_MEMORY: out of memory."
    NOTES "After an error nothing has moved."
    COST "0" "handle_table handle_table handle_table vmo_tree vmo_tree"
         "O(pages), for each also O(mappings and clones that see it)"
    SEE pager_create_vmo pager_detach_vmo)

describe(pager_detach_vmo
    IS "Give up a pager's VMO"
    DOES "Pages that it has stay. For the others nobody is asked any more: who waits for one, or needs one later, gets \
`ZX_ERR_BAD_STATE` from system calls and a page fault exception in user mode. A packet with \
`ZX_PAGER_VMO_COMPLETE` is the last one about this VMO. Closing the last handle of the pager does this to all of \
its VMOs; so does the end of a VMO to itself."
    ARGS "pager_vmo: a VMO of this pager."
    ERRORS "@pager" "@pager_vmo" "INVALID_ARGS: `pager_vmo` is not of this pager."
    COST "0" "handle_table handle_table vmo_tree port" "O(threads that wait for its pages)"
    SEE pager_create pager_supply_pages)
