// SPDX-License-Identifier: MIT
// The console's device, which goes to a driver and comes back; and what is written and typed meanwhile.
#include "device_test.h"

#include <string.h>

#include <zircon/syscalls/log.h>
#include <zircon/syscalls/resource.h>

// A scenario in a kernel that shows its log on the console by a thread, as a real one does.
#define WITH_WRITER(name)                                                    \
    static void name(void *arg);                                             \
    static void test_##name(void **state)                                    \
    {                                                                        \
        struct lab_config config = lab_config_make("test_" #name, name);     \
        (void)state;                                                         \
        config.cpus = 2;                                                     \
        config.log_writer = true;                                            \
        lab_seeds_config(&config, 5);                                        \
    }                                                                        \
    static void name(__attribute__((unused)) void *arg)

struct typist {
    zx_status_t status;
};

static void read_a_character(void *arg)
{
    struct typist *t = arg;
    char c;
    size_t size = 1;

    t->status = zx_debug_read(lab.resource, &c, &size);
}

static bool on_the_console(const char *text)
{
    return host_console_count(text) != 0;
}

// Until the log's writer has shown it.
static void wait_for_console(const char *text)
{
    while (!on_the_console(text))
        sleep_ns(ZX_MSEC(1));
}

static zx_handle_t console_resource(uint32_t flags)
{
    zx_handle_t h = ZX_HANDLE_INVALID;

    assert_ok(zx_resource_create(lab.resource, ZX_RSRC_KIND_IRQ | flags, HOST_CONSOLE_IRQ, 1, NULL,
                                 0, &h));
    return h;
}

static zx_status_t registers_of_the_console(void)
{
    zx_handle_t vmo;
    zx_status_t status =
        zx_vmo_create_physical(lab.resource, HOST_CONSOLE_REGISTERS & ~4095u, 4096, &vmo);

    if (status == ZX_OK)
        close_handle(vmo);
    return status;
}

// The console's line is the kernel's, but for who has it alone: then the device is his, too.
// CALLS(zx_interrupt_create, zx_interrupt_destroy, zx_debug_write, zx_debug_read)
WITH_WRITER(console_goes_to_a_driver_and_comes_back)
{
    zx_handle_t log, shared = console_resource(0), alone, h, out = 77;
    const uint32_t mode = ZX_INTERRUPT_MODE_LEVEL_HIGH;
    struct typist typist = {.status = 1};
    size_t size = 1;
    char c;

    assert_ok(zx_debuglog_create(lab.resource, ZX_LOG_FLAG_READABLE, &log));
    assert_status(zx_interrupt_create(lab.resource, HOST_CONSOLE_IRQ, mode, &out),
                  ZX_ERR_ALREADY_BOUND);
    assert_status(zx_interrupt_create(shared, HOST_CONSOLE_IRQ, mode, &out), ZX_ERR_ALREADY_BOUND);
    close_handle(shared);
    assert_status(registers_of_the_console(), ZX_ERR_UNAVAILABLE);
    alone = console_resource(ZX_RSRC_FLAG_EXCLUSIVE);
    assert_status(zx_interrupt_create(alone, HOST_CONSOLE_IRQ, ZX_INTERRUPT_MODE_EDGE_LOW, &out),
                  ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_debug_write("before;", 7));
    assert_true(on_the_console("before;"));

    zx_handle_t reader = lab_thread(read_a_character, &typist);
    assert_ok(zx_interrupt_create(alone, HOST_CONSOLE_IRQ, mode, &h));
    lab_thread_join(reader); // whether it waited already or not
    assert_status(typist.status, ZX_ERR_NOT_SUPPORTED);
    assert_ok(registers_of_the_console());
    assert_status(zx_interrupt_create(alone, HOST_CONSOLE_IRQ, mode, &out), ZX_ERR_ALREADY_BOUND);
    assert_ok(zx_debug_write("meanwhile;", 10));
    assert_false(on_the_console("meanwhile;"));
    assert_int_equal(log_lines_with(log, "meanwhile;"), 1); // for who shows the log
    host_irq_level(HOST_CONSOLE_IRQ, true);
    assert_ok(zx_interrupt_wait(h, NULL));
    host_irq_level(HOST_CONSOLE_IRQ, false);

    close_handle(h); // the driver is gone
    assert_status(registers_of_the_console(), ZX_ERR_UNAVAILABLE);
    assert_ok(zx_debug_write("after;", 6));
    assert_true(on_the_console("after;"));
    size_t shown = host_console_find("meanwhile;"); // nobody has shown it before
    assert_true(shown < host_console_find("after;"));
    host_console_input("x", 1);
    assert_ok(zx_debug_read(lab.resource, &c, &size));
    assert_int_equal(c, 'x');
    assert_int_equal(out, 77);
    assert_ok(zx_interrupt_create(alone, HOST_CONSOLE_IRQ, mode, &h)); // and again
    assert_ok(zx_interrupt_destroy(h));
    assert_status(zx_interrupt_create(lab.resource, HOST_CONSOLE_IRQ, mode, &out),
                  ZX_ERR_ALREADY_BOUND);
    assert_ok(zx_handle_close_many((zx_handle_t[]){alone, h, log}, 3));
}

// More than the ring has room for, while nobody reads: what does not fit stays in the device, and comes later.
// CALLS(zx_debug_read)
static void reads_what_was_pasted(void *arg)
{
    static char typed[10000], read[sizeof(typed)];
    size_t size = sizeof(read);

    (void)arg;
    for (size_t i = 0; i < sizeof(typed); i++)
        typed[i] = (char)('a' + i / 7 % 26);
    host_console_input(typed, sizeof(typed));
    assert_ok(zx_debug_read(lab.resource, read, &size));
    assert_int_equal(size, sizeof(read));
    assert_memory_equal(read, typed, sizeof(read));
    host_console_input("the end", 7); // and goes on
    size = 7;
    assert_ok(zx_debug_read(lab.resource, read, &size));
    assert_memory_equal(read, "the end", 7);
}

static void test_what_is_pasted_is_not_lost(void **state)
{
    (void)state;
    lab_seeds(reads_what_was_pasted, 1, 5);
    lab_seeds(reads_what_was_pasted, 2, 20);
}

static zx_status_t read_for_console(zx_handle_t log, char *text, size_t size)
{
    _Alignas(8) char bytes[ZX_LOG_RECORD_MAX];
    const zx_log_record_t *record = (const zx_log_record_t *)bytes;
    zx_status_t status = zx_debuglog_read(log, 0, bytes, sizeof(bytes));

    if (status > 0) {
        size = record->datalen < size - 1 ? record->datalen : size - 1;
        memcpy(text, record->data, size);
        text[size] = '\0';
        assert_int_equal(record->reserved, strstr(text, "as it is") != NULL ? ZX_LOG_RECORD_AS_IS : 0);
    }
    return status;
}

// Each record is shown by the kernel or by who reads for the console; the last one that was read when the driver
// went is the kernel's again.
// CALLS(zx_debuglog_create, zx_debuglog_read, zx_debug_write, zx_interrupt_create)
WITH_WRITER(log_of_a_console_that_is_away)
{
    zx_handle_t log, writer, h, alone = console_resource(ZX_RSRC_FLAG_EXCLUSIVE);
    char text[ZX_LOG_RECORD_MAX];

    assert_ok(zx_debuglog_create(lab.resource, ZX_LOG_FLAG_READABLE | ZX_LOG_FLAG_CONSOLE, &log));
    assert_ok(zx_debuglog_create(ZX_HANDLE_INVALID, 0, &writer));
    assert_ok(zx_debuglog_write(writer, 0, "line 0;", 7));
    wait_for_console("line 0;");
    assert_status(read_for_console(log, text, sizeof(text)), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_interrupt_create(alone, HOST_CONSOLE_IRQ, ZX_INTERRUPT_MODE_LEVEL_HIGH, &h));
    assert_status(read_for_console(log, text, sizeof(text)), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_debuglog_write(writer, 0, "line 1;", 7));
    assert_ok(zx_debug_write("as it is;", 9));
    assert_ok(zx_debuglog_write(writer, 0, "line 3;", 7));
    assert_ok(zx_object_wait_one(log, ZX_LOG_READABLE, ZX_TIME_INFINITE, NULL));
    assert_true(read_for_console(log, text, sizeof(text)) > 0);
    assert_string_equal(text, "line 1;");
    assert_true(read_for_console(log, text, sizeof(text)) > 0);
    assert_string_equal(text, "as it is;");
    close_handle(h); // before that was asked for which follows
    // The next driver may be there before anything else has run.
    assert_ok(zx_interrupt_create(alone, HOST_CONSOLE_IRQ, ZX_INTERRUPT_MODE_LEVEL_HIGH, &h));
    while (read_for_console(log, text, sizeof(text)) > 0)
        assert_null(strstr(text, ";"));
    close_handle(h);
    assert_int_equal(host_console_count("line 3;"), 1);
    assert_int_equal(host_console_count("line 0;"), 1);
    assert_int_equal(host_console_count("line 1;"), 0);
    assert_int_equal(host_console_count("as it is;"), 1);
    assert_int_equal(host_console_count("> as it is;"), 0);
    assert_status(read_for_console(log, text, sizeof(text)), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){log, writer, alone}, 3));
}

// What was typed before the device went is read first.
// CALLS(zx_debug_read)
WITH_WRITER(typed_before_the_console_went)
{
    zx_handle_t h, alone = console_resource(ZX_RSRC_FLAG_EXCLUSIVE);
    char text[4] = "";
    size_t size = 1;

    host_console_input("abc", 3);
    while (!host_console_input_taken())
        assert_ok(zx_nanosleep(zx_deadline_after(ZX_USEC(10))));
    assert_ok(zx_debug_read(lab.resource, text, &size));
    size = 2;
    assert_ok(zx_interrupt_create(alone, HOST_CONSOLE_IRQ, ZX_INTERRUPT_MODE_LEVEL_HIGH, &h));
    assert_ok(zx_debug_read(lab.resource, text + 1, &size));
    assert_string_equal(text, "abc");
    size = 1;
    assert_status(zx_debug_read(lab.resource, text, &size), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){alone, h}, 2));
}

static void take_and_give(void *arg)
{
    const zx_handle_t alone = *(zx_handle_t *)arg;

    for (unsigned i = 0; i < 3; i++) {
        zx_handle_t h;
        zx_status_t status =
            zx_interrupt_create(alone, HOST_CONSOLE_IRQ, ZX_INTERRUPT_MODE_LEVEL_HIGH, &h);
        if (status == ZX_OK)
            close_handle(h);
        else
            assert_status(status, ZX_ERR_ALREADY_BOUND);
        assert_ok(zx_debug_write("x", 1));
    }
}

SCENARIO_ON(race_for_the_console, 3, 100)
{
    zx_handle_t alone = console_resource(ZX_RSRC_FLAG_EXCLUSIVE), h;

    RACE(&alone, take_and_give, take_and_give, take_and_give);
    assert_status(zx_interrupt_create(lab.resource, HOST_CONSOLE_IRQ, 0, &h), ZX_ERR_ALREADY_BOUND);
    assert_ok(zx_debug_write("at last;", 8));
    assert_true(on_the_console("at last;"));
    close_handle(alone);
}

// Two read what is typed, more than the ring holds or while the device goes to a driver and comes back: the host's
// machine sees two who read the device at once, one who reads it while it is away, and a line that nobody serves.
#define TYPED_TOTAL 12000u
#define TYPED_ONE_BY_ONE 500u

struct typing {
    zx_handle_t alone;
    atomic_uint total, got[256];
};

static uint8_t typed_at(unsigned i)
{
    return (uint8_t)(' ' + i * 200 / TYPED_TOTAL); // never falls, and is no carriage return
}

static void type(unsigned from, unsigned count)
{
    static char bytes[TYPED_TOTAL]; // one types at a time

    for (unsigned i = 0; i < count; i++)
        bytes[i] = (char)typed_at(from + i);
    host_console_input(bytes, count);
}

static void reads_half(void *arg)
{
    struct typing *t = arg;
    uint8_t last = 0;

    for (unsigned count = 0; count < TYPED_TOTAL / 2;) {
        uint8_t c;
        size_t size = 1;
        zx_status_t status = zx_debug_read(lab.resource, (char *)&c, &size);
        if (status == ZX_ERR_NOT_SUPPORTED) { // a driver has it
            assert_ok(zx_nanosleep(zx_deadline_after(ZX_USEC(10))));
            continue;
        }
        assert_ok(status);
        assert_true(c >= last); // what one reads is in order
        last = c;
        atomic_fetch_add(&t->got[c], 1);
        atomic_fetch_add(&t->total, 1);
        count++;
    }
}

static void types_on(void *arg)
{
    (void)arg;
    for (unsigned i = TYPED_TOTAL - TYPED_ONE_BY_ONE; i < TYPED_TOTAL; i++) {
        type(i, 1);
        assert_ok(zx_nanosleep(zx_deadline_after(ZX_USEC(10))));
    }
}

static void lends_the_console(void *arg)
{
    struct typing *t = arg;

    while (atomic_load(&t->total) < TYPED_TOTAL) {
        zx_handle_t h;
        assert_ok(
            zx_interrupt_create(t->alone, HOST_CONSOLE_IRQ, ZX_INTERRUPT_MODE_LEVEL_HIGH, &h));
        close_handle(h);
        assert_ok(zx_nanosleep(zx_deadline_after(ZX_USEC(10))));
    }
}

static void check_typing(const struct typing *t)
{
    unsigned expected[256] = {0};

    for (unsigned i = 0; i < TYPED_TOTAL; i++)
        expected[typed_at(i)]++;
    for (unsigned i = 0; i < 256; i++)
        assert_int_equal(atomic_load(&t->got[i]), expected[i]);
}

// CALLS(zx_debug_read)
SCENARIO_ON(race_of_two_readers, 3, 20)
{
    struct typing t = {0};

    type(0, TYPED_TOTAL - TYPED_ONE_BY_ONE);
    RACE(&t, reads_half, reads_half, types_on);
    check_typing(&t);
}

// CALLS(zx_debug_read, zx_interrupt_create)
SCENARIO_ON(race_of_readers_and_a_driver, 3, 40)
{
    struct typing t = {.alone = console_resource(ZX_RSRC_FLAG_EXCLUSIVE)};

    type(0, TYPED_TOTAL - TYPED_ONE_BY_ONE);
    RACE(&t, reads_half, reads_half, types_on, lends_the_console);
    check_typing(&t);
    close_handle(t.alone);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest console_tests[] = {
    T(console_goes_to_a_driver_and_comes_back),
    T(what_is_pasted_is_not_lost),
    T(log_of_a_console_that_is_away),
    T(typed_before_the_console_went),
    T(race_for_the_console),
    T(race_of_two_readers),
    T(race_of_readers_and_a_driver),
};
const size_t console_test_count = countof(console_tests);
