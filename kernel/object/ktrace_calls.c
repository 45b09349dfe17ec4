// SPDX-License-Identifier: MIT
// System calls in the kernel's trace (interface: object/ktrace.h): the begin and end of each, and what those
// of channels, ports and single waits were about.
//
// All here runs only while calls are traced, in the calling thread with nothing held: before the call, in
// the slow way in, and after it, at the boundary. The calls themselves know nothing of it. So a record is
// of what the handle meant a moment before, and of what user memory says a moment after; what is not there
// by then is recorded as 0, and no page is brought in for it.
// Locks: none.
#include <object/ktrace.h>

#include <hal/usercopy.h>
#include <object/channel.h>
#include <object/port.h>
#include <object/process.h>
#include <object/uthread.h>
#include <zircon/zx-syscall-numbers.h>

#define LOW(value)  ((uint32_t)(value))
#define HIGH(value) ((uint32_t)((uint64_t)(value) >> 32))

static void record(uint32_t event, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    ktrace_record_args(event, (uint32_t[4]){a, b, c, d});
}

// The caller's `handle`, referenced; NULL: it is none, or not good for that. A handle that is none is for
// the call itself to complain about.
static struct object *look_up(uint64_t handle, const struct object_ops *ops, zx_rights_t rights)
{
    struct handle_table *table = &process_current()->handles;
    struct object *obj;
    if (!handle_valid(table, (zx_handle_t)handle) ||
        handle_lookup(table, (zx_handle_t)handle, ops, rights, &obj, NULL) != ZX_OK)
        return NULL;
    return obj;
}

static uint32_t koid_of(uint64_t handle, const struct object_ops *ops, zx_rights_t rights)
{
    struct object *obj = look_up(handle, ops, rights);
    if (obj == NULL)
        return 0;
    uint32_t koid = LOW(obj->koid);
    object_unref(obj);
    return koid;
}

static uint32_t user_word(uint64_t address)
{
    uint32_t word;
    return hal_user_read_u32_at_once(&word, address) == ZX_OK ? word : 0;
}

// --- Before the call ------------------------------------------------------------------------------

static uint32_t wait_one_begins(const uint64_t args[8])
{
    struct object *obj = look_up(args[0], NULL, ZX_RIGHT_WAIT);
    if (obj == NULL)
        return 0;
    uint32_t koid = object_waitable(obj) ? LOW(obj->koid) : 0;
    object_unref(obj);
    if (koid != 0)
        record(KTRACE_WAIT_ONE, koid, LOW(args[1]), LOW(args[2]), HIGH(args[2]));
    return koid;
}

static uint32_t port_wait_begins(const uint64_t args[8])
{
    uint32_t koid = koid_of(args[0], &port_ops, ZX_RIGHT_READ);
    if (koid != 0)
        record(KTRACE_PORT_WAIT, koid, 0, 0, 0);
    return koid;
}

// The koid of what the call is about, for its end.
static uint32_t ipc_begins(const struct uthread *t, uint64_t number, const uint64_t args[8])
{
    switch (number) {
    case ZX_SYS_object_wait_one: return wait_one_begins(args);
    case ZX_SYS_port_wait: return port_wait_begins(args);
    case ZX_SYS_port_queue: return koid_of(args[0], &port_ops, ZX_RIGHT_WRITE);
    case ZX_SYS_channel_write: return koid_of(args[0], &channel_ops, ZX_RIGHT_WRITE);
    case ZX_SYS_channel_read:
    case ZX_SYS_channel_read_etc: return koid_of(args[0], &channel_ops, ZX_RIGHT_READ);
    case ZX_SYS_channel_call_noretry:
        return koid_of(args[0], &channel_ops, ZX_RIGHT_READ | ZX_RIGHT_WRITE);
    case ZX_SYS_channel_call_finish:
        return channel_call_pending(&t->call) ? LOW(t->call.channel->koid) : 0;
    default: return 0;
    }
}

// --- After the call --------------------------------------------------------------------------------

static void wait_one_done(uint32_t koid, zx_status_t status, const uint64_t args[8])
{
    if (koid != 0)
        record(KTRACE_WAIT_ONE_DONE, koid, (uint32_t)status, user_word(args[3]), 0);
}

static void port_wait_done(uint32_t koid, zx_status_t status)
{
    if (koid != 0)
        record(KTRACE_PORT_WAIT_DONE, koid, (uint32_t)status, 0, 0);
}

static void created(uint32_t event, uint64_t handle0, uint64_t handle1,
                    const struct object_ops *ops)
{
    record(event, koid_of(user_word(handle0), ops, 0),
           handle1 != 0 ? koid_of(user_word(handle1), ops, 0) : 0, 0, 0);
}

// A reader need not ask for the sizes: then these are those of its room.
static void channel_read_done(uint32_t koid, const uint64_t args[8])
{
    record(KTRACE_CHANNEL_READ, koid, args[6] != 0 ? user_word(args[6]) : LOW(args[4]),
           args[7] != 0 ? user_word(args[7]) : LOW(args[5]), 0);
}

static void reply_read(uint32_t koid, uint64_t actual_bytes, uint64_t actual_handles)
{
    record(KTRACE_CHANNEL_READ, koid, user_word(actual_bytes), user_word(actual_handles), 0);
}

static void call_done(uint32_t koid, zx_status_t status, const uint64_t args[8])
{
    zx_channel_call_args_t what;
    user_faults_disable();
    if (hal_copy_from_user(&what, args[3], sizeof(what)) != ZX_OK)
        what = (zx_channel_call_args_t){0};
    user_faults_enable();
    // The other ways to fail may have come before the message was sent.
    if (status == ZX_OK || status == ZX_ERR_TIMED_OUT || status == ZX_ERR_INTERNAL_INTR_RETRY)
        record(KTRACE_CHANNEL_WRITE, koid, what.wr_num_bytes, what.wr_num_handles, 0);
    if (status == ZX_OK)
        reply_read(koid, args[4], args[5]);
}

// args[0] is not the call's any more.
static void ipc_done(uint64_t number, uint32_t koid, zx_status_t status, const uint64_t args[8])
{
    const bool ok = status == ZX_OK;
    if (number == ZX_SYS_object_wait_one)
        wait_one_done(koid, status, args);
    else if (number == ZX_SYS_port_wait)
        port_wait_done(koid, status);
    else if (number == ZX_SYS_channel_call_noretry)
        call_done(koid, status, args);
    else if (ok && number == ZX_SYS_channel_call_finish)
        reply_read(koid, args[2], args[3]);
    else if (ok && (number == ZX_SYS_channel_read || number == ZX_SYS_channel_read_etc))
        channel_read_done(koid, args);
    else if (ok && number == ZX_SYS_channel_write)
        record(KTRACE_CHANNEL_WRITE, koid, LOW(args[3]), LOW(args[5]), 0);
    else if (ok && number == ZX_SYS_channel_create)
        created(KTRACE_CHANNEL_CREATE, args[1], args[2], &channel_ops);
    else if (ok && number == ZX_SYS_port_create)
        created(KTRACE_PORT_CREATE, args[1], 0, &port_ops);
    else if (ok && number == ZX_SYS_port_queue)
        record(KTRACE_PORT_QUEUE, koid, sizeof(zx_port_packet_t), 0, 0);
}

// --- Both ----------------------------------------------------------------------------------------

static void record_number(uint32_t event, uint64_t number)
{
    preempt_disable();
    uint32_t cpu = hal_cpu_num();
    preempt_enable();
    if (ktrace_on(KTRACE_IRQ))
        ktrace_record_short(event, (uint32_t)number << 8 | cpu);
}

void ktrace_call_begins(struct uthread *t, uint64_t number, const uint64_t args[8])
{
    // Twice for one call if tracing starts again just now.
    if (number >= ZX_SYS_COUNT || (thread_pending(&t->thread) & THREAD_PENDING_TRACE))
        return;
    record_number(KTRACE_SYSCALL_ENTER, number);
    t->traced_call = (uint32_t)number;
    t->traced_koid = ktrace_on(KTRACE_IPC) ? ipc_begins(t, number, args) : 0;
    atomic_fetch_or_explicit(&t->thread.hal.pending, THREAD_PENDING_TRACE, memory_order_relaxed);
}

void ktrace_call_done(struct uthread *t)
{
    zx_thread_state_general_regs_t regs;
    thread_clear_pending(&t->thread, THREAD_PENDING_TRACE);
    if (!ktrace_on(KTRACE_CALLS))
        return;
    if (ktrace_on(KTRACE_IPC)) {
        hal_thread_stop();
        if (hal_thread_get_regs(&t->thread.hal, &regs) == ZX_OK)
            ipc_done(t->traced_call, t->traced_koid, (zx_status_t)regs.r[0], regs.r);
        hal_thread_go();
    }
    record_number(KTRACE_SYSCALL_EXIT, t->traced_call);
    // So that the next one is seen as well.
    __atomic_store_n(&t->thread.hal.vdso_code_base, 0, __ATOMIC_SEQ_CST);
}
