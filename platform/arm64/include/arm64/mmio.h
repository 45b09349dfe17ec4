// SPDX-License-Identifier: MIT
// Device registers. Volatile accesses through inline assembly: always one load or store of the
// width asked for, with the plain addressing form that a hypervisor can emulate.
//
// mmio_read*/mmio_write* order nothing but themselves (Device memory keeps the order to one
// device). Where a register access must be ordered against normal memory, the driver says so with a
// barrier.
#pragma once

#include <stdint.h>

static inline uint8_t mmio_read8(uintptr_t address)
{
    uint8_t value;
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline uint32_t mmio_read32(uintptr_t address)
{
    uint32_t value;
    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline uint64_t mmio_read64(uintptr_t address)
{
    uint64_t value;
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void mmio_write8(uintptr_t address, uint8_t value)
{
    __asm__ volatile("strb %w0, [%1]" ::"r"(value), "r"(address) : "memory");
}

static inline void mmio_write32(uintptr_t address, uint32_t value)
{
    __asm__ volatile("str %w0, [%1]" ::"r"(value), "r"(address) : "memory");
}

static inline void mmio_write64(uintptr_t address, uint64_t value)
{
    __asm__ volatile("str %0, [%1]" ::"r"(value), "r"(address) : "memory");
}
