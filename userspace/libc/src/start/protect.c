// SPDX-License-Identifier: MIT
//
// Takes away the right to write from what is constant after relocation (PT_GNU_RELRO): tables of
// pointers, and the addresses of the system calls. That takes the region that the program was loaded
// into, the startup handle PA_VMAR_LOADED; who starts a process without it gets it unprotected. The
// handle stays where it is.

#include <elf.h>

#include "start_impl.h"

#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#define PAGE 4096u

extern hidden const Elf64_Ehdr __ehdr_start;

static zx_handle_t loaded_region(void)
{
    for (uint32_t i = 0; i < __start_handles.count; i++) {
        if (__start_handles.info[i] == PA_HND(PA_VMAR_LOADED, 0)) {
            return __start_handles.handles[i];
        }
    }
    return ZX_HANDLE_INVALID;
}

void __start_protect(void)
{
    zx_handle_t region = loaded_region();
    uintptr_t base = (uintptr_t)&__ehdr_start;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(base + __ehdr_start.e_phoff);

    for (unsigned left = __ehdr_start.e_phnum; left > 0; left--, segment++) {
        if (segment->p_type == PT_GNU_RELRO) {
            uintptr_t start = (base + segment->p_vaddr) & ~(uintptr_t)(PAGE - 1);
            uintptr_t end = (base + segment->p_vaddr + segment->p_memsz) & ~(uintptr_t)(PAGE - 1);

            if (end > start && region != ZX_HANDLE_INVALID) {
                (void)zx_vmar_protect(region, ZX_VM_PERM_READ, start, end - start);
            }
        }
    }
}
