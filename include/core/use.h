/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One use of a token, on its way to the table.
 */
#ifndef ACCESSTOKEN_CORE_USE_H
#define ACCESSTOKEN_CORE_USE_H

#include "core/row.h"

/** A place on the shelf; means nothing any more when another token took it. */
typedef struct at_spot_t {
    apr_uint32_t slot;
    apr_uint32_t generation;
} at_spot_t;

typedef struct at_use_t {
    at_id_t id;
    apr_int64_t when;  /* wall clock; AT_TIME_NONE: there was none */
    apr_int64_t known; /* what the table has, if the shelf hands it out; or 0 */
    at_spot_t spot;    /* if it was noted on the shelf */
} at_use_t;

#endif
