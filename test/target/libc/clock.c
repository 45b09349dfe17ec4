// SPDX-License-Identifier: MIT
//
// Clocks, sleeping, calendar; and small questions about the machine and the process.

#define _GNU_SOURCE
#include <check/check.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;

    return clock_gettime(clock, &now) == 0 ? now.tv_sec * ZX_SEC(1) + now.tv_nsec : -1;
}

TEST(clocks_agree_with_the_systems)
{
    int64_t before = zx_clock_get_monotonic(), between = nanoseconds(CLOCK_MONOTONIC);
    int64_t after = zx_clock_get_monotonic();
    zx_time_t utc_before = 0, utc_after = 0;

    EXPECT_TRUE(before <= between && between <= after);
    EXPECT_EQ(zx_clock_get_new(ZX_CLOCK_UTC, &utc_before), ZX_OK);
    between = nanoseconds(CLOCK_REALTIME);
    EXPECT_EQ(zx_clock_get_new(ZX_CLOCK_UTC, &utc_after), ZX_OK);
    EXPECT_TRUE(utc_before <= between && between <= utc_after);
    EXPECT_TRUE(time(NULL) >= utc_before / ZX_SEC(1) && time(NULL) <= utc_after / ZX_SEC(1) + 60);
    EXPECT_ERRNO(clock_gettime(77, &(struct timespec){0}), EINVAL);
    struct timespec resolution;

    EXPECT_EQ(clock_getres(CLOCK_MONOTONIC, &resolution), 0);
    EXPECT_EQ(resolution.tv_nsec, 1);
}

TEST(processor_time_grows_with_work_and_not_with_sleep)
{
    int64_t thread = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    int64_t process = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    volatile unsigned sum = 0;

    for (unsigned i = 0; i < 3000000; i++) {
        sum += i;
    }
    int64_t worked = nanoseconds(CLOCK_THREAD_CPUTIME_ID);

    EXPECT_TRUE(worked > thread);
    EXPECT_TRUE(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) > process);
    EXPECT_EQ(usleep(500000), 0);
    EXPECT_TRUE(nanoseconds(CLOCK_THREAD_CPUTIME_ID) - worked < 400 * 1000000);
}

// Each counts in its own unit what CLOCK_PROCESS_CPUTIME_ID counts: looked at before and after it.
TEST(processor_time_is_the_same_in_all_units)
{
    const int64_t tick = ZX_SEC(1) / sysconf(_SC_CLK_TCK);
    struct rusage usage = {.ru_stime = {1, 1}};
    struct tms used = {.tms_stime = 1, .tms_cutime = 1, .tms_cstime = 1};

    while (nanoseconds(CLOCK_PROCESS_CPUTIME_ID) < 2 * tick) {}
    int64_t before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID), monotonic = zx_clock_get_monotonic();
    int64_t by_clock = clock(), by_times = times(&used);

    EXPECT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
    int64_t after = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    int64_t by_usage = usage.ru_utime.tv_sec * 1000000ll + usage.ru_utime.tv_usec;

    EXPECT_TRUE(before / 1000 <= by_clock && by_clock <= after / 1000);
    EXPECT_TRUE(before / tick <= used.tms_utime && used.tms_utime <= after / tick);
    EXPECT_TRUE(before / 1000 <= by_usage && by_usage <= after / 1000);
    EXPECT_EQ(used.tms_stime + used.tms_cutime + used.tms_cstime, 0);
    EXPECT_EQ(usage.ru_stime.tv_sec + usage.ru_stime.tv_usec, 0);
    // times() itself returns the time that has passed.
    EXPECT_TRUE(monotonic / tick <= by_times && by_times <= zx_clock_get_monotonic() / tick);
    EXPECT_ERRNO(getrusage(99, &usage), EINVAL);
}

TEST(sleeping)
{
    int64_t before = nanoseconds(CLOCK_MONOTONIC);

    EXPECT_EQ(nanosleep(&(struct timespec){.tv_nsec = 20 * 1000000}, NULL), 0);
    int64_t after = nanoseconds(CLOCK_MONOTONIC);

    EXPECT_TRUE(after - before >= 20 * 1000000);
    EXPECT_EQ(nanosleep(&(struct timespec){0}, NULL), 0);
    EXPECT_ERRNO(nanosleep(&(struct timespec){.tv_nsec = 1000000000}, NULL), EINVAL);
    EXPECT_ERRNO(nanosleep(&(struct timespec){.tv_nsec = -1}, NULL), EINVAL);
    struct timespec then;

    EXPECT_EQ(clock_gettime(CLOCK_REALTIME, &then), 0);
    then.tv_sec -= 100; // passed long ago
    EXPECT_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &then, NULL), 0);
    EXPECT_EQ(clock_gettime(CLOCK_REALTIME, &then), 0);
    then.tv_nsec += 10 * 1000000;
    if (then.tv_nsec >= 1000000000) {
        then.tv_nsec -= 1000000000;
        then.tv_sec++;
    }
    before = then.tv_sec * ZX_SEC(1) + then.tv_nsec;
    EXPECT_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &then, NULL), 0);
    EXPECT_TRUE(nanoseconds(CLOCK_REALTIME) >= before);
    EXPECT_EQ(clock_nanosleep(77, 0, &then, NULL), EINVAL);
    EXPECT_EQ(usleep(1), 0);
    EXPECT_EQ(sched_yield(), 0);
}

TEST(calendar)
{
    time_t when = 951827696; // a 29th of February
    struct tm fields;
    char text[64];

    ASSERT_TRUE(gmtime_r(&when, &fields) != NULL);
    EXPECT_TRUE(strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %a %j", &fields) != 0);
    EXPECT_STR(text, "2000-02-29 12:34:56 Tue 060");
    EXPECT_EQ(timegm(&fields), when);
    EXPECT_TRUE(strptime("1969-12-31", "%Y-%m-%d", &fields) != NULL);
    EXPECT_TRUE(localtime_r(&when, &fields) != NULL);
    EXPECT_EQ(mktime(&fields), when);
    EXPECT_EQ(difftime(5, 3), 2);
}

TEST(the_machine)
{
    struct utsname names;
    cpu_set_t cpus;
    struct sysinfo info;
    struct rlimit limit;

    EXPECT_EQ(uname(&names), 0);
    EXPECT_STR(names.sysname, "Jacinth");
    EXPECT_STR(names.machine, "aarch64");
    EXPECT_EQ(strncmp(names.release, "jacinth-", 8), 0);
    EXPECT_EQ(sysconf(_SC_NPROCESSORS_ONLN), zx_system_get_num_cpus());
    EXPECT_EQ(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
    EXPECT_EQ(CPU_COUNT(&cpus), zx_system_get_num_cpus());
    EXPECT_EQ(sysconf(_SC_PAGESIZE), 4096);
    EXPECT_EQ(sysinfo(&info), 0);
    EXPECT_EQ(info.totalram, zx_system_get_physmem());
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(limit.rlim_cur, 1024);
    EXPECT_EQ(sysconf(_SC_OPEN_MAX), 1024);
    EXPECT_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
    EXPECT_ERRNO(getrlimit(99, &limit), EINVAL);
}

TEST(the_process)
{
    zx_info_handle_basic_t info = {0};

    EXPECT_EQ(zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
                                 NULL),
              ZX_OK);
    EXPECT_EQ(getpid(), info.koid);
    EXPECT_EQ(getppid(), 0);
    EXPECT_TRUE(getuid() == 0 && geteuid() == 0 && getgid() == 0 && getegid() == 0);
}

TEST(randomness)
{
    static unsigned char one[1000], two[1000];
    unsigned seen[256] = {0}, different = 0;

    EXPECT_EQ(getrandom(one, sizeof(one), 0), sizeof(one));
    EXPECT_EQ(getrandom(two, sizeof(two), GRND_NONBLOCK), sizeof(two));
    EXPECT_TRUE(memcmp(one, two, sizeof(one)) != 0);
    for (size_t i = 0; i < sizeof(one); i++) {
        different += seen[one[i]]++ == 0;
    }
    EXPECT_TRUE(different > 200);
    EXPECT_ERRNO(getrandom(one, 1, 0x100), EINVAL);
    EXPECT_ERRNO(getentropy(one, 257), EIO);
}

// ---- signals, which are a table ----

static int caught, caught_info;

static void catch (int number)
{
    caught = number;
}

static void catch_info(int number, siginfo_t *info, void *unused)
{
    (void)unused;
    caught_info = number == info->si_signo ? number : -1;
}

TEST(raise_runs_the_handler)
{
    struct sigaction action = {.sa_sigaction = catch_info, .sa_flags = SA_SIGINFO | SA_RESETHAND};
    struct sigaction before;

    EXPECT_TRUE(signal(SIGUSR1, catch) == SIG_DFL);
    EXPECT_EQ(raise(SIGUSR1), 0);
    EXPECT_EQ(caught, SIGUSR1);
    EXPECT_EQ(sigaction(SIGUSR1, &action, &before), 0);
    EXPECT_TRUE(before.sa_handler == catch);
    EXPECT_EQ(kill(getpid(), SIGUSR1), 0);
    EXPECT_EQ(caught_info, SIGUSR1);
    EXPECT_EQ(sigaction(SIGUSR1, NULL, &before), 0);
    EXPECT_TRUE(before.sa_handler == SIG_DFL);
    EXPECT_EQ(raise(SIGCHLD), 0); // ignored by default
    EXPECT_ERRNO(sigaction(SIGKILL, &action, NULL), EINVAL);
    EXPECT_ERRNO(raise(1000), EINVAL);
    EXPECT_EQ(raise(0), 0);
}

TEST(blocked_signals_wait)
{
    sigset_t set, waiting;

    caught = 0;
    EXPECT_TRUE(signal(SIGUSR2, catch) != SIG_ERR);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    EXPECT_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    EXPECT_EQ(raise(SIGUSR2), 0);
    EXPECT_EQ(caught, 0);
    EXPECT_EQ(sigpending(&waiting), 0);
    EXPECT_EQ(sigismember(&waiting, SIGUSR2), 1);
    EXPECT_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
    EXPECT_EQ(caught, SIGUSR2);
    EXPECT_TRUE(signal(SIGUSR2, SIG_IGN) == catch);
    EXPECT_EQ(raise(SIGUSR2), 0);
}
