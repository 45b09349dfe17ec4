// SPDX-License-Identifier: MIT
// The kernel's trace (interface: object/ktrace.h).
//
//   K1 `used` never passes limit(): a record's place is taken by compare-and-swap and then written, by its
//      writer alone. Who reads meanwhile may find a record that is not written yet.
//   K2 Once `buffer` is set it stays, for readers and writers hold no lock.
//   K3 ktrace_groups is changed by read-modify-writes, each followed by watch(): so when all have returned, those
//      watch whose groups record.
// Locks: probe_lock for the names of probes.
#include <object/ktrace.h>

#include <debug/log.h>
#include <hal/irq.h>
#include <hal/time.h>
#include <lib/cmdline.h>
#include <lib/string.h>
#include <mem/page.h>
#include <object/job.h>
#include <object/process.h>
#include <object/uthread.h>
#include <syscalls/table.h>
#include <vm/trace.h>
#include <zircon/zx-syscall-numbers.h>

#define VERSION     0x00020000u
#define FIRST_BYTES 64u  // the two records that a rewind leaves
#define SPARE_BYTES 256u // of the buffer's end
#define PROBES_MAX  256u

struct record {
    uint32_t tag, tid;
    uint64_t ts;
    uint32_t arg[4];
};
struct name_record {
    uint32_t tag, id, arg;
    char name[KTRACE_NAME_MAX + 4]; // padding to 8 bytes at most
};

atomic_uint ktrace_groups;
static _Atomic(char *) buffer;  // [a] K2
static atomic_uint_fast64_t used = FIRST_BYTES; // [a] K1
static uint64_t buffer_mb; // [I] after ktrace_init

LOCK_CLASS(ktrace_probe_class, RANK_HANDLE_TABLE, LOCK_MUTEX);
static struct mutex probe_lock = MUTEX_INIT(ktrace_probe_class);
static char probe_names[PROBES_MAX][KTRACE_NAME_MAX]; // [P] id - 1
static unsigned probe_count;                          // [P]
static unsigned probes_named;                         // [P] those whose names are in the buffer

// Bytes that records may take.
static uint64_t limit(void)
{
    return (buffer_mb << 20) - SPARE_BYTES;
}

// K3: whoever sets watchers for groups that are no longer the last either did so before the last change, whose
// maker sets them after that, or sees the change and goes round again. Any context: it only stores.
static void watch(void)
{
    uint32_t groups, now = atomic_fetch_or_explicit(&ktrace_groups, 0, memory_order_acq_rel);
    do {
        groups = now;
        ktrace_watch_sched((groups & KTRACE_SCHEDULER) != 0);
        ktrace_watch_faults((groups & KTRACE_IRQ) != 0);
        object_watch_deaths((groups & KTRACE_LIFECYCLE) != 0);
        now = atomic_fetch_or_explicit(&ktrace_groups, 0, memory_order_acq_rel);
    } while (now != groups);
}

static void record_groups(uint32_t groups)
{
    if (atomic_exchange_explicit(&ktrace_groups, groups, memory_order_seq_cst) != groups)
        watch();
}

// Room for a record of `bytes`, a multiple of 8; NULL: the buffer is full, and recording ends.
static void *take(size_t bytes)
{
    char *base = atomic_load_explicit(&buffer, memory_order_acquire);
    uint64_t at = atomic_load_explicit(&used, memory_order_relaxed);
    do {
        if (base == NULL || bytes > limit() - at) {
            record_groups(0);
            return NULL;
        }
    } while (!atomic_compare_exchange_weak_explicit(&used, &at, at + bytes, memory_order_relaxed,
                                                    memory_order_relaxed));
    return base + at;
}

static uint32_t tag(uint32_t event, size_t bytes)
{
    return event | (uint32_t)(bytes / 8);
}

static uint32_t current_tid(void)
{
    return thread_current()->user ? (uint32_t)uthread_current()->obj.koid : 0;
}

static bool put(uint32_t event, size_t bytes, const uint32_t arg[4])
{
    struct record r = {.tag = tag(event, bytes), .tid = current_tid(), .ts = hal_ticks()};
    void *to = take(bytes);
    if (to == NULL)
        return false;
    memcpy(r.arg, arg, sizeof(r.arg));
    memcpy(to, &r, bytes);
    return true;
}

void ktrace_record(uint32_t event, uint64_t a, uint64_t b)
{
    (void)put(event, sizeof(struct record), (uint32_t[4]){(uint32_t)a, (uint32_t)b});
}

void ktrace_record_args(uint32_t event, const uint32_t arg[4])
{
    (void)put(event, sizeof(struct record), arg);
}

void ktrace_record_short(uint32_t event, uint32_t arg)
{
    struct record r = {.tag = tag(event, 16), .tid = arg, .ts = hal_ticks()};
    void *to = take(16);
    if (to != NULL)
        memcpy(to, &r, 16);
}

static void put_name(uint32_t event, uint64_t id, uint64_t arg, const char *name)
{
    struct name_record r = {.id = (uint32_t)id, .arg = (uint32_t)arg};
    size_t length = strlcpy(r.name, name, KTRACE_NAME_MAX);
    size_t bytes = ROUND_UP(offsetof(struct name_record, name) +
                                MIN(length, (size_t)KTRACE_NAME_MAX - 1) + 1,
                            8u);
    void *to = take(bytes);
    if (to == NULL)
        return;
    r.tag = tag(event, bytes);
    memcpy(to, &r, bytes);
}

// --- What lives ---------------------------------------------------------------------------------

static void name_thread(void *ctx UNUSED, struct uthread *t)
{
    put_name(KTRACE_THREAD_NAME, t->obj.koid, t->process->obj.koid, t->name);
}

static void name_process(struct process *p)
{
    char name[ZX_MAX_NAME_LEN];
    mutex_lock(&p->lock);
    memcpy(name, p->name, sizeof(name));
    mutex_unlock(&p->lock);
    put_name(KTRACE_PROC_NAME, p->obj.koid, 0, name);
}

// Names come first: so who reads the records once, in order, knows them.

void ktrace_process_begins(struct process *p)
{
    name_process(p); // its job's list has it: somebody may name it anew
    ktrace(KTRACE_PROC_CREATE, p->obj.koid, 0);
}

void ktrace_thread_begins(const struct uthread *t)
{
    put_name(KTRACE_THREAD_NAME, t->obj.koid, t->process->obj.koid, t->name);
    ktrace(KTRACE_THREAD_CREATE, t->obj.koid, t->process->obj.koid);
}

// Those that live as long as the kernel.
static void name_kernel_threads(void)
{
    for (struct thread *t = NULL; (t = thread_next_enlisted(t)) != NULL;)
        put_name(KTRACE_KTHREAD_NAME, (uintptr_t)t, 0, t->name);
}

// The next job of the tree, parents before children; NULL after the last.
static struct job *next_job_locked(struct job *job)
{
    struct list_node *n = list_peek_head(&job->children);
    while (n == NULL && job->parent != NULL) {
        n = list_next(&job->parent->children, &job->sibling);
        job = job->parent;
    }
    return n != NULL ? list_entry(n, struct job, sibling) : NULL;
}

// The thread's next system call takes the slow way, where it is recorded (ktrace_calls.c). If it stores the
// base at the same time, either this store comes after that one, or the thread sees that calls are traced:
// all four accesses are in one order.
static void trace_calls(void *ctx UNUSED, struct uthread *t)
{
    __atomic_store_n(&t->thread.hal.vdso_code_base, 0, __ATOMIC_SEQ_CST);
}

static void name_all(struct process *p)
{
    name_process(p);
    process_for_each_thread(p, name_thread, NULL);
}

static void trace_calls_of(struct process *p)
{
    process_for_each_thread(p, trace_calls, NULL);
}

static void for_the_living(void (*fn)(struct process *p))
{
    mutex_lock(&job_tree_lock);
    for (struct job *job = job_super_root(); job != NULL; job = next_job_locked(job)) {
        struct process *p;
        list_for_each_entry (p, &job->processes, job_node)
            fn(p);
    }
    mutex_unlock(&job_tree_lock);
}

#define BATCH 32u

// Processes by koid, with references: the first ones above `after`. Returns how many; 0: there are none.
static unsigned living_after(zx_koid_t after, struct process *batch[BATCH])
{
    unsigned count = 0;

    mutex_lock(&job_tree_lock);
    for (struct job *job = job_super_root(); job != NULL; job = next_job_locked(job)) {
        struct process *p;
        list_for_each_entry (p, &job->processes, job_node) {
            if (p->obj.koid <= after ||
                (count == BATCH && p->obj.koid > batch[BATCH - 1]->obj.koid))
                continue;
            count = MIN(count + 1, BATCH);
            unsigned at = count - 1;
            for (; at > 0 && batch[at - 1]->obj.koid > p->obj.koid; at--)
                batch[at] = batch[at - 1];
            batch[at] = p;
        }
    }
    for (unsigned i = 0; i < count; i++)
        object_ref(&batch[i]->obj); // job.c J1: alive
    mutex_unlock(&job_tree_lock);
    return count;
}

// An address space may be busy with one call for long, and the job tree must not wait for that. There is an end:
// whose koid comes later takes the lock later, to be in its job's list, and knows of the watcher before it runs.
static void trace_faults_of_the_living(void)
{
    struct process *batch[BATCH];
    zx_koid_t done = 0;
    unsigned count;

    mutex_lock(&job_tree_lock);
    const zx_koid_t newest = atomic_load_explicit(&object_next_koid, memory_order_relaxed);
    mutex_unlock(&job_tree_lock);
    while (done < newest && (count = living_after(done, batch)) != 0) {
        done = batch[count - 1]->obj.koid;
        for (unsigned i = 0; i < count; i++) {
            vm_aspace_watch_faults(batch[i]->aspace);
            object_unref(&batch[i]->obj);
        }
    }
}

// --- Control -------------------------------------------------------------------------------------

void ktrace_cpus_started(void)
{
    if (ktrace_on_at_all())
        name_kernel_threads();
}

// What stands before all else, in a buffer that nobody else sees yet.
static void write_first(char *to)
{
    const uint64_t ticks = hal_ticks_per_second() / 1000, now = hal_ticks();
    const uint32_t tid = current_tid();
    const struct record first[] = {
        {.tag = tag(KTRACE_VERSION, sizeof(struct record)), .tid = tid, .ts = now, .arg = {VERSION}},
        {.tag = tag(KTRACE_TICKS_PER_MS, sizeof(struct record)),
         .tid = tid,
         .ts = now,
         .arg = {(uint32_t)ticks, (uint32_t)(ticks >> 32)}},
    };
    _Static_assert(sizeof(first) == FIRST_BYTES, "the two records");
    memcpy(to, first, sizeof(first));
}

static void name_probes(bool all)
{
    mutex_lock(&probe_lock);
    for (unsigned i = all ? 0 : probes_named; i < probe_count; i++)
        put_name(KTRACE_PROBE_NAME, i + 1, 0, probe_names[i]);
    probes_named = probe_count;
    mutex_unlock(&probe_lock);
}

static void put_static_names(void)
{
    for (uint64_t n = 0; n < ZX_SYS_COUNT; n++)
        put_name(KTRACE_SYSCALL_NAME, n, 0, syscall_name(n));
    for (unsigned irq = 0; irq < HAL_IRQ_NAMES; irq++) {
        const char *name = hal_irq_name(irq);
        if (name != NULL)
            put_name(KTRACE_IRQ_NAME, irq, 0, name);
    }
    name_probes(true);
}

// Two that come at the same time make a buffer each, and one gives its own back.
static zx_status_t make_buffer(void)
{
    const size_t pages = (buffer_mb << 20) / PAGE_SIZE;
    char *none = NULL;

    if (atomic_load_explicit(&buffer, memory_order_acquire) != NULL)
        return ZX_OK;
    if (pages == 0)
        return ZX_ERR_NOT_SUPPORTED;
    struct page *first =
        page_alloc_contiguous(pages, PAGE_SHIFT, PAGE_STATE_OTHER, PAGE_ALLOC_ZERO);
    if (first == NULL)
        return ZX_ERR_NO_MEMORY;
    write_first(page_to_virt(first));
    if (!atomic_compare_exchange_strong_explicit(&buffer, &none, page_to_virt(first),
                                                 memory_order_acq_rel, memory_order_acquire)) {
        page_free_contiguous(first, pages);
        return ZX_OK;
    }
    put_static_names();
    return ZX_OK;
}

zx_status_t ktrace_start(uint32_t groups)
{
    zx_status_t status = make_buffer();
    if (status != ZX_OK)
        return status;
    groups &= KTRACE_ALL;
    name_kernel_threads();
    for_the_living(name_all);
    name_probes(false);
    record_groups(groups != 0 ? groups : KTRACE_ALL);
    if (ktrace_on(KTRACE_CALLS))
        for_the_living(trace_calls_of);
    if (ktrace_on(KTRACE_IRQ))
        trace_faults_of_the_living();
    return ZX_OK;
}

void ktrace_stop(void)
{
    record_groups(0);
}

void ktrace_rewind(void)
{
    if (atomic_load_explicit(&buffer, memory_order_acquire) == NULL)
        return;
    atomic_store_explicit(&used, FIRST_BYTES, memory_order_relaxed);
    put_static_names();
}

void ktrace_init(const char *cmdline)
{
    const char *value;
    size_t len;
    bool sized = cmdline_find(cmdline, "ktrace.bufsize", &value, &len);
    bool masked = cmdline_find(cmdline, "ktrace.grpmask", &value, &len);

    const uint64_t share = MAX(page_total_bytes() >> 24, 1u); // a 16th of memory
    buffer_mb = MIN(cmdline_u64(cmdline, "ktrace.bufsize", MIN(share, 32u)), 1024u);
    if (buffer_mb == 0 || !(sized || masked))
        return;
    uint64_t groups = cmdline_u64(cmdline, "ktrace.grpmask", KTRACE_ALL) & KTRACE_ALL;
    zx_status_t status = groups != 0 ? ktrace_start((uint32_t)groups) : make_buffer();
    if (status != ZX_OK)
        klog(LOG_WARN, "no memory for a trace of %llu MiB", (unsigned long long)buffer_mb);
}

// --- Probes and reading ----------------------------------------------------------------------------

zx_status_t ktrace_probe_id(const char *name, uint32_t *out_id)
{
    zx_status_t status = ZX_OK;
    mutex_lock(&probe_lock);
    unsigned i = 0;
    while (i < probe_count && strcmp(probe_names[i], name) != 0)
        i++;
    bool fresh = i == probe_count;
    if (fresh && i == PROBES_MAX)
        status = ZX_ERR_NO_RESOURCES;
    else if (fresh)
        strlcpy(probe_names[probe_count++], name, KTRACE_NAME_MAX);
    mutex_unlock(&probe_lock);
    // While it is stopped, what can be read does not grow: then the next start names it.
    if (fresh && atomic_load_explicit(&ktrace_groups, memory_order_relaxed) != 0)
        name_probes(false);
    *out_id = i + 1;
    return status;
}

#define PROBE_EVENT 0x800u // with the probe's id

zx_status_t ktrace_probe(uint32_t id, uint32_t arg0, uint32_t arg1)
{
    const uint32_t event = KTRACE_EVENT(KTRACE_PROBE, PROBE_EVENT | id);
    if (!(atomic_load_explicit(&ktrace_groups, memory_order_relaxed) & KTRACE_PROBE))
        return ZX_ERR_UNAVAILABLE;
    return put(event, 24, (uint32_t[4]){arg0, arg1}) ? ZX_OK : ZX_ERR_UNAVAILABLE;
}

const void *ktrace_data(size_t *out_bytes)
{
    const char *base = atomic_load_explicit(&buffer, memory_order_acquire);
    *out_bytes = base != NULL ? atomic_load_explicit(&used, memory_order_relaxed) : 0;
    return base;
}
