// SPDX-License-Identifier: MIT
//
// No CPU uses an old translation once the call that ended it has returned: other threads look at the memory,
// from user mode and through system calls, while one thread maps, protects and decommits it over and over.

#include <testing/testing.h>

#include <stdatomic.h>

#include <zircon/limits.h>
#include <zircon/process.h>

#define PAGE     ((uint64_t)ZX_PAGE_SIZE)
#define WATCHERS 3
#define ROUNDS   1000u
#define RW       (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

// `turn` counts the states that the memory has gone through: even while one holds, odd while it changes.
struct race {
    struct test_thread threads[WATCHERS];
    zx_vaddr_t page;
    zx_handle_t source;
    atomic_uint turn;
    atomic_uint looks; // that fell into one state as a whole
    atomic_uint wrong;
    atomic_bool stop;
};

// What a state with this number shows and allows.
static uint64_t content_at(uint32_t turn)
{
    return turn / 2 % 2 + 1;
}

static bool writable_at(uint32_t turn)
{
    return turn / 2 % 2 == 0;
}

static void look(struct race *race, uint32_t before, bool right)
{
    if (before % 2 == 0 && atomic_load(&race->turn) == before) {
        race->looks++;
        race->wrong += !right;
    }
}

static void watch_content(void *context)
{
    struct race *race = context;

    while (!race->stop) {
        uint32_t turn = atomic_load(&race->turn);
        uint64_t seen = *(const volatile uint64_t *)race->page;
        look(race, turn, seen == content_at(turn));
    }
}

static void watch_protection(void *context)
{
    struct race *race = context;

    while (!race->stop) {
        uint32_t turn = atomic_load(&race->turn);
        zx_status_t status = zx_vmo_read(race->source, (void *)race->page, 0, 8);
        look(race, turn, status == (writable_at(turn) ? ZX_OK : ZX_ERR_INVALID_ARGS));
    }
}

static void race_start(struct race *race, void (*watch)(void *context))
{
    for (int i = 0; i < WATCHERS; i++) {
        ASSERT_OK(test_thread_start(&race->threads[i], watch, race));
    }
}

static void race_end(struct race *race)
{
    race->stop = true;
    for (int i = 0; i < WATCHERS; i++) {
        test_thread_join(&race->threads[i]);
    }
    EXPECT_EQ(race->wrong, 0);
    EXPECT_GE(race->looks, 1);
}

static zx_handle_t make_page(uint64_t value)
{
    zx_handle_t vmo = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_vmo_create(PAGE, 0, &vmo));
    EXPECT_OK(zx_vmo_write(vmo, &value, 0, sizeof(value)));
    return vmo;
}

// Waits for another look at the present state, so that every state is met by a CPU that has it in its TLB.
static void await_look(struct race *race)
{
    for (uint32_t before = race->looks; race->looks == before && race->wrong == 0;) {
        zx_nanosleep(0);
    }
}

// CALLS(zx_vmar_map)
TEST(an_overwritten_mapping_is_never_seen_again)
{
    static struct race race;
    zx_handle_t vmo[2] = {make_page(1), make_page(2)};
    zx_info_vmar_t root;

    ASSERT_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root), NULL, NULL));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), RW, 0, vmo[0], 0, PAGE, &race.page));
    race_start(&race, watch_content);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        zx_vaddr_t at;
        race.turn++;
        EXPECT_OK(zx_vmar_map(zx_vmar_root_self(), RW | ZX_VM_SPECIFIC_OVERWRITE,
                              race.page - root.base, vmo[i % 2], 0, PAGE, &at));
        race.turn++;
        if (i % 64 == 0) {
            await_look(&race);
        }
    }
    race_end(&race);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), race.page, PAGE));
    zx_handle_close(vmo[0]);
    zx_handle_close(vmo[1]);
}

// CALLS(zx_vmar_protect)
TEST(a_protected_page_is_not_written_any_more)
{
    static struct race race;
    zx_handle_t vmo = make_page(7);

    race.source = make_page(8);
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), RW, 0, vmo, 0, PAGE, &race.page));
    race_start(&race, watch_protection);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        race.turn++;
        EXPECT_OK(zx_vmar_protect(zx_vmar_root_self(), i % 2 ? ZX_VM_PERM_READ : RW, race.page, PAGE));
        race.turn++;
        if (i % 64 == 0 || i % 64 == 33) {
            await_look(&race);
        }
    }
    race_end(&race);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), race.page, PAGE));
    zx_handle_close(vmo);
    zx_handle_close(race.source);
}

// The clone's mapping shows its parent's page while that is there: what the parent gains and loses.
// CALLS(zx_vmo_op_range, zx_vmo_clone, zx_vmo_write)
TEST(a_clones_mapping_follows_its_parent_at_once)
{
    static struct race race;
    zx_handle_t parent = make_page(1), middle, clone;
    uint64_t two = 2;

    ASSERT_OK(zx_vmo_clone(parent, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGE, &middle));
    ASSERT_OK(zx_vmo_clone(middle, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGE, &clone));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, clone, 0, PAGE, &race.page));
    race_start(&race, watch_content);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        race.turn++;
        if (i % 2) {
            EXPECT_OK(zx_vmo_write(middle, &two, 0, sizeof(two)));
        } else {
            EXPECT_OK(zx_vmo_op_range(middle, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0));
        }
        race.turn++;
        if (i % 64 == 0 || i % 64 == 33) {
            await_look(&race);
        }
    }
    race_end(&race);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), race.page, PAGE));
    zx_handle_close(clone);
    zx_handle_close(middle);
    zx_handle_close(parent);
}
