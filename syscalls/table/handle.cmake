# SPDX-License-Identifier: MIT
# Handles. See ../table.cmake for the words.

syscall(handle_close
    ARGS "handle handle consumed"
    RIGHTS "any; 0 → OK")

syscall(handle_close_many
    ARGS "handles in handle[num_handles] consumed"
         "num_handles size_t"
    RIGHTS "any; zeros skipped")

syscall(handle_duplicate
    ARGS "handle handle"
         "rights zx_rights_t"
         "out out handle"
    RIGHTS "DUPLICATE")

syscall(handle_replace
    ARGS "handle handle consumed"
         "rights zx_rights_t"
         "out out handle"
    RIGHTS "none; handle always consumed unless it was invalid")
