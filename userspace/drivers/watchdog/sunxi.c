// SPDX-License-Identifier: MIT
//
// The watchdog of Allwinner's chips since the A31 (A64 User Manual V1.1, 3.8, Timer: WDOG0_CTRL to WDOG0_MODE; the
// node's reg begins at WDOG0_IRQ_EN).

#include "watchdog.h"

#define CTRL 0x10u
#define CFG  0x14u
#define MODE 0x18u

#define CTRL_KEY        (0xa57u << 1) // without it, the restart is ignored
#define CTRL_RESTART    1u
#define CFG_SYSTEM      1u // resets the whole system; 2: only interrupts
#define MODE_TIME_SHIFT 4u
#define MODE_ENABLE     1u

// Seconds, by the number of the choice; number 0 is half of one.
static const uint8_t times[] = {0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16};
#define TIMES (sizeof(times) / sizeof(times[0]))

static void feed(const struct watchdog *watchdog, uint32_t seconds)
{
    (void)seconds;
    watchdog_write(watchdog, CTRL, CTRL_KEY | CTRL_RESTART);
}

static void start(const struct watchdog *watchdog, uint32_t seconds)
{
    uint32_t choice = 0;

    while (choice < TIMES - 1 && times[choice] < seconds) {
        choice++;
    }
    watchdog_write(watchdog, CFG, CFG_SYSTEM);
    watchdog_write(watchdog, MODE, choice << MODE_TIME_SHIFT | MODE_ENABLE);
    feed(watchdog, seconds);
}

static const char *const compatible[] = {"allwinner,sun6i-a31-wdt", NULL};

const struct watchdog_kind watchdog_sunxi = {
    .compatible = compatible,
    .registers = MODE + 4,
    .width = 4,
    .longest = 16,
    .start = start,
    .feed = feed,
};
