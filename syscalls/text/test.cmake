# SPDX-License-Identifier: MIT
# Texts about calls for tests. See ../reference.cmake for the words.
family_title("Calls for tests")

describe(syscall_test_0
    IS "Add up nothing, for a test of the way into the kernel"
    RETURNS "0."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_1
    IS "Add up an argument, for a test of the way into the kernel"
    RETURNS "The argument."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_2
    IS "Add up 2 arguments, for a test of the way into the kernel"
    RETURNS "The sum."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_3
    IS "Add up 3 arguments, for a test of the way into the kernel"
    RETURNS "The sum."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_4
    IS "Add up 4 arguments, for a test of the way into the kernel"
    RETURNS "The sum."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_5
    IS "Add up 5 arguments, for a test of the way into the kernel"
    RETURNS "The sum."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_6
    IS "Add up 6 arguments, for a test of the way into the kernel"
    RETURNS "The sum."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_7
    IS "Add up 7 arguments, for a test of the way into the kernel"
    RETURNS "The sum."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_8
    IS "Add up 8 arguments, for a test of the way into the kernel"
    RETURNS "The sum."
    COST "0" "" "O(1)"
    SEE syscall_test_wrapper)

describe(syscall_test_wrapper
    IS "Add up three arguments, with checks on both sides in the vDSO"
    RETURNS "The sum."
    ERRORS "INVALID_ARGS: an argument is negative."
           "OUT_OF_RANGE: the sum is above 50."
    COST "0" "" "O(1)"
    SEE syscall_test_3)
