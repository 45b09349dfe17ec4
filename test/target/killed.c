// SPDX-License-Identifier: MIT
//
// Thorough killing: a tree of jobs with 200 processes of four threads each, which are blocked in every kind
// of call that blocks, in page faults that a pager does not answer, in exceptions that nobody answers, in
// the middle of a message; suspended, or not even started. One zx_task_kill ends them all, and
// nothing of them is left.
//
// The processes are bare: a page of code (below), a page of data each, and the code of the vDSO. A thread
// takes its call's arguments from the data page and goes to the call's place in the vDSO. None of the calls
// returns; one that did would jump to 0, which shows as another state of the thread than is waited for.

#include <testing/testing.h>

#include <minilib/string.h>
#include <syscalls/vdso-offsets.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>
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
        "bare_code_end:\n"
        ".popsection\n");

extern const char bare_code[], bare_first[], bare_next[], bare_read[], bare_write[], bare_break[],
    bare_undefined[], bare_code_end[];

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
#define FAULT     {.code = NULL, BLOCKED(EXCEPTION)}
#define BREAK     {.code = bare_break, BLOCKED(EXCEPTION)}
#define UNDEFINED {.code = bare_undefined, BLOCKED(EXCEPTION)}
#define ON_START  {.code = NULL, BLOCKED(EXCEPTION)} // for a debugger

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

enum exceptions { NO_PORT, OF_PROCESS, OF_THREAD, OF_DEBUGGER };

struct kind {
    zx_status_t (*make)(zx_handle_t *out, zx_handle_t *other);
    enum exceptions exceptions; // where the test's port is bound, beside the tree's root
    bool suspended, not_started;
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

static void close_if(zx_handle_t handle)
{
    if (handle != ZX_HANDLE_INVALID) {
        EXPECT_OK(zx_handle_close(handle));
    }
}

static zx_vaddr_t map(zx_handle_t vmar, zx_vm_option_t options, zx_handle_t vmo, uint64_t offset,
                      uint64_t size)
{
    zx_vaddr_t at = 0;

    EXPECT_OK(zx_vmar_map(vmar, options, 0, vmo, offset, size, &at));
    return at;
}

struct places {
    zx_vaddr_t vdso, code, data, unanswered;
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
        } else if (value >> 63 != 0 && value != THE_HANDLE) {
            value = places->data + (value & ~(1ull << 63));
        }
        order.args[i] = value;
    }
    return order;
}

// Maps everything, and writes the data page.
static struct places furnish(const struct kind *kind, zx_handle_t vmar, unsigned index)
{
    const zx_vm_option_t rx = ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE;
    const zx_vm_option_t rw = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
    struct data data = {.item.waitfor = kind->signals};
    struct places places;
    zx_handle_t vmo = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_vmo_create(PAGE, 0, &vmo));
    places.vdso = map(vmar, rx, test_vdso(), VDSO_CODE_OFFSET, VDSO_CODE_SIZE);
    places.code = map(vmar, rx, tree.code, 0, PAGE);
    places.data = map(vmar, rw, vmo, 0, PAGE);
    places.unanswered =
        map(vmar, rw, tree.unanswered, index * THREADS * PAGE, THREADS * PAGE);
    data.call.wr_bytes = (void *)(places.data + offsetof(struct data, message));
    data.call.rd_bytes = (void *)(places.data + offsetof(struct data, message));
    data.call.wr_num_bytes = data.call.rd_num_bytes = sizeof(data.message);
    for (unsigned i = 0; i < THREADS; i++) {
        data.orders[i] = order_of(&kind->actions[i], &places, i);
    }
    EXPECT_OK(zx_vmo_write(vmo, &data, 0, sizeof(data)));
    EXPECT_OK(zx_handle_close(vmo));
    return places;
}

static void bind_exceptions(const struct victim *victim)
{
    const enum exceptions to = victim->kind->exceptions;

    if (to == OF_THREAD) {
        for (unsigned i = 0; i < THREADS; i++) {
            EXPECT_OK(zx_task_bind_exception_port(victim->threads[i], tree.exceptions, 0, 0));
        }
    } else if (to != NO_PORT) {
        EXPECT_OK(
            zx_task_bind_exception_port(victim->process, tree.exceptions, 0,
                                        to == OF_DEBUGGER ? ZX_EXCEPTION_PORT_DEBUGGER : 0));
    }
}

static void start(struct victim *victim, const struct places *places)
{
    const zx_vaddr_t orders = places->data + offsetof(struct data, orders);
    zx_handle_t handle = ZX_HANDLE_INVALID;

    if (victim->kind->not_started) {
        return;
    }
    EXPECT_OK(victim->kind->make(&handle, &victim->other));
    EXPECT_OK(zx_process_start(victim->process, victim->threads[0], place_of(places, bare_first), 0,
                               handle, orders));
    for (unsigned i = 1; i < THREADS; i++) {
        EXPECT_OK(zx_thread_start(victim->threads[i], place_of(places, bare_next), 0, 0,
                                  orders + i * sizeof(struct order)));
    }
}

static void make_victim(unsigned index)
{
    struct victim *victim = &tree.victims[index];
    zx_handle_t vmar = ZX_HANDLE_INVALID;

    *victim = (struct victim){.kind = &kinds[index % (sizeof(kinds) / sizeof(kinds[0]))]};
    ASSERT_OK(zx_process_create(tree.jobs[index % JOBS], "victim", 6, 0, &victim->process, &vmar));
    const struct places places = furnish(victim->kind, vmar, index);

    EXPECT_OK(zx_handle_close(vmar));
    for (unsigned i = 0; i < THREADS; i++) {
        ASSERT_OK(zx_thread_create(victim->process, "victim", 6, 0, &victim->threads[i]));
    }
    bind_exceptions(victim);
    start(victim, &places);
}

static void make_tree(void)
{
    const uint64_t size = (uint64_t)(bare_code_end - bare_code);

    tree = (struct tree){0};
    for (unsigned i = 0; i < JOBS; i++) {
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
    uint64_t asking = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        const struct action *action = &victim->kind->actions[i];
        zx_thread_state_t state =
            victim->kind->not_started ? ZX_THREAD_STATE_NEW : action->state;

        asking += action->asks_pager;
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
        make_victim(i);
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
        const struct victim *victim = &tree.victims[i];

        close_if(victim->process);
        close_if(victim->other);
        for (unsigned j = 0; j < THREADS; j++) {
            close_if(victim->threads[j]);
            close_if(victim->tokens[j]);
        }
    }
    for (unsigned i = 1; i < JOBS; i++) {
        close_if(tree.jobs[i]);
    }
    const zx_handle_t handles[] = {tree.code, tree.unanswered, tree.pager, tree.requests,
                                   tree.exceptions};

    EXPECT_OK(zx_handle_close_many(handles, sizeof(handles) / sizeof(handles[0])));
}

static void kill_tree(void)
{
    const zx_handle_t own = zx_job_default();
    const uint64_t handles = test_job_usage(own, TEST_JOB_HANDLES).used;
    const uint64_t threads = test_job_usage(own, TEST_JOB_THREADS).used;
    const uint64_t processes = test_job_usage(own, TEST_JOB_PROCESSES).used;

    make_tree();
    make_victims();
    EXPECT_EQ(test_job_usage(tree.jobs[0], TEST_JOB_PROCESSES).used, PROCESSES);
    EXPECT_EQ(test_job_usage(tree.jobs[0], TEST_JOB_THREADS).used, PROCESSES * THREADS);
    EXPECT_OK(zx_task_kill(tree.jobs[0]));
    check_ends();
    close_tree();
    test_await_nothing_used(tree.jobs[0]);
    close_if(tree.jobs[0]);
    EXPECT_EQ(test_job_usage(own, TEST_JOB_HANDLES).used, handles);
    EXPECT_EQ(test_job_usage(own, TEST_JOB_THREADS).used, threads);
    EXPECT_EQ(test_job_usage(own, TEST_JOB_PROCESSES).used, processes);
}

// CALLS(zx_task_kill, zx_object_wait_one, zx_object_wait_many, zx_nanosleep, zx_futex_wait, zx_port_wait)
// CALLS(zx_channel_call, zx_channel_write, zx_channel_read, zx_interrupt_wait, zx_pager_create_vmo)
// CALLS(zx_task_bind_exception_port, zx_task_suspend_token)
TEST(a_tree_of_processes_blocked_everywhere_is_killed_without_a_trace)
{
    test_no_loss(kill_tree, (int)test_option("rounds", 4));
}
