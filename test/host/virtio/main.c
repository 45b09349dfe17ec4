// SPDX-License-Identifier: MIT
//
// Host tests of the virtio library.

#include "virtio_tests.h"

int main(void)
{
    return run_queue_tests() + run_mmio_tests() != 0;
}
