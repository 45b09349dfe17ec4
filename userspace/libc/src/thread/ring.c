// SPDX-License-Identifier: MIT
// The ring of threads: all that have been started and not joined yet; a detached one until it ends.
// With it a thread that was joined is told from one that was not, without looking at its memory.
//
//   R1 libc.threads_minus_1 is the number of running threads besides one. While it is 0 musl's locks
//      do nothing (libc.need_locks); the change to 1 is made by the only thread there is.
//   R2 A thread that leaves takes no lock of musl's any more.
// Locks: __thread_list_lock, which holds the owner's number.
#include "thread_impl.h"

#include "stdio_impl.h"

volatile int __thread_list_lock;

static volatile int waiters;
static unsigned depth; // how often the owner has taken it again
static int last_number = 1;
static bool numbers_wrapped;

// musl's files that are open, and the three that are not in its list unless used.
extern hidden FILE *volatile __stdin_used, *volatile __stdout_used, *volatile __stderr_used;
static FILE *volatile unused_file;
weak_alias(unused_file, __stdin_used);
weak_alias(unused_file, __stdout_used);
weak_alias(unused_file, __stderr_used);

void __tl_lock(void)
{
    int number = __pthread_self()->tid;
    int owner = __thread_list_lock;

    if (owner == number) {
        depth++;
        return;
    }
    while ((owner = a_cas(&__thread_list_lock, 0, number)) != 0)
        __wait(&__thread_list_lock, &waiters, owner, 1);
}

void __tl_unlock(void)
{
    if (depth > 0) {
        depth--;
        return;
    }
    a_store(&__thread_list_lock, 0);
    if (waiters > 0)
        __wake(&__thread_list_lock, 1, 1);
}

static bool in_ring(pthread_t thread)
{
    pthread_t self = __pthread_self();
    pthread_t t = self;

    // The caller is in the ring unless it is ending and detached; then it is alone in its own.
    do {
        if (t == thread)
            return true;
        t = t->next;
    } while (t != self);
    return false;
}

static bool number_taken(int number)
{
    pthread_t self = __pthread_self();
    pthread_t t = self;

    do {
        if (t->tid == number)
            return true;
        t = t->next;
    } while (t != self);
    return false;
}

// A number fits into 30 bits: musl's file locks use the others.
static int next_number(void)
{
    do {
        if (last_number == 0x3fffffff) {
            last_number = 0;
            numbers_wrapped = true;
        }
        last_number++;
    } while (numbers_wrapped && number_taken(last_number));
    return last_number;
}

static void let_file_lock(FILE *file)
{
    if (file && file->lock < 0)
        file->lock = 0;
}

// Before the first thread is added: files that were never locked are locked from now on.
static void begin_locking(void)
{
    FILE *file;

    for (file = *__ofl_lock(); file; file = file->next)
        let_file_lock(file);
    __ofl_unlock();
    let_file_lock(__stdin_used);
    let_file_lock(__stdout_used);
    let_file_lock(__stderr_used);
    libc.threaded = 1;
}

static void unlink_locked(pthread_t thread)
{
    thread->next->prev = thread->prev;
    thread->prev->next = thread->next;
    thread->prev = thread->next = thread;
}

void __thread_ring_add(pthread_t thread)
{
    pthread_t self = __pthread_self();

    if (!libc.threaded)
        begin_locking();
    __tl_lock();
    if (libc.threads_minus_1++ == 0)
        libc.need_locks = 1;
    thread->tid = next_number();
    thread->next = self->next;
    thread->prev = self;
    thread->next->prev = thread;
    self->next = thread;
    __tl_unlock();
}

void __thread_ring_cancel(pthread_t thread)
{
    __tl_lock();
    unlink_locked(thread);
    if (--libc.threads_minus_1 == 0)
        libc.need_locks = 0;
    __tl_unlock();
}

void __thread_ring_remove(pthread_t thread)
{
    __tl_lock();
    unlink_locked(thread);
    __tl_unlock();
}

bool __thread_ring_claim(pthread_t thread)
{
    bool claimed = false;

    __tl_lock();
    if (in_ring(thread) && !thread->joined && thread->detach_state != DT_DETACHED)
        claimed = true;
    if (claimed)
        thread->joined = 1;
    __tl_unlock();
    return claimed;
}

void __thread_ring_unclaim(pthread_t thread)
{
    __tl_lock();
    thread->joined = 0;
    __tl_unlock();
}

bool __thread_ring_leave(pthread_t self, bool *frees_itself)
{
    __tl_lock();
    if (libc.threads_minus_1 == 0) {
        __tl_unlock();
        return false;
    }
    *frees_itself = a_cas(&self->detach_state, DT_JOINABLE, DT_EXITING) == DT_DETACHED;
    if (*frees_itself)
        unlink_locked(self);
    // Not to 0 directly: the one that is left has to take its next lock still (R1, R2).
    if (--libc.threads_minus_1 == 0)
        libc.need_locks = -1;
    __tl_unlock();
    return true;
}
