// SPDX-License-Identifier: MIT
//
// bin/svc, the service manager: the first program. Starts services as the manifest says
// (manifest/manifest.h; etc/services.manifest in the initrd), starts those that die again, and hands
// out connections to them by name.
//
// From the kernel's command line (our environment):
//   svc.manifest=PATH        another manifest
//   jacinth.cmd=HEX          commands that the session is to run, and the machine to be switched off
//   jacinth.nonce=TEXT       under which their status is reported
//   jacinth.terminal=CxR     size of the terminal
//   jacinth.console=kernel   the console's UART is not given to a driver
//   jacinth.watchdog=SECONDS feed the watchdog, which resets the machine when that ends
//
// A manifest with mistakes is used as far as it goes; without any session a person gets the rescue
// monitor.

#include "svc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cpio/cpio.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>

#define DEFAULT_MANIFEST "etc/services.manifest"
#define LARGEST_MANIFEST 65536u
#define MAX_COMMANDS     4096u // a kernel command line has no more
#define LINE_SIZE        (ZX_LOG_RECORD_MAX - sizeof(zx_log_record_t))

struct svc svc;

// ---- small things ---------------------------------------------------------------------------------------

void say(const char *format, ...)
{
    char line[LINE_SIZE] = "svc: ";
    size_t used = strlen(line);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + used, sizeof(line) - used, format, arguments);
    va_end(arguments);
    used = strlen(line);
    if (svc.log == ZX_HANDLE_INVALID || zx_debuglog_write(svc.log, 0, line, used) != ZX_OK) {
        (void)zx_debug_write(line, used);
        (void)zx_debug_write("\n", 1);
    }
}

zx_handle_t duplicate(zx_handle_t handle)
{
    zx_handle_t copy;

    return zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy) == ZX_OK ? copy
                                                                             : ZX_HANDLE_INVALID;
}

void close_handle(zx_handle_t *handle)
{
    if (*handle != ZX_HANDLE_INVALID) {
        zx_handle_close(*handle);
    }
    *handle = ZX_HANDLE_INVALID;
}

// ---- what the kernel gave ---------------------------------------------------------------------------------

static void take_handles(void)
{
    if (zx_debuglog_create(ZX_HANDLE_INVALID, 0, &svc.log) != ZX_OK) {
        svc.log = ZX_HANDLE_INVALID;
    }
    svc.root_job = zx_job_default();
    svc.root_resource = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0));
    svc.initrd = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));
    svc.crash_log = zx_take_startup_handle(PA_HND(PA_VMO_KERNEL_FILE, 0));
    svc.device_tree = zx_take_startup_handle(PA_HND(PA_VMO_KERNEL_FILE, 1));
}

static void map_initrd(void)
{
    uint64_t size = 0;
    zx_vaddr_t base = 0;
    zx_status_t status = zx_vmo_get_size(svc.initrd, &size);

    if (status == ZX_OK) {
        status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, svc.initrd, 0, size, &base);
    }
    if (status != ZX_OK) {
        say("the initrd cannot be mapped: %s", zx_status_get_string(status));
        return;
    }
    svc.archive = (const void *)base;
    svc.archive_size = size;
}

static int digit_of(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c | 0x20) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

// The commands of a machine, or NULL.
static const char *read_commands(void)
{
    static char text[MAX_COMMANDS];
    const char *hex = getenv("jacinth.cmd");
    size_t size = hex != NULL ? strlen(hex) / 2 : 0;

    if (hex == NULL) {
        return NULL;
    }
    if (size >= sizeof(text) || strlen(hex) % 2 != 0) {
        say("jacinth.cmd is not a row of hexadecimal bytes");
        return "false";
    }
    for (size_t i = 0; i < size; i++) {
        int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            say("jacinth.cmd is not a row of hexadecimal bytes");
            return "false";
        }
        text[i] = (char)(high << 4 | low);
    }
    return text;
}

// ---- the manifest -----------------------------------------------------------------------------------------

static void complain(void *context, uint32_t line, const char *problem, const char *word)
{
    say("%s:%u: %s%s%s", (const char *)context, line, problem, word != NULL ? ": " : "",
        word != NULL ? word : "");
}

static void read_manifest(void)
{
    const char *path = getenv("svc.manifest");
    struct cpio_entry entry;
    char *text;

    if (path == NULL || *path == '\0') {
        path = DEFAULT_MANIFEST;
    }
    zx_status_t status = cpio_find(svc.archive, svc.archive_size, path, &entry);

    if (status != ZX_OK) {
        say("%s: not in the initrd (%s)", path, zx_status_get_string(status));
        return;
    }
    if (entry.size > LARGEST_MANIFEST) {
        say("%s: larger than %u bytes", path, LARGEST_MANIFEST);
        return;
    }
    // The services' names and words lie in it: it stays.
    text = malloc(entry.size + 1);
    if (text == NULL) {
        say("%s: no memory", path);
        return;
    }
    memcpy(text, entry.data, entry.size);
    (void)manifest_parse(text, entry.size, &svc.manifest, complain, (void *)(uintptr_t)path);
}

// True if the manifest has a program for a person or for commands.
static bool has_session(void)
{
    for (uint32_t i = 0; i < svc.manifest.count; i++) {
        if (svc.manifest.services[i].session) {
            return true;
        }
    }
    return false;
}

// ---- all of it --------------------------------------------------------------------------------------------

static zx_status_t begin(void)
{
    zx_status_t status = vfs_loop_create(&svc.loop);

    if (status == ZX_OK) {
        status = vfs_create(svc.loop, NULL, &svc.vfs);
    }
    if (status == ZX_OK) {
        status = names_create(&svc.names);
    }
    return status;
}

int main(void)
{
    take_handles();
    map_initrd();
    svc.commands = read_commands();
    svc.nonce = getenv("jacinth.nonce");
    if (svc.nonce == NULL) {
        svc.nonce = "";
    }
    read_manifest();
    zx_status_t status = begin();

    if (status != ZX_OK) {
        say("cannot begin: %s", zx_status_get_string(status));
        session_impossible("memory");
        return 1;
    }
    services_begin();
    watchdog_begin();
    if (!has_session()) {
        session_impossible("a `session` in the manifest");
    }
    // Nothing that comes in makes the loop end.
    status = vfs_loop_run(svc.loop);
    say("the loop ended: %s", zx_status_get_string(status));
    return 1;
}
