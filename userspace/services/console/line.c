// SPDX-License-Identifier: MIT
//
// The serial line. Its device is the kernel's, which is written by zx_debug_write() and read by keys.c, or a
// driver's (protocol `serial`), with which it is shared by a stream. This program keeps the driver's end of the
// stream as well, so that nothing in it is lost with the driver.
//
//   L1  While a driver is attached what is written goes into the stream, and is waited for; what the console has
//       not shown of the log, too.
//   L2  When the driver has ended the kernel has its device again. What was left in the stream is written anew
//       by way of the kernel; SERIAL_HELD bytes may come out twice. A line of the log is the kernel's again.
//       One that does not go on is ended: nobody could see or type anything.
//   L3  Input is passed on in the order in which it came: what the driver has read follows what the kernel had
//       (keys.c ends when that is read), and precedes what the kernel has when the driver is gone.
//
// Runs on the loop's thread; no locks.

#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <protocol/serial.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>

// What one zx_debug_write() takes, and the stream at a time.
#define PIECE 256u

// How long a driver may take to answer, and to send what one write put into the stream.
#define PATIENCE ZX_SEC(60)

// While a driver has the device that this program is not attached to, the kernel's input is looked for from time
// to time.
#define KEYS_PAUSE_FIRST ZX_MSEC(100)
#define KEYS_PAUSE_LAST  ZX_SEC(10)

// Between two tries to put something into the stream.
#define STREAM_PAUSE ZX_MSEC(10)

// Records of the log between two looks at everything else.
#define RECORDS 16u

static struct {
    struct vfs_loop *loop;
    zx_handle_t root;
    keys_typed typed;
    zx_handle_t log; // what the console has not shown
    bool keys_run;   // the kernel's input is not at its end
    bool attached;   // L1; what follows is there
    bool found_dead; // and the driver has ended: what is written goes to the kernel
    zx_handle_t driver;
    zx_handle_t process;
    zx_handle_t stream;     // ours
    zx_handle_t driver_end; // a second handle on the driver's end
    struct vfs_timer keys_again;
    zx_duration_t keys_pause; // before it
    struct vfs_watch ended;
    struct vfs_watch arrived;
    struct vfs_watch logged;
} line;

static void take_kernel_input(void);
static void look_for_driver(void);

// ---- output -------------------------------------------------------------------------------------

static void write_to_kernel(const char *bytes, size_t size)
{
    while (size != 0) {
        size_t piece = size < PIECE ? size : PIECE;

        (void)zx_debug_write(bytes, piece);
        bytes += piece;
        size -= piece;
    }
}

// Takes everything out of the driver's end; returns how much it was.
static size_t empty_stream(void)
{
    char bytes[PIECE];
    size_t count, total = 0;

    while (zx_socket_read(line.driver_end, 0, bytes, sizeof(bytes), &count) == ZX_OK) {
        total += count;
    }
    return total;
}

// How much was put into the stream. There is always room for something, but not always memory: that is waited for
// while the driver lives.
static size_t put_piece(const char *bytes, size_t size)
{
    size_t written = 0;

    while (zx_socket_write(line.stream, 0, bytes, size, &written) != ZX_OK &&
           zx_object_wait_one(line.process, ZX_PROCESS_TERMINATED, zx_deadline_after(STREAM_PAUSE),
                              NULL) != ZX_OK) {
        written = 0;
    }
    return written;
}

// Puts at most PIECE bytes into the stream and waits until what it took has gone out. False: the driver has ended.
// *out_done: so many have gone out, and then maybe up to SERIAL_HELD more.
static bool send_piece(const char *bytes, size_t size, size_t *out_done)
{
    zx_wait_item_t items[] = {
        {.handle = line.stream, .waitfor = SERIAL_SENT},
        {.handle = line.process, .waitfor = ZX_PROCESS_TERMINATED},
    };
    (void)zx_object_signal(line.stream, SERIAL_SENT, 0);
    size_t written = put_piece(bytes, size);

    *out_done = written;
    if (zx_object_wait_many(items, 2, zx_deadline_after(PATIENCE)) == ZX_ERR_TIMED_OUT) {
        (void)zx_task_kill(line.process);
        (void)zx_object_wait_one(line.process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL);
    } else if ((items[0].pending & SERIAL_SENT) != 0) {
        return true;
    }
    size_t left = empty_stream() + (size - written);

    *out_done = left + SERIAL_HELD < size ? size - left - SERIAL_HELD : 0;
    line.found_dead = true;
    return false;
}

// Returns how much has gone out: less than `size` if there is no driver, or not any more.
static size_t write_to_driver(const char *bytes, size_t size)
{
    size_t sent = 0;

    while (sent < size && line.attached && !line.found_dead) {
        size_t done, piece = size - sent < PIECE ? size - sent : PIECE;

        (void)send_piece(bytes + sent, piece, &done);
        sent += done;
    }
    return sent;
}

void line_write(const char *bytes, size_t size)
{
    size_t sent = write_to_driver(bytes, size);

    write_to_kernel(bytes + sent, size - sent);
}

// ---- the log --------------------------------------------------------------------------------------

// A line as the kernel writes it, or text that goes out as it is.
static void show_record(const zx_log_record_t *record)
{
    char text[ZX_LOG_RECORD_MAX + 80];
    size_t size = record->datalen, head = 0;

    if ((record->reserved & ZX_LOG_RECORD_AS_IS) == 0) {
        uint64_t ms = (uint64_t)record->timestamp / ZX_MSEC(1);

        head = (size_t)snprintf(text, sizeof(text), "[%05llu.%03llu] %05llu.%05llu> ",
                                (unsigned long long)ms / 1000, (unsigned long long)ms % 1000,
                                (unsigned long long)record->pid, (unsigned long long)record->tid);
        size -= size != 0 && record->data[size - 1] == '\n';
    }
    memcpy(text + head, record->data, size);
    size += head;
    if (head != 0) {
        text[size++] = '\n';
    }
    (void)write_to_driver(text, size);
}

static void show_log(void *context, zx_signals_t observed)
{
    (void)context;
    (void)observed;
    for (uint32_t i = 0; i < RECORDS && line.attached && !line.found_dead; i++) {
        _Alignas(zx_log_record_t) char record[ZX_LOG_RECORD_MAX];

        if (zx_debuglog_read(line.log, 0, record, sizeof(record)) <= 0) {
            return;
        }
        show_record((const zx_log_record_t *)record);
    }
}

// ---- input ----------------------------------------------------------------------------------------

// `all`: because the stream goes.
static void take_driver_input(bool all)
{
    char bytes[PIECE];
    size_t count, total = 0;

    while ((all || total < CONSOLE_INPUT_MOST) &&
           zx_socket_read(line.stream, 0, bytes, sizeof(bytes), &count) == ZX_OK && count != 0) {
        for (size_t i = 0; i < count; i++) {
            bytes[i] = bytes[i] == '\r' ? '\n' : bytes[i]; // as the kernel's
        }
        line.typed(bytes, count);
        total += count;
    }
}

void line_poll(void)
{
    keys_poll();
    if (line.attached && !line.keys_run) { // L3
        take_driver_input(false);
    }
}

static void arrived(void *context, zx_signals_t observed)
{
    (void)context;
    (void)observed;
    take_driver_input(false);
}

static void start_driver_input(void)
{
    line.arrived = (struct vfs_watch){
        .handle = line.stream,
        .signals = ZX_SOCKET_READABLE,
        .fired = arrived,
        .repeat = true,
    };
    (void)vfs_watch_start(line.loop, &line.arrived);
}

static void look_for_keys_later(void)
{
    vfs_timer_start(line.loop, &line.keys_again, zx_deadline_after(line.keys_pause));
    line.keys_pause =
        2 * line.keys_pause < KEYS_PAUSE_LAST ? 2 * line.keys_pause : KEYS_PAUSE_LAST;
}

static void kernel_input_ended(void)
{
    line.keys_run = false;
    if (line.attached) {
        start_driver_input();
    } else {
        look_for_keys_later();
    }
}

static void look_for_keys(void *context)
{
    (void)context;
    if (!line.attached && !line.keys_run) {
        take_kernel_input();
    }
}

static void take_kernel_input(void)
{
    line.keys_run = keys_start(line.loop, line.root, line.typed, kernel_input_ended) == ZX_OK;
    if (!line.keys_run) {
        look_for_keys_later();
    }
}

// ---- the driver -----------------------------------------------------------------------------------

static void close_stream(void)
{
    zx_handle_close(line.stream);
    zx_handle_close(line.driver_end);
}

// The driver ends when `line.driver` closes, if it has not ended already.
static void detach(void)
{
    take_driver_input(true);
    vfs_watch_cancel(line.loop, &line.ended);
    vfs_watch_cancel(line.loop, &line.arrived);
    vfs_watch_cancel(line.loop, &line.logged);
    line.attached = false;
    zx_handle_close(line.driver);
    zx_handle_close(line.process);
    close_stream();
    line.keys_pause = KEYS_PAUSE_FIRST;
    if (!line.keys_run) {
        take_kernel_input();
    }
    look_for_driver();
}

// The driver's process has ended: the kernel has the device.
static void driver_ended(void *context, zx_signals_t observed)
{
    (void)context;
    (void)observed;
    line.found_dead = true;
    detach();
}

static zx_status_t make_stream(zx_handle_t *out_given)
{
    zx_status_t status = zx_socket_create(ZX_SOCKET_STREAM, &line.stream, &line.driver_end);

    if (status != ZX_OK) {
        return status;
    }
    status = zx_handle_duplicate(line.driver_end, ZX_RIGHT_SAME_RIGHTS, out_given);
    if (status != ZX_OK) {
        close_stream();
    }
    return status;
}

static zx_status_t watch_driver(void)
{
    line.ended = (struct vfs_watch){
        .handle = line.process,
        .signals = ZX_PROCESS_TERMINATED,
        .fired = driver_ended,
    };
    line.logged = (struct vfs_watch){
        .handle = line.log,
        .signals = ZX_LOG_READABLE,
        .fired = show_log,
        .repeat = true,
    };
    zx_status_t status = vfs_watch_start(line.loop, &line.ended);

    return status == ZX_OK ? vfs_watch_start(line.loop, &line.logged) : status;
}

// Makes the stream and gives the driver its end.
static zx_status_t attach(zx_handle_t channel)
{
    zx_handle_t given;
    zx_status_t status = make_stream(&given);

    if (status != ZX_OK) {
        return status;
    }
    status = serial_attach(channel, zx_deadline_after(PATIENCE), given, &line.process);
    if (status != ZX_OK) {
        take_driver_input(true); // it may have had the device before it ended
        close_stream();
    }
    return status;
}

// Nothing is written meanwhile: who else would have the device?
static void driver_found(zx_handle_t channel)
{
    zx_status_t status = attach(channel);

    if (status != ZX_OK) {
        zx_handle_close(channel);
        if (status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_TIMED_OUT) {
            look_for_driver(); // it has ended, or does now; there will be another one
        }
        return;
    }
    line.driver = channel;
    line.attached = true;
    line.found_dead = false;
    if (watch_driver() != ZX_OK) {
        detach();
        return;
    }
    if (!line.keys_run) {
        start_driver_input();
    }
}

static void look_for_driver(void)
{
    const char *wanted = getenv("CONSOLE");

    if (wanted == NULL || strcmp(wanted, "kernel") != 0) {
        (void)finder_start(line.loop, driver_found);
    }
}

zx_status_t line_start(struct vfs_loop *loop, zx_handle_t root, keys_typed typed)
{
    zx_status_t status =
        zx_debuglog_create(root, ZX_LOG_FLAG_READABLE | ZX_LOG_FLAG_CONSOLE, &line.log);

    line.loop = loop;
    line.root = root;
    line.typed = typed;
    line.keys_pause = KEYS_PAUSE_FIRST;
    line.keys_again.fired = look_for_keys;
    if (status == ZX_OK) {
        status = keys_start(loop, root, typed, kernel_input_ended);
    }
    line.keys_run = status == ZX_OK;
    if (status == ZX_OK) {
        look_for_driver();
    }
    return status;
}
