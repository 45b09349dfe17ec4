// SPDX-License-Identifier: MIT
// What a valid call needs that the table of system calls cannot tell (fixture.h): values of scalars
// other than 0, objects in a certain state, contents of buffers.
#include <calls/fixture.h>

#include <zircon/processargs.h>
#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/policy.h>
#include <zircon/syscalls/port.h>

#define PAGE 4096ul

const struct recipe_value recipe_values[] = {
    {"object_wait_one", "signals", ZX_EVENT_SIGNALED},
    {"object_wait_async", "signals", ZX_EVENT_SIGNALED},
    {"object_signal", "set_mask", ZX_EVENT_SIGNALED},
    {"object_signal_peer", "set_mask", ZX_USER_SIGNAL_0},
    {"object_get_property", "property", ZX_PROP_NAME},
    {"object_get_property", "value_size", ZX_MAX_NAME_LEN},
    {"object_set_property", "property", ZX_PROP_NAME},
    {"object_get_info", "topic", ZX_INFO_HANDLE_BASIC},
    {"object_get_info", "buffer_size", sizeof(zx_info_handle_basic_t)},
    {"object_get_child", "rights", ZX_RIGHT_SAME_RIGHTS},
    {"handle_duplicate", "rights", ZX_RIGHT_SAME_RIGHTS},
    {"handle_replace", "rights", ZX_RIGHT_SAME_RIGHTS},
    {"ktrace_control", "action", 2}, // stop
    {"system_mexec_payload_get", "buffer_size", 1024},
    {"clock_adjust", "clock_id", ZX_CLOCK_UTC},
    {"channel_call_noretry", "deadline", ZX_TIME_INFINITE},
    {"channel_call_finish", "deadline", ZX_TIME_INFINITE},
    {"fifo_create", "elem_count", 16},
    {"fifo_create", "elem_size", 16},
    {"futex_wake", "wake_count", 1},
    {"futex_requeue", "requeue_count", 1},
    {"futex_requeue_single_owner", "requeue_count", 1},
    {"futex_requeue_deprecated", "requeue_count", 1},
    {"debuglog_read", "buffer_size", ZX_LOG_RECORD_MAX},
    {"log_read", "len", ZX_LOG_RECORD_MAX},
    {"debug_send_command", "buffer_size", 4},
    {"resource_create", "options", ZX_RSRC_KIND_VMEX},
    {"vmo_create", "size", PAGE},
    {"vmo_create_physical", "size", PAGE},
    {"vmo_set_size", "size", PAGE},
    {"vmo_op_range", "op", ZX_VMO_OP_COMMIT},
    {"vmo_op_range", "size", PAGE},
    {"vmo_clone", "options", ZX_VMO_CLONE_COPY_ON_WRITE},
    {"vmo_clone", "size", PAGE},
    {"pager_create_vmo", "size", PAGE},
    {"pager_supply_pages", "length", PAGE},
    {"vmar_allocate", "size", PAGE},
    {"vmar_allocate_old", "size", PAGE},
    {"vmar_map", "len", PAGE},
    {"vmar_map_old", "len", PAGE},
    {"vmar_unmap", "len", PAGE},
    {"vmar_protect", "len", PAGE},
    {"vmar_protect_old", "len", PAGE},
    {"thread_set_priority", "prio", ZX_PRIORITY_DEFAULT},
    {"thread_read_state", "kind", ZX_THREAD_STATE_FP_REGS},
    {"thread_read_state", "buffer_size", sizeof(zx_thread_state_fp_regs_t)},
    {"thread_write_state", "kind", ZX_THREAD_STATE_FP_REGS},
    {"thread_write_state", "buffer_size", sizeof(zx_thread_state_fp_regs_t)},
    {"system_powerctl", "cmd", ZX_SYSTEM_POWERCTL_ACPI_TRANSITION_S_STATE},
    {"pager_create_vmo", "size", PAGE},
    {"vmo_create_contiguous", "size", PAGE},
    {"interrupt_create", "src_num", FIXTURE_IRQ},
    {"iommu_create", "desc_size", 1},
    {"bti_pin", "options", ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE},
    {"bti_pin", "size", PAGE},
    {"bti_pin", "addrs_count", 1},
};
const size_t recipe_value_count = sizeof(recipe_values) / sizeof(recipe_values[0]);

// Which rights the valid call needs depends on its other arguments.
const struct recipe_rights recipe_rights[] = {
    {"vmo_op_range", "handle", ZX_RIGHT_WRITE}, // COMMIT
    {"bti_pin", "vmo", ZX_RIGHT_READ | ZX_RIGHT_WRITE}, // PERM_READ, PERM_WRITE
};
const size_t recipe_rights_count = sizeof(recipe_rights) / sizeof(recipe_rights[0]);

static zx_handle_t handle_arg(const struct fixture *f, const char *name)
{
    return (zx_handle_t)f->args[arg_index(f->call, name)];
}

static void set_arg(struct fixture *f, const char *name, uint64_t value)
{
    f->args[arg_index(f->call, name)] = value;
}

// ---- objects ------------------------------------------------------------------------------------

static void signal_event(struct fixture *f)
{
    must(zx_object_signal((zx_handle_t)f->args[0], 0, ZX_EVENT_SIGNALED), "signal");
}

static void prepare_wait_many(struct fixture *f)
{
    const zx_wait_item_t item = {.handle = fixture_object(f, ZX_OBJ_TYPE_EVENT, 0),
                                 .waitfor = ZX_EVENT_SIGNALED};

    must(zx_object_signal(item.handle, 0, ZX_EVENT_SIGNALED), "signal");
    set_buffer(f, arg_index(f->call, "items"), &item, sizeof(item));
}

static void take_eventpair(struct fixture *f)
{
    f->args[0] = fixture_object(f, ZX_OBJ_TYPE_EVENTPAIR, 0);
}

static void take_vmo(struct fixture *f)
{
    f->args[0] = fixture_object(f, ZX_OBJ_TYPE_VMO, 0);
}

static void take_own_process(struct fixture *f)
{
    f->args[0] = fixture_keep(f, make_duplicate(call_env.process, ZX_RIGHT_SAME_RIGHTS));
}

static void set_cookie(struct fixture *f)
{
    must(zx_object_set_cookie(handle_arg(f, "handle"), handle_arg(f, "scope"), 1), "cookie");
}

static void make_child_job(struct fixture *f)
{
    zx_info_handle_basic_t info;
    zx_handle_t parent = fixture_object(f, ZX_OBJ_TYPE_JOB, 0), child;

    must(zx_job_create(parent, 0, &child), "child job");
    fixture_keep(f, child);
    must(zx_object_get_info(child, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL), "koid");
    f->args[0] = parent;
    set_arg(f, "koid", info.koid);
}

// ---- messages -----------------------------------------------------------------------------------

static void queue_message(struct fixture *f)
{
    static const char text[FIXTURE_BYTES] = "a message";
    zx_handle_t event;

    must(zx_event_create(0, &event), "event");
    must(zx_channel_write(f->peer, 0, text, sizeof(text), &event, 1), "message");
}

// Answers one call and goes.
static void answer(void *arg)
{
    const zx_handle_t peer = (zx_handle_t)(uintptr_t)arg;
    char text[FIXTURE_BYTES];
    uint32_t bytes, handles;

    if (zx_object_wait_one(peer, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED, ZX_TIME_INFINITE,
                           NULL) == ZX_OK &&
        zx_channel_read(peer, 0, text, NULL, sizeof(text), 0, &bytes, &handles) == ZX_OK)
        (void)zx_channel_write(peer, 0, text, bytes, NULL, 0);
}

// The request, the answer and the arguments all lie in the buffer of the arguments.
static void prepare_call(struct fixture *f)
{
    const unsigned index = arg_index(f->call, "args");
    struct {
        zx_channel_call_args_t args;
        uint8_t request[FIXTURE_BYTES], reply[FIXTURE_BYTES];
    } all = {.args = {.wr_num_bytes = FIXTURE_BYTES, .rd_num_bytes = FIXTURE_BYTES}};
    const uint64_t at = window_page(CALL_MAX_ARGS - 1, WINDOW_RW);
    zx_handle_t thread;

    all.args.wr_bytes = (void *)(uintptr_t)(at + sizeof(all.args));
    all.args.rd_bytes = (void *)(uintptr_t)(at + sizeof(all.args) + FIXTURE_BYTES);
    call_poke(at, &all, sizeof(all)); // a window that no argument of the call has
    set_buffer(f, index, &all.args, sizeof(all.args));
    must(call_thread_start(answer, (void *)(uintptr_t)f->peer, &thread), "answering thread");
    f->helper = thread;
}

static void queue_packet(struct fixture *f)
{
    const zx_port_packet_t packet = {.type = ZX_PKT_TYPE_USER};

    must(zx_port_queue(handle_arg(f, "handle"), &packet), "packet");
}

static void take_interrupt_port(struct fixture *f)
{
    zx_handle_t port;

    must(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &port), "port for interrupts");
    set_arg(f, "port_handle", fixture_keep(f, port));
}

static void fire(struct fixture *f)
{
    must(zx_interrupt_trigger((zx_handle_t)f->args[0], 0, 1), "interrupt");
}

static void bind_interrupt(struct fixture *f)
{
    zx_handle_t port;

    must(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &port), "port for interrupts");
    must(zx_interrupt_bind((zx_handle_t)f->args[0], fixture_keep(f, port), 1, 0), "binding");
    fire(f);
}

static void fill_fifo(struct fixture *f)
{
    static const char element[FIXTURE_BYTES];

    must(zx_fifo_write(f->peer, sizeof(element), element, 1, NULL), "element");
}

static void fill_socket(struct fixture *f)
{
    static const char text[FIXTURE_BYTES];

    must(zx_socket_write(f->peer, 0, text, sizeof(text), NULL), "socket data");
}

static zx_handle_t plain_socket(struct fixture *f)
{
    zx_handle_t ends[2];

    must(zx_socket_create(0, &ends[0], &ends[1]), "socket");
    fixture_keep(f, ends[1]);
    return fixture_keep(f, ends[0]);
}

static void prepare_share(struct fixture *f)
{
    set_arg(f, "socket_to_share", plain_socket(f));
}

static void prepare_accept(struct fixture *f)
{
    must(zx_socket_share(f->peer, plain_socket(f)), "shared socket");
}

// ---- tasks --------------------------------------------------------------------------------------

static void prepare_process_start(struct fixture *f)
{
    zx_handle_t thread;

    must(zx_thread_create((zx_handle_t)f->args[0], "fixture", 7, 0, &thread), "thread");
    set_arg(f, "thread", fixture_keep(f, thread));
    set_arg(f, "entry", call_entry());
    f->ended = fixture_keep(f, make_duplicate((zx_handle_t)f->args[0], ZX_RIGHT_SAME_RIGHTS));
}

static void prepare_thread_start(struct fixture *f)
{
    set_arg(f, "thread_entry", call_entry());
    f->ended = fixture_keep(f, make_duplicate((zx_handle_t)f->args[0], ZX_RIGHT_SAME_RIGHTS));
}

// A thread that stands still before its first instruction, for as long as the fixture holds the token.
static void prepare_stopped_thread(struct fixture *f)
{
    const zx_handle_t thread = (zx_handle_t)f->args[0];
    zx_handle_t token;

    must(zx_task_suspend(thread, &token), "suspension");
    fixture_keep(f, token);
    must(zx_thread_start(thread, call_entry(), 0, 0, 0), "start");
    must(zx_object_wait_one(thread, ZX_THREAD_SUSPENDED, ZX_TIME_INFINITE, NULL), "stop");
    f->helper = make_duplicate(thread, ZX_RIGHT_SAME_RIGHTS); // goes on with the token, and ends
}

static void prepare_process_memory(struct fixture *f)
{
    take_own_process(f);
    set_arg(f, "vaddr", window_page(CALL_MAX_ARGS - 1, WINDOW_RW));
}

static void prepare_profile(struct fixture *f)
{
    const zx_profile_info_t info = {.type = ZX_PROFILE_INFO_SCHEDULER,
                                    .scheduler = {.priority = ZX_PRIORITY_DEFAULT}};

    set_buffer(f, arg_index(f->call, "profile"), &info, sizeof(info));
    f->args[0] = fixture_keep(f, make_duplicate(call_env.root_job, ZX_RIGHT_SAME_RIGHTS));
}

static void prepare_policy(struct fixture *f)
{
    const zx_policy_basic_t entry = {.condition = ZX_POL_NEW_EVENT, .policy = ZX_POL_ACTION_ALLOW};

    set_buffer(f, arg_index(f->call, "policy"), &entry, sizeof(entry));
    set_arg(f, "count", 1);
}

static void prepare_limits(struct fixture *f)
{
    const zx_job_limits_t limits = {.pages = 1u << 20, .kernel_memory = ZX_JOB_LIMIT_KEEP,
                                    .handles = ZX_JOB_LIMIT_KEEP, .threads = ZX_JOB_LIMIT_KEEP,
                                    .processes = ZX_JOB_LIMIT_KEEP};

    set_buffer(f, arg_index(f->call, "limits"), &limits, sizeof(limits));
    set_arg(f, "size", sizeof(limits));
}

// ---- memory -------------------------------------------------------------------------------------

static void map_something(struct fixture *f)
{
    zx_handle_t vmo = fixture_object(f, ZX_OBJ_TYPE_VMO, 0);
    zx_vaddr_t at;

    must(zx_vmar_map((zx_handle_t)f->args[0], 0, 0, vmo, 0, PAGE, &at), "mapping");
    set_arg(f, "addr", at);
}

static void own_pager_vmo(struct fixture *f)
{
    zx_handle_t vmo;

    must(zx_pager_create_vmo((zx_handle_t)f->args[0], fixture_object(f, ZX_OBJ_TYPE_PORT, 0), 0, PAGE,
                             0, &vmo),
         "VMO of the pager");
    set_arg(f, "pager_vmo", fixture_keep(f, vmo));
}

static void supply_a_page(struct fixture *f)
{
    own_pager_vmo(f);
    must(zx_vmo_op_range(handle_arg(f, "aux_vmo"), ZX_VMO_OP_COMMIT, 0, PAGE, NULL, 0), "a page");
}

// ---- the log ------------------------------------------------------------------------------------

static void write_log(struct fixture *f)
{
    must(zx_debuglog_write((zx_handle_t)f->args[0], 0, "fixture", 7), "log record");
}

static void prepare_command(struct fixture *f)
{
    set_buffer(f, arg_index(f->call, "buffer"), "help", 4);
}

const struct recipe recipes[] = {
    {"object_wait_one", ZX_OK, signal_event},
    {"object_wait_many", ZX_OK, prepare_wait_many},
    {"object_signal_peer", ZX_OK, take_eventpair},
    {"object_get_property", ZX_OK, take_vmo},
    {"object_set_property", ZX_OK, take_vmo},
    {"object_get_cookie", ZX_OK, set_cookie},
    {"object_get_child", ZX_OK, make_child_job},
    {"channel_read", ZX_OK, queue_message},
    {"channel_read_etc", ZX_OK, queue_message},
    {"channel_call_noretry", ZX_OK, prepare_call},
    {"channel_call_finish", ZX_ERR_BAD_STATE, NULL}, // there is no call to finish
    {"port_wait", ZX_OK, queue_packet},
    {"port_cancel", ZX_ERR_NOT_FOUND, NULL}, // nothing registered
    {"interrupt_bind", ZX_OK, take_interrupt_port},
    {"interrupt_wait", ZX_OK, fire},
    {"interrupt_ack", ZX_OK, bind_interrupt},
    {"fifo_read", ZX_OK, fill_fifo},
    {"socket_read", ZX_OK, fill_socket},
    {"socket_share", ZX_OK, prepare_share},
    {"socket_accept", ZX_OK, prepare_accept},
    {"process_start", ZX_OK, prepare_process_start},
    {"thread_start", ZX_OK, prepare_thread_start},
    {"thread_read_state", ZX_OK, prepare_stopped_thread},
    {"thread_write_state", ZX_OK, prepare_stopped_thread},
    {"task_resume_from_exception", ZX_ERR_BAD_STATE, NULL}, // it is in none
    {"process_read_memory", ZX_OK, prepare_process_memory},
    {"process_write_memory", ZX_OK, prepare_process_memory},
    {"profile_create", ZX_OK, prepare_profile},
    {"job_set_policy", ZX_OK, prepare_policy},
    {"job_set_limits", ZX_OK, prepare_limits},
    {"pager_supply_pages", ZX_OK, supply_a_page},
    {"pager_detach_vmo", ZX_OK, own_pager_vmo},
    {"vmar_unmap", ZX_OK, map_something},
    {"vmar_protect", ZX_OK, map_something},
    {"vmar_protect_old", ZX_OK, map_something},
    {"futex_wait", ZX_ERR_TIMED_OUT, NULL},
    {"futex_wait_deprecated", ZX_ERR_TIMED_OUT, NULL},
    {"debuglog_read", ZX_OK, write_log},
    {"log_read", ZX_OK, write_log},
    {"debug_send_command", ZX_OK, prepare_command},
    {"smc_call", ZX_ERR_NOT_SUPPORTED, NULL}, // QEMU's machine has no firmware, nor has the laboratory's
    {"ktrace_write", ZX_ERR_UNAVAILABLE, NULL}, // nothing is traced
    {"system_powerctl", ZX_ERR_NOT_SUPPORTED, NULL}, // a command of other machines that reads `arg`
    {"system_mexec", ZX_ERR_INVALID_ARGS, NULL},     // the VMO holds no kernel
};
const size_t recipe_count = sizeof(recipes) / sizeof(recipes[0]);
