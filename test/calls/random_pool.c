// SPDX-License-Identifier: MIT
// Random system calls (random.h): the pool of handles, the memory, and running several sequences.
//
// Handles of the process itself are in the pool without the rights by which it could be ended or
// stopped; its own region of memory is not, a playground inside it is.
#include <calls/fixture.h>
#include <calls/random.h>

#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/log.h>

#include "random_priv.h"

#define PAGE 4096ul

#define REGION_PAGES 16u

// Of the process and its threads: to look at, to wait for, to pass on.
#define HARMLESS \
    (ZX_RIGHTS_BASIC | ZX_RIGHT_READ | ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_ENUMERATE | ZX_RIGHT_SIGNAL)

// ---- the pool -----------------------------------------------------------------------------------

static zx_handle_t slot_handle(uint64_t slot)
{
    return (zx_handle_t)slot;
}

zx_handle_t pool_pick(struct random_calls *r, uint32_t objects)
{
    const unsigned at = choose(r, RANDOM_POOL);
    uint64_t slot = 0;

    // From a place that is chosen on, the first that fits. A stale one will do now and then; mostly it
    // makes room for something new.
    for (unsigned i = 0; i < RANDOM_POOL; i++) {
        _Atomic uint64_t *place = &r->pool->slots[(at + i) % RANDOM_POOL];
        slot = atomic_load_explicit(place, memory_order_relaxed);
        if (slot == 0 || (objects != CALL_ANY && (objects >> (slot >> 32) & 1) == 0))
            continue;
        if (handle_alive(slot_handle(slot)) || choose(r, 16) == 0)
            return slot_handle(slot);
        (void)atomic_compare_exchange_strong(place, &slot, 0);
        pool_refill(r);
    }
    return ZX_HANDLE_INVALID;
}

static void put_typed(struct random_calls *r, zx_handle_t handle, uint32_t type)
{
    const uint64_t slot = (uint64_t)type << 32 | handle;
    uint64_t old = atomic_exchange_explicit(&r->pool->slots[choose(r, RANDOM_POOL)], slot,
                                            memory_order_relaxed);

    if (slot_handle(old) != ZX_HANDLE_INVALID)
        (void)zx_handle_close(slot_handle(old)); // may be gone
}

void pool_put(struct random_calls *r, zx_handle_t handle)
{
    zx_info_handle_basic_t info;

    // Another thread may have closed it already.
    if (zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL) == ZX_OK)
        put_typed(r, handle, info.type);
}

static void put_pair(struct random_calls *r, zx_status_t status, const zx_handle_t ends[2])
{
    if (status != ZX_OK)
        return;
    pool_put(r, ends[0]);
    pool_put(r, ends[1]);
}

static void put_process(struct random_calls *r)
{
    zx_handle_t h[2], thread;

    if (zx_process_create(r->pool->job, "random", 6, 0, &h[0], &h[1]) != ZX_OK)
        return;
    if (zx_thread_create(h[0], "random", 6, 0, &thread) == ZX_OK)
        pool_put(r, thread);
    put_pair(r, ZX_OK, h);
}

static void put_duplicate(struct random_calls *r)
{
    const struct random_pool *pool = r->pool;
    zx_handle_t copy;

    if (zx_handle_duplicate(pool->masters[choose(r, pool->master_count)], ZX_RIGHT_SAME_RIGHTS,
                            &copy) == ZX_OK)
        pool_put(r, copy);
}

// A region in the playground. When that is full it is swept, whoever is in it.
static void put_region(struct random_calls *r)
{
    const struct random_pool *pool = r->pool;
    zx_handle_t region;
    zx_vaddr_t base;
    zx_status_t status = zx_vmar_allocate(pool->ground,
                                          ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE |
                                              ZX_VM_CAN_MAP_EXECUTE | ZX_VM_CAN_MAP_SPECIFIC,
                                          0, REGION_PAGES * PAGE, &region, &base);

    if (status == ZX_OK)
        pool_put(r, region);
    else
        (void)zx_vmar_unmap(pool->ground, pool->playground, PLAYGROUND_PAGES * PAGE);
}

void pool_refill(struct random_calls *r)
{
    zx_handle_t h[2] = {ZX_HANDLE_INVALID, ZX_HANDLE_INVALID};

    switch (choose(r, 16)) {
    case 0: put_pair(r, zx_channel_create(0, &h[0], &h[1]), h); break;
    case 1: put_pair(r, zx_socket_create(choose(r, 8), &h[0], &h[1]), h); break;
    case 2: put_pair(r, zx_fifo_create(16, 16, 0, &h[0], &h[1]), h); break;
    case 3: put_pair(r, zx_eventpair_create(0, &h[0], &h[1]), h); break;
    case 4: put_process(r); break;
    case 5:
        if (zx_event_create(0, &h[0]) == ZX_OK)
            pool_put(r, h[0]);
        break;
    case 6:
        if (zx_port_create(0, &h[0]) == ZX_OK)
            pool_put(r, h[0]);
        break;
    case 7:
        if (zx_timer_create(choose(r, 3), ZX_CLOCK_MONOTONIC, &h[0]) == ZX_OK)
            pool_put(r, h[0]);
        break;
    case 8:
    case 9:
        if (zx_vmo_create(PAGE * choose(r, 64), choose(r, 2), &h[0]) == ZX_OK)
            pool_put(r, h[0]);
        break;
    case 10:
        if (zx_thread_create(call_env.process, "random", 6, 0, &h[0]) == ZX_OK)
            pool_put(r, h[0]);
        break;
    case 11:
        if (zx_debuglog_create(0, choose(r, 2) * ZX_LOG_FLAG_READABLE, &h[0]) == ZX_OK)
            pool_put(r, h[0]);
        break;
    case 12:
    case 13: put_region(r); break;
    default: put_duplicate(r); break;
    }
}

static void add_master(struct random_pool *pool, zx_handle_t handle)
{
    if (handle != ZX_HANDLE_INVALID &&
        pool->master_count < sizeof(pool->masters) / sizeof(pool->masters[0]))
        pool->masters[pool->master_count++] = handle;
}

void random_pool_begin(struct random_pool *pool, const zx_handle_t *extra, unsigned extra_count)
{
    zx_handle_t job;
    zx_vaddr_t base;

    *pool = (struct random_pool){0};
    must(zx_job_create(call_env.job, 0, &job), "job of the pool");
    pool->job = job;
    add_master(pool, make_duplicate(job, handle_rights(job) & ~ZX_RIGHT_DESTROY));
    must(zx_vmar_allocate(call_env.vmar,
                          ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE |
                              ZX_VM_CAN_MAP_SPECIFIC,
                          0, PLAYGROUND_PAGES * PAGE, &pool->ground, &base),
         "playground");
    pool->playground = base;
    add_master(pool, make_duplicate(call_env.process,
                                    handle_rights(call_env.process) &
                                        (HARMLESS | ZX_RIGHT_MANAGE_THREAD)));
    add_master(pool, make_duplicate(call_env.thread, handle_rights(call_env.thread) & HARMLESS));
    for (unsigned i = 0; i < extra_count; i++)
        add_master(pool, extra[i]);
}

void random_pool_end(struct random_pool *pool)
{
    for (unsigned i = 0; i < RANDOM_POOL; i++) {
        zx_handle_t h = slot_handle(pool->slots[i]);
        if (h != ZX_HANDLE_INVALID)
            (void)zx_handle_close(h);
    }
    must(zx_task_kill(pool->job), "end of the pool's job");
    must(zx_handle_close(pool->job), "the pool's job");
    must(zx_vmar_destroy(pool->ground), "playground");
    must(zx_handle_close(pool->ground), "playground");
    for (unsigned i = 0; i < pool->master_count; i++)
        must(zx_handle_close(pool->masters[i]), "handle of the pool");
}

// ---- sequences ----------------------------------------------------------------------------------

// Two pages to read and write, one of nothing, one that is read-only.
void random_calls_begin(struct random_calls *r, struct random_pool *pool, uint64_t seed,
                        const uint8_t *data, size_t size)
{
    zx_handle_t vmo;
    zx_vaddr_t base, at;

    *r = (struct random_calls){.pool = pool, .state = seed, .data = data, .left = size};
    must(zx_vmar_allocate(call_env.vmar,
                          ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
                          5 * PAGE, &r->region, &base),
         "arena");
    r->arena = base;
    must(zx_vmo_create(4 * PAGE, 0, &vmo), "arena's memory");
    must(zx_vmar_map(r->region, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC, 0, vmo, 0,
                     2 * PAGE, &at),
         "arena");
    must(zx_vmar_map(r->region, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, 3 * PAGE, vmo, 3 * PAGE, PAGE,
                     &at),
         "arena");
    must(zx_handle_close(vmo), "arena's memory");
}

void random_calls_end(struct random_calls *r)
{
    must(zx_vmar_destroy(r->region), "arena");
    must(zx_handle_close(r->region), "arena");
}

// Of each thread's event: it has started, it may begin, it will issue nothing more.
#define STARTED ZX_USER_SIGNAL_0
#define GO      ZX_USER_SIGNAL_1
#define DONE    ZX_USER_SIGNAL_2

struct sequence {
    struct random_run *run;
    struct random_pool *pool;
    uint64_t seed;
    zx_handle_t event; // not in the pool, as the thread is not
    zx_handle_t thread;
};

static void await(zx_handle_t handle, zx_signals_t signal, const char *what)
{
    must(zx_object_wait_one(handle, signal, ZX_TIME_INFINITE, NULL), what);
}

static void run_sequence(const struct sequence *s)
{
    struct random_calls r;

    random_calls_begin(&r, s->pool, s->seed, NULL, 0);
    for (uint64_t i = 0; i < s->run->calls; i++) {
        (void)random_calls_next(&r);
        atomic_fetch_add_explicit(&s->run->issued, 1, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&s->run->succeeded, r.succeeded, memory_order_relaxed);
    random_calls_end(&r);
    if (s->run->last != NULL)
        s->run->last();
}

static void sequence_main(void *arg)
{
    const struct sequence *s = arg;

    must(zx_object_signal(s->event, 0, STARTED), "start of a thread");
    await(s->event, GO, "start of the sequences");
    run_sequence(s);
    must(zx_object_signal(s->event, 0, DONE), "end of a sequence");
}

static void start_sequence(struct sequence *s)
{
    must(zx_event_create(0, &s->event), "event");
    must(call_thread_start(sequence_main, s, &s->thread), "thread");
    await(s->event, STARTED, "start of a thread");
}

static void unbind(zx_handle_t task, uint32_t options)
{
    zx_status_t status = zx_task_bind_exception_port(task, ZX_HANDLE_INVALID, 0, options);

    if (status != ZX_ERR_BAD_STATE) // nothing was bound
        must(status, "unbinding");
}

// A call may have bound a port as the process's debugger, for which the exit of a thread is an exception
// that somebody has to answer; and a port may be where no handle of the pool leads any more.
static void let_threads_go(const struct sequence *sequences, unsigned threads)
{
    unbind(call_env.process, ZX_EXCEPTION_PORT_DEBUGGER);
    unbind(call_env.process, 0);
    unbind(call_env.thread, 0);
    for (unsigned i = 1; i < threads; i++)
        unbind(sequences[i].thread, 0);
}

// Nothing is issued while a thread starts, nor when the first one ends: what a thread waits for then is
// the kernel's doing alone.
void random_calls_run(struct random_run *run, const zx_handle_t *extra, unsigned extra_count)
{
    struct random_pool pool;
    struct sequence sequences[RANDOM_MAX_THREADS];

    random_pool_begin(&pool, extra, extra_count);
    for (unsigned i = 0; i < run->threads; i++) {
        sequences[i] = (struct sequence){
            .run = run, .pool = &pool, .seed = run->seed * RANDOM_MAX_THREADS + i};
        if (i > 0)
            start_sequence(&sequences[i]);
    }
    for (unsigned i = 1; i < run->threads; i++)
        must(zx_object_signal(sequences[i].event, 0, GO), "start of the sequences");
    run_sequence(&sequences[0]);
    for (unsigned i = 1; i < run->threads; i++)
        await(sequences[i].event, DONE, "end of a sequence");
    let_threads_go(sequences, run->threads);
    for (unsigned i = 1; i < run->threads; i++) {
        await(sequences[i].thread, ZX_THREAD_TERMINATED, "end of a thread");
        must(zx_handle_close(sequences[i].thread), "thread");
        must(zx_handle_close(sequences[i].event), "event");
    }
    random_pool_end(&pool);
}
