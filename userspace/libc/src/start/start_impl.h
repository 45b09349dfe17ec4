// SPDX-License-Identifier: MIT
//
// Between the files of the start code.
#pragma once

#include "start.h"

#include <elf.h>
#include <stdbool.h>

// How the startup handles are kept: two arrays that last as long as the process. An entry is free
// when its handle is ZX_HANDLE_INVALID.
struct start_handles {
    zx_handle_t *handles;
    uint32_t *info;
    uint32_t count;
};
extern hidden struct start_handles __start_handles;

// The parts of the vDSO that a look-up by name needs.
struct start_exports {
    const char *base;
    const char *strings;
    const Elf64_Sym *symbols;
    const uint32_t *buckets;
    const uint32_t *chains; // [index of the symbol - first]
    uint32_t bucket_count;
    uint32_t first;
};

// Finds them in the image at `base`; false if there is none.
hidden bool __start_find_exports(const char *base, struct start_exports *out);

// What the addresses in a jmp_buf are mangled with.
extern hidden uint64_t __start_jump_mangler;

// Applies the program's own relocations and binds its imports to the vDSO at `vdso`. Nothing that
// has to be relocated may be used before. Returns false if an import is missing that is not weak, or
// if there is a relocation of an unknown kind.
hidden bool __start_relocate(const void *vdso);

// Protects what is constant once it was relocated, if the handle allows it.
hidden void __start_protect(void);

// Where crt1.o leads to: x0, x1 and main.
hidden void __libc_start(zx_handle_t bootstrap, const void *vdso,
                         int (*main)(int, char **, char **)) __attribute__((__noreturn__));
