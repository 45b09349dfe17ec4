// SPDX-License-Identifier: MIT
//
// Starting programs: from an ELF file in a VMO to a running process with its bootstrap message. And
// getting programs out of the initrd.

#ifndef LAUNCH_LAUNCH_H
#define LAUNCH_LAUNCH_H

#include <stddef.h>
#include <stdint.h>
#include <zircon/types.h>

// The most handles that can go along: a message carries 64, and the new process's own four (its
// process, first thread, root VMAR and stack) are added here.
#define LAUNCH_MAX_HANDLES 60u

// What to start, and with what. Handles are borrowed unless said otherwise.
struct launch {
    zx_handle_t job;         // the process is made in this job
    const char *name;        // of the process and (in part) of its memory
    const char *thread_name; // of its first thread; NULL: "initial-thread"
    zx_handle_t program;     // VMO with an ELF file: READ, MAP, EXECUTE
    zx_handle_t vdso;        // VMO of the vDSO to map
    uint32_t arg_count;
    const char *const *args; // argv, without a NULL at the end
    uint32_t environ_count;
    const char *const *environ;
    // Handles for the new process and their info words. They are consumed by launch(), whether it
    // succeeds or not.
    uint32_t handle_count;
    const zx_handle_t *handles;
    const uint32_t *handle_info;
};

// A process that was started. Both handles are the caller's.
struct launched {
    zx_handle_t process;
    zx_handle_t thread;
};

// Starts a program. `out_reason` receives a few words about a failure, which continue "NAME: ".
// ELFLOAD_BAD_FORMAT: the file is not a program for this machine.
// ZX_ERR_NOT_SUPPORTED: the program needs a dynamic linker.
// ZX_ERR_BUFFER_TOO_SMALL: the message is larger than half the program's stack.
// ZX_ERR_OUT_OF_RANGE: too many handles, or too much text.
// Others: what the system call that failed returned.
zx_status_t launch(const struct launch *what, struct launched *out, const char **out_reason);

// Maps a VMO (READ, MAP) into `vmar` to be read, whole. A VMO of no bytes gives ZX_OK, NULL and 0.
zx_status_t launch_map_file(zx_handle_t vmar, zx_handle_t vmo, const void **out_base,
                            size_t *out_size);

// Copies the file `path` of the cpio archive at [base, base + size) into a new VMO of that name.
// Errors are those of cpio_find(), or of the system call that failed; *out_reason as above.
zx_status_t launch_open_file(const void *base, size_t size, const char *path, zx_handle_t *out_vmo,
                             const char **out_reason);

#endif
