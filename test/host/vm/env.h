// SPDX-License-Identifier: MIT
// What the tests of kernel/vm share: VMOs, regions and address spaces with storage that tells whether it
// was freed, accesses as a user program, and a leak check around each test.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hal/types.h>
#include <hal/upcall.h>
#include <host/user.h>
#include <vm/aspace.h>
#include <vm/vmar.h>
#include <vm/vmo.h>

#define RW        (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define RX        (ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE)
#define RWX       (RW | ZX_VM_PERM_EXECUTE)
#define RO        ZX_VM_PERM_READ
#define SPECIFIC  ZX_VM_SPECIFIC
#define OVERWRITE ZX_VM_SPECIFIC_OVERWRITE
#define CAN_RWX   (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE)
#define CAN_ALL   (CAN_RWX | ZX_VM_CAN_MAP_SPECIFIC)
#define PAGES(n)  ((uint64_t)(n)*PAGE_SIZE)

// A VMO in storage of the test's.
struct test_vmo {
    struct vmo v;
    bool freed;       // ops->free was called
    int has_children; // last ops->children: 1, 0; -1 never called
};
extern const struct vmo_ops test_vmo_ops;

struct test_vmar {
    struct vmar r;
    bool freed;
};
extern const struct vmar_ops test_vmar_ops;

struct account;

// An address space with its root region, and an account that pays for its page tables and nothing else.
struct test_as {
    struct account *account;
    struct vm_aspace *as;
    struct test_vmar root;
};

// CMocka set-up and tear-down: the tear-down fails if the test left memory or translations behind.
int env_setup(void **state);
int env_teardown(void **state);

void as_create(struct test_as *t); // deterministic first fit
void as_create_random(struct test_as *t, uint64_t (*rnd)(void));
void as_destroy(struct test_as *t);  // teardown and every reference; checks that the root is freed
// Bytes of kernel memory charged for it.
uint64_t as_charged(const struct test_as *t);
void as_activate(struct test_as *t); // user accesses go here; NULL: nowhere

void vmo_new(struct test_vmo *t, uint64_t pages, unsigned flags);
void vmo_drop(struct test_vmo *t); // the test's reference

// A sub-region at a page offset of its parent, everything allowed.
zx_status_t region_new(struct vmar *parent, struct test_vmar *t, uint64_t page, uint64_t pages);
void region_drop(struct test_vmar *t);

// Maps `pages` of t from page `vmo_page` on at page `page` of r; ceiling RWX.
zx_status_t map_at(struct vmar *r, uint32_t options, uint64_t page, struct test_vmo *t,
                   uint64_t vmo_page, uint64_t pages);
// Anywhere; ceiling RWX. 0 on failure.
vaddr_t map_any(struct vmar *r, uint32_t options, struct test_vmo *t, uint64_t vmo_page,
                uint64_t pages);

// User accesses to the active address space; false: it faulted for good.
bool poke(vaddr_t va, uint64_t value);
bool peek(vaddr_t va, uint64_t *out);
bool can_exec(vaddr_t va);
// The value read at va; fails the test if it faults.
uint64_t at(vaddr_t va);

// Through vmo_read and vmo_write; must succeed.
uint64_t vmo_peek(struct test_vmo *t, uint64_t page);
void vmo_poke(struct test_vmo *t, uint64_t page, uint64_t value);
uint64_t committed(struct test_vmo *t);
