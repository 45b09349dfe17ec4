// SPDX-License-Identifier: MIT
//
// Inside of spawning: shared by the files of this folder. Names begin with __spawn_, as a program
// may define anything else.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <features.h>

#include <jacinth/namespace.h>
#include <jacinth/spawn.h>
#include <launch/launch.h>
#include <zircon/types.h>

// How long to wait for a service where its answer depends on nothing but itself.
#define SPAWN_SERVER_TIMEOUT ZX_SEC(5)

// Levels of scripts that are run by scripts, and the longest first line of one.
#define SPAWN_SCRIPT_LEVELS 5
#define SPAWN_SCRIPT_LINE   127

// Where a spawn failed: the same status means different things to a program that knows errno.
enum spawn_stage {
    SPAWN_OPEN,        // the program's file cannot be had
    SPAWN_SCRIPT,      // the program that a script names cannot be had
    SPAWN_SCRIPT_DEEP, // scripts that are run by scripts, too many of them
    SPAWN_GIVE,        // something to hand over cannot be had
    SPAWN_LOAD,        // the file is no program, or the process cannot be made
    SPAWN_INTERPRETER, // the dynamic linker cannot be had
};

// A flag of struct spawn for posix_spawn() alone: a descriptor that keeps its number and cannot
// leave this process (an open "/") stays behind, instead of being an error.
#define SPAWN_LEAVE_PRIVATE_FDS 0x80000000u

// ---- program.c: what is to be loaded, and with which arguments ----------------------------------

struct spawn_program {
    zx_handle_t file;  // owned
    const char **argv; // up to a NULL; heap, the strings are others'
    size_t argc;
    // First lines of scripts, cut into words that argv leads into.
    char lines[SPAWN_SCRIPT_LEVELS][SPAWN_SCRIPT_LINE + 1];
};

// Opens the program and, if it is a script, what runs it. `loader` is asked for that; it connects
// to the loader service when it is first needed.
struct spawn_loader;
hidden zx_status_t __spawn_program_open(const struct spawn *what, struct spawn_loader *loader,
                                        struct spawn_program *out, enum spawn_stage *stage,
                                        const char **out_reason);
hidden void __spawn_program_close(struct spawn_program *program);

// ---- loader.c: the loader service ---------------------------------------------------------------

struct spawn_loader {
    zx_handle_t service; // ZX_HANDLE_INVALID until it is needed
    bool borrowed;       // it is the startup handle
    bool failed;         // to fetch a dynamic linker
};

hidden void __spawn_loader_close(struct spawn_loader *loader);

// Fetches what runs a script.
hidden zx_status_t __spawn_loader_script(struct spawn_loader *loader, const char *path,
                                         zx_handle_t *out_vmo);

// For struct launch: fetches the dynamic linker, and a connection to the service for it.
hidden zx_status_t __spawn_open_interpreter(void *loader, const char *name, zx_handle_t *out_vmo,
                                            zx_handle_t *out_loader);

// The startup handle with this info, which stays where it is, or ZX_HANDLE_INVALID.
hidden zx_handle_t __spawn_startup_handle(uint32_t info);

// ---- gifts.c: what the process is given ---------------------------------------------------------

struct spawn_gifts {
    zx_handle_t handles[LAUNCH_MAX_HANDLES];
    uint32_t info[LAUNCH_MAX_HANDLES];
    uint32_t count;
    const char *names[LAUNCH_MAX_HANDLES]; // of the namespace
    uint32_t name_count;
    struct namespace_copy *copy; // holds the names, and the directories that are not given away
    const char **environ;        // heap
    uint32_t environ_count;
    char *directory; // heap: "PWD=..."
};

// Collects handles, descriptors, namespace, job, vDSO and environment. What `what` hands over is
// consumed; on failure nothing is left.
hidden zx_status_t __spawn_gifts_collect(const struct spawn *what, zx_handle_t job,
                                         zx_handle_t vdso, struct spawn_gifts *out,
                                         const char **out_reason);
// Frees what is left once the handles are gone.
hidden void __spawn_gifts_free(struct spawn_gifts *gifts);

// ---- spawn.c ------------------------------------------------------------------------------------

// spawn_start(), with the place of a failure.
hidden zx_status_t __spawn(const struct spawn *what, struct spawned *out, enum spawn_stage *stage,
                           const char **out_reason);

// The errno value for a failed __spawn().
hidden int __spawn_errno(zx_status_t status, enum spawn_stage stage);

// ---- children.c ---------------------------------------------------------------------------------

// Enters a process that posix_spawn() started; takes its handle. On failure the handle is closed.
hidden zx_status_t __spawn_child_add(pid_t pid, zx_handle_t process);

// ---- posix_spawn.c ------------------------------------------------------------------------------

// The job that posix_spawnattr_setjob_np() put into attributes (which may be NULL).
hidden zx_handle_t __spawn_attribute_job(const posix_spawnattr_t *attributes);

// ---- actions.c: what posix_spawn's file actions would do in the child ---------------------------

// The descriptors that the child will have.
struct spawn_table {
    struct spawn_slot {
        int target; // number in the child
        int fd;     // ours
        bool owned; // opened for the child: close it afterwards
        bool close; // FD_CLOEXEC: gone when the program starts
    } * slots;
    size_t count;
    size_t capacity;
    char *directory; // heap; NULL: ours
};

// Fills the table with our descriptors and applies the actions in order. 0 or an errno value; the
// table is to be freed in both cases.
hidden int __spawn_table_make(const posix_spawn_file_actions_t *actions, struct spawn_table *out);
hidden void __spawn_table_free(struct spawn_table *table);
