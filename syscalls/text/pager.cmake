# SPDX-License-Identifier: MIT
# Texts about pagers. See ../reference.cmake for the words.
family_title("Pagers")

describe(pager_create
    IS "Create a pager, a source of pages for VMOs"
    ARGS "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0." "@memory" "@out"
    COST "1" "handle_table" "O(1)"
    SEE pager_create_vmo pager_supply_pages pager_detach_vmo)

describe(pager_create_vmo
    IS "Create a VMO whose pages come from a pager"
    DOES "Somebody who needs pages that are absent waits, and a packet with `key` on `port` asks for them: its \
command is `ZX_PAGER_VMO_READ`, its range whole pages. What was asked for once is not asked for again. A full \
port does not lose such a packet. The wait can be killed, and suspended if it is that of a fault in user \
mode. Clones read through to the VMO. Its size can change."
    ARGS "size: in bytes, rounded up to pages." "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@pager" "@port" "@memory"
           "OUT_OF_RANGE: `size` is too large."
           "@out"
    COST "2" "handle_table handle_table object handle_table" "O(1)"
    SEE pager_create pager_supply_pages vmo_create)
