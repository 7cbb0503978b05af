/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tokens were deleted in the table, on whatever server.
 */
#ifndef ACCESSTOKEN_CORE_DB_DELETIONS_H
#define ACCESSTOKEN_CORE_DB_DELETIONS_H

#include <apr_tables.h>

#include "core/db/store.h"

/** A place in the order of (deleted_at, token_id). */
typedef struct at_deletions_place_t {
    apr_int64_t deleted_at;
    const char *token_id; /* "": before all that were deleted then */
    /** deleted_at as the table has it, where SQLite may have a fraction. */
    const char *cell;
} at_deletions_place_t;

/**
 * Tokens that were deleted, in the order of their deletion.
 *
 * @param from   start behind this place; becomes that of the last row
 * @param limit  rows at most; fewer came if there are no more
 * @param count  how many rows came
 * @param ids    an array of at_id_t, without rows whose id is none
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_deletions_read(at_op_t *op, at_deletions_place_t *from,
                               int limit, int *count, apr_array_header_t **ids,
                               apr_pool_t *p);

#endif
