# SPDX-License-Identifier: MIT
# Resources, physical memory, DMA, firmware. See ../table.cmake for the words.

syscall(resource_create
    ARGS "parent_rsrc handle RESOURCE:ROOT WRITE"
         "options uint32_t"
         "base uint64_t"
         "size size_t"
         "name in char[name_size]"
         "name_size size_t"
         "resource_out out handle")

syscall(ioports_request
    ARGS "resource handle RESOURCE:IOPORT"
         "io_addr uint16_t"
         "len uint32_t"
    RIGHTS "x86 only"
    MARK X)

syscall(vmo_create_contiguous
    ARGS "bti handle BTI MAP"
         "size size_t"
         "alignment_log2 uint32_t"
         "out out handle")

syscall(vmo_create_physical
    ARGS "resource handle RESOURCE:MMIO"
         "paddr zx_paddr_t"
         "size size_t"
         "out out handle"
    RIGHTS "the resource covers the range")

syscall(iommu_create
    ARGS "resource handle RESOURCE:ROOT"
         "type uint32_t"
         "desc in void[desc_size]"
         "desc_size size_t"
         "out out handle")

syscall(bti_create
    ARGS "iommu handle IOMMU"
         "options uint32_t"
         "bti_id uint64_t"
         "out out handle")

syscall(bti_pin
    ARGS "handle handle BTI MAP"
         "options uint32_t"
         "vmo handle VMO MAP"
         "offset uint64_t"
         "size uint64_t"
         "addrs out zx_paddr_t[addrs_count]"
         "addrs_count size_t"
         "pmt out handle"
    RIGHTS "vmo: READ and WRITE as the PERM bits ask")

syscall(bti_release_quarantine
    ARGS "handle handle BTI WRITE")

syscall(pmt_unpin
    ARGS "handle handle consumed PMT")

syscall(smc_call
    ARGS "handle handle RESOURCE:SMC"
         "parameters in zx_smc_parameters_t"
         "out_smc_result out zx_smc_result_t"
    RIGHTS "the resource covers the service"
    MARK A)

syscall(pc_firmware_tables
    ARGS "handle handle RESOURCE:ROOT"
         "acpi_rsdp out zx_paddr_t"
         "smbios out zx_paddr_t"
    MARK X)

syscall(framebuffer_get_info
    ARGS "resource handle RESOURCE:ROOT"
         "format out uint32_t"
         "width out uint32_t"
         "height out uint32_t"
         "stride out uint32_t"
    MARK X)

syscall(framebuffer_set_range
    ARGS "resource handle RESOURCE:ROOT"
         "vmo handle VMO"
         "len uint32_t"
         "format uint32_t"
         "width uint32_t"
         "height uint32_t"
         "stride uint32_t"
    MARK X)
