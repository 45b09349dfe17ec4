// SPDX-License-Identifier: MIT
//
// Signals are a table here: nothing outside a process sends any. sigaction() keeps what a program
// wants, and raise() does it, in the thread that calls it. The default of a signal that ends a
// process is to end it with 128 + its number, as a shell would report it; of those that tell of a bug
// (SIGABRT, SIGSEGV ...) it is a crash, so that the kernel's log says where. There is no job
// control: signals that would stop the process are ignored.
//
// State: the table, under its lock; each thread's mask and the signals that wait for it.

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "ksigaction.h"
#include "lock.h"
#include "pthread_impl.h"
#include "sys_calls.h"

#include <zircon/syscalls.h>

#define SIGNALS (_NSIG - 1)

static struct k_sigaction actions[SIGNALS]; // [signal - 1]
static volatile int actions_lock[1];

// Bit signal - 1.
static _Thread_local uint64_t blocked, pending;

static uint64_t bit_of(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

static bool is_valid(long signal)
{
    return signal >= 1 && signal <= SIGNALS;
}

static struct k_sigaction action_of(int signal)
{
    LOCK(actions_lock);
    struct k_sigaction action = actions[signal - 1];

    UNLOCK(actions_lock);
    return action;
}

static void do_default(int signal)
{
    switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU: return;
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGSEGV:
    case SIGSYS:
    case SIGTRAP: __builtin_trap();
    default: zx_process_exit(128 + signal);
    }
}

// Runs a handler with its mask in force.
static void handle(int signal, const struct k_sigaction *action)
{
    uint64_t before = blocked, mask;

    memcpy(&mask, action->mask, sizeof(mask));
    blocked |= mask | ((action->flags & SA_NODEFER) ? 0 : bit_of(signal));
    if ((action->flags & SA_SIGINFO) != 0) {
        siginfo_t info = {.si_signo = signal, .si_code = SI_TKILL};
        void (*handler)(int, siginfo_t *, void *) =
            (void (*)(int, siginfo_t *, void *))(uintptr_t)action->handler;

        info.si_pid = (pid_t)__sys_getpid();
        handler(signal, &info, NULL);
    } else {
        action->handler(signal);
    }
    blocked = before;
}

static void deliver(int signal)
{
    struct k_sigaction action = action_of(signal);

    if (action.handler == SIG_IGN) {
        return;
    }
    if (action.handler == SIG_DFL) {
        do_default(signal);
        return;
    }
    if ((action.flags & SA_RESETHAND) != 0) {
        LOCK(actions_lock);
        actions[signal - 1].handler = SIG_DFL;
        UNLOCK(actions_lock);
    }
    handle(signal, &action);
}

// Delivers what waits and is not blocked, lowest number first.
static void deliver_pending(void)
{
    uint64_t ready;

    while ((ready = pending & ~blocked) != 0) {
        int signal = __builtin_ctzll(ready) + 1;

        pending &= ~bit_of(signal);
        deliver(signal);
    }
}

long __sys_tkill(long thread, long signal)
{
    if (thread != __pthread_self()->tid) {
        return -ESRCH;
    }
    if (signal == 0) {
        return 0;
    }
    if (!is_valid(signal)) {
        return -EINVAL;
    }
    if (signal == SIGKILL) {
        zx_process_exit(128 + SIGKILL);
    }
    pending |= bit_of((int)signal);
    deliver_pending();
    return 0;
}

long __sys_rt_sigaction(long signal, long new_action, long old_action, long set_size)
{
    if (!is_valid(signal) || set_size != sizeof(uint64_t)) {
        return -EINVAL;
    }
    if (new_action != 0 && (signal == SIGKILL || signal == SIGSTOP)) {
        return -EINVAL;
    }
    LOCK(actions_lock);
    struct k_sigaction old = actions[signal - 1];

    if (new_action != 0) {
        actions[signal - 1] = *(const struct k_sigaction *)new_action;
    }
    UNLOCK(actions_lock);
    if (old_action != 0) {
        *(struct k_sigaction *)old_action = old;
    }
    return 0;
}

long __sys_rt_sigprocmask(long how, long set, long old_set, long set_size)
{
    uint64_t before = blocked;

    if (set_size != sizeof(uint64_t)) {
        return -EINVAL;
    }
    if (set != 0) {
        uint64_t bits = *(const uint64_t *)set;

        switch (how) {
        case SIG_BLOCK: blocked |= bits; break;
        case SIG_UNBLOCK: blocked &= ~bits; break;
        case SIG_SETMASK: blocked = bits; break;
        default: return -EINVAL;
        }
        blocked &= ~(bit_of(SIGKILL) | bit_of(SIGSTOP));
    }
    if (old_set != 0) {
        *(uint64_t *)old_set = before;
    }
    deliver_pending();
    return 0;
}

long __sys_rt_sigpending(long out, long set_size)
{
    if (set_size != sizeof(uint64_t)) {
        return -EINVAL;
    }
    *(uint64_t *)out = pending;
    return 0;
}
