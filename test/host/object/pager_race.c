// SPDX-License-Identifier: MIT
// Many users of one pager: each compares what it sees with a simple model, while a server answers in
// pieces, too much and unasked; and users that are killed, detached and cut off at any moment.
#include "pager_test.h"

#define SIZE   24u // pages of the pager's VMO
#define CLONES 4
#define STEPS  60u

// ---- the server -----------------------------------------------------------------------------------

struct world {
    struct served s;
    atomic_bool stop;
    bool writes; // somebody resizes or detaches the pager's VMO: supply may fail
    bool closes; // somebody closes the pager
};

// Answers a request in some way that gives all of it in the end.
static void answer(const struct world *w, uint64_t first, uint64_t count)
{
    while (count > 0) {
        uint64_t part = 1 + host_random((unsigned)count), from = first, n = part;

        if (host_random(3) == 0 && from > 0) { // pages nobody asked for
            from--;
            n++;
        }
        zx_status_t status = supply(&w->s, from, n);
        if (!w->writes)
            assert_ok(status);
        else
            assert_true(status == ZX_OK || status == ZX_ERR_OUT_OF_RANGE ||
                        status == ZX_ERR_BAD_STATE ||
                        (w->closes && status == ZX_ERR_BAD_HANDLE));
        first += part;
        count -= part;
    }
}

static void serve(void *arg)
{
    struct world *w = arg;
    zx_port_packet_t p;

    while (zx_port_wait(w->s.port, FOREVER, &p) == ZX_OK && p.type == ZX_PKT_TYPE_PAGE_REQUEST) {
        if (p.page_request.command == ZX_PAGER_VMO_READ)
            answer(w, p.page_request.offset / PAGE, p.page_request.length / PAGE);
        else
            assert_true(atomic_load(&w->stop));
    }
    assert_int_equal(p.type, ZX_PKT_TYPE_USER);
}

static zx_handle_t server_start(struct world *w)
{
    w->s = serve_pages(SIZE);
    return lab_thread(serve, w);
}

static void server_end(struct world *w, zx_handle_t server)
{
    zx_port_packet_t p = {0};

    atomic_store(&w->stop, true);
    assert_ok(zx_port_queue(w->s.port, &p));
    lab_thread_join(server);
    if (w->closes)
        w->s.pager = make_event(); // something to close
    served_close(&w->s);
}

// ---- a model of one user's clones -------------------------------------------------------------------

struct view {
    zx_handle_t vmo; // 0: unused
    int parent;      // -1: the pager's VMO
    uint64_t offset, size;
    bool own[SIZE + 4];
    uint64_t value[SIZE + 4];
    zx_vaddr_t va; // 0: not mapped; all of it at most
};

struct user {
    struct world *w;
    struct view view[CLONES];
};

static uint64_t visible(const struct user *u, int v, uint64_t page)
{
    for (; v >= 0; v = u->view[v].parent) {
        const struct view *c = &u->view[v];
        if (page >= c->size)
            return 0;
        if (c->own[page])
            return c->value[page];
        page += c->offset;
    }
    return page < SIZE ? content(page) : 0;
}

// A first write gives the page to v and to the clones between it and who has it.
static void model_commit(struct user *u, int v, uint64_t page)
{
    uint64_t at = page, value = visible(u, v, page);
    int owner = -1, i = v;

    for (; i >= 0 && at < u->view[i].size; i = u->view[i].parent) {
        if (u->view[i].own[at]) {
            owner = i;
            break;
        }
        at += u->view[i].offset;
    }
    bool somebody = owner >= 0 || (i < 0 && at < SIZE);
    for (at = page, i = v; i != owner; i = u->view[i].parent) {
        u->view[i].own[at] = true;
        u->view[i].value[at] = value;
        at += u->view[i].offset;
        if (!somebody)
            break;
    }
}

static void check(const struct user *u, int v)
{
    const struct view *c = &u->view[v];
    uint64_t page = host_random(SIZE), seen = 0;

    if (page >= c->size) {
        assert_status(zx_vmo_read(c->vmo, &seen, PAGES(page), 8), ZX_ERR_OUT_OF_RANGE);
    } else if (c->va != 0 && host_random(2)) {
        host_user_read(&seen, c->va + PAGES(page), sizeof(seen));
        assert_int_equal(seen, visible(u, v, page));
    } else {
        assert_int_equal(word_at(c->vmo, page), visible(u, v, page));
    }
}

// ---- its steps --------------------------------------------------------------------------------------

static void do_clone(struct user *u)
{
    int parent = (int)host_random(CLONES + 1) - 1, v = 0;

    while (v < CLONES && u->view[v].vmo != 0)
        v++;
    if (v == CLONES || (parent >= 0 && u->view[parent].vmo == 0))
        return;
    struct view *c = &u->view[v];
    *c = (struct view){.parent = parent, .offset = host_random(6), .size = 1 + host_random(SIZE)};
    assert_ok(zx_vmo_clone(parent < 0 ? u->w->s.vmo : u->view[parent].vmo,
                           ZX_VMO_CLONE_COPY_ON_WRITE, PAGES(c->offset), PAGES(c->size), &c->vmo));
}

static void do_write(struct user *u, int v)
{
    struct view *c = &u->view[v];
    uint64_t page = host_random((unsigned)c->size), value = host_random(1000000);

    if (c->va != 0 && host_random(2))
        host_user_write(c->va + PAGES(page), &value, sizeof(value));
    else
        assert_ok(zx_vmo_write(c->vmo, &value, PAGES(page), sizeof(value)));
    if (!c->own[page])
        model_commit(u, v, page);
    c->value[page] = value;
}

static void do_commit(struct user *u, int v)
{
    uint64_t page = host_random((unsigned)u->view[v].size), count = 1 + host_random(4);

    assert_ok(zx_vmo_op_range(u->view[v].vmo, ZX_VMO_OP_COMMIT, PAGES(page), PAGES(count), NULL, 0));
    for (uint64_t i = page; i < MIN(page + count, u->view[v].size); i++) {
        if (!u->view[v].own[i])
            model_commit(u, v, i);
    }
}

static void do_decommit(struct user *u, int v)
{
    uint64_t page = host_random((unsigned)u->view[v].size);

    assert_ok(zx_vmo_op_range(u->view[v].vmo, ZX_VMO_OP_DECOMMIT, PAGES(page), PAGE, NULL, 0));
    u->view[v].own[page] = false;
}

static void do_resize(struct user *u, int v)
{
    struct view *c = &u->view[v];

    c->size = 1 + host_random(SIZE);
    assert_ok(zx_vmo_set_size(c->vmo, PAGES(c->size)));
    for (uint64_t i = c->size; i < countof(c->own); i++)
        c->own[i] = false;
}

static void do_map(struct user *u, int v)
{
    struct view *c = &u->view[v];

    if (c->va != 0)
        assert_ok(zx_vmar_unmap(lab.vmar, c->va, PAGES(SIZE)));
    c->va = 0;
    uint32_t options = RW | (host_random(2) ? ZX_VM_MAP_RANGE : 0);
    assert_ok(zx_vmar_map(lab.vmar, options, 0, c->vmo, 0, PAGES(SIZE), &c->va));
}

static void step(struct user *u)
{
    static void (*const ops[])(struct user *, int) = {do_write, do_write,    do_commit, do_decommit,
                                                      do_map,   do_resize};
    int v = (int)host_random(CLONES);

    if (u->view[v].vmo == 0 || host_random(8) == 0)
        do_clone(u);
    else if (host_random(2))
        ops[host_random(countof(ops))](u, v);
    else
        check(u, v);
}

static void use(void *arg)
{
    struct user u = {.w = arg};

    for (unsigned i = 0; i < STEPS; i++)
        step(&u);
    for (int v = 0; v < CLONES; v++) {
        if (u.view[v].va != 0)
            assert_ok(zx_vmar_unmap(lab.vmar, u.view[v].va, PAGES(SIZE)));
        if (u.view[v].vmo != 0)
            close_handle(u.view[v].vmo);
    }
}

// CALLS(zx_pager_create_vmo, zx_pager_supply_pages, zx_vmo_clone, zx_vmo_set_size, zx_vmo_op_range)
SCENARIO_ON(clones_of_pager_memory_match_a_model, 2, 25)
{
    struct world w = {0};
    zx_handle_t server = server_start(&w);

    use(&w);
    server_end(&w, server);
}

SCENARIO_ON(many_users_of_a_pager_match_their_models, 3, 15)
{
    struct world w = {0};
    zx_handle_t server = server_start(&w);

    RACE(&w, use, use, use);
    server_end(&w, server);
}

// ---- the pager's VMO written to and resized, its users killed, its pager gone ------------------------

static void read_at_random(void *arg)
{
    struct world *w = arg;
    uint64_t value;

    for (unsigned i = 0; i < 30; i++) {
        uint64_t page = host_random(SIZE);
        zx_status_t status = host_random(4) == 0
                                 ? zx_vmo_write(w->s.vmo, &(uint64_t){content(page)}, PAGES(page), 8)
                                 : zx_vmo_read(w->s.vmo, &value, PAGES(page), 8);
        assert_true(status == ZX_OK || status == ZX_ERR_OUT_OF_RANGE || status == ZX_ERR_BAD_STATE);
    }
}

static void map_and_read(void *arg)
{
    struct world *w = arg;
    zx_vaddr_t va = 0;

    assert_ok(zx_vmar_map(lab.vmar, RO, 0, w->s.vmo, 0, PAGES(SIZE), &va));
    for (unsigned i = 0; i < 30; i++) {
        uint64_t page = host_random(SIZE);
        zx_status_t status = host_user_probe(va + PAGES(page), 8, 0);
        assert_true(status == ZX_OK || status == ZX_ERR_OUT_OF_RANGE || status == ZX_ERR_BAD_STATE);
    }
    assert_ok(zx_vmar_unmap(lab.vmar, va, PAGES(SIZE)));
}

static void resize_it(void *arg)
{
    struct world *w = arg;

    for (unsigned i = 0; i < 10; i++)
        assert_ok(zx_vmo_set_size(w->s.vmo, PAGES(host_random(SIZE + 1))));
    assert_ok(zx_vmo_set_size(w->s.vmo, PAGES(SIZE)));
}

static void kill_readers(void *arg)
{
    for (unsigned i = 0; i < 4; i++) {
        zx_handle_t t = lab_thread(host_random(2) ? read_at_random : map_and_read, arg);
        sleep_ns(host_random(20000));
        assert_ok(zx_task_kill(t));
        lab_thread_join(t);
    }
}

static void detach_it(void *arg)
{
    struct world *w = arg;

    sleep_ns(host_random(100000));
    atomic_store(&w->stop, true);
    assert_ok(zx_pager_detach_vmo(w->s.pager, w->s.vmo));
}

// CALLS(zx_task_kill, zx_vmo_set_size)
SCENARIO_ON(readers_killed_while_the_vmo_is_resized, 3, 40)
{
    struct world w = {.writes = true};
    zx_handle_t server = server_start(&w);

    RACE(&w, read_at_random, resize_it, kill_readers, map_and_read);
    server_end(&w, server);
}

// CALLS(zx_pager_detach_vmo)
SCENARIO_ON(detached_in_the_midst, 3, 40)
{
    struct world w = {.writes = true};
    zx_handle_t server = server_start(&w);

    RACE(&w, read_at_random, map_and_read, kill_readers, detach_it);
    server_end(&w, server);
}

static void close_pager(void *arg)
{
    struct world *w = arg;

    sleep_ns(host_random(100000));
    atomic_store(&w->stop, true);
    close_handle(w->s.pager);
}

SCENARIO_ON(pager_closed_in_the_midst, 3, 40)
{
    struct world w = {.writes = true, .closes = true};
    zx_handle_t server = server_start(&w);

    RACE(&w, read_at_random, map_and_read, kill_readers, close_pager);
    server_end(&w, server);
}

const struct CMUnitTest pager_race_tests[] = {
    cmocka_unit_test(test_clones_of_pager_memory_match_a_model),
    cmocka_unit_test(test_many_users_of_a_pager_match_their_models),
    cmocka_unit_test(test_readers_killed_while_the_vmo_is_resized),
    cmocka_unit_test(test_detached_in_the_midst),
    cmocka_unit_test(test_pager_closed_in_the_midst),
};
const size_t pager_race_test_count = countof(pager_race_tests);
