// SPDX-License-Identifier: MIT
//
// Starting programs, with everything that a new process can be given. posix_spawn() is a narrow
// door to the same; use this to choose the job, to hand over handles and services, to start a
// program that is in memory and not in a file, or to get the process's handle.
//
// Part of libc; safe to call from any thread. A process started here is no child in waitpid()'s
// sense: whoever started it waits on the process's handle.
#pragma once

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

// A descriptor of ours that the new process gets as number `target`.
struct spawn_fd {
    int fd;
    int target;
};

// A handle that the new process finds under `info` (PA_HND of <zircon/processargs.h>).
struct spawn_handle {
    zx_handle_t handle; // consumed
    uint32_t info;
};

// A directory (channel with protocol `file`) that stands at the absolute path in the new process.
struct spawn_mount {
    const char *path;
    zx_handle_t directory; // consumed
};

#define SPAWN_INHERIT_FDS       1u // every descriptor without FD_CLOEXEC; `fds` are put on top
#define SPAWN_INHERIT_NAMESPACE 2u // our mounts, with connections of their own; `mounts` on top
#define SPAWN_INHERIT           (SPAWN_INHERIT_FDS | SPAWN_INHERIT_NAMESPACE)
#define SPAWN_NO_JOB            4u // the process gets no PA_JOB_DEFAULT: it cannot start others
#define SPAWN_NO_SCRIPTS        8u // a file that begins with #! is refused like any text

// What to start. Zero what is not needed; pointers may be NULL when their count is 0.
struct spawn {
    uint32_t flags;
    const char *path;           // of the program, as open() takes it
    zx_handle_t program;        // instead: VMO with the file (READ, MAP, EXECUTE), borrowed
    const char *name;           // of the process; NULL: the last component of the path
    const char *const *argv;    // up to a NULL; NULL: the path alone
    const char *const *environ; // up to a NULL; NULL: our own
    const char *directory;      // its current directory, absolute; NULL: ours
    zx_handle_t job;            // the process is made in it, borrowed; 0: zx_job_default()
    uint64_t stack_size;        // of the main thread; 0: what the program asks for
    size_t fd_count;
    const struct spawn_fd *fds;
    size_t handle_count; // handles, descriptors and mounts together: at most 57
    const struct spawn_handle *handles;
    size_t mount_count;
    const struct spawn_mount *mounts;
};

// A process that was started. The handles are the caller's.
struct spawned {
    zx_handle_t process; // wait for ZX_PROCESS_TERMINATED, then ZX_INFO_PROCESS has the exit code
    zx_handle_t thread;  // its first
    int pid;             // the process's koid
};

// Starts a program. The handles and directories in `what` are consumed, whatever comes of it. On
// failure no process is left, and *out_reason (may be NULL) is a few words that continue "PATH: ".
// Statuses: those of opening the file (ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FILE for a directory,
// ZX_ERR_ACCESS_DENIED without x bits), of the loader (ZX_ERR_NOT_FOUND: not a program for this
// machine; ZX_ERR_BUFFER_TOO_SMALL, ZX_ERR_OUT_OF_RANGE: too much to hand over) and of the kernel.
zx_status_t spawn_start(const struct spawn *what, struct spawned *out, const char **out_reason);

// For posix_spawn(): the job that the process is made in; borrowed, and needed until then. 0: ours.
int posix_spawnattr_setjob_np(posix_spawnattr_t *attributes, zx_handle_t job);

// The handle of a child that posix_spawn() started and nobody has waited for yet. It stays libc's:
// do not close it, nor use it once waitpid() may have reported the child.
// ZX_ERR_NOT_FOUND: no such child.
zx_status_t spawn_borrow_child(pid_t pid, zx_handle_t *out_process);

// The vDSO that new processes are given. It stays libc's: do not close it.
// ZX_ERR_BAD_HANDLE: this process was given none to hand on.
zx_status_t spawn_borrow_vdso(zx_handle_t *out_vmo);

__END_CDECLS
