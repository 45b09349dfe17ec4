// SPDX-License-Identifier: MIT
//
// mmap() and its relatives. Anonymous memory is a VMO of its own for each call, mapped into the root
// region and known by nothing but its mapping, so that unmapping it gives it back. Errors are those
// that spec 34 section 3 lists. What musl's functions check before they come here: that offsets are
// whole pages, that lengths are below PTRDIFF_MAX, and (mprotect) whole pages.
//
// Mappings of files come from whoever owns the descriptors, through __fd_get_vmo().

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "sys_calls.h"
#include "vmo_map.h"

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define PAGE 4096ul

static size_t round_to_pages(size_t size)
{
    return (size + PAGE - 1) & ~(PAGE - 1);
}

static zx_vm_option_t protection(long prot)
{
    return ((prot & PROT_READ) ? ZX_VM_PERM_READ : 0) |
           ((prot & PROT_WRITE) ? ZX_VM_PERM_WRITE : 0) |
           ((prot & PROT_EXEC) ? ZX_VM_PERM_EXECUTE : 0);
}

static long map_error(zx_status_t status)
{
    switch (status) {
    case ZX_ERR_BAD_HANDLE: return -EBADF;
    case ZX_ERR_NOT_SUPPORTED: return -ENODEV;
    case ZX_ERR_ACCESS_DENIED: return -EACCES;
    case ZX_ERR_NO_MEMORY: return -ENOMEM;
    default: return -EINVAL;
    }
}

// Where the root region starts.
static uintptr_t region_base(void)
{
    static uintptr_t known; // the same value whoever stores it

    uintptr_t base = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (base == 0) {
        zx_info_vmar_t info;

        if (zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &info, sizeof(info), NULL,
                               NULL) != ZX_OK) {
            return 0;
        }
        base = info.base;
        __atomic_store_n(&known, base, __ATOMIC_RELAXED);
    }
    return base;
}

// Memory for an anonymous mapping. By its rights it may become executable later.
static zx_status_t create_memory(size_t size, zx_handle_t *out)
{
    static const char name[] = "mmap-anonymous";
    zx_status_t status = zx_vmo_create(size, ZX_VMO_NON_RESIZABLE, out);

    if (status == ZX_OK) {
        (void)zx_object_set_property(*out, ZX_PROP_NAME, name, sizeof(name) - 1);
    }
    return status;
}

// Maps a VMO where the flags say. The VMO is borrowed.
static long map_vmo(uintptr_t start, size_t size, zx_vm_option_t options, long flags,
                    zx_handle_t vmo, uint64_t offset)
{
    zx_vaddr_t address = 0;
    uint64_t place = 0;

    if ((flags & MAP_FIXED) == MAP_FIXED || (flags & MAP_FIXED_NOREPLACE) == MAP_FIXED_NOREPLACE) {
        uintptr_t base = region_base();

        if (start % PAGE != 0 || base == 0 || start < base) {
            return -EINVAL;
        }
        options |= (flags & MAP_FIXED) ? ZX_VM_SPECIFIC_OVERWRITE : ZX_VM_SPECIFIC;
        place = start - base;
    }
    zx_status_t status =
        zx_vmar_map(zx_vmar_root_self(), options, place, vmo, offset, size, &address);

    if (status == ZX_ERR_NO_MEMORY && (options & ZX_VM_SPECIFIC)) {
        return -EEXIST;
    }
    return status == ZX_OK ? (long)address : map_error(status);
}

long __sys_mmap(long start, long length, long prot, long flags, long fd, long offset)
{
    size_t size = round_to_pages((size_t)length);
    long sharing = flags & (MAP_PRIVATE | MAP_SHARED);
    zx_handle_t vmo;
    zx_status_t status;

    if (length == 0 || offset % (long)PAGE != 0 ||
        (sharing != MAP_PRIVATE && sharing != MAP_SHARED)) {
        return -EINVAL;
    }
    if ((flags & MAP_ANON) != 0) {
        offset = 0;
        status = create_memory(size, &vmo);
    } else if (__fd_get_vmo == NULL) {
        return -ENODEV;
    } else {
        int error = __fd_get_vmo((int)fd, (int)prot, sharing == MAP_PRIVATE, &vmo);

        if (error != 0) {
            return -error;
        }
        status = ZX_OK;
    }
    if (status != ZX_OK) {
        return map_error(status);
    }
    long result = map_vmo((uintptr_t)start, size, protection(prot), flags, vmo, (uint64_t)offset);

    zx_handle_close(vmo);
    return result;
}

long __sys_munmap(long start, long length)
{
    zx_status_t status =
        zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)start, round_to_pages((size_t)length));

    return status == ZX_OK ? 0 : status == ZX_ERR_NO_MEMORY ? -ENOMEM : -EINVAL;
}

long __sys_mprotect(long start, long length, long prot)
{
    if (length == 0) {
        return 0;
    }
    zx_status_t status =
        zx_vmar_protect(zx_vmar_root_self(), protection(prot), (zx_vaddr_t)start, (uint64_t)length);

    switch (status) {
    case ZX_OK: return 0;
    case ZX_ERR_ACCESS_DENIED: return -EACCES;
    case ZX_ERR_INVALID_ARGS: return -ENOTSUP;
    default: return -EINVAL;
    }
}

// Shrinks in place. To grow there is no way but a copy, which callers make themselves.
long __sys_mremap(long start, long old_length, long new_length, long flags, long new_start)
{
    size_t old_size = round_to_pages((size_t)old_length);
    size_t new_size = round_to_pages((size_t)new_length);

    (void)new_start;
    if (start % (long)PAGE != 0 || new_length == 0 || (flags & ~(long)MREMAP_MAYMOVE) != 0) {
        return -EINVAL;
    }
    if (new_size > old_size) {
        return -ENOSYS;
    }
    if (new_size < old_size) {
        long result = __sys_munmap(start + (long)new_size, (long)(old_size - new_size));

        if (result != 0) {
            return result;
        }
    }
    return start;
}

// Advice is taken politely. What would change the memory's content is refused instead.
long __sys_madvise(long start, long length, long advice)
{
    (void)length;
    if (start % (long)PAGE != 0) {
        return -EINVAL;
    }
    switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED: return 0;
    default: return -ENOSYS;
    }
}
