// SPDX-License-Identifier: MIT
// Memory for the platform: page tables and FP state (interface: hal/upcall.h). Thread context.

#include <hal/upcall.h>

#include <debug/assert.h>
#include <mem/kmalloc.h>
#include <mem/page.h>
#include <mem/slab.h>

// V0..V31, FPCR, FPSR: what a platform asks for.
#define FP_STATE_SIZE 528u

static SLAB_CACHE(fp_state_cache, FP_STATE_SIZE, 16);

paddr_t kernel_table_page_alloc(void)
{
    struct page *page = page_alloc(PAGE_STATE_MMU, PAGE_ALLOC_ZERO);
    return page ? page_to_paddr(page) : 0;
}

void kernel_table_page_free(paddr_t pa)
{
    struct page *page = page_from_paddr(pa);
    ASSERT(page && page->state == PAGE_STATE_MMU);
    page_free(page);
}

void *kernel_fp_alloc(size_t bytes)
{
    return bytes == FP_STATE_SIZE ? slab_zalloc(&fp_state_cache) : kzalloc(bytes);
}

void kernel_fp_free(void *fp, size_t bytes)
{
    if (bytes == FP_STATE_SIZE)
        slab_free(&fp_state_cache, fp);
    else
        kfree(fp);
}
