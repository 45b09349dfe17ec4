// SPDX-License-Identifier: MIT
//
// The contract tests' harness on the target (lab/lab.h).
//
// State: the threads that tests have started, under no lock: a row belongs to whoever has taken its
// `stack`.

#include <lab/lab.h>

#include <crt/crt.h>
#include <minilib/console.h>
#include <minilib/pages.h>
#include <minilib/session.h>
#include <zircon/processargs.h>
#include <zircon/status.h>

#define STACK_SIZE  (64u * 1024)
#define MAX_THREADS 64u
#define PATIENCE    ZX_SEC(120) // a hang detector

struct lab_handles lab;

static const char *running = "?";
static unsigned number;

static struct thread_row {
    void *_Atomic stack; // NULL: free
    zx_handle_t handle;
    void (*fn)(void *arg);
    void *arg;
} threads[MAX_THREADS];

// ---- the end ----

static int finish(int status)
{
    const char *nonce = environment_get(SESSION_NONCE_KEY);

    if (nonce != NULL)
        session_end(nonce, status, lab.resource);
    return status;
}

void lab_fail(const char *what, int64_t got, int64_t expected, const char *file, int line)
{
    console_printf("# %s:%d: %s: is %ld, expected %ld (status codes: %s, %s)\n", file, line, what,
                   got, expected, zx_status_get_string((zx_status_t)got),
                   zx_status_get_string((zx_status_t)expected));
    console_printf("not ok %u - %s\nBail out!\n", number, running);
    zx_process_exit(finish(1));
}

void lab_assert_status(zx_status_t got, zx_status_t expected, const char *expr, const char *file,
                       int line)
{
    lab_equal(got, expected, expr, file, line);
}

// ---- scenarios ----

struct lab_config lab_config_make(const char *name, lab_scenario_fn fn)
{
    (void)name;
    return (struct lab_config){.fn = fn};
}

void lab_run(const struct lab_config *config)
{
    config->fn(config->arg);
}

void lab_seeds_config(const struct lab_config *config, unsigned count)
{
    (void)count;
    lab_run(config);
}

void lab_seeds_named(const char *name, lab_scenario_fn fn, void *arg, unsigned cpus, unsigned count)
{
    (void)name;
    (void)cpus;
    (void)count;
    fn(arg);
}

// ---- threads ----

static void thread_main(uintptr_t row, uintptr_t unused)
{
    struct thread_row *self = (struct thread_row *)row;

    (void)unused;
    self->fn(self->arg);
    zx_thread_exit();
}

static struct thread_row *take_row(void *stack)
{
    for (unsigned i = 0; i < MAX_THREADS; i++) {
        void *none = NULL;
        if (atomic_compare_exchange_strong(&threads[i].stack, &none, stack))
            return &threads[i];
    }
    lab_fail("a thread's row", 0, 1, __FILE__, __LINE__);
}

zx_handle_t lab_thread(void (*fn)(void *arg), void *arg)
{
    void *stack = pages_allocate(STACK_SIZE);

    assert_true(stack != NULL);
    struct thread_row *row = take_row(stack);

    row->fn = fn;
    row->arg = arg;
    assert_ok(zx_thread_create(zx_process_self(), "lab", 3, 0, &row->handle));
    zx_handle_t handle = row->handle;
    assert_ok(zx_thread_start(handle, (zx_vaddr_t)thread_main, (zx_vaddr_t)stack + STACK_SIZE,
                              (uintptr_t)row, 0));
    return handle;
}

void lab_thread_join(zx_handle_t thread)
{
    assert_ok(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, zx_deadline_after(PATIENCE), NULL));
    assert_ok(zx_handle_close(thread));
    for (unsigned i = 0; i < MAX_THREADS; i++) {
        void *stack = atomic_load(&threads[i].stack);
        if (stack != NULL && threads[i].handle == thread) {
            threads[i].handle = ZX_HANDLE_INVALID;
            atomic_store(&threads[i].stack, NULL);
            pages_free(stack, STACK_SIZE);
            return;
        }
    }
    lab_fail("a thread of the test's", 0, 1, __FILE__, __LINE__);
}

// ---- small things ----

zx_status_t lab_raw(uintptr_t function, const uint64_t args[8])
{
    // Eight registers, whatever the call takes of them (AAPCS64 6.4).
    typedef zx_status_t (*raw_fn)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                  uint64_t, uint64_t);

    return ((raw_fn)function)(args[0], args[1], args[2], args[3], args[4], args[5], args[6],
                              args[7]);
}

#define HEADER 16u // keeps the size, and the alignment

void *test_malloc(size_t size)
{
    uint64_t *memory = pages_allocate(size + HEADER);

    assert_true(memory != NULL);
    memory[0] = size + HEADER;
    return (char *)memory + HEADER;
}

void test_free(void *memory)
{
    uint64_t *header = (uint64_t *)((char *)memory - HEADER);

    pages_free(header, header[0]);
}

// ---- the run ----

static bool selected(const struct CMUnitTest *test, int argc, char **argv)
{
    if (test->lab_only)
        return false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], test->name) == 0)
            return true;
    }
    return argc <= 1;
}

static zx_info_process_handle_stats_t handles_now(void)
{
    zx_info_process_handle_stats_t stats;

    assert_ok(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &stats,
                                 sizeof(stats), NULL, NULL));
    return stats;
}

static void run_one(const struct CMUnitTest *test)
{
    zx_info_process_handle_stats_t before = handles_now(), after;

    number++;
    running = test->name;
    test->run(NULL);
    after = handles_now();
    for (size_t type = 0; type < countof(before.handle_count); type++)
        assert_int_equal(after.handle_count[type], before.handle_count[type]);
    console_printf("ok %u - %s\n", number, test->name);
}

static void find_handles(void)
{
    lab = (struct lab_handles){
        .process = zx_process_self(),
        .thread = zx_thread_self(),
        .vmar = zx_vmar_root_self(),
        .job = zx_job_default(),
        .resource = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0)),
    };
}

int lab_main_groups(int argc, char **argv, const struct lab_group *groups, size_t count)
{
    unsigned total = 0;

    find_handles();
    for (size_t g = 0; g < count; g++) {
        for (size_t i = 0; i < groups[g].count; i++)
            total += selected(&groups[g].tests[i], argc, argv);
    }
    console_printf("1..%u\n", total);
    for (size_t g = 0; g < count; g++) {
        for (size_t i = 0; i < groups[g].count; i++) {
            if (selected(&groups[g].tests[i], argc, argv))
                run_one(&groups[g].tests[i]);
        }
    }
    return finish(total == 0);
}
