// SPDX-License-Identifier: MIT
// Boot options of the object layer (object/settings.h).
#include <object/settings.h>

#include <lib/cmdline.h>
#include <lib/string.h>

struct settings settings = { .aslr = true, .serial = true, .set_priority = true };

void settings_init(const char *cmdline)
{
    char serial[16];
    settings.aslr = !cmdline_bool(cmdline, "aslr.disable", false);
    settings.set_priority = !cmdline_bool(cmdline, "thread.set.priority.disable", false);
    settings.soft_ticks = cmdline_bool(cmdline, "vdso.soft_ticks", false);
    settings.bypass_debuglog = cmdline_bool(cmdline, "kernel.bypass-debuglog", false);
    settings.quiet = cmdline_bool(cmdline, "kernel.quiet", false);
    (void)cmdline_str(cmdline, "kernel.serial", serial, sizeof(serial), "");
    settings.serial = strcmp(serial, "none") != 0;
}
