// SPDX-License-Identifier: MIT
// Another kernel in this one's place (spec 31 section 3.2).
#pragma once

#include <hal/types.h>

struct vmo;

// Boots the kernel image in `kernel` with the boot image in `boot`: a container of boot items (spec 32
// section 6), of which the command line and the RAM disk are used, or a bare initrd; without a command line
// item the next kernel gets this one's. Both are copied. Does not return if all went well; what can go
// wrong is found before any CPU is stopped, but for a CPU that does not stop. Holds no lock.
// ZX_ERR_INVALID_ARGS: no kernel for this machine, or a broken container; ZX_ERR_NO_MEMORY;
// ZX_ERR_NOT_SUPPORTED: the other CPUs cannot be stopped for good; ZX_ERR_SHOULD_WAIT and
// ZX_ERR_TIMED_OUT of sched_alone(); errors of reading a VMO.
zx_status_t mexec(struct vmo *kernel, struct vmo *boot) MUST_CHECK;
