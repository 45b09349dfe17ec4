# SPDX-License-Identifier: MIT
# PCI. See ../table.cmake for the words.

syscall(pci_get_nth_device
    ARGS "handle handle RESOURCE:ROOT"
         "index uint32_t"
         "out_info out zx_pcie_device_info_t"
         "out_handle out handle"
    MARK P)

syscall(pci_enable_bus_master
    ARGS "handle handle PCI_DEVICE WRITE"
         "enable bool"
    MARK P)

syscall(pci_reset_device
    ARGS "handle handle PCI_DEVICE WRITE"
    MARK P)

syscall(pci_config_read
    ARGS "handle handle PCI_DEVICE READ WRITE"
         "offset uint16_t"
         "width size_t"
         "out_val out uint32_t"
    MARK P)

syscall(pci_config_write
    ARGS "handle handle PCI_DEVICE READ WRITE"
         "offset uint16_t"
         "width size_t"
         "val uint32_t"
    MARK P)

syscall(pci_cfg_pio_rw
    ARGS "handle handle RESOURCE:ROOT"
         "bus uint8_t"
         "dev uint8_t"
         "func uint8_t"
         "offset uint8_t"
         "val inout uint32_t"
         "width size_t"
         "write bool"
    MARK X)

syscall(pci_get_bar
    ARGS "handle handle PCI_DEVICE READ WRITE"
         "bar_num uint32_t"
         "out_bar out zx_pci_bar_t"
         "out_handle out handle"
    MARK P)

syscall(pci_map_interrupt
    ARGS "handle handle PCI_DEVICE READ"
         "which_irq int32_t"
         "out_handle out handle"
    MARK P)

syscall(pci_query_irq_mode
    ARGS "handle handle PCI_DEVICE READ"
         "mode uint32_t"
         "out_max_irqs out uint32_t"
    MARK P)

syscall(pci_set_irq_mode
    ARGS "handle handle PCI_DEVICE WRITE"
         "mode uint32_t"
         "requested_irq_count uint32_t"
    MARK P)

syscall(pci_init
    ARGS "handle handle RESOURCE:ROOT"
         "init_buf in zx_pci_init_arg_t"
         "len uint32_t"
    MARK P)

syscall(pci_add_subtract_io_range
    ARGS "handle handle RESOURCE:ROOT"
         "mmio bool"
         "base uint64_t"
         "len uint64_t"
         "add bool"
    MARK P)
