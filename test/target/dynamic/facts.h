// SPDX-License-Identifier: MIT
//
// What the test's dynamic linker found out, for the program to judge: a variable that libgreet.so
// exports, found by the linker by its name and filled in before the program starts.

#ifndef FACTS_H
#define FACTS_H

#include <stdint.h>
#include <zircon/types.h>

#define FACTS_MAX_HANDLES 8
#define FACTS_TEXT        64

struct linker_facts {
    // The linker's message.
    uint32_t handle_count;
    uint32_t info[FACTS_MAX_HANDLES];
    uint32_t arg_count, environ_count, name_count;
    char first_environ[FACTS_TEXT];
    char executable_name[FACTS_TEXT]; // of the VMO

    uintptr_t linker_base; // of the linker's own image
    uintptr_t stack;       // an address in the stack that it started on

    // What the loader service answered.
    zx_status_t missing;         // LOAD_OBJECT of what is not there
    zx_status_t parent;          // LOAD_OBJECT of ../bin/mon
    zx_status_t exclusive;       // LOAD_OBJECT of the library under CONFIG none!
    zx_status_t fallback;        // the same under CONFIG none
    char variant[FACTS_TEXT];    // name of the VMO under CONFIG variant
    zx_status_t bad_config;      // CONFIG ../etc
    zx_status_t script;          // LOAD_SCRIPT_INTERPRETER of /boot/bin/hello
    zx_status_t relative_script; // the same of bin/hello
    zx_status_t clone;
    zx_status_t malformed; // a request with one byte too many
    zx_status_t unknown;   // ordinal 99
    zx_status_t debug;     // DEBUG_LOAD_CONFIG
    zx_status_t done;      // of waiting for the service to close the channel after DONE
};

#endif
