// SPDX-License-Identifier: MIT
//
// How it ends. A machine that gave commands (`scripts/run --cmd`: jacinth.cmd and jacinth.nonce on the
// kernel's command line) waits for the line `[[NONCE]] status N` on the serial line, which nothing else
// can print since nothing else knows the nonce, and for the machine to be switched off.

#include "svc.h"

#include <stdio.h>
#include <string.h>

#include <protocol/system.h>
#include <zircon/errors.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/system.h>

// Exit statuses that a shell gives, too: of what was killed, and of what cannot be run.
#define STATUS_KILLED     137
#define STATUS_IMPOSSIBLE 126

// What is reported of a return code: an exit status, or that it was killed.
static int status_of(int64_t return_code)
{
    return return_code < 0 ? STATUS_KILLED : (int)(return_code & 0xff);
}

static void report(int status)
{
    char line[200];
    int size = snprintf(line, sizeof(line), "[[%.128s]] status %d\n", svc.nonce, status);

    // One call for the whole line, so that nothing comes between its parts.
    (void)zx_debug_write(line, (size_t)size);
}

static void switch_off(uint32_t command)
{
    zx_status_t status = zx_system_powerctl(svc.root_resource, command, NULL);

    say("cannot power off: %s", zx_status_get_string(status));
}

static void end_with(int status)
{
    services_end(); // first: nobody shall take the report and not show it
    report(status);
    switch_off(ZX_SYSTEM_POWERCTL_SHUTDOWN);
}

void session_over(int64_t return_code)
{
    end_with(status_of(return_code));
}

void session_impossible(const char *name)
{
    static bool known;

    if (known) {
        return;
    }
    known = true;
    if (svc.commands != NULL) {
        say("no session without %s", name);
        end_with(STATUS_IMPOSSIBLE);
        return;
    }
    // The monitor reads the serial line by itself.
    if (service_provider(MANIFEST_TERMINAL_DIRECTORY) != NULL) {
        (void)service_stop(service_provider(MANIFEST_TERMINAL_DIRECTORY));
    }
    say("no session without %s: %s", name,
        start_rescue() ? "the rescue monitor takes over" : "and there is no rescue monitor");
}

void power(uint32_t action)
{
    services_end();
    if (svc.commands != NULL) {
        report(0);
    }
    switch_off(action == SYSTEM_REBOOT ? ZX_SYSTEM_POWERCTL_REBOOT : ZX_SYSTEM_POWERCTL_SHUTDOWN);
}
