// SPDX-License-Identifier: MIT
//
// The watchdog of the BCM2835 to BCM2711 (Raspberry Pi), in their power management block; registers as in
// platform/power/bcm2835_pm.c, which resets with them: every write carries a password. 20 bits of ticks of 16 us.
// What the firmware does after the reset is as it was: it boots.

#include "watchdog.h"

#define RSTC 0x1cu // bits 5:4: what the end of the time does
#define WDOG 0x24u // ticks until then

#define PASSWORD     0x5a000000u
#define VALUE        0x00ffffffu
#define CONFIG_MASK  0x00000030u
#define CONFIG_RESET 0x00000020u

#define TICKS_PER_SECOND 65536u
#define TICKS_MAX        0xfffffu

static void start(const struct watchdog *watchdog, uint32_t seconds)
{
    // The time first: a reset that is allowed while an old time runs may come at once.
    watchdog_write(watchdog, WDOG, PASSWORD | seconds * TICKS_PER_SECOND);
    uint32_t control = watchdog_read(watchdog, RSTC) & VALUE & ~CONFIG_MASK;

    watchdog_write(watchdog, RSTC, PASSWORD | control | CONFIG_RESET);
}

static const char *const compatible[] = {"brcm,bcm2835-pm-wdt", "brcm,bcm2835-pm", NULL};

const struct watchdog_kind watchdog_bcm2835 = {
    .compatible = compatible,
    .registers = WDOG + 4,
    .width = 4,
    .longest = TICKS_MAX / TICKS_PER_SECOND,
    .start = start,
    .feed = start,
};
