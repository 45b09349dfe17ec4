// SPDX-License-Identifier: MIT
//
// The first instructions of a program without a libc. Interface: the process's first thread starts
// at _start with the bootstrap channel in x0, the base of the vDSO in x1 and an empty stack.
//
//   1. A static PIE carries its own relocations, all of one kind: "add where I was loaded". Until
//      they are applied nothing here may use an initialised pointer, or an address that needs a
//      relocation itself; hidden visibility makes the compiler form addresses from the PC.
//   2. The vDSO's calls are bound.
//   3. The bootstrap message is read; it stays on this function's stack, which lasts as long as the
//      process. argv, environ and the list of handles lead into it.
//   4. What is constant from here on is protected.
//   5. main() runs.
//
// A start that fails says so on the console, the only thing it has, and exits with -1.

#include <crt/crt.h>

#include <stdbool.h>

#include "startup.h"

#include <elfload/elf64.h>
#include <minilib/console.h>
#include <processargs/processargs.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zxcalls.h>

// From the linker: where the file was loaded, and its dynamic section.
extern const char __ehdr_start[];
extern const struct elf64_dyn _DYNAMIC[];

void _start(zx_handle_t bootstrap, const void *vdso_base) __attribute__((noreturn, used));

// Applies the relocations of this very file. Anything but a relative one cannot be there: the
// linker would have needed a dynamic linker for it.
static void relocate_self(void)
{
    const struct elf64_rela *rela = NULL;
    uintptr_t base = (uintptr_t)__ehdr_start;
    size_t count = 0;

    for (const struct elf64_dyn *dyn = _DYNAMIC; dyn->tag != ELF_DT_NULL; dyn++) {
        if (dyn->tag == ELF_DT_RELA) {
            rela = (const struct elf64_rela *)(base + dyn->value);
        } else if (dyn->tag == ELF_DT_RELASZ) {
            count = dyn->value / sizeof(*rela);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (ELF_RELA_TYPE(rela[i].info) != ELF_R_AARCH64_RELATIVE) {
            __builtin_trap();
        }
        *(uintptr_t *)(base + rela[i].offset) = base + (uintptr_t)rela[i].addend;
    }
    // What follows must not read a relocated pointer before it was written.
    __asm__ volatile("" ::: "memory");
}

// Takes away the right to write from what is constant after relocation (PT_GNU_RELRO), if the
// region that this program was loaded into came with the message.
static void protect_constants(void)
{
    zx_handle_t region = zx_take_startup_handle(PA_HND(PA_VMAR_LOADED, 0));
    const struct elf64_header *elf = (const struct elf64_header *)__ehdr_start;
    const struct elf64_phdr *phdr = (const struct elf64_phdr *)(__ehdr_start + elf->phoff);

    if (region == ZX_HANDLE_INVALID) {
        return;
    }
    for (unsigned i = 0; i < elf->phnum; i++) {
        if (phdr[i].type == ELF_PT_GNU_RELRO) {
            uintptr_t base = (uintptr_t)__ehdr_start + phdr[i].vaddr;
            uintptr_t start = base & ~(uintptr_t)(ZX_PAGE_SIZE - 1);
            uintptr_t end = (base + phdr[i].memsz) & ~(uintptr_t)(ZX_PAGE_SIZE - 1);

            if (end > start) {
                (void)zx_vmar_protect(region, ZX_VM_PERM_READ, start, end - start);
            }
        }
    }
    zx_handle_close(region);
}

static void __attribute__((noreturn)) give_up(const char *what, zx_status_t status)
{
    console_printf("start: %s (%s)\n", what, zx_status_get_string(status));
    zx_process_exit(-1);
}

// Runs the program with a message of the given size waiting in the channel. Not inlined: the room
// for the message is taken from the stack here, after the sizes are known.
static void __attribute__((noreturn, noinline))
run(zx_handle_t bootstrap, uint32_t size, uint32_t handle_count)
{
    char *message = __builtin_alloca_with_align(size + 1, 64);
    zx_handle_t *handles = __builtin_alloca((handle_count + 1) * sizeof(*handles));
    struct processargs parsed;
    zx_status_t status =
        zx_channel_read(bootstrap, 0, message, handles, size, handle_count, &size, &handle_count);

    if (status != ZX_OK) {
        give_up("the bootstrap message cannot be read", status);
    }
    zx_handle_close(bootstrap);
    status = processargs_parse(message, size, handle_count, &parsed);
    if (status != ZX_OK) {
        give_up("the bootstrap message is malformed", status);
    }
    const char **argv = __builtin_alloca((parsed.args.count + 1) * sizeof(*argv));
    const char **envp = __builtin_alloca((parsed.environ.count + 1) * sizeof(*envp));
    const char **names = __builtin_alloca((parsed.names.count + 1) * sizeof(*names));

    processargs_list(&parsed.args, argv);
    processargs_list(&parsed.environ, envp);
    processargs_list(&parsed.names, names);
    environ = (char **)envp;
    startup_names = (char **)names;
    startup_store_handles(handles, parsed.handle_info, handle_count);
    protect_constants();
    zx_process_exit(main((int)parsed.args.count, (char **)argv, environ));
}

void _start(zx_handle_t bootstrap, const void *vdso_base)
{
    uint32_t size = 0;
    uint32_t handle_count = 0;

    relocate_self();
    // A variant of the vDSO lacks some calls on purpose; the others are bound then.
    if (zxcalls_bind(vdso_base) == ZX_ERR_INVALID_ARGS) {
        __builtin_trap(); // without calls there is nobody to tell
    }
    // A read without room tells the sizes; only an empty message would succeed.
    zx_status_t status = zx_channel_read(bootstrap, 0, NULL, NULL, 0, 0, &size, &handle_count);

    if (status != ZX_ERR_BUFFER_TOO_SMALL) {
        give_up("there is no bootstrap message", status);
    }
    run(bootstrap, size, handle_count);
}
