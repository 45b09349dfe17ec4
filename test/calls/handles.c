// SPDX-License-Identifier: MIT
// Every handle of a call in turn made bad, the rest of the call being valid (sweeps.h).
//
// The order is that of spec 10 section 1: not a handle, then a missing right, then the wrong type.
#include <calls/fixture.h>
#include <calls/sweeps.h>

// What a handle gives where it is not what the table and the order say.
enum fault { FAULT_TYPE, FAULT_KIND, FAULT_ANY_TYPE, FAULT_ZERO };
static const struct exception {
    const char *call, *arg;
    enum fault fault;
    zx_status_t status;
    const char *reason;
} exceptions[] = {
    {"vmar_map", "vmo", FAULT_TYPE, ZX_ERR_WRONG_TYPE, "MAP comes later: spec 23 section 10"},
    {"vmar_map_old", "vmo", FAULT_TYPE, ZX_ERR_WRONG_TYPE, "the same"},
    {"vmo_op_range", "handle", FAULT_TYPE, ZX_ERR_WRONG_TYPE, "rights by operation: spec 23"},
    {"vmo_replace_as_executable", "handle", FAULT_TYPE, ZX_ERR_BAD_HANDLE, "spec 23 section 7"},
    {"bti_pin", "vmo", FAULT_TYPE, ZX_ERR_WRONG_TYPE, "MAP comes later: spec 30 section 3.3"},
    {"resource_create", "parent_rsrc", FAULT_KIND, ZX_ERR_ACCESS_DENIED, "spec 30 section 1"},
    {"object_get_cookie", "handle", FAULT_ANY_TYPE, ZX_ERR_ACCESS_DENIED, "no cookie yet: spec 10"},
    {"object_get_cookie", "scope", FAULT_ANY_TYPE, ZX_ERR_ACCESS_DENIED, "another scope: spec 10"},
    {"task_bind_exception_port", "port", FAULT_ZERO, ZX_ERR_BAD_STATE, "no binding: spec 21"},
};

static const struct exception *find_exception(const struct call_info *call, unsigned index,
                                              enum fault fault)
{
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        if (strcmp(exceptions[i].call, call->name) == 0 && exceptions[i].fault == fault &&
            strcmp(exceptions[i].arg, call->args[index].name) == 0)
            return &exceptions[i];
    }
    return NULL;
}

// ---- one try ------------------------------------------------------------------------------------

struct try {
    struct fixture f;
    const struct call_arg *arg;
    unsigned index;
    const char *what; // for messages
};

static void try_begin(struct try *t, const struct call_info *call, unsigned index, const char *what)
{
    fixture_make(&t->f, call);
    t->arg = &call->args[index];
    t->index = index;
    t->what = what;
}

// The handle in question: an argument, or the first one of an array.
static zx_handle_t get(const struct try *t)
{
    zx_handle_t h = (zx_handle_t)t->f.args[t->index];

    if (t->arg->of_handles)
        call_peek(t->f.args[t->index], &h, sizeof(h));
    return h;
}

static void put(struct try *t, zx_handle_t h)
{
    if (t->arg->of_handles)
        call_poke(t->f.args[t->index], &h, sizeof(h));
    else
        t->f.args[t->index] = h;
}

// The valid handle; optional ones are 0 in a fixture.
static zx_handle_t valid(struct try *t)
{
    if (get(t) == ZX_HANDLE_INVALID) {
        if (t->arg->resource != 0)
            put(t, fixture_keep(&t->f, make_duplicate(call_env.resource, ZX_RIGHT_SAME_RIGHTS)));
        else if (t->arg->objects == CALL_ANY)
            put(t, fixture_object(&t->f, ZX_OBJ_TYPE_EVENT, 0));
        else
            put(t, fixture_object(&t->f, (uint32_t)__builtin_ctz(t->arg->objects), 0));
    }
    return get(t);
}

static void set_rights(struct try *t, zx_rights_t rights)
{
    zx_handle_t h = valid(t);

    must(zx_handle_replace(h, rights, &h), "replace");
    put(t, fixture_keep(&t->f, h));
}

static zx_status_t issue(struct try *t)
{
    const zx_status_t got = fixture_issue(&t->f);

    return got > 0 ? ZX_OK : got;
}

static void try_end(struct try *t, zx_status_t wanted)
{
    zx_status_t got = issue(t);

    if (got != wanted)
        call_fail("%s, %s %s: %s, expected %s", t->f.call->name, t->arg->name, t->what,
                  call_status_name(got), call_status_name(wanted));
    fixture_end(&t->f, got);
}

// ---- values -------------------------------------------------------------------------------------

static void try_value(const struct call_info *call, unsigned index, zx_handle_t value,
                      const char *what)
{
    struct try t;

    if (handle_alive(value))
        return; // by chance one of ours
    try_begin(&t, call, index, what);
    put(&t, value);
    if (value != ZX_HANDLE_INVALID)
        try_end(&t, ZX_ERR_BAD_HANDLE);
    else if (t.arg->of_handles && t.arg->objects == CALL_ANY && t.arg->needs == 0)
        try_end(&t, ZX_OK); // close_many skips it
    else if (find_exception(call, index, FAULT_ZERO) != NULL)
        try_end(&t, find_exception(call, index, FAULT_ZERO)->status);
    else
        try_end(&t, t.arg->optional ? fixture_result(call) : ZX_ERR_BAD_HANDLE);
}

static void sweep_values(const struct call_info *call, unsigned index)
{
    static const zx_handle_t garbage[] = {1, 3, 0x7fffffff, 0x80000001, 0xffffffff, 0xdeadbeef};
    struct try t;

    try_value(call, index, ZX_HANDLE_INVALID, "0");
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
        try_value(call, index, garbage[i], "garbage");
    try_value(call, index, call_env.foreign, "of another process");

    try_begin(&t, call, index, "stale");
    zx_handle_t stale = valid(&t);
    must(zx_handle_close(stale), "close");
    try_end(&t, ZX_ERR_BAD_HANDLE);
}

// ---- types --------------------------------------------------------------------------------------

static bool rights_do(const struct call_arg *arg, zx_rights_t have)
{
    if (arg->else_needs != 0)
        return (have & arg->else_needs) == arg->else_needs;
    return (have & arg->needs) == arg->needs;
}

// Where any type will do, the call may not like this one, but not because of its handle.
static void try_any_type(struct try *t)
{
    const bool denied = !rights_do(t->arg, handle_rights(get(t)));
    const struct exception *e = find_exception(t->f.call, t->index, FAULT_ANY_TYPE);
    const zx_status_t got = issue(t);

    if (denied || e != NULL) {
        if (got != ZX_ERR_ACCESS_DENIED && got != ZX_ERR_NOT_SUPPORTED)
            call_fail("%s, %s %s: %s", t->f.call->name, t->arg->name, t->what,
                      call_status_name(got));
    }
    if (denied ? got != ZX_ERR_ACCESS_DENIED
               : got == ZX_ERR_BAD_HANDLE || got == ZX_ERR_WRONG_TYPE ||
                     (got == ZX_ERR_ACCESS_DENIED && e == NULL))
        call_fail("%s, %s %s: %s", t->f.call->name, t->arg->name, t->what, call_status_name(got));
    fixture_end(&t->f, got);
}

static void try_type(const struct call_info *call, unsigned index, uint32_t type)
{
    const struct exception *e = find_exception(call, index, FAULT_TYPE);
    char what[] = "of type 00";
    struct try t;

    what[8] = (char)('0' + type / 10);
    what[9] = (char)('0' + type % 10);
    try_begin(&t, call, index, what);
    zx_handle_t h = fixture_object(&t.f, type, ZX_RSRC_KIND_VMEX);
    if (h == ZX_HANDLE_INVALID) {
        fixture_end(&t.f, ZX_ERR_BAD_HANDLE);
        return;
    }
    put(&t, h);
    if (t.arg->objects == CALL_ANY)
        try_any_type(&t);
    else if (e != NULL)
        try_end(&t, e->status);
    else
        try_end(&t, rights_do(t.arg, handle_rights(h)) ? ZX_ERR_WRONG_TYPE : ZX_ERR_ACCESS_DENIED);
}

static void sweep_types(const struct call_info *call, unsigned index)
{
    const struct call_arg *arg = &call->args[index];

    for (uint32_t type = 1; type < ZX_OBJ_TYPE_LAST; type++) {
        if (arg->objects == CALL_ANY || (arg->objects & (1u << type)) == 0)
            try_type(call, index, type);
    }
    if (arg->resource == 0)
        return;
    for (uint32_t kind = 0; kind < ZX_RSRC_KIND_COUNT; kind++) {
        const struct exception *e = find_exception(call, index, FAULT_KIND);
        struct try t;
        if (kind + 1 == arg->resource || kind == ZX_RSRC_KIND_ROOT)
            continue;
        try_begin(&t, call, index, "of another kind");
        zx_handle_t h = fixture_object(&t.f, ZX_OBJ_TYPE_RESOURCE, kind);
        if (h == ZX_HANDLE_INVALID) {
            fixture_end(&t.f, ZX_ERR_BAD_HANDLE);
            continue;
        }
        put(&t, h);
        try_end(&t, e != NULL ? e->status : ZX_ERR_WRONG_TYPE);
    }
}

// ---- rights -------------------------------------------------------------------------------------

static void try_rights(const struct call_info *call, unsigned index, zx_rights_t rights,
                       zx_status_t wanted, const char *what)
{
    struct try t;

    try_begin(&t, call, index, what);
    set_rights(&t, rights & handle_rights(valid(&t)));
    try_end(&t, wanted);
}

static void sweep_rights(const struct call_info *call, unsigned index)
{
    const struct call_arg *arg = &call->args[index];
    const zx_rights_t more = fixture_more_rights(call, index);
    const zx_status_t fine = fixture_result(call);

    for (zx_rights_t left = arg->needs | more; left != 0; left &= left - 1) {
        zx_rights_t one = left & -left;
        try_rights(call, index, ~(one | arg->else_needs), ZX_ERR_ACCESS_DENIED, "less one right");
    }
    if (arg->else_needs != 0)
        try_rights(call, index, arg->else_needs, fine, "with the other right alone");
    try_rights(call, index, arg->needs | more, fine, "with no right but those needed");
}

// Another handle of the same object is as good, and is left alone.
static void try_duplicate(const struct call_info *call, unsigned index)
{
    struct try t;
    bool kept;

    try_begin(&t, call, index, "duplicated");
    zx_handle_t h = valid(&t);
    kept = (handle_rights(h) & ZX_RIGHT_DUPLICATE) != 0;
    if (kept)
        put(&t, fixture_keep(&t.f, make_duplicate(h, ZX_RIGHT_SAME_RIGHTS)));
    const zx_status_t got = issue(&t);
    if (got != fixture_result(call))
        call_fail("%s, %s duplicated: %s", call->name, t.arg->name, call_status_name(got));
    if (kept && !handle_alive(h))
        call_fail("%s, %s duplicated: the other handle is gone", call->name, t.arg->name);
    fixture_end(&t.f, got);
}

void sweep_handles(const struct call_info *call)
{
    for (unsigned i = 0; i < call->arg_count; i++) {
        const struct call_arg *arg = &call->args[i];
        if (arg->kind != CALL_HANDLE && !(arg->of_handles && arg->in))
            continue;
        sweep_values(call, i);
        sweep_types(call, i);
        sweep_rights(call, i);
        try_duplicate(call, i);
    }
}
