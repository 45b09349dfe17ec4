// SPDX-License-Identifier: MIT
// dd: copies blocks: if=FILE of=FILE bs=BYTES count=BLOCKS skip=BLOCKS seek=BLOCKS
// conv=notrunc,fsync. BYTES may end in k or M. A FILE below /svc, such as /svc/fs/device/disk0, is
// a block device.

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "medium.h"

struct job {
    const char *from, *to;
    uint64_t block_size, count, skip, seek;
    bool keep, sync; // conv=notrunc, conv=fsync
};

// A number with k or M behind it.
static bool parse_bytes(const char *text, uint64_t *out)
{
    char digits[24];
    size_t length = strlen(text), unit = 1;

    if (length != 0 && (text[length - 1] == 'k' || text[length - 1] == 'K'))
        unit = 1024;
    else if (length != 0 && text[length - 1] == 'M')
        unit = 1024 * 1024;
    length -= unit != 1;
    if (length >= sizeof(digits))
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!command_number(digits, out) || *out > UINT64_MAX / 2 / unit)
        return false;
    *out *= unit;
    return true;
}

static bool parse_conversions(char *text, struct job *job)
{
    for (char *word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
        if (strcmp(word, "notrunc") == 0)
            job->keep = true;
        else if (strcmp(word, "fsync") == 0)
            job->sync = true;
        else
            return false;
    }
    return true;
}

static bool parse_operand(char *text, struct job *job)
{
    char *value = strchr(text, '=');

    if (value == NULL)
        return false;
    *value++ = '\0';
    if (strcmp(text, "if") == 0)
        job->from = value;
    else if (strcmp(text, "of") == 0)
        job->to = value;
    else if (strcmp(text, "bs") == 0)
        return parse_bytes(value, &job->block_size) && job->block_size != 0 &&
               job->block_size <= MEDIUM_MOST;
    else if (strcmp(text, "count") == 0)
        return parse_bytes(value, &job->count);
    else if (strcmp(text, "skip") == 0)
        return parse_bytes(value, &job->skip);
    else if (strcmp(text, "seek") == 0)
        return parse_bytes(value, &job->seek);
    else
        return strcmp(text, "conv") == 0 && parse_conversions(value, job);
    return true;
}

// Fills a block, of which a pipe may give less at a time.
static bool read_block(struct medium *from, char *block, size_t size, size_t *out)
{
    size_t got = 1;

    for (*out = 0; got != 0 && *out < size; *out += got) {
        if (!medium_read(from, block + *out, size - *out, &got))
            return false;
    }
    return true;
}

static bool copy(const struct job *job, struct medium *from, struct medium *to, char *block)
{
    uint64_t whole = 0, bytes = 0;
    size_t size = job->block_size;
    bool good = true;

    while (good && size == job->block_size && whole < job->count) {
        good = read_block(from, block, job->block_size, &size) &&
               (size == 0 || medium_write(to, block, size));
        whole += good && size == job->block_size;
        bytes += good ? size : 0;
    }
    good = good && (!job->sync || medium_sync(to));
    fprintf(stderr, "%llu+%u records, %llu bytes\n", (unsigned long long)whole,
            good && bytes % job->block_size != 0, (unsigned long long)bytes);
    return good;
}

static void run(const struct job *job)
{
    char *block = command_allocate(job->block_size);
    struct medium from, to;
    bool truncate = !job->keep && job->seek == 0;

    if (medium_open(&from, job->from, false, false, job->block_size)) {
        if (medium_open(&to, job->to, true, truncate, job->block_size)) {
            (void)(medium_skip(&from, job->skip * job->block_size) &&
                   medium_skip(&to, job->seek * job->block_size) && copy(job, &from, &to, block));
            (void)medium_close(&to);
        }
        (void)medium_close(&from);
    }
    free(block);
}

int main(int argc, char **argv)
{
    struct job job = {.block_size = 512, .count = UINT64_MAX};

    command_start(argv, "[if=FILE] [of=FILE] [bs=BYTES] [count=N] [skip=N] [seek=N] "
                        "[conv=notrunc,fsync]");
    for (int i = 1; i < argc; i++) {
        if (!parse_operand(argv[i], &job))
            return command_usage();
    }
    run(&job);
    return command_end();
}
