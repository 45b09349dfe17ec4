// SPDX-License-Identifier: MIT
// Interrupts of a real line, by the virt machine's clock (testing/alarm.h): spec 30 section 2.
#include <testing/alarm.h>
#include <testing/testing.h>

#include <minilib/string.h>
#include <zircon/process.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/resource.h>
#include <zircon/syscalls/smc.h>

#define TIMER_VECTOR 27u // PPI 11: the kernel's
#define CONSOLE_VECTOR 33u // SPI 1: the PL011
#define FOREVER      ZX_TIME_INFINITE

static struct alarm alarm;

#define NEED_ALARM(root)                                           \
    zx_handle_t root = test_root_resource();                       \
    if (root == ZX_HANDLE_INVALID) {                               \
        test_skip("no root resource");                             \
        return;                                                    \
    }                                                              \
    if (alarm.registers == NULL && alarm_open(&alarm, root) != ZX_OK) { \
        test_fail(__FILE__, __LINE__, "the clock cannot be mapped");   \
        return;                                                    \
    }

// CALLS(zx_interrupt_create)
TEST(lines_of_the_kernel_cannot_be_taken)
{
    NEED_ALARM(root);
    zx_handle_t out = 77;

    EXPECT_EQ(zx_interrupt_create(root, TIMER_VECTOR, 0, &out), ZX_ERR_ALREADY_BOUND);
    EXPECT_EQ(zx_interrupt_create(root, 1, 0, &out), ZX_ERR_ALREADY_BOUND);
    EXPECT_EQ(zx_interrupt_create(root, 3, ZX_INTERRUPT_MODE_EDGE_HIGH, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_interrupt_create(root, 5000, 0, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_interrupt_create(root, ALARM_VECTOR, ZX_INTERRUPT_MODE_LEVEL_LOW, &out),
              ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(out, 77);
}

// CALLS(zx_interrupt_create, zx_interrupt_wait, zx_interrupt_destroy)
TEST(line_wakes_the_waiting_thread)
{
    NEED_ALARM(root);
    zx_handle_t irq, h, out = 77;
    zx_time_t before, at = 0;

    ASSERT_OK(zx_resource_create(root, ZX_RSRC_KIND_IRQ | ZX_RSRC_FLAG_EXCLUSIVE, ALARM_VECTOR, 1,
                                 NULL, 0, &irq));
    ASSERT_OK(zx_interrupt_create(irq, ALARM_VECTOR, ZX_INTERRUPT_MODE_LEVEL_HIGH, &h));
    EXPECT_EQ(zx_interrupt_create(root, ALARM_VECTOR, 0, &out), ZX_ERR_ALREADY_BOUND);
    for (int i = 0; i < 3; i++) {
        before = zx_clock_get_monotonic();
        alarm_raise(&alarm);
        EXPECT_OK(zx_interrupt_wait(h, &at));
        EXPECT_GE(at, before);
        EXPECT_LE(at, zx_clock_get_monotonic());
        alarm_clear(&alarm);
    }
    EXPECT_OK(zx_interrupt_destroy(h));
    EXPECT_EQ(zx_interrupt_wait(h, &at), ZX_ERR_CANCELED);
    zx_handle_close(h);
    zx_handle_close(irq);
}

static zx_handle_t bound(zx_handle_t root, uint32_t mode, zx_handle_t *port)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_interrupt_create(root, ALARM_VECTOR, mode, &h));
    EXPECT_OK(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, port));
    EXPECT_OK(zx_interrupt_bind(h, *port, 9, 0));
    return h;
}

// CALLS(zx_interrupt_bind, zx_interrupt_ack, zx_port_wait)
TEST(standing_line_comes_again_after_each_acknowledgement)
{
    NEED_ALARM(root);
    zx_handle_t port, h = bound(root, ZX_INTERRUPT_MODE_LEVEL_HIGH, &port);
    zx_port_packet_t p;

    alarm_raise(&alarm);
    for (int i = 0; i < 3; i++) {
        EXPECT_OK(zx_port_wait(port, FOREVER, &p));
        EXPECT_EQ(p.type, ZX_PKT_TYPE_INTERRUPT);
        EXPECT_EQ(p.key, 9);
        EXPECT_EQ(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT); // masked meanwhile
        EXPECT_OK(zx_interrupt_ack(h));
    }
    EXPECT_OK(zx_port_wait(port, FOREVER, &p));
    alarm_clear(&alarm);
    EXPECT_OK(zx_interrupt_ack(h));
    EXPECT_EQ(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    zx_handle_close(h);
    zx_handle_close(port);
}

static bool contains(const char *line, const char *text)
{
    for (; *line != 0; line++) {
        if (strncmp(line, text, strlen(text)) == 0)
            return true;
    }
    return false;
}

static int lines_with(zx_handle_t log, const char *text)
{
    _Alignas(zx_log_record_t) char record[ZX_LOG_RECORD_MAX + 1];
    zx_status_t bytes;
    int found = 0;

    while ((bytes = zx_debuglog_read(log, 0, record, ZX_LOG_RECORD_MAX)) > 0) {
        record[bytes] = 0;
        found += contains(((zx_log_record_t *)record)->data, text);
    }
    return found;
}

// A line that never goes: the kernel says so and slows it down; everything else goes on.
// CALLS(zx_interrupt_ack)
TEST(storm_of_a_standing_line)
{
    NEED_ALARM(root);
    zx_handle_t log, port, h;
    zx_port_packet_t p;
    int i;

    ASSERT_OK(zx_debuglog_create(root, ZX_LOG_FLAG_READABLE, &log));
    h = bound(root, ZX_INTERRUPT_MODE_LEVEL_HIGH, &port);
    alarm_raise(&alarm);
    for (i = 0; i < 6000; i++) {
        ASSERT_OK(zx_port_wait(port, FOREVER, &p));
        ASSERT_OK(zx_interrupt_ack(h));
        if (i % 64 == 0 && lines_with(log, "interrupt 34 still stands") != 0)
            break;
    }
    EXPECT_GE(i, 4000);
    EXPECT_LT(i, 5000);
    EXPECT_OK(zx_port_wait(port, FOREVER, &p)); // after its rest
    alarm_clear(&alarm);
    EXPECT_OK(zx_interrupt_ack(h));
    zx_handle_close(h);
    zx_handle_close(port);
    zx_handle_close(log);
}

// The controller was left with a level: nobody takes it, and the machine goes on.
// CALLS(zx_interrupt_create, zx_interrupt_wait)
TEST(storm_that_nobody_takes)
{
    NEED_ALARM(root);
    zx_handle_t log, h;

    ASSERT_OK(zx_debuglog_create(root, ZX_LOG_FLAG_READABLE, &log));
    ASSERT_OK(zx_interrupt_create(root, ALARM_VECTOR, ZX_INTERRUPT_MODE_LEVEL_HIGH, &h));
    zx_handle_close(h);
    ASSERT_OK(zx_interrupt_create(root, ALARM_VECTOR, ZX_INTERRUPT_MODE_DEFAULT, &h));
    alarm_raise(&alarm);
    while (lines_with(log, "interrupt 34 fired 64 times and nobody took it") == 0)
        EXPECT_OK(zx_object_wait_one(log, ZX_LOG_READABLE, FOREVER, NULL));
    for (int i = 0; i < 3; i++)
        EXPECT_OK(zx_interrupt_wait(h, NULL));
    alarm_clear(&alarm);
    zx_handle_close(h);
    zx_handle_close(log);
}

// The line of the kernel's console, and its device with it.
// CALLS(zx_interrupt_create, zx_debug_write, zx_debug_read)
TEST(console_is_handed_over_to_a_driver)
{
    NEED_ALARM(root);
    const uint32_t irq = ZX_RSRC_KIND_IRQ, mode = ZX_INTERRUPT_MODE_LEVEL_HIGH;
    zx_handle_t log, alone, h, out = 77;
    size_t size = 1;
    char c;

    ASSERT_OK(zx_debuglog_create(root, ZX_LOG_FLAG_READABLE, &log));
    EXPECT_EQ(zx_interrupt_create(root, CONSOLE_VECTOR, mode, &out), ZX_ERR_ALREADY_BOUND);
    ASSERT_OK(zx_resource_create(root, irq | ZX_RSRC_FLAG_EXCLUSIVE, CONSOLE_VECTOR, 1, NULL, 0,
                                 &alone));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(zx_interrupt_create(alone, CONSOLE_VECTOR, mode, &h));
        EXPECT_OK(zx_debug_write("not for the console", 19));
        EXPECT_EQ(lines_with(log, "not for the console"), 1);
        EXPECT_EQ(zx_debug_read(root, &c, &size), ZX_ERR_NOT_SUPPORTED);
        EXPECT_EQ(zx_interrupt_create(alone, CONSOLE_VECTOR, mode, &out), ZX_ERR_ALREADY_BOUND);
        zx_handle_close(h); // what follows is printed by the kernel again
    }
    EXPECT_EQ(zx_interrupt_create(root, CONSOLE_VECTOR, mode, &out), ZX_ERR_ALREADY_BOUND);
    EXPECT_EQ(out, 77);
    zx_handle_close(alone);
    zx_handle_close(log);
}

// There is no firmware below this machine: the call says so, and the kernel lives.
// CALLS(zx_smc_call)
TEST(firmware_that_is_not_there)
{
    NEED_ALARM(root);
    const zx_smc_parameters_t p = {.func_id = 0x84000000}; // PSCI_VERSION
    zx_smc_result_t r;

    EXPECT_EQ(zx_smc_call(0, &p, &r), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_smc_call(root, &p, &r), ZX_ERR_NOT_SUPPORTED);
}
