// SPDX-License-Identifier: MIT
//
// What a hostile program may try: bad pointers in every call that takes one, system calls from its
// own code, and changes to the vDSO's mapping (spec 31 section 9, spec 32 section 1.2). None of it
// may harm more than the process itself.

#include <testing/testing.h>

#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/zx-syscall-numbers.h>

// Addresses that a user program has no memory at.
static const uintptr_t bad_addresses[] = {
    8,
    4096,
    0xfff000,               // below user space
    0x0000ffffff000000,     // just above it
    0x0000fffffefffffc,     // straddling its end
    0x0001000000000000,     // in the hole
    0xfffeffffffffffff,     // straddling the border of the kernel's half
    0xffff000000000000,     // the kernel's
    0xffffffffffffffff - 3, // wrapping round
};

#define BAD_COUNT (sizeof(bad_addresses) / sizeof(bad_addresses[0]))

// CALLS(zx_channel_write, zx_channel_read, zx_channel_call, zx_vmo_read, zx_vmo_write)
// CALLS(zx_object_get_info, zx_object_get_property, zx_object_set_property)
// CALLS(zx_object_wait_many, zx_object_wait_one, zx_debug_write, zx_clock_get_new)
// CALLS(zx_handle_duplicate, zx_event_create, zx_debuglog_write, zx_cprng_add_entropy)
TEST(bad_pointers_are_refused_and_harm_nobody)
{
    zx_handle_t ends[2], event, vmo, log;

    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    ASSERT_OK(zx_event_create(0, &event));
    ASSERT_OK(zx_vmo_create(4096, 0, &vmo));
    ASSERT_OK(zx_debuglog_create(0, 0, &log));
    for (size_t i = 0; i < BAD_COUNT; i++) {
        void *bad = (void *)bad_addresses[i];
        uint32_t size, count;
        zx_status_t results[] = {
            zx_channel_write(ends[0], 0, bad, 16, NULL, 0),
            zx_channel_write(ends[0], 0, NULL, 0, bad, 4),
            zx_channel_call(ends[0], 0, 0, bad, &size, &count),
            zx_vmo_read(vmo, bad, 0, 16),
            zx_vmo_write(vmo, bad, 0, 16),
            zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, bad, sizeof(zx_info_handle_basic_t),
                               NULL, NULL),
            zx_object_get_property(vmo, ZX_PROP_NAME, bad, ZX_MAX_NAME_LEN),
            zx_object_set_property(vmo, ZX_PROP_NAME, bad, 16),
            zx_object_wait_many(bad, 2, 0),
            zx_object_wait_one(event, 1, 0, bad),
            zx_debug_write(bad, 16),
            zx_clock_get_new(ZX_CLOCK_MONOTONIC, bad),
            zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, bad),
            zx_event_create(0, bad),
            zx_debuglog_write(log, 0, bad, 16),
            zx_cprng_add_entropy(bad, 16),
            zx_vmo_get_size(vmo, bad),
        };

        for (size_t j = 0; j < sizeof(results) / sizeof(results[0]); j++) {
            if (results[j] != ZX_ERR_INVALID_ARGS) {
                test_fail(__FILE__, __LINE__, "call %zu with address 0x%lx: status %d", j,
                          bad_addresses[i], results[j]);
            }
        }
    }
    EXPECT_EQ(zx_channel_read(ends[1], 0, NULL, NULL, 0, 0, NULL, NULL), ZX_ERR_SHOULD_WAIT);
    zx_handle_t all[] = {ends[0], ends[1], event, vmo, log};

    EXPECT_OK(zx_handle_close_many(all, 5));
}

// Issues `svc` right here, with a number and a first argument.
static int64_t raw_call(uint64_t number, uint64_t argument)
{
    register uint64_t x16 __asm__("x16") = number;
    register uint64_t x0 __asm__("x0") = argument;

    __asm__ volatile("svc #0" : "+r"(x0), "+r"(x16)::"memory");
    return (int64_t)x0;
}

CHILD(raw_valid_number)
{
    (void)raw_call(0, 0);
    return 99;
}

CHILD(raw_count)
{
    (void)raw_call(ZX_SYS_COUNT, 0);
    return 99;
}

CHILD(raw_large_number)
{
    (void)raw_call(0x80000000, 0);
    return 99;
}

CHILD(raw_huge_number)
{
    (void)raw_call(0xff00ff0000000000, 0);
    return 99;
}

CHILD(raw_huge_number_with_low_bits)
{
    (void)raw_call(0xff00ff0000000010, 0);
    return 99;
}

// Jumps to the svc instruction of one call's entry in the vDSO with the number of another.
CHILD(borrowed_entry)
{
    const uint32_t *entry = (const uint32_t *)(uintptr_t)&zx_syscall_test_0;
    uintptr_t base = 0;

    // The entry bound to this program is a jump: find the vDSO's own through its code instead.
    (void)entry;
    if (zx_object_get_property(zx_process_self(), ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base,
                               sizeof(base)) != ZX_OK) {
        return 1;
    }
    const uint32_t *code = (const uint32_t *)base;

    for (size_t i = 4096 / 4; i < 16 * 4096 / 4; i++) {
        if (code[i] == 0xd4000001 /* svc #0 */ && code[i + 1] == 0xd65f03c0 /* ret */) {
            register uint64_t x16 __asm__("x16") = ZX_SYS_COUNT - 1;

            if ((code[i - 1] & 0xffe0001f) == 0xd2800010 && ((code[i - 1] >> 5) & 0xffff) == x16) {
                continue; // its own number would be right
            }
            __asm__ volatile("blr %1" : "+r"(x16) : "r"(&code[i]) : "x30", "x0", "memory");
            return 99;
        }
    }
    return 2;
}

TEST(system_calls_outside_their_own_entry_end_the_process)
{
    static const char *const names[] = {"raw_valid_number",
                                        "raw_count",
                                        "raw_large_number",
                                        "raw_huge_number",
                                        "raw_huge_number_with_low_bits",
                                        "borrowed_entry"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int64_t code = test_child_run(names[i]);

        if (code != -1) {
            test_fail(__FILE__, __LINE__, "%s: %ld", names[i], code);
        }
    }
}

CHILD(undefined_instruction)
{
    __asm__ volatile("udf #0");
    return 99;
}

CHILD(breakpoint)
{
    __asm__ volatile("brk #7");
    return 99;
}

CHILD(privileged_instruction)
{
    uint64_t value;

    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(value));
    return 99;
}

CHILD(jump_to_null)
{
    uintptr_t nowhere = 0;

    __asm__ volatile("blr %0" ::"r"(nowhere) : "x30", "memory");
    return 99;
}

CHILD(jump_misaligned)
{
    uintptr_t odd = (uintptr_t)&raw_call + 2;

    __asm__ volatile("br %0" ::"r"(odd) : "memory");
    return 99;
}

CHILD(random_into_a_bad_buffer)
{
    zx_cprng_draw((void *)8, 16); // cannot fail, so it traps
    return 99;
}

// CALLS(zx_fifo_write, zx_socket_write, zx_vmo_set_cache_policy): an address that no copy can read, however
// often: not aligned in device memory.
TEST(copies_from_device_memory_end)
{
    zx_handle_t vmo, ends[2];
    uintptr_t base;
    size_t moved = 0;

    ASSERT_OK(zx_vmo_create(4096, 0, &vmo));
    ASSERT_OK(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 4096,
                          &base));
    *(volatile uint64_t *)base = 1;
    ASSERT_OK(zx_fifo_create(8, 8, 0, &ends[0], &ends[1]));
    zx_status_t status = zx_fifo_write(ends[0], 8, (void *)(base + 1), 1, &moved);
    EXPECT_TRUE(status == ZX_ERR_INVALID_ARGS || status == ZX_OK);
    // Nothing of it is left for the next copy, whose memory only is not there yet.
    EXPECT_OK(zx_fifo_write(ends[0], 8, (void *)base, 1, &moved));
    EXPECT_OK(zx_handle_close_many(ends, 2));
    ASSERT_OK(zx_socket_create(0, &ends[0], &ends[1]));
    status = zx_socket_write(ends[0], 0, (void *)(base + 1), 64, &moved);
    EXPECT_TRUE(status == ZX_ERR_INVALID_ARGS || status == ZX_OK);
    status = zx_socket_write(ends[1], 0, "12345678901234567890123", 23, &moved);
    EXPECT_OK(status);
    status = zx_socket_read(ends[0], 0, (void *)(base + 1), 23, &moved);
    EXPECT_TRUE(status == ZX_ERR_INVALID_ARGS || status == ZX_OK);
    EXPECT_OK(zx_handle_close_many(ends, 2));
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), base, 4096));
    EXPECT_OK(zx_handle_close(vmo));
}

TEST(exceptions_end_the_process)
{
    static const char *const names[] = {
        "undefined_instruction", "breakpoint",      "privileged_instruction",
        "jump_to_null",          "jump_misaligned", "random_into_a_bad_buffer",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int64_t code = test_child_run(names[i]);

        if (code != -1) {
            test_fail(__FILE__, __LINE__, "%s: %ld", names[i], code);
        }
    }
}

// Keeps values in every register that a call must not change; returns how many it changed.
static unsigned changed_registers(void)
{
    uint64_t wrong;

    __asm__ volatile("mov x9, #0x109\n\tmov x10, #0x10a\n\tmov x11, #0x10b\n\tmov x12, #0x10c\n\t"
                     "mov x13, #0x10d\n\tmov x14, #0x10e\n\tmov x15, #0x10f\n\t"
                     "mov x19, #0x113\n\tmov x20, #0x114\n\tmov x21, #0x115\n\tmov x28, #0x11c\n\t"
                     "mov x1, #0x101\n\tmov x7, #0x107\n\t"
                     "blr %1\n\t"
                     "mov %0, #0\n\t"
                     "cmp x1, #0x101\n\tcinc %0, %0, ne\n\t"
                     "cmp x7, #0x107\n\tcinc %0, %0, ne\n\t"
                     "cmp x9, #0x109\n\tcinc %0, %0, ne\n\t"
                     "cmp x10, #0x10a\n\tcinc %0, %0, ne\n\t"
                     "cmp x11, #0x10b\n\tcinc %0, %0, ne\n\t"
                     "cmp x12, #0x10c\n\tcinc %0, %0, ne\n\t"
                     "cmp x13, #0x10d\n\tcinc %0, %0, ne\n\t"
                     "cmp x14, #0x10e\n\tcinc %0, %0, ne\n\t"
                     "cmp x15, #0x10f\n\tcinc %0, %0, ne\n\t"
                     "cmp x19, #0x113\n\tcinc %0, %0, ne\n\t"
                     "cmp x20, #0x114\n\tcinc %0, %0, ne\n\t"
                     "cmp x21, #0x115\n\tcinc %0, %0, ne\n\t"
                     "cmp x28, #0x11c\n\tcinc %0, %0, ne\n\t"
                     : "=&r"(wrong)
                     : "r"(&zx_syscall_test_0)
                     : "x0", "x1", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
                       "x17", "x19", "x20", "x21", "x28", "x30", "cc", "memory");
    return (unsigned)wrong;
}

// CALLS(zx_syscall_test_0)
TEST(a_system_call_keeps_all_registers_but_the_result)
{
    for (int i = 0; i < 100; i++) {
        EXPECT_EQ(changed_registers(), 0);
    }
}

// ---- the vDSO's mapping ----

struct vdso_mapping {
    zx_vaddr_t base;
    uint64_t code_offset, code_size;
};

// Finds the code segment in the program headers of the mapped image.
static bool find_vdso(struct vdso_mapping *out)
{
    if (zx_object_get_property(zx_process_self(), ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &out->base,
                               sizeof(out->base)) != ZX_OK) {
        return false;
    }
    const char *image = (const char *)out->base;
    uint64_t phoff;
    uint16_t phnum;

    memcpy(&phoff, image + 32, sizeof(phoff));
    memcpy(&phnum, image + 56, sizeof(phnum));
    for (uint16_t i = 0; i < phnum; i++) {
        const char *phdr = image + phoff + i * 56;
        uint32_t type, flags;

        memcpy(&type, phdr, 4);
        memcpy(&flags, phdr + 4, 4);
        if (type == 1 && (flags & 1) != 0) {
            memcpy(&out->code_offset, phdr + 8, 8);
            memcpy(&out->code_size, phdr + 40, 8);
            return true;
        }
    }
    return false;
}

// Nor through a process that maps it, be it one's own: all processes run this code.
static void expect_unwritable(zx_vaddr_t at)
{
    uint32_t code = 0, now = 0;
    size_t actual = 0;

    EXPECT_OK(zx_process_read_memory(zx_process_self(), at, &code, sizeof(code), &actual));
    EXPECT_EQ(zx_process_write_memory(zx_process_self(), at, &(uint32_t){~code}, sizeof(code), &actual),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_OK(zx_process_read_memory(zx_process_self(), at, &now, sizeof(now), &actual));
    EXPECT_EQ(now, code);
}

// CALLS(zx_process_write_memory)
TEST(the_vdso_cannot_be_written)
{
    struct vdso_mapping vdso;

    ASSERT_TRUE(find_vdso(&vdso));
    expect_unwritable(vdso.base); // its data, as well
    expect_unwritable(vdso.base + vdso.code_offset);
    expect_unwritable(vdso.base + vdso.code_offset + vdso.code_size - sizeof(uint32_t));
}

// CALLS(zx_vmar_protect, zx_vmar_unmap, zx_vmar_map)
TEST(the_vdso_cannot_be_changed_or_removed)
{
    zx_handle_t root = zx_vmar_root_self(), vmo;
    struct vdso_mapping vdso;
    zx_info_vmar_t info;
    zx_vaddr_t out = 77;

    ASSERT_TRUE(find_vdso(&vdso));
    zx_vaddr_t code = vdso.base + vdso.code_offset;

    ASSERT_OK(zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
    ASSERT_OK(zx_vmo_create(vdso.code_size, 0, &vmo));
    // The mapping lies in a region of its own, which this process has no handle to. (Destroying the
    // root region is tried below, in another process: it may take the region's other parts along.)
    EXPECT_NE(zx_vmar_unmap(root, code, vdso.code_size), ZX_OK);
    EXPECT_EQ(zx_vmar_unmap(root, info.base, info.len), ZX_ERR_ACCESS_DENIED);
    EXPECT_NE(zx_vmar_protect(root, ZX_VM_PERM_READ, code, vdso.code_size), ZX_OK);
    EXPECT_NE(zx_vmar_map(root, ZX_VM_PERM_READ | ZX_VM_SPECIFIC_OVERWRITE, code - info.base, vmo,
                          0, vdso.code_size, &out),
              ZX_OK);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_syscall_test_1(5), 5);
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmar_map)
TEST(the_vdso_cannot_be_mapped_to_run_twice)
{
    zx_handle_t root = zx_vmar_root_self();
    const zx_vm_option_t run = ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE;
    struct vdso_mapping vdso;
    zx_vaddr_t out = 77;

    if (test_vdso() == ZX_HANDLE_INVALID) {
        test_skip("no handle to the vDSO");
        return;
    }
    ASSERT_TRUE(find_vdso(&vdso));
    EXPECT_EQ(zx_vmar_map(root, run, 0, test_vdso(), vdso.code_offset, vdso.code_size, &out),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmar_map(root, run, 0, test_vdso(), 0, 4096, &out), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(out, 77);
    // To be read it may be mapped as often as one likes; nobody may write.
    EXPECT_OK(zx_vmar_map(root, ZX_VM_PERM_READ, 0, test_vdso(), 0, 4096, &out));
    EXPECT_EQ(memcmp((const void *)out,
                     "\x7f"
                     "ELF",
                     4),
              0);
    EXPECT_OK(zx_vmar_unmap(root, out, 4096));
    EXPECT_EQ(test_basic_info(test_vdso()).rights & ZX_RIGHT_WRITE, 0);
    EXPECT_EQ(zx_vmo_write(test_vdso(), "x", 0, 1), ZX_ERR_ACCESS_DENIED);
}

// CALLS(zx_process_create, zx_vmar_map, zx_vmar_unmap, zx_vmar_protect, zx_vmar_destroy)
TEST(a_new_process_may_map_the_vdso_in_one_way_only)
{
    const zx_vm_option_t run = ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE;
    struct vdso_mapping vdso;
    zx_handle_t process, vmar;
    zx_vaddr_t out;
    uintptr_t base = 1;

    if (test_vdso() == ZX_HANDLE_INVALID) {
        test_skip("no handle to the vDSO");
        return;
    }
    ASSERT_TRUE(find_vdso(&vdso));
    ASSERT_OK(zx_process_create(zx_job_default(), "x", 1, 0, &process, &vmar));
    EXPECT_EQ(zx_vmar_map(vmar, run, 0, test_vdso(), 0, vdso.code_offset, &out),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmar_map(vmar, run, 0, test_vdso(), vdso.code_offset, vdso.code_size + 4096, &out),
              ZX_ERR_ACCESS_DENIED);
    EXPECT_OK(
        zx_object_get_property(process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base, sizeof(base)));
    EXPECT_EQ(base, 0);
    EXPECT_OK(zx_vmar_map(vmar, run, 0, test_vdso(), vdso.code_offset, vdso.code_size, &out));
    EXPECT_OK(
        zx_object_get_property(process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base, sizeof(base)));
    EXPECT_EQ(base, out - vdso.code_offset);
    EXPECT_EQ(zx_vmar_unmap(vmar, out, 4096), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmar_protect(vmar, ZX_VM_PERM_READ, out, vdso.code_size), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmar_destroy(vmar), ZX_ERR_ACCESS_DENIED);
    EXPECT_OK(zx_handle_close(vmar));
    EXPECT_OK(zx_handle_close(process));
}
