// SPDX-License-Identifier: MIT
//
// The calls about the machine that the vDSO answers from its constants, cache maintenance, and the
// random generator's loop. Pointers are the caller's: a bad one faults in the caller.

#include <zircon/features.h>
#include <zircon/limits.h>

#include "vdso.h"

VDSO_FUNCTION(uint32_t, system_get_dcache_line_size, void)
{
    return vdso_constants.dcache_line_size;
}

VDSO_FUNCTION(uint32_t, system_get_num_cpus, void)
{
    return vdso_constants.max_num_cpus;
}

VDSO_FUNCTION(uint64_t, system_get_physmem, void)
{
    return vdso_constants.physmem;
}

VDSO_FUNCTION(zx_status_t, system_get_version, char *version, size_t version_size)
{
    if (version_size < VDSO_VERSION_SIZE)
        return ZX_ERR_BUFFER_TOO_SMALL;
    // Byte by byte, volatile so that no call of memcpy comes of it.
    for (size_t i = 0; i < VDSO_VERSION_SIZE; i++)
        ((volatile char *)version)[i] = vdso_constants.version[i];
    return ZX_OK;
}

VDSO_FUNCTION(zx_status_t, system_get_features, uint32_t kind, uint32_t *features)
{
    uint32_t known = vdso_constants.features;
    if (kind != ZX_FEATURE_KIND_CPU || !(known & ZX_HAS_CPU_FEATURES))
        return ZX_ERR_NOT_SUPPORTED;
    *features = known;
    return ZX_OK;
}

// Does `operation` (an instruction with a register operand) on every line of `size` bytes that
// touches [start, end).
#define FOR_EACH_LINE(start, end, size, operation)                                        \
    for (uintptr_t line = (start) & ~((uintptr_t)(size)-1); line < (end); line += (size)) \
    __asm__ volatile(operation ", %0" ::"r"(line) : "memory")

VDSO_FUNCTION(zx_status_t, cache_flush, const void *addr, size_t size, uint32_t options)
{
    const uint32_t data = ZX_CACHE_FLUSH_DATA;
    const uint32_t data_invalidate = ZX_CACHE_FLUSH_DATA | ZX_CACHE_FLUSH_INVALIDATE;
    const uint32_t insn = options & ZX_CACHE_FLUSH_INSN;
    const uint32_t data_options = options & ~insn;
    if (data_options != 0 && data_options != data && data_options != data_invalidate)
        return ZX_ERR_INVALID_ARGS;
    if (options == 0)
        return ZX_ERR_INVALID_ARGS;

    uintptr_t start = (uintptr_t)addr;
    uintptr_t end = start + size;
    uint32_t dline = vdso_constants.dcache_line_size;
    uint32_t iline = vdso_constants.icache_line_size;
    if (data_options == data_invalidate)
        FOR_EACH_LINE(start, end, dline, "dc civac");
    else if (data_options == data)
        FOR_EACH_LINE(start, end, dline, "dc cvac");
    else
        FOR_EACH_LINE(start, end, dline, "dc cvau");
    if (data_options != 0)
        __asm__ volatile("dsb sy" ::: "memory"); // devices must see it
    if (insn) {
        __asm__ volatile("dsb ish" ::: "memory"); // cleaned lines, before the old ones are dropped
        FOR_EACH_LINE(start, end, iline, "ic ivau");
        __asm__ volatile("dsb ish\n\tisb" ::: "memory");
    }
    return ZX_OK;
}

VDSO_FUNCTION(void, cprng_draw, void *buffer, size_t buffer_size)
{
    char *at = buffer;
    while (buffer_size > 0) {
        size_t size = buffer_size < ZX_CPRNG_DRAW_MAX_LEN ? buffer_size : ZX_CPRNG_DRAW_MAX_LEN;
        // There is no way to report a failure, and a caller must never go on with bytes that are
        // not random.
        if (_zx_cprng_draw_once(at, size) != ZX_OK)
            __builtin_trap();
        at += size;
        buffer_size -= size;
    }
}
