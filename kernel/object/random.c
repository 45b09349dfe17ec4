// SPDX-License-Identifier: MIT
// The kernel's random generator (object/random.h): lib/cprng behind a spinlock. A block of the cipher costs
// the same for one byte as for all, so small draws share one.
#include <object/random.h>

#include <hal/spinlock.h>
#include <hal/time.h>
#include <lib/chacha20.h>
#include <lib/cprng.h>
#include <lib/string.h>

LOCK_CLASS(random_class, RANK_RANDOM, LOCK_SPIN);

static struct spinlock lock = SPINLOCK_INIT(random_class);
static struct cprng generator; // [lock]

#define SMALL 8u // bytes; no more than this is drawn out of the shared block

static uint8_t block[CHACHA20_BLOCK_SIZE]; // [lock] bytes that nobody has drawn yet,
static size_t block_left;                  // [lock] so many; behind them zeros

void random_init(const void *seed, size_t len)
{
    uint64_t ticks = hal_ticks();
    random_add(seed, len);
    random_add(&ticks, sizeof(ticks));
}

void random_add(const void *data, size_t len)
{
    spin_lock(&lock);
    cprng_add_entropy(&generator, data, len);
    block_left = 0; // the next draw has the new entropy in it
    spin_unlock(&lock);
}

// What is drawn is forgotten at once.
static void draw_small_locked(void *out, size_t len)
{
    if (block_left < len) {
        cprng_draw(&generator, block, sizeof(block));
        block_left = sizeof(block);
    }
    block_left -= len;
    memcpy(out, block + block_left, len);
    memset(block + block_left, 0, len);
}

void random_draw(void *out, size_t len)
{
    // In pieces, so that preemption is never off for long.
    for (uint8_t *p = out; len > 0;) {
        size_t n = MIN(len, (size_t)256);
        spin_lock(&lock);
        if (n <= SMALL)
            draw_small_locked(p, n);
        else
            cprng_draw(&generator, p, n);
        spin_unlock(&lock);
        p += n;
        len -= n;
    }
}

uint64_t random_u64(void)
{
    uint64_t value;
    random_draw(&value, sizeof(value));
    return value;
}
