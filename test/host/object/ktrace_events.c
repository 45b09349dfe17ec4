// SPDX-License-Identifier: MIT
// What happens by itself in the kernel's trace: switches and waits, interrupts, page faults, ends of objects.
#include "ktrace_test.h"

#include <host/machine.h>
#include <sched/trace.h>
#include <stdio.h>
#include <vm/trace.h>

static void wait_until_signaled(void *arg)
{
    assert_ok(zx_object_wait_one(*(zx_handle_t *)arg, ZX_EVENT_SIGNALED, FOREVER, NULL));
}

// Whether this thread has a record that it blocked on this, which is no mutex.
static bool blocked_on(const struct trace *t, uint32_t tid, uint32_t high, uint32_t low)
{
    const uint32_t *r;

    for (unsigned n = 0; (r = trace_find(t, 4, 0x160, n)) != NULL; n++) {
        if (r[1] == tid && r[4] == high && r[5] == low && r[6] == 0)
            return true;
    }
    return false;
}

// CALLS(zx_ktrace_control): a thread blocks, is woken and runs; a wait that times out is unblocked
TRACED(switches_and_waits_are_recorded, READY, false)
{
    zx_handle_t event = make_event();
    unsigned from = 0, to = 0, woken = 0, unblocked = 0, n = 0;
    const uint32_t *r;

    zx_handle_t thread = lab_thread(wait_until_signaled, &event);
    const uint32_t tid = trace_koid(thread);
    await_state(thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    sleep_ns(ZX_SEC(10)); // nothing is left to do for anybody: it has left its CPU
    trace_over(0x4);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    lab_thread_join(thread);
    sleep_ns(ZX_SEC(10));
    const struct trace t = trace_stop_and_read();
    const uint32_t me = trace_koid(lab.thread);
    for (n = 0; (r = trace_find(&t, 4, 0x040, n)) != NULL; n++) {
        assert_int_equal(*r & 0xff, 4);
        assert_true((r[5] & 0xff) < zx_system_get_num_cpus());
        assert_true(r[5] >> 24 < 32 && (r[5] >> 16 & 0xff) < 32);
        assert_int_not_equal(r[6], r[7]);
        to += r[4] == tid;
        from += r[1] == tid && (r[5] >> 8 & 0xff) == 6; // its last switch
    }
    assert_true(to >= 1);
    assert_int_equal(from, 1);
    for (n = 0; (r = trace_find(&t, 4, 0x161, n)) != NULL; n++)
        woken += r[1] == me && r[6] == 0;
    assert_true(woken >= 1); // by the signal
    for (n = 0; (r = trace_find(&t, 4, 0x162, n)) != NULL; n++)
        unblocked += r[6] == (uint32_t)ZX_ERR_TIMED_OUT && blocked_on(&t, me, r[4], r[5]);
    assert_true(unblocked >= 1); // the sleep
    assert_null(trace_find(&t, 0x10, 0x150, 0));
    free(t.bytes);
    const size_t before = trace_available();
    sleep_ns(ZX_MSEC(1));
    assert_int_equal(trace_available(), before);
    close_handle(event);
}

#define LINE 41u

// CALLS(zx_ktrace_control): an interrupt's handler begins and ends; then nothing
TRACED(interrupts_are_recorded, READY, false)
{
    zx_handle_t line;

    assert_ok(zx_interrupt_create(lab.resource, LINE, ZX_INTERRUPT_MODE_EDGE_HIGH, &line));
    trace_over(0x20);
    for (unsigned i = 0; i < 2; i++) {
        host_irq_raise(LINE);
        assert_ok(zx_interrupt_wait(line, NULL));
    }
    const struct trace t = trace_stop_and_read();
    for (unsigned event = 0x030; event <= 0x031; event++) {
        for (unsigned i = 0; i < 2; i++)
            assert_int_equal(trace_call(&t, event, i), LINE);
        assert_null(trace_find(&t, 0x20, event, 2));
    }
    assert_true(trace_find(&t, 0x20, 0x031, 0) > trace_find(&t, 0x20, 0x030, 0));
    assert_true(trace_find(&t, 0x20, 0x031, 0) < trace_find(&t, 0x20, 0x030, 1));
    free(t.bytes);
    const size_t before = trace_available();
    host_irq_raise(LINE);
    assert_ok(zx_interrupt_wait(line, NULL));
    assert_int_equal(trace_available(), before);
    close_handle(line);
}

#define FAULT_PAGE 4096u

// Has the kernel write to this address of ours.
static zx_status_t try_write_at(zx_vaddr_t at)
{
    return zx_object_get_info(lab.job, ZX_INFO_HANDLE_BASIC, (void *)at, sizeof(zx_info_handle_basic_t),
                              NULL, NULL);
}

static void write_at(zx_vaddr_t at)
{
    assert_ok(try_write_at(at));
}

static zx_vaddr_t map_memory(zx_handle_t *out_vmo)
{
    zx_vaddr_t at;

    assert_ok(zx_vmo_create(8 * FAULT_PAGE, 0, out_vmo));
    assert_ok(zx_vmar_map(lab.vmar, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, *out_vmo, 0,
                          8 * FAULT_PAGE, &at));
    return at;
}

static void unmap_memory(zx_vaddr_t at, zx_handle_t vmo)
{
    assert_ok(zx_vmar_unmap(lab.vmar, at, 8 * FAULT_PAGE));
    close_handle(vmo);
}

// The n-th fault, of a write by the kernel to an absent page.
static void expect_fault(const struct trace *t, unsigned n, zx_vaddr_t va)
{
    for (unsigned event = 0x034; event <= 0x035; event++) {
        const uint32_t *r = trace_find(t, 0x20, event, n);
        assert_non_null(r);
        assert_in_range(r[7], 0, zx_system_get_num_cpus() - 1);
        trace_expect(t, 0x20, event, n, (uint32_t)((uint64_t)va >> 32), (uint32_t)va, 0x31, r[7]);
    }
}

// CALLS(zx_ktrace_control, zx_vmar_map): each fault, in what was mapped before and after the start, the
// second in the same mapping too; of what no mapping resolves as well; then nothing
TRACED(page_faults_are_recorded, READY, false)
{
    zx_handle_t old_vmo, new_vmo;
    zx_vaddr_t old = map_memory(&old_vmo);

    write_at(old);
    trace_over(0x20);
    write_at(old + FAULT_PAGE);
    write_at(old + FAULT_PAGE); // it is there now
    write_at(old + 2 * FAULT_PAGE);
    zx_vaddr_t new = map_memory(&new_vmo);
    write_at(new);
    write_at(new + 3 * FAULT_PAGE);
    assert_status(try_write_at((zx_vaddr_t)LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    struct trace t = trace_stop_and_read();
    expect_fault(&t, 0, old + FAULT_PAGE);
    expect_fault(&t, 1, old + 2 * FAULT_PAGE);
    expect_fault(&t, 2, new);
    expect_fault(&t, 3, new + 3 * FAULT_PAGE);
    expect_fault(&t, 4, (zx_vaddr_t)LAB_BAD_PTR);
    assert_null(trace_find(&t, 0x20, 0x034, 5));
    assert_null(trace_find(&t, 0x20, 0x035, 5));
    assert_true(trace_find(&t, 0x20, 0x035, 0) < trace_find(&t, 0x20, 0x034, 1));
    free(t.bytes);
    const size_t before = trace_available();
    write_at(old + 4 * FAULT_PAGE);
    write_at(new + 4 * FAULT_PAGE);
    assert_int_equal(trace_available(), before);
    trace_over(0x4); // another group
    write_at(old + 5 * FAULT_PAGE);
    t = trace_stop_and_read();
    assert_null(trace_find(&t, 0x20, 0x034, 0));
    free(t.bytes);
    unmap_memory(old, old_vmo);
    unmap_memory(new, new_vmo);
}

#define MANY 70u // more than twice what a start looks at together

static void touch(uint64_t event, uint64_t at)
{
    zx_info_handle_basic_t *to = (zx_info_handle_basic_t *)at;

    assert_ok(zx_object_get_info((zx_handle_t)event, ZX_INFO_HANDLE_BASIC, to, sizeof(*to), NULL, NULL));
    zx_process_exit(0);
}

static unsigned faults_of(const struct trace *t, uint32_t tid, zx_vaddr_t va)
{
    const uint32_t *r;
    unsigned count = 0;

    for (unsigned n = 0; (r = trace_find(t, 0x20, 0x034, n)) != NULL; n++)
        count += r[1] == tid && ((uint64_t)r[4] << 32 | r[5]) == va;
    return count;
}

// CALLS(zx_ktrace_control, zx_process_start): the faults of all who lived at the start, however many
TRACED(page_faults_of_many_are_recorded, READY, false)
{
    zx_handle_t process[MANY], vmar[MANY], thread[MANY], event = make_event(), vmo, copy;
    zx_vaddr_t at[MANY];

    assert_ok(zx_vmo_create(FAULT_PAGE, 0, &vmo));
    for (unsigned i = 0; i < MANY; i++) {
        assert_ok(zx_process_create(lab.job, "one", 3, 0, &process[i], &vmar[i]));
        assert_ok(zx_thread_create(process[i], "first", 5, 0, &thread[i]));
        assert_ok(zx_vmar_map(vmar[i], ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, FAULT_PAGE, &at[i]));
    }
    trace_over(0x20);
    for (unsigned i = 0; i < MANY; i++) {
        assert_ok(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy));
        assert_ok(zx_process_start(process[i], thread[i], (zx_vaddr_t)touch, 0, copy, at[i]));
        assert_ok(zx_object_wait_one(process[i], ZX_PROCESS_TERMINATED, FOREVER, NULL));
    }
    const struct trace t = trace_stop_and_read();
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(faults_of(&t, trace_koid(thread[i]), at[i]), 1);
        close_handle(thread[i]);
        close_handle(vmar[i]);
        close_handle(process[i]);
    }
    free(t.bytes);
    close_handle(vmo);
    close_handle(event);
}

static void fill(void)
{
    while (zx_ktrace_write(lab.resource, 1, 0, 0) == ZX_OK)
        continue;
}

// CALLS(zx_ktrace_control, zx_ktrace_write): when the buffer is full nobody pays for watching any more; the next
// trace watches again. What other CPUs record may not be read or written over while nothing orders it before that:
// so switches come last.
TRACED(a_full_buffer_ends_the_watching, READY, false)
{
    zx_handle_t vmo;
    zx_vaddr_t at = map_memory(&vmo);

    for (unsigned round = 0; round < 2; round++) {
        trace_over(0x60);
        assert_true(vm_faults_watched() && !sched_traced());
        write_at(at + round * FAULT_PAGE);
        fill();
        assert_false(vm_faults_watched());
        const struct trace t = trace_read();
        assert_int_equal(faults_of(&t, trace_koid(lab.thread), at + round * FAULT_PAGE), 1);
        free(t.bytes);
    }
    trace_over(0);
    assert_true(vm_faults_watched() && sched_traced());
    fill();
    assert_false(vm_faults_watched() || sched_traced());
    unmap_memory(at, vmo);
}

static unsigned deaths_of(const struct trace *t, uint32_t koid)
{
    const uint32_t *r;
    unsigned count = 0;

    for (unsigned n = 0; (r = trace_find(t, 2, 0x100, n)) != NULL; n++) {
        assert_int_equal(*r & 0xff, 4);
        count += r[4] == koid;
    }
    return count;
}

// CALLS(zx_ktrace_control, zx_handle_close): the end of an object, not of a handle; of one that goes at once, one
// with a peer, one that another object still holds, and one within a message
TRACED(ends_of_objects_are_recorded, READY, false)
{
    zx_handle_t event = make_event(), other = make_event(), sent = make_event(), ends[2], vmo, copy;
    zx_vaddr_t at = map_memory(&vmo);
    uint32_t koids[6];

    make_pair(ends);
    assert_ok(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy));
    for (unsigned i = 0; i < 6; i++)
        koids[i] = trace_koid((zx_handle_t[]){event, ends[0], ends[1], sent, vmo, other}[i]);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &sent, 1));
    trace_over(0x2);
    assert_ok(zx_handle_close(copy));
    struct trace t = trace_stop_and_read();
    assert_null(trace_find(&t, 2, 0x100, 0));
    free(t.bytes);
    trace_over(0x2);
    assert_ok(zx_handle_close(event));
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(zx_handle_close(ends[1]));
    unmap_memory(at, vmo);
    t = trace_stop_and_read();
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(deaths_of(&t, koids[i]), 1);
    assert_int_equal(deaths_of(&t, koids[5]), 0);
    free(t.bytes);
    const size_t before = trace_available();
    close_handle(other);
    assert_int_equal(trace_available(), before);
}

// The last name that the records of an event give to an id; NULL: none.
static const char *name_of(const struct trace *t, uint32_t event, uint32_t id)
{
    const char *name = NULL;
    const uint32_t *r;

    for (unsigned n = 0; (r = trace_find(t, 1, event, n)) != NULL; n++) {
        if (r[1] == id)
            name = (const char *)&r[3];
    }
    return name;
}

static bool is_named(const struct trace *t, uint32_t event, const char *name)
{
    const uint32_t *r;

    for (unsigned n = 0; (r = trace_find(t, 1, event, n)) != NULL; n++) {
        if (strcmp((const char *)&r[3], name) == 0)
            return true;
    }
    return false;
}

// CALLS(zx_ktrace_control): kernel threads, by what switches call them
TRACED(kernel_threads_have_names, READY, false)
{
    unsigned idle = 0;
    const uint32_t *r;

    trace_over(0x4);
    sleep_ns(ZX_SEC(1));
    const struct trace t = trace_stop_and_read();
    assert_true(is_named(&t, 0x020, "idle-0"));
    assert_true(is_named(&t, 0x020, "worker-0"));
    for (unsigned n = 0; (r = trace_find(&t, 4, 0x040, n)) != NULL; n++) {
        const char *name = name_of(&t, 0x020, r[7]);
        idle += name != NULL && strncmp(name, "idle-", 5) == 0;
        assert_true(name == NULL || r[4] == 0); // no user thread
    }
    assert_true(idle >= 1); // while we slept
    free(t.bytes);
}

// CALLS(zx_ktrace_read): those that begin after the trace does
TRACED(kernel_threads_have_names_from_boot_on, "ktrace.bufsize=1 ktrace.grpmask=0x40", false)
{
    const struct trace t = trace_stop_and_read();
    char name[32];

    for (unsigned cpu = 0; cpu < zx_system_get_num_cpus(); cpu++) {
        (void)snprintf(name, sizeof(name), "idle-%u", cpu);
        assert_true(is_named(&t, 0x020, name));
        (void)snprintf(name, sizeof(name), "worker-%u", cpu);
        assert_true(is_named(&t, 0x020, name));
    }
    free(t.bytes);
}

// CALLS(zx_ktrace_control, zx_process_create, zx_thread_create): who begins while something is traced is named
TRACED(the_new_have_names, READY, false)
{
    zx_info_handle_basic_t info;
    zx_handle_t process, vmar, thread;

    trace_over(0x40);
    assert_ok(zx_process_create(lab.job, "newcomer", 8, 0, &process, &vmar));
    assert_ok(zx_thread_create(process, "its-thread", 10, 0, &thread));
    assert_ok(zx_object_get_info(thread, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
    const struct trace t = trace_stop_and_read();
    const char *name = name_of(&t, 0x022, (uint32_t)info.related_koid);
    assert_non_null(name);
    assert_string_equal(name, "newcomer");
    name = name_of(&t, 0x021, (uint32_t)info.koid);
    assert_non_null(name);
    assert_string_equal(name, "its-thread");
    assert_null(trace_find(&t, 8, 0x120, 0)); // another group's
    free(t.bytes);
    close_handle(thread);
    close_handle(vmar);
    close_handle(process);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ktrace_events_tests[] = {
    T(switches_and_waits_are_recorded),
    T(interrupts_are_recorded),
    T(page_faults_are_recorded),
    T(page_faults_of_many_are_recorded),
    T(a_full_buffer_ends_the_watching),
    T(ends_of_objects_are_recorded),
    T(kernel_threads_have_names),
    T(kernel_threads_have_names_from_boot_on),
    T(the_new_have_names),
};
const size_t ktrace_events_test_count = countof(ktrace_events_tests);
