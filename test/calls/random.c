// SPDX-License-Identifier: MIT
// Random system calls (random.h): the choice of calls and arguments.
#include <calls/fixture.h>
#include <calls/random.h>

#include <zircon/syscalls/policy.h>

#include "random_priv.h"

#define PAGE 4096ul

// ---- choices ------------------------------------------------------------------------------------

static uint64_t next64(struct random_calls *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u; // splitmix64

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t choose(struct random_calls *r, uint32_t bound)
{
    uint32_t value = 0;

    if (r->data == NULL)
        return (uint32_t)((next64(r) >> 32) * bound >> 32);
    for (uint32_t reach = 1; reach < bound; reach *= 256) {
        if (r->left == 0) {
            r->exhausted = true;
            return 0;
        }
        value = value << 8 | *r->data++;
        r->left--;
        if (reach > UINT32_MAX / 256)
            break;
    }
    return value % bound;
}

static bool one_in(struct random_calls *r, uint32_t n)
{
    return choose(r, n) == n - 1;
}

#define CHOOSE(r, list) (list)[choose(r, sizeof(list) / sizeof((list)[0]))]

// ---- calls --------------------------------------------------------------------------------------

// Calls that are not issued at all.
static const struct {
    const char *call, *reason;
} never[] = {
    {"thread_set_priority", "the highest would starve whoever watches"},
    {"debug_read", "waits for a person"},
    {"debug_write", "prints, and control characters at that"},
    {"debuglog_write", "prints"},
    {"log_write", "prints"},
    {"debug_send_command", "crashes on request"},
    {"system_powerctl", "ends the machine"},
    {"smc_call", "firmware may do anything"},
    {"system_mexec", "ends the machine"},
    {"pager_create_vmo", "its memory waits for a supplier that there is not"},
    {"thread_write_state", "one of the process's own threads would run anywhere"},
    {"interrupt_create", "could take the line of the console, and the console with it"},
    {"interrupt_wait", "waits without a deadline"},
    {"bti_pin", "what is closed without its unpin stays pinned"},
    {"ktrace_control", "the buffer of a trace stays"},
};

// Calls that cost much, or make the kernel print: only now and then.
static const char *const rare[] = {"process_start"};
#define RARELY 64u

bool random_eligible(const struct call_info *call)
{
    if ((call->flags & CALL_IMPLEMENTED) == 0 || !call_reachable(call) ||
        (call->flags & (CALL_NORETURN | CALL_UNREACHED)) != 0)
        return false;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (strcmp(never[i].call, call->name) == 0)
            return false;
    }
    return true;
}

static bool is_rare(const struct call_info *call)
{
    for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++) {
        if (strcmp(rare[i], call->name) == 0)
            return true;
    }
    return false;
}

static const struct call_info *choose_call(struct random_calls *r)
{
    for (;;) {
        const struct call_info *call = &call_table[choose(r, (uint32_t)call_count)];
        if (r->exhausted)
            return NULL;
        if (random_eligible(call) && (!is_rare(call) || one_in(r, RARELY)))
            return call;
    }
}

// ---- scalars ------------------------------------------------------------------------------------

// Never far in the future: whatever waits must come back.
static uint64_t choose_deadline(struct random_calls *r)
{
    switch (choose(r, 4)) {
    case 0: return 0;
    case 1: return (uint64_t)ZX_TIME_INFINITE_PAST;
    default: return (uint64_t)zx_deadline_after(choose(r, 20000));
    }
}

static uint64_t choose_size(struct random_calls *r)
{
    static const uint64_t small[] = {0, 1, 4, 8, 12, 16, 32, 48, 64, 256};
    static const uint64_t edges[] = {UINT64_MAX, UINT64_MAX - 4095, 1ul << 63, 1ul << 62,
                                     UINT32_MAX, 65536, 65537};

    switch (choose(r, 8)) {
    case 0: return CHOOSE(r, edges);
    case 1:
    case 2:
    case 3: return PAGE * choose(r, 64);
    case 4: return PAGE * choose(r, 4) + choose(r, 64);
    default: return CHOOSE(r, small);
    }
}

static uint64_t choose_flags(struct random_calls *r)
{
    switch (choose(r, 8)) {
    case 0: return 1ul << choose(r, 32);
    case 1: return choose(r, UINT32_MAX);
    case 2:
    case 3: return choose(r, 64);
    case 4: return choose(r, 4);
    default: return choose(r, 2);
    }
}

static uint64_t choose_rights(struct random_calls *r)
{
    return choose(r, 4) != 0 ? ZX_RIGHT_SAME_RIGHTS : choose(r, 1u << 20);
}

static uint64_t choose_address(struct random_calls *r)
{
    return choose(r, 8) != 0 ? r->pool->playground + PAGE * choose(r, PLAYGROUND_PAGES)
                             : choose_size(r);
}

static bool named(const struct call_arg *arg, const char *part)
{
    const size_t length = strlen(part);

    for (const char *at = arg->name; *at != '\0'; at++) {
        if (strncmp(at, part, length) == 0)
            return true;
    }
    return false;
}

static uint64_t choose_perms(struct random_calls *r)
{
    static const uint64_t perms[] = {0, ZX_VM_PERM_READ, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
                                     ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE};
    static const uint64_t can_map = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE |
                                    ZX_VM_CAN_MAP_EXECUTE | ZX_VM_CAN_MAP_SPECIFIC;

    switch (choose(r, 8)) {
    case 0: return choose(r, 1u << 12);
    case 1: return can_map;
    case 2: return CHOOSE(r, perms) | ZX_VM_SPECIFIC;
    case 3: return CHOOSE(r, perms) | ZX_VM_SPECIFIC_OVERWRITE;
    case 4: return CHOOSE(r, perms) | ZX_VM_MAP_RANGE;
    default: return CHOOSE(r, perms);
    }
}

static uint64_t choose_koid(struct random_calls *r)
{
    zx_info_handle_basic_t info;

    if (zx_object_get_info(pool_pick(r, CALL_ANY), ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
                           NULL) != ZX_OK)
        return choose(r, UINT32_MAX);
    return choose(r, 2) != 0 ? info.koid : info.related_koid;
}

static uint64_t choose_scalar(struct random_calls *r, const struct call_info *call, unsigned index)
{
    const struct call_arg *arg = &call->args[index];

    if (strcmp(arg->name, "deadline") == 0)
        return choose_deadline(r);
    if (named(arg, "entry"))
        return call_entry();
    if (strcmp(arg->type, "zx_vaddr_t") == 0)
        return choose_address(r);
    if (strcmp(arg->name, "koid") == 0)
        return choose_koid(r);
    if (choose(r, named(arg, "options") ? 6 : 2) != 1)
        return fixture_scalar(call, index);
    if (strcmp(arg->type, "zx_vm_option_t") == 0 || named(arg, "map_flags") ||
        named(arg, "prot_flags"))
        return choose_perms(r);
    if (strcmp(arg->type, "zx_rights_t") == 0)
        return choose_rights(r);
    if (strcmp(arg->type, "zx_signals_t") == 0 || named(arg, "mask"))
        return 1ul << choose(r, 32);
    if (strcmp(arg->type, "zx_time_t") == 0 || strcmp(arg->type, "zx_duration_t") == 0)
        return choose(r, 4) == 0 ? choose_size(r) : choose(r, 100000);
    if (named(arg, "topic") || named(arg, "property") || named(arg, "kind") || named(arg, "op"))
        return choose(r, 16) == 0 ? choose_flags(r) : choose(r, 32);
    if (named(arg, "flags") || arg->size == 4)
        return choose_flags(r);
    return choose_size(r);
}

// ---- memory -------------------------------------------------------------------------------------

// Each argument has a piece of the arena; what does not fit runs into those of the next arguments, and
// at last into nothing.
#define PIECE (2 * PAGE / CALL_MAX_ARGS)

static uint64_t piece(const struct random_calls *r, unsigned index)
{
    return r->arena + index * PIECE;
}

static uint64_t bad_pointer(struct random_calls *r, unsigned index)
{
    static const uint64_t bad[] = {0, 8, 0x1000, 0x0001000000000000, 0xffff000000100000,
                                   UINT64_MAX - 3};

    switch (choose(r, 4)) {
    case 0: return r->arena + 2 * PAGE - choose(r, 16);         // runs out
    case 1: return r->arena + 3 * PAGE + choose(r, 64);         // cannot be written
    case 2: return piece(r, index) + 1 + choose(r, 7);          // misaligned
    default: return CHOOSE(r, bad);
    }
}

// Endpoints of channels are not put into messages: one whose last handle lies in its own queue is there
// for ever, by the contract (spec 11 section 1 lets an endpoint be sent through its peer).
#define SENDABLE (CALL_ANY & ~CALL_TYPE(CHANNEL))

// Handles, small numbers, structures: enough for the calls to find something they like.
static void fill_piece(struct random_calls *r, const struct call_arg *arg, unsigned index)
{
    uint64_t words[16];

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = r->data != NULL ? choose(r, 16) : next64(r) >> choose(r, 64);
    if (arg->of_handles) {
        memset(words, 0, sizeof(words));
        for (size_t i = choose(r, 4); i > 0; i--)
            words[i - 1] = pool_pick(r, SENDABLE);
    } else if (strcmp(arg->type, "zx_wait_item_t") == 0) {
        zx_wait_item_t *items = (zx_wait_item_t *)words;
        for (size_t i = 0; i < sizeof(words) / (sizeof(items[0])); i++)
            items[i] = (zx_wait_item_t){pool_pick(r, CALL_ANY), 1u << choose(r, 32), 0};
    } else if (strcmp(arg->type, "zx_channel_call_args_t") == 0) {
        const uint64_t data = piece(r, CALL_MAX_ARGS - 1), handles = piece(r, CALL_MAX_ARGS - 2);
        const zx_handle_t h[4] = {pool_pick(r, SENDABLE), pool_pick(r, SENDABLE), 0, 0};
        *(zx_channel_call_args_t *)words = (zx_channel_call_args_t){
            .wr_bytes = (void *)(uintptr_t)data,
            .wr_handles = (void *)(uintptr_t)handles,
            .rd_bytes = (void *)(uintptr_t)data,
            .rd_handles = (void *)(uintptr_t)handles,
            .wr_num_bytes = choose(r, 256),
            .wr_num_handles = choose(r, 8) == 0 ? choose(r, 3) : 0,
            .rd_num_bytes = choose(r, 256),
            .rd_num_handles = choose(r, 4),
        };
        call_poke(handles, h, sizeof(h));
    }
    call_poke(piece(r, index), words, sizeof(words));
}

static uint64_t choose_pointer(struct random_calls *r, const struct call_arg *arg, unsigned index)
{
    static const uint8_t zeros[128];

    if (arg->optional && choose(r, 4) == 0)
        return 0;
    if (choose(r, 16) == 0)
        return bad_pointer(r, index);
    if (arg->in)
        fill_piece(r, arg, index);
    else
        call_poke(piece(r, index), zeros, sizeof(zeros));
    return piece(r, index);
}

// A few words at the end of the arena, mostly 0.
static uint64_t choose_futex(struct random_calls *r, unsigned index)
{
    const uint64_t address = r->arena + 2 * PAGE - 4 * (1 + choose(r, 4));
    const uint32_t word = choose(r, 8) == 0;

    if (choose(r, 16) == 0)
        return bad_pointer(r, index);
    call_poke(address, &word, sizeof(word));
    return address;
}

// ---- one call -----------------------------------------------------------------------------------

static uint64_t choose_handle(struct random_calls *r, const struct call_arg *arg)
{
    if (arg->optional && choose(r, 2) == 0)
        return ZX_HANDLE_INVALID;
    switch (choose(r, 32)) {
    case 0: return ZX_HANDLE_INVALID;
    case 1: return choose(r, UINT32_MAX);
    case 2:
    case 3: return pool_pick(r, CALL_ANY);
    default: return pool_pick(r, arg->objects);
    }
}

// Takes what the call gave into the pool.
static void collect(struct random_calls *r, const struct call_info *call, const uint64_t *args)
{
    for (unsigned i = 0; i < call->arg_count; i++) {
        const struct call_arg *arg = &call->args[i];
        const bool infos = arg->type != NULL && strcmp(arg->type, "zx_handle_info_t") == 0;
        const size_t stride = infos ? sizeof(zx_handle_info_t) : sizeof(zx_handle_t);
        const uint64_t end = r->arena + 2 * PAGE;
        if (arg->kind != CALL_HANDLE_OUT && !(arg->out && (arg->of_handles || infos)))
            continue;
        if (args[i] < r->arena || args[i] >= end)
            continue; // wherever the handles are, they are lost until the process ends
        uint64_t most = arg->kind == CALL_HANDLE_OUT ? 1 : 128 / stride;
        most = most < (end - args[i]) / stride ? most : (end - args[i]) / stride;
        for (unsigned k = 0; k < most; k++) {
            zx_handle_t h;
            call_peek(args[i] + k * stride, &h, sizeof(h));
            if (h == ZX_HANDLE_INVALID)
                break;
            pool_put(r, h);
        }
    }
}

bool random_calls_next(struct random_calls *r)
{
    uint64_t args[CALL_MAX_ARGS] = {0};

    if (one_in(r, 16))
        pool_refill(r);
    const struct call_info *call = choose_call(r);
    if (call == NULL)
        return false;
    for (unsigned i = 0; i < call->arg_count; i++) {
        const struct call_arg *arg = &call->args[i];
        switch (arg->kind) {
        case CALL_SCALAR: args[i] = choose_scalar(r, call, i); break;
        case CALL_HANDLE: args[i] = choose_handle(r, arg); break;
        case CALL_FUTEX: args[i] = choose_futex(r, i); break;
        case CALL_ADDRESS: args[i] = choose_address(r); break;
        default: args[i] = choose_pointer(r, arg, i); break;
        }
    }
    const int64_t result = call_issue(call, args);
    r->issued++;
    if ((zx_status_t)result >= 0) {
        r->succeeded++;
        collect(r, call, args);
    }
    return true;
}
