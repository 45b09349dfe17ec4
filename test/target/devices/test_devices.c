// SPDX-License-Identifier: MIT
//
// Tests of devmgr and of drivers, from within a session of its own manifests: who drives what, what
// a driver can do and what not, and what happens when it dies.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempts.h"

#include <check/check.h>
#include <jacinth/service.h>
#include <protocol/devices.h>
#include <protocol/manager.h>
#include <protocol/rtc.h>
#include <protocol/system.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>

#define PATIENCE ZX_SEC(600) // only a hang takes that long
#define NAP      ZX_MSEC(10)

static zx_time_t soon(void)
{
    return zx_deadline_after(PATIENCE);
}

// A connection to what a driver publishes.
static zx_handle_t connect_device(const char *name)
{
    char path[64];
    zx_handle_t channel = ZX_HANDLE_INVALID;

    snprintf(path, sizeof(path), "/svc/fs/device/%s", name);
    // A server that is only just started may take longer than a connection waits.
    for (zx_time_t end = soon(); service_connect(path, &channel) == ZX_ERR_TIMED_OUT &&
                                 zx_clock_get_monotonic() < end;) {}
    return channel;
}

// The entry of a driver; its state is UINT32_MAX if there is none. *out_count: of all devices.
static struct devices_entry find_driver(const char *driver, uint32_t *out_count)
{
    static struct devices_entry entries[DEVICES_MAX_ENTRIES / sizeof(struct devices_entry)];
    struct devices_entry found = {.state = UINT32_MAX};
    zx_handle_t channel;
    size_t size = 1;
    uint32_t count = 0;

    // While devmgr is started again there is nobody to ask.
    if (service_connect("/svc/devices", &channel) != ZX_OK) {
        return found;
    }
    while (size != 0 &&
           devices_list(channel, soon(), count, entries, sizeof(entries), &size) == ZX_OK) {
        for (size_t i = 0; i < size / sizeof(entries[0]); i++) {
            if (strcmp((const char *)entries[i].driver, driver) == 0) {
                found = entries[i];
            }
        }
        count += (uint32_t)(size / sizeof(entries[0]));
    }
    zx_handle_close(channel);
    if (out_count != NULL) {
        *out_count = count;
    }
    return found;
}

// Waits until a driver is in a state, and if that is RUNNING, has another process than `before`.
static struct devices_entry wait_for(const char *driver, uint32_t state, zx_koid_t before)
{
    zx_time_t end = soon();
    struct devices_entry entry = find_driver(driver, NULL);

    while ((entry.state != state || (state == DEVICES_RUNNING && entry.koid == before)) &&
           zx_clock_get_monotonic() < end) {
        zx_nanosleep(zx_deadline_after(NAP));
        entry = find_driver(driver, NULL);
    }
    EXPECT_EQ(entry.state, state);
    return entry;
}

static zx_status_t attempt(enum attempt number)
{
    zx_handle_t channel = connect_device("attempts0");
    zx_status_t status = rtc_set(channel, soon(), number);

    zx_handle_close(channel);
    return status;
}

TEST(the_tree_is_listed_and_the_clock_has_its_driver)
{
    uint32_t count = 0;

    (void)wait_for("pl031", DEVICES_RUNNING, 0);
    struct devices_entry clock = find_driver("pl031", &count);

    EXPECT_TRUE(count > 8);
    EXPECT_EQ(clock.state, DEVICES_RUNNING);
    EXPECT_STR((const char *)clock.path, "/pl031@9010000");
    EXPECT_STR((const char *)clock.compatible, "arm,pl031");
    EXPECT_STR((const char *)clock.service, "rtc0");
    EXPECT_TRUE(clock.koid != 0);
    EXPECT_EQ(find_driver("mistaken", NULL).state, UINT32_MAX);
}

// UTC was set before the driver served anybody; QEMU's clock is that of its host.
TEST(the_clock_tells_the_time_and_takes_it)
{
    zx_handle_t channel = connect_device("rtc0");
    uint64_t seconds = 0, now;

    ASSERT_EQ(rtc_get(channel, soon(), &seconds), ZX_OK);
    now = (uint64_t)(zx_clock_get(ZX_CLOCK_UTC) / ZX_SEC(1));
    EXPECT_TRUE(seconds > 1700000000);
    EXPECT_TRUE(now + 60 >= seconds);
    EXPECT_EQ(rtc_set(channel, soon(), UINT64_C(1) << 32), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(rtc_set(channel, soon(), 1000000), ZX_OK);
    EXPECT_EQ(rtc_get(channel, soon(), &seconds), ZX_OK);
    EXPECT_TRUE(seconds >= 1000000 && seconds < 1700000000);
    EXPECT_EQ(rtc_set(channel, soon(), now), ZX_OK);
    zx_handle_close(channel);
}

// Asks until the driver answers. A connection that is made while a driver dies may die with it.
static void wait_for_answer(void)
{
    zx_status_t status = attempt(ATTEMPT_NOTHING);

    for (zx_time_t end = soon(); status != ZX_OK && zx_clock_get_monotonic() < end;) {
        zx_nanosleep(zx_deadline_after(NAP));
        status = attempt(ATTEMPT_NOTHING);
    }
    EXPECT_EQ(status, ZX_OK);
}

// CALLS(zx_job_set_policy, zx_vmo_create_physical, zx_resource_create): what devmgr relies on.
TEST(a_driver_can_do_nothing_but_its_work)
{
    wait_for_answer();
    EXPECT_TRUE(attempt(ATTEMPT_PROCESS) < 0);
    EXPECT_TRUE(attempt(ATTEMPT_RESOURCE) < 0);
    EXPECT_TRUE(attempt(ATTEMPT_REGISTERS) < 0);
    EXPECT_TRUE(attempt(ATTEMPT_GROW) < 0);
    EXPECT_TRUE(attempt(ATTEMPT_INTERRUPT) < 0);
    EXPECT_EQ(attempt(ATTEMPT_CLOCK), ZX_ERR_ACCESS_DENIED);
    EXPECT_TRUE(attempt(ATTEMPT_POWER) < 0);
}

// Asks for what ends the driver; the client sees that, and there is a new process soon.
static void end_driver(enum attempt how)
{
    struct devices_entry before = find_driver("attempts", NULL), after;

    EXPECT_EQ(attempt(how), ZX_ERR_PEER_CLOSED);
    wait_for_answer();
    after = wait_for("attempts", DEVICES_RUNNING, before.koid);
    EXPECT_EQ(after.restarts, before.restarts + 1);
}

TEST(a_driver_that_dies_is_started_again)
{
    end_driver(ATTEMPT_CRASH);
    end_driver(ATTEMPT_EXIT);
    end_driver(ATTEMPT_CLOSE);
    end_driver(ATTEMPT_BEYOND);
    // The neighbour has not noticed.
    EXPECT_EQ(find_driver("pl031", NULL).restarts, 0);
}

// Waits until the log has a record with this text. Nothing else reads from this handle.
static void wait_for_record(zx_handle_t log, const char *text)
{
    _Alignas(zx_log_record_t) char record[ZX_LOG_RECORD_MAX + 1];
    zx_status_t size;

    for (;;) {
        while ((size = zx_debuglog_read(log, 0, record, ZX_LOG_RECORD_MAX)) > 0) {
            record[size] = '\0';
            if (strstr(((zx_log_record_t *)(void *)record)->data, text) != NULL) {
                return;
            }
        }
        if (zx_object_wait_one(log, ZX_LOG_READABLE, soon(), NULL) != ZX_OK) {
            check_fail(__FILE__, __LINE__, "no record in the log: %s", text);
            return;
        }
    }
}

// A line that stands for ever, in a driver that only acknowledges: it is slowed down, and told of; the driver, its
// neighbour and this program go on, and with the driver the line is masked.
// CALLS(zx_interrupt_bind, zx_interrupt_ack)
TEST(a_line_that_stands_leaves_the_system_be)
{
    struct devices_entry before = find_driver("attempts", NULL);
    zx_handle_t channel, resource, log;
    uint64_t seconds;
    char text[64];

    ASSERT_EQ(service_connect("/svc/system", &channel), ZX_OK);
    ASSERT_EQ(system_root_resource(channel, soon(), ZX_RIGHT_SAME_RIGHTS, &resource), ZX_OK);
    zx_handle_close(channel);
    ASSERT_EQ(zx_debuglog_create(resource, ZX_LOG_FLAG_READABLE, &log), ZX_OK);
    snprintf(text, sizeof(text), "interrupt %u still stands", OWN_INTERRUPT);

    EXPECT_EQ(attempt(ATTEMPT_STORM), ZX_OK);
    wait_for_record(log, text);
    for (uint32_t i = 0; i < 20; i++) {
        EXPECT_EQ(attempt(ATTEMPT_NOTHING), ZX_OK);
        channel = connect_device("rtc0");
        EXPECT_EQ(rtc_get(channel, soon(), &seconds), ZX_OK);
        zx_handle_close(channel);
    }
    EXPECT_EQ(find_driver("attempts", NULL).koid, before.koid);
    // It dies with its line standing; the next one finds it so, and quiets it.
    end_driver(ATTEMPT_CRASH);
    EXPECT_EQ(attempt(ATTEMPT_QUIET), ZX_OK);
    zx_handle_close(log);
    zx_handle_close(resource);
}

TEST(a_driver_that_cannot_be_is_given_up)
{
    EXPECT_EQ(wait_for("absent", DEVICES_FAILED, 0).restarts, 0);
    EXPECT_TRUE(wait_for("fails", DEVICES_FAILED, 0).restarts != 0);
    EXPECT_EQ(connect_device("absent0"), ZX_HANDLE_INVALID);
    EXPECT_EQ(connect_device("fails0"), ZX_HANDLE_INVALID);
}

// With devmgr go all its drivers; the next devmgr has the registers again.
TEST(devmgr_itself_is_started_again)
{
    struct devices_entry before = find_driver("pl031", NULL);
    zx_handle_t channel;
    uint64_t seconds;

    ASSERT_EQ(service_connect("/svc/manager", &channel), ZX_OK);
    ASSERT_EQ(manager_restart(channel, soon(), "devmgr", 6), ZX_OK);
    zx_handle_close(channel);
    (void)wait_for("pl031", DEVICES_RUNNING, before.koid);
    channel = connect_device("rtc0");
    EXPECT_EQ(rtc_get(channel, soon(), &seconds), ZX_OK);
    zx_handle_close(channel);
    wait_for_answer();
}
