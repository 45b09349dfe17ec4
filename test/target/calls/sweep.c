// SPDX-License-Identifier: MIT
//
// The sweeps over every system call (calls/sweeps.h) against the real MMU and the real vDSO. Each runs in
// a child process, for which the privileged handles are duplicated.

#include "machine.h"

#include <calls/fixture.h>
#include <calls/sweeps.h>
#include <testing/testing.h>

#include <zircon/process.h>
#include <zircon/rights.h>

static int sweep_all(void (*sweep)(const struct call_info *call))
{
    struct machine_order order;
    zx_handle_t handles[2];

    if (!machine_begin(&order, handles)) {
        return 1;
    }
    call_env.resource = handles[0];
    call_env.root_job = handles[1];
    fixtures_begin();
    for (size_t i = 0; i < call_count; i++) {
        if (fixture_possible(&call_table[i])) {
            sweep(&call_table[i]);
        }
    }
    fixtures_end();
    return 0;
}

CHILD(valid)
{
    return sweep_all(sweep_valid);
}

CHILD(pointers)
{
    return sweep_all(sweep_pointers);
}

CHILD(handles)
{
    return sweep_all(sweep_handles);
}

static void run(const char *name)
{
    struct machine_order order = {.foreign = test_root_resource()};
    struct test_child child;
    zx_handle_t handles[2];

    ASSERT_OK(zx_handle_duplicate(test_root_resource(), ZX_RIGHT_SAME_RIGHTS, &handles[0]));
    ASSERT_OK(zx_handle_duplicate(zx_job_default(), ZX_RIGHT_SAME_RIGHTS, &handles[1]));
    ASSERT_OK(test_child_start(name, &child));
    EXPECT_OK(machine_send(child.channel, &order, handles));
    EXPECT_EQ(test_child_finish(&child), 0);
}

TEST(every_call_works_when_its_arguments_are_valid)
{
    run("valid");
}

TEST(every_call_refuses_bad_pointers)
{
    run("pointers");
}

TEST(every_call_refuses_bad_handles)
{
    run("handles");
}
