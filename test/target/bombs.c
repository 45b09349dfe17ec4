// SPDX-License-Identifier: MIT
//
// Bombs: programs that start copies of themselves, or take whatever there is, for ever, in a job with
// limits (zx_job_set_limits). Nobody else comes to harm: the siblings of the job, and who is above it, go on
// as before; and when the job is killed everything is back.

#include <testing/testing.h>

#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/policy.h>

#define PAGE ((uint64_t)ZX_PAGE_SIZE)

static const zx_job_limits_t bomb_limits = {
    .pages = 1000, .kernel_memory = 1 << 20, .handles = 500, .threads = 10, .processes = 6};

// ---- the bombs ------------------------------------------------------------------------------------

// Starts copies of itself and never ends.
CHILD(forks)
{
    for (volatile bool on = true; on;) {
        struct test_child child;

        if (test_child_start_in(zx_job_default(), "forks", &child) == ZX_OK) {
            const zx_handle_t handles[] = {child.job, child.process, child.thread, child.channel};

            (void)zx_handle_close_many(handles, sizeof(handles) / sizeof(handles[0]));
        }
    }
    return 1;
}

static void stay(uintptr_t unused1, uintptr_t unused2)
{
    (void)unused1;
    (void)unused2;
    (void)zx_nanosleep(ZX_TIME_INFINITE);
    zx_thread_exit();
}

// Threads that never end, one more with each turn while there is a stack.
static void take_thread(size_t turn)
{
    static char stacks[64][256] __attribute__((aligned(16)));
    char *stack = stacks[turn % (sizeof(stacks) / sizeof(stacks[0]))];
    zx_handle_t thread;

    if (zx_thread_create(zx_process_self(), "stays", 5, 0, &thread) == ZX_OK) {
        (void)zx_thread_start(thread, (zx_vaddr_t)stay, (zx_vaddr_t)stack + sizeof(stacks[0]), 0,
                              0);
        (void)zx_handle_close(thread);
    }
}

// A message that nobody reads.
static void take_kernel_memory(size_t turn)
{
    static char bytes[4096];
    static zx_handle_t ends[2];

    if (turn == 0) {
        (void)zx_channel_create(0, &ends[0], &ends[1]);
    }
    (void)zx_channel_write(ends[0], 0, bytes, sizeof(bytes), NULL, 0);
}

// Page tables and nothing else: a VMO without a page, mapped once and read here and there, which finds the page
// of zeros that all share. The kernel reads, so that a refusal is an error, and no exception.
static void take_page_tables(size_t turn)
{
    static const uint64_t table_covers = PAGE * (PAGE / sizeof(uint64_t)), size = 1ull << 40;
    static zx_handle_t vmo, other;
    static zx_vaddr_t base;

    if (turn == 0 && (zx_vmo_create(size, 0, &vmo) != ZX_OK ||
                      zx_vmo_create(PAGE, 0, &other) != ZX_OK ||
                      zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, size, &base) !=
                          ZX_OK)) {
        zx_process_exit(1);
    }
    (void)zx_vmo_write(other, (const void *)(base + turn * table_covers % size), 0, 1);
}

static void take_page(size_t turn)
{
    static zx_handle_t vmo;

    if (turn == 0) {
        (void)zx_vmo_create(1ull << 40, 0, &vmo);
    }
    (void)zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, turn * PAGE, PAGE, NULL, 0);
}

static void take_handle(size_t turn)
{
    zx_handle_t handle;

    (void)turn;
    (void)zx_handle_duplicate(zx_process_self(), ZX_RIGHT_SAME_RIGHTS, &handle);
}

static int take_for_ever(void (*take)(size_t turn))
{
    volatile size_t turn = 0;

    for (volatile bool on = true; on; turn++) {
        take(turn);
    }
    return 1;
}

CHILD(takes_pages)
{
    return take_for_ever(take_page);
}

CHILD(takes_page_tables)
{
    return take_for_ever(take_page_tables);
}

CHILD(takes_kernel_memory)
{
    return take_for_ever(take_kernel_memory);
}

CHILD(takes_handles)
{
    return take_for_ever(take_handle);
}

CHILD(takes_threads)
{
    return take_for_ever(take_thread);
}

// ---- everybody else -------------------------------------------------------------------------------

// One of each: what a program needs to go on.
static bool some_work(void)
{
    uint64_t value = 7, back = 0;
    zx_handle_t vmo = 0, ends[2] = {0, 0}, process = 0, vmar = 0, thread = 0;

    bool done = zx_vmo_create(8 * PAGE, 0, &vmo) == ZX_OK &&
                zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 8 * PAGE, NULL, 0) == ZX_OK &&
                zx_vmo_write(vmo, &value, PAGE, sizeof(value)) == ZX_OK &&
                zx_vmo_read(vmo, &back, PAGE, sizeof(back)) == ZX_OK && back == value &&
                zx_channel_create(0, &ends[0], &ends[1]) == ZX_OK &&
                zx_channel_write(ends[0], 0, &value, sizeof(value), NULL, 0) == ZX_OK &&
                zx_process_create(zx_job_default(), "some", 4, 0, &process, &vmar) == ZX_OK &&
                zx_thread_create(process, "work", 4, 0, &thread) == ZX_OK;
    const zx_handle_t handles[] = {vmo, ends[0], ends[1], process, vmar, thread};

    return zx_handle_close_many(handles, sizeof(handles) / sizeof(handles[0])) == ZX_OK && done;
}

// Answers each message with a byte that says whether it could do what it was asked for.
static int obey(bool (*can)(char asked))
{
    zx_handle_t channel = test_child_channel();
    zx_signals_t seen;
    char byte;

    for (;;) {
        uint32_t bytes, handles;

        if (zx_object_wait_one(channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                               ZX_TIME_INFINITE, &seen) != ZX_OK ||
            zx_channel_read(channel, 0, &byte, NULL, 1, 0, &bytes, &handles) != ZX_OK) {
            return 0;
        }
        byte = can(byte) ? 'y' : 'n';
        if (zx_channel_write(channel, 0, &byte, 1, NULL, 0) != ZX_OK) {
            return 1;
        }
    }
}

static void ask(const struct test_child *child, char what, char expected)
{
    uint32_t bytes, handles;

    ASSERT_OK(zx_channel_write(child->channel, 0, &what, 1, NULL, 0));
    ASSERT_OK(zx_object_wait_one(child->channel, ZX_CHANNEL_READABLE, test_patience(), NULL));
    ASSERT_OK(zx_channel_read(child->channel, 0, &what, NULL, 1, 0, &bytes, &handles));
    EXPECT_EQ(what, expected);
}

static bool can_work(char asked)
{
    (void)asked;
    return some_work();
}

CHILD(sibling)
{
    return obey(can_work);
}

static void ask_sibling(const struct test_child *sibling)
{
    ask(sibling, '?', 'y');
}

// '+': one page more; anything else: one page less.
static bool can_page(char asked)
{
    static zx_handle_t vmo;
    static uint64_t pages;
    zx_status_t status = ZX_OK;

    if (vmo == ZX_HANDLE_INVALID) {
        status = zx_vmo_create(100 * PAGE, 0, &vmo);
    }
    if (status == ZX_OK && asked == '+') {
        status = zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, pages * PAGE, PAGE, NULL, 0);
        pages += status == ZX_OK;
    } else if (status == ZX_OK && pages > 0) {
        pages--;
        status = zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, pages * PAGE, PAGE, NULL, 0);
    }
    return status == ZX_OK;
}

CHILD(pages)
{
    return obey(can_page);
}

// ---- the tests ------------------------------------------------------------------------------------

static bool all_within(zx_handle_t job)
{
    bool within = true;

    for (enum test_job_kind kind = 0; kind < TEST_JOB_KINDS; kind++) {
        zx_job_usage_t usage = test_job_usage(job, kind);

        EXPECT_LE(usage.used, usage.limit);
        within = within && usage.used <= usage.limit;
    }
    return within;
}

// Waits until the job has been refused something of this kind.
static void await_refusal(zx_handle_t job, enum test_job_kind kind)
{
    zx_time_t deadline = test_patience();

    EXPECT_OK(zx_object_wait_one(job, ZX_JOB_LIMIT_REACHED, test_patience(), NULL));
    while (test_job_usage(job, kind).refused == 0 && zx_clock_get_monotonic() < deadline) {
        (void)zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
    }
    EXPECT_GT(test_job_usage(job, kind).refused, 0);
}

// Runs a bomb until it has met the limit of its kind, and lets everybody else do their work beside it.
static void set_off(const char *name, enum test_job_kind kind)
{
    struct test_child sibling, bomb;
    zx_handle_t job;

    ASSERT_OK(test_child_start("sibling", &sibling));
    ASSERT_OK(zx_job_create(zx_job_default(), 0, &job));
    ASSERT_OK(zx_job_set_limits(job, 0, &bomb_limits, sizeof(bomb_limits)));
    ASSERT_OK(test_child_start_in(job, name, &bomb));
    await_refusal(job, kind);
    for (int i = 0; i < 3 && all_within(job); i++) {
        ask_sibling(&sibling);
        EXPECT_TRUE(some_work());
    }
    EXPECT_EQ(test_child_run("exit_zero"), 0); // a new program finds what it needs
    EXPECT_OK(zx_task_kill(job));
    EXPECT_EQ(test_child_finish(&bomb), -1);
    EXPECT_OK(zx_object_wait_one(job, ZX_JOB_NO_PROCESSES, test_patience(), NULL));
    test_await_nothing_used(job);
    ask_sibling(&sibling);
    EXPECT_OK(zx_handle_close(job));
    EXPECT_OK(zx_task_kill(sibling.process));
    EXPECT_EQ(test_child_finish(&sibling), -1);
}

static void fork_bomb(void)
{
    set_off("forks", TEST_JOB_PROCESSES);
}

// CALLS(zx_job_set_limits, zx_process_create, zx_task_kill)
TEST(a_fork_bomb_in_a_limited_job_harms_nobody_else)
{
    test_no_loss(fork_bomb, 2);
}

static void allocation_bombs(void)
{
    set_off("takes_pages", TEST_JOB_PAGES);
    set_off("takes_kernel_memory", TEST_JOB_KERNEL_MEMORY);
    set_off("takes_page_tables", TEST_JOB_KERNEL_MEMORY);
    set_off("takes_handles", TEST_JOB_HANDLES);
    set_off("takes_threads", TEST_JOB_THREADS);
}

// CALLS(zx_job_set_limits, zx_vmo_op_range, zx_channel_write, zx_vmar_map, zx_handle_duplicate,
// zx_thread_start)
TEST(allocation_bombs_in_a_limited_job_harm_nobody_else)
{
    test_no_loss(allocation_bombs, 1);
}

static void lower_below_use(void)
{
    zx_job_limits_t limits = {.pages = 0};
    struct test_child child[2];
    zx_handle_t outer, job[2];

    ASSERT_OK(zx_job_create(zx_job_default(), 0, &outer));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(zx_job_create(outer, 0, &job[i]));
        ASSERT_OK(test_child_start_in(job[i], "pages", &child[i]));
        for (const char *c = "+++++-+"; *c != 0; c++) {
            ask(&child[i], *c, 'y'); // each of both once at least: what they need themselves is there
        }
    }
    limits.pages = test_job_usage(outer, TEST_JOB_PAGES).used - 3;
    ASSERT_OK(zx_job_set_limits(outer, 0, &limits, sizeof(limits.pages)));
    for (int n = 0; n < 3; n++) {
        ask(&child[n % 2], '-', 'y');
        ask(&child[0], '+', 'n');
        ask(&child[1], '+', 'n');
    }
    EXPECT_OK(zx_object_wait_one(outer, ZX_JOB_LIMIT_REACHED, test_patience(), NULL));
    EXPECT_EQ(test_job_usage(outer, TEST_JOB_PAGES).used, limits.pages);
    ask(&child[1], '-', 'y');
    ask(&child[0], '+', 'y');
    ask(&child[1], '+', 'n');
    EXPECT_EQ(test_job_usage(outer, TEST_JOB_PAGES).used, limits.pages);
    EXPECT_EQ(test_job_usage(outer, TEST_JOB_PAGES).refused, 7);
    for (int i = 0; i < 2; i++) {
        EXPECT_OK(zx_task_kill(child[i].process));
        EXPECT_EQ(test_child_finish(&child[i]), -1);
        EXPECT_OK(zx_handle_close(job[i]));
    }
    test_await_nothing_used(outer);
    EXPECT_OK(zx_handle_close(outer));
}

// CALLS(zx_job_set_limits): of what is in use, none goes, and no more comes, here or in another job below.
TEST(a_limit_below_use_gives_nothing_until_it_is_met)
{
    test_no_loss(lower_below_use, 2);
}
