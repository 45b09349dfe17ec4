// SPDX-License-Identifier: MIT
//
// bin/mon, the rescue monitor: the smallest thing that makes a running kernel useful. It needs no
// libc, no services and no drivers, only the handles that userboot passes on, and stays in the tree
// for the days when nothing else comes up.
//
// Two ways to be used: at the prompt; or, when the environment has `jacinth.cmd`, by a machine, whose
// commands are run and whose answer is one line with the last one's status (minilib/session.h).
//
// Nothing that is typed may end the monitor; it waits for the next line for ever.

#include "mon.h"

#include <crt/crt.h>
#include <launch/launch.h>
#include <minilib/console.h>
#include <minilib/session.h>
#include <minilib/string.h>
#include <minilib/text.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#define LINE_SIZE   512u
#define SCRIPT_SIZE 4096u // a command line has no more

struct mon mon;

static void take_handles(void)
{
    mon.root = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0));
    mon.vdso = zx_take_startup_handle(PA_HND(PA_VMO_VDSO, 0));
    mon.bootfs = zx_take_startup_handle(PA_HND(PA_VMO_BOOTFS, 0));
    mon.job = zx_job_default();
    if (mon.bootfs == ZX_HANDLE_INVALID ||
        launch_map_file(zx_vmar_root_self(), mon.bootfs, &mon.archive, &mon.archive_size) !=
            ZX_OK) {
        mon.archive = NULL;
        mon.archive_size = 0;
    }
}

static void greet(void)
{
    char version[64];
    uint32_t cpus = zx_system_get_num_cpus();

    if (zx_system_get_version(version, sizeof(version)) != ZX_OK) {
        version[0] = '\0';
    }
    console_printf("\nJacinth %s, %u CPU%s, %lu MiB. This is the rescue monitor: `help` lists what "
                   "it can do.\n",
                   version, cpus, cpus == 1 ? "" : "s", zx_system_get_physmem() >> 20);
}

// Runs the commands of the environment. Returns their status.
static int run_script(const char *hex)
{
    static char script[SCRIPT_SIZE];
    size_t size = text_decode_hex(hex, script, sizeof(script) - 1);

    if (size == SIZE_MAX) {
        console_printf("mon: %s is not a row of hexadecimal bytes\n", SESSION_COMMANDS_KEY);
        return STATUS_USAGE;
    }
    script[size] = '\0';
    return commands_run(script);
}

int main(int argc, char **argv, char **envp)
{
    static char line[LINE_SIZE];
    const char *script = environment_get(SESSION_COMMANDS_KEY);
    const char *nonce = environment_get(SESSION_NONCE_KEY);

    (void)argc, (void)argv, (void)envp;
    take_handles();
    if (script != NULL) {
        mon.nonce = nonce != NULL ? nonce : "";
        session_end(mon.nonce, run_script(script), mon.root);
    }
    greet();
    input_start();
    for (;;) {
        console_fresh_line();
        console_printf("jacinth> ");
        input_line(line, sizeof(line));
        commands_run(line);
    }
}
