// SPDX-License-Identifier: MIT
//
// lib/ld-test.so.1: a dynamic linker, as small as one can be, in the place of a reference system's
// own. It is started instead of the program that names it (PT_INTERP), with a message for itself in
// front of the program's; maps the program and its libraries, which it asks the loader service for;
// relocates them against each other and the vDSO; and enters the program with what it was entered
// with: the bootstrap channel, where the program's message waits, and the vDSO's base.
//
// On the way it asks the loader service for things that are not there, and notes the answers for
// the program (facts.h).
//
// The first stack holds its message and some 3 KiB; the rest is done on one of its own.

#include <elfload/load.h>
#include <loader/client.h>
#include <loader/protocol.h>
#include <minilib/console.h>
#include <minilib/string.h>
#include <processargs/processargs.h>
#include <zircon/errors.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zxcalls.h>

#include "facts.h"
#include "object.h"

#define STACK_SIZE  (64u * 1024)
#define MAX_OBJECTS 6u // the program, its libraries, the vDSO
#define VDSO_NAME   "libzircon.so"
#define LIBRARY     "libgreet.so.1"
#define PATIENCE    ZX_SEC(60)

extern const char __ehdr_start[];
extern const struct elf64_dyn _DYNAMIC[];

void _start(zx_handle_t bootstrap, const void *vdso_base) __attribute__((noreturn, used));

static struct linker_facts facts;
static zx_handle_t process_self, vmar_root, executable, service, bootstrap_channel;
static const void *vdso;
static struct object objects[MAX_OBJECTS];
static const struct object *scope[MAX_OBJECTS];
static unsigned object_count;

static void __attribute__((noreturn)) give_up(const char *what, const char *detail)
{
    console_printf("ld-test: %s: %s\n", what, detail);
    zx_process_exit(-1);
}

static void must(zx_status_t status, const char *what)
{
    if (status != ZX_OK) {
        give_up(what, zx_status_get_string(status));
    }
}

static zx_time_t patience(void)
{
    return zx_deadline_after(PATIENCE);
}

static void get_name(zx_handle_t vmo, char *out)
{
    if (zx_object_get_property(vmo, ZX_PROP_NAME, out, ZX_MAX_NAME_LEN) != ZX_OK) {
        out[0] = '\0';
    }
}

// ---- asking the loader service ----

static zx_status_t try_load(const char *name)
{
    zx_handle_t vmo;
    zx_status_t status = loader_load_object(service, patience(), name, &vmo);

    if (status == ZX_OK) {
        zx_handle_close(vmo);
    }
    return status;
}

static zx_status_t try_script(const char *path)
{
    zx_handle_t vmo;
    zx_status_t status = loader_load_script_interpreter(service, patience(), path, &vmo);

    if (status == ZX_OK) {
        zx_handle_close(vmo);
    }
    return status;
}

// Sends a request as it is; returns the status in the answer.
static zx_status_t try_raw(void *request, uint32_t size)
{
    uint64_t reply[4];
    uint32_t reply_size = 0, handle_count = 0;
    zx_status_t answer;
    zx_channel_call_args_t args = {
        .wr_bytes = request,
        .wr_num_bytes = size,
        .rd_bytes = reply,
        .rd_num_bytes = sizeof(reply),
    };
    zx_status_t status = zx_channel_call(service, 0, patience(), &args, &reply_size, &handle_count);

    if (status != ZX_OK || reply_size < sizeof(struct loader_header) + sizeof(answer)) {
        return status != ZX_OK ? status : ZX_ERR_IO;
    }
    memcpy(&answer, (char *)reply + sizeof(struct loader_header), sizeof(answer));
    return answer;
}

static void probe_service(void)
{
    uint64_t request[LOADER_MAX_MESSAGE / 8];
    zx_handle_t other;
    size_t size;

    facts.missing = try_load("no-such-library.so");
    facts.parent = try_load("../bin/mon");
    must(loader_set_config(service, patience(), "none!"), "CONFIG none!");
    facts.exclusive = try_load(LIBRARY);
    must(loader_set_config(service, patience(), "none"), "CONFIG none");
    facts.fallback = try_load(LIBRARY);
    must(loader_set_config(service, patience(), "variant"), "CONFIG variant");
    must(loader_load_object(service, patience(), LIBRARY, &other), "the variant");
    get_name(other, facts.variant);
    zx_handle_close(other);
    facts.bad_config = loader_set_config(service, patience(), "../etc");
    must(loader_set_config(service, patience(), ""), "CONFIG");
    facts.script = try_script("/boot/bin/hello");
    facts.relative_script = try_script("bin/hello");
    facts.clone = loader_clone(service, patience(), &other);
    if (facts.clone == ZX_OK) {
        zx_handle_close(other);
    }
    size = loader_build_request(0, LOADER_LOAD_OBJECT, "libx.so", 7, request);
    facts.malformed = try_raw(request, (uint32_t)size + 1);
    ((struct loader_header *)request)->ordinal = 99;
    facts.unknown = try_raw(request, (uint32_t)size);
    size = loader_build_request(0, LOADER_DEBUG_LOAD_CONFIG, "x", 1, request);
    facts.debug = try_raw(request, (uint32_t)size);
}

static void end_service(void)
{
    struct loader_header done = {.ordinal = LOADER_DONE};

    must(zx_channel_write(service, 0, &done, sizeof(done), NULL, 0), "DONE");
    facts.done = zx_object_wait_one(service, ZX_CHANNEL_PEER_CLOSED, patience(), NULL);
    zx_handle_close(service);
}

// ---- linking ----

static struct object *add_object(uintptr_t base)
{
    if (object_count == MAX_OBJECTS) {
        give_up("too many libraries", "");
    }
    struct object *object = &objects[object_count];

    if (!object_read(base, object)) {
        give_up("no dynamic section", "");
    }
    scope[object_count++] = object;
    return object;
}

// Maps an ELF file; returns where its first page is, and its entry point.
static uintptr_t map_file(zx_handle_t file, zx_vaddr_t *out_entry)
{
    struct elfload_image image;
    struct elfload_loaded loaded;
    const char *reason;

    if (elfload_read(file, &image, &reason) != ZX_OK ||
        elfload_map(vmar_root, file, &image, &loaded, &reason) != ZX_OK) {
        give_up("a file cannot be mapped", reason);
    }
    zx_handle_close(loaded.region);
    zx_handle_close(file);
    *out_entry = loaded.entry;
    return loaded.base;
}

// Loads what `object` needs. The vDSO is there already, and never loaded.
static void load_needed(const struct object *object)
{
    const char *name;
    zx_handle_t file;
    zx_vaddr_t ignored;

    for (unsigned i = 0; (name = object_needed(object, i)) != NULL; i++) {
        if (strcmp(name, VDSO_NAME) != 0) {
            must(loader_load_object(service, patience(), name, &file), name);
            (void)add_object(map_file(file, &ignored));
        }
    }
}

static void __attribute__((noreturn)) enter(zx_vaddr_t entry)
{
    register uint64_t x0 __asm__("x0") = bootstrap_channel;
    register uint64_t x1 __asm__("x1") = (uintptr_t)vdso;

    __asm__ volatile("br %0" : : "r"(entry), "r"(x0), "r"(x1));
    __builtin_unreachable();
}

static void __attribute__((noreturn, used)) link_program(void)
{
    zx_vaddr_t entry;

    get_name(executable, facts.executable_name);
    struct object *program = add_object(map_file(executable, &entry));

    probe_service();
    load_needed(program);
    (void)add_object((uintptr_t)vdso);
    // The vDSO has nothing to relocate.
    for (unsigned i = 0; i + 1 < object_count; i++) {
        const char *missing = object_relocate(scope[i], scope, object_count);

        if (missing != NULL) {
            give_up("undefined symbol", missing);
        }
    }
    end_service();
    struct linker_facts *shared = NULL;

    for (unsigned i = 0; i < object_count && shared == NULL; i++) {
        shared = (struct linker_facts *)object_find(scope[i], "linker_facts");
    }
    if (shared != NULL) {
        *shared = facts;
    }
    enter(entry);
}

// ---- the first stack ----

static void keep_handle(uint32_t info, zx_handle_t handle)
{
    switch (PA_HND_TYPE(info)) {
    case PA_PROC_SELF: process_self = handle; break;
    case PA_VMAR_ROOT: vmar_root = handle; break;
    case PA_VMO_EXECUTABLE: executable = handle; break;
    case PA_LDSVC_LOADER: service = handle; break;
    default: zx_handle_close(handle); break;
    }
}

static void keep_message(const struct processargs *message, const zx_handle_t *handles)
{
    facts.handle_count = message->handle_count;
    for (uint32_t i = 0; i < message->handle_count; i++) {
        if (i < FACTS_MAX_HANDLES) {
            facts.info[i] = message->handle_info[i];
        }
        keep_handle(message->handle_info[i], handles[i]);
    }
    facts.arg_count = message->args.count;
    facts.environ_count = message->environ.count;
    facts.name_count = message->names.count;
    if (message->environ.count != 0) {
        size_t size = strnlen(message->environ.bytes, FACTS_TEXT - 1);

        memcpy(facts.first_environ, message->environ.bytes, size);
    }
}

static void __attribute__((noinline))
read_message(zx_handle_t bootstrap, uint32_t size, uint32_t handle_count)
{
    char *message = __builtin_alloca_with_align(size + 1, 64);
    zx_handle_t *handles = __builtin_alloca((handle_count + 1) * sizeof(*handles));
    struct processargs parsed;

    must(zx_channel_read(bootstrap, 0, message, handles, size, handle_count, &size, &handle_count),
         "the linker's message");
    must(processargs_parse(message, size, handle_count, &parsed), "the linker's message");
    keep_message(&parsed, handles);
}

static zx_vaddr_t make_stack(void)
{
    zx_handle_t vmo;
    zx_vaddr_t base;

    must(zx_vmo_create(STACK_SIZE, 0, &vmo), "a stack");
    must(zx_vmar_map(vmar_root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, STACK_SIZE, &base),
         "a stack");
    zx_handle_close(vmo);
    return base + STACK_SIZE;
}

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
        *(uintptr_t *)(base + rela[i].offset) = base + (uintptr_t)rela[i].addend;
    }
    __asm__ volatile("" ::: "memory");
}

void _start(zx_handle_t bootstrap, const void *vdso_base)
{
    uint32_t size = 0, handle_count = 0;

    relocate_self();
    if (zxcalls_bind(vdso_base) == ZX_ERR_INVALID_ARGS) {
        __builtin_trap();
    }
    vdso = vdso_base;
    bootstrap_channel = bootstrap;
    facts.linker_base = (uintptr_t)__ehdr_start;
    facts.stack = (uintptr_t)__builtin_frame_address(0);
    if (zx_channel_read(bootstrap, 0, NULL, NULL, 0, 0, &size, &handle_count) !=
        ZX_ERR_BUFFER_TOO_SMALL) {
        give_up("no message", "");
    }
    read_message(bootstrap, size, handle_count);
    if (vmar_root == ZX_HANDLE_INVALID || executable == ZX_HANDLE_INVALID ||
        service == ZX_HANDLE_INVALID) {
        give_up("the message lacks a handle", "");
    }
    __asm__ volatile("mov sp, %0\n\tb link_program" : : "r"(make_stack()));
    __builtin_unreachable();
}
