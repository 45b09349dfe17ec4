// SPDX-License-Identifier: MIT
//
// What was typed and has no room in the terminal's queue; the interface is in console.h.
//
// Runs on the loop's thread; no locks.

#include "console.h"

#include <stdlib.h>
#include <string.h>

// Room for so many bytes is made first.
#define FIRST 4096u

static struct {
    char *bytes;
    size_t start, size, capacity;
} held;

// Room for one more behind the others. False: no memory.
static bool make_room(void)
{
    if (held.start + held.size < held.capacity) {
        return true;
    }
    // Rarely, for what it costs: as many bytes as are moved have gone since the last time.
    if (held.start > held.capacity / 2) {
        memmove(held.bytes, held.bytes + held.start, held.size);
        held.start = 0;
        return true;
    }
    size_t more = held.capacity != 0 ? 2 * held.capacity : FIRST;
    char *bytes = realloc(held.bytes, more);

    if (bytes == NULL) {
        return false;
    }
    held.bytes = bytes;
    held.capacity = more;
    return true;
}

bool held_add(char byte)
{
    if (held.size == CONSOLE_HELD_MOST || !make_room()) {
        return false;
    }
    held.bytes[held.start + held.size++] = byte;
    return true;
}

size_t held_count(void)
{
    return held.size;
}

const char *held_bytes(void)
{
    return held.size == 0 ? NULL : held.bytes + held.start;
}

void held_take(size_t count)
{
    held.start += count;
    held.size -= count;
    if (held.size == 0) {
        held_forget();
    }
}

void held_forget(void)
{
    free(held.bytes);
    memset(&held, 0, sizeof(held));
}
