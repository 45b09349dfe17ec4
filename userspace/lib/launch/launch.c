// SPDX-License-Identifier: MIT
//
// Starting a program; the interface is in launch/launch.h. The steps are those that launchers of
// this ABI take, in their order: process, segments, vDSO, channel, thread, stack, message, start.
//
// Handles: `struct launching` owns everything that was made so far; end_launch() closes what is
// left of it, on success as on failure. Closing the last handle of a process that was never started
// takes it back.

#include <launch/launch.h>

#include <elfload/load.h>
#include <minilib/format.h>
#include <minilib/string.h>
#include <processargs/processargs.h>
#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>

#define OWN_HANDLES 4u

// A launch in progress.
struct launching {
    const struct launch *what;
    const char *reason;
    zx_handle_t process;
    zx_handle_t vmar;
    zx_handle_t thread;
    zx_handle_t channel;       // our end
    zx_handle_t child_channel; // the end that goes to the process
    zx_handle_t stack;
    uint64_t stack_size;
    zx_vaddr_t stack_pointer;
    zx_vaddr_t entry;
    zx_vaddr_t vdso_base;
};

static zx_status_t fail(struct launching *launching, const char *reason, zx_status_t status)
{
    launching->reason = reason;
    return status;
}

static zx_status_t make_process(struct launching *launching)
{
    const struct launch *what = launching->what;
    zx_status_t status = zx_process_create(what->job, what->name, strlen(what->name), 0,
                                           &launching->process, &launching->vmar);

    return status == ZX_OK ? ZX_OK : fail(launching, "no process can be made", status);
}

static zx_status_t load_program(struct launching *launching)
{
    struct elfload_image image;
    struct elfload_loaded loaded;
    zx_status_t status = elfload_read(launching->what->program, &image, &launching->reason);

    if (status != ZX_OK) {
        return status;
    }
    if (image.has_interpreter) {
        return fail(launching, "needs a dynamic linker (PT_INTERP); only static programs can run",
                    ZX_ERR_NOT_SUPPORTED);
    }
    status =
        elfload_map(launching->vmar, launching->what->program, &image, &loaded, &launching->reason);
    if (status != ZX_OK) {
        return status;
    }
    zx_handle_close(loaded.region);
    launching->entry = loaded.entry;
    launching->stack_size = image.stack_size;
    return ZX_OK;
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
        return fail(launching, "the vDSO cannot be mapped", status);
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
    return status == ZX_OK ? ZX_OK : fail(launching, "no thread can be made", status);
}

// Maps the stack into a region of its own that is one page larger: the page below the stack stays
// free for ever, so that an overflow faults wherever the kernel puts the next mapping.
static zx_status_t map_stack(struct launching *launching, zx_vaddr_t *out_base)
{
    const zx_vm_option_t region_options =
        ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC;
    const zx_vm_option_t options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC;
    zx_handle_t region;
    zx_vaddr_t region_base;
    zx_status_t status =
        zx_vmar_allocate(launching->vmar, region_options, 0, ZX_PAGE_SIZE + launching->stack_size,
                         &region, &region_base);

    if (status == ZX_OK) {
        status = zx_vmar_map(region, options, ZX_PAGE_SIZE, launching->stack, 0,
                             launching->stack_size, out_base);
        zx_handle_close(region);
    }
    return status;
}

static zx_status_t make_stack(struct launching *launching)
{
    char name[ZX_MAX_NAME_LEN];
    zx_vaddr_t base;
    zx_status_t status = zx_vmo_create(launching->stack_size, 0, &launching->stack);

    if (status == ZX_OK) {
        size_t length = format_string(name, sizeof(name), "stack: %s", launching->what->name);

        (void)zx_object_set_property(launching->stack, ZX_PROP_NAME, name, length);
        status = map_stack(launching, &base);
    }
    if (status != ZX_OK) {
        return fail(launching, "no stack can be made", status);
    }
    launching->stack_pointer = (base + launching->stack_size) & ~(zx_vaddr_t)15;
    return ZX_OK;
}

// Duplicates a handle for the message, with the rights it has.
static zx_status_t copy_handle(zx_handle_t handle, zx_handle_t *out)
{
    *out = ZX_HANDLE_INVALID;
    return zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, out);
}

// Fills in the process's own handles at the start of `handles`.
static zx_status_t add_own_handles(struct launching *launching, zx_handle_t *handles,
                                   uint32_t *info)
{
    const zx_handle_t sources[OWN_HANDLES] = {launching->process, launching->thread,
                                              launching->vmar, launching->stack};
    const uint32_t types[OWN_HANDLES] = {PA_PROC_SELF, PA_THREAD_SELF, PA_VMAR_ROOT, PA_VMO_STACK};

    for (uint32_t i = 0; i < OWN_HANDLES; i++) {
        zx_status_t status = copy_handle(sources[i], &handles[i]);

        if (status != ZX_OK) {
            zx_handle_close_many(handles, i);
            return status;
        }
        info[i] = PA_HND(types[i], 0);
    }
    return ZX_OK;
}

// Builds the message and puts it into the channel. From here on the caller's handles are gone.
static zx_status_t send_message(struct launching *launching, size_t size)
{
    const struct launch *what = launching->what;
    uint32_t count = OWN_HANDLES + what->handle_count;
    zx_handle_t handles[OWN_HANDLES + LAUNCH_MAX_HANDLES];
    uint32_t info[OWN_HANDLES + LAUNCH_MAX_HANDLES];
    char *message = __builtin_alloca_with_align(size, 64);
    struct processargs_content content = {
        .handle_info = info,
        .handle_count = count,
        .args = what->args,
        .arg_count = what->arg_count,
        .environ = what->environ,
        .environ_count = what->environ_count,
    };
    zx_status_t status = add_own_handles(launching, handles, info);

    if (status != ZX_OK) {
        zx_handle_close_many(what->handles, what->handle_count);
        return status;
    }
    for (uint32_t i = 0; i < what->handle_count; i++) {
        handles[OWN_HANDLES + i] = what->handles[i];
        info[OWN_HANDLES + i] = what->handle_info[i];
    }
    status = processargs_build(&content, message, size, &size);
    if (status != ZX_OK) {
        zx_handle_close_many(handles, count);
        return status;
    }
    return zx_channel_write(launching->channel, 0, message, (uint32_t)size, handles, count);
}

// The size of the message to come, judged against what fits.
static zx_status_t measure_message(struct launching *launching, size_t *out_size)
{
    const struct launch *what = launching->what;
    struct processargs_content content = {
        .handle_count = OWN_HANDLES + what->handle_count,
        .args = what->args,
        .arg_count = what->arg_count,
        .environ = what->environ,
        .environ_count = what->environ_count,
    };

    *out_size = processargs_size(&content);
    if (what->handle_count > LAUNCH_MAX_HANDLES || *out_size == SIZE_MAX) {
        return fail(launching, "arguments or environment too long", ZX_ERR_OUT_OF_RANGE);
    }
    if (*out_size > launching->stack_size / 2) {
        return fail(launching, "arguments and environment too long for its stack",
                    ZX_ERR_BUFFER_TOO_SMALL);
    }
    return ZX_OK;
}

// Everything up to the message; nothing of the caller's has been consumed.
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
    if (status == ZX_OK) {
        status = make_stack(launching);
    }
    return status;
}

static zx_status_t start(struct launching *launching)
{
    zx_handle_t child_channel = launching->child_channel;

    launching->child_channel = ZX_HANDLE_INVALID; // consumed, whatever comes of it
    zx_status_t status =
        zx_process_start(launching->process, launching->thread, launching->entry,
                         launching->stack_pointer, child_channel, launching->vdso_base);

    return status == ZX_OK ? ZX_OK : fail(launching, "cannot be started", status);
}

static void end_launch(struct launching *launching)
{
    const zx_handle_t left[] = {launching->process, launching->vmar,          launching->thread,
                                launching->channel, launching->child_channel, launching->stack};

    zx_handle_close_many(left, sizeof(left) / sizeof(left[0]));
}

zx_status_t launch(const struct launch *what, struct launched *out, const char **out_reason)
{
    struct launching launching = {.what = what};
    size_t size;
    zx_status_t status = prepare(&launching);

    if (status == ZX_OK) {
        status = measure_message(&launching, &size);
    }
    if (status != ZX_OK) {
        zx_handle_close_many(what->handles, what->handle_count);
        goto out;
    }
    status = send_message(&launching, size);
    if (status != ZX_OK) {
        launching.reason = "its bootstrap message cannot be sent";
        goto out;
    }
    status = start(&launching);
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
