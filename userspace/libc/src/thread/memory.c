// SPDX-License-Identifier: MIT
// A thread's memory (layout: pthread_impl.h): one VMO mapped in up to three places of one VMAR, with
// unmapped pages between them, so that running over an end is a fault and not a neighbour's data, and
// so that a detached thread can unmap all of itself with its last system call.
//
// Built without stack protector: the first thread's is made before there is a thread pointer.
#include "thread_impl.h"

#include <string.h>

#include "start.h"

#define READ_WRITE  (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC)
#define VMAR_RIGHTS (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC)

static size_t to_pages(size_t size)
{
    return (size + THREAD_PAGE - 1) & ~(size_t)(THREAD_PAGE - 1);
}

static size_t align_up(size_t value, size_t align)
{
    return (value + align - 1) & ~(align - 1);
}

// What lies below the thread pointer in a block.
static size_t below_pointer(void)
{
    return __pthread_tsd_size + offsetof(struct pthread, tp);
}

// The block begins at a page. The thread pointer is rounded up to the block's alignment, which may be
// larger than a page.
static size_t block_size(void)
{
    size_t align = __tls_block.align;
    size_t pointer = align_up(below_pointer(), align < THREAD_PAGE ? align : THREAD_PAGE);

    if (align > THREAD_PAGE)
        pointer += align - THREAD_PAGE;
    return to_pages(pointer + __tls_block.offset + __tls_block.size);
}

// Maps the next `size` bytes of the VMO at *address and moves both on.
static zx_status_t map_part(zx_handle_t vmar, zx_handle_t vmo, uintptr_t base, uintptr_t *address,
                            uint64_t *vmo_offset, size_t size)
{
    zx_vaddr_t mapped;
    zx_status_t status;

    if (size == 0)
        return ZX_OK;
    status = zx_vmar_map(vmar, READ_WRITE, *address - base, vmo, *vmo_offset, size, &mapped);
    *address += size;
    *vmo_offset += size;
    return status;
}

static zx_status_t map_parts(zx_handle_t vmar, zx_handle_t vmo, const size_t stacks[2],
                             size_t guard, struct thread_memory *m)
{
    uintptr_t address = m->base;
    uint64_t vmo_offset = 0;
    uintptr_t *const ends[2] = {&m->unsafe_stack, &m->stack};
    zx_status_t status = ZX_OK;

    for (unsigned i = 0; i < 2 && status == ZX_OK; i++) {
        if (stacks[i] == 0)
            continue;
        address += guard;
        status = map_part(vmar, vmo, m->base, &address, &vmo_offset, stacks[i]);
        *ends[i] = address;
    }
    if (status != ZX_OK)
        return status;
    address += THREAD_PAGE;
    m->block = address;
    return map_part(vmar, vmo, m->base, &address, &vmo_offset, m->block_size);
}

zx_status_t __thread_memory_map(const char *name, size_t stack, size_t unsafe_stack, size_t guard,
                                struct thread_memory *out)
{
    const size_t stacks[2] = {to_pages(unsafe_stack), to_pages(stack)};
    struct thread_memory m = {.block_size = block_size()};
    zx_handle_t vmo, vmar;
    zx_status_t status;

    // An attribute may ask for any size up to a quarter of the address space.
    if (stack >= SIZE_MAX / 8 || unsafe_stack >= SIZE_MAX / 8 || guard >= SIZE_MAX / 8)
        return ZX_ERR_NO_MEMORY;
    guard = to_pages(guard);
    m.size = stacks[0] + stacks[1] + m.block_size + 2 * guard + 2 * THREAD_PAGE;
    status = zx_vmo_create(stacks[0] + stacks[1] + m.block_size, 0, &vmo);
    if (status != ZX_OK)
        return status;
    (void)zx_object_set_property(vmo, ZX_PROP_NAME, name, strlen(name));
    status = zx_vmar_allocate(__start_vmar_root, VMAR_RIGHTS, 0, m.size, &vmar, &m.base);
    if (status == ZX_OK) {
        status = map_parts(vmar, vmo, stacks, guard, &m);
        if (status != ZX_OK)
            (void)zx_vmar_destroy(vmar);
        // Without a handle it stays, as long as nobody unmaps its range.
        (void)zx_handle_close(vmar);
    }
    (void)zx_handle_close(vmo);
    if (status == ZX_OK)
        *out = m;
    return status;
}

void __thread_memory_unmap(uintptr_t base, size_t size)
{
    if (zx_vmar_unmap(__start_vmar_root, base, size) != ZX_OK)
        __builtin_trap();
}

pthread_t __thread_place(const struct thread_memory *memory)
{
    uintptr_t pointer = align_up(memory->block + below_pointer(), __tls_block.align);
    pthread_t thread = (pthread_t)(pointer - offsetof(struct pthread, tp));
    uintptr_t tls = pointer + __tls_block.offset;

    memcpy((void *)tls, __tls_block.image, __tls_block.length);
    thread->self = thread;
    thread->prev = thread->next = thread;
    thread->tp = (void *)pointer;
    thread->dtv = thread->modules;
    thread->modules[0] = 1;
    thread->modules[1] = tls + DTP_OFFSET;
    thread->map_base = (unsigned char *)memory->base;
    thread->map_size = memory->size;
    thread->stack = (void *)memory->stack;
    thread->unsafe_sp = memory->unsafe_stack;
    thread->tsd = (void **)((uintptr_t)thread - __pthread_tsd_size);
    thread->locale = &libc.global_locale;
    return thread;
}
