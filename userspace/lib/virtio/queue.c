// SPDX-License-Identifier: MIT
//
// The split virtqueue; the interface is in virtio/queue.h, the layout in virtio 1.1, 2.6.5 to
// 2.6.8.
//
//   Q1  A descriptor is free (on the chain that begins at first_free) or belongs to one request.
//   Q2  A request's first descriptor has its token; those behind it have none.
//   Q3  Nothing is ever read from the page but `used`, and each of its numbers once.

#include <virtio/queue.h>

#include <string.h>

#include <zircon/errors.h>

#define DESCRIPTOR_NEXT  1u // flags
#define DESCRIPTOR_WRITE 2u
#define AVAILABLE_INDEX  (VIRTIO_QUEUE_AVAILABLE + 2)
#define AVAILABLE_RING   (VIRTIO_QUEUE_AVAILABLE + 4)
#define USED_INDEX       (VIRTIO_QUEUE_USED + 2)
#define USED_RING        (VIRTIO_QUEUE_USED + 4)
#define USED_ENTRY       8u
#define NO_DESCRIPTOR    UINT16_MAX

_Static_assert(VIRTIO_QUEUE_MAX * 16 <= VIRTIO_QUEUE_AVAILABLE, "descriptors come first");
_Static_assert(AVAILABLE_RING + 2 * VIRTIO_QUEUE_MAX + 2 <= VIRTIO_QUEUE_USED, "then available");
_Static_assert(USED_RING + USED_ENTRY * VIRTIO_QUEUE_MAX + 2 <= VIRTIO_QUEUE_BYTES, "then used");
_Static_assert(VIRTIO_QUEUE_USED % 4 == 0, "aligned");

// Orders what was written and read before against what comes after, as the device sees it: it may
// lie outside of the CPUs' shareability domain (Arm ARM, B2.3.11).
static void device_barrier(void)
{
#ifdef __aarch64__
    __asm__ volatile("dmb osh" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

// Fields are little endian, as every machine here.
static void put16(struct virtio_queue *queue, uint32_t at, uint16_t value)
{
    *(volatile uint16_t *)(queue->page + at) = value;
}

static void put32(struct virtio_queue *queue, uint32_t at, uint32_t value)
{
    *(volatile uint32_t *)(queue->page + at) = value;
}

static void put64(struct virtio_queue *queue, uint32_t at, uint64_t value)
{
    *(volatile uint64_t *)(queue->page + at) = value;
}

static uint16_t get16(const struct virtio_queue *queue, uint32_t at)
{
    return *(volatile uint16_t *)(queue->page + at);
}

static uint32_t get32(const struct virtio_queue *queue, uint32_t at)
{
    return *(volatile uint32_t *)(queue->page + at);
}

zx_status_t virtio_queue_init(struct virtio_queue *queue, void *page, uint16_t size)
{
    if (size == 0 || size > VIRTIO_QUEUE_MAX || (size & (size - 1)) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    memset(page, 0, VIRTIO_QUEUE_BYTES);
    memset(queue, 0, sizeof(*queue));
    queue->page = page;
    queue->size = size;
    queue->free_count = size;
    for (uint16_t i = 0; i < size; i++) {
        queue->chains[i].next = i + 1 < size ? (uint16_t)(i + 1) : NO_DESCRIPTOR;
    }
    return ZX_OK;
}

// True if the segments make a request. *out_writable: bytes that the device may write.
static bool is_request(const struct virtio_queue *queue, const struct virtio_segment *segments,
                       uint32_t count, uint32_t *out_writable)
{
    uint64_t writable = 0;

    for (uint32_t i = 0; i < count && i < queue->size; i++) {
        if (segments[i].size == 0 || (writable != 0 && !segments[i].device_writes)) {
            return false;
        }
        writable += segments[i].device_writes ? segments[i].size : 0;
    }
    *out_writable = (uint32_t)writable;
    return count != 0 && count <= queue->size && writable <= UINT32_MAX;
}

static void put_descriptor(struct virtio_queue *queue, uint16_t index,
                           const struct virtio_segment *segment, bool last)
{
    uint32_t at = 16u * index;

    put64(queue, at, segment->address);
    put32(queue, at + 8, segment->size);
    put16(
        queue, at + 12,
        (uint16_t)((last ? 0 : DESCRIPTOR_NEXT) | (segment->device_writes ? DESCRIPTOR_WRITE : 0)));
    put16(queue, at + 14, last ? 0 : queue->chains[index].next);
}

zx_status_t virtio_queue_add(struct virtio_queue *queue, const struct virtio_segment *segments,
                             uint32_t count, void *token)
{
    uint32_t writable;
    uint16_t head = queue->first_free, at = head;

    if (queue->broken) {
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (token == NULL || !is_request(queue, segments, count, &writable)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (count > queue->free_count) {
        return ZX_ERR_SHOULD_WAIT;
    }
    for (uint32_t i = 0; i < count; i++) {
        put_descriptor(queue, at, &segments[i], i + 1 == count);
        queue->first_free = queue->chains[at].next;
        at = queue->first_free;
    }
    queue->free_count = (uint16_t)(queue->free_count - count);
    queue->chains[head].token = token;
    queue->chains[head].writable = writable;
    queue->chains[head].count = (uint16_t)count;
    put16(queue, AVAILABLE_RING + 2u * (queue->next_available % queue->size), head);
    // The device sees the request before it sees that there is one.
    device_barrier();
    put16(queue, AVAILABLE_INDEX, ++queue->next_available);
    // And the index before it is notified.
    device_barrier();
    return ZX_OK;
}

// Gives the descriptors of a request back. Returns its token.
static void *release(struct virtio_queue *queue, uint16_t head)
{
    void *token = queue->chains[head].token;
    uint16_t last = head;

    for (uint32_t i = 1; i < queue->chains[head].count; i++) {
        last = queue->chains[last].next;
    }
    queue->chains[last].next = queue->first_free;
    queue->first_free = head;
    queue->free_count = (uint16_t)(queue->free_count + queue->chains[head].count);
    queue->chains[head].token = NULL;
    return token;
}

zx_status_t virtio_queue_take(struct virtio_queue *queue, void **out_token, uint32_t *out_written)
{
    uint16_t done = (uint16_t)(get16(queue, USED_INDEX) - queue->next_used);

    if (queue->broken) {
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    if (done == 0) {
        return ZX_ERR_SHOULD_WAIT;
    }
    // What the device has written lies behind its index.
    device_barrier();
    uint32_t at = USED_RING + USED_ENTRY * (queue->next_used % queue->size);
    uint32_t head = get32(queue, at), written = get32(queue, at + 4);

    // More done than the queue has room for; something that was not given; more than there is room
    // for.
    if (done > queue->size || head >= queue->size || queue->chains[head].token == NULL ||
        written > queue->chains[head].writable) {
        queue->broken = true;
        return ZX_ERR_IO_DATA_INTEGRITY;
    }
    queue->next_used++;
    *out_token = release(queue, (uint16_t)head);
    *out_written = written;
    return ZX_OK;
}

void *virtio_queue_abandon(struct virtio_queue *queue)
{
    for (uint16_t i = 0; i < queue->size; i++) {
        if (queue->chains[i].token != NULL) {
            return release(queue, i);
        }
    }
    return NULL;
}
