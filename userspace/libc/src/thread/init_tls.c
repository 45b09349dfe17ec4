// SPDX-License-Identifier: MIT
// The first thread's struct pthread and TLS block, and with them the thread pointer. Called by
// musl's __init_libc() once, before anything that needs one. Built without stack protector.
#include "thread_impl.h"

#include <elf.h>

#include "start.h"

struct tls_block __tls_block = {.image = "", .align = 16, .offset = GAP_ABOVE_TP};

extern weak hidden const size_t _DYNAMIC[];

// Notes where the program's variables of threads start as what. Its offset from the thread pointer
// is what the linker counted with: behind the two words that the ABI puts there, and at the same
// place within its alignment as in the file.
static void use_tls_header(const Elf64_Phdr *header, uintptr_t bias)
{
    uintptr_t image = bias + header->p_vaddr;
    size_t align = header->p_align > 16 ? header->p_align : 16;
    size_t within = header->p_vaddr & (header->p_align ? header->p_align - 1 : 0);

    __tls_block.image = (const void *)image;
    __tls_block.length = header->p_filesz;
    __tls_block.size = header->p_memsz;
    __tls_block.align = align;
    __tls_block.offset = GAP_ABOVE_TP;
    if (header->p_align > 1)
        __tls_block.offset += (within - GAP_ABOVE_TP) & (header->p_align - 1);
}

static void read_headers(const size_t *aux)
{
    const Elf64_Phdr *tls = NULL;
    uintptr_t bias = 0;

    for (size_t i = 0; i < aux[AT_PHNUM]; i++) {
        const Elf64_Phdr *header = (const void *)(aux[AT_PHDR] + i * aux[AT_PHENT]);

        if (header->p_type == PT_TLS)
            tls = header;
        else if (header->p_type == PT_DYNAMIC && _DYNAMIC)
            bias = (uintptr_t)_DYNAMIC - header->p_vaddr;
        else if (header->p_type == PT_GNU_STACK && header->p_memsz > __default_stacksize)
            __default_stacksize =
                header->p_memsz < DEFAULT_STACK_MAX ? header->p_memsz : DEFAULT_STACK_MAX;
    }
    if (tls)
        use_tls_header(tls, bias);
}

void __init_tls(size_t *aux)
{
    struct thread_memory memory;

    read_headers(aux);
    // The stack is there already; whoever started the process has mapped it.
    zx_status_t status =
        __thread_memory_map("initial-thread", 0, DEFAULT_STACK_SIZE, DEFAULT_GUARD_SIZE, &memory);

    if (status != ZX_OK)
        __start_fail("no memory for the first thread", status);

    pthread_t self = __thread_place(&memory);

    self->stack = (void *)(__start_stack_base + __start_stack_size);
    self->stack_size = __start_stack_size;
    self->tid = 1;
    self->detach_state = DT_JOINABLE;
    self->handle = __start_thread_self;
    libc.can_do_threads = 1;
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(self->tp) : "memory");
}
