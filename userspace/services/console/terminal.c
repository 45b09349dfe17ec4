// SPDX-License-Identifier: MIT
//
// The terminal: connects the line discipline (tty/) with its clients, who speak `file` and `terminal`.
//
//   R1  Reads wait in a queue, first come first served; the discipline says when one is answered.
//   R2  Ctrl-C kills the foreground job, ends all reads that wait (ZX_ERR_CANCELED), and shows
//       FILE_SIGNAL_INTERRUPT to all clients until one takes it.
//   R3  A client that goes takes its reads with it; input is not given to one whose end is closed.
//   R4  Output is passed on in pieces, and between them what was typed is looked at, so that Ctrl-C
//       works however much is printed. It also cuts the output that is under way short.
//   R5  A new session, and whoever opens the terminal when nobody else has it, finds it in its first
//       state: a program that died in raw mode leaves no mess.
//   R6  What the discipline has no room for waits here, in order, up to CONSOLE_HELD_MOST; what comes then is dropped,
//       with a bell. The line is always read: Ctrl-C is looked for in all that comes, also in what is dropped.
//
// Runs on the loop's thread; no locks.

#include "console.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>

#include <protocol/terminal.h>
#include <tty/tty.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

// Bytes of output between two looks at the keys.
#define OUTPUT_PIECE 256u

// A read that waits.
struct reader {
    struct vfs_link link;
    struct vfs_connection *connection;
    struct ipc_request request;
    uint32_t count;
    int64_t began;
};

static struct terminal {
    struct vfs_node node;
    struct vfs_loop *loop;
    struct tty tty;
    struct vfs_link readers;
    struct vfs_timer timer; // of the reads' deadlines (VTIME)
    zx_handle_t foreground; // job, or ZX_HANDLE_INVALID
    bool interrupted;       // and nobody has taken it
    bool readable;          // what clients were shown
    uint32_t interrupts;    // counts them
    bool held_quotes;       // the last byte that is held makes the next one be taken as it is (Ctrl-V)
    uint32_t columns, rows;
} terminal;

static char read_buffer[FILE_MAX_DATA];

// ---- towards the screen -----------------------------------------------------------------------------

static void write_screen(void *context, const char *bytes, size_t size)
{
    (void)context;
    line_write(bytes, size);
}

static void write_later(struct vfs_node *node, struct vfs_connection *connection,
                        const struct ipc_request *request, const void *data, size_t size)
{
    uint32_t interrupts = terminal.interrupts;
    size_t written = 0;

    (void)node;
    while (written < size && interrupts == terminal.interrupts) {
        size_t piece = size - written < OUTPUT_PIECE ? size - written : OUTPUT_PIECE;

        tty_write(&terminal.tty, (const char *)data + written, piece);
        written += piece;
        line_poll();
    }
    vfs_reply_write(connection, request, ZX_OK, written);
}

// ---- readers ----------------------------------------------------------------------------------------

static void forget_reader(struct reader *reader)
{
    vfs_link_remove(&reader->link);
    free(reader);
}

static void cancel_readers(void)
{
    while (!vfs_link_alone(&terminal.readers)) {
        struct reader *reader = vfs_container(terminal.readers.next, struct reader, link);

        vfs_reply_read(reader->connection, &reader->request, ZX_ERR_CANCELED, NULL, 0);
        forget_reader(reader);
    }
}

// True if nobody waits for the answer any more.
static bool is_gone(const struct reader *reader)
{
    return zx_object_wait_one(vfs_connection_channel(reader->connection), ZX_CHANNEL_PEER_CLOSED, 0,
                              NULL) == ZX_OK;
}

static void show_readable(void)
{
    bool readable = tty_readable(&terminal.tty);

    if (readable != terminal.readable) {
        terminal.readable = readable;
        vfs_node_signal(&terminal.node, FILE_SIGNAL_READABLE, readable ? FILE_SIGNAL_READABLE : 0);
    }
}

// Answers the first reader, if it is time. False: it has to wait, until *out_deadline at the latest.
static bool serve_first(struct reader *reader, int64_t *out_deadline)
{
    int64_t now = zx_clock_get_monotonic();

    if (tty_poll(&terminal.tty, reader->count, reader->began, now, out_deadline) == TTY_WAIT) {
        return false;
    }
    if (!is_gone(reader)) {
        size_t size = tty_read(&terminal.tty, read_buffer, reader->count);

        // First: who has the answer may look for more at once, and must not be told of what it took.
        show_readable();
        vfs_reply_read(reader->connection, &reader->request, ZX_OK, read_buffer, size);
    }
    forget_reader(reader);
    return true;
}

// Answers the readers that can be answered.
static void answer_readers(void)
{
    int64_t deadline = TTY_FOREVER;

    while (!vfs_link_alone(&terminal.readers)) {
        if (!serve_first(vfs_container(terminal.readers.next, struct reader, link), &deadline)) {
            break;
        }
        deadline = TTY_FOREVER;
    }
    if (deadline != TTY_FOREVER) {
        vfs_timer_start(terminal.loop, &terminal.timer, deadline);
    } else {
        vfs_timer_cancel(&terminal.timer);
    }
    show_readable();
}

// R6: some of what is held goes to the discipline, if it has room again. False: nothing did.
static bool feed(void)
{
    size_t taken = tty_input(&terminal.tty, held_bytes(), held_count(), zx_clock_get_monotonic());

    held_take(taken);
    return taken != 0;
}

static void serve_readers(void)
{
    do {
        answer_readers();
    } while (feed());
}

static void time_over(void *context)
{
    (void)context;
    serve_readers();
}

static void read_later(struct vfs_node *node, struct vfs_connection *connection,
                       const struct ipc_request *request, uint32_t count)
{
    struct reader *reader = malloc(sizeof(*reader));

    (void)node;
    if (reader == NULL) {
        vfs_reply_read(connection, request, ZX_ERR_NO_MEMORY, NULL, 0);
        return;
    }
    *reader = (struct reader){
        .connection = connection,
        .request = *request,
        .count = count < FILE_MAX_DATA ? count : FILE_MAX_DATA,
        .began = zx_clock_get_monotonic(),
    };
    vfs_link_append(&terminal.readers, &reader->link);
    serve_readers();
}

static void disconnected(struct vfs_node *node, struct vfs_connection *connection)
{
    struct vfs_link *link = terminal.readers.next;

    (void)node;
    while (link != &terminal.readers) {
        struct reader *reader = vfs_container(link, struct reader, link);

        link = link->next;
        if (reader->connection == connection) {
            forget_reader(reader);
        }
    }
    serve_readers();
}

// ---- from the keys ----------------------------------------------------------------------------------

// A byte that cannot go to the discipline now: it has no room, or others wait already. False: it is dropped.
static bool take_behind(char byte)
{
    bool flushes, quoted = held_count() != 0 && terminal.held_quotes;

    if (quoted || !tty_interrupts(&terminal.tty, (uint8_t)byte, &flushes)) {
        bool added = held_add(byte);

        // What is dropped does not quote, nor does it stay quoted: the next Ctrl-C is one, whatever was lost.
        terminal.held_quotes = added && !quoted && tty_quotes(&terminal.tty, (uint8_t)byte);
        return added;
    }
    if (flushes) {
        held_forget();
    }
    (void)tty_input(&terminal.tty, &byte, 1, zx_clock_get_monotonic());
    return true;
}

static void typed(const char *bytes, size_t size)
{
    size_t taken = 0;
    bool dropped = false;

    if (held_count() == 0) {
        taken = tty_input(&terminal.tty, bytes, size, zx_clock_get_monotonic());
    }
    while (taken < size) {
        dropped |= !take_behind(bytes[taken++]);
    }
    if (dropped) { // one bell for them all, for what it costs on the line
        tty_write(&terminal.tty, "\a", 1);
    }
    serve_readers();
}

static void interrupt(void *context)
{
    (void)context;
    terminal.interrupts++;
    terminal.interrupted = true;
    // Before reads end: who is to die shall not say on the screen that its read has failed.
    if (terminal.foreground != ZX_HANDLE_INVALID) {
        (void)zx_task_kill(terminal.foreground);
    }
    cancel_readers();
    vfs_node_signal(&terminal.node, 0, FILE_SIGNAL_INTERRUPT);
}

// ---- the protocol terminal ----------------------------------------------------------------------------

static void get_attributes(void *context, const struct ipc_request *request)
{
    struct tty_attributes from;
    struct terminal_attributes to = {0};

    (void)context;
    tty_get_attributes(&terminal.tty, &from);
    to.iflag = from.iflag;
    to.oflag = from.oflag;
    to.cflag = from.cflag;
    to.lflag = from.lflag;
    memcpy(to.cc, from.control, sizeof(to.cc));
    (void)terminal_reply_get_attributes(request, ZX_OK, &to);
}

static void set_attributes(void *context, const struct ipc_request *request, uint32_t when,
                           const struct terminal_attributes *attributes)
{
    struct tty_attributes to = {
        .iflag = attributes->iflag,
        .oflag = attributes->oflag,
        .cflag = attributes->cflag,
        .lflag = attributes->lflag,
    };

    (void)context;
    if (when > TERMINAL_FLUSH) {
        (void)terminal_reply_set_attributes(request, ZX_ERR_INVALID_ARGS);
        return;
    }
    _Static_assert(sizeof(to.control) == sizeof(attributes->cc), "control characters");
    memcpy(to.control, attributes->cc, sizeof(to.control));
    if (when == TERMINAL_FLUSH) {
        held_forget();
    }
    tty_set_attributes(&terminal.tty, &to, when == TERMINAL_FLUSH);
    (void)terminal_reply_set_attributes(request, ZX_OK);
    serve_readers();
}

static void get_size(void *context, const struct ipc_request *request)
{
    (void)context;
    (void)terminal_reply_get_size(request, ZX_OK, terminal.columns, terminal.rows);
}

static void set_size(void *context, const struct ipc_request *request, uint32_t columns,
                     uint32_t rows)
{
    (void)context;
    terminal.columns = columns;
    terminal.rows = rows;
    (void)terminal_reply_set_size(request, ZX_OK);
}

// A job that may be killed, or nothing.
static zx_status_t check_job(zx_handle_t job)
{
    zx_info_handle_basic_t info;
    zx_status_t status;

    if (job == ZX_HANDLE_INVALID) {
        return ZX_OK;
    }
    status = zx_object_get_info(job, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL);
    if (status != ZX_OK) {
        return status;
    }
    if (info.type != ZX_OBJ_TYPE_JOB) {
        return ZX_ERR_WRONG_TYPE;
    }
    return (info.rights & ZX_RIGHT_DESTROY) != 0 ? ZX_OK : ZX_ERR_ACCESS_DENIED;
}

static void set_foreground(void *context, const struct ipc_request *request, zx_handle_t job)
{
    zx_status_t status = check_job(job);

    (void)context;
    if (status == ZX_OK) {
        zx_handle_t earlier = terminal.foreground;

        terminal.foreground = job;
        if (job != ZX_HANDLE_INVALID && terminal.interrupted) {
            // Ctrl-C came between the shell's last look and this: it was meant for this job.
            (void)zx_task_kill(job);
        }
        job = earlier;
    }
    if (job != ZX_HANDLE_INVALID) {
        zx_handle_close(job);
    }
    (void)terminal_reply_set_foreground(request, status);
}

static void take_interrupt(void *context, const struct ipc_request *request)
{
    bool interrupted = terminal.interrupted;

    (void)context;
    terminal.interrupted = false;
    vfs_node_signal(&terminal.node, FILE_SIGNAL_INTERRUPT, 0);
    (void)terminal_reply_take_interrupt(request, ZX_OK, interrupted);
}

static void flush(void *context, const struct ipc_request *request, uint32_t queue)
{
    (void)context;
    if (queue > TERMINAL_QUEUE_BOTH) {
        (void)terminal_reply_flush(request, ZX_ERR_INVALID_ARGS);
        return;
    }
    if (queue != TERMINAL_QUEUE_OUTPUT) { // output is never held back
        held_forget();
        tty_flush(&terminal.tty);
        serve_readers();
    }
    (void)terminal_reply_flush(request, ZX_OK);
}

static const struct terminal_server server = {
    .get_attributes = get_attributes,
    .set_attributes = set_attributes,
    .get_size = get_size,
    .set_size = set_size,
    .set_foreground = set_foreground,
    .take_interrupt = take_interrupt,
    .flush = flush,
};

// ---- the node -----------------------------------------------------------------------------------------

static void release(struct vfs_node *node)
{
    (void)node; // lives as long as the process
}

static zx_status_t attributes(struct vfs_node *node, struct file_attributes *out)
{
    (void)node;
    out->mode = 0620;
    return ZX_OK;
}

static zx_signals_t signals(struct vfs_node *node)
{
    (void)node;
    return FILE_SIGNAL_WRITABLE | (terminal.readable ? FILE_SIGNAL_READABLE : 0) |
           (terminal.interrupted ? FILE_SIGNAL_INTERRUPT : 0);
}

static void reset(void)
{
    static const struct tty_hooks hooks = {.screen = write_screen, .interrupt = interrupt};
    struct tty fresh;
    struct tty_attributes first;

    tty_init(&fresh, &hooks, NULL);
    tty_get_attributes(&fresh, &first);
    tty_set_attributes(&terminal.tty, &first, false);
    zx_handle_close(terminal.foreground);
    terminal.foreground = ZX_HANDLE_INVALID;
    terminal.interrupted = false;
    vfs_node_signal(&terminal.node, FILE_SIGNAL_INTERRUPT, 0);
}

static zx_status_t open_terminal(struct vfs_node *node, uint32_t flags)
{
    (void)flags;
    if (vfs_link_alone(&node->connections)) {
        reset();
    }
    return ZX_OK;
}

// `> /dev/tty` opens with O_TRUNC.
static zx_status_t stay_empty(struct vfs_node *node, uint64_t size)
{
    (void)node, (void)size;
    return ZX_OK;
}

static const struct vfs_protocol protocols[] = {
    {TERMINAL_PROTOCOL, terminal_dispatch, &server},
};

static const struct vfs_node_ops ops = {
    .release = release,
    .attributes = attributes,
    .open = open_terminal,
    .signals = signals,
    .disconnected = disconnected,
    .read_later = read_later,
    .write_later = write_later,
    .truncate = stay_empty,
    .protocols = protocols,
    .protocol_count = 1,
};

// ---- the session ----------------------------------------------------------------------------------------

// The service manager opens this for a new session: the terminal, in its first state.
static void begin_session(struct vfs_node *node, struct vfs_connect *connect)
{
    zx_status_t status;

    (void)node;
    cancel_readers();
    reset();
    status = vfs_serve(vfs_connection_vfs(connect->connection), &terminal.node,
                       connect->flags & (FILE_OPEN_READ | FILE_OPEN_WRITE), connect->object, 0,
                       NULL, NULL);
    (void)file_reply_open(&connect->request, status);
}

struct vfs_node *terminal_session_node(void)
{
    static const struct vfs_node_ops session_ops = {.release = release, .connect = begin_session};
    static struct vfs_node node;

    vfs_node_init(&node, &session_ops, FILE_KIND_SERVICE);
    return &node;
}

zx_status_t terminal_create(struct vfs_loop *loop, zx_handle_t root, uint32_t columns,
                            uint32_t rows, struct vfs_node **out)
{
    static const struct tty_hooks hooks = {.screen = write_screen, .interrupt = interrupt};

    terminal.loop = loop;
    terminal.columns = columns;
    terminal.rows = rows;
    vfs_link_init(&terminal.readers);
    terminal.timer.fired = time_over;
    tty_init(&terminal.tty, &hooks, NULL);
    vfs_node_init(&terminal.node, &ops, FILE_KIND_TERMINAL);
    *out = &terminal.node;
    return line_start(loop, root, typed);
}
