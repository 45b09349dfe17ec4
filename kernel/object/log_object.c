// SPDX-License-Identifier: MIT
// Debug log objects (object/log_object.h) and the console writer.
//
// A write to the ring may happen anywhere, so it only sets a flag and queues work; the worker then
// asserts READABLE on the readers and wakes the console writer.
//   G1 READABLE is cleared only by a read that found nothing, under the object's lock and with one
//      more look after it: a record written in between asserts it again.
//   G2 While a driver has the console the writer's place stands still for the writer; who reads for the
//      console moves it. So each record is shown by one of the two, and the last one that was read by
//      both if the driver went meanwhile.
//   G3 When the console comes back what nobody has shown by then goes out before anything else does.
// Locks: readers_lock guards the list of readers, objects' locks nest in it; writer_lock, a mutex, is
// held while a record or a program's text goes to the console.
#include <object/log_object.h>

#include <hal/console.h>
#include <account/account.h>
#include <object/console_input.h>
#include <object/settings.h>
#include <sched/cpu.h>
#include <sched/wait.h>

LOCK_CLASS(log_readers_class, RANK_HANDLE_TABLE, LOCK_MUTEX);
LOCK_CLASS(log_writer_class, RANK_THREAD, LOCK_MUTEX);

struct log_object {
    struct object obj;
    struct mutex lock;
    struct list_node reader_node; // [readers_lock]
    struct log_cursor cursor;     // [L]
    uint32_t flags;               // [I]
    enum log_reading reading;     // [I]
};

static ACCOUNT_CACHE(log_cache, sizeof(struct log_object), _Alignof(struct log_object));
static struct mutex readers_lock = MUTEX_INIT(log_readers_class);
static struct list readers = LIST_INIT(readers);
static struct work notify_work;

static struct thread writer_thread;
static struct log_cursor writer_cursor; // [writer_lock], and moves under the log's own lock as well
static atomic_bool writer_stop;
static struct mutex writer_lock = MUTEX_INIT(log_writer_class);

static struct log_object *log_from_object(struct object *obj)
{
    return container_of(obj, struct log_object, obj);
}

static void log_zero_handles(struct object *obj)
{
    (void)obj;
}

static void log_destroy(struct object *obj)
{
    struct log_object *l = log_from_object(obj);
    if (l->reading != LOG_READS_NOTHING) {
        mutex_lock(&readers_lock);
        list_remove(&l->reader_node);
        mutex_unlock(&readers_lock);
    }
    account_free(log_cache, l);
}

static zx_koid_t log_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops log_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_LOG),
    .rights = ZX_DEFAULT_LOG_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = log_zero_handles,
    .destroy = log_destroy,
    .related = log_related,
};

zx_status_t log_object_create(uint32_t flags, enum log_reading reading, struct object **out)
{
    struct log_object *l = account_zalloc(log_cache);
    if (l == NULL)
        return ZX_ERR_NO_MEMORY;
    mutex_init(&l->lock, &object_lock_class);
    l->flags = flags;
    l->reading = reading;
    log_cursor_oldest(&l->cursor);
    zx_signals_t signals = ZX_LOG_WRITABLE;
    if (reading != LOG_READS_NOTHING && log_readable(&l->cursor))
        signals |= ZX_LOG_READABLE;
    object_init(&l->obj, &log_ops, &l->lock, signals);
    if (reading != LOG_READS_NOTHING) {
        mutex_lock(&readers_lock);
        list_add_tail(&readers, &l->reader_node);
        mutex_unlock(&readers_lock);
    }
    *out = &l->obj;
    return ZX_OK;
}

zx_status_t log_object_write(struct object *obj, uint32_t flags, zx_koid_t pid, zx_koid_t tid,
                             const void *data, size_t len)
{
    return log_write(flags | log_from_object(obj)->flags, pid, tid, data, len);
}

// False: whoever logs writes to the console himself, or nobody does.
static bool writer_copies(void)
{
    return !settings.bypass_debuglog && !settings.quiet;
}

// What a program wrote for the console is.
static bool is_for_console(const struct log_record *r)
{
    return writer_copies() || (!settings.bypass_debuglog && (r->reserved & LOG_RECORD_AS_IS));
}

// What was read before has been shown, if the driver is still there. [writer_lock]
static size_t read_for_console_locked(struct log_object *l, struct log_record *out)
{
    if (!console_handed_over()) {
        l->cursor = writer_cursor; // the kernel shows what was read last
        return 0;
    }
    if (l->cursor.pos > writer_cursor.pos)
        log_cursor_set(&writer_cursor, &l->cursor);
    l->cursor = writer_cursor;
    size_t len;
    do {
        len = log_read(&l->cursor, out);
    } while (len != 0 && !is_for_console(out));
    return len;
}

static size_t read_for_console(struct log_object *l, struct log_record *out)
{
    mutex_lock(&writer_lock);
    size_t len = read_for_console_locked(l, out);
    mutex_unlock(&writer_lock);
    return len;
}

static bool is_more(const struct log_object *l)
{
    return log_readable(&l->cursor) && (l->reading == LOG_READS_ALL || console_handed_over());
}

zx_status_t log_object_read(struct object *obj, struct log_record *out, size_t *out_len)
{
    struct log_object *l = log_from_object(obj);
    if (l->reading == LOG_READS_NOTHING)
        return ZX_ERR_BAD_STATE;
    mutex_lock(&l->lock);
    *out_len = l->reading == LOG_READS_ALL ? log_read(&l->cursor, out) : read_for_console(l, out);
    if (*out_len == 0) {
        object_update_locked(obj, ZX_LOG_READABLE, 0);
        if (is_more(l)) // G1
            object_update_locked(obj, 0, ZX_LOG_READABLE);
    }
    mutex_unlock(&l->lock);
    return *out_len == 0 ? ZX_ERR_SHOULD_WAIT : ZX_OK;
}

static void notify_readers(struct work *w)
{
    (void)w;
    struct log_object *l;
    mutex_lock(&readers_lock);
    list_for_each_entry (l, &readers, reader_node)
        object_update(&l->obj, 0, ZX_LOG_READABLE);
    mutex_unlock(&readers_lock);
    wait_wake(&writer_thread, ZX_OK);
}

// --- The console writer ------------------------------------------------------------------------

static void console_out(void *ctx, const char *s, size_t len)
{
    (void)ctx;
    hal_console_write(s, len);
}

// False: there was none. [writer_lock]
static bool show_next(void)
{
    struct log_record r;
    if (log_read(&writer_cursor, &r) == 0)
        return false;
    if (is_for_console(&r))
        log_format_record(&r, console_out, NULL);
    return true;
}

static bool writer_step(void)
{
    return !atomic_load_explicit(&writer_stop, memory_order_acquire) && !console_handed_over() &&
           show_next();
}

static void writer_main(void *arg)
{
    (void)arg;
    for (;;) {
        mutex_lock(&writer_lock);
        bool more = writer_step();
        mutex_unlock(&writer_lock);
        if (more)
            continue;
        zx_status_t ignored;
        wait_arm(false);
        if (log_readable(&writer_cursor) && !console_handed_over() &&
            !atomic_load_explicit(&writer_stop, memory_order_acquire))
            (void)wait_disarm(&ignored);
        else
            (void)wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE);
    }
}

static void queue_notify(void)
{
    work_queue(&notify_work);
}

// Any context, any spinlock held: then an interrupt to this very CPU does it when they are off.
static void notify(void)
{
    if (hal_irqs_enabled() && hal_current()->preempt_count == 0)
        queue_notify();
    else
        hal_ipi_send(hal_cpu_num(), HAL_IPI_CALL);
}

zx_status_t log_object_init(void)
{
    work_init(&notify_work, notify_readers);
    zx_status_t status = thread_init(&writer_thread, "log-writer", PRIORITY_HIGH, writer_main, NULL,
                                     NULL);
    if (status != ZX_OK)
        return status;
    if (writer_copies())
        log_start_async(&writer_cursor);
    thread_enlist(&writer_thread);
    thread_start(&writer_thread, NULL);
    sched_set_call_hook(queue_notify);
    log_set_notify(notify);
    return ZX_OK;
}

void log_object_hush(void)
{
    if (settings.quiet)
        log_start_async(&writer_cursor);
}

bool log_console_write(const char *s, size_t len)
{
    mutex_lock(&writer_lock);
    bool ours = !console_handed_over();
    if (ours)
        hal_console_write(s, len);
    mutex_unlock(&writer_lock);
    return ours;
}

void log_console_switch(void (*change)(void))
{
    struct log_cursor newest;
    mutex_lock(&writer_lock);
    log_cursor_newest(&newest);
    change();
    while (writer_cursor.pos < newest.pos && writer_step()) // G3
        continue;
    mutex_unlock(&writer_lock);
}

void log_flush_sync(void)
{
    log_set_notify(NULL);
    mutex_lock(&writer_lock);
    if (console_handed_over())
        (void)hal_console_retake(); // nobody is left to show the rest
    while (show_next())
        continue;
    atomic_store_explicit(&writer_stop, true, memory_order_release);
    if (writer_copies())
        log_stop_async(&writer_cursor);
    mutex_unlock(&writer_lock);
}
