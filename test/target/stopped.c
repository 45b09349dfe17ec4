// SPDX-License-Identifier: MIT
//
// Threads that stand still: suspension, registers, exceptions, single-step and breakpoints, on the
// real CPU (spec 20 sections 6 and 7, spec 21).

#include <testing/testing.h>

#include <stdatomic.h>

#include <minilib/pages.h>
#include <minilib/string.h>
#include <zircon/process.h>
#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/policy.h>
#include <zircon/syscalls/port.h>

#define PAGE 4096u

static void end_thread(struct test_thread *thread)
{
    EXPECT_OK(zx_task_kill(thread->handle));
    test_thread_join(thread);
}

// ---- code with known registers ----

// A thread starts here with x0 = a buffer of 31 + 64 words: fills all registers from it, marks word 0
// and spins at spin_here until word 0 is cleared; stores them all back and exits. Its stack is not
// used but for the exit, which needs none.
void registers_entry(void);
extern const char spin_here[];
__asm__(".text\n"
        "registers_entry:\n"
        "    add x1, x0, #256\n"
        "    ldp q0, q1, [x1]\n"
        "    ldp q30, q31, [x1, #32]\n"
        "    ldp x2, x3, [x0, #16]\n"
        "    ldp x4, x5, [x0, #32]\n"
        "    ldp x17, x18, [x0, #136]\n"
        "    ldp x19, x20, [x0, #152]\n"
        "    ldp x27, x28, [x0, #216]\n"
        "    ldp x29, x30, [x0, #232]\n"
        "    mov x1, #1\n"
        "    str x1, [x0, #248]\n"
        "spin_here:\n"
        "    ldr x1, [x0, #248]\n"
        "    cbnz x1, spin_here\n"
        "    stp x2, x3, [x0, #16]\n"
        "    stp x4, x5, [x0, #32]\n"
        "    stp x17, x18, [x0, #136]\n"
        "    stp x19, x20, [x0, #152]\n"
        "    stp x27, x28, [x0, #216]\n"
        "    stp x29, x30, [x0, #232]\n"
        "    add x1, x0, #256\n"
        "    stp q0, q1, [x1]\n"
        "    stp q30, q31, [x1, #32]\n"
        "    bl zx_thread_exit\n"
        "    brk #0\n");

struct register_file {
    uint64_t x[31];
    _Atomic uint64_t spin; // offset 248
    uint64_t q[8];         // offset 256: q0, q1, q30, q31
};

static zx_handle_t start_registers(struct register_file *file)
{
    static char stack[PAGE] __attribute__((aligned(16)));
    zx_handle_t thread = ZX_HANDLE_INVALID;

    for (unsigned i = 0; i < 31; i++) {
        file->x[i] = 0x1000 + i;
    }
    for (unsigned i = 0; i < 8; i++) {
        file->q[i] = 0x2000 + i;
    }
    EXPECT_OK(zx_thread_create(zx_process_self(), "regs", 4, 0, &thread));
    EXPECT_OK(zx_thread_start(thread, (zx_vaddr_t)registers_entry, (zx_vaddr_t)stack + PAGE,
                              (uintptr_t)file, 0));
    while (atomic_load(&file->spin) == 0) {
        zx_nanosleep(0);
    }
    return thread;
}

// CALLS(zx_task_suspend, zx_task_suspend_token, zx_thread_read_state, zx_thread_write_state)
TEST(registers_of_a_spinning_thread)
{
    static struct register_file file;
    zx_thread_state_general_regs_t regs, again;
    zx_thread_state_vector_regs_t vector;
    zx_handle_t thread = start_registers(&file), token = test_suspend(thread);

    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    EXPECT_EQ(regs.r[0], (uintptr_t)&file);
    static const uint8_t filled[] = {2, 3, 4, 5, 17, 18, 19, 20, 27, 28, 29};

    for (size_t i = 0; i < sizeof(filled); i++) {
        EXPECT_EQ(regs.r[filled[i]], 0x1000 + filled[i]);
        regs.r[filled[i]] = 0x3000 + filled[i];
    }
    EXPECT_EQ(regs.lr, 0x1000 + 30);
    EXPECT_GE(regs.pc, (uintptr_t)spin_here);
    EXPECT_LE(regs.pc, (uintptr_t)spin_here + 4);
    EXPECT_EQ(regs.cpsr & ~UINT64_C(0xf0000000), 0);
    regs.lr = 0x3000 + 30;
    regs.cpsr = UINT64_MAX; // interrupt masks and mode stay what they are
    EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &again, sizeof(again)));
    EXPECT_EQ(again.cpsr, 0xf0000000);

    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_VECTOR_REGS, &vector, sizeof(vector)));
    static const uint8_t vectors[] = {0, 1, 30, 31};

    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(vector.v[vectors[i]].low, 0x2000 + 2 * i);
        EXPECT_EQ(vector.v[vectors[i]].high, 0x2001 + 2 * i);
        vector.v[vectors[i]].low += 0x1000;
    }
    EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_VECTOR_REGS, &vector, sizeof(vector)));
    test_resume(thread, token);
    atomic_store(&file.spin, 0);
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    for (size_t i = 0; i < sizeof(filled); i++) {
        EXPECT_EQ(file.x[filled[i]], 0x3000 + filled[i]);
    }
    EXPECT_EQ(file.x[30], 0x3000 + 30);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(file.q[2 * i], 0x3000 + 2 * i);
        EXPECT_EQ(file.q[2 * i + 1], 0x2001 + 2 * i);
    }
    EXPECT_OK(zx_handle_close(thread));
}

// Stopped and let go often, a thread that uses all registers notices nothing.
// CALLS(zx_task_suspend_token)
TEST(suspension_loses_no_register)
{
    static struct register_file file;
    zx_handle_t thread = start_registers(&file);

    for (unsigned i = 0; i < 50; i++) {
        test_resume(thread, test_suspend(thread));
    }
    atomic_store(&file.spin, 0);
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_EQ(file.x[18], 0x1000 + 18);
    EXPECT_EQ(file.x[28], 0x1000 + 28);
    EXPECT_EQ(file.q[7], 0x2007);
    EXPECT_OK(zx_handle_close(thread));
}

// CALLS(zx_thread_read_state)
TEST(a_thread_suspended_before_its_start)
{
    zx_thread_state_general_regs_t regs;
    zx_handle_t thread, token;

    ASSERT_OK(zx_thread_create(zx_process_self(), "t", 1, 0, &thread));
    ASSERT_OK(zx_task_suspend(thread, &token));
    EXPECT_OK(zx_thread_start(thread, 0x1234568, 0x7654320, 77, 88));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_SUSPENDED, test_patience(), NULL));
    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    EXPECT_EQ(regs.pc, 0x1234568);
    EXPECT_EQ(regs.sp, 0x7654320);
    EXPECT_EQ(regs.r[0], 77);
    EXPECT_EQ(regs.r[1], 88);
    for (unsigned i = 2; i < 30; i++) {
        EXPECT_EQ(regs.r[i], 0);
    }
    EXPECT_EQ(regs.lr | regs.cpsr, 0);
    EXPECT_OK(zx_task_kill(thread));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(token));
    EXPECT_OK(zx_handle_close(thread));
}

// ---- blocked in calls ----

struct waiting {
    zx_handle_t object;
    zx_futex_t word;
    zx_time_t deadline;
    zx_status_t status;
    _Atomic bool done;
};

static void wait_one(void *context)
{
    struct waiting *w = context;

    w->status = zx_object_wait_one(w->object, ZX_USER_SIGNAL_0, w->deadline, NULL);
    atomic_store(&w->done, true);
}

static void futex_wait(void *context)
{
    struct waiting *w = context;

    w->status = zx_futex_wait(&w->word, 0, ZX_HANDLE_INVALID, w->deadline);
    atomic_store(&w->done, true);
}

// Sleeps, and then stays until the word is woken.
static void sleep_and_stay(void *context)
{
    struct waiting *w = context;

    w->status = zx_nanosleep(w->deadline);
    atomic_store(&w->done, true);
    (void)zx_futex_wait(&w->word, 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
}

static void call(void *context)
{
    struct waiting *w = context;
    uint32_t out[2] = {0, 5}, in[2], bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = out, .rd_bytes = in, .wr_num_bytes = 8, .rd_num_bytes = 8};

    w->status = zx_channel_call(w->object, 0, w->deadline, &args, &bytes, &handles);
    atomic_store(&w->done, true);
}

// The vDSO issues each call again; nobody sees that it was interrupted.
static void expect_retry(void (*run)(void *), zx_handle_t object, uint32_t state,
                         void (*finish)(struct waiting *w, zx_handle_t other), zx_handle_t other)
{
    struct waiting w = {.object = object, .deadline = ZX_TIME_INFINITE};
    zx_thread_state_general_regs_t regs = {0};
    struct test_thread thread;

    ASSERT_OK(test_thread_start(&thread, run, &w));
    EXPECT_TRUE(test_thread_reaches(thread.handle, state));
    for (unsigned i = 0; i < 3; i++) {
        zx_handle_t token = test_suspend(thread.handle);

        EXPECT_OK(zx_thread_read_state(thread.handle, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                       sizeof(regs)));
        EXPECT_GE(regs.sp, (uintptr_t)thread.stack);
        EXPECT_FALSE(atomic_load(&w.done));
        test_resume(thread.handle, token);
    }
    EXPECT_TRUE(test_thread_reaches(thread.handle, state));
    finish(&w, other);
    test_thread_join(&thread);
    EXPECT_TRUE(atomic_load(&w.done));
    EXPECT_OK(w.status);
}

static uint32_t state_of(zx_handle_t thread)
{
    zx_info_thread_t info = {0};

    EXPECT_OK(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL));
    return info.state;
}

// Suspends a sleeper thrice. False if it was awake by then, as it may be on a slow machine.
static bool sleep_through_suspension(zx_duration_t duration)
{
    struct waiting w = {.deadline = zx_deadline_after(duration)};
    struct test_thread thread;

    EXPECT_OK(test_thread_start(&thread, sleep_and_stay, &w));
    for (unsigned i = 0; i < 3; i++) {
        while (!atomic_load(&w.done) &&
               state_of(thread.handle) != ZX_THREAD_STATE_BLOCKED_SLEEPING)
            zx_nanosleep(zx_deadline_after(ZX_USEC(200)));
        test_resume(thread.handle, test_suspend(thread.handle));
    }
    bool slept = !atomic_load(&w.done);

    while (!atomic_load(&w.done))
        zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
    EXPECT_OK(w.status);
    EXPECT_GE(zx_clock_get_monotonic(), w.deadline);
    end_thread(&thread);
    return slept;
}

static void signal_it(struct waiting *w, zx_handle_t other)
{
    (void)other;
    EXPECT_OK(zx_object_signal(w->object, 0, ZX_USER_SIGNAL_0));
}

static void wake_it(struct waiting *w, zx_handle_t other)
{
    (void)other;
    EXPECT_OK(zx_futex_wake(&w->word, 1));
}

static void reply_to_it(struct waiting *w, zx_handle_t other)
{
    uint32_t message[2], bytes;

    (void)w;
    EXPECT_OK(zx_channel_read(other, 0, message, NULL, 8, 0, &bytes, NULL));
    EXPECT_EQ(zx_channel_read(other, 0, message, NULL, 8, 0, &bytes, NULL), ZX_ERR_SHOULD_WAIT);
    EXPECT_OK(zx_channel_write(other, 0, message, 8, NULL, 0));
}

// CALLS(zx_task_suspend, zx_channel_call_finish)
TEST(suspended_calls_are_issued_again)
{
    zx_handle_t event, ends[2];

    ASSERT_OK(zx_event_create(0, &event));
    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    expect_retry(wait_one, event, ZX_THREAD_STATE_BLOCKED_WAIT_ONE, signal_it, 0);
    expect_retry(futex_wait, 0, ZX_THREAD_STATE_BLOCKED_FUTEX, wake_it, 0);
    expect_retry(call, ends[0], ZX_THREAD_STATE_BLOCKED_CHANNEL, reply_to_it, ends[1]);
    EXPECT_OK(zx_handle_close(event));
    EXPECT_OK(zx_handle_close(ends[0]));
    EXPECT_OK(zx_handle_close(ends[1]));
}

// CALLS(zx_task_suspend, zx_nanosleep)
TEST(a_suspended_sleeper_sleeps_on)
{
    zx_duration_t duration = ZX_MSEC(100);

    while (!sleep_through_suspension(duration))
        duration *= 2;
}

// ---- exceptions ----

static zx_handle_t bound_port(zx_handle_t task, uint32_t options)
{
    zx_handle_t port = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_port_create(0, &port));
    EXPECT_OK(zx_task_bind_exception_port(task, port, 9, options));
    return port;
}

// Waits for an exception of the thread and reads its report; false if something else came.
static bool next_exception(zx_handle_t port, zx_handle_t thread, uint32_t type,
                           zx_exception_report_t *report)
{
    zx_port_packet_t packet = {0};
    zx_status_t status = zx_port_wait(port, test_patience(), &packet);

    EXPECT_OK(status);
    EXPECT_EQ(packet.key, 9);
    EXPECT_EQ(packet.type, type);
    EXPECT_EQ(packet.exception.tid, test_basic_info(thread).koid);
    EXPECT_OK(zx_object_get_info(thread, ZX_INFO_THREAD_EXCEPTION_REPORT, report, sizeof(*report),
                                 NULL, NULL));
    EXPECT_EQ(report->header.type, type);
    return status == ZX_OK && packet.type == type;
}

// Each instruction that is refused, with its exception; `length` bytes on the thread goes on.
struct trap {
    const char *name;
    void (*run)(void *context);
    uint32_t type;
    uint32_t esr_class;
    uint64_t far;
};

static void trap_undefined(void *context)
{
    (void)context;
    __asm__ volatile("udf #0");
}

static void trap_system_register(void *context)
{
    uint64_t value;

    (void)context;
    __asm__ volatile("mrs %0, elr_el1" : "=r"(value));
}

static void trap_breakpoint(void *context)
{
    (void)context;
    __asm__ volatile("brk #7");
}

static void trap_store(void *context)
{
    (void)context;
    __asm__ volatile("str xzr, [%0]" ::"r"(0x1000008ul) : "memory");
}

static void trap_unaligned(void *context)
{
    uint64_t value;

    __asm__ volatile("ldxr %0, [%1]" : "=r"(value) : "r"((char *)context + 1));
}

static const struct trap traps[] = {
    {"udf", trap_undefined, ZX_EXCP_UNDEFINED_INSTRUCTION, 0x00, 0},
    {"mrs", trap_system_register, ZX_EXCP_UNDEFINED_INSTRUCTION, 0x00, 0},
    {"brk", trap_breakpoint, ZX_EXCP_SW_BREAKPOINT, 0x3c, 0},
    {"store", trap_store, ZX_EXCP_FATAL_PAGE_FAULT, 0x24, 0x1000008},
    {"unaligned", trap_unaligned, ZX_EXCP_UNALIGNED_ACCESS, 0x24, 0},
};

// CALLS(zx_task_bind_exception_port, zx_task_resume_from_exception, zx_object_get_info)
TEST(every_trap_has_its_exception)
{
    static uint64_t words[2];

    for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
        const struct trap *trap = &traps[i];
        zx_thread_state_general_regs_t regs;
        zx_exception_report_t report;
        struct test_thread thread;
        zx_handle_t port = bound_port(zx_process_self(), 0);

        ASSERT_OK(test_thread_start(&thread, trap->run, words));
        if (!next_exception(port, thread.handle, trap->type, &report)) {
            test_fail(__FILE__, __LINE__, "trap %s", trap->name);
        }
        EXPECT_EQ(report.context.arch.u.arm_64.esr >> 26, trap->esr_class);
        EXPECT_EQ(report.context.arch.u.arm_64.far, trap->far);
        // Stepped over it, the thread ends in peace.
        EXPECT_OK(zx_thread_read_state(thread.handle, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                       sizeof(regs)));
        regs.pc += 4;
        EXPECT_OK(zx_thread_write_state(thread.handle, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                        sizeof(regs)));
        EXPECT_OK(zx_task_resume_from_exception(thread.handle, port, 0));
        test_thread_join(&thread);
        EXPECT_OK(zx_handle_close(port));
    }
}

// x8 points nowhere at first: the handler mends it, and the store is made again.
static void store_through_x8(void *context)
{
    for (unsigned i = 0; i < 3; i++) {
        __asm__ volatile("mov x8, #8\n\tstr %0, [x8]" ::"r"((uint64_t)(uintptr_t)context)
                         : "x8", "memory");
    }
}

// CALLS(zx_thread_read_state, zx_thread_write_state, zx_task_resume_from_exception)
TEST(a_fault_is_mended_and_the_instruction_made_again)
{
    static uint64_t target;
    zx_thread_state_general_regs_t regs;
    zx_exception_report_t report;
    struct test_thread thread;
    zx_handle_t port = bound_port(zx_process_self(), 0);

    ASSERT_OK(test_thread_start(&thread, store_through_x8, &target));
    for (unsigned i = 0; i < 3; i++) {
        target = 0;
        if (!next_exception(port, thread.handle, ZX_EXCP_FATAL_PAGE_FAULT, &report)) {
            break;
        }
        zx_handle_t token;

        EXPECT_OK(zx_task_suspend(thread.handle, &token));
        EXPECT_OK(zx_thread_read_state(thread.handle, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                       sizeof(regs)));
        EXPECT_EQ(regs.r[8], 8);
        regs.r[8] = (uintptr_t)&target;
        EXPECT_OK(zx_thread_write_state(thread.handle, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                        sizeof(regs)));
        EXPECT_OK(zx_task_resume_from_exception(thread.handle, port, 0));
        EXPECT_OK(zx_object_wait_one(thread.handle, ZX_THREAD_SUSPENDED, test_patience(), NULL));
        EXPECT_EQ(*(volatile uint64_t *)&target, 0); // not before it is resumed
        test_resume(thread.handle, token);
    }
    test_thread_join(&thread);
    EXPECT_EQ(target, (uintptr_t)&target);
    EXPECT_OK(zx_handle_close(port));
}

// ---- single-step and breakpoints ----

void steps_entry(void);
extern const char steps_begin[], steps_loop[], steps_end[];
__asm__(".text\n"
        "steps_entry:\n"
        "steps_begin:\n"
        "    mov x1, #0\n"
        "    mov x2, #3\n"
        "steps_loop:\n"
        "    add x1, x1, #7\n"
        "    subs x2, x2, #1\n"
        "    b.ne steps_loop\n"
        "steps_end:\n"
        "    bl zx_thread_exit\n"
        "    brk #0\n");

// A thread that is stopped at steps_begin.
static zx_handle_t start_steps(zx_handle_t *out_token)
{
    static char stack[PAGE] __attribute__((aligned(16)));
    zx_handle_t thread = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_thread_create(zx_process_self(), "steps", 5, 0, &thread));
    EXPECT_OK(zx_task_suspend(thread, out_token));
    EXPECT_OK(zx_thread_start(thread, (zx_vaddr_t)steps_entry, (zx_vaddr_t)stack + PAGE, 0, 0));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_SUSPENDED, test_patience(), NULL));
    return thread;
}

// CALLS(zx_thread_write_state, zx_thread_read_state)
TEST(single_step_stops_after_each_instruction)
{
    zx_thread_state_single_step_t on = 1, off = 0, is = 7;
    zx_thread_state_general_regs_t regs = {0};
    zx_exception_report_t report;
    zx_handle_t port = bound_port(zx_process_self(), 0), token;
    zx_handle_t thread = start_steps(&token);
    uintptr_t pc = (uintptr_t)steps_begin;

    EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_SINGLE_STEP, &on, sizeof(on)));
    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_SINGLE_STEP, &is, sizeof(is)));
    EXPECT_EQ(is, 1);
    EXPECT_OK(zx_handle_close(token));
    for (unsigned i = 0; i < 2 + 3 * 3; i++) {
        if (!next_exception(port, thread, ZX_EXCP_HW_BREAKPOINT, &report)) {
            break;
        }
        EXPECT_EQ(report.context.arch.u.arm_64.esr >> 26, 0x32);
        EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
        pc += 4;
        if (pc == (uintptr_t)steps_end && i < 10) {
            pc = (uintptr_t)steps_loop;
        }
        EXPECT_EQ(regs.pc, pc);
        if (i == 10) {
            EXPECT_EQ(regs.r[1], 21);
            EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_SINGLE_STEP, &off,
                                            sizeof(off)));
        }
        EXPECT_OK(zx_task_resume_from_exception(thread, port, 0));
    }
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(thread));
    EXPECT_OK(zx_handle_close(port));
}

// CALLS(zx_thread_write_state)
TEST(hardware_breakpoints_stop_one_thread_only)
{
    zx_thread_state_debug_regs_t debug;
    zx_thread_state_general_regs_t regs;
    zx_exception_report_t report;
    zx_handle_t port = bound_port(zx_process_self(), 0), token, other_token;
    zx_handle_t thread = start_steps(&token);

    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_DEBUG_REGS, &debug, sizeof(debug)));
    EXPECT_GE(debug.hw_bps_count, 2);
    EXPECT_LE(debug.hw_bps_count, 16);
    EXPECT_EQ(debug.hw_wps_count, 0);
    debug.hw_bps[1].dbgbvr = (uintptr_t)steps_end;
    debug.hw_bps[1].dbgbcr = 1;
    EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_DEBUG_REGS, &debug, sizeof(debug)));
    EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_DEBUG_REGS, &debug, sizeof(debug)));
    EXPECT_EQ(debug.hw_bps[1].dbgbcr, 0x1e5);
    EXPECT_OK(zx_handle_close(token));
    if (next_exception(port, thread, ZX_EXCP_HW_BREAKPOINT, &report)) {
        EXPECT_EQ(report.context.arch.u.arm_64.esr >> 26, 0x30);
        EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
        EXPECT_EQ(regs.pc, (uintptr_t)steps_end);
        EXPECT_EQ(regs.r[1], 21);
    }
    // While it stands there, another thread passes the same place.
    zx_handle_t other = start_steps(&other_token);

    EXPECT_OK(zx_handle_close(other_token));
    EXPECT_OK(zx_object_wait_one(other, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(other));
    debug.hw_bps[1].dbgbcr = 0;
    EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_DEBUG_REGS, &debug, sizeof(debug)));
    EXPECT_OK(zx_task_resume_from_exception(thread, port, 0));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(thread));
    EXPECT_OK(zx_handle_close(port));
}

// ---- other processes ----

CHILD(crashes)
{
    trap_store(NULL);
    return 0;
}

CHILD(bad_call)
{
    register uint64_t number __asm__("x16") = 0x80000000;
    register int64_t result __asm__("x0") = 0;

    __asm__ volatile("svc #0" : "+r"(result) : "r"(number) : "memory");
    return result == ZX_ERR_BAD_SYSCALL ? 5 : 6;
}

// A process that is nothing but `b .` loses its address space while it runs: the next instruction is a fault.
static void take_memory_away(void)
{
    static const uint32_t spin = 0x14000000;
    zx_handle_t process, vmar, thread, event, vmo;
    zx_info_process_t info = {0};
    zx_vaddr_t at = 0;

    ASSERT_OK(zx_process_create(zx_job_default(), "spin", 4, 0, &process, &vmar));
    ASSERT_OK(zx_thread_create(process, "spin", 4, 0, &thread));
    ASSERT_OK(zx_event_create(0, &event));
    ASSERT_OK(zx_vmo_create(PAGE, 0, &vmo));
    EXPECT_OK(zx_vmo_write(vmo, &spin, 0, sizeof(spin)));
    EXPECT_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE, 0, vmo, 0, PAGE, &at));
    EXPECT_OK(zx_process_start(process, thread, at, 0, event, 0));
    test_resume(thread, test_suspend(thread)); // it is there
    EXPECT_OK(zx_vmar_destroy(vmar));
    EXPECT_OK(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(info.return_code, -1);
    const zx_handle_t all[] = {process, vmar, thread, vmo};

    EXPECT_OK(zx_handle_close_many(all, sizeof(all) / sizeof(all[0])));
}

// CALLS(zx_task_bind_exception_port, zx_vmar_destroy)
TEST(nobody_handles_it)
{
    take_memory_away();
    EXPECT_EQ(test_child_run("crashes"), -1);
    EXPECT_EQ(test_child_run("bad_call"), -1);
}

static zx_handle_t thread_of(zx_handle_t process, zx_koid_t tid)
{
    zx_handle_t thread = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_object_get_child(process, tid, ZX_RIGHT_SAME_RIGHTS, &thread));
    return thread;
}

// A call from outside the vDSO, whatever its number: the policy error's result is seen if it is let go.
// CALLS(zx_task_bind_exception_port, zx_task_resume_from_exception)
TEST(a_bad_call_is_a_policy_error)
{
    zx_exception_report_t report;
    struct test_child child;
    zx_port_packet_t packet;
    zx_handle_t port = bound_port(zx_job_default(), 0);

    ASSERT_OK(test_child_start("bad_call", &child));
    EXPECT_OK(zx_port_wait(port, test_patience(), &packet));
    EXPECT_EQ(packet.type, ZX_EXCP_POLICY_ERROR);
    zx_handle_t thread = thread_of(child.process, packet.exception.tid);

    EXPECT_OK(zx_object_get_info(thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &report, sizeof(report),
                                 NULL, NULL));
    EXPECT_EQ(report.context.arch.u.arm_64.esr, 0);
    EXPECT_OK(zx_task_resume_from_exception(thread, port, 0));
    EXPECT_EQ(test_child_finish(&child), 5);
    EXPECT_OK(zx_handle_close(thread));
    EXPECT_OK(zx_handle_close(port));
}

static int debuggee_work(int value) __attribute__((noinline));
static int debuggee_work(int value)
{
    __asm__ volatile("" : "+r"(value));
    return value + 1;
}

CHILD(debuggee)
{
    zx_handle_t channel = test_child_channel();
    uintptr_t address = (uintptr_t)debuggee_work;
    uint32_t bytes;
    char go;

    if (zx_channel_write(channel, 0, &address, sizeof(address), NULL, 0) != ZX_OK ||
        zx_object_wait_one(channel, ZX_CHANNEL_READABLE, test_patience(), NULL) != ZX_OK ||
        zx_channel_read(channel, 0, &go, NULL, 1, 0, &bytes, NULL) != ZX_OK) {
        return 1;
    }
    return debuggee_work(41);
}

// Puts a BRK over the first instruction of a function in another process, waits for it, looks at the
// argument, changes it, mends the code, steps over the instruction, and lets go.
// CALLS(zx_process_read_memory, zx_process_write_memory, zx_thread_write_state)
TEST(a_debugger_sets_a_breakpoint_in_another_process)
{
    static const uint32_t brk = 0xd4200000;
    zx_thread_state_single_step_t on = 1, off = 0;
    zx_thread_state_general_regs_t regs = {0};
    zx_exception_report_t report;
    struct test_child child;
    uintptr_t address = 0;
    uint32_t original, bytes;
    size_t actual;

    ASSERT_OK(test_child_start("debuggee", &child));
    EXPECT_OK(zx_object_wait_one(child.channel, ZX_CHANNEL_READABLE, test_patience(), NULL));
    EXPECT_OK(zx_channel_read(child.channel, 0, &address, NULL, sizeof(address), 0, &bytes, NULL));
    zx_handle_t port = bound_port(child.process, ZX_EXCEPTION_PORT_DEBUGGER);

    EXPECT_OK(zx_process_read_memory(child.process, address, &original, 4, &actual));
    EXPECT_OK(zx_process_write_memory(child.process, address, &brk, 4, &actual));
    EXPECT_OK(zx_channel_write(child.channel, 0, "g", 1, NULL, 0));
    if (next_exception(port, child.thread, ZX_EXCP_SW_BREAKPOINT, &report)) {
        EXPECT_OK(zx_thread_read_state(child.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                       sizeof(regs)));
        EXPECT_EQ(regs.pc, address);
        EXPECT_EQ((int)regs.r[0], 41);
        regs.r[0] = 99;
        EXPECT_OK(zx_thread_write_state(child.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                        sizeof(regs)));
        EXPECT_OK(zx_process_write_memory(child.process, address, &original, 4, &actual));
        EXPECT_OK(zx_thread_write_state(child.thread, ZX_THREAD_STATE_SINGLE_STEP, &on,
                                        sizeof(on)));
        EXPECT_OK(zx_task_resume_from_exception(child.thread, port, 0));
    }
    if (next_exception(port, child.thread, ZX_EXCP_HW_BREAKPOINT, &report)) {
        EXPECT_OK(zx_thread_read_state(child.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs,
                                       sizeof(regs)));
        EXPECT_EQ(regs.pc, address + 4);
        EXPECT_OK(zx_thread_write_state(child.thread, ZX_THREAD_STATE_SINGLE_STEP, &off,
                                        sizeof(off)));
        EXPECT_OK(zx_task_resume_from_exception(child.thread, port, 0));
    }
    EXPECT_EQ(test_child_finish(&child), 100); // its argument was changed
    EXPECT_OK(zx_handle_close(port));
}

// One's own code, which cannot be written otherwise: a byte at an odd address makes `mov w0, #1` a
// `mov w0, #9`.
int answer_one(void);
__asm__(".text\n"
        ".balign 4\n"
        "answer_one:\n"
        "    mov w0, #1\n"
        "    ret\n");

// CALLS(zx_process_write_memory, zx_process_read_memory)
TEST(a_program_changes_its_own_code)
{
    const zx_vaddr_t byte = (zx_vaddr_t)answer_one + 1;
    uint8_t was = 0, now = 0;
    size_t actual = 0;

    EXPECT_EQ(answer_one(), 1);
    EXPECT_OK(zx_process_read_memory(zx_process_self(), byte, &was, 1, &actual));
    now = was | 1; // bit 8 of the instruction: bit 3 of the number
    EXPECT_OK(zx_process_write_memory(zx_process_self(), byte, &now, 1, &actual));
    EXPECT_EQ(actual, 1);
    EXPECT_EQ(answer_one(), 9);
    EXPECT_OK(zx_process_write_memory(zx_process_self(), byte, &was, 1, &actual));
    EXPECT_EQ(answer_one(), 1);
}

// ---- storms ----

static void count_for_ever(void *context)
{
    for (;;) {
        atomic_fetch_add((atomic_uint *)context, 1);
    }
}

static void fault_for_ever(void *context)
{
    (void)context;
    for (;;) {
        trap_undefined(NULL);
    }
}

// Threads that fault all the time, one that is stopped all the time, on however many CPUs there are.
// CALLS(zx_task_suspend, zx_task_resume_from_exception, zx_task_kill)
TEST(faults_and_suspensions_at_once)
{
    enum { FAULTING = 3 };
    zx_handle_t port = bound_port(zx_process_self(), 0);
    struct test_thread threads[FAULTING], counter;
    atomic_uint count = 0;

    ASSERT_OK(test_thread_start(&counter, count_for_ever, &count));
    for (unsigned i = 0; i < FAULTING; i++) {
        ASSERT_OK(test_thread_start(&threads[i], fault_for_ever, NULL));
    }
    for (unsigned i = 0; i < 200; i++) {
        zx_thread_state_general_regs_t regs;
        zx_port_packet_t packet;

        EXPECT_OK(zx_port_wait(port, test_patience(), &packet));
        zx_handle_t thread = thread_of(zx_process_self(), packet.exception.tid);

        EXPECT_OK(zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
        regs.pc += 4;
        EXPECT_OK(zx_thread_write_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
        EXPECT_OK(zx_task_resume_from_exception(thread, port, 0));
        EXPECT_OK(zx_handle_close(thread));
        if (i % 10 == 0) {
            zx_handle_t token = test_suspend(counter.handle);
            unsigned seen = atomic_load(&count);

            zx_nanosleep(0);
            EXPECT_EQ(atomic_load(&count), seen);
            test_resume(counter.handle, token);
        }
    }
    for (unsigned i = 0; i < FAULTING; i++) {
        end_thread(&threads[i]);
    }
    end_thread(&counter);
    EXPECT_OK(zx_handle_close(port));
}
