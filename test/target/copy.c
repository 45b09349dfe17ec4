// SPDX-License-Identifier: MIT
//
// Long copies between the kernel and a program: the kernel makes them through SIMD registers, which
// are the program's.

#include <testing/testing.h>

#include <stdatomic.h>

#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>

#define PAGE       ((uint64_t)ZX_PAGE_SIZE)
#define READ_WRITE (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

// Maps a new VMO, none of whose pages is there yet.
static uint8_t *map_new(uint64_t size, zx_handle_t *vmo)
{
    zx_vaddr_t address = 0;

    EXPECT_OK(zx_vmo_create(size, 0, vmo));
    EXPECT_OK(zx_vmar_map(zx_vmar_root_self(), READ_WRITE, 0, *vmo, 0, size, &address));
    return (uint8_t *)address;
}

static void unmap(uint8_t *address, uint64_t size)
{
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)address, size));
}

struct simd {
    uint64_t words[8][2]; // q0-q7
};

static void simd_load(const struct simd *from)
{
    __asm__ volatile(".arch_extension simd\n\t"
                     "ldp q0, q1, [%0]\n\tldp q2, q3, [%0, #32]\n\t"
                     "ldp q4, q5, [%0, #64]\n\tldp q6, q7, [%0, #96]" ::"r"(from)
                     : "memory");
}

static void simd_store(struct simd *to)
{
    __asm__ volatile(".arch_extension simd\n\t"
                     "stp q0, q1, [%0]\n\tstp q2, q3, [%0, #32]\n\t"
                     "stp q4, q5, [%0, #64]\n\tstp q6, q7, [%0, #96]" ::"r"(to)
                     : "memory");
}

static uint8_t pattern(uint64_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

// A VMO whose bytes are the pattern.
static zx_handle_t make_patterned(uint64_t size)
{
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    uint8_t *bytes = map_new(size, &vmo);

    for (uint64_t i = 0; i < size; i++) {
        bytes[i] = pattern(i);
    }
    unmap(bytes, size);
    return vmo;
}

// The first wrong byte of a buffer that holds `length` bytes of the pattern and nothing behind.
static size_t first_wrong(const uint8_t *buffer, uint64_t from, size_t length)
{
    size_t i = 0;

    while (i < length && buffer[i] == pattern(from + i)) {
        i++;
    }
    return i == length && buffer[length] != 0 ? length + 1 : i;
}

static struct simd simd_values(uint64_t seed)
{
    struct simd s;

    for (uint64_t i = 0; i < 8; i++) {
        s.words[i][0] = seed * (2 * i + 1);
        s.words[i][1] = ~s.words[i][0];
    }
    return s;
}

// Reads from the first VMO, writes that to the second, reads it back from there.
static void copy_around(zx_handle_t vmo, zx_handle_t copy, uint64_t from, size_t length)
{
    const uint64_t size = 4 * PAGE;
    zx_handle_t memory = ZX_HANDLE_INVALID;
    uint8_t *pages = map_new(size, &memory); // the copy meets pages that are not there yet
    uint8_t *buffer = pages + 3 * from;

    EXPECT_OK(zx_vmo_read(vmo, buffer, from, length));
    EXPECT_EQ(first_wrong(buffer, from, length), length);
    EXPECT_OK(zx_vmo_write(copy, buffer, from, length));
    memset(buffer, 0, length);
    EXPECT_OK(zx_vmo_read(copy, buffer, from, length));
    EXPECT_EQ(first_wrong(buffer, from, length), length);
    unmap(pages, size);
    EXPECT_OK(zx_handle_close(memory));
}

// CALLS(zx_vmo_read, zx_vmo_write): lengths around the kernel's turns, all kinds of alignment.
TEST(long_copies_are_exact_and_leave_simd_registers_alone)
{
    const size_t lengths[] = {1, 127, 1023, 1024, 1025, 1151, 1279, 1280, 4095, 4096, 4097, 5119,
                              5120, 8192, 12287};
    zx_handle_t vmo = make_patterned(4 * PAGE), copy = ZX_HANDLE_INVALID;
    const struct simd in = simd_values(0x0123456789abcdefull);
    struct simd out;

    EXPECT_OK(zx_vmo_create(4 * PAGE, 0, &copy));
    simd_load(&in);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (uint64_t from = 0; from < 12; from += 5) {
            copy_around(vmo, copy, from, lengths[i]);
        }
    }
    simd_store(&out);
    EXPECT_EQ(memcmp(&in, &out, sizeof(in)), 0);
    EXPECT_OK(zx_handle_close(copy));
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmo_read): into memory that ends in the middle of a long copy.
TEST(a_long_copy_that_fails_leaves_simd_registers_alone)
{
    const struct simd in = simd_values(0xfedcba9876543210ull);
    zx_handle_t vmo = make_patterned(2 * PAGE), memory = ZX_HANDLE_INVALID;
    uint8_t *pages = map_new(2 * PAGE, &memory);
    struct simd out;

    unmap(pages + PAGE, PAGE);
    simd_load(&in);
    EXPECT_EQ(zx_vmo_read(vmo, pages + PAGE / 2, 0, PAGE), ZX_ERR_INVALID_ARGS);
    simd_store(&out);
    EXPECT_EQ(memcmp(&in, &out, sizeof(in)), 0);
    unmap(pages, PAGE);
    EXPECT_OK(zx_handle_close(memory));
    EXPECT_OK(zx_handle_close(vmo));
}

#define COPIERS 2u
#define LONG    (16 * PAGE)
#define WAKES   1000u

static atomic_bool enough;

struct copier {
    struct test_thread thread;
    zx_handle_t vmo;
    uint8_t *buffer;
    uint64_t copies;
};

static void copy_until_enough(void *context)
{
    struct copier *c = context;

    while (!enough) {
        EXPECT_OK(zx_vmo_read(c->vmo, c->buffer, 0, LONG));
        c->copies++;
    }
}

// CALLS(zx_vmo_read): copiers, and a thread that wakes all the time and comes before them, share a CPU, so that
// copies are left between two turns and gone on with after others; user memory is open to each as before.
TEST(long_copies_go_on_after_they_were_preempted)
{
    static struct copier copiers[COPIERS];
    zx_handle_t memory[COPIERS];

    enough = false;
    for (unsigned i = 0; i < COPIERS; i++) {
        struct copier *c = &copiers[i];

        c->vmo = make_patterned(LONG);
        c->buffer = map_new(LONG + PAGE, &memory[i]);
        ASSERT_OK(test_thread_start(&c->thread, copy_until_enough, c));
    }
    EXPECT_OK(zx_thread_set_priority(ZX_PRIORITY_HIGH));
    for (unsigned i = 0; i < WAKES; i++) {
        EXPECT_OK(zx_nanosleep(zx_deadline_after(ZX_USEC(20))));
    }
    EXPECT_OK(zx_thread_set_priority(ZX_PRIORITY_DEFAULT));
    enough = true;
    for (unsigned i = 0; i < COPIERS; i++) {
        struct copier *c = &copiers[i];

        test_thread_join(&c->thread);
        EXPECT_GT(c->copies, 0);
        EXPECT_EQ(first_wrong(c->buffer, 0, LONG), LONG);
        unmap(c->buffer, LONG + PAGE);
        EXPECT_OK(zx_handle_close(c->vmo));
        EXPECT_OK(zx_handle_close(memory[i]));
    }
}
