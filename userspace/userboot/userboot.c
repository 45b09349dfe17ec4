// SPDX-License-Identifier: MIT
//
// The first process. The kernel maps this image and, directly behind it, the vDSO; the thread
// starts at _start with a channel in x0 and the vDSO's base in x1. In the channel waits one
// message: the handles that all authority comes from, and the command line as environment. From it
// this program makes the first program of the initrd, hands nearly everything on to it, and goes;
// if that program has a dynamic linker, only when its loader service is no longer used.
//
//   userboot=PATH        which program (default below)
//   userboot.shutdown    power off when that program exits, or cannot be started
//   userboot.reboot      the same, and reboot after three seconds
//
// The image has no writable data and no relocations (its linker script refuses them), so there is
// no global state here and no table of pointers: everything is in struct boot, on the stack.
//
// Every failure is one line in the debug log.

#include <stdarg.h>
#include <stdbool.h>

#include <cpio/cpio.h>
#include <launch/launch.h>
#include <loader/server.h>
#include <minilib/format.h>
#include <minilib/string.h>
#include <processargs/processargs.h>
#include <zircon/errors.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/system.h>

// The program that is started when the command line names none.
#define DEFAULT_PROGRAM "sbin/svc"

#define REBOOT_DELAY ZX_SEC(3)

// A log record's text.
#define LINE_SIZE (ZX_LOG_RECORD_MAX - sizeof(zx_log_record_t) + 1)

struct boot {
    zx_handle_t log;
    zx_handle_t root; // the root resource, kept only if this program is to power off
    zx_handle_t vmar; // our own root VMAR
    bool shutdown;
    bool reboot;

    // The kernel's message.
    struct processargs message;
    zx_handle_t *handles;

    // The initrd, mapped.
    const void *archive;
    size_t archive_size;

    const char *program; // path of the first program

    // Our end of its loader service; ZX_HANDLE_INVALID if it has no dynamic linker.
    zx_handle_t loader;
};

void _start(zx_handle_t bootstrap, const void *vdso_base) __attribute__((noreturn, used));

// Puts one line into the debug log; to the console if there is no log.
static void __attribute__((format(printf, 2, 3)))
say(const struct boot *boot, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    size_t length = format_string(line, sizeof(line), "userboot: ");

    va_start(arguments, format);
    length += format_string_v(line + length, sizeof(line) - length, format, arguments);
    va_end(arguments);
    if (boot->log == ZX_HANDLE_INVALID ||
        zx_debuglog_write(boot->log, ZX_LOG_ERROR, line, length) != ZX_OK) {
        (void)zx_debug_write(line, length);
        (void)zx_debug_write("\n", 1);
    }
}

// Powers off or reboots if the command line asked for it, else returns.
static void end_machine(const struct boot *boot)
{
    zx_status_t status;

    if (!boot->shutdown && !boot->reboot) {
        return;
    }
    if (boot->shutdown) {
        status = zx_system_powerctl(boot->root, ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL);
    } else {
        (void)zx_nanosleep(zx_deadline_after(REBOOT_DELAY));
        status = zx_system_powerctl(boot->root, ZX_SYSTEM_POWERCTL_REBOOT, NULL);
    }
    say(boot, "cannot power off: %s", zx_status_get_string(status));
}

// Ends this program after a failure that was logged.
static void __attribute__((noreturn)) give_up(const struct boot *boot)
{
    end_machine(boot);
    zx_process_exit(-1);
}

// The first handle of the message with this info word.
static zx_handle_t find_handle(const struct boot *boot, uint32_t info)
{
    for (uint32_t i = 0; i < boot->message.handle_count; i++) {
        if (boot->message.handle_info[i] == info) {
            return boot->handles[i];
        }
    }
    return ZX_HANDLE_INVALID;
}

// Reads the options from the environment; the last one of a name wins.
static void read_options(struct boot *boot)
{
    const struct processargs_strings *environ = &boot->message.environ;

    boot->program = processargs_get(environ, "userboot");
    if (boot->program == NULL || boot->program[0] == '\0') {
        boot->program = DEFAULT_PROGRAM;
    }
    boot->shutdown = processargs_get(environ, "userboot.shutdown") != NULL;
    boot->reboot = processargs_get(environ, "userboot.reboot") != NULL;
    if (boot->shutdown || boot->reboot) {
        // The original goes to the first program.
        if (zx_handle_duplicate(find_handle(boot, PA_HND(PA_RESOURCE, 0)), ZX_RIGHT_SAME_RIGHTS,
                                &boot->root) != ZX_OK) {
            boot->root = ZX_HANDLE_INVALID;
        }
    }
}

// Says what is wrong with an initrd that is no archive, and ends.
static void __attribute__((noreturn)) refuse_initrd(const struct boot *boot, enum cpio_kind kind)
{
    switch (kind) {
    case CPIO_KIND_EMPTY:
        say(boot, "no initrd: the boot loader passed none, or an empty one");
        break;
    case CPIO_KIND_COMPRESSED:
        say(boot, "the initrd is compressed: a plain cpio archive (newc) is needed");
        break;
    case CPIO_KIND_OTHER_CPIO:
        say(boot, "the initrd is a cpio archive of another kind: newc is needed (cpio -H newc)");
        break;
    default: say(boot, "the initrd is not a cpio archive"); break;
    }
    give_up(boot);
}

// Walks the whole archive once, so that one that is damaged is told of even if the program is
// whole.
static void check_archive(const struct boot *boot)
{
    struct cpio archive;
    struct cpio_entry entry;
    zx_status_t status;
    unsigned count = 0;

    cpio_init(&archive, boot->archive, boot->archive_size);
    while ((status = cpio_next(&archive, &entry)) == ZX_OK) {
        count++;
    }
    if (status == ZX_ERR_IO_DATA_LOSS) {
        say(boot, "the initrd is cut short after %u entries", count);
    } else if (status != ZX_ERR_STOP) {
        say(boot, "the initrd is corrupt after %u entries", count);
    }
    if (archive.skipped != 0) {
        say(boot, "the initrd has %u entries with '..' in their names: ignored", archive.skipped);
    }
}

static void open_initrd(struct boot *boot)
{
    zx_handle_t initrd = find_handle(boot, PA_HND(PA_VMO_BOOTDATA, 0));

    if (initrd == ZX_HANDLE_INVALID) {
        refuse_initrd(boot, CPIO_KIND_EMPTY);
    }
    zx_status_t status = launch_map_file(boot->vmar, initrd, &boot->archive, &boot->archive_size);

    if (status != ZX_OK) {
        say(boot, "the initrd cannot be mapped: %s", zx_status_get_string(status));
        give_up(boot);
    }
    enum cpio_kind kind = cpio_identify(boot->archive, boot->archive_size);

    if (kind != CPIO_KIND_NEWC) {
        refuse_initrd(boot, kind);
    }
    check_archive(boot);
}

// True for the handles that are about this very process; the first program gets its own.
static bool is_own(uint32_t info)
{
    uint32_t type = PA_HND_TYPE(info);

    return type == PA_PROC_SELF || type == PA_THREAD_SELF || type == PA_VMAR_ROOT ||
           type == PA_VMO_STACK;
}

// Collects the handles for the first program: the kernel's, without our own, and the initrd once
// more as its file system, read-only. Returns their number.
static uint32_t collect_handles(const struct boot *boot, zx_handle_t *handles, uint32_t *info)
{
    const zx_rights_t file_rights =
        ZX_RIGHTS_BASIC | ZX_RIGHT_READ | ZX_RIGHT_MAP | ZX_RIGHT_GET_PROPERTY;
    uint32_t count = 0;

    for (uint32_t i = 0; i < boot->message.handle_count && count < LAUNCH_MAX_HANDLES - 1; i++) {
        if (!is_own(boot->message.handle_info[i])) {
            handles[count] = boot->handles[i];
            info[count++] = boot->message.handle_info[i];
        }
    }
    if (zx_handle_duplicate(find_handle(boot, PA_HND(PA_VMO_BOOTDATA, 0)), file_rights,
                            &handles[count]) == ZX_OK) {
        info[count++] = PA_HND(PA_VMO_BOOTFS, 0);
    }
    return count;
}

// ---- the loader service ----

// Opens a file of the initrd; what loader_service.open and the launch need.
static zx_status_t open_file(void *context, const char *path, zx_handle_t *out_vmo)
{
    const struct boot *boot = context;
    const char *reason;

    return launch_open_file(boot->archive, boot->archive_size, path, out_vmo, &reason);
}

// Fetches the first program's dynamic linker, lib/NAME, and makes the channel that it will find its
// libraries by.
static zx_status_t open_interpreter(void *context, const char *name, zx_handle_t *out_vmo,
                                    zx_handle_t *out_loader)
{
    struct boot *boot = context;
    char path[LOADER_MAX_PATH];
    zx_status_t status;

    format_string(path, sizeof(path), "lib/%s", name);
    status = open_file(boot, path, out_vmo);
    if (status != ZX_OK) {
        say(boot, "%s: %s", path, zx_status_get_string(status));
        return status;
    }
    status = zx_channel_create(0, &boot->loader, out_loader);
    if (status != ZX_OK) {
        zx_handle_close(*out_vmo);
        *out_vmo = ZX_HANDLE_INVALID;
    }
    return status;
}

// Answers the loader service until its channel closes. With `process` given, not longer than that
// process lives: others may have been given the channel.
static void serve_loader(struct boot *boot, zx_handle_t process)
{
    const struct loader_service service = {.open = open_file, .context = boot};
    struct loader_connection connection;
    zx_wait_item_t items[2] = {
        {.handle = boot->loader, .waitfor = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED},
        {.handle = process, .waitfor = ZX_PROCESS_TERMINATED},
    };
    const uint32_t count = process != ZX_HANDLE_INVALID ? 2 : 1;
    zx_status_t status = ZX_OK;

    loader_connection_init(&connection, boot->loader);
    while (status == ZX_OK || status == ZX_ERR_SHOULD_WAIT) {
        status = zx_object_wait_many(items, count, ZX_TIME_INFINITE);
        if (status != ZX_OK || (count == 2 && (items[1].pending & ZX_PROCESS_TERMINATED) != 0)) {
            break;
        }
        status = loader_serve_one(&service, &connection);
    }
    loader_connection_close(&connection);
    boot->loader = ZX_HANDLE_INVALID;
}

// ---- the first program ----

// Starts the program in `file`; returns its process.
static zx_handle_t start_program(struct boot *boot, zx_handle_t file)
{
    // An array of characters: an array of pointers would have to be relocated.
    const char loader_variable[] = "LD_DEBUG=1";
    const char *loader_environ = loader_variable;
    zx_handle_t handles[LAUNCH_MAX_HANDLES];
    uint32_t info[LAUNCH_MAX_HANDLES];
    uint32_t environ_count = boot->message.environ.count;
    const char **environ = __builtin_alloca((environ_count + 1) * sizeof(*environ));
    struct launched launched;
    const char *reason;

    processargs_list(&boot->message.environ, environ);
    // The handles of the job and of the vDSO are used before the message takes them along.
    struct launch what = {
        .job = find_handle(boot, PA_HND(PA_JOB_DEFAULT, 0)),
        .name = boot->program,
        .thread_name = boot->program,
        .program = file,
        .vdso = find_handle(boot, PA_HND(PA_VMO_VDSO, 0)),
        .environ_count = environ_count,
        .environ = environ,
        .handle_count = collect_handles(boot, handles, info),
        .handles = handles,
        .handle_info = info,
        .open_interpreter = open_interpreter,
        .context = boot,
        .loader_environ_count = 1,
        .loader_environ = &loader_environ,
        .log = boot->log,
    };
    zx_status_t status = launch(&what, &launched, &reason);

    if (status != ZX_OK) {
        say(boot, "%s: %s (%s)", boot->program, reason, zx_status_get_string(status));
        give_up(boot);
    }
    zx_handle_close(launched.thread);
    return launched.process;
}

// Everything after the message was read.
static void __attribute__((noreturn)) boot_first_program(struct boot *boot)
{
    zx_handle_t file;
    const char *reason;

    boot->vmar = find_handle(boot, PA_HND(PA_VMAR_ROOT, 0));
    read_options(boot);
    open_initrd(boot);
    zx_status_t status =
        launch_open_file(boot->archive, boot->archive_size, boot->program, &file, &reason);

    if (status != ZX_OK) {
        say(boot, "%s: %s", boot->program, reason);
        give_up(boot);
    }
    zx_handle_t process = start_program(boot, file);
    const bool stay = boot->shutdown || boot->reboot;

    zx_handle_close(file);
    if (boot->loader != ZX_HANDLE_INVALID) {
        serve_loader(boot, stay ? process : ZX_HANDLE_INVALID);
    }
    if (stay) {
        (void)zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL);
        say(boot, "%s has ended", boot->program);
        end_machine(boot);
    }
    zx_process_exit(0);
}

// Reads the message, of the given size. Not inlined: the room is taken from the stack here.
static void __attribute__((noreturn, noinline))
read_message(struct boot *boot, zx_handle_t bootstrap, uint32_t size, uint32_t handle_count)
{
    void *message = __builtin_alloca_with_align(size + 1, 64);

    boot->handles = __builtin_alloca((handle_count + 1) * sizeof(*boot->handles));
    zx_status_t status = zx_channel_read(bootstrap, 0, message, boot->handles, size, handle_count,
                                         &size, &handle_count);

    if (status == ZX_OK) {
        status = processargs_parse(message, size, handle_count, &boot->message);
    }
    if (status != ZX_OK) {
        say(boot, "the kernel's message cannot be read: %s", zx_status_get_string(status));
        give_up(boot);
    }
    zx_handle_close(bootstrap);
    boot_first_program(boot);
}

void _start(zx_handle_t bootstrap, const void *vdso_base)
{
    struct boot boot = {0};
    uint32_t size = 0;
    uint32_t handle_count = 0;

    (void)vdso_base; // the linker knows where it is: directly behind this image
    if (zx_debuglog_create(ZX_HANDLE_INVALID, 0, &boot.log) != ZX_OK) {
        boot.log = ZX_HANDLE_INVALID;
    }
    zx_status_t status = zx_channel_read(bootstrap, 0, NULL, NULL, 0, 0, &size, &handle_count);

    if (status != ZX_ERR_BUFFER_TOO_SMALL) {
        say(&boot, "no message from the kernel: %s", zx_status_get_string(status));
        give_up(&boot);
    }
    read_message(&boot, bootstrap, size, handle_count);
}
