// SPDX-License-Identifier: MIT
// System calls on the machine's power (spec 31 section 3).
#include "sys_priv.h"

#include <debug/crashlog.h>
#include <debug/log.h>
#include <hal/console.h>
#include <object/log_object.h>
#include <sched/cpu.h>
#include <zircon/syscalls/system.h>

// Ends the machine by `end`, so that the next boot finds no word of a reset. Returns only if the platform
// cannot: then the log is kept for the next boot as before.
static zx_status_t end_in_order(zx_status_t (*end)(void))
{
    log_flush_sync();
    crashlog_forget();
    zx_status_t status = end();
    crashlog_follow();
    log_keep(crashlog_tail);
    return status;
}

zx_status_t sys_system_powerctl(zx_handle_t resource, uint32_t cmd,
                                user_in_zx_system_powerctl_arg_t arg)
{
    zx_system_powerctl_arg_t ignored;
    zx_status_t status = sys_check_root(resource);
    if (status != ZX_OK)
        return status;
    switch (cmd) {
    case ZX_SYSTEM_POWERCTL_ENABLE_ALL_CPUS: return sched_cpus_up();
    case ZX_SYSTEM_POWERCTL_DISABLE_ALL_CPUS_BUT_PRIMARY: return sched_cpus_down();
    case ZX_SYSTEM_POWERCTL_ACPI_TRANSITION_S_STATE:
    case ZX_SYSTEM_POWERCTL_X86_SET_PKG_PL1:
        status = user_read_one(&ignored, arg);
        return status == ZX_OK ? ZX_ERR_NOT_SUPPORTED : status;
    case ZX_SYSTEM_POWERCTL_REBOOT:
    case ZX_SYSTEM_POWERCTL_REBOOT_BOOTLOADER:
    case ZX_SYSTEM_POWERCTL_REBOOT_RECOVERY:
        return end_in_order(hal_power_reboot);
    case ZX_SYSTEM_POWERCTL_SHUTDOWN: return end_in_order(hal_power_off);
    default: return ZX_ERR_INVALID_ARGS;
    }
}
