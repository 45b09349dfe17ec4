// SPDX-License-Identifier: MIT
//
// sbin/crashes: reports the crashes of all programs. It is bound to the root job's exception port,
// which is asked last: whoever has a debugger or a handler of its own has had its say before. It
// reports and passes the exception on, so that the kernel does what it does by default, and needs no
// right to kill.
//
// The rights of its job handle (svc's `all-tasks`) are those that reading takes, no more.

#include "crashes.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/port.h>
#include <zircon/threads.h>

#include "limit.h"

#define REPORTS_AT_ONCE 8u
#define REPORT_INTERVAL ZX_SEC(1)
#define LINES_AT_ONCE   32u
#define LINE_INTERVAL   ZX_MSEC(200)

// Keys of `port`.
#define OF_ALL   0u
#define OF_GUARD 1u

static zx_handle_t job;
static _Atomic zx_handle_t port; // who takes it out closes it
static atomic_bool
    guarded; // a thread of this process has crashed: the kernel tells of it, and ends it all
static zx_handle_t own_port;
static zx_handle_t guard_thread; // libc's

// Once the port has gone, much fails, and none of it is news: the end is the guard's and the kernel's.
static void stop_if_guarded(void)
{
    while (atomic_load(&guarded))
        zx_nanosleep(ZX_TIME_INFINITE);
}

static void fail(const char *what, zx_status_t status)
{
    stop_if_guarded();
    printf("crashes: %s: %s\n", what, zx_status_get_string(status));
    exit(1);
}

static zx_handle_t make_port(void)
{
    zx_handle_t made = ZX_HANDLE_INVALID;
    zx_status_t status = zx_port_create(0, &made);

    if (status != ZX_OK)
        fail("no port", status);
    return made;
}

static void bind(zx_handle_t task, zx_handle_t to, uint64_t key)
{
    zx_status_t status = zx_task_bind_exception_port(task, to, key, 0);

    if (status != ZX_OK)
        fail("an exception port cannot be bound", status);
}

// Crashes of this very process would wait for themselves: unbound, they are the kernel's to tell, and
// svc starts another one.
static int guard(void *unused)
{
    zx_port_packet_t packet;
    zx_handle_t thread;

    (void)unused;
    while (zx_port_wait(own_port, ZX_TIME_INFINITE, &packet) != ZX_OK) {}
    atomic_store(&guarded, true); // before: who replaces what was taken out here sees that
    zx_handle_close(atomic_exchange(&port, ZX_HANDLE_INVALID));
    if (zx_object_get_child(zx_process_self(), packet.exception.tid, ZX_RIGHT_SAME_RIGHTS,
                            &thread) != ZX_OK ||
        zx_task_resume_from_exception(thread, own_port, ZX_RESUME_TRY_NEXT) != ZX_OK)
        zx_process_exit(-1);
    return 0;
}

static void start_guard(void)
{
    thrd_t thread;

    own_port = make_port();
    bind(zx_process_self(), own_port, 0);
    if (thrd_create(&thread, guard, NULL) != thrd_success)
        fail("no thread", ZX_ERR_NO_MEMORY);
    guard_thread = thrd_get_zx_handle(thread);
}

// The guard cannot watch over itself: that is done here.
static void bind_port(zx_handle_t made)
{
    bind(guard_thread, made, OF_GUARD);
    bind(job, made, OF_ALL);
}

// Who waits for this service is let go, and the kernel tells of it: better than to leave somebody
// waiting who cannot be found.
static void let_all_go(zx_status_t why)
{
    printf("crashes: a process cannot be looked for: %s\n", zx_status_get_string(why));
    zx_handle_t made = make_port();
    zx_handle_t old = atomic_exchange(&port, made);

    stop_if_guarded(); // else the guard closes `made`, at any time from now on
    zx_handle_close(old);
    bind_port(made);
}

struct limits {
    struct limit reports, lines;
    unsigned long untold;
};

// Tells how many crashes were not told, if it may.
static void tell_untold(struct limits *limits)
{
    if (limits->untold != 0 && limit_take(&limits->lines, zx_clock_get_monotonic())) {
        printf("%lu more crashes were not reported\n", limits->untold);
        limits->untold = 0;
    }
}

static void tell(struct limits *limits, zx_handle_t process, zx_handle_t thread,
                 const zx_packet_exception_t *who)
{
    zx_time_t now = zx_clock_get_monotonic();

    tell_untold(limits);
    if (limit_take(&limits->reports, now))
        report_in_full(process, who->pid, thread, who->tid);
    else if (limit_take(&limits->lines, now))
        report_in_brief(process, who->pid, thread, who->tid);
    else
        limits->untold++;
}

static void handle(struct limits *limits, const zx_packet_exception_t *who)
{
    zx_handle_t process, thread;
    zx_status_t status = find_thread(job, who->pid, who->tid, &process, &thread);

    if (status == ZX_ERR_NOT_FOUND)
        return; // it has been killed meanwhile
    if (status != ZX_OK) {
        let_all_go(status);
        return;
    }
    tell(limits, process, thread, who);
    fflush(stdout);
    (void)zx_task_resume_from_exception(thread, port, ZX_RESUME_TRY_NEXT);
    zx_handle_close(thread);
    zx_handle_close(process);
}

int main(void)
{
    struct limits limits = {.reports = limit_make(REPORTS_AT_ONCE, REPORT_INTERVAL),
                            .lines = limit_make(LINES_AT_ONCE, LINE_INTERVAL)};

    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    job = zx_take_startup_handle(PA_HND(PA_JOB_DEFAULT, 1));
    if (job == ZX_HANDLE_INVALID)
        fail("no root job was given", ZX_ERR_BAD_HANDLE);
    zx_status_t status = reader_start();
    if (status != ZX_OK)
        fail("no thread", status);
    port = make_port();
    start_guard();
    bind_port(port);
    for (;;) {
        zx_port_packet_t packet;
        zx_time_t until =
            limits.untold != 0 ? zx_deadline_after(REPORT_INTERVAL) : ZX_TIME_INFINITE;

        status = zx_port_wait(port, until, &packet);
        if (status == ZX_ERR_TIMED_OUT)
            tell_untold(&limits);
        else if (status != ZX_OK)
            fail("the port", status);
        else if (ZX_PKT_IS_EXCEPTION(packet.type))
            handle(&limits, &packet.exception);
        if (status == ZX_OK && packet.key == OF_GUARD)
            fail("the guard has crashed", ZX_ERR_BAD_STATE);
    }
}
