// SPDX-License-Identifier: MIT
//
// From the first instruction to main(). The process's first thread arrives with the bootstrap
// channel, the vDSO's base, and a stack; nothing else works yet. In this order:
//
//   1. The program relocates itself and binds its system calls (relocate.c).
//   2. The bootstrap message is read onto this stack, where it stays: argv, environ and the startup
//      handles lead into it. It comes from whoever started the process and may be anything.
//   3. Random numbers are drawn, and musl's __init_libc() makes the thread pointer, the thread's
//      variables and the guard of stack frames, from the kind of vector that it is used to.
//   4. Now all C code may run: descriptors, extensions, constructors, main(), exit().
//
// Files up to step 3 are built without stack protector. A start that fails says why in the kernel's
// log and ends with 127.

#include <alloca.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc.h"
#include "start_impl.h"

#include <processargs/processargs.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>

#define PAGE 4096u

// A vector with more entries than this has memory of its own instead of a part of the stack.
#define VECTOR_ON_STACK 2048u

#define CANNOT_START 127 // what a shell says of a program that did not get as far as main()

#define RANDOM_BYTES 16 // the stack's guard, malloc's secret

extern hidden const Elf64_Ehdr __ehdr_start;

const void *__start_vdso;
zx_handle_t __start_thread_self;
uintptr_t __start_stack_base;
size_t __start_stack_size;
uint64_t __start_jump_mangler;

static char random_bytes[RANDOM_BYTES];

// What others may add to a start. Handles are claimed by zeroing both slots.
void __fd_init(uint32_t count, zx_handle_t *handles, uint32_t *info, uint32_t name_count,
               char **names) __attribute__((__weak__));
void __libc_extensions_init(uint32_t count, zx_handle_t *handles, uint32_t *info,
                            uint32_t name_count, char **names) __attribute__((__weak__));

void __start_fail(const char *what, zx_status_t status)
{
    zx_handle_t log;
    char line[ZX_LOG_RECORD_DATA_MAX];

    if (zx_debuglog_create(ZX_HANDLE_INVALID, 0, &log) == ZX_OK) {
        size_t length = strlcpy(line, "libc: cannot start: ", sizeof(line));

        length += strlcpy(line + length, what, sizeof(line) - length - 64);
        length += strlcpy(line + length, ": ", 3);
        length += strlcpy(line + length, zx_status_get_string(status), 48);
        (void)zx_debuglog_write(log, 0, line, length);
    }
    zx_process_exit(CANNOT_START);
}

// Takes the process's own handles out of the message, and notes where the stack is. `top` is an
// address in the stack's last page.
static void keep_handles(zx_handle_t *handles, uint32_t *info, uint32_t count, uintptr_t top)
{
    __start_handles = (struct start_handles){handles, info, count};
    __start_process_self = zx_take_startup_handle(PA_HND(PA_PROC_SELF, 0));
    __start_thread_self = zx_take_startup_handle(PA_HND(PA_THREAD_SELF, 0));
    __start_vmar_root = zx_take_startup_handle(PA_HND(PA_VMAR_ROOT, 0));
    __start_job_default = zx_take_startup_handle(PA_HND(PA_JOB_DEFAULT, 0));
    for (uint32_t i = 0; i < count; i++) {
        uint64_t size = 0;
        uintptr_t end = (top + PAGE - 1) & ~(uintptr_t)(PAGE - 1);

        if (info[i] == PA_HND(PA_VMO_STACK, 0) && zx_vmo_get_size(handles[i], &size) == ZX_OK &&
            size < end) {
            __start_stack_base = end - size;
            __start_stack_size = size;
        }
    }
}

// Memory for a vector that is too long for the stack.
static size_t *map_vector(size_t size)
{
    zx_handle_t vmo;
    zx_vaddr_t address;
    zx_status_t status = zx_vmo_create(size, 0, &vmo);

    if (status == ZX_OK) {
        status = zx_vmar_map(__start_vmar_root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, size,
                             &address);
        zx_handle_close(vmo);
    }
    if (status != ZX_OK) {
        __start_fail("no memory for the arguments", status);
    }
    return (size_t *)address;
}

static size_t *put_auxiliary(size_t *next, size_t type, size_t value)
{
    next[0] = type;
    next[1] = value;
    return next + 2;
}

// Stores argv, NULL, the environment, NULL and the auxiliary pairs: the vector that musl expects.
static void fill_vector(size_t *vector, const struct processargs *message)
{
    processargs_list(&message->args, (const char **)vector);
    vector += message->args.count + 1;
    processargs_list(&message->environ, (const char **)vector);
    vector += message->environ.count + 1;
    vector = put_auxiliary(vector, AT_PHDR, (uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);
    vector = put_auxiliary(vector, AT_PHENT, __ehdr_start.e_phentsize);
    vector = put_auxiliary(vector, AT_PHNUM, __ehdr_start.e_phnum);
    vector = put_auxiliary(vector, AT_PAGESZ, PAGE);
    vector = put_auxiliary(vector, AT_RANDOM, (uintptr_t)random_bytes);
    vector = put_auxiliary(vector, AT_SYSINFO_EHDR, (uintptr_t)__start_vdso);
    put_auxiliary(vector, AT_NULL, 0);
}
#define AUXILIARY_WORDS 14

// Everything that needs the thread pointer. Not inlined, so that none of it moves up.
static void __attribute__((__noreturn__, __noinline__))
run(int (*main)(int, char **, char **), int argc, char **argv, uint32_t name_count, char **names)
{
    struct start_handles *own = &__start_handles;

    if (__fd_init != NULL) {
        __fd_init(own->count, own->handles, own->info, name_count, names);
    }
    if (__libc_extensions_init != NULL) {
        __libc_extensions_init(own->count, own->handles, own->info, name_count, names);
    }
    __libc_start_init();
    exit(main(argc, argv, environ));
}

// Starts the program with a message of the given size waiting in the channel. The room for the
// message is taken from the stack here, once the sizes are known.
static void __attribute__((__noreturn__, __noinline__))
start(zx_handle_t bootstrap, uint32_t size, uint32_t handle_count,
      int (*main)(int, char **, char **))
{
    char *bytes = alloca((size_t)size + 1);
    zx_handle_t *handles = alloca((handle_count + 1) * sizeof(*handles));
    struct processargs message;
    zx_status_t status =
        zx_channel_read(bootstrap, 0, bytes, handles, size, handle_count, &size, &handle_count);

    if (status != ZX_OK) {
        __start_fail("the bootstrap message cannot be read", status);
    }
    zx_handle_close(bootstrap);
    status = processargs_parse(bytes, size, handle_count, &message);
    if (status != ZX_OK) {
        __start_fail("the bootstrap message is malformed", status);
    }
    keep_handles(handles, (uint32_t *)message.handle_info, handle_count,
                 (uintptr_t)__builtin_frame_address(0));
    zx_cprng_draw(random_bytes, sizeof(random_bytes));
    zx_cprng_draw(&__start_jump_mangler, sizeof(__start_jump_mangler));

    size_t words = (size_t)message.args.count + message.environ.count + 2 + AUXILIARY_WORDS;
    size_t *vector = words <= VECTOR_ON_STACK ? alloca(words * sizeof(*vector))
                                              : map_vector(words * sizeof(*vector));
    size_t name_bytes = ((size_t)message.names.count + 1) * sizeof(char *);
    char **names = name_bytes <= VECTOR_ON_STACK * sizeof(char *) ? alloca(name_bytes)
                                                                  : (char **)map_vector(name_bytes);
    char **argv = (char **)vector;

    fill_vector(vector, &message);
    processargs_list(&message.names, (const char **)names);
    __start_protect();
    __init_libc(argv + message.args.count + 1, argv[0]);
    run(main, (int)message.args.count, argv, message.names.count, names);
}

void __libc_start(zx_handle_t bootstrap, const void *vdso, int (*main)(int, char **, char **))
{
    uint32_t size = 0, handle_count = 0;

    if (!__start_relocate(vdso)) {
        __builtin_trap(); // without calls there is nobody to tell
    }
    __start_vdso = vdso;
    // A read without room tells the sizes; only an empty message would succeed.
    zx_status_t status = zx_channel_read(bootstrap, 0, NULL, NULL, 0, 0, &size, &handle_count);

    if (status != ZX_ERR_BUFFER_TOO_SMALL) {
        __start_fail("there is no bootstrap message", status);
    }
    start(bootstrap, size, handle_count, main);
}
