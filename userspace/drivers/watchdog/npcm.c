// SPDX-License-Identifier: MIT
//
// The watchdog of Nuvoton's NPCM chips: one register (NPCM750 datasheet, WTCR, Watchdog Timer Control Register),
// which counts a clock of 25 MHz. After the time it resets 1024 ticks of the divided clock later.

#include "watchdog.h"

#define WTCR              0x0u
#define WTCR_RESTART      (1u << 0)
#define WTCR_RESET_ENABLE (1u << 1)
#define WTCR_TOLD         (1u << 3) // the time is over; a 1 clears it
#define WTCR_TIME_SHIFT   4u
#define WTCR_ENABLE       (1u << 7)
#define WTCR_CLOCK_SHIFT  10u

#define CLOCK_HZ 25000000u

// What the clock is divided by, and how many of these ticks, as powers of two; with the number of the choice.
#define DIVISORS  4u
#define INTERVALS 4u
static const uint8_t divisors[DIVISORS] = {0, 8, 11, 16};

static uint32_t interval(uint32_t choice)
{
    return 14 + 2 * choice;
}

// The bits for the shortest time that is long enough; the longest, if none is.
static uint32_t choose(uint32_t seconds)
{
    uint32_t best = interval(INTERVALS - 1) + divisors[DIVISORS - 1];
    uint32_t bits = (INTERVALS - 1) << WTCR_TIME_SHIFT | (DIVISORS - 1) << WTCR_CLOCK_SHIFT;

    for (uint32_t i = 0; i < INTERVALS * DIVISORS; i++) {
        uint32_t ticks = interval(i % INTERVALS) + divisors[i / INTERVALS];

        if (ticks < best && UINT64_C(1) << ticks >= (uint64_t)seconds * CLOCK_HZ) {
            best = ticks;
            bits = i % INTERVALS << WTCR_TIME_SHIFT | i / INTERVALS << WTCR_CLOCK_SHIFT;
        }
    }
    return bits;
}

static void start(const struct watchdog *watchdog, uint32_t seconds)
{
    watchdog_write(watchdog, WTCR,
                   choose(seconds) | WTCR_ENABLE | WTCR_TOLD | WTCR_RESET_ENABLE | WTCR_RESTART);
}

static const char *const compatible[] = {"nuvoton,npcm750-wdt", NULL};

const struct watchdog_kind watchdog_npcm = {
    .compatible = compatible,
    .registers = WTCR + 4,
    .width = 4,
    .longest = 2748, // 2^36 ticks
    .start = start,
    .feed = start,
};
