// SPDX-License-Identifier: MIT
//
// Starting a program; the interface is in launch/launch.h. The steps are those that launchers of
// this ABI take, in their order: process, headers, dynamic linker, segments, vDSO, channel, thread,
// message for the linker, stack, main message, start.
//
// A program that names a dynamic linker (PT_INTERP) is not mapped: the linker is, by the same
// rules, and finds the program's file in its message.
//
// While things are mapped, a dummy region occupies the low half of the address space: what runs in
// the process may want low addresses for itself.
//
// Handles: `struct launching` owns everything that was made so far; end_launch() closes what is
// left of it, on success as on failure. A process that was not started is killed.

#include <launch/launch.h>

#include "launching.h"

#include <elfload/load.h>
#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>

// What the start code of a dynamically linked program needs of its first stack beside the message:
// the PTHREAD_STACK_MIN of the reference's libc, which moves to a stack of its own afterwards.
#define LINKER_STACK 3072u

static zx_status_t make_process(struct launching *launching)
{
    const struct launch *what = launching->what;
    zx_status_t status = zx_process_create(what->job, what->name, strlen(what->name), 0,
                                           &launching->process, &launching->vmar);

    return status == ZX_OK ? ZX_OK : launching_fail(launching, "no process can be made", status);
}

// Occupies the low half of the address space.
static zx_status_t reserve_low_half(struct launching *launching)
{
    zx_info_vmar_t info;
    zx_vaddr_t base;
    zx_status_t status =
        zx_object_get_info(launching->vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL);

    if (status == ZX_OK) {
        uint64_t middle = (info.base + info.len) / 2;
        uint64_t size = (middle - info.base + ZX_PAGE_SIZE - 1) & ~(uint64_t)(ZX_PAGE_SIZE - 1);

        status = zx_vmar_allocate(launching->vmar, ZX_VM_SPECIFIC, 0, size, &launching->reservation,
                                  &base);
    }
    return status == ZX_OK ? ZX_OK
                           : launching_fail(launching, "no room in the address space", status);
}

// Fetches the dynamic linker that the program names; *image becomes the linker's.
static zx_status_t open_interpreter(struct launching *launching, struct elfload_image *image)
{
    const struct launch *what = launching->what;
    char name[ELFLOAD_MAX_INTERPRETER];
    zx_status_t status = elfload_read_interpreter(what->program, image, name, &launching->reason);

    if (status != ZX_OK) {
        return status;
    }
    if (what->open_interpreter == NULL) {
        return launching_fail(launching, "needs a dynamic linker (PT_INTERP), and there is none",
                              ZX_ERR_NOT_SUPPORTED);
    }
    status =
        what->open_interpreter(what->context, name, &launching->interpreter, &launching->loader);
    if (status != ZX_OK) {
        return launching_fail(launching, "its dynamic linker (PT_INTERP) cannot be had", status);
    }
    status = elfload_read(launching->interpreter, image, &launching->reason);
    if (status == ZX_OK && image->has_interpreter) {
        return launching_fail(launching, "its dynamic linker needs a dynamic linker itself",
                              ELFLOAD_BAD_FORMAT);
    }
    return status;
}

// The size of the first stack, and whether the main message fits.
static zx_status_t size_stack(struct launching *launching, uint64_t program_stack)
{
    const uint64_t page_mask = ZX_PAGE_SIZE - 1;
    uint64_t wanted = launching->what->stack_size;
    zx_status_t status = launching_measure(launching);

    if (status != ZX_OK) {
        return status;
    }
    if (wanted > ELFLOAD_MAX_STACK) {
        return launching_fail(launching, "too large a stack is asked for", ZX_ERR_OUT_OF_RANGE);
    }
    if (wanted == 0 && launching->has_interpreter) {
        wanted = launching->message_size + launching_handle_count(launching) * sizeof(zx_handle_t) +
                 LINKER_STACK;
    } else if (wanted == 0) {
        wanted = program_stack;
    }
    launching->stack_size = (wanted + page_mask) & ~page_mask;
    if (!launching->has_interpreter && launching->message_size > launching->stack_size / 2) {
        return launching_fail(launching, "arguments and environment too long for its stack",
                              ZX_ERR_BUFFER_TOO_SMALL);
    }
    return ZX_OK;
}

static zx_status_t load_program(struct launching *launching)
{
    const struct launch *what = launching->what;
    zx_handle_t file = what->program;
    struct elfload_image image;
    struct elfload_loaded loaded;
    zx_status_t status = elfload_read(file, &image, &launching->reason);

    if (status != ZX_OK) {
        return status;
    }
    launching->has_interpreter = image.has_interpreter;
    status = size_stack(launching, image.stack_size);
    if (status == ZX_OK) {
        status = reserve_low_half(launching);
    }
    if (status == ZX_OK && launching->has_interpreter) {
        status = open_interpreter(launching, &image);
        file = launching->interpreter;
    }
    if (status == ZX_OK) {
        status = elfload_map(launching->vmar, file, &image, &loaded, &launching->reason);
    }
    if (status == ZX_OK) {
        launching->loaded = loaded.region;
        launching->entry = loaded.entry;
    }
    return status;
}

static zx_status_t load_vdso(struct launching *launching)
{
    struct elfload_image image;
    struct elfload_loaded loaded;
    const char *reason;
    zx_status_t status = elfload_read(launching->what->vdso, &image, &reason);

    if (status == ZX_OK) {
        status = elfload_map(launching->vmar, launching->what->vdso, &image, &loaded, &reason);
    }
    if (status != ZX_OK) {
        return launching_fail(launching, "the vDSO cannot be mapped", status);
    }
    zx_handle_close(loaded.region);
    launching->vdso_base = loaded.base;
    return ZX_OK;
}

static zx_status_t make_thread(struct launching *launching)
{
    const char *name = launching->what->thread_name;

    if (name == NULL) {
        name = "initial-thread";
    }
    zx_status_t status = zx_channel_create(0, &launching->channel, &launching->child_channel);

    if (status == ZX_OK) {
        status = zx_thread_create(launching->process, name, strlen(name), 0, &launching->thread);
    }
    if (status == ZX_OK) {
        status = zx_handle_duplicate(launching->thread, ZX_RIGHT_SAME_RIGHTS,
                                     &launching->thread_for_child);
    }
    return status == ZX_OK ? ZX_OK : launching_fail(launching, "no thread can be made", status);
}

// Maps the stack in a region of its own, with a page below it that nothing is ever mapped to: a stack that
// overflows runs into nobody else's memory.
static zx_status_t map_stack(struct launching *launching)
{
    const zx_vm_option_t options =
        ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC;
    zx_handle_t region;
    zx_vaddr_t base;
    zx_status_t status = zx_vmar_allocate(launching->vmar, options, 0,
                                          ZX_PAGE_SIZE + launching->stack_size, &region, &base);

    if (status != ZX_OK) {
        return status;
    }
    status = zx_vmar_map(region, ZX_VM_SPECIFIC | ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, ZX_PAGE_SIZE,
                         launching->stack, 0, launching->stack_size, &base);
    zx_handle_close(region);
    launching->stack_pointer = (base + launching->stack_size) & ~(zx_vaddr_t)15;
    return status;
}

static zx_status_t make_stack(struct launching *launching)
{
    static const char prefix[] = "stack: ";
    char name[ZX_MAX_NAME_LEN];
    zx_status_t status = zx_vmo_create(launching->stack_size, 0, &launching->stack);

    if (status == ZX_OK) {
        const size_t head = sizeof(prefix) - 1;
        size_t tail = strnlen(launching->what->name, sizeof(name) - 1 - head);

        memcpy(name, prefix, head);
        memcpy(name + head, launching->what->name, tail);
        (void)zx_object_set_property(launching->stack, ZX_PROP_NAME, name, head + tail);
        status = map_stack(launching);
    }
    return status == ZX_OK ? ZX_OK : launching_fail(launching, "no stack can be made", status);
}

// Gives the low half of the address space back: everything is mapped.
static zx_status_t free_low_half(struct launching *launching)
{
    zx_status_t status = zx_vmar_destroy(launching->reservation);

    zx_handle_close(launching->reservation);
    launching->reservation = ZX_HANDLE_INVALID;
    return status == ZX_OK ? ZX_OK
                           : launching_fail(launching, "its address space cannot be freed", status);
}

// Everything up to the main message; nothing of the caller's has been consumed.
static zx_status_t prepare(struct launching *launching)
{
    zx_status_t status = make_process(launching);

    if (status == ZX_OK) {
        status = load_program(launching);
    }
    if (status == ZX_OK) {
        status = load_vdso(launching);
    }
    if (status == ZX_OK) {
        status = make_thread(launching);
    }
    if (status == ZX_OK && launching->has_interpreter) {
        status = launching_send_loader_message(launching);
    }
    if (status == ZX_OK) {
        status = make_stack(launching);
    }
    return status == ZX_OK ? free_low_half(launching) : status;
}

static zx_status_t start(struct launching *launching)
{
    zx_handle_t child_channel = launching->child_channel;

    zx_handle_close(launching->channel);
    launching->channel = ZX_HANDLE_INVALID;
    launching->child_channel = ZX_HANDLE_INVALID; // consumed, whatever comes of it
    zx_status_t status =
        zx_process_start(launching->process, launching->thread, launching->entry,
                         launching->stack_pointer, child_channel, launching->vdso_base);

    return status == ZX_OK ? ZX_OK : launching_fail(launching, "cannot be started", status);
}

static void end_launch(struct launching *launching)
{
    const zx_handle_t left[] = {
        launching->process,          launching->vmar,
        launching->thread,           launching->reservation,
        launching->interpreter,      launching->loader,
        launching->loaded,           launching->channel,
        launching->child_channel,    launching->stack,
        launching->thread_for_child,
    };

    if (launching->process != ZX_HANDLE_INVALID) {
        (void)zx_task_kill(launching->process);
    }
    zx_handle_close_many(left, sizeof(left) / sizeof(left[0]));
}

zx_status_t launch(const struct launch *what, struct launched *out, const char **out_reason)
{
    struct launching launching = {.what = what};
    zx_status_t status = prepare(&launching);

    if (status != ZX_OK) {
        zx_handle_close_many(what->handles, what->handle_count);
        goto out;
    }
    status = launching_send_main_message(&launching);
    if (status == ZX_OK) {
        status = start(&launching);
    }
    if (status == ZX_OK) {
        out->process = launching.process;
        out->thread = launching.thread;
        launching.process = ZX_HANDLE_INVALID;
        launching.thread = ZX_HANDLE_INVALID;
    }
out:
    end_launch(&launching);
    *out_reason = launching.reason;
    return status;
}
