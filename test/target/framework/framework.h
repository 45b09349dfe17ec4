// SPDX-License-Identifier: MIT
//
// Between the files of the test framework.

#ifndef TEST_TARGET_FRAMEWORK_H
#define TEST_TARGET_FRAMEWORK_H

// The argument before the name of a CHILD.
#define CHILD_OPTION "--child"

// Takes the handles that starting children needs.
void test_children_init(void);

// Runs CHILD(name) and returns its result.
int test_child_main(const char *name);

#endif
