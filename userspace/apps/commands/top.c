// SPDX-License-Identifier: MIT
// top: what uses the CPUs, refreshed. -d SECONDS between refreshes (2), -n COUNT: so many and no
// more, -b: one under the other instead of on one screen. Keys: q leaves, p sorts by CPU time,
// m by memory, the space bar refreshes.

#include "command.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <tasks/tasks.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>

#include "system.h"

struct row {
    zx_koid_t koid;
    zx_duration_t time;  // CPU time so far
    zx_duration_t spent; // of it since the last sample
    uint64_t memory;     // bytes of its own
    unsigned threads;
    char name[ZX_MAX_NAME_LEN];
};

struct sample {
    zx_time_t when;
    zx_duration_t idle; // of all CPUs together
    size_t cpus;
    struct row *row;
    size_t count, room;
    zx_info_kmem_stats_t memory;
};

static zx_handle_t root_job, root_resource;
static bool by_memory;

static bool add_row(void *context, const struct task *task)
{
    struct sample *sample = context;
    zx_info_task_stats_t memory = {0};

    if (task->kind == TASK_THREAD && sample->count != 0)
        sample->row[sample->count - 1].threads++;
    if (task->kind != TASK_PROCESS)
        return true;
    if (sample->count == sample->room) {
        sample->room = sample->room != 0 ? 2 * sample->room : 32;
        sample->row = command_grow(sample->row, sample->room * sizeof(sample->row[0]));
    }
    struct row *row = &sample->row[sample->count++];
    (void)zx_object_get_info(task->handle, ZX_INFO_TASK_STATS, &memory, sizeof(memory), NULL, NULL);
    *row = (struct row){
        .koid = task->koid,
        .time = tasks_cpu_time(task),
        .memory = memory.mem_private_bytes + memory.mem_scaled_shared_bytes,
    };
    tasks_name(task->handle, row->name);
    return true;
}

static int compare_koids(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    return (a->koid > b->koid) - (a->koid < b->koid);
}

static int compare_use(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    if (by_memory && a->memory != b->memory)
        return (a->memory < b->memory) - (a->memory > b->memory);
    if (a->spent != b->spent)
        return (a->spent < b->spent) - (a->spent > b->spent);
    return compare_koids(left, right);
}

// Takes a sample; rows are in order of their koids. `before` tells what was spent since.
static void take_sample(struct sample *sample, const struct sample *before)
{
    struct tasks_records cpus;

    sample->count = 0;
    sample->idle = 0;
    sample->when = zx_clock_get_monotonic();
    tasks_walk(root_job, add_row, sample);
    if (sample->count != 0)
        qsort(sample->row, sample->count, sizeof(sample->row[0]), compare_koids);
    for (size_t i = 0; i < sample->count; i++) {
        struct row *row = &sample->row[i];
        const struct row *old = before->count == 0
                                    ? NULL
                                    : bsearch(row, before->row, before->count, sizeof(*row),
                                              compare_koids);

        // A process whose busiest thread has ended meanwhile may seem to have got time back.
        row->spent = old == NULL ? row->time : row->time > old->time ? row->time - old->time : 0;
    }
    if (tasks_get_records(root_resource, ZX_INFO_CPU_STATS, sizeof(zx_info_cpu_stats_t), &cpus) ==
        ZX_OK) {
        const zx_info_cpu_stats_t *cpu = cpus.records;

        sample->cpus = cpus.count;
        for (size_t i = 0; i < cpus.count; i++)
            sample->idle += cpu[i].idle_time;
        tasks_free_records(&cpus);
    }
    (void)zx_object_get_info(root_resource, ZX_INFO_KMEM_STATS, &sample->memory,
                             sizeof(sample->memory), NULL, NULL);
}

static double percent(double part, double whole)
{
    double value = whole > 0 ? 100 * part / whole : 0;

    return value < 0 ? 0 : value;
}

static void print_head(const struct sample *now, const struct sample *before, const char *end)
{
    unsigned long long seconds = (unsigned long long)now->when / 1000000000;
    double elapsed = (double)(now->when - before->when) * (double)now->cpus;

    printf("up %llu:%02llu:%02llu, %zu CPUs, %.1f%% idle; memory %lluM free of %lluM%s\n",
           seconds / 3600, seconds / 60 % 60, seconds % 60, now->cpus,
           percent((double)(now->idle - before->idle), elapsed),
           (unsigned long long)now->memory.free_bytes >> 20,
           (unsigned long long)now->memory.total_bytes >> 20, end);
    printf("%8s %6s %12s %9s %7s  %s%s\n", "KOID", "CPU %", "CPU ms", "MEMORY", "THREADS", "NAME",
           end);
}

static void print_sample(struct sample *now, const struct sample *before, size_t rows,
                         const char *end)
{
    double elapsed = (double)(now->when - before->when);
    struct row *sorted = command_allocate(now->count * sizeof(*sorted));

    memcpy(sorted, now->row, now->count * sizeof(*sorted));
    if (now->count != 0)
        qsort(sorted, now->count, sizeof(*sorted), compare_use);
    print_head(now, before, end);
    for (size_t i = 0; i < now->count && i < rows; i++)
        printf("%8llu %6.1f %8llu.%03llu %8lluK %7u  %s%s\n", (unsigned long long)sorted[i].koid,
               percent((double)sorted[i].spent, elapsed),
               (unsigned long long)sorted[i].time / 1000000,
               (unsigned long long)sorted[i].time / 1000 % 1000,
               (unsigned long long)sorted[i].memory >> 10, sorted[i].threads, sorted[i].name, end);
    free(sorted);
}

// Waits for the next refresh or a key. False: leave.
static bool wait_for_key(int milliseconds, bool keys)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char key;

    if (poll(&input, keys ? 1 : 0, milliseconds) <= 0)
        return true;
    if (read(STDIN_FILENO, &key, 1) <= 0)
        return false;
    if (key == 'm' || key == 'p')
        by_memory = key == 'm';
    return key != 'q' && key != 3 && key != 4;
}

static size_t screen_rows(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 4)
        return 24;
    return size.ws_row;
}

// Shows samples until it is time to end; `count` 0: for ever.
static void run(bool batch, bool keys, int milliseconds, uint64_t count)
{
    struct sample samples[2] = {0};
    unsigned now = 0;

    for (uint64_t shown = 0; count == 0 || shown < count; shown++, now ^= 1) {
        if (shown != 0 && !wait_for_key(milliseconds, keys))
            break;
        take_sample(&samples[now], &samples[now ^ 1]);
        if (batch) {
            print_sample(&samples[now], &samples[now ^ 1], SIZE_MAX, "");
        } else {
            // Home, each line erased to its end, then everything below.
            fputs("\033[H", stdout);
            print_sample(&samples[now], &samples[now ^ 1], screen_rows() - 3, "\033[K");
            fputs("\033[J", stdout);
        }
        if (fflush(stdout) != 0)
            break;
    }
    free(samples[0].row);
    free(samples[1].row);
}

int main(int argc, char **argv)
{
    bool batch = !isatty(STDOUT_FILENO);
    double seconds = 2;
    uint64_t count = 0;
    struct termios saved, raw;
    int option;

    command_start(argv, "[-b] [-d SECONDS] [-n COUNT]");
    while ((option = getopt(argc, argv, "bd:n:")) != -1) {
        char *end;

        if (option == 'b') {
            batch = true;
        } else if (option == 'd') {
            seconds = strtod(optarg, &end);
            if (*end != '\0' || !(seconds >= 0.1 && seconds <= 3600))
                return command_usage();
        } else if (option != 'n' || !command_number(optarg, &count)) {
            return command_usage();
        }
    }
    root_job = system_get_root_job();
    root_resource = system_get_root_resource();
    if (optind < argc || root_job == ZX_HANDLE_INVALID || root_resource == ZX_HANDLE_INVALID)
        return optind < argc ? command_usage() : command_end();
    bool keys = !batch && tcgetattr(STDIN_FILENO, &saved) == 0;
    if (keys) {
        raw = saved;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    run(batch, keys, (int)(seconds * 1000), count);
    if (keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    return command_end();
}
