// SPDX-License-Identifier: MIT
//
// Runtime of the protocols that userspace/idl describes: messages are put together, checked and
// taken apart here, by shapes that the generator made; programs call the generated functions. What
// a message looks like is in userspace/idl/table.cmake.
//
// Needs nothing but system calls, memcpy and memset: serves programs with and without a C library.
// No state and no locks: any thread may call anything; of threads that read the same channel each
// gets other messages.

#ifndef IPC_IPC_H
#define IPC_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// Longest message of any protocol, a multiple of 8.
#define IPC_MAX_BYTES 20480u
// Most string and bytes fields, and most handles, of one message.
#define IPC_MAX_VARIABLES 2u
#define IPC_MAX_HANDLES   4u

// What every message begins with.
struct ipc_header {
    uint32_t txid;
    uint32_t ordinal; // protocol << 16 | number of the method
    int32_t status;   // of the answer; 0 in a request
    uint32_t reserved;
};

// Where an answer has to go. May be copied to answer later.
struct ipc_request {
    zx_handle_t channel; // borrowed: the server's end of the connection
    uint32_t txid;
    uint32_t ordinal;
};

// ---- for generated code -------------------------------------------------------------------------

// A string or bytes field.
struct ipc_variable {
    uint32_t size_at; // where in the message its length is
    uint32_t maximum;
    bool string; // has no NUL
};

// What one side of a method looks like.
struct ipc_shape {
    uint32_t size; // header and fixed part
    uint32_t variable_count;
    uint32_t handle_count;
    struct ipc_variable variables[IPC_MAX_VARIABLES];
    uint32_t present_at[IPC_MAX_HANDLES]; // where an optional handle's presence is; 0: always there
};

// Bytes of a string or bytes field.
struct ipc_part {
    const void *data;
    size_t size;
};

// Where to put a string or bytes field.
struct ipc_room {
    void *data;
    size_t capacity;
    size_t *out_size; // may be NULL
};

struct ipc_call {
    zx_handle_t channel;
    zx_time_t deadline;
    uint32_t ordinal;
    const struct ipc_shape *request_shape;
    const struct ipc_shape *reply_shape;
    void *request; // struct with header and fixed part; header and lengths are filled in
    void *reply;   // the same, written on ZX_OK
    void *buffer;  // 8-byte aligned, of ipc_call_size() bytes
    uint32_t buffer_size;
    struct ipc_part parts[IPC_MAX_VARIABLES];
    zx_handle_t handles[IPC_MAX_HANDLES]; // consumed
    struct ipc_room rooms[IPC_MAX_VARIABLES];
    zx_handle_t *out_handles[IPC_MAX_HANDLES]; // may be NULL
};

// Bytes of buffer for a call or an answer: as many as its messages can have, given the lengths of
// what is sent and the capacities for what comes back. Callers of generated functions need little
// more stack than the bytes they pass.
uint32_t ipc_call_size(const struct ipc_call *call);

// Sends a request and waits for the answer, checks it, and takes it apart. Statuses: see "clients"
// in a generated header. The call's handles are consumed whatever happens.
zx_status_t ipc_call(struct ipc_call *call);

// Sends a request without waiting for the answer, which can be read by ipc_read_status(). Statuses
// of zx_channel_write(), ZX_ERR_BAD_HANDLE, ZX_ERR_OUT_OF_RANGE. The call's handles are consumed
// whatever happens; nothing but the request's side of the call is used.
zx_status_t ipc_send(struct ipc_call *call, uint32_t txid);

struct ipc_answer {
    const struct ipc_request *request;
    zx_status_t status;
    const struct ipc_shape *shape;
    void *reply;
    void *buffer; // 8-byte aligned, of ipc_answer_size() bytes
    uint32_t buffer_size;
    struct ipc_part parts[IPC_MAX_VARIABLES];
    zx_handle_t handles[IPC_MAX_HANDLES]; // consumed
};

uint32_t ipc_answer_size(const struct ipc_answer *answer);

// Answers a request. Fields that do not fit the shape (a server's mistake) become ZX_ERR_INTERNAL.
// ZX_OK, or the status of zx_channel_write(). The handles are consumed whatever happens.
zx_status_t ipc_answer(struct ipc_answer *answer);

// A received message. Owns its handles until it was unpacked or refused.
struct ipc_message {
    struct ipc_request request;
    const uint8_t *bytes; // header included, 8-byte aligned
    uint32_t num_bytes;
    uint32_t num_handles;
    zx_handle_t *handles;
};

// Checks a request against its shape. True: `fixed` (shape->size bytes), `parts` (into the message)
// and `handles` are filled in; the handles are the caller's. False: the message was refused with
// ZX_ERR_INVALID_ARGS.
bool ipc_unpack(struct ipc_message *message, const struct ipc_shape *shape, void *fixed,
                struct ipc_part *parts, zx_handle_t *handles);

// Answers a message with a status other than ZX_OK and closes its handles.
void ipc_refuse(struct ipc_message *message, zx_status_t status);

// ---- for servers --------------------------------------------------------------------------------

// Who serves a protocol on a connection. Made by the generated <protocol>_binding().
struct ipc_binding {
    uint32_t protocol;
    void (*dispatch)(const void *server, void *context, struct ipc_message *message);
    const void *server;
    void *context;
};

// Reads one message and hands it to the binding of its protocol. A message of no such protocol is
// answered with ZX_ERR_NOT_SUPPORTED, a malformed one with ZX_ERR_INVALID_ARGS.
// ZX_OK: a message was handled. ZX_ERR_SHOULD_WAIT: there was none. ZX_ERR_PEER_CLOSED: the client
// is gone and nothing is left. Others (ZX_ERR_IO: a message too short or too long to be answered;
// those of zx_channel_read()): the connection is of no use, close it.
// The handler may close `channel`: it is not used after it.
zx_status_t ipc_serve_one(zx_handle_t channel, const struct ipc_binding *bindings, size_t count);

// For who sent requests by <protocol>_send_<method>(): reads one answer, whatever its method, and
// tells which request it is for and its status. Its fields are dropped, its handles closed.
// ZX_ERR_SHOULD_WAIT, ZX_ERR_PEER_CLOSED: there is none. ZX_ERR_IO: it was malformed.
zx_status_t ipc_read_status(zx_handle_t channel, uint32_t *out_txid, uint32_t *out_ordinal,
                            zx_status_t *out_status);

// Answers any request with a status other than ZX_OK, without knowing its method.
zx_status_t ipc_reply_status(const struct ipc_request *request, zx_status_t status);

#ifdef __cplusplus
}
#endif

#endif
