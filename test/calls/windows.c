// SPDX-License-Identifier: MIT
// The memory that valid calls are given (fixture.h): a window for each pointer argument.
#include <calls/fixture.h>

#include "fixture_priv.h"

#define PAGE 4096ul

static zx_handle_t window_vmar, window_vmo;
static uint64_t window_base;

uint64_t window_page(unsigned index, unsigned page)
{
    return window_base + (index * WINDOW_PAGES + page) * PAGE;
}

static void map_pages(unsigned index, unsigned page, unsigned count, zx_vm_option_t perms)
{
    zx_vaddr_t at;

    must(zx_vmar_map(window_vmar, perms | ZX_VM_SPECIFIC, window_page(index, page) - window_base,
                     window_vmo, (index * WINDOW_PAGES + page) * PAGE, count * PAGE, &at),
         "mapping a window");
}

void fixtures_begin(void)
{
    const size_t size = CALL_MAX_ARGS * WINDOW_PAGES * PAGE;
    zx_vaddr_t base;

    must(zx_vmar_allocate(call_env.vmar,
                          ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
                          size, &window_vmar, &base),
         "windows");
    window_base = base;
    must(zx_vmo_create(size, 0, &window_vmo), "windows' memory");
    for (unsigned i = 0; i < CALL_MAX_ARGS; i++) {
        map_pages(i, WINDOW_RW, 2, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE);
        map_pages(i, WINDOW_RO, 1, ZX_VM_PERM_READ);
    }
}

void fixtures_end(void)
{
    must(zx_vmar_destroy(window_vmar), "windows");
    must(zx_handle_close(window_vmar), "windows");
    must(zx_handle_close(window_vmo), "windows");
}

uint64_t buffer_of(const struct fixture *f, unsigned index)
{
    (void)f;
    return window_page(index, WINDOW_RW) + FIXTURE_BUFFER;
}

bool has_window(const struct call_arg *arg)
{
    return arg->kind == CALL_POINTER || arg->kind == CALL_HANDLE_OUT || arg->kind == CALL_FUTEX;
}

void clear_window(struct fixture *f, unsigned index, size_t size)
{
    static uint8_t pages[2 * PAGE];

    memset(pages, WINDOW_CANARY, sizeof(pages));
    memset(pages + FIXTURE_BUFFER, 0, size);
    call_poke(window_page(index, WINDOW_RW), pages, sizeof(pages));
    f->bytes[index] = size;
    f->args[index] = buffer_of(f, index);
}

void set_buffer(struct fixture *f, unsigned index, const void *data, size_t size)
{
    clear_window(f, index, size);
    call_poke(f->args[index], data, size);
}

uint64_t read_only_copy(const struct fixture *f, unsigned index)
{
    static uint8_t bytes[PAGE];
    const uint64_t at = window_page(index, WINDOW_RO) + FIXTURE_BUFFER;

    call_peek(f->args[index], bytes, f->bytes[index]);
    must(zx_vmo_write(window_vmo, bytes, at - window_base, f->bytes[index]), "read-only memory");
    return at;
}

// The extent of what the call was given, within the two pages.
static bool in_buffer(const struct fixture *f, unsigned index, size_t offset)
{
    uint64_t at = window_page(index, WINDOW_RW) + offset;

    return (at >= f->args[index] && at - f->args[index] < f->bytes[index]) ||
           (offset >= FIXTURE_BUFFER && offset - FIXTURE_BUFFER < f->bytes[index]);
}

bool windows_intact(const struct fixture *f)
{
    static uint8_t pages[2 * PAGE];

    for (unsigned i = 0; i < f->call->arg_count; i++) {
        if (!has_window(&f->call->args[i]))
            continue;
        call_peek(window_page(i, WINDOW_RW), pages, sizeof(pages));
        for (size_t offset = 0; offset < sizeof(pages); offset++) {
            if (pages[offset] != WINDOW_CANARY && !in_buffer(f, i, offset))
                return false;
        }
    }
    return true;
}
