// SPDX-License-Identifier: MIT
//
// The groups of this executable, and its dice.

#ifndef TEST_HOST_VIRTIO_TESTS_H
#define TEST_HOST_VIRTIO_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct dice {
    uint64_t state;
};

// A number below `sides`, which is not 0.
static inline uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice->state >> 33) % sides;
}

int run_queue_tests(void);
int run_mmio_tests(void);

#endif
