// SPDX-License-Identifier: MIT
//
// Threads and child processes for target tests; the interface is in testing/testing.h.
//
// A child is this very program (program.c finds its file), told by its arguments which CHILD to run.
//
// State: the handles for starting children, set before the first test; in a child there are some only if
// test_child_start_in() gave them.

#include <testing/testing.h>

#include "framework.h"

#include <launch/launch.h>
#include <minilib/console.h>
#include <minilib/pages.h>
#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>

#define STACK_SIZE (64u * 1024)
#define PATIENCE   ZX_SEC(600)
#define OWN_FILE   PA_HND(PA_USER1, 0) // in a child that may start others

// From the linker: the row that CHILD makes.
extern const struct test_child_case __start_test_children[], __stop_test_children[];

static zx_handle_t vdso;
static zx_handle_t file; // this program's; 0: children cannot be started,
static zx_status_t file_status;
static const char *file_reason; // because of these
static char program[ZX_MAX_NAME_LEN];

zx_time_t test_patience(void)
{
    return zx_deadline_after(PATIENCE);
}

zx_handle_t test_vdso(void)
{
    return vdso;
}

// ---- threads ----

static void thread_main(uintptr_t thread, uintptr_t unused)
{
    struct test_thread *self = (struct test_thread *)thread;

    (void)unused;
    self->run(self->context);
    zx_thread_exit();
}

zx_status_t test_thread_start(struct test_thread *thread, void (*run)(void *context), void *context)
{
    static const char name[] = "test-thread";

    *thread = (struct test_thread){.run = run, .context = context};
    thread->stack = pages_allocate(STACK_SIZE);
    if (thread->stack == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    zx_status_t status =
        zx_thread_create(zx_process_self(), name, sizeof(name) - 1, 0, &thread->handle);

    if (status == ZX_OK) {
        status = zx_thread_start(thread->handle, (zx_vaddr_t)thread_main,
                                 (zx_vaddr_t)thread->stack + STACK_SIZE, (uintptr_t)thread, 0);
        if (status != ZX_OK) {
            zx_handle_close(thread->handle);
        }
    }
    if (status != ZX_OK) {
        pages_free(thread->stack, STACK_SIZE);
    }
    return status;
}

void test_thread_join(struct test_thread *thread)
{
    EXPECT_OK(zx_object_wait_one(thread->handle, ZX_THREAD_TERMINATED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(thread->handle));
    pages_free(thread->stack, STACK_SIZE);
}

bool test_thread_reaches(zx_handle_t thread, uint32_t state)
{
    zx_time_t deadline = test_patience();
    zx_info_thread_t info;

    do {
        if (zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL) != ZX_OK) {
            return false;
        }
        if (info.state == state) {
            return true;
        }
        zx_nanosleep(zx_deadline_after(ZX_USEC(200)));
    } while (zx_clock_get_monotonic() < deadline);
    return false;
}

zx_handle_t test_suspend(zx_handle_t thread)
{
    zx_handle_t token = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_task_suspend_token(thread, &token));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_SUSPENDED, test_patience(), NULL));
    return token;
}

void test_resume(zx_handle_t thread, zx_handle_t token)
{
    EXPECT_OK(zx_handle_close(token));
    EXPECT_OK(zx_object_wait_one(thread, ZX_THREAD_RUNNING, test_patience(), NULL));
}

// ---- child processes ----

// Does nothing, well. Every program has it, so that the row above is never empty.
CHILD(exit_zero)
{
    return 0;
}

void test_children_init(const char *argument)
{
    vdso = zx_take_startup_handle(PA_HND(PA_VMO_VDSO, 0));
    (void)zx_object_get_property(zx_process_self(), ZX_PROP_NAME, program, sizeof(program));
    file_status = test_program_open(argument, &file, &file_reason);
}

void test_children_inherit(void)
{
    vdso = zx_take_startup_handle(PA_HND(PA_VMO_VDSO, 0));
    file = zx_take_startup_handle(OWN_FILE);
    file_status = file != ZX_HANDLE_INVALID ? ZX_OK : ZX_ERR_BAD_HANDLE;
    file_reason = "the child was not given what starting children takes";
}

int test_child_main(const char *name)
{
    for (const struct test_child_case *child = __start_test_children; child < __stop_test_children;
         child++) {
        if (strcmp(child->name, name) == 0) {
            return child->run();
        }
    }
    console_printf("# no CHILD(%s)\n", name);
    return 127;
}

zx_handle_t test_child_channel(void)
{
    return zx_take_startup_handle(PA_HND(PA_USER0, 0));
}

// The handles that go along: the far end of child->channel, the job, and for a child that is to start
// others what that takes.
#define MAX_GIFTS 4u

struct gifts {
    zx_handle_t handles[MAX_GIFTS];
    uint32_t info[MAX_GIFTS], count;
};

static zx_status_t give(struct gifts *gifts, zx_handle_t handle, uint32_t info)
{
    zx_status_t status =
        zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &gifts->handles[gifts->count]);

    if (status == ZX_OK) {
        gifts->info[gifts->count++] = info;
    }
    return status;
}

static zx_status_t collect_gifts(struct test_child *child, bool starts_others, struct gifts *gifts)
{
    zx_status_t status = zx_channel_create(0, &child->channel, &gifts->handles[0]);

    if (status != ZX_OK) {
        return status;
    }
    gifts->info[0] = PA_HND(PA_USER0, 0);
    gifts->count = 1;
    status = give(gifts, child->job, PA_HND(PA_JOB_DEFAULT, 0));
    if (status == ZX_OK && starts_others) {
        status = give(gifts, vdso, PA_HND(PA_VMO_VDSO, 0));
    }
    if (status == ZX_OK && starts_others) {
        status = give(gifts, file, OWN_FILE);
    }
    if (status != ZX_OK) {
        (void)zx_handle_close_many(gifts->handles, gifts->count);
        (void)zx_handle_close(child->channel);
    }
    return status;
}

// Launches this program into child->job.
static zx_status_t launch_child(const char *name, bool starts_others, struct test_child *child,
                                const char **out_reason)
{
    const char *const args[] = {program, CHILD_OPTION, name};
    struct gifts gifts;
    struct launched launched;
    zx_status_t status = collect_gifts(child, starts_others, &gifts);

    if (status != ZX_OK) {
        *out_reason = "no channel";
        return status;
    }
    struct launch what = {
        .job = child->job,
        .name = name,
        .program = file,
        .vdso = vdso,
        .arg_count = 3,
        .args = args,
        .handle_count = gifts.count,
        .handles = gifts.handles,
        .handle_info = gifts.info,
        .give_loaded = true,
    };

    status = launch(&what, &launched, out_reason);
    if (status != ZX_OK) {
        zx_handle_close(child->channel);
        return status;
    }
    child->process = launched.process;
    child->thread = launched.thread;
    return ZX_OK;
}

zx_status_t test_child_start(const char *name, struct test_child *out)
{
    const char *reason = "no job";

    if (file_status != ZX_OK) {
        test_fail(__FILE__, __LINE__, "%s: %s", program, file_reason);
        return file_status;
    }
    zx_status_t status = zx_job_create(zx_job_default(), 0, &out->job);

    if (status == ZX_OK) {
        status = launch_child(name, false, out, &reason);
        if (status != ZX_OK) {
            zx_handle_close(out->job);
        }
    }
    if (status != ZX_OK) {
        test_fail(__FILE__, __LINE__, "child %s: %s: %s", name, reason,
                  zx_status_get_string(status));
    }
    return status;
}

zx_status_t test_child_start_in(zx_handle_t job, const char *name, struct test_child *out)
{
    const char *reason;

    if (file_status != ZX_OK) {
        return file_status;
    }
    zx_status_t status = zx_handle_duplicate(job, ZX_RIGHT_SAME_RIGHTS, &out->job);

    if (status == ZX_OK) {
        status = launch_child(name, true, out, &reason);
        if (status != ZX_OK) {
            zx_handle_close(out->job);
        }
    }
    return status;
}

// Says what the threads of a process do that does not end.
static void tell_threads(zx_handle_t process)
{
    zx_koid_t koids[16];
    size_t count = 0, all = 0;

    (void)zx_object_get_info(process, ZX_INFO_PROCESS_THREADS, koids, sizeof(koids), &count, &all);
    console_printf("# %lu threads\n", (unsigned long)all);
    for (size_t i = 0; i < count; i++) {
        zx_info_thread_t info = {0};
        zx_handle_t thread;

        if (zx_object_get_child(process, koids[i], ZX_RIGHT_SAME_RIGHTS, &thread) != ZX_OK) {
            continue;
        }
        (void)zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL);
        console_printf("# thread %lu: state %#x, exception port %u\n", (unsigned long)koids[i],
                       info.state, info.wait_exception_port_type);
        zx_handle_close(thread);
    }
}

int64_t test_child_finish(struct test_child *child)
{
    zx_info_process_t info = {0};
    zx_status_t status =
        zx_object_wait_one(child->process, ZX_PROCESS_TERMINATED, test_patience(), NULL);

    if (status != ZX_OK) {
        test_fail(__FILE__, __LINE__, "a child does not end");
        tell_threads(child->process);
        EXPECT_OK(zx_task_kill(child->job));
        EXPECT_OK(
            zx_object_wait_one(child->process, ZX_PROCESS_TERMINATED, test_patience(), NULL));
    }
    EXPECT_OK(zx_object_get_info(child->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL));
    const zx_handle_t handles[] = {child->job, child->process, child->thread, child->channel};

    EXPECT_OK(zx_handle_close_many(handles, sizeof(handles) / sizeof(handles[0])));
    return info.return_code;
}

int64_t test_child_run(const char *name)
{
    struct test_child child;

    if (test_child_start(name, &child) != ZX_OK) {
        return -1;
    }
    return test_child_finish(&child);
}

// ---- small things ----

zx_signals_t test_signals(zx_handle_t handle)
{
    zx_signals_t observed = 0;

    EXPECT_EQ(zx_object_wait_one(handle, 0, 0, &observed), ZX_ERR_TIMED_OUT);
    return observed;
}

zx_info_handle_basic_t test_basic_info(zx_handle_t handle)
{
    zx_info_handle_basic_t info = {0};

    EXPECT_OK(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
    return info;
}

zx_handle_t test_without_rights(zx_handle_t handle, zx_rights_t rights)
{
    zx_handle_t out = ZX_HANDLE_INVALID;
    zx_rights_t left = test_basic_info(handle).rights & ~rights;

    EXPECT_OK(zx_handle_duplicate(handle, left, &out));
    return out;
}
