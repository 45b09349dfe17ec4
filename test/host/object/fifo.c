// SPDX-License-Identifier: MIT
// FIFOs: spec 11 section 3, row by row of its tables.
#include "object_test.h"

static zx_handle_t pair[2];

static void make_fifos(size_t elem_count, size_t elem_size)
{
    assert_ok(zx_fifo_create(elem_count, elem_size, 0, &pair[0], &pair[1]));
}

static void close_fifos(void)
{
    assert_ok(zx_handle_close_many(pair, 2));
}

// Writes as many as fit, checks that these were `fit`.
static void write_some(zx_handle_t f, const uint32_t *data, size_t count, size_t fit)
{
    size_t actual = 12345;

    assert_ok(zx_fifo_write(f, 4, data, count, &actual));
    assert_int_equal(actual, fit);
}

// Reads up to `count`; they must be the numbers from `first` on, `there` of them.
static void read_some(zx_handle_t f, size_t count, uint32_t first, size_t there)
{
    uint32_t data[1024];
    size_t actual = 12345;

    assert_true(count <= countof(data));
    memset(data, 0xee, sizeof(data));
    assert_ok(zx_fifo_read(f, 4, data, count, &actual));
    assert_int_equal(actual, there);
    for (size_t i = 0; i < there; i++)
        assert_int_equal(data[i], first + i);
    if (there < countof(data))
        assert_int_equal(data[there], 0xeeeeeeee); // nothing behind them was touched
}

// CALLS(zx_fifo_create)
SCENARIO(fifo_begins_writable_with_its_rights)
{
    make_fifos(8, 4);
    for (unsigned i = 0; i < 2; i++) {
        zx_info_handle_basic_t info = basic(pair[i]);
        assert_int_equal(info.type, ZX_OBJ_TYPE_FIFO);
        assert_int_equal(info.rights, 0xf00f);
        assert_int_equal(info.related_koid, basic(pair[1 - i]).koid);
        assert_int_equal(state_of(pair[i]), ZX_FIFO_WRITABLE);
    }
    close_fifos();
}

SCENARIO(fifo_takes_powers_of_two_up_to_4096_bytes)
{
    static const size_t bad[][2] = {
        {0, 0}, {0, 8}, {8, 0}, {3, 4}, {35, 32}, {23, 8}, {128, 33}, {0, 1}, {1, 0}, {1, 4097},
        {4096, 2}, {8192, 1}, {64, 65}, {1ull << 63, 2}, {1ull << 32, 1ull << 32}, {2, 1ull << 63},
    };
    static const size_t good[][2] = {{1, 1}, {1, 4096}, {4096, 1}, {64, 64}, {2, 2048}, {4, 1023}};
    static char bytes[4096];
    zx_handle_t out0 = 77, out1 = 78;
    size_t actual;

    for (unsigned i = 0; i < countof(bad); i++) {
        for (uint32_t options = 0; options < 2; options++) // a size error wins over an option
            assert_status(zx_fifo_create(bad[i][0], bad[i][1], options, &out0, &out1),
                          ZX_ERR_OUT_OF_RANGE);
    }
    assert_status(zx_fifo_create(8, 8, 1, &out0, &out1), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out0, 77);
    assert_int_equal(out1, 78);
    for (unsigned i = 0; i < countof(good); i++) {
        make_fifos(good[i][0], good[i][1]);
        // It holds exactly as many as it was made for, each way.
        for (unsigned way = 0; way < 2; way++) {
            for (size_t n = 0; n < good[i][0]; n += actual)
                assert_ok(zx_fifo_write(pair[way], good[i][1], bytes, good[i][0] - n, &actual));
            assert_status(zx_fifo_write(pair[way], good[i][1], bytes, 1, NULL), ZX_ERR_SHOULD_WAIT);
        }
        close_fifos();
    }
}

// CALLS(zx_fifo_write, zx_fifo_read)
SCENARIO(elements_come_out_in_order_around_the_end)
{
    uint32_t numbers[16];

    make_fifos(8, 4);
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < 16; i++)
            numbers[i] = round * 100 + i;
        write_some(pair[0], numbers, 5, 5);
        read_some(pair[1], 2, round * 100, 2);
        write_some(pair[0], numbers + 5, 16, 5); // as many as fit
        read_some(pair[1], 100, round * 100 + 2, 8);
    }
    assert_int_equal(state_of(pair[1]), ZX_FIFO_WRITABLE);
    close_fifos();
}

SCENARIO(fifo_signals_follow_its_rings)
{
    uint32_t numbers[4] = {0, 1, 2, 3};

    make_fifos(4, 4);
    write_some(pair[0], numbers, 3, 3);
    assert_int_equal(state_of(pair[0]), ZX_FIFO_WRITABLE);
    assert_int_equal(state_of(pair[1]), ZX_FIFO_WRITABLE | ZX_FIFO_READABLE);
    write_some(pair[0], numbers + 3, 1, 1);
    assert_int_equal(state_of(pair[0]), 0); // full
    write_some(pair[1], numbers, 4, 4);     // each direction has its ring
    assert_int_equal(state_of(pair[0]), ZX_FIFO_READABLE);
    assert_int_equal(state_of(pair[1]), ZX_FIFO_READABLE);
    read_some(pair[1], 1, 0, 1);
    assert_int_equal(state_of(pair[0]), ZX_FIFO_READABLE | ZX_FIFO_WRITABLE);
    assert_int_equal(state_of(pair[1]), ZX_FIFO_READABLE);
    read_some(pair[1], 4, 1, 3);
    assert_int_equal(state_of(pair[1]), 0);
    read_some(pair[0], 4, 0, 4);
    assert_int_equal(state_of(pair[0]), ZX_FIFO_WRITABLE);
    assert_int_equal(state_of(pair[1]), ZX_FIFO_WRITABLE);
    close_fifos();
}

SCENARIO(elements_outlive_their_writer)
{
    uint32_t numbers[3] = {5, 6, 7};

    make_fifos(4, 4);
    write_some(pair[0], numbers, 3, 3);
    assert_ok(zx_object_signal(pair[1], 0, ZX_USER_SIGNAL_5));
    close_handle(pair[0]);
    assert_int_equal(state_of(pair[1]),
                     ZX_FIFO_READABLE | ZX_FIFO_PEER_CLOSED | ZX_USER_SIGNAL_5);
    read_some(pair[1], 2, 5, 2);
    read_some(pair[1], 2, 7, 1);
    assert_status(zx_fifo_read(pair[1], 4, numbers, 1, NULL), ZX_ERR_PEER_CLOSED);
    assert_int_equal(state_of(pair[1]), ZX_FIFO_PEER_CLOSED | ZX_USER_SIGNAL_5);
    close_handle(pair[1]);
}

SCENARIO(fifo_write_checks_in_order)
{
    zx_handle_t event = make_event();
    uint32_t numbers[8] = {0};
    size_t actual = 77;

    make_fifos(4, 4);
    zx_handle_t mute = duplicate_without(pair[0], ZX_RIGHT_WRITE);
    assert_status(zx_fifo_write(0, 3, numbers, 0, &actual), ZX_ERR_BAD_HANDLE);
    assert_status(zx_fifo_write(mute, 3, numbers, 0, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_fifo_write(event, 3, numbers, 0, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_fifo_write(lab.job, 3, numbers, 0, &actual), ZX_ERR_WRONG_TYPE);
    assert_status(zx_fifo_write(pair[0], 3, numbers, 1, &actual), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_fifo_write(pair[0], 4, numbers, 0, &actual), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_fifo_write(pair[0], 4, LAB_BAD_PTR, 1, &actual), ZX_ERR_INVALID_ARGS);
    write_some(pair[0], numbers, 8, 4);
    // Nothing is out of range even when it is full; full comes before the pointer.
    assert_status(zx_fifo_write(pair[0], 4, numbers, 0, &actual), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_fifo_write(pair[0], 4, LAB_BAD_PTR, 1, &actual), ZX_ERR_SHOULD_WAIT);
    close_handle(pair[1]);
    assert_status(zx_fifo_write(pair[0], 3, numbers, 0, &actual), ZX_ERR_PEER_CLOSED);
    assert_int_equal(actual, 77);
    assert_ok(zx_handle_close_many((zx_handle_t[]){pair[0], mute, event}, 3));
}

SCENARIO(fifo_read_checks_in_order)
{
    zx_handle_t event = make_event();
    uint32_t numbers[8] = {0};
    size_t actual = 77;

    make_fifos(4, 4);
    zx_handle_t blind = duplicate_without(pair[1], ZX_RIGHT_READ);
    assert_status(zx_fifo_read(0, 3, numbers, 0, &actual), ZX_ERR_BAD_HANDLE);
    assert_status(zx_fifo_read(blind, 3, numbers, 0, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_fifo_read(event, 3, numbers, 0, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_fifo_read(lab.job, 3, numbers, 0, &actual), ZX_ERR_WRONG_TYPE);
    assert_status(zx_fifo_read(pair[1], 3, numbers, 1, &actual), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_fifo_read(pair[1], 4, numbers, 0, &actual), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_fifo_read(pair[1], 4, LAB_BAD_PTR, 1, &actual), ZX_ERR_SHOULD_WAIT);
    close_handle(pair[0]);
    // Unlike a write: the size and the count come first.
    assert_status(zx_fifo_read(pair[1], 3, numbers, 1, &actual), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_fifo_read(pair[1], 4, numbers, 0, &actual), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_fifo_read(pair[1], 4, LAB_BAD_PTR, 1, &actual), ZX_ERR_PEER_CLOSED);
    assert_int_equal(actual, 77);
    assert_ok(zx_handle_close_many((zx_handle_t[]){pair[1], blind, event}, 3));
}

SCENARIO(bad_count_pointer_is_found_when_the_data_has_moved)
{
    uint32_t numbers[4] = {1, 2, 3, 4};

    make_fifos(4, 4);
    assert_status(zx_fifo_write(pair[0], 4, numbers, 2, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_int_equal(state_of(pair[1]), ZX_FIFO_WRITABLE | ZX_FIFO_READABLE);
    assert_status(zx_fifo_read(pair[1], 4, numbers + 2, 1, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_int_equal(numbers[2], 1);
    read_some(pair[1], 4, 2, 1);
    assert_ok(zx_fifo_write(pair[0], 4, numbers, 1, NULL)); // the count is optional
    assert_ok(zx_fifo_read(pair[1], 4, numbers, 1, NULL));
    close_fifos();
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest fifo_tests[] = {
    T(fifo_begins_writable_with_its_rights),
    T(fifo_takes_powers_of_two_up_to_4096_bytes),
    T(elements_come_out_in_order_around_the_end),
    T(fifo_signals_follow_its_rings),
    T(elements_outlive_their_writer),
    T(fifo_write_checks_in_order),
    T(fifo_read_checks_in_order),
    T(bad_count_pointer_is_found_when_the_data_has_moved),
};
const size_t fifo_test_count = countof(fifo_tests);
