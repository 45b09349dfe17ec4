// SPDX-License-Identifier: MIT
// mexec: starts another kernel in place of this one, with the initrd of this system or another, and with words for
// its command line. The device manager is stopped first and its drivers' end awaited, so that none starts
// anything new on a device that the next kernel's drivers will find; if the kernel refuses, it is started
// again. A watchdog that runs cannot be stopped: the word that has it fed goes along.

#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <protocol/manager.h>
#include <protocol/system.h>
#include <tasks/tasks.h>
#include <zircon/boot/image.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#include "system.h"

#define DRIVERS "devmgr" // of the manifest of services
#define PIECE   65536u   // bytes that are copied at once

// A VMO that is filled from its start.
struct filled {
    zx_handle_t vmo;
    uint64_t used;
};

static zx_status_t begin(struct filled *f)
{
    *f = (struct filled){0};
    return zx_vmo_create(0, 0, &f->vmo);
}

static zx_status_t put(struct filled *f, const void *bytes, size_t size)
{
    zx_status_t status = zx_vmo_set_size(f->vmo, f->used + size);

    if (status == ZX_OK && size != 0)
        status = zx_vmo_write(f->vmo, bytes, f->used, size);
    f->used += status == ZX_OK ? size : 0;
    return status;
}

// Complains of what did not work.
static bool good(const char *what, zx_status_t status)
{
    if (status != ZX_OK)
        system_complain(what, status);
    return status == ZX_OK;
}

// Appends a whole file. False: complained.
static bool put_file(struct filled *f, const char *path)
{
    const int fd = command_open(path);
    zx_status_t status = ZX_OK;
    ssize_t got = 0;

    if (fd < 0)
        return false;
    char *piece = command_allocate(PIECE);
    while (status == ZX_OK && (got = read(fd, piece, PIECE)) > 0)
        status = put(f, piece, (size_t)got);
    if (got < 0)
        command_error(path);
    free(piece);
    command_close(fd);
    return good(path, status) && got == 0;
}

// Appends the initrd of this system. False: complained.
static bool put_own_initrd(struct filled *f)
{
    zx_handle_t channel = system_connect("system"), vmo = ZX_HANDLE_INVALID;
    uint64_t size = 0;

    if (channel == ZX_HANDLE_INVALID)
        return false;
    zx_status_t status = system_initrd(channel, zx_deadline_after(SYSTEM_TIMEOUT), &vmo);
    if (status == ZX_OK)
        status = zx_vmo_get_size(vmo, &size);
    char *piece = command_allocate(PIECE);
    for (uint64_t at = 0; status == ZX_OK && at < size; at += PIECE) {
        const size_t count = size - at < PIECE ? (size_t)(size - at) : PIECE;

        status = zx_vmo_read(vmo, piece, at, count);
        if (status == ZX_OK)
            status = put(f, piece, count);
    }
    free(piece);
    zx_handle_close(vmo);
    zx_handle_close(channel);
    return good("this system's initrd", status);
}

// Appends an item whose bytes `fill` appends. False: complained.
static bool put_item(struct filled *f, uint32_t type, bool (*fill)(struct filled *f, const char *what),
                     const char *what)
{
    const uint64_t at = f->used;
    static const char padding[ZBI_ALIGNMENT];
    zbi_header_t header = {0};

    zx_status_t status = put(f, &header, sizeof(header));
    if (status == ZX_OK && !fill(f, what))
        return false;
    const uint64_t bytes = f->used - at - sizeof(header);
    if (status == ZX_OK && bytes > UINT32_MAX - ZBI_ALIGNMENT)
        status = ZX_ERR_OUT_OF_RANGE;
    header = ZBI_HEADER(type, 0, bytes);
    if (status == ZX_OK)
        status = zx_vmo_write(f->vmo, &header, at, sizeof(header));
    if (status == ZX_OK)
        status = put(f, padding, -bytes % ZBI_ALIGNMENT);
    return good("the boot image", status);
}

static bool fill_word(struct filled *f, const char *word)
{
    return good("the boot image", put(f, word, strlen(word)));
}

static bool fill_initrd(struct filled *f, const char *path)
{
    return path != NULL ? put_file(f, path) : put_own_initrd(f);
}

// Appends this system's word for the watchdog, unless it has none or `words` have one. False:
// complained.
static bool put_watchdog(struct filled *f, char **words)
{
    static const char name[] = "jacinth.watchdog";
    size_t size;
    char *word;

    for (; *words != NULL; words++) {
        if (system_find_word(*words, name, &size) != NULL)
            return true;
    }
    if (!system_boot_word(name, &word))
        return false;
    const bool put = word == NULL || put_item(f, ZBI_TYPE_CMDLINE, fill_word, word);
    free(word);
    return put;
}

// The container with the words and the initrd (NULL: this system's). False: complained.
static bool make_image(struct filled *f, char **words, const char *initrd)
{
    zbi_header_t header = {0};
    zx_status_t status = begin(f);

    if (status == ZX_OK)
        status = put(f, &header, sizeof(header));
    if (!good("the boot image", status))
        return false;
    if (*words != NULL && !put_watchdog(f, words)) // without words it gets this system's line
        return false;
    for (; *words != NULL; words++) {
        if (!put_item(f, ZBI_TYPE_CMDLINE, fill_word, *words))
            return false;
    }
    if (!put_item(f, ZBI_TYPE_STORAGE_RAMDISK, fill_initrd, initrd))
        return false;
    header = ZBI_HEADER(ZBI_TYPE_CONTAINER, ZBI_CONTAINER_MAGIC, f->used - sizeof(header));
    return good("the boot image", zx_vmo_write(f->vmo, &header, 0, sizeof(header)));
}

struct ending {
    bool inside; // the walk is in a job of the device manager's
    zx_time_t deadline;
    zx_status_t status;
};

// Waits for the end of a process in the device manager's job, which has the service's name, or below.
static bool wait_for_process(void *context, const struct task *task)
{
    struct ending *ending = context;
    char name[ZX_MAX_NAME_LEN];

    if (task->kind == TASK_JOB && task->depth <= 1) {
        tasks_name(task->handle, name);
        ending->inside = task->depth == 1 && strcmp(name, DRIVERS) == 0;
    } else if (task->kind == TASK_PROCESS && ending->inside) {
        ending->status =
            zx_object_wait_one(task->handle, ZX_PROCESS_TERMINATED, ending->deadline, NULL);
    }
    return ending->status == ZX_OK;
}

// Waits until the device manager's process and its drivers' are gone. They were killed at the same time,
// and no process can be made in their jobs any more, but each ends when it does.
static zx_status_t wait_for_end(zx_handle_t manager, zx_handle_t root_job)
{
    struct manager_entry entry = {.state = MANAGER_RUNNING};
    struct ending ending = {.deadline = zx_deadline_after(SYSTEM_TIMEOUT)};
    zx_status_t status;

    while ((status = manager_status(manager, ending.deadline, DRIVERS, strlen(DRIVERS), &entry)) ==
               ZX_OK &&
           entry.state == MANAGER_RUNNING)
        zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
    if (status != ZX_OK && status != ZX_ERR_NOT_FOUND)
        return status;
    tasks_walk(root_job, wait_for_process, &ending);
    return ending.status;
}

// Comes back only with an error.
static zx_status_t enter(zx_handle_t root, zx_handle_t root_job, zx_handle_t kernel,
                         zx_handle_t image)
{
    zx_handle_t manager = system_connect("manager");

    if (manager == ZX_HANDLE_INVALID)
        return ZX_ERR_UNAVAILABLE;
    const zx_status_t stopped =
        manager_stop(manager, zx_deadline_after(SYSTEM_TIMEOUT), DRIVERS, strlen(DRIVERS));
    // A system without drivers is fine. A manager that does not answer may not have stopped them.
    const bool none = stopped == ZX_ERR_NOT_FOUND || stopped == ZX_ERR_BAD_STATE;
    zx_status_t status = none ? ZX_OK : stopped;
    if (status == ZX_OK)
        status = wait_for_end(manager, root_job);
    if (status == ZX_OK)
        status = zx_system_mexec(root, kernel, image);
    if (!none)
        (void)manager_start(manager, zx_deadline_after(SYSTEM_TIMEOUT), DRIVERS, strlen(DRIVERS));
    zx_handle_close(manager);
    return status;
}

int main(int argc, char **argv)
{
    const char *initrd = NULL;
    struct filled kernel, image;
    int option;

    command_start(argv, "[-i INITRD] KERNEL [WORD...]");
    while ((option = getopt(argc, argv, "+i:")) != -1) {
        if (option != 'i')
            return command_usage();
        initrd = optarg;
    }
    if (optind == argc)
        return command_usage();
    if (!good("no memory", begin(&kernel)) || !put_file(&kernel, argv[optind]) ||
        !make_image(&image, argv + optind + 1, initrd))
        return command_end();
    zx_handle_t root = system_get_root_resource(), root_job = system_get_root_job();
    if (root == ZX_HANDLE_INVALID || root_job == ZX_HANDLE_INVALID)
        return command_end();
    zx_status_t status = enter(root, root_job, kernel.vmo, image.vmo);
    if (status == ZX_ERR_INVALID_ARGS)
        command_complain("%s: no Image for this machine", argv[optind]);
    else
        (void)good("cannot start it", status);
    return command_end();
}
