// SPDX-License-Identifier: MIT
// Private to platform/host: the machine and its virtual CPUs.
//
// This layer is compiled without ThreadSanitizer instrumentation (CMakeLists.txt): in deterministic
// mode TSan sees virtual CPUs as threads that nothing orders, and must not see the laboratory's own
// bookkeeping. Where the machine orders things for the kernel (an IPI, starting a CPU), it says so
// with host_tsan_release/acquire.
#pragma once

#include <hal/cpu.h>
#include <hal/thread.h>
#include <hal/time.h>
#include <hal/types.h>
#include <host/machine.h>
#include <pthread.h>

#define HOST_TLB_SIZE 64u
#define HOST_IRQ_COUNT 64u

// Virtual interrupts of one CPU: bits of vcpu.pending. The timer is pending by its deadline.
#define VIRQ_IPI(n) (1u << (n))
#define VIRQ_DEVICE (1u << 8)
#define VIRQ_CONSOLE (1u << 9)
#define VIRQ_TIMER (1u << 10) // only as an answer of vcpu_due

#define NO_DEADLINE INT64_MAX

struct tlb_entry {
    uint64_t asid; // 0 = empty
    vaddr_t page;
    paddr_t pa;
    unsigned prot;
};

struct vcpu {
    unsigned num;
    struct hal_thread *current;
    bool irqs_on;
    bool started;
    bool late;                     // its next start comes after it was given up
    bool stuck;                    // firmware refuses to stop it: what is stopped still runs
    atomic_bool stopped;           // by hal_cpu_stop(); parallel mode writes it under idle_lock
    atomic_bool idle;
    atomic_uint pending;           // VIRQ_*
    _Atomic int64_t deadline;      // of its timer, ns; NO_DEADLINE = not set
    struct host_aspace *aspace;    // NULL = none active
    struct tlb_entry tlb[HOST_TLB_SIZE];
    // Deterministic mode.
    uint64_t frozen_until;         // step before which it is passed over
    // Parallel mode.
    struct host_fiber root;        // the pthread's own stack
    pthread_t pthread;
    uint64_t rng;
};

struct machine {
    struct host_config config;
    bool running;
    bool reporting;                // a failure report is being written: points do nothing
    atomic_int outcome;            // enum host_outcome
    struct vcpu cpus[MAX_CPUS];
    struct hal_thread boot_thread; // context of the boot CPU until the kernel adopts it
    void (*boot)(void *arg);
    void *boot_arg;
    // Deterministic mode.
    struct host_fiber root;
    uint64_t step;
    uint64_t hash;
    uint64_t rng;
    int64_t now;                   // virtual ns
    unsigned switch_shift;         // switch with probability 1/2^shift
    int64_t step_ns;               // largest time step at a point
    uint64_t spin_streak;          // relax calls since anything else happened
    // Parallel mode.
    pthread_mutex_t idle_lock;
    pthread_cond_t idle_cond;
    atomic_int idle_count;
    _Atomic int64_t time_offset;   // ns by which time jumped ahead of the host's clock
};

extern struct machine host;

enum point { POINT_PREEMPT, POINT_IRQ_ON, POINT_RELAX, POINT_USER, POINT_IDLE };

// The virtual CPU that runs this code. Never keep the result over a point or a switch.
struct vcpu *host_vcpu(void);
void host_set_vcpu(struct vcpu *v);

uint64_t host_mix(uint64_t *state); // splitmix64

// Interrupts of v that could be taken now (VIRQ_*).
unsigned vcpu_due(const struct vcpu *v);
// Takes one of the interrupts in `due`; interrupts were on and are on again at return, when the
// thread may run on another CPU.
void vcpu_take(unsigned virq, bool from_user);
void vcpu_wake(struct vcpu *v); // something became pending

// Fibers.
void host_fiber_init(struct host_fiber *f, void *stack, size_t size, void (*start)(void));
void host_fiber_adopt_current(struct host_fiber *f);
// `ordered`: what `from` did happens before what `to` does (same CPU); false between virtual CPUs.
void host_fiber_switch(struct host_fiber *from, struct host_fiber *to, bool ordered,
                       bool from_dies);
void host_fiber_entered(void); // first thing on a new fiber
// Orders all that `f` did before what follows on `self`, which runs. For ThreadSanitizer only.
void host_fiber_join(struct host_fiber *f, struct host_fiber *self);
void host_fiber_destroy(struct host_fiber *f);
void host_thread_start(void);  // start routine of every kernel thread's fiber
void host_unpoison(void *p, size_t size);
void host_tsan_acquire(void *p);
void host_tsan_release(void *p);

void host_thread_list_reset(void);
void host_thread_adopt(struct hal_thread *t, struct hal_thread *old);

// Modes. Points are called with a run on and on one of its CPUs.
void det_run(void);
void det_point(enum point kind);
void det_relax(void);
void det_idle(void);
void det_stop(void);
NO_RETURN void det_finish(void);
void par_run(void);
void par_point(enum point kind);
void par_relax(void);
void par_idle(void);
void par_stop_cpu(void);
void par_restart_cpu(struct vcpu *v);
void par_wake(struct vcpu *v);
zx_status_t par_start_cpu(struct vcpu *v);
NO_RETURN void par_finish(void);
NO_RETURN void par_stop(void); // once another CPU has ended the run
int64_t par_now(void);

// Interrupt sources.
void host_irq_dispatch(void);
bool host_irq_any(void);
void host_console_dispatch(void);
void host_console_reset(void);
void host_irq_reset(void);

// Memory.
void host_ram_init(size_t bytes);
bool host_alloc_fails(void);

void host_mmu_reset(void);
void host_user_reset(void);
void host_check_pointer(const void *p, const char *what); // stops if it looks like a program's

// Fake MMU, for user copies and user accesses. One access inside one page.
enum mmu_result { MMU_OK, MMU_MISS, MMU_DENIED };
enum mmu_result host_mmu_access(vaddr_t va, void *buf, size_t len, unsigned access, bool to_user);
// Copies like user code: single words in one access, and unseen by ThreadSanitizer (what programs
// race about is theirs).
void host_copy_user(volatile char *dst, const volatile char *src, size_t len);
zx_status_t host_user_access(vaddr_t va, void *buf, size_t len, unsigned access, bool to_user,
                             bool from_user);
extern atomic_size_t host_kstacks, host_aspaces, host_mappings;
