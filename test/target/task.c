// SPDX-License-Identifier: MIT
//
// Jobs, processes and threads: making, starting, ending, killing, listing (spec 20).

#include <testing/testing.h>

#include <stdatomic.h>

#include <minilib/pages.h>
#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>

#define SMALL_STACK 16384u

static zx_handle_t make_job(zx_handle_t parent)
{
    zx_handle_t job = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_job_create(parent, 0, &job));
    return job;
}

struct bare_process {
    zx_handle_t process, vmar;
};

static struct bare_process make_process(zx_handle_t job)
{
    struct bare_process made = {0, 0};

    EXPECT_OK(zx_process_create(job, "bare", 4, 0, &made.process, &made.vmar));
    return made;
}

static void close_process(struct bare_process process)
{
    EXPECT_OK(zx_handle_close(process.process));
    EXPECT_OK(zx_handle_close(process.vmar));
}

static zx_info_process_t process_info(zx_handle_t process)
{
    zx_info_process_t info = {0};

    EXPECT_OK(zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL));
    return info;
}

static uint32_t thread_state(zx_handle_t thread)
{
    zx_info_thread_t info = {.state = 999};

    EXPECT_OK(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL));
    return info.state;
}

// ---- jobs ----

// CALLS(zx_job_create)
TEST(job_create_checks_its_arguments)
{
    zx_handle_t out = 77;
    zx_handle_t weak = test_without_rights(zx_job_default(), ZX_RIGHT_WRITE | ZX_RIGHT_MANAGE_JOB);

    EXPECT_EQ(zx_job_create(zx_job_default(), 1, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_job_create(0, 0, &out), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_job_create(weak, 0, &out), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_job_create(zx_process_self(), 0, &out), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_job_create(zx_job_default(), 0, (zx_handle_t *)8), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_handle_close(weak));
}

// CALLS(zx_job_create)
TEST(job_rights_and_parent)
{
    zx_handle_t job = make_job(zx_job_default());
    zx_info_handle_basic_t info = test_basic_info(job);

    EXPECT_EQ(info.type, ZX_OBJ_TYPE_JOB);
    EXPECT_EQ(info.rights, ZX_DEFAULT_JOB_RIGHTS);
    EXPECT_EQ(info.related_koid, test_basic_info(zx_job_default()).koid);
    EXPECT_OK(zx_handle_close(job));
}

// CALLS(zx_job_create, zx_process_create)
TEST(job_signals_tell_whether_it_has_children)
{
    zx_handle_t job = make_job(zx_job_default());

    EXPECT_EQ(test_signals(job), ZX_JOB_NO_PROCESSES | ZX_JOB_NO_JOBS);
    zx_handle_t child = make_job(job);

    EXPECT_EQ(test_signals(job), ZX_JOB_NO_PROCESSES);
    struct bare_process process = make_process(job);

    EXPECT_EQ(test_signals(job), 0);
    close_process(process); // an unstarted process goes with its last handle
    EXPECT_OK(zx_object_wait_one(job, ZX_JOB_NO_PROCESSES, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(child));
    EXPECT_OK(zx_object_wait_one(job, ZX_JOB_NO_JOBS, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(job));
}

// CALLS(zx_job_create, zx_process_create)
TEST(the_job_tree_has_a_limited_height)
{
    static zx_handle_t jobs[128];
    zx_status_t status = ZX_OK;
    size_t height = 0;

    jobs[0] = zx_job_default();
    while (height + 1 < 128) {
        status = zx_job_create(jobs[height], 0, &jobs[height + 1]);
        if (status != ZX_OK) {
            break;
        }
        height++;
    }
    EXPECT_EQ(status, ZX_ERR_OUT_OF_RANGE);
    EXPECT_GT(height, 10);
    close_process(make_process(jobs[height])); // the lowest job still holds processes
    EXPECT_OK(zx_handle_close_many(jobs + 1, height));
}

// CALLS(zx_task_kill, zx_job_create, zx_process_create)
TEST(a_killed_job_takes_no_more_children)
{
    zx_handle_t job = make_job(zx_job_default()), out[2];

    EXPECT_OK(zx_task_kill(job));
    EXPECT_OK(zx_task_kill(job));
    EXPECT_EQ(zx_job_create(job, 0, &out[0]), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_process_create(job, "x", 1, 0, &out[0], &out[1]), ZX_ERR_BAD_STATE);
    EXPECT_EQ(test_signals(job), ZX_JOB_NO_PROCESSES | ZX_JOB_NO_JOBS);
    EXPECT_OK(zx_handle_close(job));
}

// CALLS(zx_object_get_info, zx_object_get_child)
TEST(a_job_lists_its_children)
{
    zx_handle_t job = make_job(zx_job_default()), jobs[2], child;
    struct bare_process processes[3];
    zx_koid_t koids[8];
    size_t actual = 0, avail = 0;

    for (size_t i = 0; i < 2; i++) {
        jobs[i] = make_job(job);
    }
    for (size_t i = 0; i < 3; i++) {
        processes[i] = make_process(job);
    }
    EXPECT_OK(zx_object_get_info(job, ZX_INFO_JOB_CHILDREN, koids, sizeof(koids), &actual, &avail));
    EXPECT_EQ(actual, 2);
    EXPECT_EQ(koids[0], test_basic_info(jobs[0]).koid);
    EXPECT_EQ(koids[1], test_basic_info(jobs[1]).koid);
    EXPECT_OK(
        zx_object_get_info(job, ZX_INFO_JOB_PROCESSES, koids, sizeof(koids), &actual, &avail));
    EXPECT_EQ(actual, 3);
    EXPECT_EQ(koids[2], test_basic_info(processes[2].process).koid);
    EXPECT_OK(zx_object_get_info(job, ZX_INFO_JOB_PROCESSES, koids, 8, &actual, &avail));
    EXPECT_EQ(actual, 1);
    EXPECT_EQ(avail, 3);
    EXPECT_OK(zx_object_get_info(job, ZX_INFO_JOB_PROCESSES, NULL, 0, &actual, &avail));
    EXPECT_EQ(actual, 0);
    EXPECT_EQ(avail, 3);
    ASSERT_OK(zx_object_get_child(job, koids[0], ZX_RIGHT_SAME_RIGHTS, &child));
    EXPECT_EQ(test_basic_info(child).koid, koids[0]);
    EXPECT_EQ(test_basic_info(child).rights, ZX_DEFAULT_JOB_RIGHTS); // the parent handle's
    EXPECT_OK(zx_handle_close(child));
    EXPECT_EQ(zx_object_get_child(job, 3, ZX_RIGHT_SAME_RIGHTS, &child), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(zx_object_get_child(job, koids[0], 0x40000000, &child), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_get_child(0, koids[0], ZX_RIGHT_SAME_RIGHTS, &child), ZX_ERR_BAD_HANDLE);
    for (size_t i = 0; i < 3; i++) {
        close_process(processes[i]);
    }
    EXPECT_OK(zx_handle_close_many(jobs, 2));
    EXPECT_OK(zx_handle_close(job));
}

// ---- processes ----

// CALLS(zx_process_create)
TEST(process_create_checks_its_arguments)
{
    zx_handle_t job = make_job(zx_job_default()), out[2] = {77, 78};

    EXPECT_EQ(zx_process_create(job, "x", 1, 1, &out[0], &out[1]), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_process_create(job, NULL, 0, 0, &out[0], &out[1]), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_process_create(job, (const char *)8, 4, 0, &out[0], &out[1]), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_process_create(0, "x", 1, 0, &out[0], &out[1]), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_process_create(zx_process_self(), "x", 1, 0, &out[0], &out[1]), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(out[0], 77);
    EXPECT_EQ(zx_process_create(job, "x", 1, 0, &out[0], (zx_handle_t *)8), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(test_signals(job), ZX_JOB_NO_PROCESSES | ZX_JOB_NO_JOBS);
    EXPECT_OK(zx_handle_close(job));
}

// CALLS(zx_process_create, zx_object_get_property)
TEST(a_new_process_has_name_rights_and_an_empty_space)
{
    static const char long_name[] = "a name that is clearly longer than thirty-one characters";
    zx_handle_t job = make_job(zx_job_default());
    struct bare_process made = {0, 0};
    char name[ZX_MAX_NAME_LEN];
    zx_info_vmar_t space;

    ASSERT_OK(zx_process_create(job, long_name, sizeof(long_name), 0, &made.process, &made.vmar));
    ASSERT_OK(zx_object_get_property(made.process, ZX_PROP_NAME, name, sizeof(name)));
    EXPECT_EQ(strlen(name), 31);
    EXPECT_EQ(memcmp(name, long_name, 31), 0);
    EXPECT_EQ(test_basic_info(made.process).rights, ZX_DEFAULT_PROCESS_RIGHTS);
    EXPECT_EQ(test_basic_info(made.process).related_koid, test_basic_info(job).koid);
    EXPECT_EQ(test_basic_info(made.vmar).rights, 0x801f);
    EXPECT_EQ(test_signals(made.process), 0);
    ASSERT_OK(zx_object_get_info(made.vmar, ZX_INFO_VMAR, &space, sizeof(space), NULL, NULL));
    EXPECT_EQ(space.base, 0x1000000);
    EXPECT_EQ(space.len, 0xfffffe000000);
    zx_info_process_t info = process_info(made.process);

    EXPECT_FALSE(info.started || info.exited);
    EXPECT_EQ(info.return_code, 0);
    close_process(made);
    EXPECT_OK(zx_handle_close(job));
}

CHILD(exit_seven)
{
    return 7;
}

// CALLS(zx_process_exit)
TEST(a_return_code_arrives)
{
    EXPECT_EQ(test_child_run("exit_zero"), 0);
    EXPECT_EQ(test_child_run("exit_seven"), 7);
}

CHILD(exit_with_a_large_code)
{
    zx_process_exit(0x123456789abcdef0);
}

// CALLS(zx_process_exit)
TEST(a_return_code_has_64_bits)
{
    EXPECT_EQ(test_child_run("exit_with_a_large_code"), 0x123456789abcdef0);
}

CHILD(end_the_only_thread)
{
    zx_thread_exit();
}

// CALLS(zx_thread_exit)
TEST(the_last_threads_end_ends_the_process_with_zero)
{
    EXPECT_EQ(test_child_run("end_the_only_thread"), 0);
}

CHILD(wait_forever)
{
    (void)zx_object_wait_one(test_child_channel(), ZX_USER_SIGNAL_0, ZX_TIME_INFINITE, NULL);
    return 3;
}

CHILD(spin_forever)
{
    for (volatile bool on = true; on;) {}
    return 0;
}

// Starts a child, waits until its thread shows `state`, kills `what` of it.
static void check_kill(const char *name, uint32_t state, size_t handle_offset)
{
    struct test_child child;

    ASSERT_OK(test_child_start(name, &child));
    EXPECT_TRUE(test_thread_reaches(child.thread, state));
    zx_info_process_t info = process_info(child.process);

    EXPECT_TRUE(info.started && !info.exited);
    EXPECT_OK(zx_task_kill(*(zx_handle_t *)((char *)&child + handle_offset)));
    EXPECT_OK(zx_object_wait_one(child.process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_EQ(test_signals(child.process), ZX_PROCESS_TERMINATED);
    EXPECT_EQ(test_signals(child.thread), ZX_THREAD_TERMINATED);
    EXPECT_EQ(thread_state(child.thread), ZX_THREAD_STATE_DEAD);
    info = process_info(child.process);
    EXPECT_TRUE(info.started && info.exited);
    EXPECT_OK(zx_task_kill(child.process)); // again, when it is dead
    EXPECT_OK(zx_object_wait_one(child.job, ZX_JOB_NO_PROCESSES, test_patience(), NULL));
    EXPECT_EQ(test_child_finish(&child),
              handle_offset == offsetof(struct test_child, thread) ? 0 : -1);
}

#define MANY_HANDLES (UINT64_C(1) << 34) // minutes of work, were it not for the kill

// Closes an array that no memory holds: all its pages are the zero page.
CHILD(close_handles_for_ever)
{
    zx_handle_t vmo;
    zx_vaddr_t array;

    if (zx_vmo_create(MANY_HANDLES * sizeof(zx_handle_t), 0, &vmo) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0,
                    MANY_HANDLES * sizeof(zx_handle_t), &array) != ZX_OK ||
        zx_object_signal_peer(test_child_channel(), 0, ZX_USER_SIGNAL_0) != ZX_OK) {
        return 1;
    }
    (void)zx_handle_close_many((const zx_handle_t *)array, MANY_HANDLES);
    return 2;
}

// CALLS(zx_task_kill, zx_handle_close_many)
TEST(kill_ends_a_process_in_the_middle_of_a_long_call)
{
    struct test_child child;

    ASSERT_OK(test_child_start("close_handles_for_ever", &child));
    EXPECT_OK(zx_object_wait_one(child.channel, ZX_USER_SIGNAL_0, test_patience(), NULL));
    EXPECT_OK(zx_nanosleep(zx_deadline_after(ZX_MSEC(20)))); // it is in the call, most likely
    EXPECT_OK(zx_task_kill(child.process));
    EXPECT_OK(zx_object_wait_one(child.process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_EQ(test_child_finish(&child), -1);
}

// CALLS(zx_task_kill)
TEST(kill_ends_a_waiting_process)
{
    check_kill("wait_forever", ZX_THREAD_STATE_BLOCKED_WAIT_ONE,
               offsetof(struct test_child, process));
}

// CALLS(zx_task_kill)
TEST(kill_ends_a_running_process)
{
    check_kill("spin_forever", ZX_THREAD_STATE_RUNNING, offsetof(struct test_child, process));
}

// CALLS(zx_task_kill)
TEST(killing_the_job_ends_its_processes)
{
    check_kill("spin_forever", ZX_THREAD_STATE_RUNNING, offsetof(struct test_child, job));
}

// CALLS(zx_task_kill)
TEST(killing_the_only_thread_ends_the_process_with_zero)
{
    check_kill("wait_forever", ZX_THREAD_STATE_BLOCKED_WAIT_ONE,
               offsetof(struct test_child, thread));
}

// CALLS(zx_handle_close)
TEST(closing_handles_does_not_end_a_process)
{
    struct test_child child;

    ASSERT_OK(test_child_start("wait_forever", &child));
    zx_koid_t koid = test_basic_info(child.process).koid;

    EXPECT_OK(zx_handle_close(child.process));
    EXPECT_OK(zx_handle_close(child.thread));
    zx_nanosleep(zx_deadline_after(ZX_MSEC(2)));
    ASSERT_OK(zx_object_get_child(child.job, koid, ZX_RIGHT_SAME_RIGHTS, &child.process));
    EXPECT_FALSE(process_info(child.process).exited);
    EXPECT_OK(zx_task_kill(child.job));
    EXPECT_OK(zx_object_wait_one(child.process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(child.process));
    EXPECT_OK(zx_handle_close(child.job));
    EXPECT_OK(zx_handle_close(child.channel));
}

// CALLS(zx_task_kill)
TEST(an_ended_process_closes_its_handles)
{
    struct test_child child;

    ASSERT_OK(test_child_start("exit_seven", &child));
    EXPECT_OK(zx_object_wait_one(child.process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_TRUE((test_signals(child.channel) & ZX_CHANNEL_PEER_CLOSED) != 0);
    EXPECT_EQ(test_child_finish(&child), 7);
}

// CALLS(zx_process_start)
TEST(process_start_consumes_its_argument_whatever_happens)
{
    zx_handle_t job = make_job(zx_job_default()), thread, other, event;
    struct bare_process made = make_process(job);

    ASSERT_OK(zx_thread_create(made.process, "t", 1, 0, &thread));
    ASSERT_OK(zx_thread_create(zx_process_self(), "t", 1, 0, &other));
    const struct {
        zx_handle_t process, thread;
        zx_status_t status;
    } cases[] = {
        {0, thread, ZX_ERR_BAD_HANDLE},
        {made.process, 0, ZX_ERR_BAD_HANDLE},
        {made.vmar, thread, ZX_ERR_WRONG_TYPE},
        {made.process, made.process, ZX_ERR_WRONG_TYPE},
        {made.process, other, ZX_ERR_ACCESS_DENIED},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ASSERT_OK(zx_event_create(0, &event));
        EXPECT_EQ(zx_process_start(cases[i].process, cases[i].thread, 0, 0, event, 0),
                  cases[i].status);
        EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
    }
    EXPECT_EQ(zx_process_start(made.process, thread, 0, 0, 0, 0), ZX_ERR_BAD_HANDLE);
    ASSERT_OK(zx_event_create(0, &event));
    zx_handle_t fixed = test_without_rights(event, ZX_RIGHT_TRANSFER);

    EXPECT_EQ(zx_process_start(made.process, thread, 0, 0, fixed, 0), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_handle_close(fixed), ZX_ERR_BAD_HANDLE);
    EXPECT_OK(zx_handle_close(event));
    EXPECT_OK(zx_handle_close(thread));
    EXPECT_OK(zx_handle_close(other));
    close_process(made);
    EXPECT_OK(zx_handle_close(job));
}

// CALLS(zx_process_start)
TEST(a_process_started_at_address_zero_dies_of_it)
{
    zx_handle_t job = make_job(zx_job_default()), thread, copy;
    struct bare_process made = make_process(job);

    ASSERT_OK(zx_thread_create(made.process, "t", 1, 0, &thread));
    ASSERT_OK(zx_handle_duplicate(thread, ZX_RIGHT_SAME_RIGHTS, &copy));
    ASSERT_OK(zx_process_start(made.process, thread, 0, 0, thread, 0)); // the thread itself as arg1
    EXPECT_OK(zx_object_wait_one(made.process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    EXPECT_EQ(process_info(made.process).return_code, -1);
    zx_handle_t event;

    ASSERT_OK(zx_event_create(0, &event));
    EXPECT_EQ(zx_process_start(made.process, copy, 0, 0, event, 0), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
    EXPECT_OK(zx_handle_close(copy));
    close_process(made);
    EXPECT_OK(zx_handle_close(job));
}

// CALLS(zx_task_kill)
TEST(an_unstarted_process_can_be_killed)
{
    zx_handle_t job = make_job(zx_job_default());
    struct bare_process made = make_process(job);

    EXPECT_OK(zx_task_kill(made.process));
    EXPECT_EQ(test_signals(made.process), ZX_PROCESS_TERMINATED);
    zx_info_process_t info = process_info(made.process);

    EXPECT_TRUE(info.started && info.exited);
    EXPECT_EQ(info.return_code, -1);
    close_process(made);
    EXPECT_OK(zx_handle_close(job));
}

// CALLS(zx_task_kill)
TEST(kill_needs_the_right_and_a_task)
{
    zx_handle_t job = make_job(zx_job_default());
    zx_handle_t weak = test_without_rights(job, ZX_RIGHT_DESTROY);

    EXPECT_EQ(zx_task_kill(0), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_task_kill(weak), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_task_kill(zx_vmar_root_self()), ZX_ERR_ACCESS_DENIED);
    EXPECT_OK(zx_handle_close(weak));
    EXPECT_OK(zx_handle_close(job));
}

// ---- threads ----

// CALLS(zx_thread_create)
TEST(thread_create_checks_its_arguments)
{
    zx_handle_t out = 77;
    zx_handle_t weak =
        test_without_rights(zx_process_self(), ZX_RIGHT_WRITE | ZX_RIGHT_MANAGE_THREAD);

    EXPECT_EQ(zx_thread_create(zx_process_self(), "t", 1, 1, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_thread_create(zx_process_self(), NULL, 0, 0, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_thread_create(0, "t", 1, 0, &out), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_thread_create(weak, "t", 1, 0, &out), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_thread_create(zx_job_default(), "t", 1, 0, &out), ZX_ERR_WRONG_TYPE);
    EXPECT_EQ(out, 77);
    EXPECT_OK(zx_handle_close(weak));
}

// What a thread finds in its registers at its first instruction: x0 and x1, then x2 to x30, NZCV,
// TPIDR_EL0, sp.
struct first_registers {
    uint64_t x[31];
    uint64_t nzcv;
    uint64_t tpidr;
    uint64_t sp;
};

// Stores its registers at x0 and ends the thread.
void store_registers(uintptr_t registers, uintptr_t second);
__asm__(".pushsection .text.store_registers, \"ax\", %progbits\n"
        ".balign 4\n"
        ".hidden store_registers\n"
        ".globl store_registers\n"
        ".type store_registers, %function\n"
        "store_registers:\n"
        "    stp x0, x1, [x0, #0]\n"
        "    stp x2, x3, [x0, #16]\n"
        "    stp x4, x5, [x0, #32]\n"
        "    stp x6, x7, [x0, #48]\n"
        "    stp x8, x9, [x0, #64]\n"
        "    stp x10, x11, [x0, #80]\n"
        "    stp x12, x13, [x0, #96]\n"
        "    stp x14, x15, [x0, #112]\n"
        "    stp x16, x17, [x0, #128]\n"
        "    stp x18, x19, [x0, #144]\n"
        "    stp x20, x21, [x0, #160]\n"
        "    stp x22, x23, [x0, #176]\n"
        "    stp x24, x25, [x0, #192]\n"
        "    stp x26, x27, [x0, #208]\n"
        "    stp x28, x29, [x0, #224]\n"
        "    mrs x1, nzcv\n"
        "    stp x30, x1, [x0, #240]\n"
        "    mrs x1, tpidr_el0\n"
        "    mov x2, sp\n"
        "    stp x1, x2, [x0, #256]\n"
        "    b zx_thread_exit\n"
        ".size store_registers, . - store_registers\n"
        ".popsection\n");

// CALLS(zx_thread_create, zx_thread_start)
TEST(a_thread_starts_with_two_arguments_and_nothing_else)
{
    struct first_registers *registers = pages_allocate(sizeof(*registers));
    char *stack = pages_allocate(SMALL_STACK);
    zx_handle_t thread;

    ASSERT_TRUE(registers != NULL && stack != NULL);
    memset(registers, 0x5a, sizeof(*registers));
    ASSERT_OK(zx_thread_create(zx_process_self(), "first", 5, 0, &thread));
    EXPECT_EQ(test_basic_info(thread).rights, ZX_DEFAULT_THREAD_RIGHTS);
    EXPECT_EQ(test_basic_info(thread).related_koid, test_basic_info(zx_process_self()).koid);
    EXPECT_EQ(thread_state(thread), ZX_THREAD_STATE_NEW);
    EXPECT_EQ(test_signals(thread), 0);
    ASSERT_OK(zx_thread_start(thread, (zx_vaddr_t)store_registers, (zx_vaddr_t)stack + SMALL_STACK,
                              (uintptr_t)registers, 0x1122334455667788));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_EQ(test_signals(thread), ZX_THREAD_TERMINATED);
    EXPECT_EQ(thread_state(thread), ZX_THREAD_STATE_DEAD);
    EXPECT_EQ(registers->x[0], (uintptr_t)registers);
    EXPECT_EQ(registers->x[1], 0x1122334455667788);
    for (int i = 2; i <= 30; i++) {
        EXPECT_EQ(registers->x[i], 0);
    }
    EXPECT_EQ(registers->nzcv, 0);
    EXPECT_EQ(registers->tpidr, 0);
    EXPECT_EQ(registers->sp, (uintptr_t)stack + SMALL_STACK);
    EXPECT_EQ(zx_thread_start(thread, 0, 0, 0, 0), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_handle_close(thread));
    pages_free(stack, SMALL_STACK);
    pages_free(registers, sizeof(*registers));
}

static void wait_for_event(void *context)
{
    (void)zx_object_wait_one(*(zx_handle_t *)context, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, NULL);
}

// CALLS(zx_thread_start, zx_object_get_info)
TEST(thread_states_and_signals_follow_its_life)
{
    zx_handle_t event;
    struct test_thread thread;

    ASSERT_OK(zx_event_create(0, &event));
    ASSERT_OK(test_thread_start(&thread, wait_for_event, &event));
    EXPECT_EQ(test_signals(thread.handle), ZX_THREAD_RUNNING);
    EXPECT_TRUE(test_thread_reaches(thread.handle, ZX_THREAD_STATE_BLOCKED_WAIT_ONE));
    EXPECT_EQ(test_signals(thread.handle), ZX_THREAD_RUNNING); // blocked counts as running
    EXPECT_EQ(zx_thread_start(thread.handle, 0, 0, 0, 0), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    test_thread_join(&thread);
    EXPECT_OK(zx_handle_close(event));
}

static void spin(void *context)
{
    atomic_int *counter = context;

    for (;;) {
        (*counter)++;
    }
}

// CALLS(zx_task_kill)
TEST(killed_threads_stop_running)
{
    static atomic_int counter;
    struct test_thread spinning, waiting;
    zx_handle_t event;

    ASSERT_OK(zx_event_create(0, &event));
    ASSERT_OK(test_thread_start(&spinning, spin, &counter));
    ASSERT_OK(test_thread_start(&waiting, wait_for_event, &event));
    zx_time_t deadline = test_patience();

    while (counter == 0 && zx_clock_get_monotonic() < deadline) {
        zx_nanosleep(0);
    }
    EXPECT_TRUE(test_thread_reaches(waiting.handle, ZX_THREAD_STATE_BLOCKED_WAIT_ONE));
    EXPECT_OK(zx_task_kill(spinning.handle));
    EXPECT_OK(zx_task_kill(waiting.handle));
    test_thread_join(&spinning);
    test_thread_join(&waiting);
    int last = counter;

    zx_nanosleep(zx_deadline_after(ZX_MSEC(2)));
    EXPECT_EQ(counter, last);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_task_kill, zx_thread_create)
TEST(killing_an_unstarted_thread_does_nothing)
{
    zx_handle_t thread;

    ASSERT_OK(zx_thread_create(zx_process_self(), "new", 3, 0, &thread));
    EXPECT_OK(zx_task_kill(thread));
    EXPECT_OK(zx_task_kill(thread));
    EXPECT_EQ(thread_state(thread), ZX_THREAD_STATE_NEW);
    EXPECT_OK(zx_handle_close(thread));
}

// CALLS(zx_thread_start)
TEST(thread_start_cannot_begin_a_process)
{
    zx_handle_t job = make_job(zx_job_default()), thread;
    struct bare_process made = make_process(job);

    ASSERT_OK(zx_thread_create(made.process, "t", 1, 0, &thread));
    EXPECT_EQ(zx_thread_start(thread, 0, 0, 0, 0), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zx_thread_start(0, 0, 0, 0, 0), ZX_ERR_BAD_HANDLE);
    EXPECT_OK(zx_handle_close(thread));
    close_process(made);
    EXPECT_OK(zx_handle_close(job));
}

// CALLS(zx_object_get_info, zx_object_get_child)
TEST(a_process_lists_its_living_threads)
{
    struct test_thread threads[3];
    zx_koid_t koids[16];
    zx_handle_t event, child;
    size_t before = 0, during = 0;

    ASSERT_OK(zx_event_create(0, &event));
    EXPECT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_THREADS, koids, sizeof(koids),
                                 &before, NULL));
    for (size_t i = 0; i < 3; i++) {
        ASSERT_OK(test_thread_start(&threads[i], wait_for_event, &event));
    }
    EXPECT_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_THREADS, koids, sizeof(koids),
                                 &during, NULL));
    EXPECT_EQ(during, before + 3);
    zx_koid_t last = koids[during - 1];

    EXPECT_EQ(last, test_basic_info(threads[2].handle).koid);
    ASSERT_OK(zx_object_get_child(zx_process_self(), last, ZX_RIGHT_SAME_RIGHTS, &child));
    EXPECT_EQ(test_basic_info(child).type, ZX_OBJ_TYPE_THREAD);
    EXPECT_OK(zx_handle_close(child));
    EXPECT_OK(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    for (size_t i = 0; i < 3; i++) {
        test_thread_join(&threads[i]);
    }
    EXPECT_EQ(zx_object_get_child(zx_process_self(), last, ZX_RIGHT_SAME_RIGHTS, &child),
              ZX_ERR_NOT_FOUND);
    EXPECT_OK(zx_handle_close(event));
}

static void count_up(void *context)
{
    (*(atomic_int *)context)++;
}

// CALLS(zx_thread_create, zx_thread_start, zx_thread_exit)
TEST(many_threads_come_and_go)
{
    static atomic_int counter;
    struct test_thread threads[8];

    for (int round = 0; round < 25; round++) {
        for (size_t i = 0; i < 8; i++) {
            ASSERT_OK(test_thread_start(&threads[i], count_up, &counter));
        }
        for (size_t i = 0; i < 8; i++) {
            test_thread_join(&threads[i]);
        }
    }
    EXPECT_EQ(counter, 200);
}

// CALLS(zx_process_create, zx_process_start, zx_task_kill)
TEST(many_processes_come_and_go)
{
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(test_child_run("exit_seven"), 7);
    }
}

// A thread of the next child: ends the process with the number it is given.
static void exit_with(void *context)
{
    zx_process_exit((int64_t)(uintptr_t)context);
}

CHILD(exit_from_two_threads)
{
    static struct test_thread threads[2];

    (void)test_thread_start(&threads[0], exit_with, (void *)11);
    (void)test_thread_start(&threads[1], exit_with, (void *)12);
    zx_nanosleep(ZX_TIME_INFINITE);
    return 13;
}

// CALLS(zx_process_exit)
TEST(the_first_of_two_exits_decides)
{
    for (int i = 0; i < 5; i++) {
        int64_t code = test_child_run("exit_from_two_threads");

        EXPECT_TRUE(code == 11 || code == 12);
    }
}
