// SPDX-License-Identifier: MIT
//
// mmap(), munmap(), mprotect(): the results that spec 34 section 3 lists, and what memory then does.

#define _GNU_SOURCE
#include <check/check.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define PAGE                        4096ul
#define RW                          (PROT_READ | PROT_WRITE)
#define PRIVATE                     (MAP_PRIVATE | MAP_ANONYMOUS)
#define EXPECT_NO_MAP(call, wanted) EXPECT_ERRNO((call) == MAP_FAILED ? -1 : 0, wanted)

// Whether the kernel can read, or write back, a byte for us: false where that would be a fault.
static bool can_read(const void *address)
{
    zx_handle_t vmo;
    bool good = zx_vmo_create(PAGE, 0, &vmo) == ZX_OK && zx_vmo_write(vmo, address, 0, 1) == ZX_OK;

    zx_handle_close(vmo);
    return good;
}

static bool can_write(void *address)
{
    zx_handle_t vmo;
    bool good = zx_vmo_create(PAGE, 0, &vmo) == ZX_OK && zx_vmo_read(vmo, address, 0, 1) == ZX_OK;

    zx_handle_close(vmo);
    return good;
}

TEST(bad_arguments_of_mmap)
{
    EXPECT_NO_MAP(mmap(NULL, PAGE, RW, PRIVATE, -1, 1), EINVAL);
    EXPECT_NO_MAP(mmap(NULL, 0, RW, PRIVATE, -1, 0), EINVAL);
    EXPECT_NO_MAP(mmap(NULL, PTRDIFF_MAX, RW, PRIVATE, -1, 0), ENOMEM);
    EXPECT_NO_MAP(mmap(NULL, SIZE_MAX, RW, PRIVATE, -1, 0), ENOMEM);
    EXPECT_NO_MAP(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
    EXPECT_NO_MAP(mmap(NULL, PAGE, RW, MAP_ANONYMOUS | MAP_PRIVATE | MAP_SHARED, -1, 0), EINVAL);
    EXPECT_NO_MAP(mmap(NULL, PAGE, PROT_WRITE, PRIVATE, -1, 0), EINVAL);
    EXPECT_NO_MAP(mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0), EBADF);
    EXPECT_NO_MAP(mmap((void *)1, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0), EINVAL);
    EXPECT_NO_MAP(mmap(NULL, UINT64_C(1) << 50, RW, PRIVATE, -1, 0), EINVAL);
}

TEST(memory_is_zero_and_whole_pages)
{
    unsigned char *memory = mmap(NULL, 3 * PAGE - 5, RW, PRIVATE, -1, 0);

    ASSERT_TRUE(memory != MAP_FAILED);
    EXPECT_EQ((uintptr_t)memory % PAGE, 0);
    for (size_t i = 0; i < 3 * PAGE; i += 256) {
        EXPECT_EQ(memory[i], 0);
    }
    memory[3 * PAGE - 1] = 1;
    EXPECT_EQ(munmap(memory, 3 * PAGE - 5), 0);
    EXPECT_FALSE(can_read(memory));
    EXPECT_FALSE(can_read(memory + 3 * PAGE - 1));
}

TEST(mappings_leave_no_handle)
{
    uint64_t before = check_handle_count();
    void *memory = mmap(NULL, PAGE, RW, PRIVATE, -1, 0);

    EXPECT_EQ(check_handle_count(), before);
    EXPECT_EQ(munmap(memory, PAGE), 0);
    EXPECT_NO_MAP(mmap((void *)1, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0), EINVAL);
    EXPECT_EQ(check_handle_count(), before);
}

TEST(no_protection_at_all)
{
    char *memory = mmap(NULL, PAGE, PROT_NONE, PRIVATE, -1, 0);

    ASSERT_TRUE(memory != MAP_FAILED);
    EXPECT_FALSE(can_read(memory));
    EXPECT_EQ(mprotect(memory, PAGE, PROT_READ), 0);
    EXPECT_TRUE(can_read(memory));
    EXPECT_FALSE(can_write(memory));
    EXPECT_EQ(mprotect(memory, PAGE, RW), 0);
    EXPECT_TRUE(can_write(memory));
    EXPECT_EQ(mprotect(memory, PAGE, PROT_NONE), 0);
    EXPECT_FALSE(can_read(memory));
    EXPECT_EQ(munmap(memory, PAGE), 0);
}

TEST(errors_of_mprotect)
{
    char *memory = mmap(NULL, 2 * PAGE, RW, PRIVATE, -1, 0);

    ASSERT_TRUE(memory != MAP_FAILED);
    EXPECT_ERRNO(mprotect(memory, PAGE, PROT_WRITE), ENOTSUP);
    EXPECT_EQ(mprotect(memory, PAGE, PROT_READ | PROT_EXEC), 0);
    EXPECT_EQ(mprotect(memory + 10, 10, PROT_READ), 0); // the page around it
    EXPECT_FALSE(can_write(memory));
    EXPECT_TRUE(can_write(memory + PAGE));
    EXPECT_EQ(munmap(memory + PAGE, PAGE), 0);
    EXPECT_ERRNO(mprotect(memory, 2 * PAGE, PROT_READ), EINVAL);
    EXPECT_EQ(munmap(memory, PAGE), 0);
}

TEST(errors_of_munmap)
{
    EXPECT_ERRNO(munmap((void *)1, PAGE), EINVAL);
    EXPECT_ERRNO(munmap((void *)(64 * PAGE * PAGE), 0), EINVAL);
}

TEST(code_runs_after_mprotect_alone)
{
    static const uint32_t code[] = {0x528002a0, 0xd65f03c0}; // mov w0, #21; ret
    void *memory = mmap(NULL, PAGE, RW, PRIVATE, -1, 0);

    ASSERT_TRUE(memory != MAP_FAILED);
    memcpy(memory, code, sizeof(code));
    ASSERT_EQ(mprotect(memory, PAGE, PROT_READ | PROT_EXEC), 0);
    EXPECT_EQ(((int (*)(void))(uintptr_t)memory)(), 21);
    EXPECT_EQ(munmap(memory, PAGE), 0);
}

TEST(fixed_places)
{
    char *memory = mmap(NULL, 4 * PAGE, RW, PRIVATE, -1, 0);

    ASSERT_TRUE(memory != MAP_FAILED);
    memset(memory, 7, 4 * PAGE);
    EXPECT_TRUE(mmap(memory + PAGE, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0) == memory + PAGE);
    EXPECT_EQ(memory[PAGE], 0);
    EXPECT_EQ(memory[PAGE - 1], 7);
    EXPECT_EQ(memory[2 * PAGE], 7);
    EXPECT_NO_MAP(mmap(memory, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
    EXPECT_EQ(munmap(memory, PAGE), 0);
    EXPECT_TRUE(mmap(memory, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0) == memory);
    EXPECT_EQ(munmap(memory, 4 * PAGE), 0);
}

TEST(mremap_shrinks_and_does_not_grow)
{
    char *memory = mmap(NULL, 3 * PAGE, RW, PRIVATE, -1, 0);

    ASSERT_TRUE(memory != MAP_FAILED);
    memory[0] = 5;
    EXPECT_TRUE(mremap(memory, 3 * PAGE, PAGE, MREMAP_MAYMOVE) == memory);
    EXPECT_EQ(memory[0], 5);
    EXPECT_FALSE(can_read(memory + PAGE));
    EXPECT_NO_MAP(mremap(memory, PAGE, 2 * PAGE, MREMAP_MAYMOVE), ENOSYS);
    EXPECT_EQ(munmap(memory, PAGE), 0);
}

TEST(advice)
{
    char *memory = mmap(NULL, PAGE, RW, PRIVATE, -1, 0);

    EXPECT_EQ(madvise(memory, PAGE, MADV_SEQUENTIAL), 0);
    EXPECT_EQ(posix_madvise(memory, PAGE, POSIX_MADV_DONTNEED), 0);
    EXPECT_ERRNO(madvise(memory, PAGE, MADV_DONTNEED), ENOSYS);
    EXPECT_ERRNO(madvise(memory + 1, PAGE, MADV_NORMAL), EINVAL);
    EXPECT_EQ(munmap(memory, PAGE), 0);
    EXPECT_EQ(getpagesize(), 4096);
}
