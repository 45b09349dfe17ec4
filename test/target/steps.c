// SPDX-License-Identifier: MIT
//
// Single steps over what is more than an instruction: one whose page is not there yet, and a system call
// (spec 20 section 6). Steps over plain instructions: stopped.c.

#include <testing/testing.h>

#include <minilib/pages.h>
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

// Where it stands after the next instruction; false if it stopped for something else.
static bool next_step(const struct stepped *s, uint64_t *out_pc)
{
    zx_exception_report_t report = {0};
    zx_port_packet_t packet = {0};

    EXPECT_OK(zx_port_wait(s->port, test_patience(), &packet));
    EXPECT_OK(zx_object_get_info(s->thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &report, sizeof(report),
                                 NULL, NULL));
    *out_pc = regs_of(s).pc;
    EXPECT_EQ(report.header.type, ZX_EXCP_HW_BREAKPOINT);
    EXPECT_EQ(report.context.arch.u.arm_64.esr >> 26, CLASS_STEP);
    return report.header.type == ZX_EXCP_HW_BREAKPOINT;
}

static struct stepped start(uint64_t argument)
{
    static char stack[PAGE] __attribute__((aligned(16)));
    struct stepped s = {0};
    zx_handle_t token = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_port_create(0, &s.port));
    EXPECT_OK(zx_thread_create(zx_process_self(), "steps", 5, 0, &s.thread));
    EXPECT_OK(zx_task_bind_exception_port(s.thread, s.port, 0, 0));
    EXPECT_OK(zx_task_suspend(s.thread, &token));
    EXPECT_OK(zx_thread_start(s.thread, (zx_vaddr_t)way, (zx_vaddr_t)stack + PAGE, argument, 0));
    EXPECT_OK(zx_object_wait_one(s.thread, ZX_THREAD_SUSPENDED, test_patience(), NULL));
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
    struct stepped s = start((uintptr_t)page);
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
