// SPDX-License-Identifier: MIT
// What the kernel command line decides for the object layer (spec 31 section 10); read once at boot.
#pragma once

#include <hal/types.h>

struct settings {
    bool aslr;              // not aslr.disable
    bool bypass_debuglog;   // kernel.bypass-debuglog: log lines go to the console at once
    bool quiet;             // kernel.quiet: none goes there once the first process starts
    bool serial;            // not kernel.serial=none
    bool set_priority;      // not thread.set.priority.disable
    bool soft_ticks;        // vdso.soft_ticks
};

extern struct settings settings;

// Reads the options out of the command line.
void settings_init(const char *cmdline);
