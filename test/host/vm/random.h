// SPDX-License-Identifier: MIT
// Random steps against the model: the dice, and the steps of random_vmo.c.
#pragma once

#include "model.h"

extern bool sweep;            // make each allocation of each operation fail
extern unsigned failed_calls; // by the sweep

uint64_t next_random(void);
unsigned pick(unsigned bound);
int pick_vmo(void); // one that the test has a reference of; -1: not this time
struct m_space *pick_space(void);
vaddr_t model_address(const struct m_space *s, unsigned page);
// What an access of the current address space to a page comes to; `need`: HAL_PROT_*.
zx_status_t access_status(const struct m_page *p, unsigned need);

// Repeats `call` with its 1st, 2nd ... allocation failing, comparing with the (unchanged) model each time,
// and at last without a failure.
#define WITH_FAILURES(status, name, call)                 \
    do {                                                  \
        for (uint64_t k = 1; sweep; k++) {                \
            model_fail(k);                                \
            (status) = (call);                            \
            bool hit = alloc_fail_hit();                  \
            model_fail(0);                                \
            if (!hit || (status) == ZX_OK)                \
                break;                                    \
            assert_int_equal((status), ZX_ERR_NO_MEMORY); \
            failed_calls++;                               \
            model_check(name " out of memory");           \
        }                                                 \
        if (!sweep)                                       \
            (status) = (call);                            \
    } while (0)

void do_create(void);
void do_clone(void);
void do_drop_vmo(void);
void do_read(void);
void do_write(void);
void do_copy(void);
void do_commit(void);
void do_decommit(void);
void do_cache_op(void);
void do_set_size(void);
void do_set_policy(void);
void do_pin(void);
void do_unpin(void);
void do_supply(void);
void do_detach(void);
