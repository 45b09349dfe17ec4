// SPDX-License-Identifier: MIT
// The kernel's random generator (object/random.h): lib/cprng behind a spinlock.
#include <object/random.h>

#include <hal/spinlock.h>
#include <hal/time.h>
#include <lib/cprng.h>

LOCK_CLASS(random_class, RANK_RANDOM, LOCK_SPIN);

static struct spinlock lock = SPINLOCK_INIT(random_class);
static struct cprng generator; // [lock]

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
    spin_unlock(&lock);
}

void random_draw(void *out, size_t len)
{
    // In pieces, so that preemption is never off for long.
    for (uint8_t *p = out; len > 0;) {
        size_t n = MIN(len, (size_t)256);
        spin_lock(&lock);
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
