/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012): a keyed
 * hash of short texts, in one pass. APR's SipHash has 64 bits and would need
 * two.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_SIPHASH_H
#define ACCESSTOKEN_CORE_TOKEN_SIPHASH_H

#include <apr.h>

#define AT_SIPHASH_KEY_SIZE 16

/** Hash a text of `length` bytes. */
void at_siphash(const char *text, apr_size_t length,
                const unsigned char key[AT_SIPHASH_KEY_SIZE],
                apr_uint64_t hash[2]);

#endif
