// SPDX-License-Identifier: MIT
//
// The kernel's trace of what a program on the machine does: system calls, messages, page faults, interrupts.

#include <testing/testing.h>

#include <minilib/string.h>

#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/syscalls/object.h>
#include <zircon/zx-syscall-numbers.h>

_Alignas(8) static uint8_t trace[1 << 20];

// Whether this program may trace; if not the test is skipped.
static bool may_trace(void)
{
    if (test_root_resource() != ZX_HANDLE_INVALID)
        return true;
    test_skip("no root resource");
    return false;
}

// How many 16-byte records of that event have `number` in them.
static unsigned call_records(size_t size, uint32_t event, uint32_t number)
{
    unsigned count = 0;

    for (size_t at = 0; at + 16 <= size;) {
        uint32_t tag, argument;
        memcpy(&tag, trace + at, sizeof(tag));
        memcpy(&argument, trace + at + 4, sizeof(argument));
        if ((tag & 15) == 0)
            break;
        if (tag >> 20 == 0x020 && (tag >> 8 & 0xfff) == event && (tag & 15) == 2)
            count += argument >> 8 == number && (argument & 0xff) < zx_system_get_num_cpus();
        at += (tag & 15) * 8;
    }
    return count;
}

// CALLS(zx_ktrace_control, zx_ktrace_read): system calls are recorded while that is asked for, and not after
TEST(system_calls_are_traced)
{
    const zx_handle_t root = test_root_resource();
    size_t size = 0;

    if (!may_trace())
        return;
    for (unsigned round = 0; round < 2; round++) {
        ASSERT_OK(zx_ktrace_control(root, 1, 0x020, NULL));
        for (unsigned i = 0; i < 10; i++)
            EXPECT_EQ(zx_syscall_test_2(1, 2), 3);
        EXPECT_EQ(zx_object_signal(ZX_HANDLE_INVALID, 0, 0), ZX_ERR_BAD_HANDLE);
        ASSERT_OK(zx_ktrace_control(root, 2, 0, NULL));
        EXPECT_EQ(zx_syscall_test_2(1, 2), 3); // nobody looks any more
        EXPECT_EQ(zx_syscall_test_2(1, 2), 3);
        ASSERT_OK(zx_ktrace_read(root, trace, 0, sizeof(trace), &size));
        EXPECT_EQ(call_records(size, 0x032, ZX_SYS_syscall_test_2), 10);
        EXPECT_EQ(call_records(size, 0x033, ZX_SYS_syscall_test_2), 10);
        EXPECT_EQ(call_records(size, 0x032, ZX_SYS_object_signal), 1);
        EXPECT_EQ(call_records(size, 0x033, ZX_SYS_object_signal), 1);
        EXPECT_EQ(call_records(size, 0x032, ZX_SYS_channel_write), 0);
        ASSERT_OK(zx_ktrace_control(root, 3, 0, NULL));
    }
}

// CALLS(zx_ktrace_control, zx_ktrace_read): what a message was, with the koids of both ends
TEST(messages_are_traced)
{
    const zx_handle_t root = test_root_resource();
    zx_info_handle_basic_t info[2];
    uint32_t record[8], bytes = 0, seen = 0;
    zx_handle_t ends[2];
    size_t size = 0;
    char text[8];

    if (!may_trace())
        return;
    ASSERT_OK(zx_ktrace_control(root, 1, 0x010, NULL));
    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    EXPECT_OK(zx_channel_write(ends[0], 0, "hello", 5, NULL, 0));
    EXPECT_OK(zx_channel_read(ends[1], 0, text, NULL, sizeof(text), 0, &bytes, NULL));
    ASSERT_OK(zx_ktrace_control(root, 2, 0, NULL));
    for (unsigned i = 0; i < 2; i++)
        ASSERT_OK(zx_object_get_info(ends[i], ZX_INFO_HANDLE_BASIC, &info[i], sizeof(info[i]), NULL,
                                     NULL));
    ASSERT_OK(zx_ktrace_read(root, trace, 0, sizeof(trace), &size));
    for (size_t at = 0; at + sizeof(record) <= size && (trace[at] & 15) != 0;
         at += (trace[at] & 15) * 8u) {
        memcpy(record, trace + at, sizeof(record));
        const uint32_t a = (uint32_t)info[0].koid, b = (uint32_t)info[1].koid;
        if (record[0] == 0x01013004 && record[4] == a && record[5] == b)
            seen |= 1; // created
        if (record[0] == 0x01013104 && record[4] == a && record[5] == 5 && record[6] == 0)
            seen |= 2; // written
        if (record[0] == 0x01013204 && record[4] == b && record[5] == 5 && record[6] == 0)
            seen |= 4; // read
    }
    EXPECT_EQ(seen, 7);
    ASSERT_OK(zx_ktrace_control(root, 3, 0, NULL));
    EXPECT_OK(zx_handle_close_many(ends, 2));
}

// The n-th record (from 0) with this tag (group, event and length); NULL if there are fewer.
static const uint32_t *nth_record(size_t size, uint32_t tag, unsigned n)
{
    for (size_t at = 0; at + 8 <= size && (trace[at] & 15) != 0; at += (trace[at] & 15) * 8u) {
        const uint32_t *r = (const uint32_t *)(trace + at);
        if (*r == tag && n-- == 0)
            return r;
    }
    return NULL;
}

#define PAGES 4u

// CALLS(zx_ktrace_control, zx_ktrace_read): each first touch of a page by user mode, with its flags
TEST(faults_of_user_mode_are_traced)
{
    const zx_handle_t root = test_root_resource();
    unsigned begun[PAGES] = {0}, ended[PAGES] = {0};
    zx_vaddr_t at;
    zx_handle_t vmo;
    size_t size = 0;
    const uint32_t *r;

    if (!may_trace())
        return;
    ASSERT_OK(zx_vmo_create(PAGES * ZX_PAGE_SIZE, 0, &vmo));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
                          PAGES * ZX_PAGE_SIZE, &at));
    ASSERT_OK(zx_ktrace_control(root, 1, 0x020, NULL));
    for (unsigned i = 0; i < PAGES; i++)
        *(volatile char *)(at + i * ZX_PAGE_SIZE + i) = 1;
    ASSERT_OK(zx_ktrace_control(root, 2, 0, NULL));
    ASSERT_OK(zx_ktrace_read(root, trace, 0, sizeof(trace), &size));
    for (unsigned end = 0; end < 2; end++) {
        for (unsigned n = 0; (r = nth_record(size, 0x02003404 + end * 0x100, n)) != NULL; n++) {
            const uint64_t va = (uint64_t)r[4] << 32 | r[5];
            if (va - at >= PAGES * ZX_PAGE_SIZE)
                continue;
            EXPECT_EQ(va % ZX_PAGE_SIZE, (va - at) / ZX_PAGE_SIZE);
            EXPECT_EQ(r[6], 0x33); // a write by user mode, nothing there, found by the hardware
            EXPECT_LT(r[7], zx_system_get_num_cpus());
            (end ? ended : begun)[(va - at) / ZX_PAGE_SIZE]++;
        }
    }
    for (unsigned i = 0; i < PAGES; i++) {
        EXPECT_EQ(begun[i], 1);
        EXPECT_EQ(ended[i], 1);
    }
    ASSERT_OK(zx_ktrace_control(root, 3, 0, NULL));
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), at, PAGES * ZX_PAGE_SIZE));
    EXPECT_OK(zx_handle_close(vmo));
}

// The number of the interrupt that has this name.
static uint32_t interrupt_named(size_t size, const char *name)
{
    for (size_t at = 0; at + 16 <= size && (trace[at] & 15) != 0; at += (trace[at] & 15) * 8u) {
        const uint32_t *r = (const uint32_t *)(trace + at);
        if (*r >> 8 == 0x001024 && strcmp((const char *)&r[3], name) == 0)
            return r[1];
    }
    return UINT32_MAX;
}

// How often the handler of that interrupt ended before the next one began on its CPU.
static unsigned handled(size_t size, uint32_t irq)
{
    uint32_t under_way[32] = {0};
    unsigned count = 0;

    for (size_t at = 0; at + 16 <= size && (trace[at] & 15) != 0; at += (trace[at] & 15) * 8u) {
        const uint32_t *r = (const uint32_t *)(trace + at);
        const uint32_t cpu = r[1] & 0xff;
        if ((*r >> 4 != 0x0200300 && *r >> 4 != 0x0200310) || cpu >= zx_system_get_num_cpus())
            continue;
        count += *r >> 4 == 0x0200310 && r[1] >> 8 == irq && under_way[cpu] == r[1];
        under_way[cpu] = *r >> 4 == 0x0200300 ? r[1] : 0;
    }
    return count;
}

// CALLS(zx_ktrace_control, zx_nanosleep): the timer's interrupt is named and comes, and its handler ends before
// the next one begins. Once is not enough: the sleep may be over before it began, and a thread that is woken on
// another CPU may end the trace before the handler does.
TEST(interrupts_are_traced)
{
    const zx_handle_t root = test_root_resource();
    uint32_t timer;
    size_t size = 0;

    if (!may_trace())
        return;
    do {
        ASSERT_OK(zx_ktrace_control(root, 3, 0, NULL));
        ASSERT_OK(zx_ktrace_control(root, 1, 0x020, NULL));
        EXPECT_OK(zx_nanosleep(zx_deadline_after(ZX_MSEC(1))));
        ASSERT_OK(zx_ktrace_control(root, 2, 0, NULL));
        ASSERT_OK(zx_ktrace_read(root, trace, 0, sizeof(trace), &size));
        timer = interrupt_named(size, "timer");
        ASSERT_TRUE(timer < 32);
        EXPECT_EQ(interrupt_named(size, "reschedule"), 0);
    } while (handled(size, timer) == 0);
    ASSERT_OK(zx_ktrace_control(root, 3, 0, NULL));
}
