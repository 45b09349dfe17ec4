// SPDX-License-Identifier: MIT
//
// test/crasher HOW [N]: crashes in ways that are hard on whoever reports it, or has N children do so.
// Ends with 0 only where the crash is a child's and all went as it should; what must crash and does
// not ends with 3.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include <jacinth/spawn.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define PAGE 4096u

static const char *own_path;

// The compiler must not know that these addresses are bad.
static volatile uint64_t *bad_address(uintptr_t address)
{
    __asm__ volatile("" : "+r"(address));
    return (volatile uint64_t *)address;
}

// ---- frames with known names ----

__attribute__((noipa)) static void crash_leaf(uintptr_t address)
{
    *(volatile uint64_t *)address = 1;
}

__attribute__((noipa)) static int crash_inner(uintptr_t address)
{
    crash_leaf(address);
    return 1;
}

__attribute__((noipa)) static int crash_outer(uintptr_t address)
{
    return crash_inner(address) + 1;
}

static void deep(unsigned n)
{
    crash_outer(8 * n);
}

// The C library's own memcpy, which is assembly and keeps no frame record.
__attribute__((noipa)) static int crash_copier(void *to, size_t size)
{
    char from[256] = {0};

    __asm__ volatile("" : "+r"(to), "+r"(size));
    memcpy(to, from, size);
    return from[size % 7];
}

static void copy(unsigned n)
{
    (void)n;
    (void)crash_copier((void *)bad_address(16), 100);
}

static int thread_that_crashes(void *unused)
{
    (void)unused;
    return crash_outer(0x18) + 1;
}

static void in_thread(unsigned n)
{
    thrd_t thread;

    (void)n;
    if (thrd_create(&thread, thread_that_crashes, NULL) == thrd_success)
        thrd_join(thread, NULL);
}

// Many at the same time.
static void threads(unsigned n)
{
    thrd_t thread;

    for (unsigned i = 0; i < n; i++) {
        if (thrd_create(&thread, thread_that_crashes, NULL) != thrd_success)
            break;
    }
    zx_nanosleep(ZX_TIME_INFINITE);
}

// ---- registers that lead nowhere ----

__attribute__((noreturn)) static void crash_with(uintptr_t fp, uintptr_t sp)
{
    __asm__ volatile("mov x29, %0\n\t"
                     "mov sp, %1\n\t"
                     "mov x30, %0\n\t"
                     "udf #0"
                     :
                     : "r"(fp), "r"(sp)
                     : "memory");
    __builtin_unreachable();
}

static void nowhere(unsigned n)
{
    (void)n;
    crash_with(0x1238, 0x10000);
}

static void odd(unsigned n)
{
    (void)n;
    crash_with(UINT64_MAX - 2, 0xfffffffffffffff0);
}

static void circle(unsigned n)
{
    static uint64_t records[4];

    (void)n;
    records[0] = (uintptr_t)&records[2];
    records[1] = records[3] = (uintptr_t)&circle;
    records[2] = (uintptr_t)&records[0];
    crash_with((uintptr_t)records, (uintptr_t)records);
}

// Frame records without end, all of them different.
static void endless(unsigned n)
{
    static uint64_t records[2 * 100000];

    (void)n;
    for (size_t i = 0; i < 100000 - 1; i++) {
        records[2 * i] = (uintptr_t)&records[2 * i + 2];
        records[2 * i + 1] = 0x1000 + 4 * i;
    }
    crash_with((uintptr_t)records, (uintptr_t)records);
}

// Maps a page of a VMO whose pager never answers.
static uintptr_t page_without_answer(void)
{
    zx_handle_t pager, port, vmo;
    zx_vaddr_t at = 0;

    if (zx_pager_create(0, &pager) != ZX_OK || zx_port_create(0, &port) != ZX_OK ||
        zx_pager_create_vmo(pager, port, 0, 16 * PAGE, 0, &vmo) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 16 * PAGE,
                    &at) != ZX_OK)
        exit(3);
    return at;
}

static void pager(unsigned n)
{
    (void)n;
    uintptr_t at = page_without_answer();
    crash_with(at + 64, at + 1024);
}

// Touches a page whose pager is gone.
static void orphan(unsigned n)
{
    zx_handle_t pager, port, vmo;
    zx_vaddr_t at = 0;

    (void)n;
    if (zx_pager_create(0, &pager) != ZX_OK || zx_port_create(0, &port) != ZX_OK ||
        zx_pager_create_vmo(pager, port, 0, PAGE, 0, &vmo) != ZX_OK ||
        zx_object_set_property(vmo, ZX_PROP_NAME, "orphan", 6) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &at) != ZX_OK ||
        zx_handle_close(pager) != ZX_OK)
        exit(3);
    (void)*bad_address(at);
}

// Touches a page that a VMO had when it was mapped.
static void shrunk(unsigned n)
{
    zx_handle_t vmo;
    zx_vaddr_t at = 0;

    (void)n;
    if (zx_vmo_create(2 * PAGE, 0, &vmo) != ZX_OK ||
        zx_object_set_property(vmo, ZX_PROP_NAME, "shrunk", 6) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, 2 * PAGE, &at) != ZX_OK ||
        zx_vmo_set_size(vmo, PAGE) != ZX_OK)
        exit(3);
    (void)*bad_address(at + PAGE);
}

// At the job's limit of kernel memory: its first FP instruction. It is no thread of the C library, so nothing has
// been one before, and what it writes to the channel takes less than FP registers do.
__attribute__((noreturn)) static void first_fp(zx_handle_t channel, uintptr_t unused)
{
    zx_status_t status;

    (void)unused;
    do
        status = zx_channel_write(channel, 0, "x", 1, NULL, 0);
    while (status == ZX_OK);
    if (status == ZX_ERR_NO_MEMORY)
        __asm__ volatile("fmov d0, xzr" : : : "v0");
    zx_process_exit(3);
}

static void fp(unsigned n)
{
    static _Alignas(16) char stack[PAGE];
    zx_handle_t ends[2], thread;

    (void)n;
    if (zx_channel_create(0, &ends[0], &ends[1]) != ZX_OK ||
        zx_thread_create(zx_process_self(), "fp", 2, 0, &thread) != ZX_OK ||
        zx_thread_start(thread, (uintptr_t)first_fp, (uintptr_t)stack + sizeof(stack), ends[0], 0) != ZX_OK)
        exit(3);
    zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL);
}

// ---- maps and modules without number, and forged ----

static void maps(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        // An ELF header with program headers that lead everywhere.
        uint64_t words[64] = {0x00010102464c457f, 0,      0x00b70003,
                              0xffffffffffffffff, 64,     0xffffffffffffffff,
                              0x0038004000000000, 0x0020};
        zx_handle_t vmo;
        zx_vaddr_t at;

        for (unsigned k = 8; k < 64; k++)
            words[k] = k % 7 == 1 ? 0x0000000100000000 + (k % 3 == 0 ? 4 : 1) : ~UINT64_C(0) - k * i;
        if (zx_vmo_create(PAGE, 0, &vmo) != ZX_OK ||
            zx_vmo_write(vmo, words, 0, sizeof(words)) != ZX_OK ||
            zx_object_set_property(vmo, ZX_PROP_NAME, "f\x1b[2J\norged", 11) != ZX_OK ||
            zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &at) != ZX_OK)
            exit(3);
        zx_handle_close(vmo);
    }
    crash_outer(0);
}

// ---- children ----

static zx_handle_t start(const char *how)
{
    const char *argv[] = {own_path, how, NULL};
    const struct spawn what = {.flags = SPAWN_INHERIT, .path = own_path, .argv = argv};
    struct spawned spawned;
    const char *reason = "";
    zx_status_t status = spawn_start(&what, &spawned, &reason);

    if (status != ZX_OK) {
        printf("crasher: %s (%s)\n", reason, zx_status_get_string(status));
        exit(3);
    }
    zx_handle_close(spawned.thread);
    return spawned.process;
}

// Waits for the end, which must be the kernel's doing.
static void finish(zx_handle_t process)
{
    zx_info_process_t info = {0};

    zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL);
    zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    zx_handle_close(process);
    if (info.return_code != -1) {
        printf("crasher: a child ended with %lld\n", (long long)info.return_code);
        exit(3);
    }
}

#define AT_ONCE 16u

static void storm(unsigned n)
{
    zx_handle_t processes[AT_ONCE];

    for (unsigned done = 0; done < n; done += AT_ONCE) {
        for (unsigned i = 0; i < AT_ONCE; i++)
            processes[i] = start("deep");
        for (unsigned i = 0; i < AT_ONCE; i++)
            finish(processes[i]);
    }
    printf("crasher: %u children crashed\n", n);
    exit(0);
}

// Children are killed while they are reported, sooner or later.
static void killed(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        zx_handle_t process = start(i % 2 == 0 ? "endless" : "pager");

        for (unsigned k = 0; k < i % 8; k++)
            zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
        if (zx_task_kill(process) != ZX_OK)
            exit(3);
        finish(process);
    }
    printf("crasher: %u children were killed\n", n);
    exit(0);
}

static const struct {
    const char *name;
    void (*run)(unsigned n);
} ways[] = {
    {"deep", deep},       {"copy", copy},       {"in-thread", in_thread}, {"threads", threads},
    {"nowhere", nowhere}, {"odd", odd},         {"circle", circle},       {"endless", endless},
    {"pager", pager},     {"maps", maps},       {"storm", storm},         {"killed", killed},
    {"orphan", orphan},   {"shrunk", shrunk},   {"fp", fp},
};

int main(int argc, char **argv)
{
    own_path = argv[0];
    for (size_t i = 0; argc >= 2 && i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(ways[i].name, argv[1]) == 0) {
            ways[i].run(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
            return 3;
        }
    }
    printf("usage: crasher HOW [N]\n");
    return 2;
}
