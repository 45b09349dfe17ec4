// SPDX-License-Identifier: MIT
//
// What the kinds of watchdogs have in common for main.c. Pure: registers are reached through functions, so that tests
// have models of the chips.

#ifndef WATCHDOG_WATCHDOG_H
#define WATCHDOG_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watchdog;

struct watchdog_kind {
    const char *const *compatible; // ends with NULL
    size_t registers;              // bytes, from 0 on
    uint32_t width;                // bytes of an access: 2 or 4
    uint32_t longest;              // seconds
    // The machine is reset after this time, not earlier, from now on; 1 to `longest` seconds. Whether it counts
    // already does not matter.
    void (*start)(const struct watchdog *watchdog, uint32_t seconds);
    // The time begins anew.
    void (*feed)(const struct watchdog *watchdog, uint32_t seconds);
};

struct watchdog {
    const struct watchdog_kind *kind;
    uint32_t (*read)(void *context, size_t at); // a register at an offset in bytes
    void (*write)(void *context, size_t at, uint32_t value);
    void *context;
    bool external; // resets by way of the chip's pin, too (imx)
};

extern const struct watchdog_kind watchdog_imx;
extern const struct watchdog_kind watchdog_npcm;
extern const struct watchdog_kind watchdog_bcm2835;
extern const struct watchdog_kind watchdog_sunxi;

static inline uint32_t watchdog_read(const struct watchdog *watchdog, size_t at)
{
    return watchdog->read(watchdog->context, at);
}

static inline void watchdog_write(const struct watchdog *watchdog, size_t at, uint32_t value)
{
    watchdog->write(watchdog->context, at, value);
}

#endif
