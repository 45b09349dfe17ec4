// SPDX-License-Identifier: MIT
//
// Starting programs: from an ELF file in a VMO to a running process with its bootstrap message. And
// getting programs out of the initrd.

#ifndef LAUNCH_LAUNCH_H
#define LAUNCH_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zircon/types.h>

// The most handles that can go along: a message carries 64, and the new process's own (process,
// first thread, root VMAR, stack, VMAR of its image) are added here.
#define LAUNCH_MAX_HANDLES 59u

// What to start, and with what. Handles are borrowed unless said otherwise.
struct launch {
    zx_handle_t job;         // the process is made in this job
    const char *name;        // of the process and (in part) of its memory
    const char *thread_name; // of its first thread; NULL: "initial-thread"
    zx_handle_t program;     // VMO with an ELF file: READ, MAP, EXECUTE
    zx_handle_t vdso;        // VMO of the vDSO to map
    uint64_t stack_size;     // bytes; 0: what the program asks for
    uint32_t arg_count;
    const char *const *args; // argv, without a NULL at the end
    uint32_t environ_count;
    const char *const *environ;
    uint32_t name_count; // what PA_NS_DIR words count in
    const char *const *names;
    // Handles for the new process and their info words. They are consumed by launch(), whether it
    // succeeds or not.
    uint32_t handle_count;
    const zx_handle_t *handles;
    const uint32_t *handle_info;

    // For programs without PT_INTERP: the message also carries PA_VMAR_LOADED, with which start
    // code can make relocated data read-only.
    bool give_loaded;

    // For programs with PT_INTERP; NULL: such a program is refused. Fetches the dynamic linker
    // `name` (never empty, less than ELFLOAD_MAX_INTERPRETER bytes) and, if the linker is to have
    // one, a channel to a loader service; both become launch()'s. On failure neither is set.
    zx_status_t (*open_interpreter)(void *context, const char *name, zx_handle_t *out_vmo,
                                    zx_handle_t *out_loader);
    void *context;
    // What the linker finds as environment; NULL: that of the program.
    uint32_t loader_environ_count;
    const char *const *loader_environ;
    zx_handle_t log; // debug log that the linker gets a duplicate of, or ZX_HANDLE_INVALID

    // Room in which the messages are built, at least launch_message_size() bytes; NULL: launch()
    // takes it from its stack, which may need 64 KiB then.
    void *buffer;
};

// A process that was started. Both handles are the caller's.
struct launched {
    zx_handle_t process;
    zx_handle_t thread;
};

// Starts a program. `out_reason` receives a few words about a failure, which continue "NAME: ".
// On failure no process is left, and nothing but the consumed handles is gone.
// ELFLOAD_BAD_FORMAT: the file, or its dynamic linker, is not a program for this machine.
// ZX_ERR_NOT_SUPPORTED: the program needs a dynamic linker, and none can be fetched.
// ZX_ERR_BUFFER_TOO_SMALL: the message is larger than half the program's stack.
// ZX_ERR_OUT_OF_RANGE: too many handles, or too much text.
// Others: what open_interpreter() or the system call that failed returned.
zx_status_t launch(const struct launch *what, struct launched *out, const char **out_reason);

// The largest message that launch() can have to build; SIZE_MAX: more than a channel carries.
size_t launch_message_size(const struct launch *what);

// Maps a VMO (READ, MAP) into `vmar` to be read, whole. A VMO of no bytes gives ZX_OK, NULL and 0.
zx_status_t launch_map_file(zx_handle_t vmar, zx_handle_t vmo, const void **out_base,
                            size_t *out_size);

// Copies the file `path` of the cpio archive at [base, base + size) into a new VMO of that name,
// which can be read, mapped and executed, and duplicated, but not written. Errors are those of
// cpio_find(), or of the system call that failed; *out_reason as above.
zx_status_t launch_open_file(const void *base, size_t size, const char *path, zx_handle_t *out_vmo,
                             const char **out_reason);

#endif
