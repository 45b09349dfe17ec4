// SPDX-License-Identifier: MIT
//
// Pagers in processes of their own: one that answers, one that is slow, one that lies, one that dies; and
// who waits for them (spec 23 section 14.1).

#include <testing/testing.h>

#include <stdatomic.h>

#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#define PAGE  ((uint64_t)ZX_PAGE_SIZE)
#define KEY   7u
#define COUNT 64u // pages of the VMOs here

static uint64_t content(uint64_t page)
{
    return page * 0x9e3779b97f4a7c15u + 1;
}

// ---- the pager's side ------------------------------------------------------------------------------

struct server {
    zx_handle_t pager, port, vmo, aux;
    zx_handle_t channel; // to the test
};

// Makes the pager's VMO and sends its handle to the test. False: something failed.
static bool server_open(struct server *s)
{
    zx_handle_t sent;

    s->channel = test_child_channel();
    return zx_pager_create(0, &s->pager) == ZX_OK && zx_port_create(0, &s->port) == ZX_OK &&
           zx_pager_create_vmo(s->pager, s->port, KEY, COUNT * PAGE, 0, &s->vmo) == ZX_OK &&
           zx_vmo_create(COUNT * PAGE, 0, &s->aux) == ZX_OK &&
           zx_handle_duplicate(s->vmo, ZX_RIGHT_SAME_RIGHTS, &sent) == ZX_OK &&
           zx_channel_write(s->channel, 0, NULL, 0, &sent, 1) == ZX_OK;
}

// Fills the same range of the auxiliary VMO.
static bool fill(const struct server *s, uint64_t first, uint64_t count)
{
    for (uint64_t page = first; page < first + count; page++) {
        uint64_t value = content(page);

        if (zx_vmo_write(s->aux, &value, page * PAGE, sizeof(value)) != ZX_OK) {
            return false;
        }
    }
    return true;
}

static zx_status_t supply(const struct server *s, uint64_t first, uint64_t count)
{
    if (!fill(s, first, count)) {
        return ZX_ERR_INTERNAL;
    }
    return zx_pager_supply_pages(s->pager, s->vmo, first * PAGE, count * PAGE, s->aux, first * PAGE);
}

// The next request; false if none came, or it is not as it should be.
static bool next_request(const struct server *s, uint64_t *first, uint64_t *count)
{
    zx_port_packet_t p;

    if (zx_port_wait(s->port, test_patience(), &p) != ZX_OK || p.key != KEY ||
        p.type != ZX_PKT_TYPE_PAGE_REQUEST || p.page_request.command != ZX_PAGER_VMO_READ ||
        (p.page_request.offset | p.page_request.length) % PAGE != 0) {
        return false;
    }
    *first = p.page_request.offset / PAGE;
    *count = p.page_request.length / PAGE;
    return *count > 0 && *first + *count <= COUNT;
}

// Answers until the test has what it wants and closes its end of the channel.
static int serve(struct server *s, zx_duration_t delay)
{
    uint64_t first, count;
    zx_port_packet_t p;

    if (zx_object_wait_async(s->channel, s->port, 0, ZX_CHANNEL_PEER_CLOSED,
                             ZX_WAIT_ASYNC_ONCE) != ZX_OK) {
        return 2;
    }
    while (zx_port_wait(s->port, ZX_TIME_INFINITE, &p) == ZX_OK &&
           p.type == ZX_PKT_TYPE_PAGE_REQUEST) {
        first = p.page_request.offset / PAGE;
        count = p.page_request.length / PAGE;
        for (; p.page_request.command == ZX_PAGER_VMO_READ && count > 0; first++, count--) {
            if (delay != 0) {
                zx_nanosleep(zx_deadline_after(delay));
            }
            if (supply(s, first, 1) != ZX_OK) {
                return 3;
            }
        }
    }
    return 0;
}

CHILD(honest)
{
    struct server s;

    return server_open(&s) ? serve(&s, 0) : 1;
}

CHILD(slow)
{
    struct server s;

    return server_open(&s) ? serve(&s, ZX_MSEC(2)) : 1;
}

// Tries everything that must not work, then does what it should.
CHILD(liar)
{
    struct server s;
    uint64_t first, count;
    zx_handle_t small;

    if (!server_open(&s) || !next_request(&s, &first, &count) ||
        zx_vmo_create(PAGE, 0, &small) != ZX_OK || !fill(&s, 0, COUNT)) {
        return 1;
    }
    const uint64_t offset = first * PAGE, length = count * PAGE;

#define LIE(number, status, ...)                                     \
    if (zx_pager_supply_pages(s.pager, __VA_ARGS__) != (status)) \
    return 10 + (number)
    LIE(0, ZX_ERR_OUT_OF_RANGE, s.vmo, COUNT * PAGE, PAGE, s.aux, 0);  // behind the end
    LIE(1, ZX_ERR_OUT_OF_RANGE, s.vmo, 0, 2 * PAGE, small, 0);         // from too small a VMO
    LIE(2, ZX_ERR_BAD_STATE, s.vmo, offset, PAGE, small, 0);           // that has no page
    LIE(3, ZX_ERR_INVALID_ARGS, s.vmo, offset + 1, length, s.aux, 0);  // not whole pages
    LIE(4, ZX_ERR_INVALID_ARGS, s.vmo, offset, length - 8, s.aux, 0);
    LIE(5, ZX_ERR_INVALID_ARGS, s.vmo, offset, length, s.vmo, offset); // from itself
    LIE(6, ZX_ERR_INVALID_ARGS, small, 0, PAGE, s.aux, 0);             // not its own
    LIE(7, ZX_ERR_OUT_OF_RANGE, s.vmo, PAGE, UINT64_MAX - PAGE + 1, s.aux, 0);
    LIE(8, ZX_OK, s.vmo, 0, 0, s.aux, 0);                              // nothing at all
    LIE(9, ZX_OK, s.vmo, 0, offset, s.aux, 0);                         // what nobody asked for
    LIE(10, ZX_OK, s.vmo, offset, COUNT * PAGE - offset, s.aux, offset); // far too much
    return serve(&s, 0);
}

// Answers one request and is gone.
CHILD(mortal)
{
    struct server s;
    uint64_t first, count;

    if (!server_open(&s) || !next_request(&s, &first, &count) || supply(&s, first, count) != ZX_OK ||
        !next_request(&s, &first, &count)) {
        return 1;
    }
    return 5;
}

// ---- the test's side -------------------------------------------------------------------------------

static zx_status_t pager_start(const char *name, struct test_child *child, zx_handle_t *out_vmo)
{
    zx_status_t status = test_child_start(name, child);
    uint32_t bytes, handles;

    if (status == ZX_OK) {
        status = zx_object_wait_one(child->channel, ZX_CHANNEL_READABLE, test_patience(), NULL);
    }
    if (status == ZX_OK) {
        status = zx_channel_read(child->channel, 0, NULL, out_vmo, 0, 1, &bytes, &handles);
    }
    EXPECT_OK(status);
    return status;
}

static void pager_finish(struct test_child *child, zx_handle_t vmo, int64_t code)
{
    zx_handle_close(vmo);
    zx_handle_close(child->channel);
    child->channel = ZX_HANDLE_INVALID;
    EXPECT_EQ(test_child_finish(child), code);
}

static zx_vaddr_t map(zx_handle_t vmo)
{
    zx_vaddr_t va = 0;

    EXPECT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, COUNT * PAGE, &va));
    return va;
}

static void unmap(zx_vaddr_t va)
{
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), va, COUNT * PAGE));
}

static uint64_t at(zx_vaddr_t va, uint64_t page)
{
    return *(volatile uint64_t *)(va + page * PAGE);
}

static void check_all_by_faults(const char *name)
{
    struct test_child child;
    zx_handle_t vmo;

    ASSERT_OK(pager_start(name, &child, &vmo));
    zx_vaddr_t va = map(vmo);

    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t page = i * 29 % COUNT; // here and there

        EXPECT_EQ(at(va, page), content(page));
    }
    unmap(va);
    pager_finish(&child, vmo, 0);
}

// CALLS(zx_pager_create, zx_pager_create_vmo, zx_pager_supply_pages)
TEST(faults_are_served_by_another_process)
{
    check_all_by_faults("honest");
}

TEST(a_slow_pager_is_waited_for)
{
    check_all_by_faults("slow");
}

TEST(a_lying_pager_gets_errors_and_harms_nobody)
{
    check_all_by_faults("liar");
}

// CALLS(zx_vmo_read, zx_vmo_clone)
TEST(calls_and_clones_read_through)
{
    static uint64_t words[COUNT * ZX_PAGE_SIZE / sizeof(uint64_t)];
    struct test_child child;
    zx_handle_t vmo, clone;
    uint64_t value = 3;

    ASSERT_OK(pager_start("honest", &child, &vmo));
    EXPECT_OK(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, PAGE, COUNT * PAGE, &clone));
    EXPECT_OK(zx_vmo_write(clone, &value, 8, sizeof(value))); // copies a page that must come first
    EXPECT_OK(zx_vmo_read(clone, words, 0, COUNT * PAGE));
    EXPECT_EQ(words[1], 3);
    for (uint64_t page = 0; page < COUNT; page++) {
        EXPECT_EQ(words[page * PAGE / 8], page + 1 < COUNT ? content(page + 1) : 0);
    }
    EXPECT_OK(zx_vmo_read(vmo, words, 0, COUNT * PAGE));
    EXPECT_EQ(words[PAGE / 8], content(1));
    EXPECT_EQ(words[PAGE / 8 + 1], 0); // the clone's write is the clone's
    zx_handle_close(clone);
    pager_finish(&child, vmo, 0);
}

struct crowd {
    zx_vaddr_t va;
    atomic_uint wrong;
};

static void read_all(void *context)
{
    struct crowd *c = context;

    for (uint64_t page = 0; page < COUNT; page++) {
        if (at(c->va, page) != content(page)) {
            atomic_fetch_add(&c->wrong, 1);
        }
    }
}

TEST(many_threads_wait_for_the_same_pages)
{
    struct test_thread threads[6];
    struct crowd crowd = {0};
    struct test_child child;
    zx_handle_t vmo;

    ASSERT_OK(pager_start("slow", &child, &vmo));
    crowd.va = map(vmo);
    for (unsigned i = 0; i < 6; i++) {
        ASSERT_OK(test_thread_start(&threads[i], read_all, &crowd));
    }
    for (unsigned i = 0; i < 6; i++) {
        test_thread_join(&threads[i]);
    }
    EXPECT_EQ(atomic_load(&crowd.wrong), 0);
    unmap(crowd.va);
    pager_finish(&child, vmo, 0);
}

// The process of a thread that faults on what can't come any more dies, nobody else.
CHILD(victim)
{
    zx_handle_t vmo, channel = test_child_channel();
    uint32_t bytes, handles;

    if (zx_object_wait_one(channel, ZX_CHANNEL_READABLE, test_patience(), NULL) != ZX_OK ||
        zx_channel_read(channel, 0, NULL, &vmo, 0, 1, &bytes, &handles) != ZX_OK) {
        return 1;
    }
    zx_vaddr_t va = map(vmo);

    return at(va, 2) == content(2) ? 2 : 3; // never
}

TEST(a_dying_pager_takes_nobody_with_it_who_does_not_touch)
{
    struct test_child pager, victim;
    zx_handle_t vmo, sent;
    uint64_t value;

    ASSERT_OK(pager_start("mortal", &pager, &vmo));
    EXPECT_OK(zx_vmo_read(vmo, &value, 0, sizeof(value)));
    EXPECT_EQ(value, content(0));
    ASSERT_OK(test_child_start("victim", &victim));
    EXPECT_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &sent));
    EXPECT_OK(zx_channel_write(victim.channel, 0, NULL, 0, &sent, 1));
    EXPECT_EQ(test_child_finish(&victim), -1); // it asked, the pager died of it
    EXPECT_EQ(zx_vmo_read(vmo, &value, PAGE, sizeof(value)), ZX_ERR_BAD_STATE);
    EXPECT_OK(zx_vmo_read(vmo, &value, 0, sizeof(value))); // what had come stays
    EXPECT_EQ(value, content(0));
    pager_finish(&pager, vmo, 5);
}

struct stuck {
    zx_handle_t vmo;
    zx_vaddr_t va; // 0: by a system call
};

static void get_stuck(void *context)
{
    struct stuck *s = context;
    uint64_t value;

    if (s->va != 0) {
        (void)at(s->va, 1);
    } else {
        (void)zx_vmo_read(s->vmo, &value, PAGE, sizeof(value));
    }
}

// CALLS(zx_task_kill, zx_pager_detach_vmo)
TEST(who_waits_for_ever_can_be_killed)
{
    struct test_thread threads[2];
    struct stuck by_call = {0}, by_fault = {0};
    zx_handle_t pager, port;
    zx_port_packet_t p;

    ASSERT_OK(zx_pager_create(0, &pager));
    ASSERT_OK(zx_port_create(0, &port));
    ASSERT_OK(zx_pager_create_vmo(pager, port, KEY, COUNT * PAGE, 0, &by_call.vmo));
    by_fault.va = map(by_call.vmo);
    ASSERT_OK(test_thread_start(&threads[0], get_stuck, &by_call));
    ASSERT_OK(zx_port_wait(port, test_patience(), &p));
    EXPECT_EQ(p.page_request.offset, PAGE);
    ASSERT_OK(test_thread_start(&threads[1], get_stuck, &by_fault));
    EXPECT_OK(zx_task_kill(threads[0].handle));
    EXPECT_OK(zx_task_kill(threads[1].handle));
    test_thread_join(&threads[0]);
    test_thread_join(&threads[1]);
    EXPECT_OK(zx_pager_detach_vmo(pager, by_call.vmo));
    ASSERT_OK(zx_port_wait(port, test_patience(), &p));
    EXPECT_EQ(p.page_request.command, ZX_PAGER_VMO_COMPLETE);
    unmap(by_fault.va);
    zx_handle_close(by_call.vmo);
    zx_handle_close(port);
    zx_handle_close(pager);
}
