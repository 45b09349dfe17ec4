// SPDX-License-Identifier: MIT
// A simple model of VMOs of every kind, clones and two address spaces, page by page, written from the spec
// without trees or sharing; and its comparison with the real thing.
#pragma once

#include "env.h"
#include "source.h"

#define M_VMOS    8   // VMOs at a time
#define M_VPAGES  12u // most pages of a VMO
#define M_SPACES  2   // address spaces
#define M_PAGES   40u // pages of the window of each that is used
#define M_REGIONS 6   // regions of each at a time; region 0 is the window itself

enum m_kind { M_PLAIN, M_CONTIGUOUS, M_PHYSICAL, M_PAGER };

struct m_vmo {
    struct test_vmo real;
    struct test_source source; // M_PAGER
    enum m_kind kind;
    bool used;   // storage in use: alive, or the model thinks so
    bool handle; // the test holds a reference
    bool resizable;
    bool detached;         // M_PAGER
    uint64_t content;      // M_PAGER: what the pager fills page 0 with, and each page one more
    bool wanted[M_VPAGES]; // M_PAGER: what this step may ask for
    unsigned policy;
    unsigned pins[M_VPAGES]; // of each page; whoever pins holds a reference
    unsigned size;   // pages
    int parent;      // -1: none
    unsigned offset; // pages
    bool own[M_VPAGES];       // M_PHYSICAL: none
    uint64_t value[M_VPAGES]; // first word of an own page
};

struct m_page {
    int region;  // innermost region that covers it
    bool mapped; // by a mapping that is a direct child of that region
    int vmo;
    unsigned vpage;
    unsigned prot, ceiling;
};

struct m_region {
    struct test_vmar real;
    bool used; // storage in use
    bool alive;
    bool handle;
    int parent;
    unsigned base, len; // pages of the window
};

struct m_space {
    struct test_as real;
    struct m_region region[M_REGIONS];
    struct m_page page[M_PAGES];
};

struct model {
    struct m_vmo vmo[M_VMOS];
    struct m_space space[M_SPACES];
    uint64_t *device; // the memory that all physical VMOs show, M_VPAGES pages
    unsigned merged; // how often a VMO was seen that had gone before its model
    unsigned asked;  // pages that pagers were asked for
    // The allocation that fails in this step, 0: none, counted from `fail_base` on; not one of the pager's.
    uint64_t fail_at, fail_base;
};

extern struct model model;

void model_start(uint64_t (*random)(void));
void model_finish(void);
// Compares everything; `what` names the step in a failure.
void model_check(const char *what);

// VMOs.
int model_free_vmo(void); // a free slot, -1 if none
uint64_t model_visible(int v, unsigned page);
bool model_has(int v, unsigned page);    // it is v's own, or the device's
bool model_absent(int v, unsigned page); // v shows there what a pager has yet to give
// The step needs what v shows there: it may ask a pager for it. ZX_ERR_BAD_STATE: that is not to be had.
zx_status_t model_need(int v, unsigned page);
void model_want_nothing(void);
void model_store(int v, unsigned page, uint64_t value); // into a page that v has
bool model_pinned(int v, unsigned first, unsigned end);
bool model_is_mapped(int v);
unsigned model_children(int v);
unsigned model_owned(int v);
// Makes the k-th allocation from now on fail, 0: none.
void model_fail(uint64_t k);
void model_commit_page(int v, unsigned page); // as a first write does it
void model_drop_pages(int v, unsigned first, unsigned end);
void model_retire(void); // forgets VMOs and regions that nothing keeps

// Regions. Each *_status says what the call must return; each *_apply does it.
int model_free_region(const struct m_space *s);
// The child region of r that contains the page; -1: none, it belongs to r itself.
int model_child_at(const struct m_space *s, int r, unsigned page);
bool model_range_free(const struct m_space *s, int r, unsigned first, unsigned count);
bool model_has_gap(const struct m_space *s, int r, unsigned count);
zx_status_t model_unmap_status(const struct m_space *s, int r, unsigned first, unsigned count);
void model_unmap(struct m_space *s, int r, unsigned first, unsigned count);
zx_status_t model_protect_status(const struct m_space *s, int r, unsigned prot, unsigned first,
                                 unsigned count);
void model_destroy(struct m_space *s, int r);
