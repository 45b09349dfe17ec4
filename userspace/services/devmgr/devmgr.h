// SPDX-License-Identifier: MIT
//
// sbin/devmgr, the device manager: what its files share. One thread, one loop; no locks.
//
// The rule of this program is that of svc: nothing that a driver or a client does may hold it up or
// end it. It never waits for an answer, and gives a driver what its node owns and nothing else.

#ifndef DEVMGR_DEVMGR_H
#define DEVMGR_DEVMGR_H

#include <stdbool.h>
#include <stdint.h>

#include <fdt/fdt.h>
#include <manifest/backoff.h>
#include <protocol/devices.h>
#include <vfs/loop.h>
#include <vfs/route.h>
#include <vfs/table.h>
#include <zircon/types.h>

#include "plan.h"

#define DEVICE_PAGE           4096u
#define DEVICE_MAX_REGISTERS  8u
#define DEVICE_MAX_INTERRUPTS 8u
#define DEVICE_PATH_BYTES     128u
#define DEVICE_NAME_BYTES     64u
#define DEVICE_SERVICE_BYTES  32u

struct devmgr {
    struct vfs_loop *loop;
    struct vfs_directory *published; // /svc/fs/device
    zx_handle_t root_resource;
    zx_handle_t iommu; // the dummy one; ZX_HANDLE_INVALID: none could be made
    zx_handle_t log;
    const void *archive; // the initrd, mapped
    size_t archive_size;
    struct fdt_tree tree;
    struct plan plan;
};

extern struct devmgr devmgr;

// A node's range of registers. The pages that it touches are its driver's alone.
struct registers {
    uint64_t base;
    uint64_t size;
    zx_handle_t resource; // exclusive, for the pages
};

// A node that is enabled and says what it is. Those of them with a driver are `driven`.
struct device {
    struct fdt_node node;
    char path[DEVICE_PATH_BYTES];
    char compatible[DEVICE_NAME_BYTES];
    char service[DEVICE_SERVICE_BYTES]; // "": publishes nothing
    const struct plan_driver *driver;   // NULL: none

    uint32_t state; // DEVICES_
    uint32_t restarts;
    bool at_once; // was ended to be started anew
    struct backoff backoff;

    bool claimed; // what follows is complete
    uint32_t register_count;
    struct registers registers[DEVICE_MAX_REGISTERS];
    uint32_t interrupt_count;
    struct {
        struct fdt_irq irq;
        zx_handle_t resource; // exclusive
    } interrupts[DEVICE_MAX_INTERRUPTS];
    // Outlives the driver's processes: what a dead one had pinned stays in its quarantine until the
    // next has reset the device.
    zx_handle_t bti;

    // While its driver runs.
    zx_handle_t job;
    zx_handle_t process;
    zx_koid_t koid;
    zx_time_t started;
    struct vfs_watch ended;
    zx_handle_t host; // our end of the channel on which it asks for things
    struct vfs_watch asked;

    struct vfs_timer again; // its next start, or the end of a process that closed its directory
    struct vfs_route route;
};

extern struct device **devices;
extern uint32_t device_count;

// Puts a line into the debug log.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Closes a handle if it is one, and forgets it.
void close_handle(zx_handle_t *handle);

// Reads the device tree (tree.c): fills `devices`. A tree that is none leaves it empty, which is
// told.
void devices_find(zx_handle_t tree);

// Reads `count` words of registers (probe.c). False: they do not answer.
bool probe_words(const volatile uint32_t *from, uint32_t *to, uint32_t count);

// Starts the drivers of all devices that have one (driver.c).
void drivers_begin(void);

// What the protocol `devices` asks for; statuses are its.
zx_status_t driver_restart(struct device *device);

// A start of the device's driver (start.c): its process runs, or nothing of it is left and
// *out_reason tells why. *out_hopeless: trying again is of no use.
zx_status_t start_driver(struct device *device, const char **out_reason, bool *out_hopeless);

// What the driver is given (own.c).
struct gifts;

// Claims the node's registers and interrupts, once. ZX_ERR_ALREADY_BOUND: another driver has
// registers in one of its pages, or one of its interrupts. ZX_ERR_NOT_SUPPORTED: nobody may have them.
zx_status_t own_claim(struct device *device, const char **out_reason);

// True if there is memory in the pages of a range, which then is no device's.
bool own_is_memory(uint64_t base, uint64_t size);

// Adds the handles of what the node owns. What was added stays in `gifts` in case of an error.
zx_status_t own_give(struct device *device, struct gifts *gifts, const char **out_reason);

// Makes the object of one of the node's interrupts. ZX_ERR_NOT_FOUND: it has no such one. Others of
// zx_interrupt_create().
zx_status_t own_make_interrupt(const struct device *device, uint32_t index, zx_handle_t *out);

// Makes a VMO of the pages of one of its ranges of registers. ZX_ERR_NOT_FOUND: it has no such one. Others of
// zx_vmo_create_physical().
zx_status_t own_make_registers(const struct device *device, uint32_t index, zx_handle_t *out);

// A description of the node for its driver: a flattened tree of one node with its properties, in a
// VMO.
zx_status_t own_describe(struct device *device, zx_handle_t *out);

// Serves what the driver asks (host.c). device->host is there, and is closed when this fails.
zx_status_t host_begin(struct device *device);
void host_end(struct device *device);

// Makes the names (list.c): /svc/devices, and /svc/fs/device with what drivers publish.
zx_status_t names_create(struct vfs_directory **out_outgoing);

// Publishes the device's service below a name that nobody has. It is there before its driver is:
// who connects waits for it.
zx_status_t names_publish(struct device *device);

#endif
