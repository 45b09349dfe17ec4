// SPDX-License-Identifier: MIT
//
// What ioctl() can do with a terminal: its modes and its size, by the protocol `terminal`.

#include "fd_impl.h"
#include "fd_protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

_Static_assert(sizeof(((struct termios *)0)->c_cc) == 32, "terminal_attributes.cc");

static long get_modes(struct description *d, struct termios *out)
{
    struct terminal_attributes attributes;
    zx_status_t status = terminal_get_attributes(d->handle, __fd_server_deadline(), &attributes);

    if (status != ZX_OK) {
        return __fd_error(status);
    }
    *out = (struct termios){
        .c_iflag = attributes.iflag,
        .c_oflag = attributes.oflag,
        .c_cflag = attributes.cflag,
        .c_lflag = attributes.lflag,
        .__c_ispeed = attributes.cflag & CBAUD,
        .__c_ospeed = attributes.cflag & CBAUD,
    };
    memcpy(out->c_cc, attributes.cc, sizeof(out->c_cc));
    return 0;
}

static long set_modes(struct description *d, uint32_t when, const struct termios *modes)
{
    struct terminal_attributes attributes = {
        .iflag = modes->c_iflag,
        .oflag = modes->c_oflag,
        .cflag = modes->c_cflag,
        .lflag = modes->c_lflag,
    };

    memcpy(attributes.cc, modes->c_cc, sizeof(attributes.cc));
    // To wait until all output is written is to wait for a line as slow as it likes.
    return __fd_error(terminal_set_attributes(
        d->handle, when == TERMINAL_NOW ? __fd_server_deadline() : ZX_TIME_INFINITE, when,
        &attributes));
}

static long get_size(struct description *d, struct winsize *out)
{
    uint32_t columns = 0, rows = 0;
    zx_status_t status = terminal_get_size(d->handle, __fd_server_deadline(), &columns, &rows);

    if (status != ZX_OK) {
        return __fd_error(status);
    }
    *out = (struct winsize){
        .ws_col = (unsigned short)(columns <= UINT16_MAX ? columns : 0),
        .ws_row = (unsigned short)(rows <= UINT16_MAX ? rows : 0),
    };
    return 0;
}

static long flush(struct description *d, intptr_t queue)
{
    if (queue < TERMINAL_QUEUE_INPUT || queue > TERMINAL_QUEUE_BOTH) {
        return -EINVAL;
    }
    return __fd_error(terminal_flush(d->handle, __fd_server_deadline(), (uint32_t)queue));
}

// tcdrain(): setting the modes that are set already waits for the output.
static long drain(struct description *d)
{
    struct termios modes;
    long result = get_modes(d, &modes);

    return result != 0 ? result : set_modes(d, TERMINAL_DRAIN, &modes);
}

long __fd_terminal_control(struct description *d, unsigned request, void *argument)
{
    const struct winsize *size = argument;

    switch (request) {
    case TCGETS: return get_modes(d, argument);
    case TCSETS: return set_modes(d, TERMINAL_NOW, argument);
    case TCSETSW: return set_modes(d, TERMINAL_DRAIN, argument);
    case TCSETSF: return set_modes(d, TERMINAL_FLUSH, argument);
    case TIOCGWINSZ: return get_size(d, argument);
    case TIOCSWINSZ:
        return __fd_error(
            terminal_set_size(d->handle, __fd_server_deadline(), size->ws_col, size->ws_row));
    case TCFLSH: return flush(d, (intptr_t)argument);
    case TCSBRK: return (intptr_t)argument != 0 ? drain(d) : 0; // 0: a break; the line has none
    case TCXONC: return -EINVAL;
    default: return -ENOTTY;
    }
}
