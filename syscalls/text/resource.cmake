# SPDX-License-Identifier: MIT
# Texts about resources and drivers' memory. See ../reference.cmake for the words.
family_title("Resources, physical memory, DMA, firmware")

describe(resource_create
    IS "Create a resource, a token for something privileged"
    ARGS "parent_rsrc: of kind ROOT."
         "base: of the range, for the kinds that have one. Otherwise 0."
         "size: of the range. Otherwise 0."
         "name: 31 bytes at most are taken. NULL with a `name_size` of 0 is fine."
    OPTIONS "ZX_RSRC_KIND_MMIO: physical addresses, for `zx_vmo_create_physical`."
            "ZX_RSRC_KIND_IRQ: interrupt vectors, for `zx_interrupt_create`."
            "ZX_RSRC_KIND_IOPORT: ports of PCs. Not on ARM64."
            "ZX_RSRC_KIND_HYPERVISOR: for `zx_guest_create`. No range."
            "ZX_RSRC_KIND_ROOT: everything. No range."
            "ZX_RSRC_KIND_VMEX: for `zx_vmo_replace_as_executable`. No range."
            "ZX_RSRC_KIND_SMC: service numbers, for `zx_smc_call`."
            "ZX_RSRC_FLAG_EXCLUSIVE: besides a kind: nobody else can have a part of the range."
    ERRORS "@parent_rsrc"
           "ACCESS_DENIED: the parent is not of kind ROOT."
           "INVALID_ARGS: an unknown kind or flag."
           "INVALID_ARGS: `name` cannot be read."
           "INVALID_ARGS: a range for a kind that has none."
           "INVALID_ARGS: an empty range, or one that overflows."
           "BAD_STATE: the machine has nothing of this kind."
           "NOT_FOUND: the machine has no such range, or an exclusive resource is in the way, or the new one is to be \
exclusive and any is in the way. What the kernel uses itself (`zx_vmo_create_physical`) is in the way of all."
           "@memory" "@out"
    COST "1" "handle_table resource_live handle_table" "O(log live resources with a range)"
    SEE vmo_create_physical interrupt_create)

describe(ioports_request
    IS "Ask for I/O ports of a PC"
    ERRORS "NOT_SUPPORTED: always, on ARM64."
    SEE resource_create)

describe(vmo_create_contiguous
    IS "Create a VMO of physically contiguous memory"
    DOES "Committed, zeroed, and pinned for good. Its size cannot change."
    ARGS "alignment_log2: 12 to 63, or 0 for 12."
    ERRORS "INVALID_ARGS: `size` is 0, or a bad `alignment_log2`."
           "@bti"
           "OUT_OF_RANGE: `size` is too large."
           "NO_MEMORY: there is no such run of free pages."
           "@out"
    COST "2" "handle_table handle_table" "O(pages)"
    SEE vmo_create bti_pin)

describe(vmo_create_physical
    IS "Create a VMO of given physical addresses"
    DOES "For registers of devices. It can be mapped, and nothing else: uncached at first, see \
`zx_vmo_set_cache_policy`."
    ARGS "resource: of kind MMIO that covers the range, or ROOT." "size: rounded up to pages."
    ERRORS "@resource"
           "OUT_OF_RANGE: the resource does not cover the range, or `size` is 0."
           "INVALID_ARGS: `paddr` is not aligned to pages, `size` is 0 or the range overflows."
           "ACCESS_DENIED: the kernel keeps some of the pages to itself, for good: registers of the interrupt \
controller, and words through which firmware starts CPUs."
           "UNAVAILABLE: some are those of the console's device, which the kernel has now: `zx_interrupt_create` hands \
it over."
           "@memory" "@out"
    COST "1" "handle_table handle_table" "O(1)"
    SEE resource_create vmo_set_cache_policy)

describe(iommu_create
    IS "Create an object for an IOMMU"
    ARGS "desc: of `type`." "desc_size: at most `ZX_IOMMU_MAX_DESC_LEN`."
    OPTIONS "ZX_IOMMU_TYPE_DUMMY: none: devices see physical addresses. One byte of description."
            "ZX_IOMMU_TYPE_INTEL: not supported."
    ERRORS "@resource"
           "INVALID_ARGS: `desc_size` is wrong, or `desc` cannot be read."
           "NOT_SUPPORTED: another `type`."
           "@memory" "@out"
    COST "1" "handle_table handle_table" "O(1)"
    SEE bti_create)

describe(bti_create
    IS "Create a BTI, a device's way to memory"
    ARGS "options: must be 0." "bti_id: which device. The dummy IOMMU accepts any."
    ERRORS "INVALID_ARGS: `options` is not 0."
           "@iommu"
           "INVALID_ARGS: the IOMMU refuses `bti_id`."
           "@memory" "@out"
    COST "1" "handle_table handle_table" "O(1)"
    SEE iommu_create bti_pin)

describe(bti_pin
    IS "Pin memory for a device and tell its addresses"
    DOES "Commits the range and keeps its pages where they are until `zx_pmt_unpin`. Pins nest, up to 31 of a page."
    ARGS "addrs: one for each page, or as COMPRESS and CONTIGUOUS say."
         "addrs_count: exactly as many as there are."
    OPTIONS "ZX_BTI_PERM_READ: the device reads. Needs READ on `vmo`."
            "ZX_BTI_PERM_WRITE: the device writes. Needs WRITE on `vmo`."
            "ZX_BTI_PERM_EXECUTE: the device executes. Needs READ on `vmo`."
            "ZX_BTI_COMPRESS: one address for each minimum_contiguity bytes."
            "ZX_BTI_CONTIGUOUS: one address in all, for a contiguous or physical VMO."
    ERRORS "@handle"
           "INVALID_ARGS: `offset` or `size` is not aligned to pages."
           "@vmo"
           "ACCESS_DENIED: `vmo` lacks the right for a PERM bit."
           "INVALID_ARGS: COMPRESS with CONTIGUOUS, CONTIGUOUS for a VMO that is not, or an unknown bit."
           "NO_MEMORY: `addrs_count` is absurd."
           "INVALID_ARGS: `size` is 0."
           "OUT_OF_RANGE: the range goes over the end."
           "NOT_SUPPORTED: a pager serves `vmo`."
           "NO_MEMORY: there is not enough memory."
           "UNAVAILABLE: a page is pinned 31 times."
           "BAD_STATE: the BTI was closed meanwhile."
           "INVALID_ARGS: no PERM bit, a wrong `addrs_count`, or an output cannot be written."
    COST "1" "handle_table handle_table vmo_tree vmo_tree vmo_tree object vmo_tree handle_table" "O(pages)"
    SEE pmt_unpin bti_release_quarantine)

describe(bti_release_quarantine
    IS "Unpin what was left pinned"
    DOES "Memory whose PMT was closed without `zx_pmt_unpin` stays pinned, since the device may still use it. \
A driver calls this when it has reset its device."
    ERRORS "@handle"
    COST "0" "handle_table object vmo_tree object" "O(pages in quarantine)"
    SEE bti_pin pmt_unpin)

describe(pmt_unpin
    IS "Unpin memory"
    ERRORS "@handle"
    HANDLES "`handle` is consumed, also if it is not a PMT."
    COST "0" "handle_table vmo_tree" "O(pages)"
    SEE bti_pin)

describe(smc_call
    IS "Call the secure firmware"
    ARGS "handle: of kind SMC that covers the service in the function's number, or ROOT."
    ERRORS "INVALID_ARGS: a pointer is NULL, or `parameters` cannot be read."
           "@handle"
           "OUT_OF_RANGE: the resource does not cover the service."
           "NOT_SUPPORTED: there is no such firmware."
           "INVALID_ARGS: `out_smc_result` cannot be written."
    COST "0" "handle_table" "O(1), and the firmware's own time"
    SEE resource_create)

describe(pc_firmware_tables
    IS "Tell where a PC's firmware tables are"
    ERRORS "@handle" "NOT_SUPPORTED: always, on ARM64."
    SEE framebuffer_get_info)

describe(framebuffer_get_info
    IS "Tell about the frame buffer of a PC's firmware"
    ERRORS "@resource" "NOT_SUPPORTED: always, on ARM64."
    SEE framebuffer_set_range)

describe(framebuffer_set_range
    IS "Give the kernel's console a frame buffer"
    ARGS "vmo: 0 takes it away." "len: not looked at."
    ERRORS "@resource"
           "BAD_HANDLE: `vmo` is neither 0 nor a handle of the caller."
           "WRONG_TYPE: `vmo` is not a VMO."
           "NOT_SUPPORTED: `vmo` is a VMO: the console is the serial one."
    SEE framebuffer_get_info)
