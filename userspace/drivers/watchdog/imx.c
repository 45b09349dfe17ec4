// SPDX-License-Identifier: MIT
//
// The watchdog of NXP's i.MX chips since the i.MX21 (i.MX 8M Plus Reference Manual, "Watchdog Timer (WDOG)"):
// registers of 16 bits. Once it runs, nothing stops it; its time can still be changed.

#include "watchdog.h"

#define WCR  0x0u // control
#define WSR  0x2u // service
#define WMCR 0x8u // the counter that runs since the last reset

#define WCR_TIME_SHIFT 8u // half seconds, less one
#define WCR_TIME_MASK  0xff00u
#define WCR_NO_PIN     (1u << 5) // 0: drives the pin at once
#define WCR_NO_RESET   (1u << 4) // 0: resets the chip at once
#define WCR_PIN        (1u << 3) // drives the pin when the time is over
#define WCR_ENABLE     (1u << 2)

// One after the other, whatever comes between.
#define WSR_FIRST  0x5555u
#define WSR_SECOND 0xaaaau

static void feed(const struct watchdog *watchdog, uint32_t seconds)
{
    (void)seconds;
    watchdog_write(watchdog, WSR, WSR_FIRST);
    watchdog_write(watchdog, WSR, WSR_SECOND);
}

static void start(const struct watchdog *watchdog, uint32_t seconds)
{
    uint32_t control = watchdog_read(watchdog, WCR) & ~WCR_TIME_MASK;

    control |= (2 * seconds - 1) << WCR_TIME_SHIFT | WCR_NO_PIN | WCR_NO_RESET;
    if (watchdog->external) {
        control |= WCR_PIN;
    }
    // It counts from its time on at the first enable; later, from the next feeding on.
    watchdog_write(watchdog, WCR, control);
    watchdog_write(watchdog, WCR, control | WCR_ENABLE);
    feed(watchdog, seconds);
    // What would drive the pin 16 s after the reset of the chip.
    watchdog_write(watchdog, WMCR, 0);
}

static const char *const compatible[] = {"fsl,imx21-wdt", NULL};

const struct watchdog_kind watchdog_imx = {
    .compatible = compatible,
    .registers = WMCR + 2,
    .width = 2,
    .longest = 128,
    .start = start,
    .feed = feed,
};
