// SPDX-License-Identifier: MIT
// Registers of stopped threads (object/thread_state.h): one row a kind.
//
// The thread cannot go on while they are looked at: one that is suspended needs the process's lock for
// that (suspend.c S2), one in an exception needs the exceptions' lock (exception.c E3).
#include <object/thread_state.h>

#include <hal/thread.h>
#include <lib/string.h>
#include <object/exception.h>
#include <object/process.h>

typedef zx_status_t read_fn(const struct hal_thread *t, union thread_state *out);
typedef zx_status_t write_fn(struct hal_thread *t, const union thread_state *in);

static zx_status_t read_general(const struct hal_thread *t, union thread_state *out)
{
    return hal_thread_get_regs(t, &out->general);
}

static zx_status_t write_general(struct hal_thread *t, const union thread_state *in)
{
    return hal_thread_set_regs(t, &in->general);
}

// ARM64 has these among the vector registers.
static zx_status_t read_fp(const struct hal_thread *t, union thread_state *out)
{
    (void)t;
    out->fp.unused = 0;
    return ZX_OK;
}

static zx_status_t write_fp(struct hal_thread *t, const union thread_state *in)
{
    (void)t;
    (void)in;
    return ZX_OK;
}

static zx_status_t read_vector(const struct hal_thread *t, union thread_state *out)
{
    hal_thread_get_vector(t, &out->vector);
    return ZX_OK;
}

static zx_status_t write_vector(struct hal_thread *t, const union thread_state *in)
{
    return hal_thread_set_vector(t, &in->vector);
}

static zx_status_t read_debug(const struct hal_thread *t, union thread_state *out)
{
    hal_thread_get_debug(t, &out->debug);
    return ZX_OK;
}

static zx_status_t write_debug(struct hal_thread *t, const union thread_state *in)
{
    return hal_thread_set_debug(t, &in->debug);
}

static zx_status_t read_step(const struct hal_thread *t, union thread_state *out)
{
    out->step = hal_thread_get_step(t);
    return ZX_OK;
}

static zx_status_t write_step(struct hal_thread *t, const union thread_state *in)
{
    if (in->step > 1)
        return ZX_ERR_INVALID_ARGS;
    hal_thread_set_step(t, in->step != 0);
    return ZX_OK;
}

static zx_status_t read_x86(const struct hal_thread *t, union thread_state *out)
{
    (void)t;
    (void)out;
    return ZX_ERR_INVALID_ARGS;
}

static zx_status_t write_x86(struct hal_thread *t, const union thread_state *in)
{
    (void)t;
    (void)in;
    return ZX_ERR_INVALID_ARGS;
}

struct state_kind {
    size_t size;      // bytes; 0: no such kind
    bool needs_frame; // not there before the first user instruction and after the last one
    read_fn *read;
    write_fn *write;
};

static const struct state_kind kinds[] = {
    [ZX_THREAD_STATE_GENERAL_REGS] = {sizeof(zx_thread_state_general_regs_t), true, read_general,
                                      write_general},
    [ZX_THREAD_STATE_FP_REGS] = {sizeof(zx_thread_state_fp_regs_t), false, read_fp, write_fp},
    [ZX_THREAD_STATE_VECTOR_REGS] = {sizeof(zx_thread_state_vector_regs_t), false, read_vector,
                                     write_vector},
    [ZX_THREAD_STATE_DEBUG_REGS] = {sizeof(zx_thread_state_debug_regs_t), false, read_debug,
                                    write_debug},
    [ZX_THREAD_STATE_SINGLE_STEP] = {sizeof(zx_thread_state_single_step_t), true, read_step,
                                     write_step},
    [ZX_THREAD_X86_REGISTER_FS] = {sizeof(uint64_t), false, read_x86, write_x86},
    [ZX_THREAD_X86_REGISTER_GS] = {sizeof(uint64_t), false, read_x86, write_x86},
};

size_t thread_state_size(uint32_t kind)
{
    return kind < countof(kinds) ? kinds[kind].size : 0;
}

// One access to a thread's state, in one direction.
struct access {
    struct uthread *thread;
    const struct state_kind *kind;
    union thread_state *out; // NULL: write
    const union thread_state *in;
    zx_status_t status;
};

static void access_stopped(void *ctx, bool frame)
{
    struct access *a = ctx;
    struct hal_thread *t = &a->thread->thread.hal;
    if (!frame && a->kind->needs_frame)
        a->status = ZX_ERR_NOT_SUPPORTED;
    else
        a->status = a->out != NULL ? a->kind->read(t, a->out) : a->kind->write(t, a->in);
}

static zx_status_t access_state(struct access *a)
{
    struct uthread *t = a->thread;
    a->status = ZX_ERR_BAD_STATE;
    mutex_lock(t->obj.lock);
    if (t->state == UTHREAD_RUNNING && t->suspended)
        access_stopped(a, true);
    else
        (void)exception_hold(t, access_stopped, a);
    mutex_unlock(t->obj.lock);
    return a->status;
}

zx_status_t thread_state_read(struct uthread *t, uint32_t kind, union thread_state *out)
{
    struct access a = {.thread = t, .kind = &kinds[kind], .out = out};
    return access_state(&a);
}

zx_status_t thread_state_write(struct uthread *t, uint32_t kind, const union thread_state *in)
{
    struct access a = {.thread = t, .kind = &kinds[kind], .in = in};
    return access_state(&a);
}
