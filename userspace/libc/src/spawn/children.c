// SPDX-License-Identifier: MIT
//
// The children that posix_spawn() started: waiting for them and ending them. A child's number is
// its koid; its process handle is kept until it was waited for, so that a number never means
// another.
//
// Waiting for one child is a wait on its handle. Waiting for any is a wait on a port to which every
// child's end is reported, under its number.
//
// Invariants
//   W1  Whoever takes a child out of the table, under the lock, is the one to report it. A packet
//       of the port whose child is no longer there means nothing.
//   W2  A child in the table has been handed to the port, once. Its packet stays there until
//       somebody waits for any child; whoever reaps a child otherwise takes its packet back.
//   W3  Who takes the last child away wakes those who wait for any: there is none left to wait for.
//
// Lock: one mutex for the table, a leaf; never held across a wait.

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "spawn_impl.h"
#include "sys_calls.h"
#include "zx_errno.h"

#include <zircon/errors.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>

struct child {
    struct child *next;
    pid_t pid;
    zx_handle_t process;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct child *children;
static zx_handle_t port;     // made with the first child, and kept
static unsigned any_waiters; // threads in wait_any()

// Finds a child and, with `take`, removes it. The caller holds the lock.
static struct child *find_locked(pid_t pid, bool take)
{
    for (struct child **link = &children; *link != NULL; link = &(*link)->next) {
        struct child *child = *link;

        if (child->pid == pid) {
            if (take) {
                *link = child->next;
            }
            return child;
        }
    }
    return NULL;
}

static zx_status_t add_locked(struct child *child)
{
    zx_status_t status = port == ZX_HANDLE_INVALID ? zx_port_create(0, &port) : ZX_OK;

    if (status == ZX_OK) {
        status = zx_object_wait_async(child->process, port, (uint64_t)child->pid,
                                      ZX_PROCESS_TERMINATED, ZX_WAIT_ASYNC_ONCE);
    }
    if (status == ZX_OK) {
        child->next = children;
        children = child;
    }
    return status;
}

zx_status_t __spawn_child_add(pid_t pid, zx_handle_t process)
{
    struct child *child = malloc(sizeof(*child));
    zx_status_t status = ZX_ERR_NO_MEMORY;

    if (child != NULL) {
        child->pid = pid;
        child->process = process;
        pthread_mutex_lock(&lock);
        status = add_locked(child);
        pthread_mutex_unlock(&lock);
    }
    if (status != ZX_OK) {
        free(child);
        // It runs already, and the caller is told that it does not.
        (void)zx_task_kill(process);
        zx_handle_close(process);
    }
    return status;
}

zx_status_t spawn_borrow_child(pid_t pid, zx_handle_t *out_process)
{
    pthread_mutex_lock(&lock);
    struct child *child = find_locked(pid, false);

    if (child != NULL) {
        *out_process = child->process;
    }
    pthread_mutex_unlock(&lock);
    return child != NULL ? ZX_OK : ZX_ERR_NOT_FOUND;
}

// What wait() reports for a return code: a process that was killed has a negative one.
static int wait_status(int64_t code)
{
    return code < 0 ? SIGKILL : (int)(code & 0xff) << 8;
}

static void wake_waiters_locked(void)
{
    const zx_port_packet_t packet = {.type = ZX_PKT_TYPE_USER};

    for (unsigned i = 0; i < any_waiters; i++) {
        (void)zx_port_queue(port, &packet);
    }
}

// Takes a child that has ended out of the table and reports it. -ECHILD: somebody else did.
static long reap(pid_t pid, int *out_status)
{
    zx_info_process_t info = {0};

    pthread_mutex_lock(&lock);
    struct child *child = find_locked(pid, true);

    if (child != NULL && children == NULL) {
        wake_waiters_locked();
    }
    pthread_mutex_unlock(&lock);
    if (child == NULL) {
        return -ECHILD;
    }
    zx_status_t status =
        zx_object_get_info(child->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);

    (void)zx_port_cancel(port, child->process, (uint64_t)pid);
    zx_handle_close(child->process);
    free(child);
    if (out_status != NULL) {
        *out_status = wait_status(status == ZX_OK ? info.return_code : -1);
    }
    return pid;
}

// Waits for one child. A duplicate is waited on: another thread may reap the child meanwhile.
static long wait_one(pid_t pid, int *out_status, bool hang)
{
    zx_handle_t process = ZX_HANDLE_INVALID;
    zx_status_t status = ZX_OK;

    pthread_mutex_lock(&lock);
    struct child *child = find_locked(pid, false);

    if (child != NULL) {
        status = zx_handle_duplicate(child->process, ZX_RIGHT_SAME_RIGHTS, &process);
    }
    pthread_mutex_unlock(&lock);
    if (child == NULL) {
        return -ECHILD;
    }
    if (status == ZX_OK) {
        status =
            zx_object_wait_one(process, ZX_PROCESS_TERMINATED, hang ? ZX_TIME_INFINITE : 0, NULL);
        zx_handle_close(process);
    }
    if (status == ZX_ERR_TIMED_OUT) {
        return 0;
    }
    return status == ZX_OK ? reap(pid, out_status) : -__zx_errno(status);
}

// One look at the port, for wait_any(): a child's number, 0 if none has ended and there is no
// waiting, -EAGAIN to look again.
static long look_at_port(int *out_status, bool hang)
{
    zx_port_packet_t packet;
    zx_status_t status = zx_port_wait(port, hang ? ZX_TIME_INFINITE : 0, &packet);

    if (status == ZX_ERR_TIMED_OUT) {
        return 0;
    }
    if (status != ZX_OK) {
        return -__zx_errno(status);
    }
    if (packet.type == ZX_PKT_TYPE_USER) {
        return -EAGAIN;
    }
    long pid = reap((pid_t)packet.key, out_status);

    return pid == -ECHILD ? -EAGAIN : pid;
}

static long wait_any(int *out_status, bool hang)
{
    long result;

    do {
        pthread_mutex_lock(&lock);
        bool none = children == NULL;

        any_waiters += !none;
        pthread_mutex_unlock(&lock);
        if (none) {
            return -ECHILD;
        }
        result = look_at_port(out_status, hang);
        pthread_mutex_lock(&lock);
        any_waiters--;
        pthread_mutex_unlock(&lock);
    } while (result == -EAGAIN);
    return result;
}

long __sys_wait4(long pid, long status, long options, long usage)
{
    bool hang = (options & WNOHANG) == 0;

    if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED)) != 0) {
        return -EINVAL;
    }
    if (usage != 0) {
        memset((void *)usage, 0, sizeof(struct rusage));
    }
    // There are no groups of processes: 0 is "my group", and means all children.
    if (pid == -1 || pid == 0) {
        return wait_any((int *)status, hang);
    }
    return pid > 0 ? wait_one((pid_t)pid, (int *)status, hang) : -ECHILD;
}

// What a signal does to a process that knows nothing of it.
enum effect { EFFECT_NONE, EFFECT_END, EFFECT_STOP };

static enum effect effect_of(int signal)
{
    switch (signal) {
    case 0:
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH: return EFFECT_NONE;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU: return EFFECT_STOP;
    default: return EFFECT_END;
    }
}

long __sys_kill(long pid, long signal)
{
    zx_status_t status = ZX_OK;

    if (signal < 0 || signal >= _NSIG) {
        return -EINVAL;
    }
    if (pid == __sys_getpid()) {
        return raise((int)signal) == 0 ? 0 : -errno;
    }
    enum effect effect = effect_of((int)signal);

    pthread_mutex_lock(&lock);
    struct child *child = pid > 0 ? find_locked((pid_t)pid, false) : NULL;

    if (child != NULL && effect == EFFECT_END) {
        status = zx_task_kill(child->process);
    }
    pthread_mutex_unlock(&lock);
    if (child == NULL) {
        return -ESRCH;
    }
    if (effect == EFFECT_STOP) {
        return -ENOSYS;
    }
    // One that has ended already, and was not waited for, can be killed as often as one likes.
    return status == ZX_OK || status == ZX_ERR_BAD_STATE ? 0 : -__zx_errno(status);
}
