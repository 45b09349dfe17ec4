// SPDX-License-Identifier: MIT
// Address-space identifiers, and running a CPU on an address space.
//
// An address space's `asid` word is the ASID in bits 63:48, where TTBR0 and TLBI want it, and the
// generation below; 0: none yet. When the ASIDs of a generation are
// used up the next one begins: ASIDs that CPUs are running on are kept, all others become free, and
// each CPU flushes its TLB before it first runs an address space of the new generation.
//
// Interface: hal_aspace_activate (<hal/mmu.h>). Locks: [A] asid_lock (rank IRQ_TABLE: taken with a
// run queue held, interrupts off).
// Invariants:
//   A1  ASID 0 is the empty table's; no address space has it;
//   A2  active[cpu] is what the CPU runs on, or 0 after a rollover has taken it over into
//       reserved[cpu]; the fast path changes it only from non-zero, by compare-and-swap, so a CPU
//       either keeps what the rollover saw or comes here;
//   A3  an ASID is given out twice only with a full flush on every CPU in between.
#include <arm64/sysreg.h>
#include <hal/boot.h>
#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/spinlock.h>
#include <lib/cmdline.h>
#include <lib/string.h>

#include "arm64_priv.h"
#include "kmap.h"

LOCK_CLASS(asid_lock_class, RANK_IRQ_TABLE, LOCK_SPIN_IRQ);
static struct spinlock asid_lock = SPINLOCK_INIT(asid_lock_class);

#define ASID_BITS_MAX 16u

#define WORD_ASID       0xffff000000000000ul
#define WORD_GENERATION (~WORD_ASID)

static unsigned asid_bits;                        // [I] after boot
static _Atomic uint64_t generation;               // [a] written under [A]; from 1
static uint64_t used[(1u << ASID_BITS_MAX) / 64]; // [A] ASIDs of this generation
static unsigned next_hint;                        // [A]
static _Atomic uint64_t active[MAX_CPUS];         // [a] see A2
static uint64_t reserved[MAX_CPUS];               // [A] kept over the last rollover
static uint32_t flush_pending;                    // [A] CPUs that must flush first

void arm64_asid_init(void)
{
    unsigned hardware = id_field(sysreg_read(id_aa64mmfr0_el1), 4) == 2 ? 16 : 8;
    // asid-bits=8 makes rollovers frequent, for tests.
    uint64_t wanted = cmdline_u64(boot_info.cmdline, "asid-bits", hardware);
    asid_bits = wanted >= 5 && wanted <= hardware ? (unsigned)wanted : hardware;
    atomic_store_explicit(&generation, 1, memory_order_relaxed);
    used[0] = 1; // A1
    next_hint = 1;
}

static uint64_t asid_of(uint64_t word)
{
    return word >> 48;
}

static bool mark_used(uint64_t asid)
{
    uint64_t bit = 1ul << (asid % 64);
    bool was = (used[asid / 64] & bit) != 0;
    used[asid / 64] |= bit;
    return was;
}

static void rollover_locked(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
    memset(used, 0, sizeof(used));
    used[0] = 1;
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        uint64_t word = atomic_exchange_explicit(&active[cpu], 0, memory_order_relaxed);
        if (word != 0)
            reserved[cpu] = word; // else it still runs on what the rollover before kept
        if (reserved[cpu] != 0)
            (void)mark_used(asid_of(reserved[cpu]));
    }
    flush_pending = ~0u;
    next_hint = 1;
}

// The first free ASID from next_hint on, marked as used; 0 if there is none.
static uint64_t take_free_locked(void)
{
    for (unsigned word = next_hint / 64; word < (1u << asid_bits) / 64 + 1; word++) {
        if (word >= countof(used) || used[word] == UINT64_MAX)
            continue;
        uint64_t asid = word * 64ul + (unsigned)__builtin_ctzl(~used[word]);
        if (asid >> asid_bits != 0)
            break;
        (void)mark_used(asid);
        next_hint = (unsigned)asid;
        return asid;
    }
    return 0;
}

// A word of the current generation for an address space whose old one is `old` (0: none).
static uint64_t new_word_locked(uint64_t old)
{
    uint64_t now = atomic_load_explicit(&generation, memory_order_relaxed);

    if (old != 0) {
        uint64_t same = now | (old & WORD_ASID);
        bool kept = false;
        for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
            if (reserved[cpu] == old) {
                reserved[cpu] = same;
                kept = true;
            }
        }
        if (kept || !mark_used(asid_of(old)))
            return same;
    }
    uint64_t asid = take_free_locked();
    if (asid == 0) {
        rollover_locked();
        asid = take_free_locked(); // more ASIDs than CPUs: there is one
        now = atomic_load_explicit(&generation, memory_order_relaxed);
    }
    return now | asid << 48;
}

static void ttbr_set(const struct hal_aspace *as, uint64_t word)
{
    sysreg_write(ttbr0_el1, hal_virt_to_phys(as->root) | (word & WORD_ASID));
    isb(); // the next user copy uses it
}

static NO_INLINE void activate_slow(struct hal_aspace *as, unsigned cpu)
{
    spin_lock_irqsoff(&asid_lock);
    uint64_t word = atomic_load_explicit(&as->asid, memory_order_relaxed);
    uint64_t now = atomic_load_explicit(&generation, memory_order_relaxed);
    if (((word ^ now) & WORD_GENERATION) != 0) {
        word = new_word_locked(word);
        atomic_store_explicit(&as->asid, word, memory_order_relaxed);
    }
    if (flush_pending & 1u << cpu) {
        flush_pending &= ~(1u << cpu);
        __asm__ volatile("tlbi vmalle1" ::: "memory");
        dsb(nsh);
    }
    atomic_store_explicit(&active[cpu], word, memory_order_relaxed);
    spin_unlock_irqsoff(&asid_lock);
    // The new ASID is visible before this CPU's walker reads the tables: an unmap that still saw
    // the old ASID has cleared its entries before we read them (partner: the DSB before a TLBI,
    // mmu_tables.c).
    dsb(ish);
    ttbr_set(as, word);
}

void hal_aspace_activate(struct hal_aspace *as)
{
    if (as == NULL) {
        sysreg_write(ttbr0_el1, arm64_empty_table_pa);
        isb(); // user addresses fault from here on
        return;
    }
    unsigned cpu = hal_cpu_num();
    uint64_t word = atomic_load_explicit(&as->asid, memory_order_relaxed);
    uint64_t was = atomic_load_explicit(&active[cpu], memory_order_relaxed);
    uint64_t now = atomic_load_explicit(&generation, memory_order_relaxed);
    if (likely(((word ^ now) & WORD_GENERATION) == 0 && was != 0 &&
               atomic_compare_exchange_strong_explicit(&active[cpu], &was, word,
                                                       memory_order_relaxed, memory_order_relaxed)))
        ttbr_set(as, word);
    else
        activate_slow(as, cpu);
}
