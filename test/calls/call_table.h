// SPDX-License-Identifier: MIT
// The system calls as data: what each argument is, which handles it takes and with which rights.
// call_table.c is generated from the one description (syscalls/table.cmake, where the words are
// explained), for tests that go over all calls, on the host and on the target.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/hypervisor.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/profile.h>
#include <zircon/syscalls/resource.h>
#include <zircon/syscalls/smc.h>
#include <zircon/syscalls/system.h>

#define CALL_MAX_ARGS  8u
#define CALL_NO_NUMBER 0xffffu // a call of the vDSO

enum call_kind {
    CALL_SCALAR,     // `size` bytes
    CALL_HANDLE,     // a handle value
    CALL_HANDLE_OUT, // pointer to one handle value that the call fills in
    CALL_POINTER,    // to elements of `size` bytes
    CALL_FUTEX,      // address of a futex word
    CALL_ADDRESS,    // an address that is not copied from or to
};

#define CALL_INTERNAL    1u // only the vDSO issues it
#define CALL_BLOCKING    2u // issued again when a suspension interrupted it
#define CALL_NORETURN    4u
#define CALL_UNREACHED   8u // the vDSO answers by itself
#define CALL_IMPLEMENTED 16u

#define CALL_TYPE(type) (1u << ZX_OBJ_TYPE_##type)
#define CALL_ANY        UINT32_MAX

struct call_arg {
    const char *name;
    enum call_kind kind;
    const char *type; // of scalars and elements
    uint16_t size;    // of one, in bytes
    bool in, out;     // the kernel reads, writes
    bool of_handles;  // the elements are handle values
    bool optional;    // NULL or ZX_HANDLE_INVALID will do
    bool consumed;    // the handle leaves the caller's table
    bool indirect;    // `count` is a pointer to the count
    // Positions from 1, 0 for none: the argument that counts the elements, and the one that the
    // count is multiplied by.
    uint8_t count, factor;
    uint8_t resource; // ZX_RSRC_KIND_* + 1 of the resource that is wanted; the root will always do
    uint32_t objects; // a bit for each type of object that will do
    zx_rights_t needs, else_needs; // rights needed on every path; those that do as well
};

typedef void (*call_fn_t)(void);

struct call_info {
    const char *name;
    call_fn_t fn; // NULL for internal calls, and where the table is built without functions
    uint16_t number;
    uint8_t flags;
    uint8_t return_size; // bytes; 0: none
    uint8_t arg_count;
    struct call_arg args[CALL_MAX_ARGS];
};

extern const struct call_info call_table[];
extern const size_t call_count;

// Programs of the target call through the vDSO; the laboratory calls by number.
#ifdef CALL_TABLE_WITH_FUNCTIONS
#define CALL_FUNCTION(name) (call_fn_t)_zx_##name
#else
#define CALL_FUNCTION(name) NULL
#endif
