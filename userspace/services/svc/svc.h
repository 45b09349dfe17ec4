// SPDX-License-Identifier: MIT
//
// bin/svc: what its files share. One thread, one loop; no locks.
//
// The rule of this program: nothing that a client or a service does may hold it up or end it. It never
// waits for an answer, and whatever others can make pile up is counted and bounded.

#ifndef SVC_SVC_H
#define SVC_SVC_H

#include <stdbool.h>
#include <stdint.h>

#include <manifest/backoff.h>
#include <manifest/manifest.h>
#include <protocol/manager.h>
#include <vfs/loop.h>
#include <vfs/route.h>
#include <vfs/vfs.h>
#include <zircon/types.h>

// ---- the program's own (main.c) -----------------------------------------------------------------------

struct svc {
    struct vfs_loop *loop;
    struct vfs *vfs;
    struct vfs_node *names; // the directory /svc

    // Of the kernel's message. What is missing is ZX_HANDLE_INVALID.
    zx_handle_t root_job;
    zx_handle_t root_resource;
    zx_handle_t initrd; // to be read and mapped
    zx_handle_t device_tree;
    zx_handle_t crash_log; // of the last boot
    zx_handle_t log;

    // The initrd, mapped.
    const void *archive;
    size_t archive_size;

    struct manifest manifest;

    const char *commands; // of a machine (jacinth.cmd): the session runs them; NULL at a person's
    const char *nonce;    // under which their status is reported
};

extern struct svc svc;

// Puts a line into the debug log; to the serial line if there is no log.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// A duplicate with all rights, or ZX_HANDLE_INVALID.
zx_handle_t duplicate(zx_handle_t handle);

// Closes a handle if it is one, and forgets it.
void close_handle(zx_handle_t *handle);

// ---- services (service.c) -------------------------------------------------------------------------------

struct service {
    const struct manifest_service *plan;
    uint32_t state;  // MANAGER_
    zx_time_t since; // when it came into it
    bool wanted;     // is to run
    bool at_once;    // started anew as soon as it has ended (restart)
    uint32_t restarts;
    int64_t return_code;
    struct backoff backoff;

    // While it runs.
    zx_handle_t job;
    zx_handle_t process;
    zx_koid_t koid;
    zx_time_t started;
    struct vfs_watch ended;
    struct vfs_timer
        again; // while it waits for its next start; or for the end of one without a route
    struct vfs_route route;
};

extern struct service services[MANIFEST_MAX_SERVICES];
extern uint32_t service_count;

// Takes the services over from the manifest, and starts what can be started.
void services_begin(void);

// The service of that name, or NULL.
struct service *service_find(const char *name, size_t size);

// Whoever provides a thing, or NULL.
struct service *service_provider(const char *thing);

// The route to whoever provides a thing, or NULL.
struct vfs_route *service_route(const char *thing);

// What the protocol `manager` asks for; statuses are its.
zx_status_t service_start(struct service *service);
zx_status_t service_stop(struct service *service);
zx_status_t service_restart(struct service *service);

// Kills all services, the last of the manifest first, and starts none again.
void services_end(void);

// ---- starting a process (start.c) -------------------------------------------------------------------------

// Makes the service's job and process. ZX_ERR_NOT_FOUND and the like are told with a reason;
// *out_hopeless: trying again is of no use.
zx_status_t start_process(struct service *service, const char **out_reason, bool *out_hopeless);

// Starts the rescue monitor, which gets everything. False: there is none.
bool start_rescue(void);

// ---- the names below /svc (names.c, system.c, manager.c) ---------------------------------------------------

// Makes /svc: the built-in services, those of the manifest, and fs/ with the directories.
zx_status_t names_create(struct vfs_node **out);

// Makes the nodes of the built-in services.
struct vfs_node *system_node(void);
struct vfs_node *manager_node(void);

// ---- the watchdog (watchdog.c) -----------------------------------------------------------------------------

// Feeds the machine's watchdog from now on, if the kernel's command line says so.
void watchdog_begin(void);

// ---- the end (session.c) ------------------------------------------------------------------------------------

// The session has ended, with commands of a machine: reports the status and powers off.
void session_over(int64_t return_code);

// There will be no session, for want of `name`: reports that to the machine that gave commands, or lets
// the rescue monitor take over for a person.
void session_impossible(const char *name);

// Reports success if a machine gave commands, ends everything, and powers off or reboots.
void power(uint32_t action);

#endif
