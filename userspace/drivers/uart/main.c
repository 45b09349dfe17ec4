// SPDX-License-Identifier: MIT
//
// The driver of the console's UART (docs/drivers.md): serves protocol `serial`. Its interrupt and
// registers are asked for when somebody attaches, for with the interrupt the kernel gives the device away; when the
// client goes the driver ends, and the kernel has the device back.
//
//   U1  No more than UART_BURST bytes are taken from the stream, and only when the device has room for them.
//   U2  SERIAL_SENT is set when bytes went to the device and nothing is left in the stream, once for them.
//   U3  With nothing in the stream the watch waits for more; with no room the interrupt does. Never both.
//
// One thread; no locks.

#include "uart.h"

#include <stdlib.h>

#include <driver/driver.h>
#include <protocol/serial.h>
#include <vfs/loop.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

_Static_assert(SERIAL_SENT == ZX_USER_SIGNAL_0 && SERIAL_HELD == UART_BURST, "protocol serial");

// Bytes that are passed on at once.
#define INPUT_PIECE 256u

static struct driver_registers registers;
static struct uart uart;
static struct vfs_loop *loop;
static zx_handle_t stream;
static struct vfs_watch more;
static struct vfs_interrupt interrupt;
static bool waits_for_room; // U3
static bool sent_some;      // U2
static void *owner;         // the session that has attached
static bool lost_input;     // told already

static uint32_t read8(void *context, size_t at)
{
    return driver_read8(context, at);
}

static void write8(void *context, size_t at, uint32_t value)
{
    driver_write8(context, at, (uint8_t)value);
}

static uint32_t read32(void *context, size_t at)
{
    return driver_read32(context, at);
}

static void write32(void *context, size_t at, uint32_t value)
{
    driver_write32(context, at, value);
}

// ---- output -------------------------------------------------------------------------------------

static void stream_is_empty(void)
{
    if (sent_some) {
        sent_some = false;
        (void)zx_object_signal_peer(stream, 0, SERIAL_SENT);
    }
    waits_for_room = false;
    uart.kind->want_room(&uart, false);
    if (!more.active && vfs_watch_start(loop, &more) != ZX_OK) {
        exit(1); // a new process does better
    }
}

static void pump(void)
{
    uint32_t room;

    while ((room = uart.kind->room(&uart)) != 0) {
        uint8_t bytes[UART_BURST];
        size_t count = 0;
        zx_status_t status = zx_socket_read(stream, 0, bytes, room, &count);

        if (status == ZX_ERR_SHOULD_WAIT) {
            stream_is_empty();
            return;
        }
        if (status != ZX_OK) {
            exit(0); // the client is gone
        }
        for (size_t i = 0; i < count; i++) {
            uart.kind->put(&uart, bytes[i]);
        }
        sent_some = true;
    }
    waits_for_room = true;
    uart.kind->want_room(&uart, true);
}

static void stream_has_more(void *context, zx_signals_t observed)
{
    (void)context;
    (void)observed;
    pump();
}

// ---- input --------------------------------------------------------------------------------------

static void pass_on(const uint8_t *bytes, size_t count)
{
    size_t written = 0;

    (void)zx_socket_write(stream, 0, bytes, count, &written);
    if (written != count && !lost_input) {
        lost_input = true;
        driver_say("nobody reads what arrives: dropped", ZX_OK);
    }
}

// All that is there: a PL011 whose FIFO is not emptied need not interrupt again.
static void take_input(void)
{
    uint8_t bytes[INPUT_PIECE];
    size_t count;

    do {
        count = 0;
        while (count < sizeof(bytes) && uart.kind->get(&uart, &bytes[count])) {
            count++;
        }
        if (count != 0) {
            pass_on(bytes, count);
        }
    } while (count == sizeof(bytes));
}

static void fired(void *context, zx_time_t when)
{
    (void)context;
    (void)when;
    uart.kind->acknowledge(&uart);
    take_input();
    if (waits_for_room) {
        pump();
    }
}

// ---- who has attached ---------------------------------------------------------------------------

// Takes the device.
static zx_status_t take_device(void)
{
    zx_status_t status = driver_ask_interrupt(0, &interrupt.handle);

    if (status == ZX_OK) {
        status = driver_ask_registers(0, uart.kind->registers << uart.shift, &registers);
    }
    if (status == ZX_OK) {
        interrupt.fired = fired;
        status = vfs_interrupt_start(loop, &interrupt);
    }
    if (status == ZX_OK) {
        uart.kind->start(&uart);
        take_input(); // what the device does not interrupt for any more
        more = (struct vfs_watch){
            .handle = stream,
            .signals = ZX_SOCKET_READABLE | ZX_SOCKET_PEER_CLOSED,
            .fired = stream_has_more,
        };
        status = vfs_watch_start(loop, &more);
    }
    return status;
}

static void attach(void *context, const struct ipc_request *request, zx_handle_t handle)
{
    zx_handle_t process;
    zx_status_t status = ZX_ERR_ALREADY_BOUND;

    if (owner != NULL) {
        zx_handle_close(handle);
        (void)serial_reply_attach(request, status, ZX_HANDLE_INVALID);
        return;
    }
    owner = context;
    stream = handle;
    status = zx_handle_duplicate(zx_process_self(), ZX_RIGHT_WAIT | ZX_RIGHT_DESTROY | ZX_RIGHT_TRANSFER,
                                 &process);
    if (status == ZX_OK) {
        status = take_device();
    }
    (void)serial_reply_attach(request, status, status == ZX_OK ? process : ZX_HANDLE_INVALID);
    if (status != ZX_OK) {
        driver_say("cannot have the device", status);
        exit(1);
    }
}

static void *begin(void *context)
{
    (void)context;
    return malloc(1); // tells one session from another
}

static void end(void *session)
{
    if (session == owner) {
        exit(0);
    }
    free(session);
}

// ---- the device ---------------------------------------------------------------------------------

static zx_status_t find_kind(void)
{
    static const struct uart_kind *const kinds[] = {&uart_pl011, &uart_dw_apb, &uart_ns16550,
                                                   &uart_aux, &uart_imx};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (driver_is_one_of(kinds[i]->compatible)) {
            uart.kind = kinds[i];
            return ZX_OK;
        }
    }
    return ZX_ERR_NOT_SUPPORTED;
}

static zx_status_t find_device(void)
{
    zx_status_t status = find_kind();

    if (status != ZX_OK) {
        return status;
    }
    uart.shift = driver_property_u32("reg-shift", uart.kind->shift);
    bool words = driver_property_u32("reg-io-width", uart.kind->width) == 4;

    uart.read = words ? read32 : read8;
    uart.write = words ? write32 : write8;
    uart.context = &registers;
    if (uart.shift > 3 || (words && uart.shift < 2)) {
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    return ZX_OK;
}

int main(void)
{
    static const struct serial_server server = {.attach = attach};
    zx_status_t status = find_device();

    if (status == ZX_OK) {
        status = vfs_loop_create(&loop);
    }
    if (status == ZX_OK) {
        status = driver_run_sessions(loop, serial_binding(&server, NULL),
                                     (struct vfs_sessions){begin, end});
    }
    if (status != ZX_OK) {
        driver_say("cannot go on", status);
    }
    return status == ZX_OK ? 0 : 1;
}
