// SPDX-License-Identifier: MIT
//
// zx_status_get_string(): the names of the status codes as one block of characters and offsets into
// it, because a table of pointers would need relocations.

#include <zircon/status.h>

#include "vdso.h"

#define FOR_EACH_STATUS(X)           \
    X(ZX_OK)                         \
    X(ZX_ERR_INTERNAL)               \
    X(ZX_ERR_NOT_SUPPORTED)          \
    X(ZX_ERR_NO_RESOURCES)           \
    X(ZX_ERR_NO_MEMORY)              \
    X(ZX_ERR_INTERNAL_INTR_RETRY)    \
    X(ZX_ERR_INVALID_ARGS)           \
    X(ZX_ERR_BAD_HANDLE)             \
    X(ZX_ERR_WRONG_TYPE)             \
    X(ZX_ERR_BAD_SYSCALL)            \
    X(ZX_ERR_OUT_OF_RANGE)           \
    X(ZX_ERR_BUFFER_TOO_SMALL)       \
    X(ZX_ERR_BAD_STATE)              \
    X(ZX_ERR_TIMED_OUT)              \
    X(ZX_ERR_SHOULD_WAIT)            \
    X(ZX_ERR_CANCELED)               \
    X(ZX_ERR_PEER_CLOSED)            \
    X(ZX_ERR_NOT_FOUND)              \
    X(ZX_ERR_ALREADY_EXISTS)         \
    X(ZX_ERR_ALREADY_BOUND)          \
    X(ZX_ERR_UNAVAILABLE)            \
    X(ZX_ERR_ACCESS_DENIED)          \
    X(ZX_ERR_IO)                     \
    X(ZX_ERR_IO_REFUSED)             \
    X(ZX_ERR_IO_DATA_INTEGRITY)      \
    X(ZX_ERR_IO_DATA_LOSS)           \
    X(ZX_ERR_IO_NOT_PRESENT)         \
    X(ZX_ERR_IO_OVERRUN)             \
    X(ZX_ERR_IO_MISSED_DEADLINE)     \
    X(ZX_ERR_IO_INVALID)             \
    X(ZX_ERR_BAD_PATH)               \
    X(ZX_ERR_NOT_DIR)                \
    X(ZX_ERR_NOT_FILE)               \
    X(ZX_ERR_FILE_BIG)               \
    X(ZX_ERR_NO_SPACE)               \
    X(ZX_ERR_NOT_EMPTY)              \
    X(ZX_ERR_STOP)                   \
    X(ZX_ERR_NEXT)                   \
    X(ZX_ERR_ASYNC)                  \
    X(ZX_ERR_PROTOCOL_NOT_SUPPORTED) \
    X(ZX_ERR_ADDRESS_UNREACHABLE)    \
    X(ZX_ERR_ADDRESS_IN_USE)         \
    X(ZX_ERR_NOT_CONNECTED)          \
    X(ZX_ERR_CONNECTION_REFUSED)     \
    X(ZX_ERR_CONNECTION_RESET)       \
    X(ZX_ERR_CONNECTION_ABORTED)

struct names {
    char unknown[sizeof("(UNKNOWN)")];
#define MEMBER(status) char of_##status[sizeof(#status)];
    FOR_EACH_STATUS(MEMBER)
};

static const struct names names = {.unknown = "(UNKNOWN)",
#define TEXT(status) .of_##status = #status,
                                   FOR_EACH_STATUS(TEXT)};

// By -status; 0, where `unknown` is, for what has no name.
static const uint16_t offsets[] = {
#define OFFSET(status) [-(status)] = offsetof(struct names, of_##status),
    FOR_EACH_STATUS(OFFSET)};

__EXPORT const char *_zx_status_get_string(zx_status_t status);
__EXPORT __WEAK_ALIAS("_zx_status_get_string") const char *zx_status_get_string(zx_status_t status);

const char *_zx_status_get_string(zx_status_t status)
{
    uint32_t index = 0u - (uint32_t)status;
    return (const char *)&names + (index < countof(offsets) ? offsets[index] : 0);
}
