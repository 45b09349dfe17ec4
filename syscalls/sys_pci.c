// SPDX-License-Identifier: MIT
// System calls of PCI (spec 30 section 7). The kernel has no PCIe driver: one may be a process, which has
// no use for these. All but the first have no function and return ZX_ERR_NOT_SUPPORTED.
#include "sys_priv.h"

zx_status_t sys_pci_init(zx_handle_t handle UNUSED, user_in_zx_pci_init_arg_t init_buf UNUSED,
                         uint32_t len UNUSED)
{
    return ZX_OK; // nothing is looked at
}
