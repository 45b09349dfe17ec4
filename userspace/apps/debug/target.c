// SPDX-License-Identifier: MIT
//
// The process that is debugged: beginning, stopping, going on, letting go. Its exceptions come to a
// port that is bound as its debugger's; so does its end, as a signal's packet.

#include "debug.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jacinth/fd.h>
#include <jacinth/spawn.h>
#include <protocol/file.h>
#include <tasks/tasks.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/exception.h>
#include <zircon/syscalls/port.h>

#include "command.h"
#include "system.h"

#define KEY_JOB     1u
#define KEY_PROCESS 2u
#define KEY_ENDED   3u
#define PATIENCE    ZX_SEC(10) // for a thread to be suspended

struct target target;

bool target_read(void *context, zx_vaddr_t at, void *to, size_t size)
{
    size_t actual = 0;
    uint8_t *bytes = to;
    const zx_vaddr_t begin = at, end = at + size;

    (void)context;
    while (size != 0) {
        if (zx_process_read_memory(target.process, at, bytes, size, &actual) != ZX_OK ||
            actual == 0)
            return false;
        at += actual;
        bytes += actual;
        size -= actual;
    }
    breakpoint_hide(begin, end, to);
    return true;
}

void target_refresh(void)
{
    const struct inspect_memory memory = {.read = target_read};

    if (zx_object_get_info(target.process, ZX_INFO_PROCESS_MAPS, target.maps, sizeof(target.maps),
                           &target.map_count, NULL) != ZX_OK)
        target.map_count = 0;
    target.module_count = inspect_modules(&memory, target.maps, target.map_count, target.modules,
                                          INSPECT_MAX_MODULES);
}

const char *target_place(zx_vaddr_t address)
{
    static char text[96];
    char where[64];

    inspect_place(target.modules, target.module_count, address, where, sizeof(where));
    snprintf(text, sizeof(text), "0x%llx %s", (unsigned long long)address,
             *where != '\0' ? where : "(no module)");
    return text;
}

bool target_registers(zx_thread_state_general_regs_t *regs)
{
    zx_status_t status = target.thread == ZX_HANDLE_INVALID
                             ? ZX_ERR_BAD_STATE
                             : zx_thread_read_state(target.thread, ZX_THREAD_STATE_GENERAL_REGS,
                                                    regs, sizeof(*regs));

    if (status == ZX_OK)
        return true;
    command_complain("there are no registers: %s",
                     status == ZX_ERR_NOT_SUPPORTED ? "the thread has not begun"
                                                    : zx_status_get_string(status));
    return false;
}

// ---- stopping and going on ----

static void forget_thread(void)
{
    if (target.thread != ZX_HANDLE_INVALID)
        zx_handle_close(target.thread);
    target.thread = ZX_HANDLE_INVALID;
}

// Answers the exception, or ends the suspension, that the thread stands in.
static void let_thread_go(uint32_t options)
{
    if (target.thread == ZX_HANDLE_INVALID)
        return;
    if (target.token != ZX_HANDLE_INVALID)
        zx_handle_close(target.token);
    else
        (void)zx_task_resume_from_exception(target.thread, target.port, options);
    target.token = ZX_HANDLE_INVALID;
    forget_thread();
}

static void say_end(void)
{
    zx_info_process_t info = {0};

    (void)zx_object_get_info(target.process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    target.ended = true;
    printf("process %llu has ended with %lld\n", (unsigned long long)target.koid,
           (long long)info.return_code);
}

// Takes the thread of an exception's packet. False if it is gone.
static bool take_thread(const zx_port_packet_t *packet)
{
    forget_thread();
    if (zx_object_get_child(target.process, packet->exception.tid, ZX_RIGHT_SAME_RIGHTS,
                            &target.thread) != ZX_OK) {
        target.thread = ZX_HANDLE_INVALID;
        return false;
    }
    target.thread_koid = packet->exception.tid;
    if (zx_object_get_info(target.thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &target.stop,
                           sizeof(target.stop), NULL, NULL) == ZX_OK)
        return true;
    forget_thread();
    return false;
}

// Waits for an exception of any thread, or the end. True if a thread stands still.
static bool wait_for_stop(void)
{
    zx_port_packet_t packet;

    while (zx_port_wait(target.port, ZX_TIME_INFINITE, &packet) == ZX_OK) {
        if (packet.key == KEY_ENDED) {
            say_end();
            return false;
        }
        if (packet.key == KEY_PROCESS && take_thread(&packet))
            return true;
    }
    return false;
}

static void say_stop(void)
{
    zx_thread_state_general_regs_t regs;
    char text[192];

    target_refresh();
    if (!target_registers(&regs))
        return;
    const zx_excp_type_t type = target.stop.header.type;
    const unsigned number = type == ZX_EXCP_SW_BREAKPOINT || type == ZX_EXCP_HW_BREAKPOINT
                                ? breakpoint_at(regs.pc)
                                : 0;
    if (number != 0)
        snprintf(text, sizeof(text), "breakpoint %u", number);
    else
        inspect_exception(&target.stop, &regs, target.maps, target.map_count, text, sizeof(text));
    printf("thread %llu at %s: %s\n", (unsigned long long)target.thread_koid, target_place(regs.pc),
           text);
}

static bool set_step(bool on)
{
    zx_thread_state_single_step_t state = on;

    return zx_thread_write_state(target.thread, ZX_THREAD_STATE_SINGLE_STEP, &state,
                                 sizeof(state)) == ZX_OK;
}

// The thread makes one instruction, the one that belongs where it is. Nothing is printed. False: it
// cannot, or something else happened, which is told.
static bool step_quietly(void)
{
    zx_thread_state_general_regs_t regs;

    if (!target_registers(&regs))
        return false;
    const zx_koid_t stepping = target.thread_koid;
    const unsigned number = breakpoint_at(regs.pc);

    if (number != 0)
        breakpoint_put(number, false);
    if (!set_step(true)) {
        if (number != 0)
            breakpoint_put(number, true);
        command_complain("this thread cannot be stepped");
        return false;
    }
    let_thread_go(0);
    const bool stopped = wait_for_stop();
    if (number != 0 && !target.ended)
        breakpoint_put(number, true);
    if (!stopped)
        return false;
    const bool stepped = target.thread_koid == stepping &&
                         target.stop.header.type == ZX_EXCP_HW_BREAKPOINT;
    (void)set_step(false);
    if (!stepped)
        say_stop();
    return stepped;
}

bool target_step(void)
{
    zx_thread_state_general_regs_t regs;

    if (!step_quietly() || !target_registers(&regs))
        return false;
    printf("thread %llu at %s\n", (unsigned long long)target.thread_koid, target_place(regs.pc));
    return true;
}

// Events that are told in a word and need no person.
static bool is_passing(uint32_t type)
{
    if (type == ZX_EXCP_THREAD_STARTING) {
        printf("thread %llu begins\n", (unsigned long long)target.thread_koid);
        breakpoint_thread_begins();
    } else if (type == ZX_EXCP_THREAD_EXITING)
        printf("thread %llu ends\n", (unsigned long long)target.thread_koid);
    else
        return false;
    return true;
}

void target_go(bool pass_on)
{
    zx_thread_state_general_regs_t regs;
    uint32_t options = 0;

    if (target.thread != ZX_HANDLE_INVALID && target.token == ZX_HANDLE_INVALID) {
        const uint32_t type = target.stop.header.type;
        const bool event = !ZX_EXCP_IS_ARCH(type) && type != ZX_EXCP_POLICY_ERROR;

        // Over a breakpoint of ours: its instruction first.
        if (!event && !pass_on && target_registers(&regs) && breakpoint_at(regs.pc) != 0 &&
            !step_quietly())
            return;
        options = pass_on ? ZX_RESUME_TRY_NEXT : 0;
    }
    let_thread_go(options);
    while (wait_for_stop()) {
        if (!is_passing(target.stop.header.type)) {
            say_stop();
            return;
        }
        let_thread_go(0);
    }
}

void target_release(void)
{
    breakpoint_remove_all();
    let_thread_go(0);
    if (target.port != ZX_HANDLE_INVALID)
        zx_handle_close(target.port); // which unbinds it
    target.port = ZX_HANDLE_INVALID;
}

// ---- beginning ----

static bool bind_to(zx_handle_t task, uint64_t key)
{
    zx_status_t status =
        zx_task_bind_exception_port(task, target.port, key, ZX_EXCEPTION_PORT_DEBUGGER);

    if (status != ZX_OK)
        command_complain("%s", status == ZX_ERR_ALREADY_BOUND
                                   ? "somebody debugs it already"
                                   : zx_status_get_string(status));
    return status == ZX_OK;
}

// Makes the port the process's, and asks to be told of its end.
static bool take_process(zx_handle_t process)
{
    target.process = process;
    target.koid = tasks_koid(process);
    return bind_to(process, KEY_PROCESS) &&
           zx_object_wait_async(process, target.port, KEY_ENDED, ZX_PROCESS_TERMINATED,
                                ZX_WAIT_ASYNC_ONCE) == ZX_OK;
}

// A copy on write of a program's file, so that breakpoints in its code are in no other process's. Complains
// if there is none.
static bool open_own(const char *path, zx_handle_t *out)
{
    const int fd = open(path, O_RDONLY);
    zx_handle_t file;
    uint32_t kind;
    uint64_t size;
    zx_status_t status = fd < 0 ? ZX_ERR_NOT_FOUND : fd_borrow_handle(fd, &file, &kind);

    if (status == ZX_OK)
        status = file_get_vmo(file, zx_deadline_after(PATIENCE),
                              FILE_VMO_READ | FILE_VMO_EXECUTE | FILE_VMO_PRIVATE, out, &size);
    if (fd >= 0)
        close(fd);
    if (status != ZX_OK)
        command_complain("%s: cannot be opened (%s)", path, zx_status_get_string(status));
    return status == ZX_OK;
}

bool target_start(char **argv)
{
    const struct spawn_fd fds[] = {{0, 0}, {1, 1}, {2, 2}};
    char path[256];
    zx_port_packet_t packet;
    zx_handle_t job, program;

    snprintf(path, sizeof(path), strchr(argv[0], '/') != NULL ? "%s" : "/boot/bin/%s", argv[0]);
    if (zx_port_create(0, &target.port) != ZX_OK || zx_job_create(zx_job_default(), 0, &job) != ZX_OK) {
        command_complain("no job can be made");
        return false;
    }
    // The job's debugger is told of the process before it runs, and so can become the process's.
    if (!bind_to(job, KEY_JOB) || !open_own(path, &program))
        return false;
    target.own_code = tasks_koid(program);
    const struct spawn what = {.flags = SPAWN_INHERIT_NAMESPACE,
                               .program = program,
                               .argv = (const char *const *)argv,
                               .job = job,
                               .fds = fds,
                               .fd_count = sizeof(fds) / sizeof(fds[0])};
    struct spawned spawned;
    const char *reason = "";
    zx_status_t status = spawn_start(&what, &spawned, &reason);
    zx_handle_close(program);
    if (status != ZX_OK) {
        command_complain("%s: %s (%s)", argv[0], reason, zx_status_get_string(status));
        return false;
    }
    zx_handle_close(spawned.thread);
    if (zx_port_wait(target.port, ZX_TIME_INFINITE, &packet) != ZX_OK ||
        packet.type != ZX_EXCP_PROCESS_STARTING || !take_process(spawned.process))
        return false;
    // Answers the event; the next one is the process debugger's.
    (void)zx_task_bind_exception_port(job, ZX_HANDLE_INVALID, 0, ZX_EXCEPTION_PORT_DEBUGGER);
    if (!wait_for_stop())
        return false;
    target_refresh();
    printf("process %llu, thread %llu: before its first instruction\n",
           (unsigned long long)target.koid, (unsigned long long)target.thread_koid);
    return true;
}

// Suspends the first thread.
static bool stop_thread(void)
{
    zx_koid_t koid;
    size_t actual = 0;

    if (zx_object_get_info(target.process, ZX_INFO_PROCESS_THREADS, &koid, sizeof(koid), &actual,
                           NULL) != ZX_OK ||
        actual == 0 ||
        zx_object_get_child(target.process, koid, ZX_RIGHT_SAME_RIGHTS, &target.thread) != ZX_OK)
        return false;
    target.thread_koid = koid;
    if (zx_task_suspend_token(target.thread, &target.token) == ZX_OK &&
        zx_object_wait_one(target.thread, ZX_THREAD_SUSPENDED, zx_deadline_after(PATIENCE), NULL) ==
            ZX_OK)
        return true;
    let_thread_go(0);
    return false;
}

bool target_attach(zx_koid_t koid)
{
    zx_thread_state_general_regs_t regs;
    zx_handle_t process = system_find_task(koid);

    if (process == ZX_HANDLE_INVALID || zx_port_create(0, &target.port) != ZX_OK ||
        !take_process(process))
        return false;
    if (!stop_thread()) {
        command_complain("%llu: its first thread cannot be stopped", (unsigned long long)koid);
        target_release();
        return false;
    }
    target_refresh();
    if (target_registers(&regs))
        printf("process %llu, thread %llu at %s\n", (unsigned long long)koid,
               (unsigned long long)target.thread_koid, target_place(regs.pc));
    return true;
}
