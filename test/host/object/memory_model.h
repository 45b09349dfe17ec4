// SPDX-License-Identifier: MIT
// A simple model of VMOs of every kind, clones and mappings, for one thread and its own pager, and the random
// operations on it (memory_ops.c). It says what each call must return and what each page must show.
#pragma once

#include "object_test.h"

#define VMOS   6
#define VPAGES 10u // most pages of a VMO
#define WPAGES 24u // pages of a thread's window of addresses
#define PINS   3
#define PAGE   ((uint64_t)ZX_PAGE_SIZE)
#define READ   ZX_VM_PERM_READ
#define RW     (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

enum kind { PLAIN, CONTIGUOUS, PAGED };

struct memory {
    zx_handle_t handle; // 0: closed
    bool kept;          // by the handle, a mapping, a pin or a clone
    enum kind kind;
    bool resizable;
    zx_handle_t served; // PAGED: the pager's own handle, as long as `kept`
    bool detached;
    uint64_t
        content; // PAGED: the first word of page 0 as the pager gives it; each page's is one more
    uint32_t policy;
    int parent; // -1: none
    unsigned offset, size;
    bool own[VPAGES];
    uint64_t value[VPAGES]; // first word of an own page
};

struct place {
    int memory; // -1: nothing is mapped
    unsigned page, prot;
};

struct pinned {
    zx_handle_t pmt; // 0: none
    int memory;
    unsigned first, count;
};

struct world {
    uint64_t seed;
    bool pins; // are tried too
    zx_handle_t region, scratch, bti, pager, port, server;
    zx_vaddr_t base;
    struct memory memory[VMOS];
    struct place window[WPAGES];
    struct pinned pin[PINS];
};

unsigned pick(struct world *w, unsigned bound);

// What `m` shows there: an ancestor's page or its own; zeros; what a pager has yet to give (`absent`).
uint64_t shown(const struct world *w, int m, unsigned page);
bool absent(const struct world *w, int m, unsigned page);
// What must come of needing that page. If it is a pager's, it has been given after ZX_OK.
zx_status_t need(struct world *w, int m, unsigned page);
// `m` gets the page, and so do the clones between it and its owner.
void own_page(struct world *w, int m, unsigned page);
void forget_pages(struct memory *v, unsigned first, unsigned end);
bool is_mapped(const struct world *w, int m);
bool has_clone(const struct world *w, int m);
bool is_pinned(const struct world *w, int m, unsigned first, unsigned end);
// What reading or writing some of that page of `m` by a call comes to.
zx_status_t transfer_status(struct world *w, int m, unsigned page);
// A slot of a VMO that nothing keeps, -1: there is none.
int free_slot(struct world *w);
// Slots of VMOs that nothing keeps are free again.
void retire(struct world *w);
// Reads the window's page i by a call that reads its buffer there.
void check_place(struct world *w, unsigned i);
// Writes to one of its pages by a call that writes its buffer there.
void memory_store(struct world *w);

// One random operation.
void memory_step(struct world *w);
