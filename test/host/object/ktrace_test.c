// SPDX-License-Identifier: MIT
// Reading a trace in tests (ktrace_test.h).
#include "ktrace_test.h"

size_t trace_available(void)
{
    size_t n = ~(size_t)0;

    assert_ok(zx_ktrace_read(lab.resource, NULL, 0, 0, &n));
    return n;
}

struct trace trace_read(void)
{
    struct trace t = {.size = trace_available()};
    size_t n = 0;

    t.bytes = malloc(t.size + 1);
    assert_non_null(t.bytes);
    assert_ok(zx_ktrace_read(lab.resource, t.bytes, 0, t.size, &n));
    assert_int_equal(n, t.size);
    return t;
}

const uint32_t *trace_find(const struct trace *t, uint32_t group, uint32_t event, unsigned n)
{
    const uint32_t *found = NULL;

    for (size_t at = 0; at < t->size;) {
        const uint32_t *r = (const uint32_t *)(t->bytes + at);
        size_t bytes = (*r & 15) * 8;
        assert_in_range(bytes, 16, 48);
        assert_true(at + bytes <= t->size);
        if (*r >> 20 == group && (*r >> 8 & 0xfff) == event && n-- == 0)
            found = r;
        at += bytes;
    }
    return found;
}

uint32_t trace_koid(zx_handle_t h)
{
    zx_info_handle_basic_t info;

    assert_ok(zx_object_get_info(h, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
    return (uint32_t)info.koid;
}

struct trace trace_stop_and_read(void)
{
    assert_ok(zx_ktrace_control(lab.resource, STOP, 0, NULL));
    return trace_read();
}

void trace_over(uint32_t groups)
{
    assert_ok(zx_ktrace_control(lab.resource, REWIND, 0, NULL));
    assert_ok(zx_ktrace_control(lab.resource, START, groups, NULL));
}

void trace_expect(const struct trace *t, uint32_t group, uint32_t event, unsigned n,
                  uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t *r = trace_find(t, group, event, n);

    assert_non_null(r);
    assert_int_equal(*r & 0xff, 4);
    assert_int_equal(r[1], trace_koid(lab.thread));
    assert_int_equal(r[4], a);
    assert_int_equal(r[5], b);
    assert_int_equal(r[6], c);
    assert_int_equal(r[7], d);
}

uint32_t trace_call(const struct trace *t, uint32_t event, unsigned n)
{
    const uint32_t *r = trace_find(t, 0x20, event, n);

    assert_non_null(r);
    assert_int_equal(*r & 0xff, 2);
    assert_true((r[1] & 0xff) < zx_system_get_num_cpus());
    return r[1] >> 8;
}
