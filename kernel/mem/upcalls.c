// SPDX-License-Identifier: MIT
// Memory for the platform's own tables (interface: hal/upcall.h). Thread context.

#include <hal/upcall.h>

#include <debug/assert.h>
#include <mem/page.h>

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
