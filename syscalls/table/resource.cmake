# SPDX-License-Identifier: MIT
# Resources, physical memory, DMA, firmware. See ../table.cmake for the words.

syscall(resource_create
    ARGS "parent_rsrc handle"
         "options uint32_t"
         "base uint64_t"
         "size size_t"
         "name in char[name_size]"
         "name_size size_t"
         "resource_out out handle"
    RIGHTS "ROOT-kind parent with WRITE")

syscall(ioports_request
    ARGS "resource handle"
         "io_addr uint16_t"
         "len uint32_t"
    RIGHTS "IOPORT resource (x86)"
    MARK X)

syscall(vmo_create_contiguous
    ARGS "bti handle"
         "size size_t"
         "alignment_log2 uint32_t"
         "out out handle"
    RIGHTS "bti: MAP")

syscall(vmo_create_physical
    ARGS "resource handle"
         "paddr zx_paddr_t"
         "size size_t"
         "out out handle"
    RIGHTS "MMIO resource covering the range")

syscall(iommu_create
    ARGS "resource handle"
         "type uint32_t"
         "desc in void[desc_size]"
         "desc_size size_t"
         "out out handle"
    RIGHTS "root resource")

syscall(bti_create
    ARGS "iommu handle"
         "options uint32_t"
         "bti_id uint64_t"
         "out out handle"
    RIGHTS "iommu: none")

syscall(bti_pin
    ARGS "handle handle"
         "options uint32_t"
         "vmo handle"
         "offset uint64_t"
         "size uint64_t"
         "addrs out zx_paddr_t[addrs_count]"
         "addrs_count size_t"
         "pmt out handle"
    RIGHTS "bti: MAP; vmo: MAP + READ/WRITE per PERM bits")

syscall(bti_release_quarantine
    ARGS "handle handle"
    RIGHTS "WRITE")

syscall(pmt_unpin
    ARGS "handle handle consumed"
    RIGHTS "none; handle always consumed")

syscall(smc_call
    ARGS "handle handle"
         "parameters in zx_smc_parameters_t"
         "out_smc_result out zx_smc_result_t"
    RIGHTS "SMC resource covering the service"
    MARK A)

syscall(pc_firmware_tables
    ARGS "handle handle"
         "acpi_rsdp out zx_paddr_t"
         "smbios out zx_paddr_t"
    RIGHTS "root resource"
    MARK X)

syscall(framebuffer_get_info
    ARGS "resource handle"
         "format out uint32_t"
         "width out uint32_t"
         "height out uint32_t"
         "stride out uint32_t"
    RIGHTS "root resource"
    MARK X)

syscall(framebuffer_set_range
    ARGS "resource handle"
         "vmo handle"
         "len uint32_t"
         "format uint32_t"
         "width uint32_t"
         "height uint32_t"
         "stride uint32_t"
    RIGHTS "root resource; vmo: none")
