// SPDX-License-Identifier: MIT
//
// bin/debug: what its files share. One process is debugged; its threads stop one at a time for us.

#ifndef DEBUG_DEBUG_H
#define DEBUG_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <inspect/inspect.h>
#include <zircon/syscalls/debug.h>
#include <zircon/types.h>

#define MAX_MAPS 512u

// The process, and the thread that stands still.
struct target {
    zx_handle_t process;
    zx_handle_t port; // bound as the process's debugger
    zx_koid_t koid;
    zx_koid_t own_code; // the VMO of its code, of which nobody else has any part; 0: there is none
    bool ended;

    // The thread that is stopped; ZX_HANDLE_INVALID: they all run.
    zx_handle_t thread;
    zx_koid_t thread_koid;
    zx_handle_t token;          // it is suspended; else it is in an exception
    zx_exception_report_t stop; // which one

    zx_info_maps_t maps[MAX_MAPS];
    size_t map_count;
    struct inspect_module modules[INSPECT_MAX_MODULES];
    size_t module_count;
};

extern struct target target;

// Starts argv[0] and stops its first thread before it runs. Complains and returns false if it cannot.
bool target_start(char **argv);

// Becomes the debugger of a running process, and stops its first thread.
bool target_attach(zx_koid_t koid);

// Lets the stopped thread go on, and waits until some thread stops or the process has ended, and says
// so. `pass_on`: an exception goes to whoever is asked next.
void target_go(bool pass_on);

// The stopped thread makes one instruction. False if something else happened.
bool target_step(void);

// Lets everything go: no breakpoints, no debugger.
void target_release(void);

// Registers of the stopped thread. Complains if there are none.
bool target_registers(zx_thread_state_general_regs_t *regs);

// Reads memory, without the breakpoints in it; for inspect, too.
bool target_read(void *context, zx_vaddr_t at, void *to, size_t size);

// Looks at the map and the modules anew.
void target_refresh(void);

// "0xADDRESS NAME+0xOFFSET" of an address; the text lasts until the next call.
const char *target_place(zx_vaddr_t address);

// ---- breakpoints (breakpoint.c) ----

// Puts one at an address: its number from 1, or 0 after a complaint.
unsigned breakpoint_add(zx_vaddr_t at);

// It is in a register of each thread, not in the code.
bool breakpoint_is_hardware(unsigned number);

// Tells the thread that has just stopped, and begins, of those in registers.
void breakpoint_thread_begins(void);

// The number of the one at an address, or 0.
unsigned breakpoint_at(zx_vaddr_t at);

// Puts the instructions that belong there into what was read from `begin` to `end`.
void breakpoint_hide(zx_vaddr_t begin, zx_vaddr_t end, uint8_t *bytes);

// Takes the code of one out for a moment (`in` false), and puts it in again.
void breakpoint_put(unsigned number, bool in);

// Takes all out.
void breakpoint_remove_all(void);

#endif
