// SPDX-License-Identifier: MIT
// Another kernel in this one's place (system_mexec): what the platform knows of the way into it. The
// boot protocol is the one by which this kernel was entered (Linux arm64: Image, device tree).
#pragma once

#include <hal/types.h>

// The start of an Image, as much as hal_next_image() wants to see.
#define HAL_NEXT_HEADER_BYTES 64u

struct hal_next_image {
    uint64_t offset;      // where it goes, counted from an aligned address
    uint64_t bytes;       // memory it needs from there, at least the file's size
    unsigned align_shift; // of that address
};
// Looks at the start of an Image, of `file_bytes` in all. ZX_ERR_INVALID_ARGS: it is none for this machine.
zx_status_t hal_next_image(const void *header, uint64_t file_bytes,
                           struct hal_next_image *out) MUST_CHECK;

// What the next kernel is told, in place of what this one was; the rest it is told again.
struct hal_next {
    const char *cmdline;
    paddr_t initrd;        // contiguous
    uint64_t initrd_bytes; // 0: none
    uint8_t seed[64];      // for its random generator
    uint64_t kaslr_seed;
    paddr_t parking; // hal_next_parking_bytes() of contiguous memory
};
// Bytes that hal_next_tree() may need for a command line of that length.
size_t hal_next_tree_bytes(size_t cmdline_len);
// Writes what the next kernel is given at `to`, page aligned. ZX_ERR_NO_MEMORY: `bytes` are too few;
// ZX_ERR_INTERNAL: what this kernel was given cannot be changed.
zx_status_t hal_next_tree(void *to, size_t bytes, const struct hal_next *next) MUST_CHECK;

// Whether hal_next_enter() can be: all CPUs that have been started can be stopped for good, or parked.
bool hal_next_possible(void);
// Bytes of the memory, page aligned, in which those CPUs wait for the next kernel that firmware cannot stop; 0: there
// are none.
size_t hal_next_parking_bytes(void);
// Sends them there, into `parking`, which lies at `at`. All CPUs but the first have stopped (hal_cpus_stopped()), and
// none of these comes back into this kernel. ZX_ERR_TIMED_OUT: one did not go, and nothing may be overwritten.
zx_status_t hal_next_park(void *parking, paddr_t at) MUST_CHECK;
// Enters the kernel at `entry`, on CPU 0, the others stopped. All that it needs is in memory, past the
// caches.
NO_RETURN void hal_next_enter(paddr_t entry, paddr_t tree);
