// SPDX-License-Identifier: MIT
//
// The lines typed before; the interface is in history.h.

#include "history.h"

#include <string.h>

static void drop_oldest(struct history *history)
{
    while (history->lines.count > history->limit) {
        list_remove(&history->lines, 0);
        history->first++;
    }
}

void history_add(struct history *history, const char *line)
{
    size_t size = strlen(line);
    struct list *lines = &history->lines;

    while (size != 0 && line[size - 1] == '\n') {
        size--;
    }
    if (size == 0 || line[0] == ' ' ||
        (lines->count != 0 && strlen(lines->items[lines->count - 1]) == size &&
         memcmp(lines->items[lines->count - 1], line, size) == 0)) {
        return;
    }
    list_add_bytes(lines, line, size);
    // A line that found no room is only forgotten.
    lines->failed = false;
    drop_oldest(history);
}

void history_set_limit(struct history *history, size_t limit)
{
    history->limit = limit < HISTORY_SIZE_MAX ? limit : HISTORY_SIZE_MAX;
    drop_oldest(history);
}

long history_search(const struct history *history, const char *text, size_t before)
{
    for (size_t i = before; i > 0; i--) {
        if (strstr(history->lines.items[i - 1], text) != NULL) {
            return (long)(i - 1);
        }
    }
    return -1;
}

void history_clear(struct history *history)
{
    list_free(&history->lines);
    history->first = 0;
}
