// SPDX-License-Identifier: MIT
//
// Starts a process by hand; the interface is in raw.h. The program is mapped from a file of the
// initrd, the vDSO from its VMO; there is no more checking than a test needs. No state.

#include "raw.h"

#include <check/check.h>
#include <elf.h>
#include <jacinth/spawn.h>
#include <string.h>

#include "self.h"

#include <zircon/process.h>
#include <zircon/syscalls.h>

#define PAGE       4096u
#define STACK_SIZE (256u * 1024)
#define ANYWHERE \
    (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE | ZX_VM_CAN_MAP_SPECIFIC)

static zx_status_t map_segment(zx_handle_t region, zx_handle_t file, const Elf64_Phdr *segment)
{
    uint64_t start = segment->p_vaddr & ~(uint64_t)(PAGE - 1), skip = segment->p_vaddr - start;
    uint64_t size = (skip + segment->p_memsz + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    zx_vm_option_t options =
        ZX_VM_SPECIFIC | ZX_VM_PERM_READ | ((segment->p_flags & PF_X) ? ZX_VM_PERM_EXECUTE : 0);
    static char data[65536];
    zx_vaddr_t address;
    zx_handle_t copy;

    if ((segment->p_flags & PF_W) == 0) {
        return zx_vmar_map(region, options, start, file, segment->p_offset - skip, size, &address);
    }
    zx_status_t status =
        segment->p_filesz <= sizeof(data) ? zx_vmo_create(size, 0, &copy) : ZX_ERR_FILE_BIG;

    if (status != ZX_OK) {
        return status;
    }
    status = zx_vmo_read(file, data, segment->p_offset, segment->p_filesz);
    if (status == ZX_OK) {
        status = zx_vmo_write(copy, data, skip, segment->p_filesz);
    }
    if (status == ZX_OK) {
        status = zx_vmar_map(region, options | ZX_VM_PERM_WRITE, start, copy, 0, size, &address);
    }
    zx_handle_close(copy);
    return status;
}

// Maps an image whose first segment is at 0; *out_entry may be NULL.
static zx_status_t map_image(zx_handle_t root, zx_handle_t file, zx_vaddr_t *out_base,
                             zx_vaddr_t *out_entry)
{
    Elf64_Ehdr header;
    Elf64_Phdr segments[16];
    uint64_t end = 0;
    zx_handle_t region;
    zx_status_t status = zx_vmo_read(file, &header, 0, sizeof(header));

    if (status != ZX_OK || header.e_phnum > 16) {
        return ZX_ERR_BAD_STATE;
    }
    status = zx_vmo_read(file, segments, header.e_phoff, header.e_phnum * sizeof(segments[0]));
    for (unsigned i = 0; i < header.e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD) {
            end = segments[i].p_vaddr + segments[i].p_memsz;
        }
    }
    if (status == ZX_OK) {
        status = zx_vmar_allocate(root, ANYWHERE, 0, (end + PAGE - 1) & ~(uint64_t)(PAGE - 1),
                                  &region, out_base);
    }
    if (status != ZX_OK) {
        return status;
    }
    for (unsigned i = 0; i < header.e_phnum && status == ZX_OK; i++) {
        if (segments[i].p_type == PT_LOAD) {
            status = map_segment(region, file, &segments[i]);
        }
    }
    zx_handle_close(region);
    if (out_entry != NULL) {
        *out_entry = *out_base + header.e_entry;
    }
    return status;
}

static zx_status_t map_stack(zx_handle_t root, zx_vaddr_t *out_top)
{
    zx_handle_t vmo;
    zx_status_t status = zx_vmo_create(STACK_SIZE, 0, &vmo);

    if (status == ZX_OK) {
        status =
            zx_vmar_map(root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, STACK_SIZE, out_top);
        *out_top += STACK_SIZE;
        zx_handle_close(vmo);
    }
    return status;
}

// Maps everything and lets it run. `far` is consumed.
static zx_status_t run(zx_handle_t process, zx_handle_t root, zx_handle_t file, zx_handle_t far)
{
    zx_vaddr_t base, entry = 0, vdso_base = 0, top = 0;
    zx_handle_t vdso, thread;
    zx_status_t status = spawn_borrow_vdso(&vdso);

    if (status == ZX_OK) {
        status = map_image(root, file, &base, &entry);
    }
    if (status == ZX_OK) {
        status = map_image(root, vdso, &vdso_base, NULL);
    }
    if (status == ZX_OK) {
        status = map_stack(root, &top);
    }
    if (status == ZX_OK) {
        status = zx_thread_create(process, "first", 5, 0, &thread);
    }
    if (status != ZX_OK) {
        zx_handle_close(far);
        return status;
    }
    status = zx_process_start(process, thread, entry, top, far, vdso_base);
    zx_handle_close(thread);
    return status;
}

zx_handle_t raw_start(const char *path, const void *message, size_t size)
{
    zx_handle_t file = ZX_HANDLE_INVALID, process, root, near, far;
    zx_status_t status = self_open(path, &file);

    if (status == ZX_OK) {
        status = zx_process_create(zx_job_default(), "raw", 3, 0, &process, &root);
    }
    if (status != ZX_OK) {
        check_fail(__FILE__, __LINE__, "%s: no process: %d", path, status);
        zx_handle_close(file);
        return ZX_HANDLE_INVALID;
    }
    status = zx_channel_create(0, &near, &far);
    if (status == ZX_OK && message != NULL) {
        status = zx_channel_write(near, 0, message, (uint32_t)size, NULL, 0);
    }
    if (status == ZX_OK) {
        status = run(process, root, file, far);
    }
    zx_handle_close(near);
    zx_handle_close(root);
    zx_handle_close(file);
    if (status != ZX_OK) {
        check_fail(__FILE__, __LINE__, "%s: cannot be started: %d", path, status);
        zx_task_kill(process);
        zx_handle_close(process);
        return ZX_HANDLE_INVALID;
    }
    return process;
}
