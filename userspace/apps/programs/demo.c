// SPDX-License-Identifier: MIT
//
// bin/demo ROLE: the two sides of the monitor's demo. Both have one end of a channel (PA_USER0).
//
//   ping  makes a VMO, writes into it, sends it through the channel; waits for the answer and finds
//         in the shared memory what pong wrote there; tells the monitor by an event (PA_USER1); waits
//         until the channel says that pong is gone, which is how it ends well.
//   pong  receives the VMO, reads it, writes an answer into it, sends a message; then reads the
//         channel for ever.
//
// Every step that fails ends the process with an exit code of its own.

#include <crt/crt.h>
#include <minilib/console.h>
#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#define SHARED_SIZE 4096u

static const char greeting[] = "written by ping";
static const char answer[] = "written by pong";

static void __attribute__((noreturn))
fail(const char *role, const char *step, zx_status_t status, int code)
{
    console_printf("%s: %s: %s\n", role, step, zx_status_get_string(status));
    zx_process_exit(code);
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

static int ping(zx_handle_t channel)
{
    zx_handle_t event = zx_take_startup_handle(PA_HND(PA_USER1, 0));
    zx_handle_t vmo, sent;
    char message[64];
    uint32_t size;
    char *shared;
    zx_status_t status = zx_vmo_create(SHARED_SIZE, 0, &vmo);

    if (status != ZX_OK || (status = map_shared(vmo, &shared)) != ZX_OK) {
        fail("ping", "no shared memory", status, 10);
    }
    memcpy(shared, greeting, sizeof(greeting));
    status = zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &sent);
    if (status != ZX_OK) {
        fail("ping", "the VMO's handle cannot be duplicated", status, 11);
    }
    status = zx_channel_write(channel, 0, greeting, sizeof(greeting), &sent, 1);
    if (status != ZX_OK) {
        fail("ping", "the message cannot be sent", status, 12);
    }
    console_printf("ping: sent a VMO of %u bytes, which says \"%s\"\n", SHARED_SIZE, shared);
    status = wait_readable(channel);
    if (status == ZX_OK) {
        status = zx_channel_read(channel, 0, message, NULL, sizeof(message), 0, &size, NULL);
    }
    if (status != ZX_OK) {
        fail("ping", "no answer", status, 13);
    }
    console_printf("ping: got an answer; the VMO now says \"%s\"\n", shared);
    if (strcmp(shared, answer) != 0) {
        fail("ping", "the memory is not shared", ZX_ERR_BAD_STATE, 14);
    }
    status = zx_object_signal(event, 0, ZX_EVENT_SIGNALED);
    if (status != ZX_OK) {
        fail("ping", "the event cannot be signalled", status, 15);
    }
    status = zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, ZX_TIME_INFINITE, NULL);
    if (status != ZX_OK) {
        fail("ping", "waiting for pong's end", status, 16);
    }
    console_printf("ping: the channel says PEER_CLOSED: pong is gone\n");
    status = zx_channel_write(channel, 0, greeting, sizeof(greeting), NULL, 0);
    if (status != ZX_ERR_PEER_CLOSED) {
        fail("ping", "a message to nobody", status, 17);
    }
    return 0;
}

static int pong(zx_handle_t channel)
{
    zx_handle_t vmo;
    char message[64];
    uint32_t size, count;
    char *shared;
    zx_status_t status = wait_readable(channel);

    if (status == ZX_OK) {
        status = zx_channel_read(channel, 0, message, &vmo, sizeof(message), 1, &size, &count);
    }
    if (status != ZX_OK || count != 1) {
        fail("pong", "no message with a handle", status, 20);
    }
    status = map_shared(vmo, &shared);
    if (status != ZX_OK) {
        fail("pong", "the VMO cannot be mapped", status, 21);
    }
    console_printf("pong: got \"%.*s\" and a VMO, which says \"%s\"\n", (int)size, message, shared);
    memcpy(shared, answer, sizeof(answer));
    status = zx_channel_write(channel, 0, answer, sizeof(answer), NULL, 0);
    if (status != ZX_OK) {
        fail("pong", "the answer cannot be sent", status, 22);
    }
    status = wait_readable(channel); // for ever: the monitor ends this process
    fail("pong", "unexpectedly woken", status, 23);
}

int main(int argc, char **argv, char **envp)
{
    zx_handle_t channel = zx_take_startup_handle(PA_HND(PA_USER0, 0));

    (void)envp;
    if (argc == 2 && channel != ZX_HANDLE_INVALID) {
        if (strcmp(argv[1], "ping") == 0) {
            return ping(channel);
        }
        if (strcmp(argv[1], "pong") == 0) {
            return pong(channel);
        }
    }
    console_printf("demo: to be started by the monitor's command demo\n");
    return 2;
}
