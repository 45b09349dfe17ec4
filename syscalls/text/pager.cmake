# SPDX-License-Identifier: MIT
# Texts about pagers. See ../reference.cmake for the words.
family_title("Pagers")

describe(pager_create
    IS "Create a pager, a source of pages for VMOs"
    ARGS "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0." "@memory" "@out"
    SEE pager_create_vmo)

describe(pager_create_vmo
    IS "Create a VMO whose pages come from a pager"
    DOES "When somebody needs a page that is absent, a packet with `key` on `port` asks for it."
    ARGS "size: in bytes, rounded up to pages." "options: must be 0."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@pager" "@port" "@memory"
           "OUT_OF_RANGE: `size` is too large."
           "@out"
    SEE pager_create vmo_create)
