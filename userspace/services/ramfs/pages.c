// SPDX-License-Identifier: MIT
//
// A sparse bitmap of pages: groups of 512, made when the first of them is set. No locks.

#include "pages.h"

#include <stdlib.h>
#include <string.h>

static struct page_group *find_group(const struct pages *pages, uint64_t page)
{
    uint64_t index = page / GROUP_PAGES;

    return index < pages->group_count ? pages->groups[index] : NULL;
}

bool pages_get(const struct pages *pages, uint64_t page)
{
    const struct page_group *group = find_group(pages, page);
    uint64_t bit = page % GROUP_PAGES;

    return group != NULL && (group->bits[bit / 64] >> bit % 64 & 1) != 0;
}

static bool make_group(struct pages *pages, uint64_t index)
{
    struct page_group *group = calloc(1, sizeof(*group));

    if (group == NULL)
        return false;
    if (index >= pages->group_count) {
        size_t count = (size_t)index + 1;
        struct page_group **groups = realloc(pages->groups, count * sizeof(*groups));

        if (groups == NULL) {
            free(group);
            return false;
        }
        memset(groups + pages->group_count, 0, (count - pages->group_count) * sizeof(*groups));
        pages->groups = groups;
        pages->group_count = count;
    }
    pages->groups[index] = group;
    pages->groups_made++;
    return true;
}

uint64_t pages_cost(const struct pages *pages, uint64_t page)
{
    uint64_t index = page / GROUP_PAGES;
    uint64_t bytes = 0;

    if (index >= pages->group_count)
        bytes = (index + 1 - pages->group_count) * sizeof(struct page_group *);
    return find_group(pages, page) != NULL ? 0 : bytes + sizeof(struct page_group);
}

uint64_t pages_memory(const struct pages *pages)
{
    return pages->count * PAGE_BYTES + pages->group_count * sizeof(struct page_group *) +
           pages->groups_made * sizeof(struct page_group);
}

bool pages_set(struct pages *pages, uint64_t page)
{
    uint64_t bit = page % GROUP_PAGES;

    if (pages_get(pages, page))
        return true;
    if (find_group(pages, page) == NULL && !make_group(pages, page / GROUP_PAGES))
        return false;
    pages->groups[page / GROUP_PAGES]->bits[bit / 64] |= (uint64_t)1 << bit % 64;
    pages->count++;
    return true;
}

void pages_cut(struct pages *pages, uint64_t first)
{
    size_t keep = (size_t)((first + GROUP_PAGES - 1) / GROUP_PAGES);
    struct page_group *partial = first % GROUP_PAGES != 0 ? find_group(pages, first) : NULL;

    for (uint64_t bit = first % GROUP_PAGES; partial != NULL && bit < GROUP_PAGES; bit++) {
        uint64_t mask = (uint64_t)1 << bit % 64;

        if ((partial->bits[bit / 64] & mask) != 0)
            pages->count--;
        partial->bits[bit / 64] &= ~mask;
    }
    for (size_t i = keep; i < pages->group_count; i++) {
        if (pages->groups[i] == NULL)
            continue;
        for (size_t word = 0; word < GROUP_PAGES / 64; word++)
            pages->count -= (uint64_t)__builtin_popcountll(pages->groups[i]->bits[word]);
        free(pages->groups[i]);
        pages->groups_made--;
    }
    if (keep >= pages->group_count)
        return;
    pages->group_count = keep;
    if (keep == 0) {
        free(pages->groups);
        pages->groups = NULL;
    } else {
        struct page_group **groups = realloc(pages->groups, keep * sizeof(*groups));

        if (groups != NULL)
            pages->groups = groups;
    }
}
