// SPDX-License-Identifier: MIT
// System registers of ARMv8-A: access macros, the bits that the kernel uses, and syndrome fields.
// Included from C and from assembly (there only the numbers). Names are those of the ARM ARM.
#pragma once

#ifdef __ASSEMBLER__
#define SYSREG_FIELD(value, shift) ((value) << (shift))
#else
#define SYSREG_FIELD(value, shift) ((uint64_t)(value) << (shift))
#endif
#define SYSREG_BIT(n) SYSREG_FIELD(1, n)

// MDSCR_EL1 when nothing is debugged: no debug events; TDCC, so that EL0 cannot reach the debug
// channel.
#define ARM64_MDSCR_IDLE SYSREG_BIT(12)

// SCTLR_EL1
#define SCTLR_M      SYSREG_BIT(0)  // MMU
#define SCTLR_C      SYSREG_BIT(2)  // data cache
#define SCTLR_SA     SYSREG_BIT(3)  // SP alignment check at EL1
#define SCTLR_SA0    SYSREG_BIT(4)  // and at EL0
#define SCTLR_EOS    SYSREG_BIT(11) // exception return synchronises (RES1 without FEAT_ExS)
#define SCTLR_I      SYSREG_BIT(12) // instruction cache
#define SCTLR_DZE    SYSREG_BIT(14) // EL0 may DC ZVA
#define SCTLR_UCT    SYSREG_BIT(15) // EL0 may read CTR_EL0
#define SCTLR_NTWI   SYSREG_BIT(16) // EL0 may WFI
#define SCTLR_NTWE   SYSREG_BIT(18) // EL0 may WFE
#define SCTLR_TSCXT  SYSREG_BIT(20) // RES1 without FEAT_CSV2_2
#define SCTLR_EIS    SYSREG_BIT(22) // exception entry synchronises (RES1 without FEAT_ExS)
#define SCTLR_SPAN   SYSREG_BIT(23) // 0: PSTATE.PAN is set on entry to EL1
#define SCTLR_UCI    SYSREG_BIT(26) // EL0 may maintain caches by address
#define SCTLR_NTLSMD SYSREG_BIT(28) // RES1 without FEAT_LSMAOC
#define SCTLR_LSMAOE SYSREG_BIT(29) // the same
#define SCTLR_RES1   (SCTLR_EOS | SCTLR_TSCXT | SCTLR_EIS | SCTLR_NTLSMD | SCTLR_LSMAOE)
// With the MMU off, and as the kernel runs. SPAN is RES1 where there is no PAN, and set there.
#define SCTLR_OFF (SCTLR_RES1 | SCTLR_SPAN | SCTLR_I)
#define SCTLR_ON                                                                                \
    (SCTLR_RES1 | SCTLR_SPAN | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA | SCTLR_SA0 | SCTLR_DZE | \
     SCTLR_UCT | SCTLR_NTWI | SCTLR_NTWE | SCTLR_UCI)
// SCTLR_EL2 before it is left: RES1 bits only.
#define SCTLR_EL2_OFF 0x30c50830

// TCR_EL1
#define TCR_T0SZ_48 SYSREG_FIELD(16, 0)
#define TCR_WBWA_IS_0 \
    (SYSREG_BIT(8) | SYSREG_BIT(10) | SYSREG_FIELD(3, 12)) // walks: write-back, inner shareable
#define TCR_T1SZ_48   SYSREG_FIELD(16, 16)
#define TCR_WBWA_IS_1 (SYSREG_BIT(24) | SYSREG_BIT(26) | SYSREG_FIELD(3, 28))
#define TCR_TG1_4K    SYSREG_FIELD(2, 30)
#define TCR_IPS_SHIFT 32
#define TCR_AS        SYSREG_BIT(36) // 16-bit ASIDs

// HCR_EL2
#define HCR_RW      SYSREG_BIT(31)      // EL1 is AArch64
#define HCR_APK_API SYSREG_FIELD(3, 40) // pointer authentication is not trapped
#define HCR_E2H_BIT 34

// PSTATE as SPSR_EL1 holds it
#define PSTATE_EL0T 0x0
#define PSTATE_EL1H 0x5
#define PSTATE_MODE 0xf
#define PSTATE_F    SYSREG_BIT(6)
#define PSTATE_I    SYSREG_BIT(7)
#define PSTATE_A    SYSREG_BIT(8)
#define PSTATE_D    SYSREG_BIT(9)
#define PSTATE_DAIF (PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F)
#define PSTATE_SS   SYSREG_BIT(21) // software step: one instruction is due
#define PSTATE_PAN  SYSREG_BIT(22)
#define PSTATE_NZCV 0xf0000000

// CPACR_EL1.FPEN: 3 = FP and SIMD are not trapped
#define CPACR_FPEN SYSREG_FIELD(3, 20)

// CNTKCTL_EL1: EL0 may read the virtual counter and its frequency
#define CNTKCTL_EL0VCTEN SYSREG_BIT(1)

// ESR_EL1
#define ESR_EC_SHIFT     26
#define ESR_EC(esr)      (((esr) >> ESR_EC_SHIFT) & 0x3f)
#define ESR_ISS(esr)     ((esr)&0x1ffffff)
#define ESR_EC_UNKNOWN   0x00
#define ESR_EC_WFX       0x01
#define ESR_EC_FP        0x07
#define ESR_EC_ILLEGAL   0x0e
#define ESR_EC_SVC64     0x15
#define ESR_EC_SYS64     0x18
#define ESR_EC_SVE       0x19
#define ESR_EC_IABT_LOW  0x20
#define ESR_EC_IABT      0x21
#define ESR_EC_PC_ALIGN  0x22
#define ESR_EC_DABT_LOW  0x24
#define ESR_EC_DABT      0x25
#define ESR_EC_SP_ALIGN  0x26
#define ESR_EC_FP64      0x2c
#define ESR_EC_SERROR    0x2f
#define ESR_EC_BKPT_LOW  0x30
#define ESR_EC_BKPT      0x31
#define ESR_EC_STEP_LOW  0x32
#define ESR_EC_STEP      0x33
#define ESR_EC_WATCH_LOW 0x34
#define ESR_EC_WATCH     0x35
#define ESR_EC_BKPT32    0x38
#define ESR_EC_BRK       0x3c
#define ESR_WNR          SYSREG_BIT(6)
#define ESR_CM           SYSREG_BIT(8)
#define ESR_FSC(esr)     ((esr)&0x3f)
#define ESR_FSC_ALIGN    0x21
// The whole syndrome of `svc #0` from AArch64 (EC, IL).
#define ESR_SVC0 0x56000000

#ifndef __ASSEMBLER__

#include <stdint.h>

#define sysreg_read(name)                                                   \
    ({                                                                      \
        uint64_t sysreg_value_;                                             \
        __asm__ volatile("mrs %0, " #name : "=r"(sysreg_value_)::"memory"); \
        sysreg_value_;                                                      \
    })
#define sysreg_write(name, value) \
    __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

#define isb()     __asm__ volatile("isb" ::: "memory")
#define dsb(kind) __asm__ volatile("dsb " #kind ::: "memory")
#define dmb(kind) __asm__ volatile("dmb " #kind ::: "memory")

// A field of an ID register, four bits wide.
#define id_field(reg, shift) ((unsigned)((reg) >> (shift)) & 0xf)

#endif
