// SPDX-License-Identifier: MIT
//
// The console as input; the interface is in mon.h. Reading the console blocks, and while a program
// runs the monitor must wait for its end and for Ctrl-C at the same time. So a second thread reads
// characters and sends each as a message through a channel, which can be waited for like anything
// else.
//
// State: the queue of characters that were typed while a program ran; used by the first thread only.
// The reader thread touches nothing but its end of the channel.

#include "mon.h"

#include <minilib/console.h>
#include <minilib/pages.h>
#include <tasks/tasks.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#define READER_STACK_SIZE 16384u
#define QUEUE_SIZE        256u

enum {
    KEY_CTRL_C = 0x03,
    KEY_BACKSPACE = 0x08,
    KEY_CTRL_U = 0x15,
    KEY_ESCAPE = 0x1b,
    KEY_DELETE = 0x7f,
};

static zx_handle_t reader_end; // the reader thread's
static zx_handle_t input_end;  // ours; invalid if there is no console

static zx_koid_t reader_koid;

static char queue[QUEUE_SIZE];
static size_t queue_start, queue_used;

// The reader thread: console to channel, until either ends.
static void read_console(uintptr_t root, uintptr_t unused)
{
    char c;
    size_t size = 1;

    (void)unused;
    while (zx_debug_read((zx_handle_t)root, &c, &size) == ZX_OK && size == 1) {
        if (zx_channel_write(reader_end, 0, &c, 1, NULL, 0) != ZX_OK) {
            break;
        }
    }
    zx_handle_close(reader_end);
    zx_thread_exit();
}

static zx_status_t start_reader(void)
{
    static const char name[] = "console-reader";
    char *stack = pages_allocate(READER_STACK_SIZE);
    zx_handle_t thread;

    if (stack == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    zx_status_t status = zx_thread_create(zx_process_self(), name, sizeof(name) - 1, 0, &thread);

    if (status == ZX_OK) {
        status = zx_thread_start(thread, (zx_vaddr_t)read_console,
                                 (zx_vaddr_t)stack + READER_STACK_SIZE, mon.root, 0);
        reader_koid = tasks_koid(thread);
        zx_handle_close(thread);
    }
    if (status != ZX_OK) {
        pages_free(stack, READER_STACK_SIZE);
    }
    return status;
}

void input_start(void)
{
    zx_status_t status = zx_channel_create(0, &reader_end, &input_end);

    if (status == ZX_OK) {
        status = start_reader();
        if (status != ZX_OK) {
            zx_handle_close(reader_end);
        }
    }
    if (status != ZX_OK) {
        (void)report("mon", "no console input", status);
    }
}

zx_koid_t input_reader_koid(void)
{
    return reader_koid;
}

static void queue_put(char c)
{
    if (queue_used < QUEUE_SIZE) {
        queue[(queue_start + queue_used++) % QUEUE_SIZE] = c;
    }
}

// The next character. Without a console there will never be one: sleeps for ever.
static char get_char(void)
{
    char c = 0;
    uint32_t size;

    if (queue_used != 0) {
        c = queue[queue_start];
        queue_start = (queue_start + 1) % QUEUE_SIZE;
        queue_used--;
        return c;
    }
    for (;;) {
        zx_status_t status = zx_channel_read(input_end, 0, &c, NULL, 1, 0, &size, NULL);

        if (status == ZX_OK) {
            return c;
        }
        if (status == ZX_ERR_SHOULD_WAIT) {
            status = zx_object_wait_one(input_end, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                        ZX_TIME_INFINITE, NULL);
        }
        if (status != ZX_OK) {
            console_printf("mon: the console is gone (%s)\n", zx_status_get_string(status));
            (void)zx_nanosleep(ZX_TIME_INFINITE);
        }
    }
}

// Moves what was typed into the queue. True if Ctrl-C was among it.
static bool drain_input(void)
{
    bool interrupted = false;
    uint32_t size;
    char c;

    while (zx_channel_read(input_end, 0, &c, NULL, 1, 0, &size, NULL) == ZX_OK) {
        if (c == KEY_CTRL_C) {
            interrupted = true;
            queue_used = 0;
        } else {
            queue_put(c);
        }
    }
    return interrupted;
}

zx_status_t input_wait(zx_handle_t handle, zx_signals_t signals)
{
    zx_wait_item_t items[2] = {
        {.handle = handle, .waitfor = signals},
        {.handle = input_end, .waitfor = ZX_CHANNEL_READABLE},
    };
    size_t count = input_end == ZX_HANDLE_INVALID ? 1 : 2;

    for (;;) {
        zx_status_t status = zx_object_wait_many(items, count, ZX_TIME_INFINITE);

        if (status != ZX_OK || (items[0].pending & signals) != 0) {
            return status;
        }
        if (drain_input()) {
            console_printf("^C\n");
            return ZX_ERR_CANCELED;
        }
    }
}

static void erase(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        console_write("\b \b", 3);
    }
}

// Reads the rest of an escape sequence (a cursor key or the like) and forgets it.
static void skip_escape(void)
{
    char c = get_char();

    if (c != '[' && c != 'O') {
        return;
    }
    do {
        c = get_char();
    } while (c >= 0x20 && c < 0x40); // parameters; the final character ends it
}

void input_line(char *line, size_t size)
{
    size_t used = 0;

    for (;;) {
        char c = get_char();

        switch (c) {
        case '\r':
        case '\n':
            console_write("\n", 1);
            line[used] = '\0';
            return;
        case KEY_CTRL_C:
            console_write("^C\n", 3);
            line[0] = '\0';
            return;
        case KEY_CTRL_U:
            erase(used);
            used = 0;
            break;
        case KEY_BACKSPACE:
        case KEY_DELETE:
            erase(used != 0);
            used -= used != 0;
            break;
        case KEY_ESCAPE: skip_escape(); break;
        case '\t': c = ' '; __attribute__((fallthrough));
        default:
            if (c < 0x20 || c > 0x7e) {
                break;
            }
            if (used == size - 1) {
                console_write("\a", 1);
                break;
            }
            line[used++] = c;
            console_write(&c, 1);
            break;
        }
    }
}
