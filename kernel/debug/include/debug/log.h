// SPDX-License-Identifier: MIT
// The debug log: one ring of 128 KiB; the oldest records make room for new ones (spec 31 section 4).
// Writing is cheap and possible from any context, interrupts included; nothing here blocks.
// Lock: one LOCK_SPIN_IRQ lock of RANK_LOG, held for the copy of one record.
#pragma once

#include <stdarg.h>

#include <hal/types.h>
#include <lib/printf.h>

#define LOG_RING_SIZE   (128u * 1024)
#define LOG_RECORD_MAX  256u // bytes of a record, header included
#define LOG_HEADER_SIZE 32u
#define LOG_DATA_MAX    (LOG_RECORD_MAX - LOG_HEADER_SIZE) // 224

// Levels: the values of ZX_LOG_*. ERROR: something is broken and somebody must act. WARN: odd, and the
// system went on. INFO: what a user of the machine wants to read. TRACE, SPEW: for whoever debugs.
#define LOG_ERROR 0x1u
#define LOG_WARN  0x2u
#define LOG_INFO  0x4u
#define LOG_TRACE 0x10u
#define LOG_SPEW  0x20u

// With a level: text for the console as it is, without the line's head and end (zx_debug_write while a driver
// has the console). In a record it is LOG_RECORD_AS_IS.
#define LOG_AS_IS        0x10000u
#define LOG_RECORD_AS_IS 0x1u

// The layout of zx_log_record_t.
struct log_record {
    uint32_t reserved; // 0 or LOG_RECORD_AS_IS
    uint16_t datalen;  // bytes of data
    uint16_t flags;
    int64_t timestamp; // monotonic ns
    uint64_t pid;      // koid of the writing process, 0: kernel
    uint64_t tid;      // koid of the writing thread, 0: unknown
    char data[LOG_DATA_MAX];
};
_Static_assert(sizeof(struct log_record) == LOG_RECORD_MAX, "spec 31 section 4.1");
_Static_assert(offsetof(struct log_record, data) == LOG_HEADER_SIZE, "spec 31 section 4.1");

// A reader's place. Owned by the reader, which serialises its calls.
struct log_cursor {
    uint64_t pos; // bytes written before the record to be read next
};

// Appends one record of at most LOG_DATA_MAX bytes. ZX_ERR_OUT_OF_RANGE: too long. ZX_ERR_BAD_STATE:
// after a panic.
zx_status_t log_write(uint32_t flags, uint64_t pid, uint64_t tid, const void *data, size_t len);

// A kernel message. Output is cut into records at newlines and at LOG_DATA_MAX bytes; a missing
// newline at the end is fine.
void klog(unsigned level, const char *fmt, ...) PRINTF_LIKE(2, 3);
void kvlog(unsigned level, const char *fmt, va_list va) PRINTF_LIKE(2, 0);

// A cursor at the oldest record, or behind the newest.
void log_cursor_oldest(struct log_cursor *c);
void log_cursor_newest(struct log_cursor *c);

// `to` goes where `from` is. Unlike the rest it may meet a log_readable(to) of another thread; who moves `to` is
// serialised by the caller.
void log_cursor_set(struct log_cursor *to, const struct log_cursor *from);

// Copies the next record out and moves on. Returns its size (LOG_HEADER_SIZE + datalen), or 0 if
// there is nothing new. A reader that was overtaken goes on at the oldest surviving record.
size_t log_read(struct log_cursor *c, struct log_record *out);

// True if log_read would return a record.
bool log_readable(const struct log_cursor *c);

// Called after every write, outside the log lock, in the context of the writer, which may be an
// interrupt handler or hold any spinlock below RANK_LOG: it may only set flags. NULL: none.
void log_set_notify(void (*fn)(void));

// Gives the text of all records, those so far and those to come, to `fn`, under the log's lock: it may take
// no other.
void log_keep(kformat_out_fn fn);

// Who writes: fills in the koids of the running process and thread for klog; may run in any context.
void log_set_identity(void (*fn)(uint64_t *out_pid, uint64_t *out_tid));

// Formats `[SSSSS.mmm] PPPPP.TTTTT> text` and a newline through `out`; one trailing newline of the
// text is dropped. Text that is to go out as it is does.
void log_format_record(const struct log_record *r, kformat_out_fn out, void *ctx);

// One step of a console writer: formats the next record. False if there was none.
bool log_drain_step(struct log_cursor *c, kformat_out_fn out, void *ctx);

// The log starts synchronous: each record also goes to hal_console_write() at once. From this call on
// a console-writer thread drains from `c`, which starts behind what was printed already.
void log_start_async(struct log_cursor *c);
// Back to synchronous, after draining `c` (power off, `kernel.bypass-debuglog`).
void log_stop_async(struct log_cursor *c);

// Inside a panic: prints the last `lines` records through `out` without taking the lock, and makes
// further writes fail with ZX_ERR_BAD_STATE.
void log_panic_dump(unsigned lines, kformat_out_fn out, void *ctx);
