// SPDX-License-Identifier: MIT
//
// Forward declarations of the structs that system calls take by pointer, so that
// <zircon/syscalls.h> need not pull in every header that defines one.
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

typedef struct zx_port_packet zx_port_packet_t;                 // <zircon/syscalls/port.h>
typedef struct zx_profile_info zx_profile_info_t;               // <zircon/syscalls/profile.h>
typedef struct zx_system_powerctl_arg zx_system_powerctl_arg_t; // <zircon/syscalls/system.h>
typedef struct zx_smc_parameters zx_smc_parameters_t;           // <zircon/syscalls/smc.h>
typedef struct zx_smc_result zx_smc_result_t;                   // <zircon/syscalls/smc.h>
typedef struct zx_pci_bar zx_pci_bar_t;                         // <zircon/syscalls/pci.h>
typedef struct zx_pcie_device_info zx_pcie_device_info_t;       // <zircon/syscalls/pci.h>
typedef struct zx_pci_init_arg zx_pci_init_arg_t;               // <zircon/syscalls/pci.h>

__END_CDECLS
