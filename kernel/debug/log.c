// SPDX-License-Identifier: MIT
// The ring of the debug log (interface: debug/log.h).
//
// Positions are 64-bit counts of bytes ever written, which never wrap; a position's place in the ring
// is its remainder. A record is a header of LOG_HEADER_SIZE bytes and its text, padded to 8 bytes; it
// may lie across the ring's end.
//
// Invariants: L1 tail <= head <= tail + LOG_RING_SIZE, and both stand at the start of a record;
// L2 a cursor between them stands at the start of a record, a cursor below tail was overtaken.
// Locks: [L] log_lock, innermost but for the console's. Hooks and console output run outside of it.

#include <debug/log.h>

#include <hal/console.h>
#include <hal/spinlock.h>
#include <hal/time.h>
#include <lib/string.h>

_Static_assert((LOG_RING_SIZE & (LOG_RING_SIZE - 1)) == 0, "the remainder is a mask");

LOCK_CLASS(log_lock_class, RANK_LOG, LOCK_SPIN_IRQ);

static struct spinlock log_lock = SPINLOCK_INIT(log_lock_class);
static char ring[LOG_RING_SIZE] __attribute__((aligned(8))); // [L]
static uint64_t log_head;                                    // [L] position behind the newest
static uint64_t log_tail;                                    // [L] position of the oldest

static atomic_bool log_async; // a thread drains to the console
static atomic_bool log_dead;  // a panic has begun
static void (*_Atomic notify_fn)(void);
static kformat_out_fn keep_fn; // [L] gets the text of every record; NULL: nobody

void log_set_notify(void (*fn)(void))
{
    atomic_store_explicit(&notify_fn, fn, memory_order_release);
}

// Bytes a record takes in the ring.
static uint64_t record_span(size_t datalen)
{
    return ROUND_UP((uint64_t)LOG_HEADER_SIZE + datalen, 8u);
}

static void ring_put(uint64_t pos, const void *src, size_t len)
{
    size_t at = pos % LOG_RING_SIZE;
    size_t first = MIN(len, LOG_RING_SIZE - at);
    memcpy(&ring[at], src, first);
    memcpy(ring, (const char *)src + first, len - first);
}

static void ring_get(uint64_t pos, void *dst, size_t len)
{
    size_t at = pos % LOG_RING_SIZE;
    size_t first = MIN(len, LOG_RING_SIZE - at);
    memcpy(dst, &ring[at], first);
    memcpy((char *)dst + first, ring, len - first);
}

// Reads the record at `pos` and returns its span. Its length is held within bounds, for a panic may
// find a record half written.
static uint64_t record_get(uint64_t pos, struct log_record *out)
{
    ring_get(pos, out, LOG_HEADER_SIZE);
    out->datalen = MIN(out->datalen, LOG_DATA_MAX);
    ring_get(pos + LOG_HEADER_SIZE, out->data, out->datalen);
    return record_span(out->datalen);
}

void log_keep(kformat_out_fn fn)
{
    struct log_record r;
    unsigned long irq = spin_lock_irqsave(&log_lock);
    for (uint64_t pos = log_tail; pos < log_head;) {
        pos += record_get(pos, &r);
        log_format_record(&r, fn, NULL);
    }
    keep_fn = fn;
    spin_unlock_irqrestore(&log_lock, irq);
}

// Drops the oldest records until `span` bytes fit.
static void make_room_locked(uint64_t span) REQUIRES(log_lock)
{
    uint16_t datalen;
    while (log_head + span > log_tail + LOG_RING_SIZE) {
        ring_get(log_tail + offsetof(struct log_record, datalen), &datalen, sizeof(datalen));
        log_tail += record_span(datalen);
    }
}

static void console_out(void *ctx UNUSED, const char *s, size_t len)
{
    hal_console_write(s, len);
}

// Writes one record straight to the console; the record is built anew, as the ring may move on.
static void write_through(const struct log_record *header, const void *data)
{
    struct log_record r;
    memcpy(&r, header, LOG_HEADER_SIZE);
    if (header->datalen)
        memcpy(r.data, data, header->datalen);
    log_format_record(&r, console_out, NULL);
}

zx_status_t log_write(uint32_t flags, uint64_t pid, uint64_t tid, const void *data, size_t len)
{
    if (len > LOG_DATA_MAX)
        return ZX_ERR_OUT_OF_RANGE;
    if (atomic_load_explicit(&log_dead, memory_order_relaxed))
        return ZX_ERR_BAD_STATE;

    struct log_record r;
    r.reserved = flags & LOG_AS_IS ? LOG_RECORD_AS_IS : 0;
    r.datalen = (uint16_t)len;
    r.flags = (uint16_t)flags;
    r.pid = pid;
    r.tid = tid;

    uint64_t span = record_span(len);
    unsigned long irq = spin_lock_irqsave(&log_lock);
    r.timestamp = hal_now(); // under the lock, so that records are in order of time
    make_room_locked(span);
    ring_put(log_head, &r, LOG_HEADER_SIZE);
    if (len) // an empty record may come with no address
        ring_put(log_head + LOG_HEADER_SIZE, data, len);
    log_head += span;
    if (keep_fn != NULL) {
        if (len)
            memcpy(r.data, data, len);
        log_format_record(&r, keep_fn, NULL);
    }
    bool async = atomic_load_explicit(&log_async, memory_order_relaxed);
    spin_unlock_irqrestore(&log_lock, irq);

    if (!async)
        write_through(&r, data);
    void (*notify)(void) = atomic_load_explicit(&notify_fn, memory_order_acquire);
    if (notify)
        notify();
    return ZX_OK;
}

void log_cursor_oldest(struct log_cursor *c)
{
    c->pos = 0; // overtaken or not, log_read starts at the oldest
}

void log_cursor_newest(struct log_cursor *c)
{
    unsigned long irq = spin_lock_irqsave(&log_lock);
    c->pos = log_head;
    spin_unlock_irqrestore(&log_lock, irq);
}

void log_cursor_set(struct log_cursor *to, const struct log_cursor *from)
{
    unsigned long irq = spin_lock_irqsave(&log_lock);
    *to = *from;
    spin_unlock_irqrestore(&log_lock, irq);
}

size_t log_read(struct log_cursor *c, struct log_record *out)
{
    size_t size = 0;
    unsigned long irq = spin_lock_irqsave(&log_lock);
    if (c->pos < log_tail)
        c->pos = log_tail;
    if (c->pos < log_head) {
        c->pos += record_get(c->pos, out);
        size = LOG_HEADER_SIZE + out->datalen;
    }
    spin_unlock_irqrestore(&log_lock, irq);
    return size;
}

bool log_readable(const struct log_cursor *c)
{
    unsigned long irq = spin_lock_irqsave(&log_lock);
    bool readable = c->pos < log_head;
    spin_unlock_irqrestore(&log_lock, irq);
    return readable;
}

bool log_drain_step(struct log_cursor *c, kformat_out_fn out, void *ctx)
{
    struct log_record r;
    if (!log_read(c, &r))
        return false;
    log_format_record(&r, out, ctx);
    return true;
}

void log_start_async(struct log_cursor *c)
{
    unsigned long irq = spin_lock_irqsave(&log_lock);
    c->pos = log_head;
    atomic_store_explicit(&log_async, true, memory_order_relaxed);
    spin_unlock_irqrestore(&log_lock, irq);
}

void log_stop_async(struct log_cursor *c)
{
    while (log_drain_step(c, console_out, NULL))
        continue;
    // What came in between the last step and the switch is drained under the old order.
    unsigned long irq = spin_lock_irqsave(&log_lock);
    atomic_store_explicit(&log_async, false, memory_order_relaxed);
    uint64_t end = log_head;
    spin_unlock_irqrestore(&log_lock, irq);
    while (c->pos < end && log_drain_step(c, console_out, NULL))
        continue;
}

// Without the lock, whose holder may be the very CPU that panics.
void log_panic_dump(unsigned lines, kformat_out_fn out, void *ctx) NO_TSA
{
    struct log_record r;
    uint64_t total = 0, seen = 0;
    uint64_t head = log_head, tail = log_tail;

    atomic_store_explicit(&log_dead, true, memory_order_relaxed);
    if (head < tail || head - tail > LOG_RING_SIZE)
        return;
    for (uint64_t pos = tail; pos < head; total++)
        pos += record_get(pos, &r);
    for (uint64_t pos = tail; pos < head; seen++) {
        pos += record_get(pos, &r);
        if (total - seen <= lines)
            log_format_record(&r, out, ctx);
    }
}
