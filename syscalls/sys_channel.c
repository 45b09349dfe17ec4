// SPDX-License-Identifier: MIT
// System calls of channels (spec 11 section 1). Writing consumes the handles of the array whatever
// the outcome, unless the array itself cannot be read.
#include "sys_priv.h"

#include <object/channel.h>
#include <object/uthread.h>

zx_status_t sys_channel_create(uint32_t options, struct handle_out *out0, struct handle_out *out1)
{
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = policy_check(ZX_POL_NEW_CHANNEL);
    if (status != ZX_OK)
        return status;
    out0->rights = out1->rights = ZX_DEFAULT_CHANNEL_RIGHTS;
    return channel_create(&out0->object, &out1->object);
}

#define DISCARD_BATCH 64u

// A failing write's duty: closes what is live in the array.
static void discard_handles(user_in_zx_handle_t handles, uint32_t count)
{
    struct handle_table *table = &process_current()->handles;
    while (count > 0 && !sys_killed()) { // what a killed process has left is closed with its table
        zx_handle_t batch[DISCARD_BATCH];
        uint32_t n = MIN(count, DISCARD_BATCH);
        if (user_copy_in(batch, handles, n) != ZX_OK)
            return;
        handle_discard(table, batch, n);
        handles = user_advance(handles, n);
        count -= n;
    }
}

// A write that failed before its handles were looked at consumes them all the same.
static NO_INLINE zx_status_t fail_write(zx_status_t status, user_in_zx_handle_t handles,
                                        uint32_t num_handles)
{
    discard_handles(handles, num_handles);
    return status;
}

// Moves the handles of the array into the packet. On failure they are consumed, or unreadable, and
// the packet is freed.
static NO_INLINE zx_status_t take_handles(struct object *ch, struct packet *p,
                                          user_in_zx_handle_t handles, uint32_t num_handles)
{
    zx_handle_t values[ZX_CHANNEL_MAX_MSG_HANDLES];
    zx_status_t status = num_handles == 1 ? user_read_one(values, handles) // mostly
                                          : user_copy_in(values, handles, num_handles);
    if (likely(status == ZX_OK))
        status = handle_remove_for_message(&process_current()->handles, values, num_handles, ch,
                                           p->handles);
    if (likely(status == ZX_OK))
        p->num_handles = (uint16_t)num_handles;
    else
        packet_free(p);
    return status;
}

// Builds the message of a write or call; the endpoint is `ch`. Checks 3 to 6 of channel_write. The
// handles are consumed in every case.
ALWAYS_INLINE zx_status_t build_packet(struct object *ch, user_in_void bytes, uint32_t num_bytes,
                                       user_in_zx_handle_t handles, uint32_t num_handles,
                                       struct packet **out)
{
    if (unlikely(num_bytes > ZX_CHANNEL_MAX_MSG_BYTES || num_handles > ZX_CHANNEL_MAX_MSG_HANDLES))
        return fail_write(ZX_ERR_OUT_OF_RANGE, handles, num_handles);
    zx_status_t status = packet_from_user(num_bytes, num_handles, bytes.addr, out);
    if (unlikely(status != ZX_OK))
        return fail_write(status, handles, num_handles);
    return likely(num_handles == 0) ? ZX_OK : take_handles(ch, *out, handles, num_handles);
}

zx_status_t sys_channel_write(zx_handle_t handle, uint32_t options, user_in_void bytes,
                              uint32_t num_bytes, user_in_zx_handle_t handles, uint32_t num_handles)
{
    struct object *ch;
    struct packet *p;
    zx_status_t status = ZX_ERR_INVALID_ARGS;
    if (likely(options == 0))
        status = sys_lookup(handle, &channel_ops, ZX_RIGHT_WRITE, &ch);
    if (unlikely(status != ZX_OK))
        return fail_write(status, handles, num_handles);
    status = build_packet(ch, bytes, num_bytes, handles, num_handles, &p);
    if (likely(status == ZX_OK)) {
        status = channel_write(ch, &p);
        if (unlikely(status != ZX_OK))
            packet_free(p);
    }
    object_unref(ch);
    return status;
}

static void close_received(const zx_handle_info_t *infos, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct handle h;
        if (handle_remove(&process_current()->handles, infos[i].handle, 0, &h) == ZX_OK)
            handle_drop(h);
    }
}

// Ends a handle's transit: what it leads to is the caller's now.
ALWAYS_INLINE struct handle receive(struct transit *t)
{
    struct handle h = transit_end(t);
    channel_moved(h.object, &process_current()->handles);
    return h;
}

// Installs the handles of a received packet in the caller's table, all or none; the packet has none
// afterwards. Values, types and rights go to `infos`.
static zx_status_t receive_handles(struct packet *p, zx_handle_info_t *infos)
{
    struct handle_table *table = &process_current()->handles;
    uint32_t count = p->num_handles;
    zx_status_t status = ZX_OK;
    uint32_t done = 0;
    for (; done < count; done++) {
        struct handle h = receive(&p->handles[done]);
        infos[done] = (zx_handle_info_t){ .type = h.object->ops->type, .rights = h.rights };
        status = handle_install(table, h, &infos[done].handle);
        if (status != ZX_OK)
            break;
    }
    p->num_handles = 0;
    if (unlikely(status != ZX_OK)) {
        close_received(infos, done);
        for (; done < count; done++)
            handle_drop(transit_end(&p->handles[done]));
    }
    return status;
}

// Where received handles go: values alone, or with type and rights.
struct handle_sink {
    user_out_zx_handle_t values;
    user_out_zx_handle_info_t infos;
    bool etc;
};

// The same for a single handle whose value goes to the user at once.
static zx_status_t receive_one(struct packet *p, user_out_zx_handle_t value)
{
    struct handle h = receive(&p->handles[0]);
    p->num_handles = 0;
    return handle_out_finish_one(h.object, h.rights | HANDLE_OUT_COUNTED, value.addr);
}

// Hands a taken message with handles to the user: bytes, then handles. Frees the packet.
static NO_INLINE zx_status_t deliver_handles(struct packet *p, user_out_void bytes,
                                             const struct handle_sink *sink)
{
    zx_handle_info_t infos[ZX_CHANNEL_MAX_MSG_HANDLES];
    uint32_t count = p->num_handles;
    zx_status_t status = packet_drain_user(p, bytes.addr);
    if (unlikely(status != ZX_OK))
        goto out;
    if (likely(count == 1 && !sink->etc)) {
        status = receive_one(p, sink->values);
        goto out;
    }
    status = receive_handles(p, infos);
    if (unlikely(status != ZX_OK))
        goto out;
    if (sink->etc) {
        status = user_copy_out(sink->infos, infos, count);
    } else {
        zx_handle_t values[ZX_CHANNEL_MAX_MSG_HANDLES];
        for (uint32_t i = 0; i < count; i++)
            values[i] = infos[i].handle;
        status = user_copy_out(sink->values, values, count);
    }
    if (unlikely(status != ZX_OK))
        close_received(infos, count);
out:
    packet_free(p);
    return status;
}

ALWAYS_INLINE zx_status_t deliver(struct packet *p, user_out_void bytes,
                                  const struct handle_sink *sink)
{
    return likely(p->num_handles == 0) ? packet_to_user(p, bytes.addr)
                                       : deliver_handles(p, bytes, sink);
}

// Brings in what a message of these sizes is written to, as far as a pager has to give it. Errors as
// vm_user_page_in().
static zx_status_t page_in_buffers(struct channel_sizes sizes, user_out_void bytes,
                                   const struct handle_sink *sink, user_out_uint32_t actual_bytes,
                                   user_out_uint32_t actual_handles)
{
    zx_status_t status = vm_user_page_in(actual_bytes.addr, sizeof(uint32_t));
    if (status == ZX_OK)
        status = vm_user_page_in(actual_handles.addr, sizeof(uint32_t));
    if (status == ZX_OK)
        status = vm_user_page_in(bytes.addr, sizes.bytes);
    if (status != ZX_OK)
        return status;
    return sink->etc ? vm_user_page_in(sink->infos.addr, sizes.handles * sizeof(zx_handle_info_t))
                     : vm_user_page_in(sink->values.addr, sizes.handles * sizeof(zx_handle_t));
}

// channel_read() of a process with memory that a pager serves: the message is not taken before there is
// memory for it.
static NO_INLINE zx_status_t read_paged(zx_handle_t handle, uint32_t options,
                                        struct channel_sizes max, user_out_void bytes,
                                        const struct handle_sink *sink,
                                        user_out_uint32_t actual_bytes,
                                        user_out_uint32_t actual_handles, struct packet **out,
                                        struct channel_sizes *got)
{
    struct channel_sizes ready = { 0, 0 };
    struct object *ch;
    zx_status_t status = sys_lookup(handle, &channel_ops, ZX_RIGHT_READ, &ch);
    if (status != ZX_OK)
        return status;
    if (options & ~(uint32_t)ZX_CHANNEL_READ_MAY_DISCARD)
        status = ZX_ERR_NOT_SUPPORTED;
    else
        status = page_in_buffers(ready, bytes, sink, actual_bytes, actual_handles);
    while (status == ZX_OK) {
        status = channel_read_ready(ch, max.bytes, max.handles, &ready, options != 0, out, got);
        if (status != ZX_ERR_NEXT)
            break;
        ready.bytes = MAX(ready.bytes, got->bytes);
        ready.handles = MAX(ready.handles, got->handles);
        status = page_in_buffers(ready, bytes, sink, actual_bytes, actual_handles);
    }
    object_unref(ch);
    return status;
}

ALWAYS_INLINE zx_status_t read_message(zx_handle_t handle, uint32_t options, user_out_void bytes,
                                const struct handle_sink *sink, uint32_t num_bytes,
                                uint32_t num_handles, user_out_uint32_t actual_bytes,
                                user_out_uint32_t actual_handles)
{
    struct packet *p = NULL;
    struct channel_sizes got;
    zx_status_t status;
    struct handle_ref ref =
        handle_get_unpaged(&process_current()->handles, handle, &channel_ops, ZX_RIGHT_READ);
    if (likely(ref.object != NULL)) {
        if (unlikely(options & ~(uint32_t)ZX_CHANNEL_READ_MAY_DISCARD))
            status = ZX_ERR_NOT_SUPPORTED;
        else
            status = channel_read(ref.object, num_bytes, num_handles, options != 0, &p, &got);
        object_unref(ref.object);
    } else {
        status = (zx_status_t)ref.rights;
        if (status == ZX_ERR_NEXT)
            status = read_paged(handle, options, (struct channel_sizes){ num_bytes, num_handles },
                                bytes, sink, actual_bytes, actual_handles, &p, &got);
    }
    if (likely(status == ZX_OK)) {
        got.bytes = p->num_bytes;
        got.handles = p->num_handles;
    } else if (status != ZX_ERR_BUFFER_TOO_SMALL) {
        return status;
    }
    if (unlikely(user_write_optional(actual_bytes, got.bytes) != ZX_OK ||
                 user_write_optional(actual_handles, got.handles) != ZX_OK)) {
        packet_free(p); // the message is lost (spec 11 section 1)
        return ZX_ERR_INVALID_ARGS;
    }
    return likely(status == ZX_OK) ? deliver(p, bytes, sink) : status;
}

zx_status_t sys_channel_read(zx_handle_t handle, uint32_t options, user_out_void bytes,
                             user_out_zx_handle_t handles, uint32_t num_bytes, uint32_t num_handles,
                             user_out_uint32_t actual_bytes, user_out_uint32_t actual_handles)
{
    const struct handle_sink sink = { .values = handles };
    return read_message(handle, options, bytes, &sink, num_bytes, num_handles, actual_bytes,
                        actual_handles);
}

zx_status_t sys_channel_read_etc(zx_handle_t handle, uint32_t options, user_out_void bytes,
                                 user_out_zx_handle_info_t handles, uint32_t num_bytes,
                                 uint32_t num_handles, user_out_uint32_t actual_bytes,
                                 user_out_uint32_t actual_handles)
{
    const struct handle_sink sink = { .infos = handles, .etc = true };
    return read_message(handle, options, bytes, &sink, num_bytes, num_handles, actual_bytes,
                        actual_handles);
}

// The reply of a call on its way to the user. Frees it.
ALWAYS_INLINE zx_status_t deliver_reply(struct packet *reply, const zx_channel_call_args_t *args,
                                 user_out_uint32_t actual_bytes, user_out_uint32_t actual_handles)
{
    if (reply->num_bytes > args->rd_num_bytes || reply->num_handles > args->rd_num_handles) {
        packet_free(reply);
        return ZX_ERR_BUFFER_TOO_SMALL;
    }
    if (user_write_one(actual_bytes, reply->num_bytes) != ZX_OK ||
        user_write_one(actual_handles, (uint32_t)reply->num_handles) != ZX_OK) {
        packet_free(reply);
        return ZX_ERR_INVALID_ARGS;
    }
    const struct handle_sink sink = { .values = { .addr = (uintptr_t)args->rd_handles } };
    return deliver(reply, (user_out_void){ .addr = (uintptr_t)args->rd_bytes }, &sink);
}

// A call of a process with memory that a pager serves: a reply cannot wait for its place. Whatever the caller
// has room for is brought in before the call begins.
static NO_INLINE zx_status_t look_up_paged(zx_handle_t handle, const zx_channel_call_args_t *args,
                                           user_out_uint32_t actual_bytes,
                                           user_out_uint32_t actual_handles, struct object **out)
{
    zx_status_t status = sys_lookup(handle, &channel_ops, ZX_RIGHT_READ | ZX_RIGHT_WRITE, out);
    if (status != ZX_OK)
        return status;
    const struct handle_sink sink = { .values = { .addr = (uintptr_t)args->rd_handles } };
    struct channel_sizes most = { MIN(args->rd_num_bytes, ZX_CHANNEL_MAX_MSG_BYTES),
                                  MIN(args->rd_num_handles, ZX_CHANNEL_MAX_MSG_HANDLES) };
    status = page_in_buffers(most, (user_out_void){ .addr = (uintptr_t)args->rd_bytes }, &sink,
                             actual_bytes, actual_handles);
    if (status != ZX_OK)
        object_unref(*out);
    return status;
}

// The endpoint of a call, referenced; there is memory for the reply.
ALWAYS_INLINE zx_status_t look_up_for_call(zx_handle_t handle, const zx_channel_call_args_t *args,
                                           user_out_uint32_t actual_bytes,
                                           user_out_uint32_t actual_handles, struct object **out)
{
    struct handle_ref ref = handle_get_unpaged(&process_current()->handles, handle, &channel_ops,
                                               ZX_RIGHT_READ | ZX_RIGHT_WRITE);
    *out = ref.object;
    if (likely(ref.object != NULL))
        return ZX_OK;
    zx_status_t status = (zx_status_t)ref.rights;
    return status == ZX_ERR_NEXT
               ? look_up_paged(handle, args, actual_bytes, actual_handles, out)
               : status;
}

zx_status_t sys_channel_call_noretry(zx_handle_t handle, uint32_t options, zx_time_t deadline,
                                     user_in_zx_channel_call_args_t user_args,
                                     user_out_uint32_t actual_bytes,
                                     user_out_uint32_t actual_handles)
{
    struct channel_call *call = &uthread_current()->call;
    zx_channel_call_args_t args;
    struct object *ch;
    struct packet *p, *reply;
    if (unlikely(channel_call_pending(call))) {
        process_exception("channel_call while an interrupted one is pending");
        return ZX_ERR_BAD_STATE;
    }
    zx_status_t status = user_read_one(&args, user_args);
    if (unlikely(status != ZX_OK))
        return status;
    user_in_zx_handle_t wr_handles = { .addr = (uintptr_t)args.wr_handles };
    user_in_void wr_bytes = { .addr = (uintptr_t)args.wr_bytes };
    status = ZX_ERR_INVALID_ARGS;
    if (likely(options == 0 && args.wr_num_bytes >= sizeof(zx_txid_t)))
        status = look_up_for_call(handle, &args, actual_bytes, actual_handles, &ch);
    if (unlikely(status != ZX_OK))
        return fail_write(status, wr_handles, args.wr_num_handles);
    status = build_packet(ch, wr_bytes, args.wr_num_bytes, wr_handles, args.wr_num_handles, &p);
    if (likely(status == ZX_OK)) {
        status = channel_call(ch, &p, deadline, call, &reply);
        if (unlikely(status != ZX_OK))
            packet_free(p);
    }
    object_unref(ch);
    return likely(status == ZX_OK) ? deliver_reply(reply, &args, actual_bytes, actual_handles)
                                   : status;
}

zx_status_t sys_channel_call_finish(zx_time_t deadline, user_in_zx_channel_call_args_t user_args,
                                    user_out_uint32_t actual_bytes,
                                    user_out_uint32_t actual_handles)
{
    struct channel_call *call = &uthread_current()->call;
    zx_channel_call_args_t args;
    struct packet *reply;
    if (!channel_call_pending(call))
        return ZX_ERR_BAD_STATE;
    zx_status_t status = user_read_one(&args, user_args);
    if (status != ZX_OK) {
        channel_call_abandon(call);
        return status;
    }
    status = channel_call_wait(call, deadline, &reply);
    return status == ZX_OK ? deliver_reply(reply, &args, actual_bytes, actual_handles) : status;
}
