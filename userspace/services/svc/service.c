// SPDX-License-Identifier: MIT
//
// Services from start to end, and again. States (MANAGER_, protocol/manager.h):
//
//   STOPPED   before the first start while something that it needs is not there; after service_stop()
//   RUNNING   has a process; its route is open. If the process closes its end, it is given a moment to
//             exit, and then killed
//   WAITING   will be started when `again` fires; its route is open, so that requests wait in it
//   ENDED     ended by itself, and the manifest says to leave it so; route closed
//   FAILED    given up; route closed
//
// A provider is there as soon as its process was started. What needs it is started then, at the first
// time; a service that is running is left alone when a provider of it dies.

#include "svc.h"

#include <stdio.h>
#include <string.h>

#include <zircon/errors.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

struct service services[MANIFEST_MAX_SERVICES];
uint32_t service_count;

// How long a process may live on without its end of the route.
#define GRACE (ZX_SEC(1) / 4)

static bool ending; // the machine is about to be switched off

static void try_start(struct service *service);

static void set_state(struct service *service, uint32_t state)
{
    service->state = state;
    service->since = zx_clock_get_monotonic();
}

struct service *service_find(const char *name, size_t size)
{
    for (uint32_t i = 0; i < service_count; i++) {
        if (strlen(services[i].plan->name) == size &&
            memcmp(services[i].plan->name, name, size) == 0) {
            return &services[i];
        }
    }
    return NULL;
}

struct service *service_provider(const char *thing)
{
    for (uint32_t i = 0; i < service_count; i++) {
        if (manifest_has(&services[i].plan->provides, thing)) {
            return &services[i];
        }
    }
    return NULL;
}

struct vfs_route *service_route(const char *thing)
{
    struct service *service = service_provider(thing);

    return service != NULL ? &service->route : NULL;
}

// True if a provider's process was started, or will be started again soon.
static bool is_there(const char *thing)
{
    struct service *provider = service_provider(thing);

    return provider == NULL || provider->state == MANAGER_RUNNING ||
           provider->state == MANAGER_WAITING;
}

static bool has_its_needs(const struct service *service)
{
    for (uint32_t i = 0; i < service->plan->needs.count; i++) {
        if (!is_there(service->plan->needs.word[i])) {
            return false;
        }
    }
    return (service->plan->handles & MANIFEST_TERMINAL) == 0 ||
           is_there(MANIFEST_TERMINAL_DIRECTORY);
}

// Starts those that have waited for what has just come.
static void start_others(void)
{
    for (uint32_t i = 0; i < service_count; i++) {
        if (services[i].wanted && services[i].state == MANAGER_STOPPED) {
            try_start(&services[i]);
        }
    }
}

// ---- the end ------------------------------------------------------------------------------------------

// Kills what is left of it and closes its handles.
static void bury(struct service *service)
{
    if (service->job != ZX_HANDLE_INVALID) {
        (void)zx_task_kill(service->job);
    }
    close_handle(&service->process);
    close_handle(&service->job);
    service->koid = 0;
}

// True if the session waits for its first start, and this service provides something that it needs.
static bool is_missed_by_session(const struct service *service)
{
    for (uint32_t i = 0; i < service_count; i++) {
        const struct service *session = &services[i];

        if (!session->plan->session || session->state != MANAGER_STOPPED || !session->wanted) {
            continue;
        }
        for (uint32_t j = 0; j < session->plan->needs.count; j++) {
            if (manifest_has(&service->plan->provides, session->plan->needs.word[j])) {
                return true;
            }
        }
    }
    return false;
}

static void give_up(struct service *service, const char *why)
{
    vfs_route_close(&service->route);
    set_state(service, MANAGER_FAILED);
    say("%s: %s: given up", service->plan->name, why);
    if (service->plan->essential || service->plan->session || is_missed_by_session(service)) {
        session_impossible(service->plan->name);
    }
}

// The timer `again`: it is time for the next start, or the end of a process without a route.
static void time_is_up(void *context)
{
    struct service *service = context;

    if (service->state != MANAGER_RUNNING) {
        try_start(service);
        return;
    }
    say("%s: closed its directory and did not exit: killed", service->plan->name);
    (void)zx_task_kill(service->job);
}

// Its end of the route is of no use any more: it exits, or is broken.
static void route_lost(void *context, bool nonsense)
{
    struct service *service = context;

    if (vfs_route_renew(&service->route) != ZX_OK || service->state != MANAGER_RUNNING) {
        return;
    }
    if (nonsense) {
        say("%s: sent what is no answer: killed", service->plan->name);
        (void)zx_task_kill(service->job);
    } else {
        vfs_timer_start(svc.loop, &service->again, zx_deadline_after(GRACE));
    }
}

// Arranges the next start, or gives up. `what` is told.
static void retry(struct service *service, int64_t lived, bool failed, const char *what)
{
    int64_t delay;

    if (!backoff_after_end(&service->backoff, lived, failed, service->plan->limit, &delay)) {
        give_up(service, what);
        return;
    }
    // A person who leaves the shell gets a new one; that is no news.
    if (!service->plan->session || failed || delay != 0) {
        say("%s: %s: started again%s", service->plan->name, what,
            delay == 0 ? "" : " after a pause");
    }
    service->restarts++;
    set_state(service, MANAGER_WAITING);
    if (service->plan->provides.count != 0 && vfs_route_renew(&service->route) != ZX_OK) {
        give_up(service, "no channel for it");
        return;
    }
    // By way of the loop even if it is at once: whoever ended it may be on the stack.
    vfs_timer_start(svc.loop, &service->again, delay == 0 ? 0 : zx_deadline_after(delay));
}

// Its process has ended by itself, or was killed by somebody else.
static void take_end(struct service *service)
{
    int64_t code = service->return_code;
    int64_t lived = zx_clock_get_monotonic() - service->started;
    enum manifest_restart policy = service->plan->restart;
    char what[64];

    if (code == -1) {
        snprintf(what, sizeof(what), "killed");
    } else {
        snprintf(what, sizeof(what), "ended with %lld", (long long)code);
    }
    if (policy == MANIFEST_NEVER || (policy == MANIFEST_ON_FAILURE && code == 0)) {
        vfs_route_close(&service->route);
        set_state(service, MANAGER_ENDED);
        say("%s: %s", service->plan->name, what);
        return;
    }
    // A shell's exit code is that of its last command: no failure of the shell.
    retry(service, lived, code != 0 && !(service->plan->session && code > 0), what);
}

static void ended(void *context, zx_signals_t observed)
{
    struct service *service = context;
    zx_info_process_t info = {.return_code = -1};

    (void)observed;
    (void)zx_object_get_info(service->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    service->return_code = info.return_code;
    vfs_timer_cancel(&service->again);
    bury(service);
    if (ending) {
        return;
    }
    if (service->plan->session && svc.commands != NULL) {
        set_state(service, MANAGER_ENDED);
        session_over(info.return_code);
    } else if (!service->wanted) {
        vfs_route_close(&service->route);
        set_state(service, MANAGER_STOPPED);
        say("%s: stopped", service->plan->name);
    } else if (service->at_once) {
        service->at_once = false;
        set_state(service, MANAGER_STOPPED);
        say("%s: restarted", service->plan->name);
        try_start(service);
    } else {
        take_end(service);
    }
}

// ---- the start ----------------------------------------------------------------------------------------

// With its process made: waits for its end.
static zx_status_t watch_process(struct service *service)
{
    service->ended = (struct vfs_watch){
        .handle = service->process,
        .signals = ZX_PROCESS_TERMINATED,
        .fired = ended,
        .context = service,
    };
    return vfs_watch_start(svc.loop, &service->ended);
}

// True if something that it needs will not come any more by itself.
static bool is_hopeless(const struct service *service)
{
    for (uint32_t i = 0; i < service->plan->needs.count; i++) {
        const char *thing = service->plan->needs.word[i];
        const struct service *provider = service_provider(thing);

        if (!is_there(thing) && !(provider->state == MANAGER_STOPPED && provider->wanted)) {
            return true;
        }
    }
    return false;
}

static void try_start(struct service *service)
{
    const char *reason = "no channel for it";
    bool hopeless = false;
    char what[128];
    zx_status_t status;

    if (!has_its_needs(service)) {
        vfs_route_close(&service->route);
        set_state(service, MANAGER_STOPPED); // start_others() comes back to it
        if (service->plan->session && is_hopeless(service)) {
            session_impossible(service->plan->name);
        }
        return;
    }
    status = service->plan->provides.count != 0 ? vfs_route_renew(&service->route) : ZX_OK;
    if (status == ZX_OK) {
        status = start_process(service, &reason, &hopeless);
    }
    if (status == ZX_OK) {
        reason = "cannot be watched";
        status = watch_process(service);
    }
    if (status == ZX_OK) {
        service->started = zx_clock_get_monotonic();
        set_state(service, MANAGER_RUNNING);
        start_others();
        return;
    }
    bury(service);
    snprintf(what, sizeof(what), "%s: %s (%s)", service->plan->program, reason,
             zx_status_get_string(status));
    if (hopeless) {
        give_up(service, what);
    } else {
        retry(service, 0, true, what);
    }
}

void services_begin(void)
{
    service_count = svc.manifest.count;
    for (uint32_t i = 0; i < service_count; i++) {
        services[i].plan = &svc.manifest.services[i];
        services[i].wanted = true;
        services[i].again.fired = time_is_up;
        services[i].again.context = &services[i];
        vfs_route_init(&services[i].route, svc.loop, route_lost, &services[i]);
        set_state(&services[i], MANAGER_STOPPED);
    }
    start_others();
}

// ---- on request ---------------------------------------------------------------------------------------

zx_status_t service_start(struct service *service)
{
    if (service->state == MANAGER_RUNNING) {
        if (service->wanted) {
            return ZX_ERR_ALREADY_EXISTS;
        }
        // It is being stopped: ended() starts it anew.
        service->wanted = true;
        service->at_once = true;
        service->restarts = 0;
        service->backoff = (struct backoff){0};
        return ZX_OK;
    }
    vfs_timer_cancel(&service->again);
    service->wanted = true;
    service->restarts = 0;
    service->backoff = (struct backoff){0};
    try_start(service);
    if (service->state == MANAGER_STOPPED) {
        return ZX_ERR_UNAVAILABLE; // something that it needs is not there; it will be started then
    }
    return service->state == MANAGER_FAILED ? ZX_ERR_NOT_FOUND : ZX_OK;
}

zx_status_t service_stop(struct service *service)
{
    if (service->state == MANAGER_RUNNING) {
        service->wanted = false;
        service->at_once = false;
        (void)zx_task_kill(service->job);
        return ZX_OK;
    }
    if (service->state == MANAGER_WAITING || service->wanted) {
        bool waited = service->state == MANAGER_WAITING;

        vfs_timer_cancel(&service->again);
        vfs_route_close(&service->route);
        service->wanted = false;
        set_state(service, MANAGER_STOPPED);
        return waited ? ZX_OK : ZX_ERR_BAD_STATE;
    }
    return ZX_ERR_BAD_STATE;
}

zx_status_t service_restart(struct service *service)
{
    if (service->state != MANAGER_RUNNING) {
        return service_start(service);
    }
    service->wanted = true;
    service->at_once = true;
    service->restarts = 0;
    service->backoff = (struct backoff){0};
    (void)zx_task_kill(service->job);
    return ZX_OK;
}

void services_end(void)
{
    ending = true;
    for (uint32_t i = service_count; i-- != 0;) {
        vfs_timer_cancel(&services[i].again);
        if (services[i].job != ZX_HANDLE_INVALID) {
            (void)zx_task_kill(services[i].job);
        }
    }
}
