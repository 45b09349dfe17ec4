// SPDX-License-Identifier: MIT
// Device registers as the drivers under test see them: accesses go to a model (../../model.h).
#pragma once

#include <stdint.h>

uint32_t model_read(uintptr_t address, unsigned bytes);
void model_write(uintptr_t address, unsigned bytes, uint32_t value);

static inline uint8_t mmio_read8(uintptr_t address)
{
    return (uint8_t)model_read(address, 1);
}

static inline uint32_t mmio_read32(uintptr_t address)
{
    return model_read(address, 4);
}

static inline void mmio_write8(uintptr_t address, uint8_t value)
{
    model_write(address, 1, value);
}

static inline void mmio_write32(uintptr_t address, uint32_t value)
{
    model_write(address, 4, value);
}
