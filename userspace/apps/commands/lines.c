// SPDX-License-Identifier: MIT
//
// Text as a row of lines; the interface is in lines.h. No state.

#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "command.h"

static void append(struct lines *lines, char *line)
{
    if (lines->count == lines->room) {
        lines->room = lines->room != 0 ? 2 * lines->room : 64;
        lines->line = command_grow(lines->line, lines->room * sizeof(lines->line[0]));
    }
    lines->line[lines->count++] = line;
}

void lines_read(struct lines *lines, const char *path)
{
    int fd = command_open(path);
    FILE *stream = fd < 0 ? NULL : fd == STDIN_FILENO ? stdin : fdopen(fd, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    if (stream == NULL)
        return;
    while ((length = getline(&line, &room, stream)) >= 0) {
        if (length != 0 && line[length - 1] == '\n')
            line[--length] = '\0';
        append(lines, memcpy(command_allocate((size_t)length + 1), line, (size_t)length + 1));
    }
    if (ferror(stream))
        command_error(path);
    free(line);
    if (stream != stdin)
        fclose(stream);
}
