// SPDX-License-Identifier: MIT
//
// test/last: the first program, and the last. Kills the root job, and with it the whole of user mode
// (last.py).

#include <zircon/process.h>
#include <zircon/syscalls.h>

int main(void)
{
    (void)zx_task_kill(zx_job_default());
    return 1; // nobody is there any more who would see it
}
