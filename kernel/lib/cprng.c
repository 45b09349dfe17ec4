// SPDX-License-Identifier: MIT
// Core of the random generator (interface: lib/cprng.h). No (key, nonce) pair is ever used for two
// draws: each draw takes the next nonce, each new key starts again at 0.
// Locks: the owner's; cprng_draw_ticket needs none.

#include <lib/chacha20.h>
#include <lib/cprng.h>
#include <lib/sha256.h>
#include <lib/string.h>

_Static_assert(SHA256_SIZE == CHACHA20_KEY_SIZE, "a digest is a key");

// Zeroes memory in a way the compiler keeps.
static void wipe(void *p, size_t len)
{
    memset(p, 0, len);
    __asm__ volatile("" ::"r"(p) : "memory");
}

void cprng_init(struct cprng *g, const void *seed, size_t len)
{
    sha256_digest(seed, len, g->key);
    g->nonce = 0;
}

void cprng_add_entropy(struct cprng *g, const void *data, size_t len)
{
    struct sha256 s;
    sha256_init(&s);
    sha256_update(&s, g->key, sizeof(g->key));
    sha256_update(&s, data, len);
    sha256_final(&s, g->key);
    g->nonce = 0;
    wipe(&s, sizeof(s));
}

void cprng_begin(struct cprng *g, struct cprng_ticket *out)
{
    memcpy(out->key, g->key, sizeof(out->key));
    out->nonce = g->nonce++;
}

void cprng_draw_ticket(struct cprng_ticket *ticket, void *buf, size_t len)
{
    uint8_t nonce[CHACHA20_NONCE_SIZE] = {0};
    for (unsigned i = 0; i < 8; i++)
        nonce[4 + i] = (uint8_t)(ticket->nonce >> (8 * i));
    chacha20_xor(ticket->key, 0, nonce, NULL, buf, len);
    wipe(ticket, sizeof(*ticket));
}

void cprng_draw(struct cprng *g, void *buf, size_t len)
{
    struct cprng_ticket ticket;
    cprng_begin(g, &ticket);
    cprng_draw_ticket(&ticket, buf, len);
}
