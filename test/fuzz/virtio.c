// SPDX-License-Identifier: MIT
//
// A virtqueue whose device writes what the input says, between what a driver does. Each token comes
// back at most once, and only one that is outstanding; no write goes beyond the page.

#include <stdlib.h>
#include <string.h>

#include <virtio/queue.h>
#include <zircon/errors.h>

#define TOKENS 32u

static bool outstanding[TOKENS];
static uint32_t count;

static void returned(const void *token)
{
    size_t index = (size_t)((const bool *)token - outstanding);

    if (index >= TOKENS || !outstanding[index]) {
        abort();
    }
    outstanding[index] = false;
    count--;
}

// One request of 1 to 3 pieces for the first token that is free.
static void add(struct virtio_queue *queue, uint8_t how)
{
    struct virtio_segment segments[3] = {
        {0x1000, 1 + how, false}, {0x2000, 512, how & 1}, {0x3000, 1, true}};

    for (uint32_t i = 0; i < TOKENS; i++) {
        if (!outstanding[i]) {
            if (virtio_queue_add(queue, segments, 1 + how % 3, &outstanding[i]) == ZX_OK) {
                outstanding[i] = true;
                count++;
            }
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *page = aligned_alloc(4096, VIRTIO_QUEUE_BYTES);
    struct virtio_queue queue;
    void *token;
    uint32_t written;

    memset(outstanding, 0, sizeof(outstanding));
    count = 0;
    if (size == 0 || virtio_queue_init(&queue, page, (uint16_t)(1u << (data[0] % 8))) != ZX_OK) {
        free(page);
        return 0;
    }
    // Three bytes a step: what, where (from the available ring on), and a value.
    for (size_t at = 1; at + 3 <= size; at += 3) {
        switch (data[at] % 4) {
        case 0: add(&queue, data[at + 1]); break;
        case 1: page[(VIRTIO_QUEUE_USED + data[at + 1]) % VIRTIO_QUEUE_BYTES] = data[at + 2]; break;
        case 2: page[data[at + 1] * 16u + data[at + 2] % 16u] ^= data[at + 2]; break;
        default:
            if (virtio_queue_take(&queue, &token, &written) == ZX_OK) {
                returned(token);
            }
        }
    }
    while ((token = virtio_queue_abandon(&queue)) != NULL) {
        returned(token);
    }
    if (count != 0) {
        abort();
    }
    free(page);
    return 0;
}
