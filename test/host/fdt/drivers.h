// SPDX-License-Identifier: MIT
/*
 * What the tests' own drivers (drivers.c) remember.
 */
#pragma once

#include <fdt/driver.h>

#define INIT_NODES_MAX 16

/* Nodes that an init function accepted, in order. Tests reset the count. */
extern uint32_t init_count;
extern struct fdt_node init_nodes[INIT_NODES_MAX];
