// SPDX-License-Identifier: MIT
//
// The two bootstrap messages of a new process; the interface is in launching.h, their format in
// <zircon/processargs.h>. A program with a dynamic linker has two: the first is the linker's, which
// reads it and leaves the other in the channel for the program.
//
// Handles: a channel write consumes its handles whatever comes of it, so from the moment they are
// all collected nothing is left to close here.
//
// No state.

#include "launching.h"

#include <minilib/string.h>
#include <processargs/processargs.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

_Static_assert(LAUNCH_MAX_HANDLES + 5 == ZX_CHANNEL_MAX_MSG_HANDLES, "a message's handles");

// Handles and info words on their way into a message.
struct parcel {
    zx_handle_t handles[ZX_CHANNEL_MAX_MSG_HANDLES];
    uint32_t info[ZX_CHANNEL_MAX_MSG_HANDLES];
    uint32_t count;
    zx_status_t status; // of the first handle that could not be had
};

// Adds a handle that is given away; *handle is no longer the launch's.
static void put(struct parcel *parcel, uint32_t info, zx_handle_t *handle)
{
    parcel->handles[parcel->count] = *handle;
    parcel->info[parcel->count++] = info;
    *handle = ZX_HANDLE_INVALID;
}

// Adds a duplicate of a handle, with the same rights.
static void put_copy(struct parcel *parcel, uint32_t info, zx_handle_t handle)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    zx_status_t status = zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy);

    if (status == ZX_OK) {
        put(parcel, info, &copy);
    } else if (parcel->status == ZX_OK) {
        parcel->status = status;
    }
}

// Builds a message in `buffer` and writes it. The parcel is consumed.
static zx_status_t write_message(struct launching *launching, struct parcel *parcel,
                                 struct processargs_content *content, void *buffer, size_t capacity)
{
    size_t size;

    content->handle_info = parcel->info;
    content->handle_count = parcel->count;
    zx_status_t status = parcel->status == ZX_OK
                             ? processargs_build(content, buffer, capacity, &size)
                             : parcel->status;

    if (status != ZX_OK) {
        zx_handle_close_many(parcel->handles, parcel->count);
    } else {
        status = zx_channel_write(launching->channel, 0, buffer, (uint32_t)size, parcel->handles,
                                  parcel->count);
    }
    return status == ZX_OK
               ? ZX_OK
               : launching_fail(launching, "its bootstrap message cannot be sent", status);
}

// The same with room from the stack where the caller of launch() gave none. Not inlined: the room
// lasts as long as this call.
static zx_status_t __attribute__((noinline))
send_parcel(struct launching *launching, struct parcel *parcel, struct processargs_content *content)
{
    content->handle_count = parcel->count;
    size_t size = processargs_size(content);

    if (launching->what->buffer != NULL || size == SIZE_MAX) {
        return write_message(launching, parcel, content, launching->what->buffer, size);
    }
    return write_message(launching, parcel, content, __builtin_alloca_with_align(size, 64), size);
}

static struct processargs_content main_content(const struct launch *what)
{
    return (struct processargs_content){
        .args = what->args,
        .arg_count = what->arg_count,
        .environ = what->environ,
        .environ_count = what->environ_count,
        .names = what->names,
        .name_count = what->name_count,
    };
}

static struct processargs_content loader_content(const struct launch *what)
{
    struct processargs_content content = main_content(what);

    content.names = NULL;
    content.name_count = 0;
    if (what->loader_environ != NULL) {
        content.environ = what->loader_environ;
        content.environ_count = what->loader_environ_count;
    }
    return content;
}

uint32_t launching_handle_count(const struct launching *launching)
{
    const struct launch *what = launching->what;

    return what->handle_count + 4 + (!launching->has_interpreter && what->give_loaded ? 1 : 0);
}

zx_status_t launching_measure(struct launching *launching)
{
    struct processargs_content content = main_content(launching->what);

    if (launching->what->handle_count <= LAUNCH_MAX_HANDLES) {
        content.handle_count = launching_handle_count(launching);
        launching->message_size = processargs_size(&content);
        if (launching->message_size != SIZE_MAX) {
            return ZX_OK;
        }
    }
    return launching_fail(launching, "too many handles, or arguments and environment too long",
                          ZX_ERR_OUT_OF_RANGE);
}

size_t launch_message_size(const struct launch *what)
{
    struct processargs_content main = main_content(what), loader = loader_content(what);

    main.handle_count = what->handle_count + 5;
    loader.handle_count = 7;
    size_t main_size = processargs_size(&main), loader_size = processargs_size(&loader);

    return main_size > loader_size ? main_size : loader_size;
}

zx_status_t launching_send_loader_message(struct launching *launching)
{
    const struct launch *what = launching->what;
    struct processargs_content content = loader_content(what);
    struct parcel parcel;

    parcel.count = 0;
    parcel.status = ZX_OK;
    put_copy(&parcel, PA_HND(PA_PROC_SELF, 0), launching->process);
    put_copy(&parcel, PA_HND(PA_VMAR_ROOT, 0), launching->vmar);
    put_copy(&parcel, PA_HND(PA_THREAD_SELF, 0), launching->thread);
    put_copy(&parcel, PA_HND(PA_VMO_EXECUTABLE, 0), what->program);
    put(&parcel, PA_HND(PA_VMAR_LOADED, 0), &launching->loaded);
    if (launching->loader != ZX_HANDLE_INVALID) {
        put(&parcel, PA_HND(PA_LDSVC_LOADER, 0), &launching->loader);
    }
    if (what->log != ZX_HANDLE_INVALID) {
        put_copy(&parcel, PA_HND(PA_FDIO_LOGGER, 0), what->log);
    }
    return send_parcel(launching, &parcel, &content);
}

zx_status_t launching_send_main_message(struct launching *launching)
{
    const struct launch *what = launching->what;
    struct processargs_content content = main_content(what);
    struct parcel parcel;
    zx_handle_t process, vmar;

    parcel.count = 0;
    parcel.status = ZX_OK;
    // The process gets the handles that were made with it, and we keep copies to start it with.
    process = launching->process;
    vmar = launching->vmar;
    launching->process = launching->vmar = ZX_HANDLE_INVALID;
    put(&parcel, PA_HND(PA_PROC_SELF, 0), &process);
    put(&parcel, PA_HND(PA_THREAD_SELF, 0), &launching->thread_for_child);
    put(&parcel, PA_HND(PA_VMAR_ROOT, 0), &vmar);
    put(&parcel, PA_HND(PA_VMO_STACK, 0), &launching->stack);
    parcel.status =
        zx_handle_duplicate(parcel.handles[0], ZX_RIGHT_SAME_RIGHTS, &launching->process);
    if (parcel.status == ZX_OK) {
        parcel.status =
            zx_handle_duplicate(parcel.handles[2], ZX_RIGHT_SAME_RIGHTS, &launching->vmar);
    }
    if (!launching->has_interpreter && what->give_loaded) {
        put(&parcel, PA_HND(PA_VMAR_LOADED, 0), &launching->loaded);
    }
    for (uint32_t i = 0; i < what->handle_count; i++) {
        parcel.handles[parcel.count] = what->handles[i];
        parcel.info[parcel.count++] = what->handle_info[i];
    }
    return send_parcel(launching, &parcel, &content);
}
