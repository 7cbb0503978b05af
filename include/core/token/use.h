/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One use of a token, which is to be written to the table.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_USE_H
#define ACCESSTOKEN_CORE_TOKEN_USE_H

#include "core/token/row.h"

/** A token's place in the cache. The generation rises when another token gets
 *  the slot, which makes the spot invalid. */
typedef struct at_spot_t {
    apr_uint32_t slot;
    apr_uint32_t generation;
} at_spot_t;

/** The slot of a token that has none. */
#define AT_SPOT_NONE APR_UINT32_MAX

typedef struct at_use_t {
    at_id_t id;
    apr_int64_t when; /* wall clock; AT_TIME_NONE: there is no use */
    at_spot_t spot;   /* where the cache has it; slot AT_SPOT_NONE: nowhere */
    int is_skipped;   /* not written: another session has locked its row */
} at_use_t;

#endif
