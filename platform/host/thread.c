// SPDX-License-Identifier: MIT
// hal/thread.h on the host: kernel threads are fibers.
//
// T1. A thread runs on at most one virtual CPU: plat.on_cpu says which, each switch checks it.
// T2. Stacks have a PROT_NONE page at both ends and are cached.
#include "machine.h"

#include <hal/upcall.h>

#include <sys/mman.h>

#define KSTACK_SIZE (256u * 1024u) // sanitizers' frames are large, and user mode runs on it too
#define KSTACK_CACHE 64u

atomic_size_t host_kstacks;

static pthread_mutex_t stack_lock = PTHREAD_MUTEX_INITIALIZER;
static void *stack_cache[KSTACK_CACHE];
static unsigned stack_cached;
static bool (*alloc_hook)(void);

static struct hal_thread *all_threads; // stack_lock

static void list_insert(struct hal_thread *t)
{
    pthread_mutex_lock(&stack_lock);
    t->plat.prev_thread = NULL;
    t->plat.next_thread = all_threads;
    if (all_threads != NULL)
        all_threads->plat.prev_thread = t;
    all_threads = t;
    pthread_mutex_unlock(&stack_lock);
}

static void list_remove(struct hal_thread *t)
{
    pthread_mutex_lock(&stack_lock);
    if (t->plat.prev_thread != NULL)
        t->plat.prev_thread->plat.next_thread = t->plat.next_thread;
    else if (all_threads == t)
        all_threads = t->plat.next_thread;
    if (t->plat.next_thread != NULL)
        t->plat.next_thread->plat.prev_thread = t->plat.prev_thread;
    pthread_mutex_unlock(&stack_lock);
}

void host_thread_list_reset(void)
{
    all_threads = NULL;
}

void host_thread_adopt(struct hal_thread *t, struct hal_thread *old)
{
    list_remove(old);
    t->plat = old->plat;
    old->plat = (struct plat_thread){ 0 };
    list_insert(t);
}

void host_for_each_thread(void (*fn)(const struct hal_thread *t))
{
    for (const struct hal_thread *t = all_threads; t != NULL; t = t->plat.next_thread)
        fn(t);
}

void host_set_alloc_hook(bool (*fail)(void))
{
    alloc_hook = fail;
}

bool host_alloc_fails(void)
{
    return alloc_hook != NULL && alloc_hook();
}

void *hal_kstack_alloc(size_t *out_size)
{
    void *stack = NULL;

    if (host_alloc_fails())
        return NULL;
    pthread_mutex_lock(&stack_lock);
    if (stack_cached > 0)
        stack = stack_cache[--stack_cached];
    pthread_mutex_unlock(&stack_lock);
    if (stack == NULL) {
        size_t total = KSTACK_SIZE + 2 * PAGE_SIZE;
        char *map = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                         0);
        if (map == MAP_FAILED)
            return NULL;
        stack = map + PAGE_SIZE;
        host_check_pointer(stack, "kernel stacks");
        if (mprotect(stack, KSTACK_SIZE, PROT_READ | PROT_WRITE) != 0)
            host_fail(HOST_BROKEN, "mprotect of a kernel stack");
    }
    host_unpoison(stack, KSTACK_SIZE); // frames of a thread that never returned
    *out_size = KSTACK_SIZE;
    atomic_fetch_add(&host_kstacks, 1);
    return stack;
}

void hal_kstack_free(void *base)
{
    if (base == NULL)
        return;
    const char *here = __builtin_frame_address(0);
    if (here >= (const char *)base && here < (const char *)base + KSTACK_SIZE)
        host_fail(HOST_BROKEN, "a thread frees the stack that it runs on");
    atomic_fetch_sub(&host_kstacks, 1);
    pthread_mutex_lock(&stack_lock);
    bool keep = stack_cached < KSTACK_CACHE;
    if (keep)
        stack_cache[stack_cached++] = base;
    pthread_mutex_unlock(&stack_lock);
    if (!keep)
        munmap((char *)base - PAGE_SIZE, KSTACK_SIZE + 2 * PAGE_SIZE);
}

void host_thread_start(void)
{
    host_fiber_entered();
    struct hal_thread *t = hal_current();

    t->plat.entry(t->plat.arg);
    host_fail(HOST_BROKEN, "a thread's entry function returned");
}

void hal_thread_init(struct hal_thread *t, void (*entry)(void *arg), void *arg)
{
    if (t->kstack_base == 0 || t->kstack_size == 0)
        host_fail(HOST_BROKEN, "hal_thread_init without a stack");
    t->plat = (struct plat_thread){ .entry = entry, .arg = arg };
    t->preempt_count = 1;
    host_fiber_init(&t->plat.fiber, (void *)t->kstack_base, t->kstack_size, host_thread_start);
    list_insert(t);
}

void hal_thread_destroy(struct hal_thread *t)
{
    if (t->plat.on_cpu != 0)
        host_fail(HOST_BROKEN, "hal_thread_destroy: it runs on cpu %u", t->plat.on_cpu - 1);
    list_remove(t);
    if (t->plat.debug != NULL)
        kernel_fp_free(t->plat.debug, sizeof(*t->plat.debug));
    t->plat.debug = NULL;
    host_fiber_destroy(&t->plat.fiber);
}

void hal_thread_switch(struct hal_thread *prev, struct hal_thread *next)
{
    struct vcpu *v = host_vcpu();

    if (v->irqs_on)
        host_fail(HOST_BROKEN, "hal_thread_switch with interrupts on");
    if (prev != v->current)
        host_fail(HOST_BROKEN, "hal_thread_switch from a thread that does not run here");
    if (next == prev)
        host_fail(HOST_BROKEN, "hal_thread_switch to itself");
    if (next->plat.on_cpu != 0)
        host_fail(HOST_BROKEN, "hal_thread_switch to a thread that runs on cpu %u",
                  next->plat.on_cpu - 1);
    if (next->plat.fiber.sp == NULL)
        host_fail(HOST_BROKEN, "hal_thread_switch to a thread without a context");
    prev->plat.on_cpu = 0;
    next->plat.on_cpu = v->num + 1;
    v->current = next;
    host_fiber_switch(&prev->plat.fiber, &next->plat.fiber, true, false);
}

bool hal_stack_bounds(uintptr_t address UNUSED, uintptr_t *out_base UNUSED, size_t *out_size UNUSED)
{
    return false; // interrupts run on the stack that they interrupt
}
