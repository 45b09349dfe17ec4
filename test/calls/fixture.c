// SPDX-License-Identifier: MIT
// Valid calls of every system call (fixture.h).
#include <calls/fixture.h>

#include <zircon/status.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/log.h>

#include "fixture_priv.h"

#define PAGE       4096ul
#define FUTEX_ROOM 8u

void must(zx_status_t status, const char *what)
{
    if (status != ZX_OK)
        call_fail("%s: %s", what, call_status_name(status));
}

const char *call_status_name(zx_status_t status)
{
    return zx_status_get_string(status);
}

// ---- handles ------------------------------------------------------------------------------------

bool handle_alive(zx_handle_t handle)
{
    return handle != ZX_HANDLE_INVALID &&
           zx_object_get_info(handle, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL) == ZX_OK;
}

static zx_info_handle_basic_t basic_info(zx_handle_t handle)
{
    zx_info_handle_basic_t info;

    must(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL),
         "basic info of a handle");
    return info;
}

zx_rights_t handle_rights(zx_handle_t handle)
{
    return basic_info(handle).rights;
}

uint32_t handle_type(zx_handle_t handle)
{
    return basic_info(handle).type;
}

unsigned handles_of_process(void)
{
    zx_info_process_handle_stats_t stats;
    unsigned total = 0;

    must(zx_object_get_info(call_env.process, ZX_INFO_PROCESS_HANDLE_STATS, &stats, sizeof(stats),
                            NULL, NULL),
         "handle statistics");
    for (size_t i = 0; i < sizeof(stats.handle_count) / sizeof(stats.handle_count[0]); i++)
        total += stats.handle_count[i];
    return total;
}

zx_handle_t make_duplicate(zx_handle_t handle, zx_rights_t rights)
{
    zx_handle_t copy;

    must(zx_handle_duplicate(handle, rights, &copy), "duplicate");
    return copy;
}

zx_handle_t fixture_keep(struct fixture *f, zx_handle_t handle)
{
    if (f->object_count == FIXTURE_OBJECTS)
        call_fail("%s: too many objects", f->call->name);
    f->objects[f->object_count++] = handle;
    return handle;
}

// Both ends of something; returns the first.
static zx_handle_t keep_pair(struct fixture *f, const zx_handle_t ends[2])
{
    f->peer = fixture_keep(f, ends[1]);
    return fixture_keep(f, ends[0]);
}

static zx_handle_t make_region(void)
{
    zx_handle_t region;
    zx_vaddr_t base;

    must(zx_vmar_allocate(call_env.vmar,
                          ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE |
                              ZX_VM_CAN_MAP_SPECIFIC,
                          0, 16 * PAGE, &region, &base),
         "VMAR");
    return region;
}

static zx_handle_t make_process(void)
{
    zx_handle_t process, vmar;

    must(zx_process_create(call_env.job, "fixture", 7, 0, &process, &vmar), "process");
    must(zx_handle_close(vmar), "process's VMAR");
    return process;
}

static zx_handle_t make_profile(void)
{
    const zx_profile_info_t info = {.type = ZX_PROFILE_INFO_SCHEDULER,
                                    .scheduler = {.priority = ZX_PRIORITY_DEFAULT}};
    zx_handle_t profile;

    must(zx_profile_create(call_env.root_job, &info, &profile), "profile");
    return profile;
}

// 0 for kinds that this machine has nothing of.
static zx_handle_t make_resource(uint32_t kind)
{
    static const struct {
        uint64_t base, size;
    } ranges[ZX_RSRC_KIND_COUNT] = {
        [ZX_RSRC_KIND_MMIO] = {PAGE, PAGE},
        [ZX_RSRC_KIND_IRQ] = {FIXTURE_IRQ, 1},
        [ZX_RSRC_KIND_SMC] = {0, 1},
    };
    zx_handle_t resource;

    if (kind == ZX_RSRC_KIND_IOPORT)
        return ZX_HANDLE_INVALID; // not on this architecture
    zx_status_t status = zx_resource_create(call_env.resource, kind, ranges[kind].base,
                                            ranges[kind].size, "fixture", 7, &resource);
    if (status == ZX_ERR_NOT_FOUND)
        return ZX_HANDLE_INVALID;
    must(status, "resource");
    return resource;
}

// An IOMMU, a BTI or a PMT, with what it needs.
static zx_handle_t make_device(struct fixture *f, uint32_t type)
{
    const zx_iommu_desc_dummy_t desc = {0};
    zx_handle_t iommu, bti, vmo, pmt;
    zx_paddr_t address;

    must(zx_iommu_create(call_env.resource, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &iommu),
         "IOMMU");
    if (type == ZX_OBJ_TYPE_IOMMU)
        return iommu;
    fixture_keep(f, iommu);
    must(zx_bti_create(iommu, 0, 0, &bti), "BTI");
    if (type == ZX_OBJ_TYPE_BTI)
        return bti;
    fixture_keep(f, bti);
    must(zx_vmo_create(PAGE, 0, &vmo), "VMO");
    fixture_keep(f, vmo);
    must(zx_bti_pin(bti, ZX_BTI_PERM_READ, vmo, 0, PAGE, &address, 1, &pmt), "PMT");
    return pmt;
}

zx_handle_t fixture_object(struct fixture *f, uint32_t type, uint32_t kind)
{
    zx_handle_t h[2] = {ZX_HANDLE_INVALID, ZX_HANDLE_INVALID};

    switch (type) {
    case ZX_OBJ_TYPE_PROCESS: h[0] = make_process(); break;
    case ZX_OBJ_TYPE_THREAD:
        must(zx_thread_create(call_env.process, "fixture", 7, 0, &h[0]), "thread");
        break;
    case ZX_OBJ_TYPE_VMO: must(zx_vmo_create(2 * PAGE, 0, &h[0]), "VMO"); break;
    case ZX_OBJ_TYPE_CHANNEL:
        must(zx_channel_create(0, &h[0], &h[1]), "channel");
        return keep_pair(f, h);
    case ZX_OBJ_TYPE_EVENT: must(zx_event_create(0, &h[0]), "event"); break;
    case ZX_OBJ_TYPE_PORT: must(zx_port_create(0, &h[0]), "port"); break;
    case ZX_OBJ_TYPE_LOG:
        must(zx_debuglog_create(ZX_HANDLE_INVALID, ZX_LOG_FLAG_READABLE, &h[0]), "log");
        break;
    case ZX_OBJ_TYPE_SOCKET:
        must(zx_socket_create(ZX_SOCKET_HAS_ACCEPT, &h[0], &h[1]), "socket");
        return keep_pair(f, h);
    case ZX_OBJ_TYPE_RESOURCE:
        h[0] = make_resource(kind);
        break;
    case ZX_OBJ_TYPE_EVENTPAIR:
        must(zx_eventpair_create(0, &h[0], &h[1]), "eventpair");
        return keep_pair(f, h);
    case ZX_OBJ_TYPE_JOB: must(zx_job_create(call_env.job, 0, &h[0]), "job"); break;
    case ZX_OBJ_TYPE_VMAR: h[0] = make_region(); break;
    case ZX_OBJ_TYPE_FIFO:
        must(zx_fifo_create(16, FIXTURE_BYTES, 0, &h[0], &h[1]), "FIFO");
        return keep_pair(f, h);
    case ZX_OBJ_TYPE_TIMER: must(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &h[0]), "timer"); break;
    case ZX_OBJ_TYPE_INTERRUPT:
        must(zx_interrupt_create(0, 0, ZX_INTERRUPT_VIRTUAL, &h[0]), "interrupt");
        break;
    case ZX_OBJ_TYPE_IOMMU:
    case ZX_OBJ_TYPE_BTI:
    case ZX_OBJ_TYPE_PMT: h[0] = make_device(f, type); break;
    case ZX_OBJ_TYPE_PROFILE: h[0] = make_profile(); break;
    case ZX_OBJ_TYPE_PAGER: must(zx_pager_create(0, &h[0]), "pager"); break;
    case ZX_OBJ_TYPE_SUSPEND_TOKEN:
        must(zx_task_suspend(fixture_keep(f, make_process()), &h[0]), "suspend token");
        break;
    default: return ZX_HANDLE_INVALID;
    }
    return h[0] != ZX_HANDLE_INVALID ? fixture_keep(f, h[0]) : h[0];
}

// The handle that an argument gives: itself, or the first of an array in a valid buffer.
static zx_handle_t handle_given(const struct fixture *f, unsigned index)
{
    const struct call_arg *arg = &f->call->args[index];
    zx_handle_t h = ZX_HANDLE_INVALID;

    if (arg->kind == CALL_HANDLE)
        return (zx_handle_t)f->args[index];
    if (arg->of_handles && arg->in && f->args[index] == buffer_of(f, index))
        call_peek(f->args[index], &h, sizeof(h));
    return h;
}

// Bytes of address space that the process has mapped.
static uint64_t mapped_bytes(void)
{
    zx_info_task_stats_t stats;

    must(zx_object_get_info(call_env.process, ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL,
                            NULL),
         "task statistics");
    return stats.mem_mapped_bytes;
}

// The lower half of a time may look like an error.
static zx_status_t result_of(const struct call_info *call, int64_t got)
{
    return call->return_size == sizeof(int64_t) && got > 0 ? 1 : (zx_status_t)got;
}

zx_status_t fixture_issue(struct fixture *f)
{
    zx_handle_t given[CALL_MAX_ARGS];
    const unsigned before = handles_of_process();
    const uint64_t mapped = mapped_bytes();

    for (unsigned i = 0; i < f->call->arg_count; i++) {
        given[i] = handle_given(f, i);
        given[i] = handle_alive(given[i]) ? given[i] : ZX_HANDLE_INVALID;
    }
    const zx_status_t got = result_of(f->call, call_issue(f->call, f->args));
    if (got < 0 && handles_of_process() > before)
        call_fail("%s: failed, and left a handle", f->call->name);
    if (got < 0 && mapped_bytes() != mapped)
        call_fail("%s: failed, and left a mapping", f->call->name);
    if (!windows_intact(f))
        call_fail("%s: wrote beyond a buffer", f->call->name);
    for (unsigned i = 0; i < f->call->arg_count; i++) {
        const struct call_arg *arg = &f->call->args[i];
        if (given[i] != ZX_HANDLE_INVALID && handle_alive(given[i]) == arg->consumed)
            call_fail("%s: %s is %s", f->call->name, arg->name,
                      arg->consumed ? "still there" : "gone");
    }
    return got;
}

// ---- fixtures -----------------------------------------------------------------------------------

unsigned arg_index(const struct call_info *call, const char *name)
{
    for (unsigned i = 0; i < call->arg_count; i++) {
        if (strcmp(call->args[i].name, name) == 0)
            return i;
    }
    call_fail("%s has no argument %s", call->name, name);
}

static const struct recipe *find_recipe(const struct call_info *call)
{
    for (size_t i = 0; i < recipe_count; i++) {
        if (strcmp(recipes[i].call, call->name) == 0)
            return &recipes[i];
    }
    return NULL;
}

zx_status_t fixture_result(const struct call_info *call)
{
    const struct recipe *r = find_recipe(call);

    return r != NULL ? r->result : ZX_OK;
}

zx_rights_t fixture_more_rights(const struct call_info *call, unsigned index)
{
    for (size_t i = 0; i < recipe_rights_count; i++) {
        if (strcmp(recipe_rights[i].call, call->name) == 0 &&
            strcmp(recipe_rights[i].arg, call->args[index].name) == 0)
            return recipe_rights[i].rights;
    }
    return 0;
}

bool fixture_possible(const struct call_info *call)
{
    return call->number != CALL_NO_NUMBER && call_reachable(call) &&
           (call->flags & CALL_IMPLEMENTED) != 0 &&
           (call->flags & (CALL_NORETURN | CALL_UNREACHED)) == 0;
}

uint64_t fixture_scalar(const struct call_info *call, unsigned index)
{
    for (size_t i = 0; i < recipe_value_count; i++) {
        if (strcmp(recipe_values[i].call, call->name) == 0 &&
            strcmp(recipe_values[i].arg, call->args[index].name) == 0)
            return recipe_values[i].value;
    }
    for (unsigned i = 0; i < call->arg_count; i++) {
        const struct call_arg *arg = &call->args[i];
        if (arg->factor == index + 1)
            return FIXTURE_BYTES;
        if (arg->count == index + 1)
            return arg->size == 1 && arg->factor == 0 ? FIXTURE_BYTES : 1;
    }
    return 0;
}

static void make_buffer(struct fixture *f, unsigned index)
{
    const struct call_arg *arg = &f->call->args[index];
    size_t elements = 1;

    if (arg->count != 0 && !arg->indirect)
        elements = fixture_scalar(f->call, arg->count - 1u);
    if (arg->factor != 0)
        elements *= fixture_scalar(f->call, arg->factor - 1u);
    // Around a futex's word there is more of the same, for pointers that are a little off.
    clear_window(f, index, arg->kind == CALL_POINTER ? elements * arg->size
                           : arg->kind == CALL_FUTEX ? FUTEX_ROOM : sizeof(zx_handle_t));
    if (arg->of_handles && arg->in) {
        for (size_t i = 0; i < elements; i++) {
            zx_handle_t h = fixture_object(f, ZX_OBJ_TYPE_EVENT, 0);
            call_poke(f->args[index] + i * sizeof(h), &h, sizeof(h));
        }
    }
}

static uint64_t make_handle(struct fixture *f, const struct call_arg *arg)
{
    if (arg->optional)
        return ZX_HANDLE_INVALID;
    if (arg->resource != 0)
        return fixture_keep(f, make_duplicate(call_env.resource, ZX_RIGHT_SAME_RIGHTS));
    if (arg->objects == CALL_ANY)
        return fixture_object(f, ZX_OBJ_TYPE_EVENT, 0);
    return fixture_object(f, (uint32_t)__builtin_ctz(arg->objects), 0);
}

void fixture_make(struct fixture *f, const struct call_info *call)
{
    const struct recipe *r = find_recipe(call);

    *f = (struct fixture){.call = call, .before = handles_of_process()};
    for (unsigned i = call->arg_count; i-- > 0;) { // the first argument's peer is the one kept
        const struct call_arg *arg = &call->args[i];
        if (has_window(arg))
            make_buffer(f, i);
        else if (arg->kind == CALL_HANDLE)
            f->args[i] = make_handle(f, arg);
        else if (arg->kind == CALL_SCALAR)
            f->args[i] = fixture_scalar(call, i);
    }
    if (r != NULL && r->prepare != NULL)
        r->prepare(f);
}

// Memory that is pinned would stay so if its handle were closed.
static void close_one(zx_handle_t handle)
{
    if (!handle_alive(handle))
        return;
    if (handle_type(handle) == ZX_OBJ_TYPE_PMT)
        must(zx_pmt_unpin(handle), "unpin");
    else
        must(zx_handle_close(handle), "close");
}

// The handles that a call which worked has put into its outputs.
static void close_outputs(const struct fixture *f)
{
    for (unsigned i = 0; i < f->call->arg_count; i++) {
        const struct call_arg *arg = &f->call->args[i];
        const bool infos = arg->type != NULL && strcmp(arg->type, "zx_handle_info_t") == 0;
        zx_handle_t h = ZX_HANDLE_INVALID;
        if (!(arg->kind == CALL_HANDLE_OUT || (arg->out && (arg->of_handles || infos))))
            continue;
        if (f->args[i] == 0)
            continue;
        call_peek(f->args[i], &h, sizeof(h));
        if (handle_alive(h) && handle_type(h) == ZX_OBJ_TYPE_VMAR)
            (void)zx_vmar_destroy(h);
        close_one(h);
    }
}

static void end_object(zx_handle_t handle)
{
    if (!handle_alive(handle))
        return;
    switch (handle_type(handle)) {
    case ZX_OBJ_TYPE_VMAR: (void)zx_vmar_destroy(handle); break;
    case ZX_OBJ_TYPE_BTI: (void)zx_bti_release_quarantine(handle); break;
    default: break;
    }
    close_one(handle);
}

void fixture_end(struct fixture *f, int64_t result)
{
    if (result >= 0) {
        close_outputs(f);
        if (f->ended != ZX_HANDLE_INVALID)
            must(zx_object_wait_one(f->ended, ZX_TASK_TERMINATED, ZX_TIME_INFINITE, NULL),
                 "end of what was started");
    }
    for (unsigned i = 0; i < f->call->arg_count; i++) {
        if (f->call->args[i].kind == CALL_HANDLE)
            end_object((zx_handle_t)f->args[i]);
    }
    for (unsigned i = 0; i < f->object_count; i++)
        end_object(f->objects[i]);
    if (f->helper != ZX_HANDLE_INVALID) {
        must(zx_object_wait_one(f->helper, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL),
             "end of the helper");
        close_one(f->helper);
    }
    unsigned after = handles_of_process();
    if (after != f->before)
        call_fail("%s: %u handles before, %u after", f->call->name, f->before, after);
}
