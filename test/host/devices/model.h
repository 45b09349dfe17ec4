// SPDX-License-Identifier: MIT
/*
 * Models of devices at the level of their registers, and the rest of the machine that drivers ask for.
 *
 * A model is written from the device's manual, never from the driver: it does what the manual says
 * that an access does, and fails the test where the manual forbids one. An access that no model
 * claims fails the test too, and so does one of the wrong width or alignment.
 */
#pragma once

#include "../fdt/fixture.h"

#include <uart/uart.h>

struct model {
    uint64_t base;
    uint64_t bytes;
    unsigned width; // bytes of every access
    uint32_t (*read)(uint32_t offset);
    void (*write)(uint32_t offset, uint32_t value);
};

// A machine without devices.
void model_reset(void);
// Adds a device; the model stays the caller's.
void model_add(const struct model *model);

// The fixture's tree, whose drivers are bound as the kernel does.
extern struct fixture model_tree;

// Binds the driver of that kind to a node of the fixture; fails the test if none claims it.
zx_status_t model_bind(const char *path, enum fdt_driver_kind kind);

// Makes the node the console, in both phases, and starts its input. The interrupt line, while it is
// asserted, calls the handler: at most `model_irq_limit` times, or the line is stuck.
void model_console(const char *path);
void model_interrupt(bool (*asserted)(void));
// What the kernel got from the console so far.
extern char model_received[256];
extern size_t model_received_bytes;
extern size_t model_room; // bytes that the kernel takes before it has none; no end without it
bool model_line_is_masked(void);
// What the kernel does when the console's input has been started, with what `started` says.
void model_console_input(zx_status_t started);

// Time passes: each look at the clock is one tick, and `tick`, if set, is told.
extern void (*model_tick)(void);

int run_dw_tests(void);
int run_aux_tests(void);
int run_imx_tests(void);
int run_power_tests(void);
int run_counter_tests(void);
