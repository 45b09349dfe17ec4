// SPDX-License-Identifier: MIT
//
// The virtqueue against a model of a device that keeps to the rules, and one that does not. The
// page is exactly one page of the heap: AddressSanitizer sees what goes beyond.

#include "virtio_tests.h"

#include <stdlib.h>

#include <virtio/queue.h>
#include <zircon/errors.h>

#define REQUESTS 64u

// What the test knows of a request.
struct request {
    bool outstanding;
    uint32_t segment_count;
    struct virtio_segment segments[4];
    uint32_t writable;
};

static struct virtio_queue queue;
static uint8_t *page;
static struct request requests[REQUESTS];
static uint64_t next_address;

static void begin(uint16_t size)
{
    free(page);
    page = aligned_alloc(4096, VIRTIO_QUEUE_BYTES);
    assert_non_null(page);
    memset(page, 0xa5, VIRTIO_QUEUE_BYTES);
    memset(requests, 0, sizeof(requests));
    next_address = 0x1000;
    assert_int_equal(virtio_queue_init(&queue, page, size), ZX_OK);
}

static uint32_t free_entries(uint16_t size)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < REQUESTS; i++) {
        used += requests[i].outstanding ? requests[i].segment_count : 0;
    }
    return size - used;
}

// Puts a request of its own kind into the queue.
static zx_status_t add(struct request *request, struct dice *dice)
{
    uint32_t count = 1 + roll(dice, 4), readable = roll(dice, count + 1);

    request->segment_count = count;
    request->writable = 0;
    for (uint32_t i = 0; i < count; i++) {
        request->segments[i] =
            (struct virtio_segment){next_address, 1 + roll(dice, 5000), i >= readable};
        next_address += 0x10000;
        request->writable += i >= readable ? request->segments[i].size : 0;
    }
    return virtio_queue_add(&queue, request->segments, count, request);
}

// ---- the model of a device ----------------------------------------------------------------------

static uint16_t device_seen; // of the available ring
static uint16_t device_held[REQUESTS];
static uint32_t device_count;

static uint16_t load16(uint32_t at)
{
    uint16_t value;

    memcpy(&value, page + at, sizeof(value));
    return value;
}

static void store(uint32_t at, uint32_t value, size_t size)
{
    memcpy(page + at, &value, size);
}

// Takes what is available, and compares the first of each chain with what was asked.
static void device_look(uint16_t size)
{
    while (device_seen != load16(VIRTIO_QUEUE_AVAILABLE + 2)) {
        device_held[device_count++] =
            load16(VIRTIO_QUEUE_AVAILABLE + 4 + 2u * (device_seen++ % size));
    }
}

// Compares a chain in memory with the segments of the request that begins in it.
static void check_chain(uint16_t head, const struct request *request)
{
    uint16_t at = head;

    for (uint32_t i = 0; i < request->segment_count; i++) {
        uint64_t address;
        uint32_t size;
        uint16_t flags = load16(16u * at + 12);

        memcpy(&address, page + 16u * at, sizeof(address));
        memcpy(&size, page + 16u * at + 8, sizeof(size));
        assert_int_equal(address, request->segments[i].address);
        assert_int_equal(size, request->segments[i].size);
        assert_int_equal((flags & 2) != 0, request->segments[i].device_writes);
        assert_int_equal(flags & 1, i + 1 < request->segment_count);
        at = load16(16u * at + 14);
    }
}

// The request that the chain at `head` belongs to, by its first address.
static struct request *request_of(uint16_t head)
{
    uint64_t address;

    memcpy(&address, page + 16u * head, sizeof(address));
    for (uint32_t i = 0; i < REQUESTS; i++) {
        if (requests[i].outstanding && requests[i].segments[0].address == address) {
            return &requests[i];
        }
    }
    fail_msg("the device was shown what nobody asked for");
    return NULL;
}

// Returns one of those that it holds, any.
static void device_finish(struct dice *dice, uint16_t size)
{
    uint32_t which = roll(dice, device_count);
    uint16_t head = device_held[which], index = load16(VIRTIO_QUEUE_USED + 2);
    struct request *request = request_of(head);

    check_chain(head, request);
    device_held[which] = device_held[--device_count];
    store(VIRTIO_QUEUE_USED + 4 + 8u * (index % size), head, 4);
    store(VIRTIO_QUEUE_USED + 8 + 8u * (index % size), roll(dice, request->writable + 1), 4);
    store(VIRTIO_QUEUE_USED + 2, (uint16_t)(index + 1), 2);
}

static void model(uint16_t size, uint32_t seed)
{
    struct dice dice = {seed};
    uint32_t steps = 0;

    begin(size);
    device_seen = 0;
    device_count = 0;
    while (steps++ < 20000) {
        struct request *request = &requests[roll(&dice, REQUESTS)];
        void *token;
        uint32_t written;

        if (!request->outstanding && roll(&dice, 3) != 0) {
            uint32_t room = free_entries(size);
            zx_status_t status = add(request, &dice);

            assert_int_equal(status, request->segment_count > size   ? ZX_ERR_INVALID_ARGS
                                     : request->segment_count > room ? ZX_ERR_SHOULD_WAIT
                                                                     : ZX_OK);
            request->outstanding = status == ZX_OK;
        }
        device_look(size);
        if (device_count != 0 && roll(&dice, 2) == 0) {
            device_finish(&dice, size);
        }
        if (roll(&dice, 2) == 0 && virtio_queue_take(&queue, &token, &written) == ZX_OK) {
            struct request *done = token;

            assert_true(done->outstanding);
            assert_true(written <= done->writable);
            done->outstanding = false;
        }
        assert_int_equal(virtio_queue_free(&queue), free_entries(size));
    }
}

static void test_model(void **state)
{
    (void)state;
    for (uint16_t size = 1; size <= VIRTIO_QUEUE_MAX; size = (uint16_t)(2 * size)) {
        model(size, size);
    }
}

// ---- what is refused ----------------------------------------------------------------------------

static void test_requests_that_are_none(void **state)
{
    const struct virtio_segment good[] = {{0x1000, 16, false}, {0x2000, 512, true}};
    const struct virtio_segment empty[] = {{0x1000, 0, false}};
    const struct virtio_segment behind[] = {{0x1000, 16, true}, {0x2000, 16, false}};
    const struct virtio_segment large[] = {{0, UINT32_MAX, true}, {0, UINT32_MAX, true}};
    struct virtio_segment many[17];
    int token;

    (void)state;
    for (size_t i = 0; i < 17; i++) {
        many[i] = good[0];
    }
    begin(16);
    assert_int_equal(virtio_queue_add(&queue, good, 2, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(virtio_queue_add(&queue, good, 0, &token), ZX_ERR_INVALID_ARGS);
    assert_int_equal(virtio_queue_add(&queue, empty, 1, &token), ZX_ERR_INVALID_ARGS);
    assert_int_equal(virtio_queue_add(&queue, behind, 2, &token), ZX_ERR_INVALID_ARGS);
    assert_int_equal(virtio_queue_add(&queue, large, 2, &token), ZX_ERR_INVALID_ARGS);
    assert_int_equal(virtio_queue_add(&queue, many, 17, &token), ZX_ERR_INVALID_ARGS);
    assert_int_equal(virtio_queue_free(&queue), 16);
    assert_int_equal(virtio_queue_add(&queue, many, 16, &token), ZX_OK);
    assert_int_equal(virtio_queue_add(&queue, good, 1, &token), ZX_ERR_SHOULD_WAIT);
    for (uint16_t size = 0; size < 300; size++) {
        bool good_size = size != 0 && size <= VIRTIO_QUEUE_MAX && (size & (size - 1)) == 0;

        assert_int_equal(virtio_queue_init(&queue, page, size),
                         good_size ? ZX_OK : ZX_ERR_INVALID_ARGS);
    }
}

// One request lies at descriptors 0 and 1; the device returns `head`, `written`, and counts to
// `index`.
static zx_status_t returned(uint32_t head, uint32_t written, uint16_t index)
{
    const struct virtio_segment segments[] = {{0x1000, 16, false}, {0x2000, 512, true}};
    static int token;
    void *out;
    uint32_t out_written;

    begin(16);
    assert_int_equal(virtio_queue_add(&queue, segments, 2, &token), ZX_OK);
    store(VIRTIO_QUEUE_USED + 4, head, 4);
    store(VIRTIO_QUEUE_USED + 8, written, 4);
    store(VIRTIO_QUEUE_USED + 2, index, 2);
    zx_status_t status = virtio_queue_take(&queue, &out, &out_written);

    if (status == ZX_ERR_IO_DATA_INTEGRITY) {
        // For good.
        assert_int_equal(virtio_queue_add(&queue, segments, 2, &token), status);
        assert_int_equal(virtio_queue_take(&queue, &out, &out_written), status);
        assert_ptr_equal(virtio_queue_abandon(&queue), &token);
    }
    assert_null(virtio_queue_abandon(&queue));
    assert_int_equal(virtio_queue_free(&queue), 16);
    return status;
}

static void test_devices_that_lie(void **state)
{
    (void)state;
    assert_int_equal(returned(0, 512, 1), ZX_OK);
    assert_int_equal(returned(0, 0, 1), ZX_OK);
    assert_int_equal(returned(0, 513, 1), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(returned(0, UINT32_MAX, 1), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(returned(1, 0, 1), ZX_ERR_IO_DATA_INTEGRITY); // inside of a request
    assert_int_equal(returned(2, 0, 1), ZX_ERR_IO_DATA_INTEGRITY); // a free one
    assert_int_equal(returned(16, 0, 1), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(returned(0x10000, 0, 1), ZX_ERR_IO_DATA_INTEGRITY); // 0, in 16 bits
    assert_int_equal(returned(0, 0, 17), ZX_ERR_IO_DATA_INTEGRITY);
    assert_int_equal(returned(0, 0, 0xffff), ZX_ERR_IO_DATA_INTEGRITY);
}

// A device that writes anywhere in the page at any time: tokens come back once or not at all.
static void test_devices_that_scribble(void **state)
{
    struct dice dice = {11};

    (void)state;
    for (uint32_t round = 0; round < 3000; round++) {
        begin(16);
        for (uint32_t step = 0; step < 60; step++) {
            struct request *request = &requests[roll(&dice, REQUESTS)];
            void *token;
            uint32_t written;

            if (!request->outstanding) {
                request->outstanding = add(request, &dice) == ZX_OK;
            }
            if (roll(&dice, 2) == 0) {
                store(VIRTIO_QUEUE_USED + 2, queue.next_used + roll(&dice, 3), 2);
                store(VIRTIO_QUEUE_USED + 4 + 8 * roll(&dice, 16), roll(&dice, 18), 4);
            } else {
                store(roll(&dice, VIRTIO_QUEUE_BYTES - 4), roll(&dice, 70000), 1 + roll(&dice, 4));
            }
            if (virtio_queue_take(&queue, &token, &written) == ZX_OK) {
                struct request *done = token;

                assert_true(done->outstanding);
                assert_true(written <= done->writable);
                done->outstanding = false;
            }
            assert_int_equal(virtio_queue_free(&queue), free_entries(16));
        }
        for (struct request *left; (left = virtio_queue_abandon(&queue)) != NULL;) {
            assert_true(left->outstanding);
            left->outstanding = false;
        }
        assert_int_equal(free_entries(16), 16);
    }
    free(page);
    page = NULL;
}

int run_queue_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_requests_that_are_none),
        cmocka_unit_test(test_devices_that_lie),
        cmocka_unit_test(test_devices_that_scribble),
    };

    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
