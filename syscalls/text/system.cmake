# SPDX-License-Identifier: MIT
# Texts about the machine. See ../reference.cmake for the words.
family_title("System information and caches")

describe(system_get_dcache_line_size
    IS "Tell the size of a data cache line"
    RETURNS "Bytes."
    SEE cache_flush)

describe(system_get_num_cpus
    IS "Tell the number of CPUs"
    RETURNS "The number of CPUs that the system can have online. Does not change after boot."
    SEE system_get_physmem)

describe(system_get_version
    IS "Tell which kernel this is"
    DOES "Stores 64 bytes: a text, padded with zeros."
    ARGS "version_size: at least 64."
    ERRORS "BUFFER_TOO_SMALL: `version_size` is below 64."
    NOTES "A bad pointer faults in the caller."
    SEE system_get_features)

describe(system_get_physmem
    IS "Tell the size of memory"
    RETURNS "Bytes of RAM that the kernel manages."
    SEE system_get_num_cpus)

describe(system_get_features
    IS "Tell what the CPU can do"
    ARGS "features: `ZX_HAS_CPU_FEATURES` and the bits ZX_ARM64_FEATURE_ISA_... of zircon/features.h."
    OPTIONS "ZX_FEATURE_KIND_CPU: the only `kind` there is."
    ERRORS "NOT_SUPPORTED: another `kind`."
    NOTES "A bad pointer faults in the caller."
    SEE system_get_version)

describe(cache_flush
    IS "Clean caches for memory of the caller"
    DOES "For memory that a device reads or writes, or into which code was written. Read-only mappings are \
fine. `options` is 1, 2, 3, 6 or 7."
    OPTIONS "ZX_CACHE_FLUSH_INSN: instructions are fetched anew."
            "ZX_CACHE_FLUSH_DATA: data is written back to memory."
            "ZX_CACHE_FLUSH_INVALIDATE: with DATA: lines are also dropped."
    ERRORS "INVALID_ARGS: `options` is none of the five."
    NOTES "A bad address faults in the caller."
    SEE vmo_op_range)
