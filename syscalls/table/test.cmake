# SPDX-License-Identifier: MIT
# Test calls. See ../table.cmake for the words.

syscall(syscall_test_0
    MARK T)

syscall(syscall_test_1
    ARGS "a int"
    ATTRS test-cat-1
    MARK T)

syscall(syscall_test_2
    ARGS "a int"
         "b int"
    ATTRS test-cat-1
    MARK T)

syscall(syscall_test_3
    ARGS "a int"
         "b int"
         "c int"
    ATTRS test-cat-2
    MARK T)

syscall(syscall_test_4
    ARGS "a int"
         "b int"
         "c int"
         "d int"
    MARK T)

syscall(syscall_test_5
    ARGS "a int"
         "b int"
         "c int"
         "d int"
         "e int"
    MARK T)

syscall(syscall_test_6
    ARGS "a int"
         "b int"
         "c int"
         "d int"
         "e int"
         "f int"
    MARK T)

syscall(syscall_test_7
    ARGS "a int"
         "b int"
         "c int"
         "d int"
         "e int"
         "f int"
         "g int"
    MARK T)

syscall(syscall_test_8
    ARGS "a int"
         "b int"
         "c int"
         "d int"
         "e int"
         "f int"
         "g int"
         "h int"
    MARK T)

syscall(syscall_test_wrapper
    ARGS "a int"
         "b int"
         "c int"
    ATTRS handwritten
    MARK T)
