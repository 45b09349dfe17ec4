// SPDX-License-Identifier: MIT
//
// selftest: what a machine that nobody has tried yet can tell about itself, in a log that fits one
// paste: clock and timers, interrupts, all CPUs, memory, caches and barriers under load, the serial
// line. With -r it ends with a reset, which is the check of the board's way to it.

#include "selftest.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tasks/tasks.h>
#include <zircon/features.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/system.h>

#include "command.h"
#include "system.h"

#define THREADS_MAX 64u
#define LINE_MAX    100

#define CPUS_PATIENCE ZX_SEC(60)

struct selftest selftest = {.load_ns = ZX_SEC(1), .memory = 32ull << 20};

static unsigned checks, failures;

int64_t now(void)
{
    return zx_clock_get_monotonic();
}

void report(const char *name, bool ok, const char *details, ...)
{
    char line[LINE_MAX + 1];
    int used = snprintf(line, sizeof(line), "selftest: %-9s %-6s ", name, ok ? "ok" : "FAILED");
    va_list va;

    va_start(va, details);
    vsnprintf(line + used, sizeof(line) - (size_t)used, details, va);
    va_end(va);
    puts(line);
    fflush(stdout);
    checks++;
    failures += !ok;
}

// ---- threads ----

struct start {
    void (*body)(uint32_t number);
    uint32_t number;
};

static void *run(void *argument)
{
    struct start *start = argument;

    start->body(start->number);
    return NULL;
}

bool in_threads(uint32_t count, void (*body)(uint32_t number))
{
    static struct start starts[THREADS_MAX];
    static pthread_t threads[THREADS_MAX];
    uint32_t started = 0;

    count = count < THREADS_MAX ? count : THREADS_MAX;
    for (; started < count; started++) {
        starts[started] = (struct start){.body = body, .number = started};
        if (pthread_create(&threads[started], NULL, run, &starts[started]) != 0)
            break;
    }
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started == count;
}

// ---- the machine ----

static void describe(void)
{
    char version[64] = "?";
    uint32_t features = 0;

    (void)zx_system_get_version(version, sizeof(version));
    (void)zx_system_get_features(ZX_FEATURE_KIND_CPU, &features);
    printf("selftest: %s, CPUs: %" PRIu32 ", %" PRIu64 " MiB, features %#" PRIx32
           ", counter %" PRIu64 " Hz\n",
           version, selftest.cpus, zx_system_get_physmem() >> 20, features,
           (uint64_t)zx_ticks_per_second());
}

static uint64_t interrupts_of(const zx_info_cpu_stats_t *cpu)
{
    return cpu->ints + cpu->timer_ints + cpu->reschedule_ipis + cpu->generic_ipis;
}

static int64_t end;

static void spin(uint32_t number)
{
    (void)number;
    while (now() < end)
        ;
}

// How many CPUs have run threads and taken interrupts between two looks; the names of the others.
static size_t took_part(const struct tasks_records *before, const struct tasks_records *after,
                        char *others, size_t size)
{
    const zx_info_cpu_stats_t *was = before->records, *is = after->records;
    size_t busy = 0, used = 0;

    others[0] = '\0';
    for (size_t i = 0; i < after->count && i < before->count; i++) {
        bool ran = is[i].context_switches > was[i].context_switches &&
                   interrupts_of(&is[i]) > interrupts_of(&was[i]);

        busy += ran;
        if (!ran && used < size)
            used += (size_t)snprintf(others + used, size - used, " %zu", i);
    }
    return busy;
}

static void report_interrupts(const struct tasks_records *before, const struct tasks_records *after)
{
    const zx_info_cpu_stats_t *was = before->records, *is = after->records;
    uint64_t all = 0, timers = 0, ipis = 0;

    for (size_t i = 0; i < after->count && i < before->count; i++) {
        all += interrupts_of(&is[i]) - interrupts_of(&was[i]);
        timers += is[i].timer_ints - was[i].timer_ints;
        ipis += is[i].reschedule_ipis + is[i].generic_ipis - was[i].reschedule_ipis -
                was[i].generic_ipis;
    }
    report("interrupt", timers > 0 && (ipis > 0 || selftest.cpus == 1),
           "%" PRIu64 ", of them %" PRIu64 " of timers, %" PRIu64 " between CPUs", all, timers, ipis);
}

// Every CPU runs threads and takes interrupts. More load follows as long as one has not, up to a
// time that only a CPU which never does can need.
static void check_cpus(zx_handle_t root, const struct tasks_records *before)
{
    char others[LINE_MAX];
    struct tasks_records after;
    int64_t patience = now() + CPUS_PATIENCE;
    size_t busy = 0;

    for (;;) {
        if (tasks_get_records(root, ZX_INFO_CPU_STATS, sizeof(zx_info_cpu_stats_t), &after) !=
            ZX_OK) {
            report("cpus", false, "no figures");
            return;
        }
        busy = took_part(before, &after, others, sizeof(others));
        if (busy == selftest.cpus || now() > patience)
            break;
        tasks_free_records(&after);
        end = now() + selftest.load_ns;
        (void)in_threads(2 * selftest.cpus, spin);
    }
    report("cpus", busy == selftest.cpus && after.count == selftest.cpus,
           "%zu of %" PRIu32 " took part; did not:%s", busy, selftest.cpus,
           others[0] != '\0' ? others : " none");
    report_interrupts(before, &after);
    tasks_free_records(&after);
}

// Every printable character, so that whoever reads the log sees what the line loses.
static void show_line(void)
{
    for (int row = 0; row < 3; row++) {
        char text[33];

        for (int i = 0; i < 32; i++)
            text[i] = (char)(row == 2 && i == 31 ? '|' : 0x20 + row * 32 + i);
        text[32] = '\0';
        printf("selftest: line %d    |%s|\n", row + 1, text);
    }
}

static void run_checks(zx_handle_t root)
{
    struct tasks_records before;
    bool counted =
        tasks_get_records(root, ZX_INFO_CPU_STATS, sizeof(zx_info_cpu_stats_t), &before) == ZX_OK;

    check_clock();
    check_timers();
    check_atomics();
    check_ordering();
    check_code();
    check_memory();
    if (counted) {
        check_cpus(root, &before);
        tasks_free_records(&before);
    } else {
        report("cpus", false, "no figures");
    }
}

int main(int argc, char **argv)
{
    bool reset = false;
    uint64_t number;
    int option;

    command_start(argv, "[-t SECONDS] [-m BYTES] [-r]");
    while ((option = getopt(argc, argv, "t:m:r")) != -1) {
        if (option == 't' && command_number(optarg, &number) && number >= 1 && number <= 86400)
            selftest.load_ns = ZX_SEC((int64_t)number);
        else if (option == 'm' && command_number(optarg, &number) && number >= 4096)
            selftest.memory = number;
        else if (option == 'r')
            reset = true;
        else
            return command_usage();
    }
    if (optind != argc)
        return command_usage();
    if (selftest.memory > zx_system_get_physmem() / 2) {
        command_complain("more than half of the machine's memory");
        return command_end();
    }
    zx_handle_t root = system_get_root_resource();
    if (root == ZX_HANDLE_INVALID)
        return command_end();
    selftest.cpus = zx_system_get_num_cpus();
    describe();
    show_line();
    run_checks(root);
    reset = reset && failures == 0;
    printf("selftest: %u checks, %u failed%s\n", checks, failures, reset ? "; now the reset" : "");
    if (fflush(stdout) == 0 && reset)
        system_complain("reset",
                        zx_system_powerctl(root, ZX_SYSTEM_POWERCTL_REBOOT, NULL));
    int status = command_end();
    return failures != 0 ? STATUS_FAILED : status;
}
