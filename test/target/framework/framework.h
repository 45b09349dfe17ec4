// SPDX-License-Identifier: MIT
//
// Between the files of the test framework.

#ifndef TEST_TARGET_FRAMEWORK_H
#define TEST_TARGET_FRAMEWORK_H

#include <zircon/types.h>

// The argument before the name of a CHILD.
#define CHILD_OPTION "--child"

// Takes the handles that starting children needs. `argument`: the program's first, or NULL.
void test_children_init(const char *argument);

// The same in a child: those that test_child_start_in() gave it.
void test_children_inherit(void);

// The program's own file, as launch() takes it. On failure *out_reason is a few words, and *out 0 or as it was.
zx_status_t test_program_open(const char *argument, zx_handle_t *out, const char **out_reason);

// Runs CHILD(name) and returns its result.
int test_child_main(const char *name);

#endif
