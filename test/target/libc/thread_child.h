// SPDX-License-Identifier: MIT
//
// A second process of the same program, for what ends a process, and for what a process may not ask
// about itself.
//
//     CHILD(name) { ... }       in the child; returns its exit code
//     child_start("name", &p)   in a test; p: the process, the caller's handle

#ifndef TEST_LIBC_THREAD_CHILD_H
#define TEST_LIBC_THREAD_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

struct child_case {
    const char *name;
    int (*run)(void);
};

#define CHILD(child_name)                                                                          \
    static int child_##child_name(void);                                                           \
    static const struct child_case child_case_##child_name                                         \
        __attribute__((used, retain, section("child_cases"))) = {#child_name, child_##child_name}; \
    static int child_##child_name(void)

// Starts CHILD(name) out of the initrd. False, with a failure noted, if that does not work.
bool child_start(const char *name, zx_handle_t *out_process);

// Waits for its end, returns its exit code and closes the handle.
int64_t child_wait(zx_handle_t process);

#endif
