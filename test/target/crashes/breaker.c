// SPDX-License-Identifier: MIT
//
// test/breaker HOW: ends the crash service, and waits for the next one. HOW: `kill` kills it, `main`,
// `reader` and `guard` make one of its threads jump to nowhere. For `kill` and `main` a program has crashed
// by then, and waits for a report: it must not wait for ever.
//
// Nothing is awaited by time: threads are looked at until they stand where they are wanted.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jacinth/service.h>
#include <jacinth/spawn.h>
#include <protocol/system.h>
#include <tasks/tasks.h>
#include <zircon/limits.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/object.h>

#define CRASHER "/boot/test/crasher"

enum { MAIN, READER, GUARD, THREADS };
static const char *const names[] = {[MAIN] = "main", [READER] = "reader", [GUARD] = "guard"};

struct service {
    zx_koid_t koid;
    zx_handle_t process, threads[THREADS];
};

static void must(zx_status_t status, const char *what)
{
    if (status == ZX_OK)
        return;
    printf("breaker: %s: %s\n", what, zx_status_get_string(status));
    exit(3);
}

static zx_handle_t copy_of(zx_handle_t handle)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;

    must(zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy), "duplicate");
    return copy;
}

static zx_info_thread_t look_at(zx_handle_t thread)
{
    zx_info_thread_t info = {0};

    must(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL), "thread");
    return info;
}

static unsigned role_of(const char *thread_name)
{
    if (strcmp(thread_name, "initial-thread") == 0)
        return MAIN;
    return strcmp(thread_name, "reader") == 0 ? READER : GUARD;
}

// Takes the service and its threads.
static bool visit(void *context, const struct task *task)
{
    struct service *service = context;
    char name[ZX_MAX_NAME_LEN];

    tasks_name(task->handle, name);
    if (task->kind == TASK_PROCESS && strcmp(name, "crashes") == 0) {
        service->koid = task->koid;
        service->process = copy_of(task->handle);
    }
    if (task->kind == TASK_THREAD && service->koid != 0 && task->parent == service->koid)
        service->threads[role_of(name)] = copy_of(task->handle);
    return true;
}

static void drop(struct service *service)
{
    zx_handle_close(service->process);
    for (unsigned i = 0; i < THREADS; i++)
        zx_handle_close(service->threads[i]);
    *service = (struct service){0};
}

// All its threads wait for work: it is bound by then.
static bool is_ready(const struct service *service)
{
    static const uint32_t states[] = {[MAIN] = ZX_THREAD_STATE_BLOCKED_PORT,
                                      [READER] = ZX_THREAD_STATE_BLOCKED_FUTEX,
                                      [GUARD] = ZX_THREAD_STATE_BLOCKED_PORT};

    for (unsigned i = 0; i < THREADS; i++) {
        if (service->threads[i] == ZX_HANDLE_INVALID || look_at(service->threads[i]).state != states[i])
            return false;
    }
    return true;
}

static zx_handle_t root_job(void)
{
    zx_handle_t system, job = ZX_HANDLE_INVALID;

    must(service_connect("/svc/system", &system), "/svc/system");
    must(system_root_job(system, ZX_TIME_INFINITE, ZX_RIGHT_SAME_RIGHTS, &job), "root job");
    zx_handle_close(system);
    return job;
}

static struct service await_service(zx_koid_t other_than)
{
    const zx_handle_t root = root_job();
    struct service service = {0};

    for (;;) {
        tasks_walk(root, visit, &service);
        if (service.koid != other_than && is_ready(&service))
            break;
        drop(&service);
        zx_nanosleep(zx_deadline_after(ZX_MSEC(5)));
    }
    zx_handle_close(root);
    return service;
}

static zx_handle_t suspend(zx_handle_t thread)
{
    zx_handle_t token = ZX_HANDLE_INVALID;

    must(zx_task_suspend(thread, &token), "suspend");
    must(zx_object_wait_one(thread, ZX_THREAD_SUSPENDED, ZX_TIME_INFINITE, NULL), "suspended");
    return token;
}

static void jump_to_nowhere(zx_handle_t suspended_thread)
{
    zx_thread_state_general_regs_t regs;

    must(zx_thread_read_state(suspended_thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)), "read");
    regs.pc = 0;
    must(zx_thread_write_state(suspended_thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)),
         "write");
}

// Starts a program that crashes, and returns when it waits for the service.
static zx_handle_t crash_another(void)
{
    const char *argv[] = {CRASHER, "deep", NULL};
    const struct spawn what = {.flags = SPAWN_INHERIT, .path = CRASHER, .argv = argv};
    struct spawned spawned;
    const char *reason = "";

    must(spawn_start(&what, &spawned, &reason), "spawn");
    while (look_at(spawned.thread).wait_exception_port_type != ZX_EXCEPTION_PORT_TYPE_JOB)
        zx_nanosleep(zx_deadline_after(ZX_MSEC(5)));
    zx_handle_close(spawned.thread);
    return spawned.process;
}

static void await_end(zx_handle_t process)
{
    must(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL), "end");
}

// Its main thread stands still meanwhile, so that it answers nobody.
static void end_with_a_crash_waiting(const struct service *service, bool kill)
{
    const zx_handle_t token = suspend(service->threads[MAIN]);
    const zx_handle_t waiting = crash_another();

    if (kill)
        must(zx_task_kill(service->process), "kill");
    else
        jump_to_nowhere(service->threads[MAIN]);
    zx_handle_close(token);
    await_end(waiting);
    zx_handle_close(waiting);
}

static void end_by_thread(zx_handle_t thread)
{
    const zx_handle_t token = suspend(thread);

    jump_to_nowhere(thread);
    zx_handle_close(token);
}

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";
    const bool kill = strcmp(how, "kill") == 0;
    unsigned role = MAIN;

    while (!kill && role < THREADS && strcmp(how, names[role]) != 0)
        role++;
    if (role == THREADS) {
        printf("usage: breaker kill|main|reader|guard\n");
        return 2;
    }
    struct service service = await_service(0), next;

    if (role == MAIN)
        end_with_a_crash_waiting(&service, kill);
    else
        end_by_thread(service.threads[role]);
    await_end(service.process);
    next = await_service(service.koid);
    printf("breaker: %s: the crash service has ended and is back\n", how);
    drop(&service);
    drop(&next);
    return 0;
}
