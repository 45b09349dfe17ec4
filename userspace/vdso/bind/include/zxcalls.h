// SPDX-License-Identifier: MIT
//
// System calls for programs without a dynamic linker. The library defines zx_NAME and _zx_NAME for
// every public call (and zx_status_get_string) as a jump through a table; zxcalls_bind() fills the
// table from the vDSO that the program was started with. It uses nothing that needs relocation.
#pragma once

#include <zircon/types.h>

// Binds every call to the vDSO whose ELF header is at `vdso_base` (x1 of the process's first
// thread). To be called before the first system call, once. ZX_ERR_NOT_FOUND if the vDSO lacks some
// call: the others are bound, and a missing one traps when it is called. ZX_ERR_INVALID_ARGS if
// there is no vDSO there.
zx_status_t zxcalls_bind(const void *vdso_base);
