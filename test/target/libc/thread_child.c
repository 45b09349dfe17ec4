// SPDX-License-Identifier: MIT
// See thread_child.h. A child is told by its environment what to run, before main() begins.
#include "thread_child.h"

#include <check/check.h>

#include <stdlib.h>
#include <string.h>

#include <cpio/cpio.h>
#include <jacinth/spawn.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define VARIABLE "TEST_CHILD"

extern const struct child_case __start_child_cases[], __stop_child_cases[];

static void __attribute__((constructor)) run_child(void)
{
    const char *name = getenv(VARIABLE);

    if (name == NULL)
        return;
    for (const struct child_case *c = __start_child_cases; c < __stop_child_cases; c++) {
        if (strcmp(c->name, name) == 0)
            exit(c->run());
    }
    check_print("# no such child: %s", name);
    exit(99);
}

// The program's own file, copied out of the initrd.
static zx_handle_t own_program(void)
{
    static zx_handle_t program;
    char path[64] = "bin/", name[ZX_MAX_NAME_LEN] = "";
    struct cpio_entry entry;
    zx_vaddr_t base;
    uint64_t size;

    if (program != ZX_HANDLE_INVALID)
        return program;
    zx_handle_t initrd = zx_take_startup_handle(PA_HND(PA_VMO_BOOTDATA, 0));
    // The process is called like the file.
    zx_object_get_property(zx_process_self(), ZX_PROP_NAME, name, sizeof(name));
    strcpy(path + (strchr(name, '/') ? 0 : 4), name);
    if (zx_vmo_get_size(initrd, &size) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, initrd, 0, size, &base) != ZX_OK)
        return ZX_HANDLE_INVALID;
    if (cpio_find((const void *)base, size, path, &entry) == ZX_OK &&
        zx_vmo_create(entry.size, 0, &program) == ZX_OK)
        zx_vmo_write(program, entry.data, 0, entry.size);
    zx_vmar_unmap(zx_vmar_root_self(), base, size);
    zx_handle_close(initrd);
    return program;
}

bool child_start(const char *name, zx_handle_t *out_process)
{
    char variable[64] = VARIABLE "=";
    const char *const environment[] = {strcat(variable, name), NULL};
    const char *const argv[] = {name, NULL};
    const char *reason = NULL;
    struct spawn what = {
        .program = own_program(), .path = name, .argv = argv, .environ = environment};
    struct spawned child;
    zx_status_t status = spawn_start(&what, &child, &reason);

    if (status != ZX_OK) {
        check_fail(__FILE__, __LINE__, "child %s: %s (%s)", name, zx_status_get_string(status),
                   reason ? reason : "no reason");
        return false;
    }
    zx_handle_close(child.thread);
    *out_process = child.process;
    return true;
}

int64_t child_wait(zx_handle_t process)
{
    zx_info_process_t info = {.return_code = -12345};

    zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL);
    zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    zx_handle_close(process);
    return info.return_code;
}
