// SPDX-License-Identifier: MIT
//
// Memory between CPUs under load: atomic operations, barriers, instruction caches, and a walk through
// a stretch of memory.

#include "selftest.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>

static int64_t end;

// ---- atomic operations ----

static atomic_uint_fast64_t sum, expected;

static void add(uint32_t number)
{
    uint64_t own = 0;

    (void)number;
    do {
        for (unsigned i = 0; i < 1000; i++)
            atomic_fetch_add_explicit(&sum, 1, memory_order_relaxed);
        own += 1000;
    } while (now() < end);
    atomic_fetch_add(&expected, own);
}

void check_atomics(void)
{
    end = now() + selftest.load_ns;
    bool all = in_threads(selftest.cpus, add);
    report("atomics", all && sum == expected, "%" PRIu64 " additions, sum %s", (uint64_t)expected,
           sum == expected ? "right" : "WRONG");
}

// ---- barriers ----

// One thread fills a record and publishes its number; the others never see a number whose record is
// not yet there (release and acquire, over several cache lines).
#define RECORD 32u

static _Atomic uint64_t published;
static struct {
    _Alignas(64) _Atomic uint64_t word;
} record[RECORD];
static atomic_uint_fast64_t torn, looked;

static void publish(void)
{
    for (uint64_t number = 1; now() < end; number++) {
        for (unsigned i = 0; i < RECORD; i++)
            atomic_store_explicit(&record[i].word, number, memory_order_relaxed);
        atomic_store_explicit(&published, number, memory_order_release);
    }
}

static void look(void)
{
    uint64_t count = 0, wrong = 0;

    do {
        uint64_t number = atomic_load_explicit(&published, memory_order_acquire);

        // Backwards: what was stored last is looked at first. Newer ones may be there already.
        for (unsigned i = RECORD; i-- > 0;)
            wrong += atomic_load_explicit(&record[i].word, memory_order_relaxed) < number;
        count++;
    } while (now() < end);
    atomic_fetch_add(&torn, wrong);
    atomic_fetch_add(&looked, count);
}

static void publish_or_look(uint32_t number)
{
    number == 0 ? publish() : look();
}

void check_ordering(void)
{
    end = now() + selftest.load_ns;
    bool all = in_threads(selftest.cpus > 1 ? selftest.cpus : 2, publish_or_look);
    report("barriers", all && torn == 0 && published > 0 && looked > 0,
           "%" PRIu64 " records written, %" PRIu64 " looks, %" PRIu64 " of them at an old one",
           (uint64_t)published, (uint64_t)looked, (uint64_t)torn);
}

// ---- instruction caches ----

#define CODE_BYTES 4096u

static uint32_t *writable;
static uint32_t (*runnable)(void);

// Code memory, to be written at one address and to run at another.
static bool make_code(void)
{
    zx_handle_t vmo, runs;
    uintptr_t at;

    if (zx_vmo_create(CODE_BYTES, 0, &vmo) != ZX_OK)
        return false;
    if (zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, CODE_BYTES,
                    &at) != ZX_OK ||
        zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &runs) != ZX_OK)
        return false;
    writable = (uint32_t *)at;
    if (zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE, 0, runs, 0,
                    CODE_BYTES, &at) != ZX_OK)
        return false;
    runnable = (uint32_t(*)(void))at;
    zx_handle_close(runs);
    return true;
}

// Code that is written anew and flushed by the book is never run in its old form.
void check_code(void)
{
    unsigned old = 0, rounds = 0;

    if (!make_code()) {
        report("code", false, "no memory for code");
        return;
    }
    end = now() + selftest.load_ns / 4;
    do {
        uint32_t value = ++rounds & 0xffff;

        writable[0] = 0x52800000 | value << 5; // mov w0, #value
        writable[1] = 0xd65f03c0;              // ret
        if (zx_cache_flush(writable, 8, ZX_CACHE_FLUSH_DATA) != ZX_OK ||
            zx_cache_flush((const void *)(uintptr_t)runnable, 8,
                           ZX_CACHE_FLUSH_INSN | ZX_CACHE_FLUSH_DATA) != ZX_OK)
            break;
        old += runnable() != value;
    } while (now() < end);
    report("code", old == 0 && rounds > 1, "%u times written and run, %u times the old", rounds, old);
}

// ---- memory ----

// A pattern by address, twice, the second time inverted: stuck and crossed lines show.
void check_memory(void)
{
    size_t words = selftest.memory / sizeof(uint64_t);
    volatile uint64_t *memory = malloc(words * sizeof(uint64_t));
    uint64_t wrong = 0;
    int64_t began = now();

    if (memory == NULL) {
        report("memory", false, "%" PRIu64 " KiB are not to be had", selftest.memory >> 10);
        return;
    }
    for (uint64_t flip = 0;; flip = ~flip) {
        for (size_t i = 0; i < words; i++)
            memory[i] = (i * 0x9e3779b97f4a7c15u) ^ flip;
        for (size_t i = 0; i < words; i++)
            wrong += memory[i] != ((i * 0x9e3779b97f4a7c15u) ^ flip);
        if (flip != 0)
            break;
    }
    free((void *)memory);
    report("memory", wrong == 0, "%" PRIu64 " KiB walked twice in %" PRId64 " ms, %" PRIu64
           " words wrong", selftest.memory >> 10, (now() - began) / 1000000, wrong);
}
