# SPDX-License-Identifier: MIT
# Texts about randomness. See ../reference.cmake for the words.
family_title("Randomness")

describe(cprng_draw
    IS "Draw random bytes"
    DOES "Any number, fit for keys. Cannot fail. A bad buffer makes the caller trap."
    NOTES "The vDSO draws 256 bytes at a time."
    COST "-" "-" "that of zx_cprng_draw_once for each 256 bytes"
    SEE cprng_add_entropy)

describe(cprng_draw_once
    IS "Draw up to 256 random bytes, for the vDSO"
    ERRORS "unordered" "INVALID_ARGS: `buffer_size` is above 256, or `buffer` cannot be written."
    NOTES "Not exported."
    COST "0" "random" "O(n)"
    SEE cprng_draw)

describe(cprng_add_entropy
    IS "Stir the random generator"
    DOES "Never makes it worse."
    ARGS "buffer: must be a valid address even if `buffer_size` is 0."
         "buffer_size: at most 256."
    ERRORS "unordered" "INVALID_ARGS: `buffer_size` is above 256, or `buffer` cannot be read."
    COST "0" "random" "O(n)"
    SEE cprng_draw)
