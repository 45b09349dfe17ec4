// SPDX-License-Identifier: MIT
//
// What runtime.c's threads run.

#ifndef TEST_LIBC_RUNTIME_ENTRIES_H
#define TEST_LIBC_RUNTIME_ENTRIES_H

#include <runtime/thread.h>

struct report {
    int value;
    uintptr_t frame;
    void *pointer; // the thread pointer
};

// Adds one to the value and reports where it runs.
void entry_report(void *report);
// Sets its thread pointer to the report and reports what it reads then.
void entry_set_pointer(void *report);

struct unmapping {
    zxr_thread_t thread;
    uintptr_t stack;
    size_t size;
    zx_handle_t vmar;
    zx_futex_t go;
};

// Maps a stack for it. False: no memory.
bool unmapping_prepare(struct unmapping *u);
void unmapping_let_go(struct unmapping *u);
// Waits until it may go on and ends by zxr_thread_exit_unmap_if_detached().
void entry_unmap(void *unmapping);

#endif
