/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every request with a token calls this. The tests compare it with OpenSSL's
 * SipHash, whose setup alone takes longer.
 */
#include "core/token/siphash.h"

#include <string.h>

typedef struct state_t {
    apr_uint64_t v0, v1, v2, v3;
} state_t;

static inline apr_uint64_t rotate(apr_uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void scramble(state_t *state)
{
    state->v0 += state->v1;
    state->v2 += state->v3;
    state->v1 = rotate(state->v1, 13) ^ state->v0;
    state->v3 = rotate(state->v3, 16) ^ state->v2;
    state->v0 = rotate(state->v0, 32);
    state->v2 += state->v1;
    state->v0 += state->v3;
    state->v1 = rotate(state->v1, 17) ^ state->v2;
    state->v3 = rotate(state->v3, 21) ^ state->v0;
    state->v2 = rotate(state->v2, 32);
}

static inline void absorb(state_t *state, apr_uint64_t word)
{
    state->v3 ^= word;
    scramble(state);
    scramble(state);
    state->v0 ^= word;
}

/* The algorithm reads words in little-endian order. */
static inline apr_uint64_t word_at(const void *bytes)
{
    apr_uint64_t word;

    memcpy(&word, bytes, sizeof(word));
#if APR_IS_BIGENDIAN
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline apr_uint64_t squeeze(state_t *state)
{
    scramble(state);
    scramble(state);
    scramble(state);
    scramble(state);
    return state->v0 ^ state->v1 ^ state->v2 ^ state->v3;
}

void at_siphash(const char *text, apr_size_t length,
                const unsigned char key[AT_SIPHASH_KEY_SIZE],
                apr_uint64_t hash[2])
{
    apr_uint64_t k0 = word_at(key);
    apr_uint64_t k1 = word_at(key + 8);
    state_t state = {k0 ^ APR_UINT64_C(0x736f6d6570736575),
                     k1 ^ APR_UINT64_C(0x646f72616e646f6d) ^ 0xee,
                     k0 ^ APR_UINT64_C(0x6c7967656e657261),
                     k1 ^ APR_UINT64_C(0x7465646279746573)};
    char last[8] = {0};
    apr_size_t i;

    for (i = 0; i + 8 <= length; i += 8) {
        absorb(&state, word_at(text + i));
    }
    memcpy(last, text + i, length - i);
    last[7] = (char)length;
    absorb(&state, word_at(last));
    state.v2 ^= 0xee;
    hash[0] = squeeze(&state);
    state.v1 ^= 0xdd;
    hash[1] = squeeze(&state);
}
