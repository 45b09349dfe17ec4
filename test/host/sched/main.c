// SPDX-License-Identifier: MIT
// Kernel threads: start and exit, wake against timeout, mutex exclusion and hand-over, timers.
#include <lab/lab.h>

#include <hal/time.h>
#include <sched/cpu.h>
#include <sched/mutex.h>
#include <sched/thread.h>
#include <sched/wait.h>

static void nothing(void *arg)
{
    (void)arg;
}

static void test_boot_and_exit_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 4; n++) {
        struct lab_config c = lab_config_make(__func__, nothing);
        c.cpus = n;
        c.kernel_thread = true;
        lab_run(&c);
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boot_and_exit_leaves_nothing),
    };

    return lab_main(argc, argv, tests, countof(tests));
}
