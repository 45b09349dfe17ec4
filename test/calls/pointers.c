// SPDX-License-Identifier: MIT
// Every pointer of a call in turn made bad, the rest of the call being valid (sweeps.h).
#include <calls/fixture.h>
#include <calls/sweeps.h>

enum spoiled {
    SPOILED_ZERO,
    SPOILED_UNMAPPED,
    SPOILED_READ_ONLY, // of outputs
    SPOILED_STRADDLING,
    SPOILED_BELOW_USER,
    SPOILED_ABOVE_USER,
    SPOILED_KERNEL,
    SPOILED_TAGGED,
    SPOILED_WRAPPING,
    SPOILED_MISALIGNED,
    SPOILED_COUNT,
};

static const char *const spoiled_names[SPOILED_COUNT] = {
    "NULL",       "unmapped",          "read-only", "straddling", "below user space",
    "above user space", "the kernel's", "tagged",    "wrapping",   "misaligned",
};

#define ALL        ((1u << SPOILED_COUNT) - 1)
#define ONLY(what) (1u << SPOILED_##what)
#define BUT(what)  (ALL & ~ONLY(what))

// What a bad pointer gives where it is not ZX_ERR_INVALID_ARGS.
static const struct exception {
    const char *call, *arg;
    unsigned spoiled;
    zx_status_t status;
    const char *reason;
} exceptions[] = {
    {"handle_close_many", "handles", ALL, ZX_OK, "stops there, status so far: spec 10 section 2"},
    {"futex_wake", "value_ptr", BUT(MISALIGNED), ZX_OK, "never read: spec 12 section 2"},
    {"futex_wake_single_owner", "value_ptr", BUT(MISALIGNED), ZX_OK, "never read: spec 12"},
    {"futex_requeue", "requeue_ptr", BUT(ZERO) & BUT(MISALIGNED), ZX_OK, "never read: spec 12"},
    {"futex_requeue_single_owner", "requeue_ptr", BUT(ZERO) & BUT(MISALIGNED), ZX_OK, "the same"},
    {"futex_requeue_deprecated", "requeue_ptr", BUT(ZERO) & BUT(MISALIGNED), ZX_OK, "the same"},
    {"vmo_op_range", "buffer", ALL, ZX_OK, "no operation uses it: spec 23 section 5"},
    {"channel_call_finish", "args", ALL, ZX_ERR_BAD_STATE, "nothing to finish: spec 11 section 1"},
    {"channel_call_finish", "actual_bytes", ALL, ZX_ERR_BAD_STATE, "the same"},
    {"channel_call_finish", "actual_handles", ALL, ZX_ERR_BAD_STATE, "the same"},
    {"debug_read", "buffer", ALL, ZX_OK, "the valid call reads nothing: its size is 0"},
    {"ktrace_control", "ptr", ALL, ZX_OK, "to stop takes none: spec 31 section 5"},
    {"ktrace_read", "data", ALL, ZX_OK, "there is nothing to read"},
    {"system_powerctl", "arg", ONLY(ZERO), ZX_ERR_INVALID_ARGS, "this command needs it"},
};

static bool is_pointer(const struct call_arg *arg)
{
    return arg->kind == CALL_POINTER || arg->kind == CALL_HANDLE_OUT || arg->kind == CALL_FUTEX;
}

// Changes the pointer; false if this way makes no sense for it.
static bool spoil(struct fixture *f, unsigned index, enum spoiled how)
{
    const struct call_arg *arg = &f->call->args[index];
    const size_t size = f->bytes[index], half = size > 16 ? 8 : size / 2;
    uint64_t *p = &f->args[index];

    switch (how) {
    case SPOILED_ZERO: *p = 0; return true;
    case SPOILED_UNMAPPED: *p = window_page(index, 0) + FIXTURE_BUFFER; return true;
    case SPOILED_READ_ONLY:
        *p = read_only_copy(f, index);
        return arg->out || arg->kind == CALL_HANDLE_OUT;
    case SPOILED_STRADDLING:
        *p = window_page(index, WINDOW_RW + 2) - half;
        return size > 1 && arg->kind != CALL_FUTEX;
    case SPOILED_BELOW_USER: *p = 0x1000; return true;
    case SPOILED_ABOVE_USER: *p = 0x0001000000000000; return true;
    case SPOILED_KERNEL: *p = 0xffff000000100000; return true;
    case SPOILED_TAGGED: *p |= 0x5aul << 56; return true;
    case SPOILED_WRAPPING: *p = (uint64_t)0 - (half + 3) / 4 * 4; return true;
    default: *p += 1; return arg->kind == CALL_FUTEX;
    }
}

static zx_status_t expected(const struct call_info *call, unsigned index, enum spoiled how)
{
    const struct call_arg *arg = &call->args[index];

    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        const struct exception *e = &exceptions[i];
        if (strcmp(e->call, call->name) == 0 && strcmp(e->arg, arg->name) == 0 &&
            (e->spoiled & (1u << how)) != 0)
            return e->status;
    }
    if (how == SPOILED_ZERO && arg->optional)
        return fixture_result(call);
    return ZX_ERR_INVALID_ARGS;
}

static void try_one(const struct call_info *call, unsigned index, enum spoiled how)
{
    const char *name = call->args[index].name;
    struct fixture f;

    fixture_make(&f, call);
    if (!spoil(&f, index, how)) {
        fixture_end(&f, ZX_ERR_INVALID_ARGS);
        return;
    }
    const zx_status_t wanted = expected(call, index, how);
    const zx_status_t got = fixture_issue(&f);
    if (got > 0 ? wanted != ZX_OK : got != wanted)
        call_fail("%s, %s %s: %s, expected %s", call->name, name, spoiled_names[how],
                  call_status_name(got), call_status_name(wanted));
    if (got >= 0 && (call->args[index].of_handles || call->args[index].kind == CALL_HANDLE_OUT))
        f.args[index] = 0; // what it points to cannot be looked at
    fixture_end(&f, got);
}

void sweep_pointers(const struct call_info *call)
{
    for (unsigned i = 0; i < call->arg_count; i++) {
        if (!is_pointer(&call->args[i]))
            continue;
        for (enum spoiled how = 0; how < SPOILED_COUNT; how++)
            try_one(call, i, how);
    }
}

void sweep_valid(const struct call_info *call)
{
    const zx_status_t wanted = fixture_result(call);
    struct fixture f;

    fixture_make(&f, call);
    const zx_status_t got = fixture_issue(&f);
    if (got > 0 ? wanted != ZX_OK : got != wanted)
        call_fail("%s, valid: %s, expected %s", call->name, call_status_name(got),
                  call_status_name(wanted));
    fixture_end(&f, got);
}
