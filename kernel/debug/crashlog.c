// SPDX-License-Identifier: MIT
// The crash log's region (interface: debug/crashlog.h).
//
// Invariant: a header with the right magic stands in memory only with the checksum of its length and of
// the text behind it. The text reaches memory before the header does, past the caches, because a reset
// forgets them.
// Without a panic the text is a ring, and the header says with another magic how far it has come: that
// word is stored as a whole, after the text, so that a reset at any time finds it whole.
#include <debug/crashlog.h>

#include <hal/mmu.h>
#include <lib/crc32.h>
#include <lib/string.h>

#define MAGIC      0x31676f6c68737263ul // "crshlog1"
#define MAGIC_TAIL 0x7c676f6c68737263ul // the end of the log of a boot without a panic

#define TAIL_WRAPPED 0x80000000u // in `length`: the ring is full, and starts at the rest

struct header {
    uint64_t magic;
    uint32_t length;   // bytes of text
    uint32_t checksum; // of `length` and the text; without a panic of `length` alone
};
_Static_assert(offsetof(struct header, length) % 8 == 0, "length and checksum are one word");

static struct header *header; // [I] the region; NULL: none
static size_t capacity;       // [I]
static size_t used;           // panic only: bytes of text so far
static atomic_bool following; // the log's end is being kept
static size_t tail_at;        // where its next byte goes
static bool tail_wrapped;
static bool last_panic; // the last boot left the report of a panic
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

// ---- the end of a log, as a ring ----

static uint32_t tail_checksum(uint32_t length)
{
    return crc32(0, &length, sizeof(length));
}

static bool tail_valid(void)
{
    return header->magic == MAGIC_TAIL && (header->length & ~TAIL_WRAPPED) <= capacity &&
           header->length != 0 && header->checksum == tail_checksum(header->length);
}

static void reverse(char *text, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        char c = text[i];
        text[i] = text[len - 1 - i];
        text[len - 1 - i] = c;
    }
}

// Makes a text of the ring, in its place, from the first whole line on. What a reset made of some bytes
// shall not confuse a terminal.
static size_t tail_to_text(char *text, uint32_t length)
{
    size_t at = length & ~TAIL_WRAPPED, len = at;

    if (length & TAIL_WRAPPED) {
        len = capacity;
        reverse(text, at);
        reverse(text + at, len - at);
        reverse(text, len);
        const char *line = memchr(text, '\n', len);
        size_t skip = line != NULL ? (size_t)(line + 1 - text) : 0;
        memmove(text, text + skip, len - skip);
        len -= skip;
    }
    for (size_t i = 0; i < len; i++) {
        if (((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t') || text[i] == 127)
            text[i] = '.';
    }
    return len;
}

void crashlog_follow(void)
{
    if (header == NULL)
        return;
    tail_at = 0;
    tail_wrapped = false;
    write_header(MAGIC_TAIL, 0); // nothing yet
    atomic_store_explicit(&following, true, memory_order_release);
}

static void tail_put(const char *text, size_t len)
{
    char *to = text_of(header) + tail_at;
    memcpy(to, text, len);
    hal_cache_clean(to, len);
    tail_at += len;
}

void crashlog_tail(void *ctx UNUSED, const char *text, size_t len)
{
    union {
        struct {
            uint32_t length, checksum;
        } part;
        uint64_t whole;
    } word;

    if (!atomic_load_explicit(&following, memory_order_acquire) || len == 0 || len > capacity)
        return;
    size_t first = MIN(len, capacity - tail_at);
    tail_put(text, first);
    if (tail_at == capacity) {
        tail_at = 0;
        tail_wrapped = true;
    }
    if (len > first)
        tail_put(text + first, len - first);
    word.part.length = (uint32_t)tail_at | (tail_wrapped ? TAIL_WRAPPED : 0);
    word.part.checksum = tail_checksum(word.part.length);
    *(volatile uint64_t *)&header->length = word.whole;
    hal_cache_clean(header, sizeof(*header));
}

void crashlog_open(void *region, size_t bytes)
{
    header = NULL;
    capacity = used = last_len = 0;
    last_panic = false;
    atomic_store_explicit(&following, false, memory_order_relaxed);
    if (region == NULL || bytes < CRASHLOG_BYTES_MIN)
        return;
    header = region;
    capacity = MIN(bytes - sizeof(*header), (size_t)TAIL_WRAPPED - 1);
    last_panic = valid();
    if (last_panic)
        last_len = header->length;
    else if (tail_valid())
        last_len = tail_to_text(text_of(header), header->length);
}

bool crashlog_last_is_panic(void)
{
    return last_panic;
}

const char *crashlog_last(size_t *out_len)
{
    *out_len = last_len;
    return last_len > 0 ? text_of(header) : NULL;
}

void crashlog_forget(void)
{
    last_len = 0;
    atomic_store_explicit(&following, false, memory_order_relaxed);
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
    atomic_store_explicit(&following, false, memory_order_relaxed); // its place is needed
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
