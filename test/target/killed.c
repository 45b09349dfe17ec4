// SPDX-License-Identifier: MIT
//
// Thorough killing: a tree of jobs with 200 processes of four threads each, which are blocked in every kind
// of call that blocks, in page faults that a pager does not answer, in exceptions that nobody answers, in
// the middle of a message, at their end; suspended, or not even started. One zx_task_kill ends them all, and
// nothing of them is left. Then a tree that grows while it is killed: its processes are being made,
// have just begun, or are dying already.
//
// The processes are bare: a page of code (below), a page of data each, and the code of the vDSO. A thread
// takes its call's arguments from the data page and goes to the call's place in the vDSO. None of the calls
// returns; one that did would jump to 0, which shows as another state of the thread than is waited for.

#include <testing/testing.h>

#include <stdatomic.h>

#include <minilib/console.h>
#include <minilib/string.h>
#include <syscalls/vdso-offsets.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/profile.h>
#include <zircon/zx-syscall-numbers.h>

#define PAGE      ((uint64_t)ZX_PAGE_SIZE)
#define PROCESSES 200u
#define THREADS   4u
#define JOBS      20u // each the parent of two others, and the home of ten processes

// ---- the code of the processes ----------------------------------------------------------------------

// A thread's x1 is the address of its struct order. The first thread's x0 is the process's handle, which it
// puts at the beginning of the data page; the others wait for it there.
__asm__(".pushsection .rodata\n"
        ".balign 4\n"
        "bare_code:\n"
        "bare_first:\n"
        "    and x9, x1, #~0xfff\n"
        "    stlr w0, [x9]\n"
        "bare_next:\n"
        "    and x9, x1, #~0xfff\n"
        "1:  ldar w10, [x9]\n"
        "    cbz w10, 1b\n"
        "    mov x9, x1\n"
        "    ldp x16, x17, [x9]\n"
        "    ldp x0, x1, [x9, #16]\n"
        "    ldp x2, x3, [x9, #32]\n"
        "    ldp x4, x5, [x9, #48]\n"
        "    ldp x6, x7, [x9, #64]\n"
        "    cmn x0, #1\n" // THE_HANDLE
        "    csel x0, x10, x0, eq\n"
        "    mov x30, #0\n"
        "    br x17\n"
        "bare_read:\n"
        "    ldr x0, [x0]\n"
        "    br x30\n"
        "bare_write:\n"
        "    str x0, [x0]\n"
        "    br x30\n"
        "bare_break:\n"
        "    brk #0\n"
        "bare_undefined:\n"
        "    udf #0\n"
        "bare_call:\n" // not the vDSO's
        "    svc #0\n"
        "bare_stay:\n"
        "    b bare_stay\n"
        "bare_code_end:\n"
        ".popsection\n");

extern const char bare_code[], bare_first[], bare_next[], bare_read[], bare_write[], bare_break[],
    bare_undefined[], bare_call[], bare_stay[], bare_code_end[];

// What a thread does, as the code above reads it.
struct order {
    uint64_t number, address; // of the call, for x16; where to go
    uint64_t args[8];
};

// A process's own page. The handle in the item is put there by the process.
struct data {
    zx_wait_item_t item;
    zx_futex_t futex;
    zx_channel_call_args_t call;
    uint64_t message[2];
    struct order orders[THREADS];
};

// ---- what they do -----------------------------------------------------------------------------------

// Values of arguments that are other for each process, or each thread.
#define THE_HANDLE  (~0ull)
#define DATA(field) (1ull << 63 | offsetof(struct data, field))
#define UNANSWERED  (1ull << 62) // a page of its own whose pager does not answer
#define ITS_OFFSET  (1ull << 61) // of that page in the pager's VMO
#define FOR_EVER    ((uint64_t)ZX_TIME_INFINITE)

struct action {
    uint64_t number, site; // of a call, or 0 and
    const char *code;      // a place in the code above; NULL: a jump to 0
    bool asks_pager;
    zx_thread_state_t state; // that the thread comes to
    uint64_t args[8];
};

#define CALL(call, ...) \
    .number = ZX_SYS_##call, .site = VDSO_SITE_##call - 4, .args = {__VA_ARGS__}
#define BLOCKED(what) .state = ZX_THREAD_STATE_BLOCKED_##what

#define NANOSLEEP  {CALL(nanosleep, FOR_EVER), BLOCKED(SLEEPING)}
#define FUTEX_WAIT {CALL(futex_wait, DATA(futex), 0, 0, FOR_EVER), BLOCKED(FUTEX)}
#define WAIT_ONE(signals) \
    {CALL(object_wait_one, THE_HANDLE, signals, FOR_EVER, DATA(message)), BLOCKED(WAIT_ONE)}
#define WAIT_MANY {CALL(object_wait_many, DATA(item), 1, FOR_EVER), BLOCKED(WAIT_MANY)}
#define PORT_WAIT {CALL(port_wait, THE_HANDLE, FOR_EVER, DATA(orders)), BLOCKED(PORT)}
#define CHANNEL_CALL                                                               \
    {CALL(channel_call_noretry, THE_HANDLE, 0, FOR_EVER, DATA(call), DATA(message), \
          DATA(message)),                                                           \
     BLOCKED(CHANNEL)}
#define INTERRUPT_WAIT {CALL(interrupt_wait, THE_HANDLE, 0), BLOCKED(INTERRUPT)}
// In a fault a thread counts as running; that it is there the pager's port tells.
#define IN_FAULT .asks_pager = true, .state = ZX_THREAD_STATE_RUNNING
#define READ_PAGE  {.code = bare_read, .args = {UNANSWERED}, IN_FAULT}
#define WRITE_PAGE {.code = bare_write, .args = {UNANSWERED}, IN_FAULT}
#define SEND_PAGE  {CALL(channel_write, THE_HANDLE, 0, UNANSWERED, 16, 0, 0), IN_FAULT}
#define RECEIVE_TO_PAGE \
    {CALL(channel_read, THE_HANDLE, 0, UNANSWERED, 0, 16, 0, 0, 0), IN_FAULT}
#define READ_VMO   {CALL(vmo_read, THE_HANDLE, DATA(message), ITS_OFFSET, 16), IN_FAULT}
#define WRITE_VMO  {CALL(vmo_write, THE_HANDLE, DATA(message), ITS_OFFSET, 16), IN_FAULT}
#define COMMIT_VMO {CALL(vmo_op_range, THE_HANDLE, ZX_VMO_OP_COMMIT, ITS_OFFSET, PAGE, 0, 0), IN_FAULT}
#define FAULT     {.code = NULL, BLOCKED(EXCEPTION)}
#define BREAK     {.code = bare_break, BLOCKED(EXCEPTION)}
#define UNDEFINED {.code = bare_undefined, BLOCKED(EXCEPTION)}
#define BAD_CALL  {.code = bare_call, BLOCKED(EXCEPTION)}
#define ON_START  {.code = NULL, BLOCKED(EXCEPTION)} // for a debugger
#define EXIT      {CALL(thread_exit), .state = ZX_THREAD_STATE_DYING} // the debugger is told
#define SPIN      {.code = bare_stay, .state = ZX_THREAD_STATE_RUNNING}

// What the process has a handle to; the test keeps the other end, if there is one.
static zx_status_t make_event(zx_handle_t *out, zx_handle_t *other)
{
    (void)other;
    return zx_event_create(0, out);
}

static zx_status_t make_port(zx_handle_t *out, zx_handle_t *other)
{
    (void)other;
    return zx_port_create(0, out);
}

static zx_status_t make_interrupt(zx_handle_t *out, zx_handle_t *other)
{
    (void)other;
    return zx_interrupt_create(ZX_HANDLE_INVALID, 0, ZX_INTERRUPT_VIRTUAL, out);
}

// With a message for the process.
static zx_status_t make_channel(zx_handle_t *out, zx_handle_t *other)
{
    static const char message[16];
    zx_status_t status = zx_channel_create(0, out, other);

    if (status == ZX_OK) {
        status = zx_channel_write(*other, 0, message, sizeof(message), NULL, 0);
    }
    return status;
}

static zx_status_t make_empty_channel(zx_handle_t *out, zx_handle_t *other)
{
    return zx_channel_create(0, out, other);
}

static zx_status_t make_socket(zx_handle_t *out, zx_handle_t *other)
{
    return zx_socket_create(ZX_SOCKET_STREAM, out, other);
}

static zx_status_t make_fifo(zx_handle_t *out, zx_handle_t *other)
{
    return zx_fifo_create(8, 8, 0, out, other);
}

static zx_status_t make_timer(zx_handle_t *out, zx_handle_t *other)
{
    (void)other;
    return zx_timer_create(ZX_TIMER_SLACK_CENTER, ZX_CLOCK_MONOTONIC, out);
}

static zx_status_t make_pair(zx_handle_t *out, zx_handle_t *other)
{
    return zx_eventpair_create(0, out, other);
}

// Of the tree, below.
static zx_status_t make_pager_vmo(zx_handle_t *out, zx_handle_t *other);
static zx_status_t make_root_job(zx_handle_t *out, zx_handle_t *other);

// AT_END: the debugger lets the threads begin.
enum exceptions { NO_PORT, OF_PROCESS, OF_THREAD, OF_DEBUGGER, AT_END };

struct kind {
    zx_status_t (*make)(zx_handle_t *out, zx_handle_t *other);
    enum exceptions exceptions; // where the test's port is bound, beside the tree's root
    bool suspended, not_started;
    bool born_suspended; // the process is, before its start
    zx_signals_t signals; // for WAIT_MANY
    struct action actions[THREADS];
};

static const struct kind kinds[] = {
    {make_event, .signals = ZX_EVENT_SIGNALED,
     .actions = {WAIT_ONE(ZX_EVENT_SIGNALED), WAIT_MANY, NANOSLEEP, FUTEX_WAIT}},
    {make_port, .actions = {PORT_WAIT, PORT_WAIT, NANOSLEEP, FUTEX_WAIT}},
    {make_empty_channel, .signals = ZX_CHANNEL_READABLE,
     .actions = {CHANNEL_CALL, CHANNEL_CALL, WAIT_ONE(ZX_CHANNEL_READABLE), WAIT_MANY}},
    {make_socket, .signals = ZX_SOCKET_READABLE,
     .actions = {WAIT_ONE(ZX_SOCKET_READABLE), WAIT_MANY, WAIT_ONE(ZX_SOCKET_PEER_CLOSED),
                 FUTEX_WAIT}},
    {make_fifo, .signals = ZX_FIFO_READABLE,
     .actions = {WAIT_ONE(ZX_FIFO_READABLE), WAIT_MANY, WAIT_ONE(ZX_FIFO_PEER_CLOSED), NANOSLEEP}},
    {make_interrupt, .actions = {INTERRUPT_WAIT, READ_PAGE, NANOSLEEP, FUTEX_WAIT}},
    {make_channel, .actions = {READ_PAGE, WRITE_PAGE, SEND_PAGE, RECEIVE_TO_PAGE}},
    {make_event, .exceptions = OF_PROCESS, .actions = {FAULT, BREAK, UNDEFINED, FUTEX_WAIT}},
    {make_event, .exceptions = OF_THREAD, .actions = {FAULT, BREAK, UNDEFINED, FAULT}},
    {make_event, .exceptions = NO_PORT, .actions = {FAULT, BREAK, UNDEFINED, NANOSLEEP}},
    {make_event, .exceptions = OF_DEBUGGER, .actions = {ON_START, ON_START, ON_START, ON_START}},
    {make_empty_channel, .suspended = true,
     .actions = {CHANNEL_CALL, WAIT_ONE(ZX_CHANNEL_READABLE), FUTEX_WAIT, NANOSLEEP}},
    {make_event, .suspended = true, .actions = {BREAK, READ_PAGE, FAULT, NANOSLEEP}},
    {make_event, .born_suspended = true, .actions = {FAULT, SPIN, READ_PAGE, NANOSLEEP}},
    {make_pager_vmo, .actions = {READ_VMO, WRITE_VMO, COMMIT_VMO, READ_PAGE}},
    {make_timer, .signals = ZX_TIMER_SIGNALED,
     .actions = {WAIT_ONE(ZX_TIMER_SIGNALED), WAIT_MANY, FUTEX_WAIT, NANOSLEEP}},
    {make_pair, .signals = ZX_EVENTPAIR_PEER_CLOSED, .exceptions = OF_PROCESS,
     .actions = {WAIT_ONE(ZX_EVENTPAIR_PEER_CLOSED), WAIT_MANY, BAD_CALL, FUTEX_WAIT}},
    {make_root_job, .signals = ZX_JOB_NO_PROCESSES, // which comes with its own end
     .actions = {WAIT_ONE(ZX_JOB_NO_PROCESSES), WAIT_MANY, BAD_CALL, FUTEX_WAIT}},
    {make_event, .exceptions = AT_END, .actions = {EXIT, EXIT, EXIT, EXIT}},
    {make_event, .not_started = true, .actions = {FAULT, FAULT, FAULT, FAULT}},
};

// ---- the tree ---------------------------------------------------------------------------------------

struct victim {
    const struct kind *kind;
    zx_handle_t process, other;
    zx_handle_t threads[THREADS], tokens[THREADS];
};

static struct tree {
    zx_handle_t jobs[JOBS];
    zx_handle_t code;       // a VMO, as is
    zx_handle_t unanswered; // this one of a pager, whose requests come
    zx_handle_t pager, requests;
    zx_handle_t exceptions; // a port
    struct victim victims[PROCESSES];
} tree;

static zx_status_t make_pager_vmo(zx_handle_t *out, zx_handle_t *other)
{
    (void)other;
    return zx_handle_duplicate(tree.unanswered, ZX_RIGHT_SAME_RIGHTS, out);
}

static zx_status_t make_root_job(zx_handle_t *out, zx_handle_t *other)
{
    (void)other;
    return zx_handle_duplicate(tree.jobs[0], ZX_RIGHT_SAME_RIGHTS, out);
}

static void close_if(zx_handle_t handle)
{
    if (handle != ZX_HANDLE_INVALID) {
        EXPECT_OK(zx_handle_close(handle));
    }
}

struct places {
    zx_vaddr_t vdso, code, data, unanswered;
    uint64_t offset; // of the last in the pager's VMO
};

static zx_vaddr_t place_of(const struct places *places, const char *code)
{
    return places->code + (zx_vaddr_t)(code - bare_code);
}

static struct order order_of(const struct action *action, const struct places *places,
                             unsigned thread)
{
    struct order order = {.number = action->number};

    if (action->site != 0) {
        order.address = places->vdso + action->site;
    } else if (action->code != NULL) {
        order.address = place_of(places, action->code);
    }
    for (size_t i = 0; i < sizeof(order.args) / sizeof(order.args[0]); i++) {
        uint64_t value = action->args[i];

        if (value == UNANSWERED) {
            value = places->unanswered + thread * PAGE;
        } else if (value == ITS_OFFSET) {
            value = places->offset + thread * PAGE;
        } else if (value >> 63 != 0 && value != THE_HANDLE) {
            value = places->data + (value & ~(1ull << 63));
        }
        order.args[i] = value;
    }
    return order;
}

// Writes the data page.
static zx_status_t write_data(const struct kind *kind, const struct places *places, zx_handle_t vmo)
{
    struct data data = {.item.waitfor = kind->signals};

    data.call.wr_bytes = (void *)(places->data + offsetof(struct data, message));
    data.call.rd_bytes = (void *)(places->data + offsetof(struct data, message));
    data.call.wr_num_bytes = data.call.rd_num_bytes = sizeof(data.message);
    for (unsigned i = 0; i < THREADS; i++) {
        data.orders[i] = order_of(&kind->actions[i], places, i);
    }
    return zx_vmo_write(vmo, &data, 0, sizeof(data));
}

// Maps everything. What follows returns the first status that is not ZX_OK: of a process that is killed
// meanwhile.
static zx_status_t furnish(const struct kind *kind, zx_handle_t vmar, unsigned index,
                           struct places *places)
{
    const zx_vm_option_t rx = ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE;
    const zx_vm_option_t rw = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    zx_status_t status;

    places->offset = index * THREADS * PAGE;
    (void)((status = zx_vmo_create(PAGE, 0, &vmo)) ||
           (status = zx_vmar_map(vmar, rx, 0, test_vdso(), VDSO_CODE_OFFSET, VDSO_CODE_SIZE,
                                 &places->vdso)) ||
           (status = zx_vmar_map(vmar, rx, 0, tree.code, 0, PAGE, &places->code)) ||
           (status = zx_vmar_map(vmar, rw, 0, vmo, 0, PAGE, &places->data)) ||
           (status = zx_vmar_map(vmar, rw, 0, tree.unanswered, places->offset, THREADS * PAGE,
                                 &places->unanswered)) ||
           (status = write_data(kind, places, vmo)));
    close_if(vmo);
    return status;
}

#define KEY_BEGINS 1u // of the debuggers that let their threads begin

static zx_status_t bind_exceptions(const struct victim *victim)
{
    const enum exceptions to = victim->kind->exceptions;
    zx_status_t status = ZX_OK;

    if (to == OF_THREAD) {
        for (unsigned i = 0; i < THREADS && status == ZX_OK; i++) {
            status = zx_task_bind_exception_port(victim->threads[i], tree.exceptions, 0, 0);
        }
    } else if (to == OF_PROCESS) {
        status = zx_task_bind_exception_port(victim->process, tree.exceptions, 0, 0);
    } else if (to != NO_PORT) {
        status = zx_task_bind_exception_port(victim->process, tree.exceptions,
                                             to == AT_END ? KEY_BEGINS : 0,
                                             ZX_EXCEPTION_PORT_DEBUGGER);
    }
    return status;
}

// Answers the debugger's events of all its threads. Other packets are only told: nobody answers those.
static void let_begin(const struct victim *victim)
{
    zx_port_packet_t packet;
    zx_handle_t thread;

    for (unsigned begun = 0; begun < THREADS;) {
        ASSERT_OK(zx_port_wait(tree.exceptions, test_patience(), &packet));
        if (packet.key != KEY_BEGINS || packet.type != ZX_EXCP_THREAD_STARTING) {
            continue;
        }
        begun++;
        ASSERT_OK(zx_object_get_child(victim->process, packet.exception.tid, ZX_RIGHT_SAME_RIGHTS,
                                      &thread));
        EXPECT_OK(zx_task_resume_from_exception(thread, tree.exceptions, 0));
        close_if(thread);
    }
}

static zx_status_t start(struct victim *victim, const struct places *places)
{
    const zx_vaddr_t orders = places->data + offsetof(struct data, orders);
    zx_handle_t handle = ZX_HANDLE_INVALID;
    zx_status_t status = ZX_OK;

    if (victim->kind->not_started) {
        return ZX_OK;
    }
    if (victim->kind->born_suspended) {
        status = zx_task_suspend_token(victim->process, &victim->tokens[0]);
    }
    if (status == ZX_OK) {
        status = victim->kind->make(&handle, &victim->other);
    }
    if (status == ZX_OK) {
        status = zx_process_start(victim->process, victim->threads[0], place_of(places, bare_first),
                                  0, handle, orders);
    }
    for (unsigned i = 1; i < THREADS && status == ZX_OK; i++) {
        status = zx_thread_start(victim->threads[i], place_of(places, bare_next), 0, 0,
                                 orders + i * sizeof(struct order));
    }
    return status;
}

// What was made is in *victim, whatever the status.
static zx_status_t make_victim(struct victim *victim, const struct kind *kind, zx_handle_t job,
                               unsigned index)
{
    zx_handle_t vmar = ZX_HANDLE_INVALID;
    struct places places;

    *victim = (struct victim){.kind = kind};
    zx_status_t status = zx_process_create(job, "victim", 6, 0, &victim->process, &vmar);

    if (status != ZX_OK) {
        return status;
    }
    status = furnish(victim->kind, vmar, index, &places);
    close_if(vmar);
    for (unsigned i = 0; i < THREADS && status == ZX_OK; i++) {
        status = zx_thread_create(victim->process, "victim", 6, 0, &victim->threads[i]);
    }
    if (status == ZX_OK) {
        status = bind_exceptions(victim);
    }
    return status == ZX_OK ? start(victim, &places) : status;
}

static void close_victim(const struct victim *victim)
{
    close_if(victim->process);
    close_if(victim->other);
    for (unsigned i = 0; i < THREADS; i++) {
        close_if(victim->threads[i]);
        close_if(victim->tokens[i]);
    }
}

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void make_tree(unsigned jobs)
{
    const uint64_t size = (uint64_t)(bare_code_end - bare_code);

    tree = (struct tree){0};
    for (unsigned i = 0; i < jobs; i++) {
        zx_handle_t parent = i == 0 ? zx_job_default() : tree.jobs[(i - 1) / 2];

        ASSERT_OK(zx_job_create(parent, 0, &tree.jobs[i]));
    }
    ASSERT_OK(zx_vmo_create(PAGE, 0, &tree.code));
    ASSERT_OK(zx_vmo_write(tree.code, bare_code, 0, size));
    ASSERT_OK(zx_pager_create(0, &tree.pager));
    ASSERT_OK(zx_port_create(0, &tree.requests));
    ASSERT_OK(zx_pager_create_vmo(tree.pager, tree.requests, 0, PROCESSES * THREADS * PAGE, 0,
                                  &tree.unanswered));
    ASSERT_OK(zx_port_create(0, &tree.exceptions));
    ASSERT_OK(zx_task_bind_exception_port(tree.jobs[0], tree.exceptions, 0, 0));
}

// Waits until every thread is where it is to be killed. Returns how many have asked the pager.
static uint64_t await_blocked(const struct victim *victim)
{
    const struct kind *kind = victim->kind;
    uint64_t asking = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        const struct action *action = &kind->actions[i];
        const zx_thread_state_t state = kind->not_started      ? ZX_THREAD_STATE_NEW
                                        : kind->born_suspended ? ZX_THREAD_STATE_SUSPENDED
                                                               : action->state;

        asking += action->asks_pager && state == action->state;
        if (!test_thread_reaches(victim->threads[i], state)) {
            test_fail(__FILE__, __LINE__, "thread %u of process %u does not come to %#x", i,
                      (unsigned)(victim - tree.victims), state);
        }
    }
    return asking;
}

static void await_requests(uint64_t expected)
{
    uint64_t asked = 0;
    zx_port_packet_t packet;

    while (asked < expected) {
        ASSERT_OK(zx_port_wait(tree.requests, test_patience(), &packet));
        asked += packet.page_request.length / PAGE;
    }
    EXPECT_EQ(asked, expected);
}

static void suspend(struct victim *victim)
{
    for (unsigned i = 0; i < THREADS; i++) {
        const struct action *action = &victim->kind->actions[i];

        EXPECT_OK(zx_task_suspend_token(victim->threads[i], &victim->tokens[i]));
        // In a fault or an exception it is not stopped before that is over.
        if (!action->asks_pager && action->state != ZX_THREAD_STATE_BLOCKED_EXCEPTION) {
            EXPECT_OK(zx_object_wait_one(victim->threads[i], ZX_THREAD_SUSPENDED, test_patience(),
                                         NULL));
        }
    }
}

static void make_victims(void)
{
    uint64_t asking = 0;

    for (unsigned i = 0; i < PROCESSES; i++) {
        struct victim *victim = &tree.victims[i];

        ASSERT_OK(make_victim(victim, &kinds[i % KINDS], tree.jobs[i % JOBS], i));
        if (victim->kind->exceptions == AT_END) {
            let_begin(victim);
        }
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        asking += await_blocked(&tree.victims[i]);
    }
    await_requests(asking);
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (tree.victims[i].kind->suspended) {
            suspend(&tree.victims[i]);
        }
    }
}

// A thread that was not started is no part of its process: it is as it was, and of no use.
static void check_end_of_thread(const struct victim *victim, zx_handle_t thread)
{
    if (victim->kind->not_started) {
        EXPECT_EQ(zx_thread_start(thread, 0, 0, 0, 0), ZX_ERR_BAD_STATE);
    } else {
        ASSERT_OK(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    }
}

// It has ended, as killed, and all of it says so.
static void check_end(const struct victim *victim)
{
    zx_info_process_t info = {0};

    ASSERT_OK(zx_object_wait_one(victim->process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_OK(
        zx_object_get_info(victim->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL));
    EXPECT_TRUE(info.exited);
    EXPECT_EQ(info.return_code, -1);
    for (unsigned i = 0; i < THREADS; i++) {
        check_end_of_thread(victim, victim->threads[i]);
    }
    if (victim->other != ZX_HANDLE_INVALID) { // its handles are closed
        EXPECT_OK(
            zx_object_wait_one(victim->other, __ZX_OBJECT_PEER_CLOSED, test_patience(), NULL));
    }
}

static void check_ends(void)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        check_end(&tree.victims[i]);
    }
    for (unsigned i = 0; i < JOBS; i++) {
        EXPECT_OK(zx_object_wait_one(tree.jobs[i], ZX_JOB_NO_PROCESSES, test_patience(), NULL));
    }
}

// Closes all but the root of the tree.
static void close_tree(void)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        close_victim(&tree.victims[i]);
    }
    for (unsigned i = 1; i < JOBS; i++) {
        close_if(tree.jobs[i]);
    }
    const zx_handle_t handles[] = {tree.code, tree.unanswered, tree.pager, tree.requests,
                                   tree.exceptions};

    EXPECT_OK(zx_handle_close_many(handles, sizeof(handles) / sizeof(handles[0])));
}

static size_t listed(zx_handle_t job, uint32_t topic)
{
    size_t all = 1;

    EXPECT_OK(zx_object_get_info(job, topic, NULL, 0, NULL, &all));
    return all;
}

// Closes what is left. Of the tree nothing is there any more, in no list and no account.
static void check_nothing_left(void)
{
    close_tree();
    EXPECT_OK(zx_object_wait_one(tree.jobs[0], ZX_JOB_NO_PROCESSES, test_patience(), NULL));
    EXPECT_OK(zx_object_wait_one(tree.jobs[0], ZX_JOB_NO_JOBS, test_patience(), NULL));
    EXPECT_EQ(listed(tree.jobs[0], ZX_INFO_JOB_PROCESSES), 0);
    EXPECT_EQ(listed(tree.jobs[0], ZX_INFO_JOB_CHILDREN), 0);
    test_await_nothing_used(tree.jobs[0]);
    close_if(tree.jobs[0]);
}

// What this program's own job has: none of it is the tree's in the end.
struct own {
    uint64_t handles, threads, processes;
};

static struct own own_now(void)
{
    const zx_handle_t job = zx_job_default();

    return (struct own){.handles = test_job_usage(job, TEST_JOB_HANDLES).used,
                        .threads = test_job_usage(job, TEST_JOB_THREADS).used,
                        .processes = test_job_usage(job, TEST_JOB_PROCESSES).used};
}

static void check_own(struct own before)
{
    const struct own now = own_now();

    EXPECT_EQ(now.handles, before.handles);
    EXPECT_EQ(now.threads, before.threads);
    EXPECT_EQ(now.processes, before.processes);
}

static void kill_tree(void)
{
    const struct own before = own_now();

    make_tree(JOBS);
    make_victims();
    EXPECT_EQ(test_job_usage(tree.jobs[0], TEST_JOB_PROCESSES).used, PROCESSES);
    EXPECT_EQ(test_job_usage(tree.jobs[0], TEST_JOB_THREADS).used, PROCESSES * THREADS);
    const zx_time_t began = zx_clock_get_monotonic();

    EXPECT_OK(zx_task_kill(tree.jobs[0]));
    check_ends();
    console_printf("# all have ended after %lu us\n",
                   (unsigned long)((zx_clock_get_monotonic() - began) / 1000));
    check_nothing_left();
    check_own(before);
}

// CALLS(zx_task_kill, zx_object_wait_one, zx_object_wait_many, zx_nanosleep, zx_futex_wait, zx_port_wait)
// CALLS(zx_channel_call, zx_channel_write, zx_channel_read, zx_interrupt_wait, zx_pager_create_vmo)
// CALLS(zx_vmo_read, zx_vmo_write, zx_vmo_op_range, zx_thread_exit)
// CALLS(zx_task_bind_exception_port, zx_task_suspend_token)
TEST(a_tree_of_processes_blocked_everywhere_is_killed_without_a_trace)
{
    test_no_loss(kill_tree, (int)test_option("rounds", 4));
}

// ---- a tree that grows ------------------------------------------------------------------------------

#define GROWERS 3u

struct grower {
    struct test_thread thread;
    uint32_t seed;
    zx_status_t wrong; // a status that nothing explains
    atomic_uint made;  // processes
    atomic_bool ended;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

// Makes a process in `job`, and perhaps kills it, too. BAD_STATE or NOT_FOUND: it, or the job, was killed.
static zx_status_t grow_process(struct grower *grower, zx_handle_t job)
{
    const struct kind *kind = &kinds[next_random(&grower->seed) % KINDS];
    struct victim victim;

    if (kind->exceptions == AT_END) { // takes a debugger that answers
        kind = &kinds[0];
    }
    zx_status_t status = make_victim(&victim, kind, job, next_random(&grower->seed) % PROCESSES);

    if (status == ZX_OK && next_random(&grower->seed) % 4 == 0) {
        status = zx_task_kill(next_random(&grower->seed) % 2 != 0 ? victim.process
                                                                   : victim.threads[THREADS - 1]);
    }
    close_victim(&victim);
    atomic_fetch_add(&grower->made, status == ZX_OK);
    return status;
}

// A job with a few processes, which is killed at the end or only left.
static zx_status_t grow_job(struct grower *grower)
{
    zx_handle_t job = ZX_HANDLE_INVALID;
    zx_status_t status = zx_job_create(tree.jobs[0], 0, &job);

    if (status != ZX_OK) {
        return status;
    }
    for (unsigned i = 1 + next_random(&grower->seed) % 4; i != 0 && status == ZX_OK; i--) {
        status = grow_process(grower, job);
    }
    if (next_random(&grower->seed) % 4 == 0) {
        grower->wrong |= zx_task_kill(job);
    }
    close_if(job);
    return status;
}

// Until the root is killed, after which there can be nothing new.
static void grow(void *context)
{
    struct grower *grower = context;
    zx_status_t status;

    while ((status = grow_job(grower)) == ZX_OK) {}
    if (status != ZX_ERR_BAD_STATE && status != ZX_ERR_NOT_FOUND) {
        grower->wrong = status;
    }
    atomic_store(&grower->ended, true);
}

static unsigned grown; // processes, in all rounds

static void kill_growing_tree(void)
{
    static struct grower growers[GROWERS];
    static uint32_t seed = 1;
    const struct own before = own_now();

    make_tree(1);
    for (unsigned i = 0; i < GROWERS; i++) {
        growers[i] = (struct grower){.seed = next_random(&seed), .made = 0, .ended = false};
        ASSERT_OK(test_thread_start(&growers[i].thread, grow, &growers[i]));
    }
    EXPECT_OK(zx_thread_set_priority(ZX_PRIORITY_HIGH)); // else the others grow for a slice each
    (void)zx_nanosleep(zx_deadline_after(ZX_USEC(next_random(&seed) % 4000)));
    for (unsigned i = 0; i < GROWERS; i++) {
        EXPECT_FALSE(atomic_load(&growers[i].ended));
    }
    EXPECT_OK(zx_task_kill(tree.jobs[0]));
    EXPECT_OK(zx_task_kill(tree.jobs[0])); // dying already, or dead
    EXPECT_OK(zx_thread_set_priority(ZX_PRIORITY_DEFAULT));
    for (unsigned i = 0; i < GROWERS; i++) {
        test_thread_join(&growers[i].thread);
        EXPECT_OK(growers[i].wrong);
        grown += atomic_load(&growers[i].made);
    }
    check_nothing_left();
    check_own(before);
}

// CALLS(zx_task_kill, zx_job_create, zx_process_create, zx_process_start, zx_thread_start, zx_vmar_map)
// CALLS(zx_thread_set_priority)
TEST(a_tree_is_killed_while_it_grows)
{
    const int rounds = 4 * (int)test_option("rounds", 4);

    grown = 0;
    test_no_loss(kill_growing_tree, rounds);
    console_printf("# %u processes were made\n", grown);
    EXPECT_GE(grown, (unsigned)rounds);
}
