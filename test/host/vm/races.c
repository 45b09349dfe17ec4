// SPDX-License-Identifier: MIT
// Threads and processes that map, unmap, protect, fault, write, decommit and shrink the same memory, on
// the whole kernel core: no stale translation, no access that fails without a reason, nothing left over.
// CALLS(zx_vmo_create, zx_vmo_op_range, zx_vmo_read, zx_vmo_write, zx_vmo_set_size, zx_vmo_clone)
// CALLS(zx_vmar_map, zx_vmar_unmap, zx_vmar_protect, zx_vmar_allocate, zx_vmar_destroy)
#include <lab/lab.h>

#include <hal/upcall.h>

#define RW       (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define PAGES(n) ((uint64_t)(n)*PAGE_SIZE)
#define ROUNDS   12u

// What the threads of a scenario share. Ordinary host memory: user pointers in system calls.
struct shared {
    zx_handle_t vmo;
    zx_handle_t vmar;
    zx_vaddr_t va;
    unsigned pages;
    atomic_uint running; // threads that still work
};

static zx_handle_t make_vmo(unsigned pages)
{
    zx_handle_t vmo = ZX_HANDLE_INVALID;

    assert_ok(zx_vmo_create(PAGES(pages), 0, &vmo));
    return vmo;
}

static zx_vaddr_t map(zx_handle_t vmar, uint32_t options, zx_handle_t vmo, unsigned pages)
{
    zx_vaddr_t va = 0;

    assert_ok(zx_vmar_map(vmar, options, 0, vmo, 0, PAGES(pages), &va));
    return va;
}

static void run_both(void (*first)(void *), void (*second)(void *), struct shared *s)
{
    atomic_store(&s->running, 2);
    zx_handle_t a = lab_thread(first, s), b = lab_thread(second, s);
    lab_thread_join(a);
    lab_thread_join(b);
}

// ---- writing against decommit ---------------------------------------------------------------------

static void write_all(void *arg)
{
    struct shared *s = arg;

    for (uint64_t round = 1; round <= ROUNDS; round++) {
        for (unsigned i = 0; i < s->pages; i++) {
            uint64_t seen;
            host_user_write(s->va + PAGES(i) + 8, &round, sizeof(round));
            host_user_read(&seen, s->va + PAGES(i) + 8, sizeof(seen));
            assert_true(seen == round || seen == 0); // a decommit may have come between
        }
    }
    atomic_fetch_sub(&s->running, 1);
}

static void decommit_until_done(void *arg)
{
    struct shared *s = arg;

    while (atomic_load(&s->running) == 2) {
        unsigned page = (unsigned)host_random(s->pages);
        assert_ok(zx_vmo_op_range(s->vmo, ZX_VMO_OP_DECOMMIT, PAGES(page), PAGES(2), NULL, 0));
    }
}

static void decommit_against_write(void *arg)
{
    struct shared s = {.pages = 6};

    (void)arg;
    s.vmo = make_vmo(s.pages);
    s.va = map(lab.vmar, RW, s.vmo, s.pages);
    run_both(write_all, decommit_until_done, &s);
    assert_ok(zx_handle_close(s.vmo));
}

static void test_decommit_against_write(void **state)
{
    (void)state;
    lab_seeds(decommit_against_write, 3, 40);
}

// ---- accesses against unmap and map ---------------------------------------------------------------

static void probe_until_done(void *arg)
{
    struct shared *s = arg;

    while (atomic_load(&s->running) == 2) {
        unsigned page = (unsigned)host_random(s->pages);
        unsigned access = host_random(2) ? HAL_FAULT_WRITE : 0;
        zx_status_t status = host_user_probe(s->va + PAGES(page), 8, access);
        assert_true(status == ZX_OK || status == ZX_ERR_NOT_FOUND ||
                    (status == ZX_ERR_ACCESS_DENIED && access != 0));
    }
}

static void remap(void *arg)
{
    struct shared *s = arg;

    for (unsigned round = 0; round < ROUNDS; round++) {
        zx_vaddr_t va;
        unsigned page = (unsigned)host_random(s->pages), count = 1 + (unsigned)host_random(3);
        count = MIN(count, s->pages - page);
        assert_ok(zx_vmar_unmap(s->vmar, s->va + PAGES(page), PAGES(count)));
        // Gone is gone: no CPU may have it any more (a stale entry stops the run).
        assert_status(host_user_probe(s->va + PAGES(page), 8, 0), ZX_ERR_NOT_FOUND);
        assert_ok(zx_vmar_map(s->vmar, RW | ZX_VM_SPECIFIC | ZX_VM_MAP_RANGE, PAGES(page), s->vmo,
                              PAGES(page), PAGES(count), &va));
        assert_int_equal(va, s->va + PAGES(page));
        assert_ok(zx_vmar_protect(s->vmar, ZX_VM_PERM_READ, va, PAGES(1)));
        assert_ok(zx_vmar_protect(s->vmar, RW, va, PAGES(count)));
    }
    atomic_fetch_sub(&s->running, 1);
}

static void unmap_against_access(void *arg)
{
    struct shared s = {.pages = 8};
    zx_vaddr_t va;

    (void)arg;
    s.vmo = make_vmo(s.pages);
    assert_ok(zx_vmar_allocate(
        lab.vmar, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
        PAGES(s.pages), &s.vmar, &s.va));
    assert_ok(zx_vmar_map(s.vmar, RW | ZX_VM_SPECIFIC, 0, s.vmo, 0, PAGES(s.pages), &va));
    run_both(remap, probe_until_done, &s);
    assert_ok(zx_vmar_destroy(s.vmar));
    assert_status(host_user_probe(s.va, 8, 0), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close(s.vmar));
    assert_ok(zx_handle_close(s.vmo));
}

static void test_unmap_against_access(void **state)
{
    (void)state;
    lab_seeds(unmap_against_access, 3, 40);
}

// ---- copying against losing the page ----------------------------------------------------------------

static void copy_pages(void *arg)
{
    struct shared *s = arg;
    uint64_t word;

    for (unsigned round = 0; round < ROUNDS; round++) {
        // Into and out of a mapping of the same VMO, whose pages come and go meanwhile.
        zx_status_t status = zx_vmo_read(s->vmo, (void *)s->va, PAGES(1), PAGES(1));
        assert_true(status == ZX_OK || status == ZX_ERR_OUT_OF_RANGE ||
                    status == ZX_ERR_INVALID_ARGS);
        status = zx_vmo_write(s->vmo, (const void *)(s->va + PAGES(1)), 0, PAGES(1) + 8);
        assert_true(status == ZX_OK || status == ZX_ERR_OUT_OF_RANGE ||
                    status == ZX_ERR_INVALID_ARGS);
        status = zx_vmo_read(s->vmo, &word, 16, sizeof(word));
        assert_true(status == ZX_ERR_OUT_OF_RANGE || (status == ZX_OK && word == 0));
    }
    atomic_fetch_sub(&s->running, 1);
}

static void resize_until_done(void *arg)
{
    struct shared *s = arg;

    while (atomic_load(&s->running) == 2) {
        assert_ok(zx_vmo_set_size(s->vmo, PAGES(host_random(4))));
        assert_ok(zx_vmo_op_range(s->vmo, ZX_VMO_OP_COMMIT, 0, PAGES(4), NULL, 0));
        assert_ok(zx_vmo_set_size(s->vmo, PAGES(4)));
    }
}

static void copy_against_resize(void *arg)
{
    struct shared s = {.pages = 4};

    (void)arg;
    s.vmo = make_vmo(s.pages);
    s.va = map(lab.vmar, RW, s.vmo, s.pages);
    run_both(copy_pages, resize_until_done, &s);
    assert_ok(zx_vmar_unmap(lab.vmar, s.va, PAGES(s.pages)));
    assert_ok(zx_handle_close(s.vmo));
}

static void test_copy_against_resize(void **state)
{
    (void)state;
    lab_seeds(copy_against_resize, 3, 40);
}

// ---- clones ---------------------------------------------------------------------------------------

struct family {
    zx_handle_t root, mid;
    atomic_uint running;
};

// The root's pages come, change and go.
static void churn_root(void *arg)
{
    struct family *f = arg;
    zx_handle_t scratch = make_vmo(1);
    // The buffer is user memory: what programs do to one page at a time is their own business, and
    // only accesses through the fake MMU are known as theirs.
    zx_vaddr_t buffer = map(lab.vmar, RW, scratch, 1);

    assert_ok(zx_handle_close(scratch));
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t words[2] = {round, round};
        host_user_write(buffer, words, sizeof(words));
        assert_ok(zx_vmo_write(f->root, (const void *)buffer, PAGES(1) - 8, sizeof(words)));
        if (round % 3 == 0)
            assert_ok(zx_vmo_op_range(f->root, ZX_VMO_OP_DECOMMIT, 0, PAGES(2), NULL, 0));
        if (round % 4 == 0) {
            assert_ok(zx_vmo_set_size(f->root, 0));
            assert_ok(zx_vmo_set_size(f->root, PAGES(2)));
        }
    }
    assert_ok(zx_vmar_unmap(lab.vmar, buffer, PAGES(1)));
    atomic_fetch_sub(&f->running, 1);
}

// Clones of clones are made, mapped, read, written and dropped.
static void churn_clones(void *arg)
{
    struct family *f = arg;
    uint64_t value = 7777, seen;

    while (atomic_load(&f->running) == 2) {
        zx_handle_t leaf;
        assert_ok(zx_vmo_clone(f->mid, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGES(2), &leaf));
        zx_vaddr_t va = map(lab.vmar, RW, leaf, 2);
        assert_ok(zx_handle_close(leaf));
        host_user_read(&seen, va + PAGES(1) - 8, sizeof(seen));
        assert_true(seen <= ROUNDS);
        host_user_write(va + PAGES(1), &value, sizeof(value));
        host_user_read(&seen, va + PAGES(1), sizeof(seen));
        assert_int_equal(seen, 7777); // its own from now on
        host_user_read(&seen, va + PAGES(1) - 8, sizeof(seen));
        assert_true(seen <= ROUNDS);
        assert_ok(zx_vmar_unmap(lab.vmar, va, PAGES(2)));
    }
}

static void clones_against_root(void *arg)
{
    struct family f = {0};
    zx_handle_t threads[2];

    (void)arg;
    f.root = make_vmo(2);
    assert_ok(zx_vmo_clone(f.root, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGES(2), &f.mid));
    atomic_store(&f.running, 2);
    threads[0] = lab_thread(churn_root, &f);
    threads[1] = lab_thread(churn_clones, &f);
    lab_thread_join(threads[0]);
    lab_thread_join(threads[1]);
    assert_ok(zx_handle_close(f.mid));
    assert_status(zx_object_wait_one(f.root, ZX_VMO_ZERO_CHILDREN, 0, NULL), ZX_OK);
    assert_ok(zx_handle_close(f.root));
}

static void test_clones_against_root(void **state)
{
    (void)state;
    lab_seeds(clones_against_root, 3, 40);
}

// ---- chains whose links die while they are looked through ----------------------------------------

// One end of a chain: its newest VMO, mapped and read by others while it grows.
struct growing {
    zx_handle_t last;        // the newest link
    zx_handle_t twin;        // another handle to the same
    atomic_int twins_closed; // rounds done by the closer
    atomic_int round;
};

// Closes the second handle of each link while the other thread closes the first.
static void close_twins(void *arg)
{
    struct growing *g = arg;

    for (int round = 1; round <= (int)ROUNDS; round++) {
        while (atomic_load(&g->round) < round)
            lab_pause();
        assert_ok(zx_handle_close(g->twin));
        atomic_store(&g->twins_closed, round);
    }
}

static void chain_of_the_dead(void *arg)
{
    struct growing g = {0};
    uint64_t seen, zero = 0;

    (void)arg;
    g.last = make_vmo(2);
    zx_handle_t thread = lab_thread(close_twins, &g);
    for (int round = 1; round <= (int)ROUNDS; round++) {
        zx_handle_t next;
        uint64_t value = (uint64_t)round;
        assert_ok(zx_vmo_write(g.last, &value, PAGES(round % 2), sizeof(value)));
        assert_ok(zx_vmo_clone(g.last, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGES(2), &next));
        zx_vaddr_t va = map(lab.vmar, RW, next, 2);
        assert_ok(zx_handle_duplicate(g.last, ZX_RIGHT_SAME_RIGHTS, &g.twin));
        atomic_store(&g.round, round);
        assert_ok(zx_handle_close(g.last)); // at once with its twin
        for (int page = 0; page < 2; page++) {
            uint64_t expected = page == round % 2 ? value : value - 1;
            host_user_read(&seen, va + PAGES(page), sizeof(seen));
            assert_int_equal(seen, expected);
        }
        host_user_write(va + PAGES(1) - 8, &zero, sizeof(zero));
        while (atomic_load(&g.twins_closed) < round)
            lab_pause();
        for (int page = 0; page < 2; page++) {
            uint64_t expected = page == round % 2 ? value : value - 1;
            host_user_read(&seen, va + PAGES(page), sizeof(seen));
            assert_int_equal(seen, expected);
        }
        assert_ok(zx_vmar_unmap(lab.vmar, va, PAGES(2)));
        g.last = next;
    }
    lab_thread_join(thread);
    assert_ok(zx_handle_close(g.last));
}

static void test_chain_of_the_dead(void **state)
{
    (void)state;
    lab_seeds(chain_of_the_dead, 3, 40);
}

// ---- first touch by many --------------------------------------------------------------------------

static void touch_all(void *arg)
{
    struct shared *s = arg;

    for (unsigned i = 0; i < s->pages; i++) {
        uint64_t seen, one = 1,
                       slot = s->va + PAGES(i) + 64 * atomic_fetch_add(&s->running, 1) % PAGE_SIZE;
        host_user_read(&seen, slot, sizeof(seen));
        host_user_write(slot, &one, sizeof(one));
        host_user_read(&seen, slot, sizeof(seen));
        assert_int_equal(seen, 1); // nobody put another page there
    }
}

static void first_touch(void *arg)
{
    struct shared s = {.pages = 5};
    zx_handle_t threads[3];
    uint64_t sum = 0;

    (void)arg;
    s.vmo = make_vmo(s.pages);
    s.va = map(lab.vmar, RW, s.vmo, s.pages);
    for (unsigned i = 0; i < 3; i++)
        threads[i] = lab_thread(touch_all, &s);
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(threads[i]);
    for (unsigned i = 0; i < s.pages; i++) {
        uint64_t words[PAGE_SIZE / 8];
        assert_ok(zx_vmo_read(s.vmo, words, PAGES(i), sizeof(words)));
        for (unsigned n = 0; n < countof(words); n++)
            sum += words[n];
    }
    assert_int_equal(sum, 15); // every write is there
    assert_ok(zx_handle_close(s.vmo));
}

static void test_first_touch_by_many_threads(void **state)
{
    (void)state;
    lab_seeds(first_touch, 4, 40);
}

// ---- a process dies while another uses what they share ------------------------------------------------

static void child_main(zx_handle_t vmo)
{
    uint64_t value = 3;

    // Children have no handle to their own region here: vmo calls only.
    for (unsigned i = 0; i < ROUNDS; i++)
        assert_ok(zx_vmo_write(vmo, &value, PAGES(i % 3), sizeof(value)));
}

static void death_of_a_sharer(void *arg)
{
    struct shared s = {.pages = 3};
    zx_handle_t copy, process;

    (void)arg;
    s.vmo = make_vmo(s.pages);
    s.va = map(lab.vmar, RW, s.vmo, s.pages);
    assert_ok(zx_handle_duplicate(s.vmo, ZX_RIGHT_SAME_RIGHTS, &copy));
    assert_ok(lab_process_start(child_main, copy, &process));
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t seen;
        host_user_read(&seen, s.va + PAGES(i % 3), sizeof(seen));
        assert_true(seen == 0 || seen == 3);
        if (i == host_random(ROUNDS))
            assert_ok(zx_task_kill(process));
    }
    assert_ok(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_handle_close(process));
    assert_ok(zx_handle_close(s.vmo));
}

static void test_death_of_a_sharer(void **state)
{
    (void)state;
    lab_seeds(death_of_a_sharer, 3, 40);
}

// ---- large ranges that go in pieces ---------------------------------------------------------------

#define LARGE 2600u // pages, more than go in one hold of the address space's lock

// Maps the VMO whole, in the region or in one inside it, and lets it go: by unmapping it, with its region, or with
// that region's whole place.
static void map_and_let_go(void *arg)
{
    struct shared *s = arg;

    for (unsigned round = 0; round < 3; round++) {
        const uint32_t can = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE;
        zx_handle_t region = s->vmar;
        zx_vaddr_t base = 0, va;
        if (round > 0)
            assert_ok(zx_vmar_allocate(s->vmar, can, 0, PAGES(LARGE + 8), &region, &base));
        va = map(region, RW | ZX_VM_MAP_RANGE, s->vmo, LARGE);
        assert_ok(host_user_probe(va + PAGES(host_random(LARGE)), 8, HAL_FAULT_WRITE));
        if (round == 0)
            assert_ok(zx_vmar_unmap(s->vmar, va, PAGES(LARGE)));
        else if (round == 1)
            assert_ok(zx_vmar_destroy(region));
        else
            assert_ok(zx_vmar_unmap(s->vmar, base, PAGES(LARGE + 8)));
        if (round > 0)
            assert_ok(zx_handle_close(region));
    }
    atomic_fetch_sub(&s->running, 1);
}

// Memory of its own beside that, often where some of it has just gone: nobody else takes it away.
static void keep_mapping_a_little(void *arg)
{
    struct shared *s = arg;
    zx_handle_t mine = make_vmo(40);

    for (uint64_t value = 1; atomic_load(&s->running) == 2; value++) {
        zx_vaddr_t va = map(s->vmar, RW, mine, 40);
        uint64_t seen = 0;
        assert_ok(host_user_probe(va, 8, HAL_FAULT_WRITE));
        host_user_write(va, &value, sizeof(value));
        for (unsigned i = 0; i < 4; i++) {
            lab_pause();
            assert_ok(host_user_probe(va, 8, 0));
            host_user_read(&seen, va, sizeof(seen));
            assert_int_equal(seen, value);
        }
        assert_ok(zx_vmar_unmap(s->vmar, va, PAGES(40)));
    }
    assert_ok(zx_handle_close(mine));
}

static void large_ranges_go_in_pieces(void *arg)
{
    struct shared s = {.pages = LARGE};

    (void)arg;
    s.vmo = make_vmo(LARGE);
    assert_ok(zx_vmo_op_range(s.vmo, ZX_VMO_OP_COMMIT, 0, PAGES(LARGE), NULL, 0));
    // Little room beside it.
    assert_ok(zx_vmar_allocate(lab.vmar, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE, 0,
                               PAGES(3 * LARGE), &s.vmar, &s.va));
    run_both(map_and_let_go, keep_mapping_a_little, &s);
    assert_ok(zx_vmar_destroy(s.vmar));
    assert_ok(zx_handle_close(s.vmar));
    assert_ok(zx_handle_close(s.vmo));
}

static void test_large_ranges_go_in_pieces(void **state)
{
    (void)state;
    lab_seeds(large_ranges_go_in_pieces, 3, 30);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decommit_against_write),
        cmocka_unit_test(test_unmap_against_access),
        cmocka_unit_test(test_copy_against_resize),
        cmocka_unit_test(test_clones_against_root),
        cmocka_unit_test(test_chain_of_the_dead),
        cmocka_unit_test(test_first_touch_by_many_threads),
        cmocka_unit_test(test_death_of_a_sharer),
        cmocka_unit_test(test_large_ranges_go_in_pieces),
    };

    return lab_main(argc, argv, tests, countof(tests));
}
