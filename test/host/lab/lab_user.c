// SPDX-License-Identifier: MIT
// The user half: what the vDSO and a small libc do for programs on the target.
#include "lab_priv.h"

#include <debug/assert.h>
#include <hal/lock_class.h>
#include <hal/time.h>
#include <hal/upcall.h>
#include <syscalls/table.h>
#include <vm/aspace.h>
#include <zircon/process.h>

#include "zx_internal.h"

// The slow way in, for a process that has a vDSO and a thread that has not kept its base. Programs here need
// none: without, all calls are let through.
static void find_vdso(uint64_t number, vaddr_t pc, const uint64_t args[8])
{
    bool retry = false;

    if (__atomic_load_n(&hal_current()->vdso_code_base, __ATOMIC_RELAXED) == 0 &&
        vm_aspace_vdso_base(vm_aspace_current()) != 0)
        (void)kernel_bad_syscall(number, pc, args, &retry);
}

int64_t lab_syscall(uint64_t number, const uint64_t args[8])
{
    struct hal_thread *t = hal_current();
    vaddr_t base = __atomic_load_n(&t->vdso_code_base, __ATOMIC_RELAXED);
    vaddr_t pc = base + (number < ZX_SYS_COUNT ? syscall_table[number].site : 0);
    int64_t r;

    if (number >= ZX_SYS_COUNT)
        return lab_syscall_from(pc, number, args);
    const struct syscall_entry *e = &syscall_table[number];
    syscall_fn_t fn = (syscall_fn_t)e->fn;
    do {
        host_user_enter_kernel(number, args, pc);
        find_vdso(number, pc, args);
        host_user_count_call();
        r = fn(args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7]);
        if ((e->flags & SYSCALL_RESULT_64) == 0)
            r = (int32_t)r;
        lock_debug_assert_none("return from a system call");
        r = (int64_t)host_user_leave_kernel((uint64_t)r);
    } while ((e->flags & SYSCALL_BLOCKING) != 0 && r == ZX_ERR_INTERNAL_INTR_RETRY);
    return r;
}

int64_t lab_syscall_from(vaddr_t pc, uint64_t number, const uint64_t args[8])
{
    bool retry = false;

    host_user_enter_kernel(number, args, pc);
    int64_t r = kernel_bad_syscall(number, pc, args, &retry);
    r = (int64_t)host_user_leave_kernel((uint64_t)r);
    return retry ? ZX_ERR_BAD_SYSCALL : r;
}

// ---- calls that the vDSO answers itself
// ------------------------------------------------------------

#define VDSO_CALL(type, name, ...)                     \
    type _zx_##name(__VA_ARGS__);                      \
    type zx_##name(__VA_ARGS__) __attribute__((alias("_zx_" #name))); \
    type _zx_##name(__VA_ARGS__)

VDSO_CALL(zx_ticks_t, ticks_get, void)
{
    lab_pause();
    return (zx_ticks_t)hal_ticks();
}

VDSO_CALL(zx_ticks_t, ticks_per_second, void)
{
    return (zx_ticks_t)hal_ticks_per_second();
}

VDSO_CALL(zx_time_t, clock_get_monotonic, void)
{
    lab_pause();
    return hal_now();
}

VDSO_CALL(zx_time_t, deadline_after, zx_duration_t nanoseconds)
{
    zx_time_t now = zx_clock_get_monotonic(), deadline;

    if (__builtin_add_overflow(now, nanoseconds, &deadline))
        return nanoseconds > 0 ? ZX_TIME_INFINITE : ZX_TIME_INFINITE_PAST;
    return deadline;
}

VDSO_CALL(uint32_t, system_get_num_cpus, void)
{
    return hal_cpu_count();
}

VDSO_CALL(uint32_t, system_get_dcache_line_size, void)
{
    return hal_dcache_line_size();
}

VDSO_CALL(zx_status_t, channel_call, zx_handle_t handle, uint32_t options, zx_time_t deadline,
          const zx_channel_call_args_t *args, uint32_t *actual_bytes, uint32_t *actual_handles)
{
    zx_status_t status = _zx_channel_call_noretry(handle, options, deadline, args, actual_bytes,
                                                  actual_handles);
    while (status == ZX_ERR_INTERNAL_INTR_RETRY)
        status = _zx_channel_call_finish(deadline, args, actual_bytes, actual_handles);
    return status;
}

// ---- threads and processes
// -------------------------------------------------------------------------

void lab_user_thread_exit(void)
{
    zx_thread_exit();
}

static void thread_entry(uint64_t fn, uint64_t arg)
{
    ((void (*)(void *))(uintptr_t)fn)((void *)(uintptr_t)arg);
    zx_thread_exit();
}

zx_status_t lab_thread_start(void (*fn)(void *arg), void *arg, zx_handle_t *out)
{
    zx_handle_t thread;
    zx_status_t status = zx_thread_create(lab.process, "lab", 3, 0, &thread);

    if (status != ZX_OK)
        return status;
    // The stack pointer is never used: user functions run on the thread's fiber.
    status = zx_thread_start(thread, (zx_vaddr_t)thread_entry, 0, (uintptr_t)fn, (uintptr_t)arg);
    if (status != ZX_OK) {
        zx_handle_close(thread);
        return status;
    }
    *out = thread;
    return ZX_OK;
}

zx_handle_t lab_thread(void (*fn)(void *arg), void *arg)
{
    zx_handle_t thread = ZX_HANDLE_INVALID;

    assert_ok(lab_thread_start(fn, arg, &thread));
    return thread;
}

void lab_thread_join(zx_handle_t thread)
{
    assert_ok(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_handle_close(thread));
}

static void process_entry(uint64_t bootstrap, uint64_t fn)
{
    ((void (*)(zx_handle_t))(uintptr_t)fn)((zx_handle_t)bootstrap);
    zx_process_exit(0);
}

zx_status_t lab_process_start(void (*fn)(zx_handle_t bootstrap), zx_handle_t bootstrap,
                              zx_handle_t *out_process)
{
    zx_handle_t process = ZX_HANDLE_INVALID, vmar = ZX_HANDLE_INVALID, thread = ZX_HANDLE_INVALID;
    zx_status_t status = zx_process_create(lab.job, "child", 5, 0, &process, &vmar);

    if (status == ZX_OK)
        status = zx_thread_create(process, "first", 5, 0, &thread);
    if (status == ZX_OK) {
        status = zx_process_start(process, thread, (zx_vaddr_t)process_entry, 0, bootstrap,
                                  (uintptr_t)fn);
        bootstrap = ZX_HANDLE_INVALID; // consumed either way
    }
    zx_handle_close(bootstrap);
    zx_handle_close(vmar);
    zx_handle_close(thread);
    if (status != ZX_OK)
        zx_handle_close(process);
    else
        *out_process = process;
    return status;
}

vaddr_t lab_user_alloc(size_t size)
{
    zx_handle_t vmo;
    zx_vaddr_t address = 0;

    if (zx_vmo_create(size, 0, &vmo) != ZX_OK)
        return 0;
    if (zx_vmar_map(lab.vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, size, &address) !=
        ZX_OK)
        address = 0;
    zx_handle_close(vmo);
    return address;
}
