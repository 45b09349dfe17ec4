// SPDX-License-Identifier: MIT
//
// The protocol `manager`: what services there are and how they are; start, stop, restart.

#include "svc.h"

#include <string.h>

#include <protocol/manager.h>
#include <vfs/served.h>
#include <zircon/errors.h>

static void fill_entry(const struct service *service, struct manager_entry *entry)
{
    memset(entry, 0, sizeof(*entry));
    entry->state = service->state;
    entry->restarts = service->restarts;
    entry->koid = service->koid;
    entry->return_code = service->return_code;
    entry->since = service->since;
    strncpy((char *)entry->name, service->plan->name, sizeof(entry->name) - 1);
}

static void list(void *context, const struct ipc_request *request)
{
    static struct manager_entry entries[MANIFEST_MAX_SERVICES];

    (void)context;
    for (uint32_t i = 0; i < service_count; i++) {
        fill_entry(&services[i], &entries[i]);
    }
    (void)manager_reply_list(request, ZX_OK, entries, service_count * sizeof(entries[0]));
}

static void tell_status(void *context, const struct ipc_request *request, const char *name,
                        size_t size)
{
    struct service *service = service_find(name, size);
    struct manager_entry entry = {0};

    (void)context;
    if (service != NULL) {
        fill_entry(service, &entry);
    }
    (void)manager_reply_status(request, service != NULL ? ZX_OK : ZX_ERR_NOT_FOUND, &entry);
}

static void start(void *context, const struct ipc_request *request, const char *name, size_t size)
{
    struct service *service = service_find(name, size);

    (void)context;
    (void)manager_reply_start(request, service != NULL ? service_start(service) : ZX_ERR_NOT_FOUND);
}

static void stop(void *context, const struct ipc_request *request, const char *name, size_t size)
{
    struct service *service = service_find(name, size);

    (void)context;
    (void)manager_reply_stop(request, service != NULL ? service_stop(service) : ZX_ERR_NOT_FOUND);
}

static void restart(void *context, const struct ipc_request *request, const char *name, size_t size)
{
    struct service *service = service_find(name, size);

    (void)context;
    (void)manager_reply_restart(request,
                                service != NULL ? service_restart(service) : ZX_ERR_NOT_FOUND);
}

struct vfs_node *manager_node(void)
{
    static const struct manager_server server = {
        .list = list,
        .status = tell_status,
        .start = start,
        .stop = stop,
        .restart = restart,
    };

    return vfs_served_create(svc.loop, manager_binding(&server, NULL));
}
