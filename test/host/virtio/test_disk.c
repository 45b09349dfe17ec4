// SPDX-License-Identifier: MIT
//
// The driver of virtio's block device against a model of a device that does what it likes: it answers in any order,
// with any status, and says that it has written whatever it says. Clients come, ask for what is right and what is
// not, and go while the device is at work. What must hold:
//
//   - the device is given each byte of a request once, and no other byte of the client's memory;
//   - each request is answered once, with success only if the device has said so, and written all that was read;
//   - a buffer stays pinned as long as the device may touch it, and not longer.
//
// Stand-ins are below for the kernel, for the queue (test_queue.c has the real one) and for what is sent to clients.

#include "virtio_tests.h"

#include <stdlib.h>

#include <disk.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define SECTORS  1000u
#define CLIENTS  3u
#define ASKED    256u // requests without an answer, at most
#define OPEN_END 77   // a status that no device has

struct disk disk;

static struct dice dice;

// ---- the kernel's -------------------------------------------------------------------------------

static uint64_t vmo_size;  // of the one that is attached next
static uint32_t pin_count; // pinned now

zx_status_t zx_vmo_get_size(zx_handle_t vmo, uint64_t *out)
{
    (void)vmo;
    *out = vmo_size;
    return ZX_OK;
}

zx_status_t zx_handle_close(zx_handle_t handle)
{
    (void)handle;
    return ZX_OK;
}

// Pages here and there; sometimes two are neighbours.
zx_status_t driver_pin(zx_handle_t bti, zx_handle_t vmo, uint64_t size, struct driver_pin *out)
{
    static uint64_t next = 0x100000;

    (void)bti;
    (void)vmo;
    if (roll(&dice, 10) == 0) {
        return ZX_ERR_NO_MEMORY;
    }
    out->page_count = (uint32_t)(size / DRIVER_DMA_PAGE);
    out->addresses = calloc(out->page_count, sizeof(out->addresses[0]));
    assert_non_null(out->addresses);
    for (uint32_t i = 0; i < out->page_count; i++) {
        next += roll(&dice, 2) == 0 ? DRIVER_DMA_PAGE : 7 * DRIVER_DMA_PAGE;
        out->addresses[i] = next;
    }
    pin_count++;
    return ZX_OK;
}

void driver_unpin(struct driver_pin *pin)
{
    free(pin->addresses);
    *pin = (struct driver_pin){0};
    pin_count--;
}

// ---- clients ------------------------------------------------------------------------------------

// A request that was made, by its txid.
struct asked {
    bool open;           // no answer yet
    bool wanted;         // its client is there
    zx_status_t allowed; // that it may have; OPEN_END: the device has not seen it through
};

static struct asked asked[ASKED];
static zx_status_t last_answer;
static uint32_t attached;

static zx_status_t note(const struct ipc_request *request, zx_status_t status)
{
    struct asked *one = &asked[request->txid % ASKED];

    assert_true(one->open && one->wanted);
    if (one->allowed == OPEN_END) {
        assert_true(status != ZX_OK); // it never came to the device
    } else {
        assert_int_equal(status, one->allowed);
    }
    one->open = false;
    last_answer = status;
    return ZX_OK;
}

zx_status_t block_reply_read(const struct ipc_request *request, zx_status_t status)
{
    return note(request, status);
}

zx_status_t block_reply_write(const struct ipc_request *request, zx_status_t status)
{
    return note(request, status);
}

zx_status_t block_reply_flush(const struct ipc_request *request, zx_status_t status)
{
    return note(request, status);
}

zx_status_t block_reply_attach(const struct ipc_request *request, zx_status_t status, uint32_t buffer)
{
    (void)request;
    last_answer = status;
    attached = buffer;
    return ZX_OK;
}

zx_status_t block_reply_detach(const struct ipc_request *request, zx_status_t status)
{
    (void)request;
    last_answer = status;
    return ZX_OK;
}

zx_status_t block_reply_get_info(const struct ipc_request *request, zx_status_t status,
                                 const struct block_info *info)
{
    (void)request;
    (void)status;
    (void)info;
    return ZX_OK;
}

void block_dispatch(const void *server, void *context, struct ipc_message *message)
{
    (void)server;
    (void)context;
    (void)message;
}

// ---- the device ---------------------------------------------------------------------------------

// What the device was given and has not returned.
struct given {
    struct request *token;
    struct virtio_segment segments[REQUEST_PAGES + 3];
    uint32_t count;
};

static struct given given[SLOTS];
static uint32_t given_count;
static uint32_t room; // segments that the queue still takes

// Header and status lie in the driver's page; between them the data, whole, in its order, each byte in a page of
// the buffer's.
static void judge_segments(const struct request *request, const struct virtio_segment *segments, uint32_t count)
{
    const uint64_t base = disk.headers.pin.addresses[0];
    uint64_t at = request->offset;

    assert_true(count >= 2 && count <= REQUEST_PAGES + 2);
    assert_int_equal(segments[0].address, base + request->slot * 32);
    assert_int_equal(segments[0].size, 16);
    assert_false(segments[0].device_writes);
    assert_true(segments[count - 1].address >= base && segments[count - 1].address < base + DRIVER_DMA_PAGE);
    assert_int_equal(segments[count - 1].size, 1);
    assert_true(segments[count - 1].device_writes);
    for (uint32_t i = 1; i < count - 1; i++) {
        assert_int_equal(segments[i].device_writes, request->operation == DISK_READ);
        for (uint32_t byte = 0; byte < segments[i].size; byte += SECTOR, at += SECTOR) {
            assert_true(at / DRIVER_DMA_PAGE < request->buffer->pin.page_count);
            assert_int_equal(segments[i].address + byte,
                             request->buffer->pin.addresses[at / DRIVER_DMA_PAGE] + at % DRIVER_DMA_PAGE);
        }
    }
    assert_int_equal(at, request->offset + (uint64_t)request->count * SECTOR);
}

zx_status_t virtio_device_ask(struct virtio_device *device, const struct virtio_segment *segments,
                              uint32_t count, void *token)
{
    (void)device;
    if (count > room) {
        return ZX_ERR_SHOULD_WAIT;
    }
    assert_true(given_count < SLOTS);
    judge_segments(token, segments, count);
    struct given *one = &given[given_count++];

    one->token = token;
    one->count = count;
    memcpy(one->segments, segments, count * sizeof(segments[0]));
    room -= count;
    return ZX_OK;
}

// What the client may be told, when the device says `written` and has left this status.
static zx_status_t truth(const struct given *one, uint8_t status, uint32_t written)
{
    uint32_t all = 0;

    for (uint32_t i = 0; i < one->count; i++) {
        all += one->segments[i].device_writes ? one->segments[i].size : 0;
    }
    if (status == 0) {
        return one->token->operation != DISK_READ || written == all ? ZX_OK : ZX_ERR_IO;
    }
    return status == 2 ? ZX_ERR_NOT_SUPPORTED : ZX_ERR_IO;
}

// The device returns one of what it has, whichever, with a status or without one.
static void device_returns(void)
{
    if (given_count == 0) {
        return;
    }
    uint32_t which = roll(&dice, given_count), all = 0;
    struct given one = given[which];
    uint64_t at = one.segments[one.count - 1].address - disk.headers.pin.addresses[0];
    uint8_t *status = (uint8_t *)disk.headers.data + at;

    given[which] = given[--given_count];
    room += one.count;
    for (uint32_t i = 0; i < one.count; i++) {
        all += one.segments[i].device_writes ? one.segments[i].size : 0;
    }
    if (roll(&dice, 8) != 0) {
        *status = roll(&dice, 3) != 0 ? 0 : (uint8_t)roll(&dice, 256);
    }
    uint32_t written = roll(&dice, 4) != 0 ? all : roll(&dice, all + 1);

    if (one.token->session != NULL) {
        asked[one.token->asker.txid % ASKED].allowed = truth(&one, *status, written);
    }
    request_done(NULL, one.token, written);
}

// ---- what clients do ----------------------------------------------------------------------------

static void *sessions[CLIENTS];
static uint32_t txid;

static const struct block_server *server(void)
{
    return disk_binding().server;
}

static void attach(void *session)
{
    const struct ipc_request request = {.txid = 0};

    vmo_size = roll(&dice, 20) == 0 ? BLOCK_MAX_BUFFER_BYTES + 4096 : (uint64_t)roll(&dice, 20) * 4096;
    server()->attach(session, &request, 1);
    if (vmo_size == 0 || vmo_size > BLOCK_MAX_BUFFER_BYTES) {
        assert_int_not_equal(last_answer, ZX_OK);
    }
}

static void ask(void *session, uint32_t client)
{
    struct ipc_request request = {.txid = ++txid};
    struct asked *one = &asked[txid % ASKED];
    uint32_t count = roll(&dice, 12), kind = roll(&dice, 5);
    uint64_t offset = (uint64_t)roll(&dice, 170) * (roll(&dice, 20) == 0 ? 100 : SECTOR);
    uint64_t block = roll(&dice, 30) == 0 ? UINT64_MAX - roll(&dice, 4) : roll(&dice, SECTORS + 4);

    if (one->open) {
        return; // of long ago: the device has it
    }
    *one = (struct asked){true, true, OPEN_END};
    request.channel = client + 1;
    if (kind == 0 && !disk.can_flush) {
        one->allowed = ZX_OK; // there is nothing to do
    }
    switch (kind) {
    case 0: server()->flush(session, &request); break;
    case 1: server()->write(session, &request, roll(&dice, BLOCK_MAX_BUFFERS + 1), count, offset, block); break;
    default: server()->read(session, &request, roll(&dice, BLOCK_MAX_BUFFERS + 1), count, offset, block); break;
    }
}

// The client goes; what it asked for is nobody's.
static void leave(uint32_t client)
{
    struct session *session = sessions[client];

    for (struct vfs_link *at = session->requests.next; at != &session->requests; at = at->next) {
        struct request *request = vfs_container(at, struct request, of_session);
        struct asked *one = &asked[request->asker.txid % ASKED];

        one->wanted = one->open = false;
    }
    disk_sessions().end(session);
    sessions[client] = NULL;
}

static void client_acts(void)
{
    uint32_t client = roll(&dice, CLIENTS);
    const struct ipc_request request = {.txid = 0};

    if (sessions[client] == NULL) {
        sessions[client] = disk_sessions().begin(NULL);
        assert_non_null(sessions[client]);
    }
    switch (roll(&dice, 16)) {
    case 0: leave(client); break;
    case 1: server()->detach(sessions[client], &request, roll(&dice, BLOCK_MAX_BUFFERS + 1)); break;
    case 2: case 3: attach(sessions[client]); break;
    default: ask(sessions[client], client); break;
    }
}

// ---- tests --------------------------------------------------------------------------------------

static void begin(uint64_t seed, uint32_t max_pages)
{
    static zx_paddr_t address = 0x8000;

    dice.state = seed;
    disk = (struct disk){.sectors = SECTORS, .max_pages = max_pages, .can_flush = seed % 2 == 0,
                         .read_only = seed % 7 == 0};
    vfs_link_init(&disk.waiting);
    disk.headers.data = aligned_alloc(DRIVER_DMA_PAGE, DRIVER_DMA_PAGE);
    assert_non_null(disk.headers.data);
    disk.headers.pin = (struct driver_pin){.page_count = 1, .addresses = &address};
    room = 128;
    given_count = 0;
    memset(asked, 0, sizeof(asked));
}

static void end(void)
{
    while (given_count != 0) {
        device_returns();
    }
    for (uint32_t i = 0; i < ASKED; i++) {
        assert_false(asked[i].open); // nobody waits for ever
    }
    for (uint32_t i = 0; i < CLIENTS; i++) {
        if (sessions[i] != NULL) {
            leave(i);
        }
    }
    assert_true(vfs_link_alone(&disk.waiting));
    assert_int_equal(pin_count, 0);
    assert_int_equal(room, 128);
    free(disk.headers.data);
}

static void test_any_device(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        begin(seed, 2 + (uint32_t)(seed % (REQUEST_PAGES - 1)));
        for (uint32_t step = 0; step < 2000; step++) {
            if (roll(&dice, 3) == 0) {
                device_returns();
            } else {
                client_acts();
            }
        }
        end();
    }
}

// A device that says that it has read, and has not: the client does not take what was in its memory for data.
static void test_a_short_read_is_an_error(void **state)
{
    const struct ipc_request request = {.txid = 1};

    (void)state;
    begin(2, REQUEST_PAGES);
    dice.state = 5;
    sessions[0] = disk_sessions().begin(NULL);
    for (uint32_t written = 0; written <= 2 * SECTOR + 1; written += SECTOR / 2) {
        uint32_t says = written < 2 * SECTOR + 1 && written >= 2 * SECTOR ? 2 * SECTOR + 1 : written;

        do {
            vmo_size = 4096;
            server()->attach(sessions[0], &request, 1);
        } while (last_answer != ZX_OK);
        asked[1] = (struct asked){true, true, OPEN_END};
        server()->read(sessions[0], &request, attached, 2, 0, 0);
        assert_int_equal(given_count, 1);
        asked[1].allowed = says == 2 * SECTOR + 1 ? ZX_OK : ZX_ERR_IO;
        struct request *token = given[--given_count].token;

        room += given[0].count;
        *((uint8_t *)disk.headers.data + token->slot * 32 + 16) = 0;
        request_done(NULL, token, says);
        assert_false(asked[1].open);
        server()->detach(sessions[0], &request, attached);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_device),
        cmocka_unit_test(test_a_short_read_is_an_error),
    };

    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
