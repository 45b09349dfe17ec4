// SPDX-License-Identifier: MIT
// Pagers as programs see them (spec 23 section 14): requests, supply, detach, clones, who waits.
#include "pager_test.h"

#include <hal/usercopy.h>
#include <host/machine.h>

// A thread that reads words of a VMO, or of memory if `va` is set.
struct reader {
    zx_handle_t vmo;
    zx_vaddr_t va;
    uint64_t page, pages;
    zx_handle_t thread;
    zx_status_t status;
    uint64_t value;
};

static void read_it(void *arg)
{
    struct reader *r = arg;
    static uint64_t buffer[8 * PAGE / sizeof(uint64_t)];

    if (r->va != 0) {
        host_user_read(&r->value, r->va + PAGES(r->page), sizeof(r->value));
        r->status = ZX_OK;
        return;
    }
    r->status = zx_vmo_read(r->vmo, buffer, PAGES(r->page), PAGES(r->pages) - 8);
    r->value = buffer[0];
}

static void reader_start(struct reader *r)
{
    r->status = ZX_ERR_NEXT;
    r->thread = lab_thread(read_it, r);
}

#define READER(name, ...)              \
    struct reader name = {__VA_ARGS__}; \
    reader_start(&name)

static zx_vaddr_t map(zx_handle_t vmo, uint32_t options, uint64_t pages)
{
    zx_vaddr_t va = 0;

    assert_ok(zx_vmar_map(lab.vmar, options, 0, vmo, 0, PAGES(pages), &va));
    return va;
}

static void unmap(zx_vaddr_t va, uint64_t pages)
{
    assert_ok(zx_vmar_unmap(lab.vmar, va, PAGES(pages)));
}

// CALLS(zx_pager_create, zx_pager_create_vmo)
SCENARIO(pager_calls_check_their_arguments)
{
    struct served s = serve_pages(3);
    zx_handle_t h = 0, weak = duplicate_without(s.port, ZX_RIGHT_WRITE);
    uint64_t size = 0;

    assert_int_equal(basic(s.pager).rights, 0x81c2);
    assert_int_equal(basic(s.pager).type, ZX_OBJ_TYPE_PAGER);
    assert_int_equal(basic(s.vmo).rights, 0xd0ff);
    assert_ok(zx_vmo_get_size(s.vmo, &size));
    assert_int_equal(size, PAGES(3));

    assert_status(zx_pager_create(1, &h), ZX_ERR_INVALID_ARGS);
    assert_status(zx_pager_create(0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_pager_create_vmo(0, 0, 0, PAGE, 1, &h), ZX_ERR_INVALID_ARGS);
    assert_status(zx_pager_create_vmo(0, 0, 0, PAGE, 0, &h), ZX_ERR_BAD_HANDLE);
    assert_status(zx_pager_create_vmo(s.port, 0, 0, PAGE, 0, &h), ZX_ERR_WRONG_TYPE);
    assert_status(zx_pager_create_vmo(s.pager, 0, 0, PAGE, 0, &h), ZX_ERR_BAD_HANDLE);
    assert_status(zx_pager_create_vmo(s.pager, weak, 0, PAGE, 0, &h), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_pager_create_vmo(s.pager, s.vmo, 0, PAGE, 0, &h), ZX_ERR_WRONG_TYPE);
    assert_status(zx_pager_create_vmo(s.pager, s.port, 0, UINT64_MAX, 0, &h),
                  ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_pager_create_vmo(s.pager, s.port, 0, PAGE, 0, LAB_BAD_PTR),
                  ZX_ERR_INVALID_ARGS);
    zx_port_packet_t p; // the VMO that nobody got a handle to
    assert_ok(zx_port_wait(s.port, 0, &p));
    assert_int_equal(p.key, 0);
    assert_int_equal(p.page_request.command, ZX_PAGER_VMO_COMPLETE);
    close_handle(weak);
    served_close(&s);
}

// CALLS(zx_pager_supply_pages)
SCENARIO(supply_checks_in_order)
{
    struct served s = serve_pages(4), other = serve_pages(4);
    zx_handle_t aux = make_aux(0, 4), weak = duplicate_without(aux, ZX_RIGHT_WRITE), clone = 0;
#define SUPPLY(vmo, offset, len, from, at) zx_pager_supply_pages(s.pager, vmo, offset, len, from, at)

    assert_status(zx_pager_supply_pages(0, 0, 1, 1, 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_pager_supply_pages(aux, 0, 1, 1, 0, 1), ZX_ERR_WRONG_TYPE);
    assert_status(SUPPLY(0, 1, 1, 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(SUPPLY(s.port, 1, 1, 0, 1), ZX_ERR_WRONG_TYPE);
    assert_status(SUPPLY(s.vmo, 1, 1, 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(SUPPLY(s.vmo, 1, 1, weak, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(SUPPLY(s.vmo, 1, 1, s.port, 1), ZX_ERR_WRONG_TYPE);

    assert_status(SUPPLY(other.vmo, 0, PAGE, aux, 0), ZX_ERR_INVALID_ARGS);
    assert_status(SUPPLY(aux, 0, PAGE, aux, 0), ZX_ERR_INVALID_ARGS);
    assert_status(SUPPLY(s.vmo, 0, PAGE, s.vmo, 0), ZX_ERR_INVALID_ARGS);
    assert_status(SUPPLY(s.vmo, 1, PAGES(9), aux, 0), ZX_ERR_INVALID_ARGS);
    assert_status(SUPPLY(s.vmo, 0, PAGES(9) + 1, aux, 0), ZX_ERR_INVALID_ARGS);
    assert_status(SUPPLY(s.vmo, 0, PAGES(9), aux, 1), ZX_ERR_INVALID_ARGS);
    assert_status(SUPPLY(s.vmo, PAGES(1), PAGES(4), aux, 0), ZX_ERR_OUT_OF_RANGE);
    assert_status(SUPPLY(s.vmo, 0, PAGES(2), aux, PAGES(3)), ZX_ERR_OUT_OF_RANGE);
    assert_status(SUPPLY(s.vmo, PAGE, 0ull - PAGE, aux, 0), ZX_ERR_OUT_OF_RANGE);
    assert_status(SUPPLY(s.vmo, PAGES(5), 0, aux, 0), ZX_ERR_OUT_OF_RANGE);
    assert_ok(SUPPLY(s.vmo, PAGES(4), 0, aux, PAGES(4)));

    // What an auxiliary VMO may not be.
    zx_vaddr_t va = map(aux, RO, 1);
    assert_status(SUPPLY(s.vmo, 0, PAGE, aux, 0), ZX_ERR_BAD_STATE);
    unmap(va, 1);
    assert_ok(zx_vmo_clone(aux, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGES(4), &clone));
    assert_status(SUPPLY(s.vmo, 0, PAGE, aux, 0), ZX_ERR_BAD_STATE);
    assert_ok(zx_vmo_op_range(clone, ZX_VMO_OP_COMMIT, 0, PAGES(4), NULL, 0));
    assert_status(SUPPLY(s.vmo, 0, PAGE, clone, 0), ZX_ERR_BAD_STATE);
    close_handle(clone);
    assert_status(SUPPLY(s.vmo, 0, PAGE, other.vmo, 0), ZX_ERR_BAD_STATE);
    assert_ok(zx_vmo_clone(s.vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGES(4), &clone));
    assert_status(SUPPLY(s.vmo, 0, PAGE, clone, 0), ZX_ERR_BAD_STATE);
    assert_status(SUPPLY(clone, 0, PAGE, aux, 0), ZX_ERR_INVALID_ARGS);
    close_handle(clone);
    assert_ok(zx_vmo_op_range(aux, ZX_VMO_OP_DECOMMIT, PAGES(2), PAGE, NULL, 0));
    assert_status(SUPPLY(s.vmo, 0, PAGES(4), aux, 0), ZX_ERR_BAD_STATE);
    assert_int_equal(committed_pages(aux), 3); // nothing moved
    assert_int_equal(committed_pages(s.vmo), 0);
    zx_handle_t uncached = 0;
    assert_ok(zx_vmo_create(PAGE, 0, &uncached));
    assert_ok(zx_vmo_set_cache_policy(uncached, ZX_CACHE_POLICY_UNCACHED));
    assert_ok(zx_vmo_op_range(uncached, ZX_VMO_OP_COMMIT, 0, PAGE, NULL, 0));
    assert_status(SUPPLY(s.vmo, 0, PAGE, uncached, 0), ZX_ERR_BAD_STATE);

    close_handle(uncached);
    close_handle(weak);
    close_handle(aux);
    served_close(&other);
    served_close(&s);
}

// CALLS(zx_pager_supply_pages, zx_vmo_read)
SCENARIO(supply_moves_pages_and_keeps_those_there)
{
    struct served s = serve_pages(4);
    zx_handle_t aux = make_aux(10, 4);

    assert_ok(supply(&s, 1, 1));
    assert_int_equal(committed_pages(s.vmo), 1);
    assert_ok(zx_pager_supply_pages(s.pager, s.vmo, 0, PAGES(3), aux, PAGES(1)));
    assert_int_equal(committed_pages(aux), 1); // the one outside the range
    assert_int_equal(committed_pages(s.vmo), 3);
    assert_int_equal(word_at(s.vmo, 0), content(11));
    assert_int_equal(word_at(s.vmo, 1), content(1)); // was there first
    assert_int_equal(word_at(s.vmo, 2), content(13));
    assert_int_equal(word_at(aux, 1), 0);
    expect_no_packet(&s); // nothing had to be asked for
    close_handle(aux);
    served_close(&s);
}

// CALLS(zx_pager_create_vmo, zx_pager_supply_pages, zx_vmo_read)
SCENARIO_ON(a_read_waits_for_its_pages, 2, 20)
{
    struct served s = serve_pages(8);
    uint64_t first, count;

    READER(r, .vmo = s.vmo, .page = 2, .pages = 3);
    expect_request(&s, &first, &count);
    assert_int_equal(first, 2);
    assert_int_equal(count, 3); // one packet for all that one call needs
    assert_ok(supply(&s, 2, 1)); // which may be answered bit by bit
    assert_ok(supply(&s, 4, 1));
    expect_no_packet(&s);
    assert_ok(supply(&s, 3, 1));
    lab_thread_join(r.thread);
    assert_ok(r.status);
    assert_int_equal(r.value, content(2));
    expect_no_packet(&s);
    served_close(&s);
}

// What nobody has read by the time it is answered leaves the port, so that a pager that never reads cannot
// make the kernel keep more packets than there are open requests.
// CALLS(zx_pager_supply_pages, zx_vmo_set_size, zx_pager_detach_vmo, zx_port_wait)
SCENARIO_ON(answered_requests_leave_the_port, 2, 20)
{
    struct served s = serve_pages(8);

    // Whether the reader asks before or after is the seed's choice; nothing stays behind either way.
    READER(unread, .vmo = s.vmo, .page = 0, .pages = 1);
    lab_pause();
    assert_ok(supply(&s, 0, 1));
    lab_thread_join(unread.thread);
    assert_ok(unread.status);
    expect_no_packet(&s);

    READER(shrunk, .vmo = s.vmo, .page = 7, .pages = 1);
    lab_pause();
    assert_ok(zx_vmo_set_size(s.vmo, PAGES(6)));
    lab_thread_join(shrunk.thread);
    assert_status(shrunk.status, ZX_ERR_OUT_OF_RANGE);
    expect_no_packet(&s);

    READER(detached, .vmo = s.vmo, .page = 1, .pages = 1);
    lab_pause();
    assert_ok(zx_pager_detach_vmo(s.pager, s.vmo));
    lab_thread_join(detached.thread);
    assert_status(detached.status, ZX_ERR_BAD_STATE);
    expect_complete(&s);
    expect_no_packet(&s);
    served_close(&s);
}

static uint64_t steps_of_supply(uint64_t pages, unsigned clones)
{
    struct served s = serve_pages(pages);
    zx_handle_t aux = make_aux(0, pages), clone;
    zx_vaddr_t va[64];

    for (unsigned i = 0; i < clones; i++) {
        assert_ok(zx_vmo_clone(s.vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGES(pages + 1), &clone));
        va[i] = map(clone, RO, pages + 1);
        uint64_t value;
        host_user_read(&value, va[i] + PAGES(pages), sizeof(value)); // shows what is not its own
        assert_int_equal(value, 0);
        close_handle(clone);
    }
    uint64_t before = host_step_count();
    assert_ok(zx_pager_supply_pages(s.pager, s.vmo, 0, PAGES(pages), aux, 0));
    uint64_t steps = host_step_count() - before;
    for (unsigned i = 0; i < clones; i++)
        unmap(va[i], pages + 1);
    close_handle(aux);
    served_close(&s);
    return steps;
}

// Supplying many pages to a VMO with many mapped clones takes their sum in work, not their product.
// CALLS(zx_pager_supply_pages)
SCENARIO_ON(supply_under_many_clones_is_linear, 1, 1)
{
    uint64_t few = steps_of_supply(256, 1), many = steps_of_supply(256, 64);

    assert_true(many < few + 64 * 64);
}

SCENARIO_ON(a_fault_waits_for_its_page, 2, 20)
{
    struct served s = serve_pages(8);
    zx_vaddr_t va = map(s.vmo, RW, 8);
    uint64_t first, count, value = 5;

    READER(r, .va = va, .page = 6);
    READER(again, .va = va, .page = 6);
    expect_request(&s, &first, &count);
    assert_int_equal(first, 6);
    assert_int_equal(count, 1);
    assert_ok(supply(&s, 6, 1));
    lab_thread_join(r.thread);
    lab_thread_join(again.thread);
    assert_int_equal(r.value, content(6));
    assert_int_equal(again.value, content(6));
    expect_no_packet(&s); // not asked for twice
    host_user_write(va + PAGES(6), &value, sizeof(value));
    assert_int_equal(word_at(s.vmo, 6), 5);
    unmap(va, 8);
    served_close(&s);
}

// CALLS(zx_vmo_clone)
SCENARIO_ON(clones_read_through_and_keep_what_they_write, 2, 20)
{
    struct served s = serve_pages(4);
    zx_handle_t clone = 0, deep = 0;
    uint64_t first, count, value = 9;

    assert_ok(zx_vmo_clone(s.vmo, ZX_VMO_CLONE_COPY_ON_WRITE, PAGE, PAGES(5), &clone));
    assert_ok(zx_vmo_clone(clone, ZX_VMO_CLONE_COPY_ON_WRITE, PAGE, PAGES(3), &deep));
    assert_int_equal(word_at(clone, 3), 0); // behind the end of the pager's VMO
    READER(r, .vmo = deep, .page = 0, .pages = 2);
    expect_request(&s, &first, &count);
    assert_int_equal(first, 2);
    assert_int_equal(count, 2);
    assert_ok(supply(&s, 2, 2));
    lab_thread_join(r.thread);
    assert_ok(r.status);
    assert_int_equal(r.value, content(2));
    assert_int_equal(committed_pages(deep), 0);

    assert_ok(supply(&s, 1, 1));
    assert_ok(zx_vmo_write(clone, &value, 8, sizeof(value))); // the rest comes from the pager
    assert_int_equal(word_at(clone, 0), content(1));
    assert_int_equal(committed_pages(clone), 1);
    assert_ok(zx_vmo_op_range(clone, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0));
    assert_status(zx_vmo_op_range(s.vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0),
                  ZX_ERR_NOT_SUPPORTED);
    close_handle(deep);
    close_handle(clone);
    served_close(&s);
}

static void commit_it(void *arg)
{
    struct reader *r = arg;

    r->status = zx_vmo_op_range(r->vmo, ZX_VMO_OP_COMMIT, 0, PAGES(r->pages), NULL, 0);
}

static void map_it(void *arg)
{
    struct reader *r = arg;

    r->status = zx_vmar_map(lab.vmar, RO | ZX_VM_MAP_RANGE, 0, r->vmo, PAGES(r->page),
                            PAGES(r->pages), &r->va);
}

// CALLS(zx_vmo_op_range, zx_vmar_map)
SCENARIO_ON(commit_and_map_range_page_in, 2, 20)
{
    struct served s = serve_pages(8);
    zx_handle_t clone = 0;
    struct reader r = {.vmo = s.vmo, .pages = 4};
    uint64_t first, count;

    assert_ok(supply(&s, 2, 1));
    zx_handle_t thread = lab_thread(commit_it, &r);
    expect_request(&s, &first, &count);
    assert_true(first == 0 && count == 2);
    assert_ok(supply(&s, 0, 2));
    expect_request(&s, &first, &count);
    assert_true(first == 3 && count == 1);
    assert_ok(supply(&s, 3, 1));
    lab_thread_join(thread);
    assert_ok(r.status);

    assert_ok(zx_vmo_clone(s.vmo, ZX_VMO_CLONE_COPY_ON_WRITE, PAGES(3), PAGES(3), &clone));
    r = (struct reader){.vmo = clone, .pages = 2};
    thread = lab_thread(commit_it, &r);
    expect_request(&s, &first, &count);
    assert_true(first == 4 && count == 1);
    assert_ok(supply(&s, 4, 1));
    lab_thread_join(thread);
    assert_ok(r.status);
    assert_int_equal(committed_pages(clone), 2);
    assert_int_equal(word_at(clone, 1), content(4));

    r = (struct reader){.vmo = s.vmo, .page = 4, .pages = 3};
    thread = lab_thread(map_it, &r);
    expect_request(&s, &first, &count);
    assert_true(first == 5 && count == 2);
    assert_ok(supply(&s, 5, 2));
    lab_thread_join(thread);
    assert_ok(r.status);
    user_faults_disable(); // the translations are there
    uint64_t value = 0;
    assert_ok(hal_copy_from_user(&value, r.va + PAGES(2), sizeof(value)));
    user_faults_enable();
    assert_int_equal(value, content(6));
    unmap(r.va, 3);
    close_handle(clone);
    served_close(&s);
}

// CALLS(zx_pager_detach_vmo)
SCENARIO_ON(detach_ends_all_waits, 2, 20)
{
    struct served s = serve_pages(4), other = serve_pages(1);
    zx_vaddr_t va = map(s.vmo, RO, 4);
    uint64_t first, count, value;

    assert_status(zx_pager_detach_vmo(0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_pager_detach_vmo(s.pager, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_pager_detach_vmo(s.vmo, s.pager), ZX_ERR_WRONG_TYPE);
    assert_status(zx_pager_detach_vmo(s.pager, other.vmo), ZX_ERR_INVALID_ARGS);
    assert_ok(supply(&s, 0, 1));
    READER(r, .vmo = s.vmo, .page = 1, .pages = 1);
    expect_request(&s, &first, &count);
    assert_ok(zx_pager_detach_vmo(s.pager, s.vmo));
    lab_thread_join(r.thread);
    assert_status(r.status, ZX_ERR_BAD_STATE);
    expect_complete(&s);
    assert_int_equal(word_at(s.vmo, 0), content(0)); // what is there stays
    assert_status(zx_vmo_read(s.vmo, &value, PAGE, 8), ZX_ERR_BAD_STATE);
    assert_status(zx_vmo_write(s.vmo, &value, PAGE, 8), ZX_ERR_BAD_STATE);
    assert_status(zx_vmo_op_range(s.vmo, ZX_VMO_OP_COMMIT, 0, PAGES(2), NULL, 0),
                  ZX_ERR_BAD_STATE);
    assert_status(supply(&s, 1, 1), ZX_ERR_BAD_STATE);
    assert_status(host_user_probe(va + PAGE, 8, 0), ZX_ERR_BAD_STATE);
    assert_ok(host_user_probe(va, 8, 0));
    assert_ok(zx_pager_detach_vmo(s.pager, s.vmo)); // nothing is left to end
    expect_no_packet(&s);
    unmap(va, 4);
    served_close(&other);
    served_close(&s);
}

// A pager that goes takes its VMOs' future with it, and nothing else.
SCENARIO_ON(closing_the_pager_detaches_its_vmos, 2, 20)
{
    struct served s = serve_pages(2);
    zx_handle_t second = 0;
    uint64_t first, count;

    assert_ok(zx_pager_create_vmo(s.pager, s.port, KEY, PAGE, 0, &second));
    READER(r, .vmo = s.vmo, .page = 0, .pages = 1);
    READER(t, .vmo = second, .page = 0, .pages = 1);
    expect_request(&s, &first, &count);
    expect_request(&s, &first, &count);
    close_handle(s.pager);
    lab_thread_join(r.thread);
    lab_thread_join(t.thread);
    assert_status(r.status, ZX_ERR_BAD_STATE);
    assert_status(t.status, ZX_ERR_BAD_STATE);
    expect_complete(&s);
    expect_complete(&s);
    close_handle(second);
    close_handle(s.vmo);
    expect_no_packet(&s);
    close_handle(s.port);
}

SCENARIO_ON(closing_the_vmo_completes_it, 2, 10)
{
    struct served s = serve_pages(2);
    zx_handle_t clone = 0;

    assert_ok(zx_vmo_clone(s.vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGE, &clone));
    zx_vaddr_t va = map(clone, RO, 1);
    close_handle(s.vmo);
    close_handle(clone);
    expect_no_packet(&s); // a mapping of a clone still looks through
    unmap(va, 1);
    expect_complete(&s);
    close_handle(s.pager);
    close_handle(s.port);
}

// CALLS(zx_task_kill)
SCENARIO_ON(who_waits_can_be_killed, 3, 30)
{
    struct served s = serve_pages(4);
    zx_vaddr_t va = map(s.vmo, RO, 4);
    uint64_t first, count;

    READER(call, .vmo = s.vmo, .page = 0, .pages = 1);
    READER(fault, .va = va, .page = 2);
    expect_request(&s, &first, &count);
    expect_request(&s, &first, &count);
    assert_ok(zx_task_kill(call.thread));
    assert_ok(zx_task_kill(fault.thread));
    lab_thread_join(call.thread);
    lab_thread_join(fault.thread);
    assert_status(call.status, ZX_ERR_NEXT); // neither came back
    assert_status(fault.status, ZX_ERR_NEXT);
    READER(later, .vmo = s.vmo, .page = 0, .pages = 1);
    await_state(later.thread, ZX_THREAD_STATE_RUNNING);
    assert_ok(supply(&s, 0, 4)); // asked for by the dead: no second packet is owed
    lab_thread_join(later.thread);
    assert_ok(later.status);
    expect_no_packet(&s);
    unmap(va, 4);
    served_close(&s);
}

// What nobody has read and nobody waits for any more is not owed: the dead leave nothing behind, whenever death
// comes. As long as one waits, the request stays.
// CALLS(zx_task_kill)
SCENARIO_ON(requests_of_the_dead_are_taken_back, 3, 30)
{
    struct served s = serve_pages(8);
    zx_vaddr_t va = map(s.vmo, RO, 8);
    uint64_t first, count;

    READER(call, .vmo = s.vmo, .page = 1, .pages = 3);
    READER(fault, .va = va, .page = 6);
    for (unsigned i = 0; i < 40; i++)
        await_state(fault.thread, ZX_THREAD_STATE_RUNNING); // mostly they have come to wait
    assert_ok(zx_task_kill(call.thread));
    assert_ok(zx_task_kill(fault.thread));
    lab_thread_join(call.thread);
    lab_thread_join(fault.thread);
    expect_no_packet(&s);

    READER(dies, .vmo = s.vmo, .page = 1, .pages = 1);
    READER(lives, .va = va, .page = 1);
    for (unsigned i = 0; i < 20; i++)
        await_state(lives.thread, ZX_THREAD_STATE_RUNNING);
    assert_ok(zx_task_kill(dies.thread));
    lab_thread_join(dies.thread);
    expect_request(&s, &first, &count);
    assert_int_equal(first, 1);
    assert_int_equal(count, 1);
    assert_ok(supply(&s, 1, 1));
    lab_thread_join(lives.thread);
    assert_int_equal(lives.value, content(1));
    expect_no_packet(&s);
    unmap(va, 8);
    served_close(&s);
}

// CALLS(zx_task_suspend_token)
SCENARIO_ON(a_fault_that_waits_can_be_suspended_a_call_cannot, 3, 30)
{
    struct served s = serve_pages(4);
    zx_vaddr_t va = map(s.vmo, RO, 4);
    zx_handle_t token[2] = {0};
    uint64_t first, count;

    READER(fault, .va = va, .page = 2);
    expect_request(&s, &first, &count);
    READER(call, .vmo = s.vmo, .page = 0, .pages = 1);
    expect_request(&s, &first, &count);
    assert_ok(zx_task_suspend_token(fault.thread, &token[0]));
    assert_ok(zx_task_suspend_token(call.thread, &token[1]));
    await(fault.thread, ZX_THREAD_SUSPENDED);
    assert_int_equal(state_of(call.thread) & ZX_THREAD_SUSPENDED, 0); // inside its call
    close_handle(token[0]); // it faults again, and waits again
    assert_ok(zx_task_suspend_token(fault.thread, &token[0]));
    await(fault.thread, ZX_THREAD_SUSPENDED);
    expect_no_packet(&s);
    assert_ok(supply(&s, 0, 4));
    await(call.thread, ZX_THREAD_SUSPENDED); // its call is over
    assert_int_equal(state_of(fault.thread) & ZX_THREAD_SUSPENDED, ZX_THREAD_SUSPENDED);
    assert_status(fault.status, ZX_ERR_NEXT);
    close_handle(token[0]);
    close_handle(token[1]);
    lab_thread_join(fault.thread);
    lab_thread_join(call.thread);
    assert_int_equal(fault.value, content(2));
    assert_ok(call.status);
    assert_int_equal(call.value, content(0));
    unmap(va, 4);
    served_close(&s);
}

// A request is never lost for a full port.
SCENARIO(a_full_port_gets_its_request)
{
    struct served s = serve_pages(1);
    zx_port_packet_t p = {.key = 1};
    unsigned queued = 0;

    while (zx_port_queue(s.port, &p) == ZX_OK)
        queued++;
    READER(r, .vmo = s.vmo, .page = 0, .pages = 1);
    for (unsigned i = 0; i < queued; i++) {
        assert_ok(zx_port_wait(s.port, 0, &p));
        assert_int_equal(p.key, 1);
    }
    uint64_t first, count;
    expect_request(&s, &first, &count);
    assert_ok(supply(&s, 0, 1));
    lab_thread_join(r.thread);
    assert_ok(r.status);
    served_close(&s);
}

// CALLS(zx_vmo_set_size)
SCENARIO_ON(shrinking_ends_waits_past_the_end, 2, 20)
{
    struct served s = serve_pages(8);
    uint64_t first, count;

    READER(r, .vmo = s.vmo, .page = 2, .pages = 4);
    expect_request(&s, &first, &count);
    assert_true(first == 2 && count == 4);
    assert_ok(zx_vmo_set_size(s.vmo, PAGES(2)));
    lab_thread_join(r.thread);
    assert_status(r.status, ZX_ERR_OUT_OF_RANGE);
    assert_ok(zx_vmo_set_size(s.vmo, PAGES(8)));
    READER(again, .vmo = s.vmo, .page = 2, .pages = 1);
    expect_request(&s, &first, &count); // the old request went with the pages
    assert_true(first == 2 && count == 1);
    assert_ok(supply(&s, 2, 1));
    lab_thread_join(again.thread);
    assert_ok(again.status);
    served_close(&s);
}

// Growing: a clone that showed zeros behind the end shows what the pager gives.
SCENARIO(growing_shows_clones_the_new_pages)
{
    struct served s = serve_pages(1);
    zx_handle_t clone = 0;
    uint64_t value = 7;

    assert_ok(zx_vmo_clone(s.vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGES(2), &clone));
    zx_vaddr_t va = map(clone, RO, 2);
    host_user_read(&value, va + PAGE, sizeof(value));
    assert_int_equal(value, 0);
    assert_ok(zx_vmo_set_size(s.vmo, PAGES(2)));
    assert_ok(supply(&s, 1, 1));
    host_user_read(&value, va + PAGE, sizeof(value));
    assert_int_equal(value, content(1));
    unmap(va, 2);
    close_handle(clone);
    served_close(&s);
}

static void write_from(void *arg)
{
    struct reader *r = arg;

    r->status = zx_vmo_write(r->vmo, (const void *)r->va, 0, 8);
}

static void read_into(void *arg)
{
    struct reader *r = arg;

    r->status = zx_vmo_read(r->vmo, (void *)(r->va + PAGE), 0, 8);
}

// The bytes to write lie in memory that a pager serves; so does the place for those that are read.
SCENARIO_ON(buffers_of_calls_may_be_pager_backed, 2, 20)
{
    struct served s = serve_pages(2);
    zx_vaddr_t va = map(s.vmo, RW, 2);
    struct reader r = {.va = va};
    uint64_t first, count, value = 0;

    assert_ok(zx_vmo_create(PAGE, 0, &r.vmo));
    zx_handle_t thread = lab_thread(write_from, &r);
    expect_request(&s, &first, &count);
    assert_true(first == 0 && count == 1);
    assert_ok(supply(&s, 0, 1));
    lab_thread_join(thread);
    assert_ok(r.status);
    assert_int_equal(word_at(r.vmo, 0), content(0));
    thread = lab_thread(read_into, &r);
    expect_request(&s, &first, &count);
    assert_true(first == 1 && count == 1);
    assert_ok(supply(&s, 1, 1));
    lab_thread_join(thread);
    assert_ok(r.status);
    host_user_read(&value, va + PAGE, sizeof(value));
    assert_int_equal(value, content(0));
    unmap(va, 2);
    close_handle(r.vmo);
    served_close(&s);
}

// Writes into memory that is meant to be supplied, from memory that has yet to be: the transfer holds a
// page of the auxiliary VMO while it waits.
struct fill {
    zx_handle_t aux;
    zx_vaddr_t from;
    zx_status_t status;
};

static void fill_it(void *arg)
{
    struct fill *f = arg;

    f->status = zx_vmo_write(f->aux, (const void *)f->from, 0, 8);
}

SCENARIO_ON(supply_from_memory_that_is_being_written, 2, 20)
{
    struct served s = serve_pages(2), other = serve_pages(1);
    struct fill f = {.aux = make_aux(0, 1), .from = map(other.vmo, RO, 1)};
    uint64_t first, count;

    zx_handle_t thread = lab_thread(fill_it, &f);
    expect_request(&other, &first, &count);
    assert_ok(zx_pager_supply_pages(s.pager, s.vmo, 0, PAGE, f.aux, 0));
    assert_int_equal(word_at(s.vmo, 0), content(0));
    assert_int_equal(committed_pages(f.aux), 0);
    assert_ok(supply(&other, 0, 1));
    lab_thread_join(thread);
    assert_ok(f.status);
    assert_int_equal(word_at(s.vmo, 0), content(0)); // not what was written afterwards
    unmap(f.from, 1);
    close_handle(f.aux);
    served_close(&other);
    served_close(&s);
}

static void touch(uint64_t handle, uint64_t va)
{
    uint64_t value;

    (void)handle;
    host_user_read(&value, va, sizeof(value)); // dies here
    zx_process_exit(42);
}

SCENARIO_ON(a_fault_on_detached_memory_kills_its_process_alone, 2, 10)
{
    struct served s = serve_pages(1);
    struct child c = make_child(lab.job);
    uint64_t first, count;
    zx_vaddr_t va = 0;

    assert_ok(zx_vmar_map(c.vmar, RO, 0, s.vmo, 0, PAGE, &va));
    assert_ok(zx_process_start(c.process, c.thread, (zx_vaddr_t)touch, 0,
                               duplicate_without(c.process, 0), va));
    expect_request(&s, &first, &count);
    close_handle(s.pager);
    await(c.process, ZX_PROCESS_TERMINATED);
    assert_int_not_equal(process_info(c.process).return_code, 42);
    close_child(&c);
    expect_complete(&s);
    close_handle(s.vmo);
    close_handle(s.port);
}

// CALLS(zx_pager_create, zx_pager_create_vmo, zx_pager_supply_pages)
SWEEP(sweep_pager, 8)
{
    struct served s = {0};
    zx_handle_t aux = 0, t = 0;

    if (!got(zx_pager_create(0, &s.pager)))
        return;
    if (got(zx_port_create(0, &s.port))) {
        if (got(zx_pager_create_vmo(s.pager, s.port, KEY, PAGES(70), 0, &s.vmo))) {
            struct reader r = {.vmo = s.vmo, .page = 2, .pages = 1, .status = ZX_ERR_NEXT};
            if (got(lab_thread_start(read_it, &r, &t))) {
                // Its request may find no memory: then the call says so, and the packet never comes.
                while (r.status == ZX_ERR_NEXT && !got(zx_vmo_create(PAGES(70), 0, &aux)))
                    continue;
                while (aux != 0 &&
                       !got(zx_vmo_op_range(aux, ZX_VMO_OP_COMMIT, 0, PAGES(70), NULL, 0)))
                    continue;
                while (aux != 0 && !got(zx_pager_supply_pages(s.pager, s.vmo, 0, PAGES(70), aux, 0)))
                    assert_int_equal(committed_pages(aux), 70); // nothing moved
                lab_thread_join(t);
                (void)got(r.status);
                if (aux != 0)
                    close_handle(aux);
            }
            close_handle(s.vmo);
        }
        close_handle(s.port);
    }
    close_handle(s.pager);
}

const struct CMUnitTest pager_tests[] = {
    cmocka_unit_test(test_pager_calls_check_their_arguments),
    cmocka_unit_test(test_supply_checks_in_order),
    cmocka_unit_test(test_supply_moves_pages_and_keeps_those_there),
    cmocka_unit_test(test_a_read_waits_for_its_pages),
    cmocka_unit_test(test_answered_requests_leave_the_port),
    cmocka_unit_test(test_supply_under_many_clones_is_linear),
    cmocka_unit_test(test_a_fault_waits_for_its_page),
    cmocka_unit_test(test_clones_read_through_and_keep_what_they_write),
    cmocka_unit_test(test_commit_and_map_range_page_in),
    cmocka_unit_test(test_detach_ends_all_waits),
    cmocka_unit_test(test_closing_the_pager_detaches_its_vmos),
    cmocka_unit_test(test_closing_the_vmo_completes_it),
    cmocka_unit_test(test_who_waits_can_be_killed),
    cmocka_unit_test(test_requests_of_the_dead_are_taken_back),
    cmocka_unit_test(test_a_fault_that_waits_can_be_suspended_a_call_cannot),
    cmocka_unit_test(test_a_full_port_gets_its_request),
    cmocka_unit_test(test_shrinking_ends_waits_past_the_end),
    cmocka_unit_test(test_growing_shows_clones_the_new_pages),
    cmocka_unit_test(test_buffers_of_calls_may_be_pager_backed),
    cmocka_unit_test(test_supply_from_memory_that_is_being_written),
    cmocka_unit_test(test_a_fault_on_detached_memory_kills_its_process_alone),
    cmocka_unit_test(test_sweep_pager),
};
const size_t pager_test_count = countof(pager_tests);
