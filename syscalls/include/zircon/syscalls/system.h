// SPDX-License-Identifier: MIT
//
// Commands of zx_system_powerctl() (spec 31 section 3).
#pragma once

#include <zircon/syscalls/types.h>

__BEGIN_CDECLS

#define ZX_SYSTEM_POWERCTL_ENABLE_ALL_CPUS              ((uint32_t)1u)
#define ZX_SYSTEM_POWERCTL_DISABLE_ALL_CPUS_BUT_PRIMARY ((uint32_t)2u)
#define ZX_SYSTEM_POWERCTL_ACPI_TRANSITION_S_STATE      ((uint32_t)3u)
#define ZX_SYSTEM_POWERCTL_X86_SET_PKG_PL1              ((uint32_t)4u)
#define ZX_SYSTEM_POWERCTL_REBOOT                       ((uint32_t)5u)
#define ZX_SYSTEM_POWERCTL_REBOOT_BOOTLOADER            ((uint32_t)6u)
#define ZX_SYSTEM_POWERCTL_REBOOT_RECOVERY              ((uint32_t)7u)
#define ZX_SYSTEM_POWERCTL_SHUTDOWN                     ((uint32_t)8u)

// Read only for the two commands that its members are named after.
struct zx_system_powerctl_arg {
    union {
        struct {
            uint8_t target_s_state;
            uint8_t sleep_type_a;
            uint8_t sleep_type_b;
        } acpi_transition_s_state;
        struct {
            uint32_t power_limit; // mW
            uint32_t time_window; // us
            uint8_t clamp;
            uint8_t enable;
        } x86_power_limit;
    };
};

__ABI_SIZE(zx_system_powerctl_arg_t, 12);

__END_CDECLS
