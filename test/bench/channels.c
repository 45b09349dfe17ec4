// SPDX-License-Identifier: MIT
// Rows: channels, within a thread and between two processes.
#include "bench.h"

#define SMALL 64
#define LARGE 65536

static zx_handle_t ends[2];
static zx_handle_t passenger;
static uint8_t buffer[LARGE];

static void pair_make(uint32_t count)
{
    (void)count;
    bench_check(zx_channel_create(0, &ends[0], &ends[1]), "channel_create");
}

static void pair_drop(void)
{
    bench_check(zx_handle_close_many(ends, 2), "handle_close_many");
}

static void passenger_make(uint32_t count)
{
    pair_make(count);
    bench_check(zx_event_create(0, &passenger), "event_create");
}

static void passenger_drop(void)
{
    bench_check(zx_handle_close(passenger), "handle_close");
    pair_drop();
}

static void run_create_close(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_handle_t a, b;
        zx_channel_create(0, &a, &b);
        zx_handle_close(a);
        zx_handle_close(b);
    }
}

static void write_read(uint32_t count, uint32_t bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t got, handles;
        zx_channel_write(ends[0], 0, buffer, bytes, NULL, 0);
        zx_channel_read(ends[1], 0, buffer, NULL, bytes, 0, &got, &handles);
    }
}

static void run_write_read_small(uint32_t count)
{
    write_read(count, SMALL);
}

static void run_write_read_large(uint32_t count)
{
    write_read(count, LARGE);
}

static void run_write_read_handle(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t got, handles;
        zx_channel_write(ends[0], 0, buffer, SMALL, &passenger, 1);
        zx_channel_read(ends[1], 0, buffer, &passenger, SMALL, 1, &got, &handles);
    }
}

static void call_setup(uint32_t count)
{
    (void)count;
    bench_server();
}

static void run_call(uint32_t count)
{
    zx_handle_t channel = bench_server();
    uint8_t reply[SMALL];
    zx_channel_call_args_t args = {
        .wr_bytes = buffer,
        .rd_bytes = reply,
        .wr_num_bytes = SMALL,
        .rd_num_bytes = SMALL,
    };
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bytes, handles;
        zx_status_t status =
            zx_channel_call(channel, 0, ZX_TIME_INFINITE, &args, &bytes, &handles);
        if (status != ZX_OK)
            bench_fail("channel_call", status);
    }
}

void bench_serve(zx_handle_t channel)
{
    uint8_t bytes[SMALL];
    for (;;) {
        zx_signals_t seen;
        uint32_t got, handles;
        if (zx_object_wait_one(channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                               ZX_TIME_INFINITE, &seen) != ZX_OK ||
            zx_channel_read(channel, 0, bytes, NULL, sizeof(bytes), 0, &got, &handles) != ZX_OK ||
            zx_channel_write(channel, 0, bytes, got, NULL, 0) != ZX_OK)
            zx_process_exit(0);
    }
}

const struct bench_row bench_channels[] = {
    { "channel_create_close", 1000, 1, NULL, run_create_close, NULL },
    { "channel_write_read_64", 1000, 1, pair_make, run_write_read_small, pair_drop },
    { "channel_write_read_64_1handle", 1000, 1, passenger_make, run_write_read_handle,
      passenger_drop },
    { "channel_write_read_64k", 100, 1, pair_make, run_write_read_large, pair_drop },
    { "channel_call_64_processes", 1000, 1, call_setup, run_call, NULL },
    { 0 },
};
