// SPDX-License-Identifier: MIT
// Text in and out of the debug log (interface: debug/log.h): kernel messages become records, records
// become console lines. Locks: none here.

#include <debug/log.h>

#include <hal/upcall.h>
#include <lib/string.h>

_Static_assert(LOG_ERROR == 0x1 && LOG_WARN == 0x2 && LOG_INFO == 0x4 && LOG_TRACE == 0x10 &&
                   LOG_SPEW == 0x20,
               "levels as in spec 31 section 4.1");

static void (*_Atomic identity_fn)(uint64_t *out_pid, uint64_t *out_tid);

void log_set_identity(void (*fn)(uint64_t *out_pid, uint64_t *out_tid))
{
    atomic_store_explicit(&identity_fn, fn, memory_order_release);
}

// A line being put together.
struct line {
    unsigned level;
    uint64_t pid, tid;
    size_t len;
    char text[LOG_DATA_MAX];
};

static void line_flush(struct line *l)
{
    // Too long cannot be; after a panic there is nobody to tell.
    (void)log_write(l->level, l->pid, l->tid, l->text, l->len);
    l->len = 0;
}

static void line_out(void *ctx, const char *s, size_t len)
{
    struct line *l = ctx;
    while (len) {
        const char *end = memchr(s, '\n', len);
        size_t part = end ? (size_t)(end - s) : len;
        while (part) {
            if (l->len == sizeof(l->text))
                line_flush(l);
            size_t n = MIN(part, sizeof(l->text) - l->len);
            memcpy(&l->text[l->len], s, n);
            l->len += n;
            s += n;
            part -= n;
            len -= n;
        }
        if (end) {
            line_flush(l);
            s++;
            len--;
        }
    }
}

void kvlog(unsigned level, const char *fmt, va_list va)
{
    struct line l;
    l.level = level;
    l.pid = 0;
    l.tid = 0;
    l.len = 0;
    void (*identity)(uint64_t *, uint64_t *) =
        atomic_load_explicit(&identity_fn, memory_order_acquire);
    if (identity)
        identity(&l.pid, &l.tid);
    kvformat(line_out, &l, fmt, va);
    if (l.len)
        line_flush(&l);
}

void klog(unsigned level, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    kvlog(level, fmt, va);
    va_end(va);
}

void kernel_log(unsigned level, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    kvlog(level, fmt, va);
    va_end(va);
}

void log_format_record(const struct log_record *r, kformat_out_fn out, void *ctx)
{
    // The whole line goes out at once, so that lines of several CPUs do not mix on the console.
    char text[LOG_DATA_MAX + 80];
    size_t len = r->datalen;
    if (r->reserved & LOG_RECORD_AS_IS) {
        out(ctx, r->data, len);
        return;
    }
    if (len && r->data[len - 1] == '\n')
        len--;
    uint64_t ms = r->timestamp > 0 ? (uint64_t)r->timestamp / 1000000 : 0;
    size_t total =
        ksnprintf(text, sizeof(text), "[%05lu.%03lu] %05lu.%05lu> ", (unsigned long)(ms / 1000),
                  (unsigned long)(ms % 1000), (unsigned long)r->pid, (unsigned long)r->tid);
    memcpy(&text[total], r->data, len);
    total += len;
    text[total++] = '\n';
    out(ctx, text, total);
}
