/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One use of a token, on its way to the table.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_USE_H
#define ACCESSTOKEN_CORE_TOKEN_USE_H

#include "core/token/row.h"

/** A place on the cache; means nothing any more when another token took it. */
typedef struct at_spot_t {
    apr_uint32_t slot;
    apr_uint32_t generation;
} at_spot_t;

/** A slot that is none. */
#define AT_SPOT_NONE ((apr_uint32_t)-1)

typedef struct at_use_t {
    at_id_t id;
    apr_int64_t when; /* wall clock; AT_TIME_NONE: there was none */
    at_spot_t spot;   /* where it was noted on the cache, or AT_SPOT_NONE */
    int is_skipped;   /* not written: somebody else has locked its row */
} at_use_t;

#endif
