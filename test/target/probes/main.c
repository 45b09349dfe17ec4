// SPDX-License-Identifier: MIT
// Runs one probe (its main is probe_main) and ends the run as scripts/run --cmd expects. The probe
// takes the root resource for itself: it gets a duplicate, powering off needs the other.
//
// Between them the probes hold these calls (each in every state and with every error they can reach):
// CALLS(zx_object_signal, zx_object_signal_peer, zx_event_create, zx_eventpair_create)
// CALLS(zx_object_wait_one, zx_object_wait_many, zx_object_wait_async)
// CALLS(zx_timer_create, zx_timer_set, zx_timer_cancel, zx_clock_get, zx_nanosleep, zx_deadline_after)
// CALLS(zx_fifo_create, zx_fifo_read, zx_fifo_write, zx_port_create, zx_port_queue, zx_port_wait)
// CALLS(zx_socket_create, zx_socket_read, zx_socket_write, zx_socket_shutdown, zx_socket_share)
// CALLS(zx_socket_accept, zx_futex_wait, zx_futex_wake, zx_futex_requeue, zx_futex_get_owner)
// CALLS(zx_futex_wake_single_owner, zx_futex_requeue_single_owner, zx_futex_wait_deprecated)
// CALLS(zx_futex_requeue_deprecated, zx_vmo_create, zx_vmo_read, zx_vmo_write, zx_vmo_get_size)
// CALLS(zx_vmo_set_size, zx_vmo_op_range, zx_vmo_clone, zx_vmo_set_cache_policy)
#include <crt/crt.h>
#include <minilib/session.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

int probe_main(void);
zx_handle_t probe_take_startup_handle(uint32_t info);

static zx_handle_t root;

zx_handle_t probe_take_startup_handle(uint32_t info)
{
    zx_handle_t handle = ZX_HANDLE_INVALID;
    if (info == PA_HND(PA_RESOURCE, 0))
        zx_handle_duplicate(root, ZX_RIGHT_SAME_RIGHTS, &handle);
    else
        handle = zx_take_startup_handle(info);
    return handle;
}

int main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    root = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0));
    int result = probe_main();
    const char *nonce = environment_get("jacinth.nonce");
    if (nonce != NULL)
        session_end(nonce, result, root);
    return result;
}
