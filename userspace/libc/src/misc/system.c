// SPDX-License-Identifier: MIT
//
// The machine and its limits, as far as programs ask.

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "sys_calls.h"

#include <zircon/syscalls.h>

#define DESCRIPTORS_MAX 1024u
#define STACK_DEFAULT   (256u * 1024)

long __sys_uname(long out)
{
    struct utsname *names = (struct utsname *)out;

    memset(names, 0, sizeof(*names));
    strlcpy(names->sysname, "Jacinth", sizeof(names->sysname));
    strlcpy(names->nodename, "jacinth", sizeof(names->nodename));
    (void)zx_system_get_version(names->release, sizeof(names->release));
    strlcpy(names->version, "#1", sizeof(names->version));
    strlcpy(names->machine, "aarch64", sizeof(names->machine));
    return 0;
}

long __sys_sched_yield(void)
{
    return zx_nanosleep(0) == ZX_OK ? 0 : -EINTR;
}

// A bit for each CPU. Which of them a thread may run on is not asked here.
long __sys_sched_getaffinity(long thread, long size, long out)
{
    uint32_t count = zx_system_get_num_cpus();
    unsigned char *bits = (unsigned char *)out;

    (void)thread;
    if ((size_t)size * 8 < count) {
        return -EINVAL;
    }
    memset(bits, 0, (size_t)size);
    for (uint32_t cpu = 0; cpu < count; cpu++) {
        bits[cpu / 8] |= (unsigned char)(1u << cpu % 8);
    }
    return (long)size;
}

// What is free is told to holders of the root resource only.
long __sys_sysinfo(long out)
{
    struct sysinfo *info = (struct sysinfo *)out;

    *info = (struct sysinfo){
        .uptime = (unsigned long)(zx_clock_get_monotonic() / ZX_SEC(1)),
        .totalram = zx_system_get_physmem(),
        .mem_unit = 1,
    };
    return 0;
}

// Limits are what the library itself has; they cannot be changed.
long __sys_prlimit64(long process, long resource, long new_limit, long old_limit)
{
    struct rlimit *limit = (struct rlimit *)old_limit;
    rlim_t value = RLIM_INFINITY;

    if (process != 0 && process != __sys_getpid()) {
        return -ENOSYS;
    }
    if (resource < 0 || resource >= RLIMIT_NLIMITS) {
        return -EINVAL;
    }
    if (new_limit != 0) {
        return -EPERM;
    }
    if (resource == RLIMIT_NOFILE) {
        value = DESCRIPTORS_MAX;
    } else if (resource == RLIMIT_STACK) {
        value = STACK_DEFAULT;
    } else if (resource == RLIMIT_CORE) {
        value = 0;
    }
    if (limit != NULL) {
        *limit = (struct rlimit){.rlim_cur = value, .rlim_max = value};
    }
    return 0;
}
