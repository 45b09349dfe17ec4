// SPDX-License-Identifier: MIT
//
// Breakpoints of two kinds. In the code of a program that we started, which is a copy of its own: a BRK in
// place of an instruction, by zx_process_write_memory(), which cares for the instruction cache. Elsewhere,
// where others may run the same code (zx_process_write_memory() writes to the VMO that all map, and never to
// the vDSO): a breakpoint register of each thread, which can be set while the thread stands still.

#include "debug.h"

#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#include "command.h"

#define MAX_BREAKPOINTS 16u
#define MAX_THREADS     256u
#define BRK_0           0xd4200000u
#define ENABLED         1u        // in dbgbcr
#define A_WHILE         ZX_MSEC(10)
#define WHILES          1000u // that a thread may take until it stands still

static struct {
    zx_vaddr_t at;
    bool hardware;
    uint32_t code;   // that belongs there
    bool taken_out;  // for a moment; of a hardware breakpoint
} breakpoints[MAX_BREAKPOINTS];

static unsigned count;

static bool write_code(zx_vaddr_t at, uint32_t code)
{
    size_t actual = 0;

    return zx_process_write_memory(target.process, at, &code, sizeof(code), &actual) == ZX_OK &&
           actual == sizeof(code);
}

// ---- breakpoint registers ----

// Sets a thread's registers to what the list says, in its order. ZX_ERR_NO_RESOURCES: it has too few.
// ZX_ERR_BAD_STATE: it does not stand still.
static zx_status_t set_registers(zx_handle_t thread)
{
    zx_thread_state_debug_regs_t regs;
    unsigned used = 0;
    zx_status_t status =
        zx_thread_read_state(thread, ZX_THREAD_STATE_DEBUG_REGS, &regs, sizeof(regs));

    if (status != ZX_OK)
        return status;
    for (unsigned i = 0; i < regs.hw_bps_count; i++)
        regs.hw_bps[i].dbgbvr = regs.hw_bps[i].dbgbcr = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!breakpoints[i].hardware || breakpoints[i].taken_out)
            continue;
        if (used == regs.hw_bps_count)
            return ZX_ERR_NO_RESOURCES;
        regs.hw_bps[used].dbgbvr = breakpoints[i].at;
        regs.hw_bps[used++].dbgbcr = ENABLED;
    }
    return zx_thread_write_state(thread, ZX_THREAD_STATE_DEBUG_REGS, &regs, sizeof(regs));
}

// The same for one that may run. A thread in an exception is not suspended before that is answered, but
// stands still.
static zx_status_t stop_and_set(zx_handle_t thread)
{
    zx_handle_t token;
    zx_status_t status = zx_task_suspend_token(thread, &token);

    if (status != ZX_OK)
        return status == ZX_ERR_BAD_STATE ? ZX_OK : status; // it has ended
    status = set_registers(thread);
    for (unsigned i = 0; i < WHILES && status == ZX_ERR_BAD_STATE; i++) {
        zx_signals_t seen = 0;

        (void)zx_object_wait_one(thread, ZX_THREAD_SUSPENDED | ZX_THREAD_TERMINATED,
                                 zx_deadline_after(A_WHILE), &seen);
        status = (seen & ZX_THREAD_TERMINATED) != 0 ? ZX_OK : set_registers(thread);
    }
    zx_handle_close(token);
    return status;
}

// All threads that there are. Those that begin later: breakpoint_thread_begins().
static zx_status_t set_all(void)
{
    static zx_koid_t koids[MAX_THREADS];
    zx_status_t status = ZX_OK;
    size_t threads = 0;

    if (target.ended || zx_object_get_info(target.process, ZX_INFO_PROCESS_THREADS, koids,
                                           sizeof(koids), &threads, NULL) != ZX_OK)
        return ZX_OK;
    for (size_t i = 0; i < threads && status == ZX_OK; i++) {
        zx_handle_t thread;

        if (zx_object_get_child(target.process, koids[i], ZX_RIGHT_SAME_RIGHTS, &thread) != ZX_OK)
            continue; // it has ended
        status = stop_and_set(thread);
        zx_handle_close(thread);
    }
    return status;
}

void breakpoint_thread_begins(void)
{
    for (unsigned i = 0; i < count; i++) {
        if (breakpoints[i].hardware) {
            (void)set_registers(target.thread);
            return;
        }
    }
}

// ---- the list ----

static bool put_hardware(void)
{
    zx_status_t status = set_all();

    if (status == ZX_OK)
        return true;
    count--;
    (void)set_all();
    command_complain("%s", status == ZX_ERR_NO_RESOURCES
                               ? "there are as many hardware breakpoints as the machine has"
                               : zx_status_get_string(status));
    return false;
}

unsigned breakpoint_add(zx_vaddr_t at)
{
    const zx_info_maps_t *map = inspect_mapping_of(target.maps, target.map_count, at);
    const bool own = map != NULL && map->u.mapping.vmo_koid == target.own_code;
    uint32_t code;

    if (breakpoint_at(at) != 0)
        return breakpoint_at(at);
    if (count == MAX_BREAKPOINTS) {
        command_complain("there are %u breakpoints already", count);
        return 0;
    }
    if (at % 4 != 0 || !target_read(NULL, at, &code, sizeof(code)) ||
        (own && !write_code(at, BRK_0))) {
        command_complain("no breakpoint can be put at 0x%llx", (unsigned long long)at);
        return 0;
    }
    breakpoints[count].at = at;
    breakpoints[count].code = code;
    breakpoints[count].hardware = !own;
    breakpoints[count++].taken_out = false;
    return own || put_hardware() ? count : 0;
}

bool breakpoint_is_hardware(unsigned number)
{
    return breakpoints[number - 1].hardware;
}

unsigned breakpoint_at(zx_vaddr_t at)
{
    for (unsigned i = 0; i < count; i++) {
        if (breakpoints[i].at == at)
            return i + 1;
    }
    return 0;
}

void breakpoint_hide(zx_vaddr_t begin, zx_vaddr_t end, uint8_t *bytes)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < sizeof(breakpoints[i].code); k++) {
            const zx_vaddr_t at = breakpoints[i].at + k;

            if (at >= begin && at < end)
                bytes[at - begin] = (uint8_t)(breakpoints[i].code >> 8 * k);
        }
    }
}

void breakpoint_put(unsigned number, bool in)
{
    if (!breakpoints[number - 1].hardware) {
        (void)write_code(breakpoints[number - 1].at, in ? BRK_0 : breakpoints[number - 1].code);
        return;
    }
    breakpoints[number - 1].taken_out = !in;
    (void)set_all();
}

void breakpoint_remove_all(void)
{
    bool hardware = false;

    for (unsigned i = 0; i < count; i++) {
        if (breakpoints[i].hardware)
            hardware = true;
        else
            breakpoint_put(i + 1, false);
    }
    count = 0;
    if (hardware)
        (void)set_all();
}
