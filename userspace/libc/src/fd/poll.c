// SPDX-License-Identifier: MIT
//
// poll() and select(). First everybody is asked how things stand. If nothing is ready, a port of
// its own waits for all: one registration for each descriptor, taken back before the port is
// closed, so that a thousand polls of a quiet pipe leave nothing behind.
//
// Each descriptor is held until the end: closing one meanwhile does not take its handle away.

#include "fd_impl.h"
#include "sys_calls.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#define ALWAYS   (POLLERR | POLLHUP | POLLNVAL) // told whether asked for or not
#define ON_STACK 16                             // descriptors that need no memory

struct waiter {
    struct description *description; // held; NULL: nothing to wait for
    zx_signals_t signals;            // 0: always ready
    bool registered;
};

// What is true of one descriptor now.
static short look(const struct pollfd *entry, const struct waiter *waiter)
{
    struct description *d = waiter->description;
    zx_signals_t observed = 0;

    if (d == NULL) {
        return entry->fd < 0 ? 0 : POLLNVAL;
    }
    if (waiter->signals != 0) {
        zx_object_wait_one(d->handle, waiter->signals, 0, &observed);
    }
    return d->ops->poll_events(d, observed) & (entry->events | ALWAYS);
}

// Fills in what is true; the number of descriptors of which anything is.
static long look_at_all(struct pollfd *entries, const struct waiter *waiters, size_t count)
{
    long ready = 0;

    for (size_t i = 0; i < count; i++) {
        entries[i].revents = look(&entries[i], &waiters[i]);
        ready += entries[i].revents != 0;
    }
    return ready;
}

static long register_all(zx_handle_t port, struct waiter *waiters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct waiter *waiter = &waiters[i];
        zx_status_t status;

        if (waiter->description == NULL || waiter->signals == 0) {
            continue;
        }
        status = zx_object_wait_async(waiter->description->handle, port, i, waiter->signals,
                                      ZX_WAIT_ASYNC_ONCE);
        if (status != ZX_OK) {
            return __fd_kernel_error(status);
        }
        waiter->registered = true;
    }
    return 0;
}

static void cancel_all(zx_handle_t port, struct waiter *waiters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (waiters[i].registered) {
            zx_port_cancel(port, waiters[i].description->handle, i);
            waiters[i].registered = false;
        }
    }
}

// Waits until the deadline for any of them to change. 0: look again. 1: it is time. Or -errno.
static long wait_once(struct waiter *waiters, size_t count, zx_time_t deadline)
{
    zx_port_packet_t packet;
    zx_handle_t port;
    zx_status_t status = zx_port_create(0, &port);
    long result;

    if (status != ZX_OK) {
        return __fd_kernel_error(status);
    }
    result = register_all(port, waiters, count);
    if (result == 0) {
        status = zx_port_wait(port, deadline, &packet);
        result = status == ZX_ERR_TIMED_OUT ? 1 : __fd_kernel_error(status);
    }
    cancel_all(port, waiters, count);
    zx_handle_close(port);
    return result;
}

static long poll_until(struct pollfd *entries, struct waiter *waiters, size_t count,
                       zx_time_t deadline)
{
    long ready, result = 0;

    for (size_t i = 0; i < count; i++) {
        struct description *d = __fd_get(entries[i].fd);

        waiters[i] = (struct waiter){.description = d};
        if (d != NULL) {
            waiters[i].signals = d->ops->poll_signals(d, entries[i].events);
        }
    }
    for (;;) {
        ready = look_at_all(entries, waiters, count);
        // After the deadline once more: what came in time is told.
        if (ready > 0 || result != 0 || deadline == 0) {
            break;
        }
        result = wait_once(waiters, count, deadline);
    }
    for (size_t i = 0; i < count; i++) {
        __fd_put(waiters[i].description);
    }
    return ready > 0 || result >= 0 ? ready : result;
}

static long poll_all(struct pollfd *entries, size_t count, zx_time_t deadline)
{
    struct waiter few[ON_STACK], *waiters = few;
    long result;

    if (count > ON_STACK) {
        waiters = malloc(count * sizeof(*waiters));
        if (waiters == NULL) {
            return -ENOMEM;
        }
    }
    result = poll_until(entries, waiters, count, deadline);
    if (waiters != few) {
        free(waiters);
    }
    return result;
}

// 0: does not wait; ZX_TIME_INFINITE: as long as it takes. -EINVAL.
static long deadline_of(const struct timespec *wait, zx_time_t *out)
{
    *out = ZX_TIME_INFINITE;
    if (wait == NULL) {
        return 0;
    }
    if (wait->tv_sec < 0 || wait->tv_nsec < 0 || wait->tv_nsec >= 1000000000) {
        return -EINVAL;
    }
    if (wait->tv_sec == 0 && wait->tv_nsec == 0) {
        *out = 0;
    } else if (wait->tv_sec < INT64_MAX / 1000000000 - 1) {
        *out = zx_deadline_after(wait->tv_sec * 1000000000 + wait->tv_nsec);
    }
    return 0;
}

// The signal mask is of no meaning: there are no signals.
long __sys_ppoll(long entries, long count, long wait, long mask, long mask_size)
{
    zx_time_t deadline;
    long result = deadline_of((const struct timespec *)wait, &deadline);

    (void)mask, (void)mask_size;
    if (result != 0 || (unsigned long)count > FD_LIMIT) {
        return -EINVAL;
    }
    return poll_all((struct pollfd *)entries, (size_t)count, deadline);
}

// ---- select -----------------------------------------------------------------------------------

struct sets {
    fd_set *read, *write, *except; // each may be NULL
};

static short events_for(const struct sets *sets, int fd)
{
    short events = 0;

    events |= sets->read != NULL && FD_ISSET(fd, sets->read) ? POLLIN : 0;
    events |= sets->write != NULL && FD_ISSET(fd, sets->write) ? POLLOUT : 0;
    events |= sets->except != NULL && FD_ISSET(fd, sets->except) ? POLLPRI : 0;
    return events;
}

static size_t sets_to_entries(const struct sets *sets, int limit, struct pollfd *entries)
{
    size_t count = 0;

    for (int fd = 0; fd < limit; fd++) {
        short events = events_for(sets, fd);

        if (events != 0) {
            entries[count++] = (struct pollfd){.fd = fd, .events = events};
        }
    }
    return count;
}

// Keeps in `set` those of which one of `events` was asked and one of `means` is true.
static long answer(fd_set *set, const struct pollfd *entries, size_t count, short events,
                   short means)
{
    long total = 0;

    if (set == NULL) {
        return 0;
    }
    FD_ZERO(set);
    for (size_t i = 0; i < count; i++) {
        if ((entries[i].events & events) != 0 && (entries[i].revents & means) != 0) {
            FD_SET(entries[i].fd, set);
            total++;
        }
    }
    return total;
}

static long select_entries(const struct sets *sets, struct pollfd *entries, size_t count,
                           zx_time_t deadline)
{
    long result = poll_all(entries, count, deadline);

    if (result < 0) {
        return result;
    }
    for (size_t i = 0; i < count; i++) {
        if ((entries[i].revents & POLLNVAL) != 0) {
            return -EBADF;
        }
    }
    return answer(sets->read, entries, count, POLLIN, POLLIN | POLLHUP | POLLERR) +
           answer(sets->write, entries, count, POLLOUT, POLLOUT | POLLERR) +
           answer(sets->except, entries, count, POLLPRI, POLLPRI);
}

long __sys_pselect6(long limit, long read, long write, long except, long wait, long mask)
{
    struct sets sets = {(fd_set *)read, (fd_set *)write, (fd_set *)except};
    struct pollfd *entries;
    zx_time_t deadline;
    long result = deadline_of((const struct timespec *)wait, &deadline);

    (void)mask;
    if (result != 0 || limit < 0 || limit > FD_SETSIZE) {
        return -EINVAL;
    }
    entries = malloc(((size_t)limit + 1) * sizeof(*entries));
    if (entries == NULL) {
        return -ENOMEM;
    }
    result = select_entries(&sets, entries, sets_to_entries(&sets, (int)limit, entries), deadline);
    free(entries);
    return result;
}
