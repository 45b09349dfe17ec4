// SPDX-License-Identifier: MIT
//
// Registers of threads that stand still, wherever that is: at the beginning, in a call, in an exception
// (spec 20 sections 5 and 6, spec 21 sections 8 and 9). Those of running code: stopped.c.

#include <testing/testing.h>

#include <stdatomic.h>

#include <minilib/string.h>
#include <syscalls/vdso-offsets.h>
#include <zircon/process.h>
#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/policy.h>
#include <zircon/syscalls/port.h>

#define USER_BASE UINT64_C(0x1000000)
#define USER_END  UINT64_C(0xffffff000000)

static zx_thread_state_general_regs_t general_of(zx_handle_t thread)
{
    zx_thread_state_general_regs_t regs = {0};

    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    return regs;
}

static void set_general(zx_handle_t thread, const zx_thread_state_general_regs_t *regs)
{
    EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_GENERAL_REGS, regs, sizeof(*regs)));
}

// ---- at the beginning -----------------------------------------------------------------------------

static void expect_beginning(zx_handle_t thread, uint64_t pc, uint64_t sp, uint64_t second)
{
    static const zx_thread_state_vector_regs_t nothing;
    zx_thread_state_general_regs_t regs = general_of(thread);
    zx_thread_state_vector_regs_t vector;

    EXPECT_EQ(regs.pc, pc);
    EXPECT_EQ(regs.sp, sp);
    EXPECT_EQ(regs.r[1], second);
    for (unsigned i = 2; i < 30; i++) {
        EXPECT_EQ(regs.r[i], 0);
    }
    EXPECT_EQ(regs.lr | regs.cpsr, 0);
    memset(&vector, 0x5a, sizeof(vector));
    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_VECTOR_REGS, &vector, sizeof(vector)));
    EXPECT_EQ(memcmp(&vector, &nothing, sizeof(vector)), 0);
}

// CALLS(zx_process_start, zx_thread_start, zx_thread_read_state): nothing of what this CPU's registers held
// gets into a new thread.
TEST(a_process_and_its_threads_begin_with_empty_registers)
{
    zx_handle_t job, process, vmar, threads[2], event, token;

    ASSERT_OK(zx_job_create(zx_job_default(), 0, &job));
    ASSERT_OK(zx_process_create(job, "empty", 5, 0, &process, &vmar));
    ASSERT_OK(zx_task_suspend(process, &token));
    for (unsigned i = 0; i < 2; i++) {
        ASSERT_OK(zx_thread_create(process, "t", 1, 0, &threads[i]));
    }
    ASSERT_OK(zx_event_create(0, &event));
    EXPECT_OK(zx_process_start(process, threads[0], 0x1234568, 0x7654321, event, UINT64_MAX));
    EXPECT_OK(zx_thread_start(threads[1], 0, 0, 77, 88));
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(zx_object_wait_one(threads[i], ZX_THREAD_SUSPENDED, test_patience(), NULL));
    }
    expect_beginning(threads[0], 0x1234568, 0x7654321, UINT64_MAX);
    EXPECT_EQ(general_of(threads[0]).r[0] & ~UINT64_C(0x7ffffffe), 1); // a handle, of 32 bits
    expect_beginning(threads[1], 0, 0, 88);
    EXPECT_EQ(general_of(threads[1]).r[0], 77);
    EXPECT_OK(zx_task_kill(job));
    EXPECT_OK(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    const zx_handle_t all[] = {job, process, vmar, threads[0], threads[1], token};

    EXPECT_OK(zx_handle_close_many(all, sizeof(all) / sizeof(all[0])));
}

// Stores q0, q17, q31, FPCR and FPSR at x0 and ends the thread: the first that it has to do with them.
void store_vector(void);
__asm__(".text\n"
        "store_vector:\n"
        "    stp q0, q17, [x0]\n"
        "    str q31, [x0, #32]\n"
        "    mrs x1, fpcr\n"
        "    mrs x2, fpsr\n"
        "    stp x1, x2, [x0, #48]\n"
        "    bl zx_thread_exit\n"
        "    brk #0\n");

// CALLS(zx_thread_write_state): for a thread that has not used these registers by then
TEST(vector_registers_are_there_at_their_first_use)
{
    static const unsigned numbers[] = {0, 17, 31};
    static uint64_t stored[8];
    zx_thread_state_vector_regs_t vector = {.fpcr = 3u << 22, .fpsr = 1}; // towards zero; invalid operation
    zx_handle_t thread, token;

    for (unsigned i = 0; i < 32; i++) {
        vector.v[i].low = 0x1000 + i;
        vector.v[i].high = 0x2000 + i;
    }
    ASSERT_OK(zx_thread_create(zx_process_self(), "v", 1, 0, &thread));
    ASSERT_OK(zx_task_suspend(thread, &token));
    EXPECT_OK(zx_thread_start(thread, (zx_vaddr_t)store_vector, 0, (uintptr_t)stored, 0));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_SUSPENDED, test_patience(), NULL));
    EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_VECTOR_REGS, &vector, sizeof(vector)));
    EXPECT_OK(zx_handle_close(token));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(stored[2 * i], 0x1000 + numbers[i]);
        EXPECT_EQ(stored[2 * i + 1], 0x2000 + numbers[i]);
    }
    EXPECT_EQ(stored[6], 3u << 22);
    EXPECT_EQ(stored[7], 1);
    EXPECT_OK(zx_handle_close(thread));
}

// ---- in a call ------------------------------------------------------------------------------------

static bool is_in_vdso(uint64_t pc)
{
    uintptr_t base = 0;

    EXPECT_OK(zx_object_get_property(zx_process_self(), ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base,
                                     sizeof(base)));
    return pc >= base + VDSO_CODE_OFFSET && pc - base - VDSO_CODE_OFFSET < VDSO_CODE_SIZE;
}

struct blocked {
    zx_handle_t object;
    zx_futex_t word;
    atomic_bool returned;
};

static void in_wait_one(void *context)
{
    struct blocked *b = context;

    (void)zx_object_wait_one(b->object, ZX_USER_SIGNAL_0, ZX_TIME_INFINITE, NULL);
    atomic_store(&b->returned, true);
}

static void in_futex_wait(void *context)
{
    struct blocked *b = context;

    (void)zx_futex_wait(&b->word, 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
    atomic_store(&b->returned, true);
}

static void in_call(void *context)
{
    struct blocked *b = context;
    uint32_t words[2] = {0, 5}, bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = words, .rd_bytes = words, .wr_num_bytes = 8, .rd_num_bytes = 8};

    (void)zx_channel_call(b->object, 0, ZX_TIME_INFINITE, &args, &bytes, &handles);
    atomic_store(&b->returned, true);
}

// Stores x9 at x8 and ends the thread.
void store_and_end(void);
__asm__(".text\n"
        "store_and_end:\n"
        "    str x9, [x8]\n"
        "    bl zx_thread_exit\n"
        "    brk #0\n");

// It stands in the vDSO on its own stack, and goes where it is sent instead of back into the call.
static void send_away(void (*body)(void *), uint32_t state, zx_handle_t object)
{
    struct blocked b = {.object = object};
    static volatile uint64_t stored;
    struct test_thread thread;

    stored = 0;
    ASSERT_OK(test_thread_start(&thread, body, &b));
    EXPECT_TRUE(test_thread_reaches(thread.handle, state));
    zx_handle_t token = test_suspend(thread.handle);
    zx_thread_state_general_regs_t regs = general_of(thread.handle);

    EXPECT_TRUE(is_in_vdso(regs.pc));
    EXPECT_GE(regs.sp, (uintptr_t)thread.stack);
    EXPECT_EQ(regs.sp % 16, 0);
    regs.pc = (uintptr_t)store_and_end;
    regs.r[8] = (uintptr_t)&stored;
    regs.r[9] = 0x123456789abcdef0;
    set_general(thread.handle, &regs);
    EXPECT_EQ(stored, 0);
    EXPECT_OK(zx_handle_close(token));
    test_thread_join(&thread);
    EXPECT_EQ(stored, 0x123456789abcdef0);
    EXPECT_FALSE(atomic_load(&b.returned));
}

// CALLS(zx_thread_read_state, zx_thread_write_state, zx_task_suspend_token)
TEST(registers_of_threads_in_calls_take_effect)
{
    zx_handle_t event, ends[2];

    ASSERT_OK(zx_event_create(0, &event));
    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    send_away(in_wait_one, ZX_THREAD_STATE_BLOCKED_WAIT_ONE, event);
    send_away(in_futex_wait, ZX_THREAD_STATE_BLOCKED_FUTEX, 0);
    send_away(in_call, ZX_THREAD_STATE_BLOCKED_CHANNEL, ends[0]);
    EXPECT_OK(zx_handle_close(event));
    EXPECT_OK(zx_handle_close(ends[0]));
    EXPECT_OK(zx_handle_close(ends[1]));
}

// ---- in an exception --------------------------------------------------------------------------------

static zx_handle_t bound_port(zx_handle_t task)
{
    zx_handle_t port = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_port_create(0, &port));
    EXPECT_OK(zx_task_bind_exception_port(task, port, 9, 0));
    return port;
}

static zx_exception_report_t next_report(zx_handle_t port, zx_handle_t thread)
{
    zx_exception_report_t report = {0};
    zx_port_packet_t packet = {0};

    EXPECT_OK(zx_port_wait(port, test_patience(), &packet));
    EXPECT_EQ(packet.exception.tid, test_basic_info(thread).koid);
    EXPECT_OK(zx_object_get_info(thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &report, sizeof(report), NULL,
                                 NULL));
    return report;
}

CHILD(makes_an_event)
{
    zx_handle_t event = ZX_HANDLE_INVALID;

    return zx_event_create(0, &event);
}

// The thread stands in the vDSO's stub, with the result in x0 already, and nothing of a fault in the report.
// CALLS(zx_job_set_policy, zx_task_resume_from_exception, zx_thread_read_state)
TEST(a_policy_error_comes_with_the_result_in_x0)
{
    for (unsigned deny = 0; deny < 2; deny++) {
        const zx_policy_basic_t policy = {ZX_POL_NEW_EVENT, ZX_POL_ACTION_EXCEPTION | deny};
        const int status = deny != 0 ? ZX_ERR_ACCESS_DENIED : ZX_OK;
        struct test_child child;
        zx_handle_t job;

        ASSERT_OK(zx_job_create(zx_job_default(), 0, &job));
        EXPECT_OK(zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, ZX_JOB_POL_BASIC, &policy, 1));
        zx_handle_t port = bound_port(job);

        ASSERT_OK(test_child_start_in(job, "makes_an_event", &child));
        const zx_exception_report_t report = next_report(port, child.thread);
        const zx_thread_state_general_regs_t regs = general_of(child.thread);

        EXPECT_EQ(report.header.type, ZX_EXCP_POLICY_ERROR);
        EXPECT_EQ(report.context.arch.u.arm_64.esr | report.context.arch.u.arm_64.far, 0);
        EXPECT_EQ((zx_status_t)regs.r[0], status);
        uintptr_t base = 0;

        EXPECT_OK(zx_object_get_property(child.process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base,
                                         sizeof(base)));
        EXPECT_GE(regs.pc, base + VDSO_CODE_OFFSET);
        EXPECT_LE(regs.pc, base + VDSO_CODE_OFFSET + VDSO_CODE_SIZE);
        EXPECT_OK(zx_task_resume_from_exception(child.thread, port, 0));
        EXPECT_EQ(test_child_finish(&child), status);
        EXPECT_OK(zx_handle_close(port));
        EXPECT_OK(zx_handle_close(job));
    }
}

static void jumps_to_an_odd_place(void *context)
{
    __asm__ volatile("br %0" ::"r"((uintptr_t)context + 2));
}

// CALLS(zx_object_get_info): what is no other kind is a general exception; FAR is for page faults alone.
TEST(a_misaligned_pc_is_a_general_exception)
{
    struct test_thread thread;
    zx_handle_t port = bound_port(zx_process_self());

    ASSERT_OK(test_thread_start(&thread, jumps_to_an_odd_place, (void *)store_and_end));
    const zx_exception_report_t report = next_report(port, thread.handle);
    zx_thread_state_general_regs_t regs = general_of(thread.handle);
    static volatile uint64_t stored;

    EXPECT_EQ(report.header.type, ZX_EXCP_GENERAL);
    EXPECT_EQ(report.context.arch.u.arm_64.esr >> 26, 0x22);
    EXPECT_EQ(report.context.arch.u.arm_64.far, 0);
    EXPECT_EQ(regs.pc, (uintptr_t)store_and_end + 2);
    regs.pc -= 2;
    regs.r[8] = (uintptr_t)&stored;
    regs.r[9] = 5;
    set_general(thread.handle, &regs);
    EXPECT_OK(zx_task_resume_from_exception(thread.handle, port, 0));
    test_thread_join(&thread);
    EXPECT_EQ(stored, 5);
    EXPECT_OK(zx_handle_close(port));
}

// ---- debug registers --------------------------------------------------------------------------------

static zx_thread_state_debug_regs_t debug_of(zx_handle_t thread)
{
    zx_thread_state_debug_regs_t regs;

    memset(&regs, 0x5a, sizeof(regs));
    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_DEBUG_REGS, &regs, sizeof(regs)));
    return regs;
}

static void spins(void *context)
{
    for (;;) {
        atomic_fetch_add((atomic_uint *)context, 1);
    }
}

// CALLS(zx_thread_write_state): all or nothing; of a control word only its lowest bit.
TEST(debug_registers_take_user_addresses_and_one_bit)
{
    static const struct {
        uint64_t address;
        zx_status_t status;
    } cases[] = {
        {0, ZX_OK},
        {USER_BASE, ZX_OK},
        {USER_END - 4, ZX_OK},
        {1, ZX_ERR_INVALID_ARGS},
        {USER_BASE - 4, ZX_ERR_INVALID_ARGS},
        {USER_END, ZX_ERR_INVALID_ARGS},
        {UINT64_C(0xffffffff00000000), ZX_ERR_INVALID_ARGS},
        {UINT64_MAX, ZX_ERR_INVALID_ARGS},
    };
    static atomic_uint count;
    struct test_thread thread;

    ASSERT_OK(test_thread_start(&thread, spins, &count));
    zx_handle_t token = test_suspend(thread.handle);
    zx_thread_state_debug_regs_t was = debug_of(thread.handle), now = was;
    const uint8_t breakpoints = was.hw_bps_count;

    for (unsigned i = 0; i < breakpoints; i++) {
        EXPECT_EQ(was.hw_bps[i].dbgbvr, 0);
        EXPECT_EQ(was.hw_bps[i].dbgbcr, 0x1e4);
    }
    for (unsigned i = 0; i < 16; i++) {
        EXPECT_EQ(was.hw_wps[i].dbgwvr | was.hw_wps[i].dbgwcr, 0);
    }
    EXPECT_EQ(was.hw_wps_count, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was = debug_of(thread.handle);
        now.hw_bps[0].dbgbvr = USER_BASE + 8 * i;
        now.hw_bps[breakpoints - 1].dbgbvr = cases[i].address;
        now.hw_bps[breakpoints - 1].dbgbcr = 0xfffffffe;
        now.hw_bps_count = 1; // not looked at
        EXPECT_EQ(zx_thread_write_state(thread.handle, ZX_THREAD_STATE_DEBUG_REGS, &now, sizeof(now)),
                  cases[i].status);
        const zx_thread_state_debug_regs_t is = debug_of(thread.handle);

        if (cases[i].status != ZX_OK) {
            EXPECT_EQ(memcmp(&is, &was, sizeof(is)), 0);
            continue;
        }
        EXPECT_EQ(is.hw_bps[0].dbgbvr, USER_BASE + 8 * i);
        EXPECT_EQ(is.hw_bps[breakpoints - 1].dbgbvr, cases[i].address);
        EXPECT_EQ(is.hw_bps[breakpoints - 1].dbgbcr, 0x1e4);
        EXPECT_EQ(is.hw_bps_count, breakpoints);
    }
    // What the hardware has not is not looked at.
    for (unsigned i = breakpoints; i < 16; i++) {
        now.hw_bps[i].dbgbvr = UINT64_MAX;
    }
    now.hw_bps[breakpoints - 1].dbgbvr = 0;
    now.hw_wps[0].dbgwvr = UINT64_MAX;
    EXPECT_OK(zx_thread_write_state(thread.handle, ZX_THREAD_STATE_DEBUG_REGS, &now, sizeof(now)));
    EXPECT_EQ(debug_of(thread.handle).hw_wps[0].dbgwvr, 0);
    EXPECT_OK(zx_task_kill(thread.handle));
    EXPECT_OK(zx_handle_close(token));
    test_thread_join(&thread);
}
