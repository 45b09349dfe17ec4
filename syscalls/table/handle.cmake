# SPDX-License-Identifier: MIT
# Handles. See ../table.cmake for the words.

syscall(handle_close
    ARGS "handle handle optional consumed ANY")

syscall(handle_close_many
    ARGS "handles in handle[num_handles] consumed ANY"
         "num_handles size_t"
    RIGHTS "zeros are skipped")

syscall(handle_duplicate
    ARGS "handle handle ANY DUPLICATE"
         "rights zx_rights_t"
         "out out handle"
    ATTRS installs)

syscall(handle_replace
    ARGS "handle handle consumed ANY"
         "rights zx_rights_t"
         "out out handle"
    RIGHTS "consumed unless it was invalid"
    ATTRS installs)
