// SPDX-License-Identifier: MIT
// What -fstack-protector calls on (CMake option JACINTH_STACK_PROTECTOR, ON in debug builds).
//
// Interface: stack_guard_init(), for the boot CPU at the final address, before any other CPU runs;
// the two __stack_chk names are the compiler's. No locks: the value is set once.
//
// Invariant: no function that checks its frame is active while the value, or the place where the
// image runs, changes. Hence this file and the two of the early boot are compiled without guards
// (CMakeLists.txt), and arm64_main(), which calls us, never returns.

#include <hal/boot.h>
#include <hal/upcall.h>

#include "boot.h"

extern uintptr_t __stack_chk_guard;
void __stack_chk_fail(void);

// The zero byte stops an overflowing string copy. The rest is replaced if the machine has a seed.
uintptr_t __stack_chk_guard = 0x5bd1e995ca3d0700ul;

void stack_guard_init(void)
{
    uintptr_t seed = 0;

    for (size_t i = 0; i < boot_info.seed_size; i++)
        seed = seed * 0x100000001b3ul + (uint8_t)boot_info.seed[i];
    __stack_chk_guard ^= seed & ~0xfful;
}

NO_RETURN void __stack_chk_fail(void)
{
    // The backtrace begins with our own record: the return address in it names the function.
    kernel_fatal("a stack frame was overwritten in the function that is named first", NULL, NULL, 0,
                 (uintptr_t)__builtin_frame_address(0));
}
