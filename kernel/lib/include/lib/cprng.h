// SPDX-License-Identifier: MIT
// Core of the cryptographic random generator: key = SHA-256(old key || input), output = ChaCha20 with
// a nonce that goes up on every draw (spec 31 section 7). The struct has no lock: whoever owns one
// serialises the calls, or takes a draw ticket under its lock (cprng_begin) and makes the bytes
// outside (cprng_draw_ticket).
#pragma once

#include <hal/types.h>

struct cprng {
    uint8_t key[32];
    uint64_t nonce; // draws made so far; never repeats under one key
};

// A private copy of what one draw needs.
struct cprng_ticket {
    uint8_t key[32];
    uint64_t nonce;
};

// Starts from a seed of any length and quality.
void cprng_init(struct cprng *g, const void *seed, size_t len);
// Mixes more input in; never lowers the quality.
void cprng_add_entropy(struct cprng *g, const void *data, size_t len);
// Fills buf; at most 256 GiB a call.
void cprng_draw(struct cprng *g, void *buf, size_t len);

void cprng_begin(struct cprng *g, struct cprng_ticket *out);
// Fills buf and wipes the ticket.
void cprng_draw_ticket(struct cprng_ticket *ticket, void *buf, size_t len);
