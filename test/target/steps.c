// SPDX-License-Identifier: MIT
//
// Single steps over what is more than an instruction: one whose page is not there yet, an exception, and a
// system call, which may block, be suspended and be killed (spec 20 section 6). Steps over plain
// instructions: stopped.c.

#include <testing/testing.h>

#include <minilib/pages.h>
#include <minilib/string.h>
#include <zircon/process.h>
#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/port.h>

#define PAGE       4096u
#define SVC        0xd4000001u // svc #0
#define MAX_STEPS  200u        // the way into the vDSO and back is far shorter
#define CLASS_STEP 0x32u

// A thread starts here with x0 = a page that nobody has touched.
void way(void);
extern const char way_store[], way_call[], way_returned[];
__asm__(".text\n"
        "way:\n"
        "way_store:\n"
        "    str x0, [x0]\n"
        "    mov x0, #0\n"
        "way_call:\n"
        "    bl zx_handle_close\n"
        "way_returned:\n"
        "    bl zx_thread_exit\n"
        "    brk #0\n");

struct stepped {
    zx_handle_t thread, port;
};

static zx_thread_state_general_regs_t regs_of(const struct stepped *s)
{
    zx_thread_state_general_regs_t regs = {0};

    EXPECT_OK(zx_thread_read_state(s->thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    return regs;
}

static void set_step(const struct stepped *s, zx_thread_state_single_step_t on)
{
    EXPECT_OK(zx_thread_write_state(s->thread, ZX_THREAD_STATE_SINGLE_STEP, &on, sizeof(on)));
}

static zx_exception_report_t next_exception(const struct stepped *s)
{
    zx_exception_report_t report = {0};
    zx_port_packet_t packet = {0};

    EXPECT_OK(zx_port_wait(s->port, test_patience(), &packet));
    EXPECT_OK(zx_object_get_info(s->thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &report, sizeof(report),
                                 NULL, NULL));
    return report;
}

// Where it stands after the next instruction; false if it stopped for something else.
static bool next_step(const struct stepped *s, uint64_t *out_pc)
{
    const zx_exception_report_t report = next_exception(s);

    *out_pc = regs_of(s).pc;
    EXPECT_EQ(report.header.type, ZX_EXCP_HW_BREAKPOINT);
    EXPECT_EQ(report.context.arch.u.arm_64.esr >> 26, CLASS_STEP);
    return report.header.type == ZX_EXCP_HW_BREAKPOINT;
}

// The thread begins at `entry` with these in its first registers.
static struct stepped start(void (*entry)(void), const uint64_t args[4])
{
    static char stack[PAGE] __attribute__((aligned(16)));
    struct stepped s = {0};
    zx_handle_t token = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_port_create(0, &s.port));
    EXPECT_OK(zx_thread_create(zx_process_self(), "steps", 5, 0, &s.thread));
    EXPECT_OK(zx_task_bind_exception_port(s.thread, s.port, 0, 0));
    EXPECT_OK(zx_task_suspend(s.thread, &token));
    EXPECT_OK(zx_thread_start(s.thread, (zx_vaddr_t)entry, (zx_vaddr_t)stack + PAGE, 0, 0));
    EXPECT_OK(zx_object_wait_one(s.thread, ZX_THREAD_SUSPENDED, test_patience(), NULL));
    zx_thread_state_general_regs_t regs = regs_of(&s);

    memcpy(regs.r, args, 4 * sizeof(args[0]));
    EXPECT_OK(zx_thread_write_state(s.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    set_step(&s, 1);
    EXPECT_OK(zx_handle_close(token));
    return s;
}

// Each of them is one step: the thread stops behind it, not before and not one further on.
// CALLS(zx_thread_write_state, zx_thread_read_state, zx_task_resume_from_exception)
TEST(faults_and_calls_are_single_steps)
{
    uint64_t *page = pages_allocate(PAGE);
    unsigned stores = 0, calls = 0;

    ASSERT_TRUE(page != NULL);
    struct stepped s = start(way, (uint64_t[4]){(uintptr_t)page});
    uint64_t from = (uintptr_t)way, to = 0;

    for (unsigned i = 0; i < MAX_STEPS && from != (uintptr_t)way_returned; i++) {
        if (!next_step(&s, &to)) {
            break;
        }
        if (from == (uintptr_t)way_store) {
            EXPECT_EQ(to, from + 4);
            EXPECT_EQ(*page, (uintptr_t)page);
            stores++;
        } else if (*(const volatile uint32_t *)from == SVC) {
            EXPECT_EQ(to, from + 4);
            calls++;
        }
        if (to == (uintptr_t)way_returned) {
            EXPECT_EQ(regs_of(&s).r[0], ZX_OK);
            set_step(&s, 0);
        }
        from = to;
        EXPECT_OK(zx_task_resume_from_exception(s.thread, s.port, 0));
    }
    EXPECT_EQ(from, (uintptr_t)way_returned);
    EXPECT_EQ(stores, 1);
    EXPECT_EQ(calls, 1);
    EXPECT_OK(zx_object_wait_one(s.thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(s.thread));
    EXPECT_OK(zx_handle_close(s.port));
    pages_free(page, PAGE);
}

// ---- exceptions ----

void trapped_way(void);
extern const char trapped_store[];
__asm__(".text\n"
        "trapped_way:\n"
        "    brk #1\n"
        "trapped_store:\n"
        "    str x1, [x0]\n"
        "    nop\n"
        "    bl zx_thread_exit\n"
        "    brk #0\n");

// An exception is told as what it is, and the step comes when its instruction has been made, or the next one.
// CALLS(zx_thread_write_state, zx_task_resume_from_exception)
TEST(exceptions_come_before_the_step)
{
    static uint64_t word;
    struct stepped s = start(trapped_way, (uint64_t[4]){8, 77});
    uint64_t at = 0;

    EXPECT_EQ(next_exception(&s).header.type, ZX_EXCP_SW_BREAKPOINT);
    zx_thread_state_general_regs_t regs = regs_of(&s);

    EXPECT_EQ(regs.pc, (uintptr_t)trapped_way);
    regs.pc += 4;
    EXPECT_OK(zx_thread_write_state(s.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    EXPECT_OK(zx_task_resume_from_exception(s.thread, s.port, 0));

    EXPECT_EQ(next_exception(&s).header.type, ZX_EXCP_FATAL_PAGE_FAULT);
    regs = regs_of(&s);
    EXPECT_EQ(regs.pc, (uintptr_t)trapped_store);
    regs.r[0] = (uintptr_t)&word;
    EXPECT_OK(zx_thread_write_state(s.thread, ZX_THREAD_STATE_GENERAL_REGS, &regs, sizeof(regs)));
    EXPECT_OK(zx_task_resume_from_exception(s.thread, s.port, 0));

    EXPECT_TRUE(next_step(&s, &at));
    EXPECT_EQ(at, (uintptr_t)trapped_store + 4);
    EXPECT_EQ(word, 77);
    set_step(&s, 0);
    EXPECT_OK(zx_task_resume_from_exception(s.thread, s.port, 0));
    EXPECT_OK(zx_object_wait_one(s.thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(s.thread));
    EXPECT_OK(zx_handle_close(s.port));
}

// ---- calls that block ----

void waiting_way(void);
extern const char waited[];
__asm__(".text\n"
        "waiting_way:\n"
        "    bl zx_object_wait_one\n"
        "waited:\n"
        "    bl zx_thread_exit\n"
        "    brk #0\n");

static struct stepped start_waiting(zx_handle_t event)
{
    return start(waiting_way, (uint64_t[4]){event, ZX_EVENT_SIGNALED, (uint64_t)ZX_TIME_INFINITE, 0});
}

// Steps until the thread has been let into the call, where it blocks.
static void step_into_call(const struct stepped *s)
{
    uint64_t at = 0;

    do {
        ASSERT_TRUE(next_step(s, &at));
        EXPECT_OK(zx_task_resume_from_exception(s->thread, s->port, 0));
    } while (*(const volatile uint32_t *)at != SVC);
    EXPECT_TRUE(test_thread_reaches(s->thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE));
}

// The step ends when the call does, or when it is left for a suspension: then it is made anew, by steps.
// CALLS(zx_task_suspend, zx_thread_write_state, zx_object_wait_one)
TEST(a_call_that_blocks_is_one_step_and_may_be_suspended)
{
    zx_handle_t event = ZX_HANDLE_INVALID;
    zx_thread_state_single_step_t on = 0;
    uint64_t at = 0;

    ASSERT_OK(zx_event_create(0, &event));
    struct stepped s = start_waiting(event);

    step_into_call(&s);
    zx_handle_t token = test_suspend(s.thread);

    EXPECT_OK(zx_thread_read_state(s.thread, ZX_THREAD_STATE_SINGLE_STEP, &on, sizeof(on)));
    EXPECT_EQ(on, 1);
    test_resume(s.thread, token);
    step_into_call(&s);
    EXPECT_OK(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    for (unsigned i = 0; i < MAX_STEPS && at != (uintptr_t)waited; i++) {
        ASSERT_TRUE(next_step(&s, &at));
        if (at == (uintptr_t)waited) {
            EXPECT_EQ(regs_of(&s).r[0], ZX_OK);
            set_step(&s, 0);
        }
        EXPECT_OK(zx_task_resume_from_exception(s.thread, s.port, 0));
    }
    EXPECT_EQ(at, (uintptr_t)waited);
    EXPECT_OK(zx_object_wait_one(s.thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(s.thread));
    EXPECT_OK(zx_handle_close(s.port));
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_task_kill, zx_thread_write_state)
TEST(a_thread_that_is_killed_makes_no_step_more)
{
    zx_handle_t event = ZX_HANDLE_INVALID;
    zx_port_packet_t packet;

    ASSERT_OK(zx_event_create(0, &event));
    struct stepped s = start_waiting(event);

    step_into_call(&s);
    EXPECT_OK(zx_task_kill(s.thread));
    EXPECT_OK(zx_object_wait_one(s.thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_EQ(zx_port_wait(s.port, 0, &packet), ZX_ERR_TIMED_OUT);
    EXPECT_OK(zx_handle_close(s.thread));
    EXPECT_OK(zx_handle_close(s.port));
    EXPECT_OK(zx_handle_close(event));
}
