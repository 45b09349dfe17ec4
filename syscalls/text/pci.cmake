# SPDX-License-Identifier: MIT
# Texts about PCI. See ../reference.cmake for the words.
family_title("PCI")

describe(pci_get_nth_device
    IS "Get a handle to a PCI device"
    ERRORS "@handle" "INVALID_ARGS: `out_info` is NULL." "OUT_OF_RANGE: there is no such device."
           "BAD_STATE: there is no bus driver."
    SEE pci_init)

describe(pci_enable_bus_master
    IS "Let a PCI device start transfers, or not"
    ERRORS "@handle"
    SEE pci_get_nth_device)

describe(pci_reset_device
    IS "Reset a PCI device"
    ERRORS "@handle" "NOT_SUPPORTED: the device cannot."
    SEE pci_get_nth_device)

describe(pci_config_read
    IS "Read configuration space of a PCI device"
    ARGS "width: 1, 2 or 4."
    ERRORS "@handle" "INVALID_ARGS: a bad `width` or `offset`, or `out_val` cannot be written."
    SEE pci_config_write)

describe(pci_config_write
    IS "Write configuration space of a PCI device"
    ARGS "width: 1, 2 or 4." "offset: not in the standard header, the first 64 bytes."
    ERRORS "@handle" "INVALID_ARGS: a bad `width` or `offset`."
    SEE pci_config_read)

describe(pci_cfg_pio_rw
    IS "Access PCI configuration space through ports of a PC"
    ERRORS "NOT_SUPPORTED: always, on ARM64."
    SEE pci_config_read)

describe(pci_get_bar
    IS "Get a region of memory or ports of a PCI device"
    ARGS "bar_num: 0 to 5." "out_handle: a VMO, for memory only."
    ERRORS "INVALID_ARGS: `handle` is 0, `out_bar` is NULL or `bar_num` is above 5."
           "@handle" "NOT_FOUND: the device has no such region." "@memory" "@out"
    SEE pci_get_nth_device)

describe(pci_map_interrupt
    IS "Get an interrupt of a PCI device"
    ERRORS "@handle" "INVALID_ARGS: `which_irq` is none of those allocated." "@memory" "@out"
    SEE pci_set_irq_mode interrupt_wait)

describe(pci_query_irq_mode
    IS "Ask how many interrupts a PCI device can have in a mode"
    OPTIONS "ZX_PCIE_IRQ_MODE_DISABLED: none."
            "ZX_PCIE_IRQ_MODE_LEGACY: 1, if it has a pin."
            "ZX_PCIE_IRQ_MODE_MSI: by messages."
            "ZX_PCIE_IRQ_MODE_MSI_X: not supported."
    ERRORS "@handle" "INVALID_ARGS: unknown `mode`." "NOT_SUPPORTED: the device cannot."
           "BAD_STATE: the device is gone."
    SEE pci_set_irq_mode)

describe(pci_set_irq_mode
    IS "Choose the kind and number of interrupts of a PCI device"
    ERRORS "@handle" "INVALID_ARGS: unknown `mode`, or a `requested_irq_count` of 0."
           "NOT_SUPPORTED: the device cannot." "BAD_STATE: the device is gone."
    SEE pci_query_irq_mode pci_map_interrupt)

describe(pci_init
    IS "Describe the PCI bus to the kernel and have it looked through"
    DOES "Without a PCIe driver in the kernel nothing is looked at, and the result is `ZX_OK`."
    ERRORS "@handle" "INVALID_ARGS: a bad description." "BAD_STATE: there is no bus driver."
    SEE pci_add_subtract_io_range)

describe(pci_add_subtract_io_range
    IS "Say which addresses the PCI bus may give to devices"
    ERRORS "@handle" "BAD_STATE: there is no bus driver."
    SEE pci_init)
