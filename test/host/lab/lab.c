// SPDX-License-Identifier: MIT
// The runner: forks for every run, collects the result through a pipe, and says how to replay what
// failed. Runs in the parent, outside of any machine.
#include "lab_priv.h"

#include <errno.h>
#include <hal/cpu.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <zircon/status.h>

#define WATCHDOG_SECONDS 300u // a hang detector only

// Under ThreadSanitizer a report ends the child, so that the run counts as failed.
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "halt_on_error=1:report_signal_unsafe=0:detect_deadlocks=0:atexit_sleep_ms=0";
}

static struct {
    const char *program;
    bool seed_given;
    uint64_t seed;
    unsigned seeds;
    bool mode_given;
    enum host_mode mode;
    unsigned cpus;
    bool verbose;
    bool sweep;
} options;

struct lab_config lab_config_make(const char *name, lab_scenario_fn fn)
{
    return (struct lab_config){
        .name = name,
        .fn = fn,
        .mode = options.mode,
        .seed = options.seed_given ? options.seed : 1,
        .cpus = options.cpus != 0 ? options.cpus : 2,
        .max_steps = 3000000,
        .expected = HOST_FINISHED,
    };
}

static void on_alarm(int sig)
{
    (void)sig;
    host_fail(HOST_HANG, "the watchdog of %u s of real time", WATCHDOG_SECONDS);
}

static ucontext_t *crash_context;

static void crash_reporter(void)
{
    const struct hal_thread *t = hal_current();
#if defined(__x86_64__)
    uintptr_t pc = (uintptr_t)crash_context->uc_mcontext.gregs[REG_RIP];
    uintptr_t frame = (uintptr_t)crash_context->uc_mcontext.gregs[REG_RBP];
#else
    uintptr_t pc = crash_context->uc_mcontext.pc, frame = crash_context->uc_mcontext.regs[29];
#endif
    host_print("  crashed at:\n");
    host_print_frames(pc, frame, t->kstack_base, t->kstack_base + t->kstack_size);
    lab_reporter();
}

// A crash of kernel or scenario code, perhaps by overflow of a thread's stack.
static void on_crash(int sig, siginfo_t *info, void *context)
{
    signal(sig, SIG_DFL);
    crash_context = context;
    host_set_reporter(crash_reporter);
    host_fail(HOST_BROKEN, "signal %d, address %p", sig, info->si_addr);
}

// Instead of CMocka's handlers, which would jump to another stack.
static void catch_crashes(void)
{
    static char stack[128 * 1024];
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction action = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
}

NO_RETURN static void child(const struct lab_config *config, int out)
{
    setenv("CMOCKA_TEST_ABORT", "1", 1); // a failed assert_* ends the child
    catch_crashes();
    signal(SIGALRM, on_alarm);
    alarm(WATCHDOG_SECONDS);
    struct lab_result result = lab_child_run(config);
    const char *p = (const char *)&result;
    for (size_t done = 0; done < sizeof(result);) {
        ssize_t n = write(out, p + done, sizeof(result) - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    _exit(0);
}

static void read_all(int in, struct lab_result *result)
{
    char *p = (char *)result;
    size_t done = 0;

    while (done < sizeof(*result)) {
        ssize_t n = read(in, p + done, sizeof(*result) - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (done < sizeof(*result))
        *result = (struct lab_result){ 0 };
}

struct lab_result lab_run(const struct lab_config *config)
{
    struct lab_result result = { 0 };
    int fds[2], wstatus = 0;

    fflush(stdout);
    fflush(stderr);
    if (pipe(fds) != 0)
        fail_msg("pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        child(config, fds[1]);
    }
    close(fds[1]);
    if (pid < 0)
        fail_msg("fork: %s", strerror(errno));
    read_all(fds[0], &result);
    close(fds[0]);
    while (waitpid(pid, &wstatus, 0) < 0 && errno == EINTR)
        continue;
    if (result.complete && result.outcome == config->expected && WIFEXITED(wstatus) &&
        WEXITSTATUS(wstatus) == 0)
        return result;
    print_error("lab: %s failed: seed %llu, %u cpus, %s", config->name,
                (unsigned long long)config->seed, config->cpus,
                config->mode == HOST_PARALLEL ? "parallel" : "deterministic");
    if (config->fail_allocation != 0)
        print_error(", allocation %llu fails", (unsigned long long)config->fail_allocation);
    if (!result.complete)
        print_error(", the child died (wait status %#x)\n", (unsigned)wstatus);
    else
        print_error(", ended with: %s, expected: %s\n", host_outcome_name(result.outcome),
                    host_outcome_name(config->expected));
    print_error("lab: replay: %s --test %s --seed %llu --cpus %u --mode %s\n", options.program,
                config->name, (unsigned long long)config->seed, config->cpus,
                config->mode == HOST_PARALLEL ? "par" : "det");
    // The child has printed the report already, unless it was told to expect a failure.
    fail_msg("%s", config->expected == HOST_FINISHED ? "see above" : result.report);
    return result;
}

void lab_seeds_config(const struct lab_config *config, unsigned count)
{
    struct lab_config c = *config;

    if (options.cpus != 0)
        c.cpus = options.cpus;
    if (options.sweep) {
        lab_sweep_any(&c);
        return;
    }
    if (options.seed_given) {
        c.seed = options.seed;
        c.mode = options.mode;
        lab_run(&c);
        return;
    }
    if (options.seeds != 0)
        count = options.seeds;
    if (!options.mode_given || options.mode == HOST_DETERMINISTIC) {
        c.mode = HOST_DETERMINISTIC;
        for (c.seed = 1; c.seed <= count; c.seed++)
            lab_run(&c);
    }
    if (!options.mode_given || options.mode == HOST_PARALLEL) {
        c.mode = HOST_PARALLEL;
        unsigned rounds = options.mode_given ? count : MAX(count / 50, 1u);
        for (c.seed = 1; c.seed <= rounds; c.seed++)
            lab_run(&c);
    }
}

void lab_seeds_named(const char *name, lab_scenario_fn fn, void *arg, unsigned cpus,
                     unsigned count)
{
    struct lab_config c = lab_config_make(name, fn);

    c.arg = arg;
    c.cpus = cpus;
    lab_seeds_config(&c, count);
}

unsigned lab_sweep_named(const char *name, lab_scenario_fn fn, void *arg)
{
    struct lab_config c = lab_config_make(name, fn);
    unsigned k = 0;

    c.arg = arg;
    c.mode = HOST_DETERMINISTIC;
    do {
        c.fail_allocation = ++k;
    } while (lab_run(&c).allocation_failed);
    return k - 1;
}

void lab_sweep_any(const struct lab_config *config)
{
    struct lab_config c = *config;

    c.mode = HOST_DETERMINISTIC;
    c.ends_without_memory = true;
    c.leaks_allowed = c.leaks_allowed || c.leaks_in_sweeps;
    do {
        c.fail_allocation += 1 + (c.fail_allocation < LAB_SWEEP_DENSE ? 0 : c.fail_allocation / 4);
    } while (lab_run(&c).allocation_failed);
}

static uint64_t number(const char *text)
{
    return text == NULL ? 0 : strtoull(text, NULL, 0);
}

static int usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [--test NAME] [--seed N] [--seeds M] [--mode det|par] [--cpus N] "
            "[--sweep] [--verbose]\n",
            program);
    return 2;
}

int lab_main(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
    options.program = argv[0];
    options.seed_given = getenv("LAB_SEED") != NULL;
    options.seed = number(getenv("LAB_SEED"));
    options.seeds = (unsigned)number(getenv("LAB_SEEDS"));
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--verbose") == 0) {
            options.verbose = true;
            setenv("LAB_VERBOSE", "1", 1);
            continue;
        }
        if (strcmp(argv[i], "--sweep") == 0) {
            options.sweep = true;
            continue;
        }
        if (value == NULL)
            return usage(argv[0]);
        i++;
        if (strcmp(argv[i - 1], "--seed") == 0) {
            options.seed_given = true;
            options.seed = number(value);
        } else if (strcmp(argv[i - 1], "--seeds") == 0) {
            options.seeds = (unsigned)number(value);
        } else if (strcmp(argv[i - 1], "--cpus") == 0) {
            options.cpus = (unsigned)number(value);
        } else if (strcmp(argv[i - 1], "--mode") == 0) {
            options.mode_given = true;
            options.mode = strcmp(value, "par") == 0 ? HOST_PARALLEL : HOST_DETERMINISTIC;
        } else if (strcmp(argv[i - 1], "--test") == 0) {
            cmocka_set_test_filter(value);
        } else {
            return usage(argv[0]);
        }
    }
    return _cmocka_run_group_tests("lab", tests, count, NULL, NULL);
}

int lab_main_groups(int argc, char **argv, const struct lab_group *groups, size_t count)
{
    struct CMUnitTest *all;
    size_t total = 0, used = 0;

    for (size_t g = 0; g < count; g++)
        total += groups[g].count;
    all = calloc(total, sizeof(all[0]));
    if (all == NULL)
        return 1;
    for (size_t g = 0; g < count; g++) {
        memcpy(all + used, groups[g].tests, groups[g].count * sizeof(all[0]));
        used += groups[g].count;
    }
    int failed = lab_main(argc, argv, all, total);
    free(all);
    return failed;
}

void lab_assert_status(zx_status_t got, zx_status_t expected, const char *expr, const char *file,
                       int line)
{
    if (got == expected)
        return;
    lab_end_without_memory(got);
    print_error("%s:%d: %s\n    is %d (%s), expected %d (%s)\n", file, line, expr, got,
                zx_status_get_string(got), expected, zx_status_get_string(expected));
    _fail(file, line);
}
