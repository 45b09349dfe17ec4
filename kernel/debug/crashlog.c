// SPDX-License-Identifier: MIT
// The crash log's region (interface: debug/crashlog.h).
//
// Invariant: a header with the right magic stands in memory only with the checksum of its length and of
// the text behind it. The text reaches memory before the header does, past the caches, because a reset
// forgets them.
#include <debug/crashlog.h>

#include <hal/mmu.h>
#include <lib/crc32.h>
#include <lib/string.h>

#define MAGIC 0x31676f6c68737263ul // "crshlog1"

struct header {
    uint64_t magic;
    uint32_t length;   // bytes of text
    uint32_t checksum; // of `length` and the text
};

static struct header *header; // [I] the region; NULL: none
static size_t capacity;       // [I]
static size_t used;           // panic only: bytes of text so far
static size_t last_len;       // bytes of text that the last boot left

static char *text_of(struct header *h)
{
    return (char *)(h + 1);
}

static uint32_t checksum(const struct header *h, const char *text)
{
    return crc32(crc32(0, &h->length, sizeof(h->length)), text, h->length);
}

static void write_header(uint64_t magic, size_t length)
{
    *header = (struct header){.magic = magic, .length = (uint32_t)length};
    header->checksum = checksum(header, text_of(header));
    hal_cache_clean(header, sizeof(*header));
}

static bool valid(void)
{
    return header->magic == MAGIC && header->length > 0 && header->length <= capacity &&
           header->checksum == checksum(header, text_of(header));
}

void crashlog_open(void *region, size_t bytes)
{
    header = NULL;
    capacity = used = last_len = 0;
    if (region == NULL || bytes < CRASHLOG_BYTES_MIN)
        return;
    header = region;
    capacity = MIN(bytes - sizeof(*header), (size_t)UINT32_MAX);
    if (valid())
        last_len = header->length;
}

const char *crashlog_last(size_t *out_len)
{
    *out_len = last_len;
    return last_len > 0 ? text_of(header) : NULL;
}

void crashlog_forget(void)
{
    last_len = 0;
    if (header != NULL)
        write_header(0, 0);
}

size_t crashlog_room(void)
{
    return capacity - used;
}

void crashlog_write(void *ctx UNUSED, const char *text, size_t len)
{
    len = MIN(len, capacity - used);
    if (len == 0)
        return;
    char *to = text_of(header) + used;
    for (size_t i = 0; i < len; i++)
        to[i] = text[i] != 0 ? text[i] : '.';
    used += len;
}

void crashlog_finish(void)
{
    if (used == 0)
        return;
    hal_cache_clean(text_of(header), used);
    write_header(MAGIC, used);
}
