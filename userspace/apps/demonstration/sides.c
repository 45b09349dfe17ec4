// SPDX-License-Identifier: MIT
//
// The two sides of the demo; each has one end of a channel.
//
//   ping  makes a VMO, writes into it, sends it through the channel; waits for the answer and finds
//         in the shared memory what pong wrote there; tells the conductor by an event; waits until
//         the channel says that pong is gone, which is how it ends well.
//   pong  receives the VMO, reads it, writes an answer into it, sends a message; then reads the
//         channel for ever, until the conductor ends it.
//
// Every step that fails ends the side with an exit code of its own. Handles go with the process. No
// C library is needed.

#include "sides.h"

#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#define SHARED_SIZE 4096u

static const char greeting[] = "written by ping";
static const char answer[] = "written by pong";

static int failed(const char *side, const char *step, zx_status_t status, int code)
{
    demo_say("%s: %s: %s\n", side, step, zx_status_get_string(status));
    return code;
}

// Maps the whole VMO to be read and written.
static zx_status_t map_shared(zx_handle_t vmo, char **out)
{
    zx_vaddr_t address = 0;
    zx_status_t status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
                                     vmo, 0, SHARED_SIZE, &address);

    *out = (char *)address;
    return status;
}

static zx_status_t wait_readable(zx_handle_t channel)
{
    zx_signals_t seen = 0;
    zx_status_t status = zx_object_wait_one(channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                            ZX_TIME_INFINITE, &seen);

    if (status == ZX_OK && (seen & ZX_CHANNEL_READABLE) == 0) {
        return ZX_ERR_PEER_CLOSED;
    }
    return status;
}

// Makes the VMO, writes the greeting into it and sends it.
static int send_memory(zx_handle_t channel, char **out_shared)
{
    zx_handle_t vmo, sent;
    zx_status_t status = zx_vmo_create(SHARED_SIZE, 0, &vmo);

    if (status != ZX_OK || (status = map_shared(vmo, out_shared)) != ZX_OK) {
        return failed("ping", "no shared memory", status, 10);
    }
    __builtin_memcpy(*out_shared, greeting, sizeof(greeting));
    status = zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &sent);
    if (status != ZX_OK) {
        return failed("ping", "the VMO's handle cannot be duplicated", status, 11);
    }
    status = zx_channel_write(channel, 0, greeting, sizeof(greeting), &sent, 1);
    if (status != ZX_OK) {
        return failed("ping", "the message cannot be sent", status, 12);
    }
    demo_say("ping: sent a VMO of %u bytes, which says \"%s\"\n", SHARED_SIZE, *out_shared);
    return 0;
}

static int take_answer(zx_handle_t channel, const char *shared)
{
    char message[64];
    uint32_t size;
    zx_status_t status = wait_readable(channel);

    if (status == ZX_OK) {
        status = zx_channel_read(channel, 0, message, NULL, sizeof(message), 0, &size, NULL);
    }
    if (status != ZX_OK) {
        return failed("ping", "no answer", status, 13);
    }
    demo_say("ping: got an answer; the VMO now says \"%s\"\n", shared);
    if (__builtin_memcmp(shared, answer, sizeof(answer)) != 0) {
        return failed("ping", "the memory is not shared", ZX_ERR_BAD_STATE, 14);
    }
    return 0;
}

static int ping(zx_handle_t channel, zx_handle_t event)
{
    char *shared = NULL;
    int code = send_memory(channel, &shared);

    if (code == 0) {
        code = take_answer(channel, shared);
    }
    if (code != 0) {
        return code;
    }
    zx_status_t status = zx_object_signal(event, 0, ZX_EVENT_SIGNALED);

    if (status != ZX_OK) {
        return failed("ping", "the event cannot be signalled", status, 15);
    }
    status = zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, ZX_TIME_INFINITE, NULL);
    if (status != ZX_OK) {
        return failed("ping", "waiting for pong's end", status, 16);
    }
    demo_say("ping: the channel says PEER_CLOSED: pong is gone\n");
    status = zx_channel_write(channel, 0, greeting, sizeof(greeting), NULL, 0);
    if (status != ZX_ERR_PEER_CLOSED) {
        return failed("ping", "a message to nobody", status, 17);
    }
    return 0;
}

static int pong(zx_handle_t channel)
{
    zx_handle_t vmo;
    char message[64];
    uint32_t size, count = 0;
    char *shared;
    zx_status_t status = wait_readable(channel);

    if (status == ZX_OK) {
        status = zx_channel_read(channel, 0, message, &vmo, sizeof(message), 1, &size, &count);
    }
    if (status != ZX_OK || count != 1) {
        return failed("pong", "no message with a handle", status, 20);
    }
    status = map_shared(vmo, &shared);
    if (status != ZX_OK) {
        return failed("pong", "the VMO cannot be mapped", status, 21);
    }
    demo_say("pong: got \"%.*s\" and a VMO, which says \"%s\"\n", (int)size, message, shared);
    __builtin_memcpy(shared, answer, sizeof(answer));
    status = zx_channel_write(channel, 0, answer, sizeof(answer), NULL, 0);
    if (status != ZX_OK) {
        return failed("pong", "the answer cannot be sent", status, 22);
    }
    status = wait_readable(channel); // for ever: the conductor ends this process
    return failed("pong", "unexpectedly woken", status, 23);
}

int demo_play(const char *role, zx_handle_t channel, zx_handle_t event)
{
    if (channel != ZX_HANDLE_INVALID && role[0] == 'p' && role[1] == 'i') {
        return ping(channel, event);
    }
    if (channel != ZX_HANDLE_INVALID && role[0] == 'p' && role[1] == 'o') {
        return pong(channel);
    }
    return 2;
}
