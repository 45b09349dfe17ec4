// SPDX-License-Identifier: MIT
// The laboratory's machine: N virtual CPUs that run the portable kernel inside one host process.
//
// Deterministic mode: every virtual CPU is a coroutine in the calling pthread. Time is virtual. A
// seeded generator decides at each preemption point (spin and mutex lock and unlock, interrupt
// restore, wake, user copy ...) how time moves, which virtual CPU goes on and whether a pending
// interrupt is taken. The same seed replays the same run: same steps, same trace hash.
//
// Parallel mode: every virtual CPU is a pthread; kernel threads are fibers that wander between
// them. Made for ThreadSanitizer. Time is real, but jumps ahead when every CPU idles.
#pragma once

#include <hal/thread.h>
#include <hal/types.h>

enum host_mode { HOST_DETERMINISTIC, HOST_PARALLEL };

enum host_outcome {
    HOST_RUNNING = 0,
    HOST_FINISHED,  // somebody called host_finish(HOST_FINISHED)
    HOST_POWER_OFF, // hal_power_off or hal_power_reboot
    HOST_NEXT,      // hal_next_enter
    HOST_PANIC,     // the kernel stopped itself (hal_cpu_halt)
    HOST_HANG,      // no CPU can run and no timer is set, or all of them only spin
    HOST_STEPS,     // the step limit was reached
    HOST_BROKEN,    // a rule of the HAL was broken; the report says which
};

struct hal_next;
// An Image of this machine starts with HOST_IMAGE. hal_next_enter() calls `fn`, if it is not NULL, with what
// the last hal_next_tree() was told and the kernel's first byte, before it ends the run.
#define HOST_IMAGE "host image"
void host_on_next(void (*fn)(const struct hal_next *next, const void *kernel));
// From now on hal_next_park() fails.
void host_refuse_park(void);
// From now on hal_next_tree() fails.
void host_refuse_next(void);

// From now on the machine can neither be switched off nor reset.
void host_refuse_power(void);
// The next hal_cpu_start() of that CPU says ZX_ERR_TIMED_OUT, and yet the CPU comes.
void host_start_late(unsigned cpu);
// From now on that CPU cannot be stopped: it hangs in hal_cpu_stop() for ever, and does not count as stopped.
void host_refuse_stop(unsigned cpu);

struct host_config {
    enum host_mode mode;
    uint64_t seed;
    unsigned cpus;       // 1..MAX_CPUS
    uint64_t max_steps;  // preemption points until HOST_STEPS; 0 = no limit
    size_t ram_bytes;    // multiple of 2 pages; 0 keeps the RAM as it is
    bool quiet;          // failures are expected: say nothing, keep the report only
    bool verbose;        // console output goes to stderr at once
};

// The defaults: deterministic, seed 1, 2 CPUs, 2 million steps, RAM kept.
extern const struct host_config host_config_default;

// Runs boot(arg) as the boot CPU's first thread until somebody ends the run. Must be called outside
// a run. Threads that still exist then are simply forgotten, so kernel state does not survive:
// callers that run more than once on the real kernel fork first (see lab_run).
enum host_outcome host_run(const struct host_config *config, void (*boot)(void *arg), void *arg);

// Ends the run; host_run returns `outcome`. From any thread of the machine.
NO_RETURN void host_finish(enum host_outcome outcome);

// Same after a failure: prints and keeps a report (virtual CPUs, the reporter's lines, console
// tail). Outside a run it aborts the process.
NO_RETURN void host_fail(enum host_outcome outcome, const char *fmt, ...) PRINTF_LIKE(2, 3);

// Restarts the generator in the middle of a run and zeroes steps and hash (deterministic mode):
// what follows is a function of the state and `seed`.
void host_reseed(uint64_t seed);

// Numbers about the current or the last run.
uint64_t host_trace_hash(void);
uint64_t host_step_count(void);
const char *host_report(void); // text of the last failure, "" if none
const char *host_outcome_name(enum host_outcome outcome);

// A function that adds lines about the kernel's threads to a failure report; uses host_print only.
void host_set_reporter(void (*fn)(void));
// Adds to the report being written. Only inside a reporter.
void host_print(const char *fmt, ...) PRINTF_LIKE(1, 2);
// Calls fn for every thread between hal_thread_init and hal_thread_destroy. Inside a reporter.
void host_for_each_thread(void (*fn)(const struct hal_thread *t));
// Adds the call chain of a thread that does not run to the report.
void host_print_backtrace(const struct hal_thread *t);
// Adds a chain of frames that begins at pc and frame pointer `frame`, on the stack [low, high).
void host_print_frames(uintptr_t pc, uintptr_t frame, uintptr_t low, uintptr_t high);

// Seeded number below `bound` for scenarios' own choices; replays with the run.
uint64_t host_random(uint64_t bound);

// Asked for every kernel stack and address space: true makes the allocation fail.
void host_set_alloc_hook(bool (*fail)(void));

// What the platform itself holds for the kernel now; all zero again when nothing leaks.
struct host_usage {
    size_t kstacks;  // handed out by hal_kstack_alloc
    size_t aspaces;  // hal_aspace_init without hal_aspace_destroy
    size_t mappings; // pages mapped in all address spaces
};
struct host_usage host_usage(void);

// Calls of hal_cache_sync_icache() so far.
size_t host_icache_syncs(void);

// True while all CPUs but this one idle with nothing pending.
bool host_others_idle(void);

// Device interrupts and console input, as if from outside. From inside a run or its scenario.
#define HOST_CONSOLE_IRQ 33u // the console's own
#define HOST_CONSOLE_REGISTERS 0x9000000u // a byte of them
void host_irq_raise(unsigned irq);               // an edge
void host_irq_level(unsigned irq, bool standing); // the level of a line, seen if it is level-triggered
bool host_irq_masked(unsigned irq);              // masked, or nobody's
unsigned host_irq_fires(unsigned irq);           // calls of handlers so far
struct hal_smc;
void host_set_firmware(void (*fn)(struct hal_smc *call)); // what answers; NULL: nobody, as at first
void host_console_input(const char *bytes, size_t len);
// Whether the kernel has all of it.
bool host_console_input_taken(void);
// The last bytes that the kernel wrote to the console, NUL-terminated.
const char *host_console_text(void);
// How often it has `s` by now, and where first (SIZE_MAX: nowhere).
unsigned host_console_count(const char *s);
size_t host_console_find(const char *s);
