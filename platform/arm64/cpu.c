// SPDX-License-Identifier: MIT
// What each CPU sets up for itself, what CPUs can do, and stopping one.
//
// Interface: arm64_priv.h, parts of <hal/cpu.h> and <hal/console.h>. Locks: none.
#include <arm64/sysreg.h>
#include <hal/console.h>
#include <hal/cpu.h>
#include <lib/string.h>
#include <zircon/features.h>

#include "arm64_priv.h"

bool arm64_have_pan;

#define PMCR_E         (1u << 0) // counters on
#define PMCNTEN_CYCLES (1u << 31)
#define PMUSERENR_CR   (1u << 2) // EL0 may read the cycle counter

// The cycle counter runs and may be read in user mode (spec 31 section 1), if there is one.
static void cycle_counter_init(void)
{
    unsigned version = id_field(sysreg_read(id_aa64dfr0_el1), 8);
    if (version == 0 || version == 0xf)
        return;
    sysreg_write(pmcr_el0, sysreg_read(pmcr_el0) | PMCR_E);
    sysreg_write(pmcntenset_el0, PMCNTEN_CYCLES);
    sysreg_write(pmuserenr_el0, PMUSERENR_CR);
}

void arm64_cpu_init(void)
{
    sysreg_write(vbar_el1, (uintptr_t)arm64_vectors);
    sysreg_write(cpacr_el1, 0); // FP traps
    sysreg_write(tpidr_el0, 0);
    sysreg_write(tpidrro_el0, 0);
    sysreg_write(mdscr_el1, ARM64_MDSCR_IDLE);
    sysreg_write(oslar_el1, 0);
    sysreg_write(contextidr_el1, 0);
    cycle_counter_init();
    if (id_field(sysreg_read(id_aa64mmfr1_el1), 20) != 0) {
        arm64_have_pan = true;
        __asm__ volatile(".inst 0xd500419f" ::: "memory"); // msr pan, #1
    }
    isb();                                            // vectors and traps are in force
    __asm__ volatile("msr daifclr, #4" ::: "memory"); // SError is taken from here on
}

// One row of ID register field -> ZX_ARM64_FEATURE_ISA_* (spec 31 section 1).
struct feature {
    uint8_t shift, at_least;
    uint32_t bit;
};

uint32_t hal_cpu_features(void)
{
    static const struct feature isar0[] = {
        {4, 1, ZX_ARM64_FEATURE_ISA_AES},    {4, 2, ZX_ARM64_FEATURE_ISA_PMULL},
        {8, 1, ZX_ARM64_FEATURE_ISA_SHA1},   {12, 1, ZX_ARM64_FEATURE_ISA_SHA2},
        {16, 1, ZX_ARM64_FEATURE_ISA_CRC32}, {20, 1, ZX_ARM64_FEATURE_ISA_ATOMICS},
        {28, 1, ZX_ARM64_FEATURE_ISA_RDM},   {32, 1, ZX_ARM64_FEATURE_ISA_SHA3},
        {36, 1, ZX_ARM64_FEATURE_ISA_SM3},   {40, 1, ZX_ARM64_FEATURE_ISA_SM4},
        {44, 1, ZX_ARM64_FEATURE_ISA_DP},
    };
    uint64_t pfr0 = sysreg_read(id_aa64pfr0_el1);
    uint64_t isa = sysreg_read(id_aa64isar0_el1);
    uint32_t features = ZX_HAS_CPU_FEATURES;

    if (id_field(pfr0, 16) != 0xf)
        features |= ZX_ARM64_FEATURE_ISA_FP;
    if (id_field(pfr0, 20) != 0xf)
        features |= ZX_ARM64_FEATURE_ISA_ASIMD;
    for (unsigned i = 0; i < countof(isar0); i++) {
        if (id_field(isa, isar0[i].shift) >= isar0[i].at_least)
            features |= isar0[i].bit;
    }
    if (id_field(sysreg_read(id_aa64isar1_el1), 0) >= 1)
        features |= ZX_ARM64_FEATURE_ISA_DPB;
    return features;
}

// Up to eight bytes from RNDR; false if the generator has none just now.
static bool random_word(uint64_t *out)
{
    uint64_t ok;
    __asm__ volatile("mrs %0, s3_3_c2_c4_0\n\tcset %1, ne" : "=r"(*out), "=r"(ok)::"cc");
    return ok != 0;
}

size_t hal_entropy(void *buf, size_t len)
{
    size_t done = 0;

    if (id_field(sysreg_read(id_aa64isar0_el1), 60) == 0)
        return 0;
    for (unsigned tries = 0; done < len && tries < 1000; tries++) {
        uint64_t word;
        if (!random_word(&word))
            continue;
        size_t step = MIN(len - done, sizeof(word));
        memcpy((char *)buf + done, &word, step);
        done += step;
    }
    return done;
}

void hal_cpu_halt(void)
{
    __asm__ volatile("msr daifset, #0xf" ::: "memory");
    sysreg_write(cntv_ctl_el0, 0); // a pending timer would end every wait at once
    isb();
    for (;;)
        __asm__ volatile("wfi" ::: "memory");
}
