/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tokens were deleted in the table, by any server or program.
 */
#ifndef ACCESSTOKEN_CORE_DB_DELETIONS_H
#define ACCESSTOKEN_CORE_DB_DELETIONS_H

#include <apr_tables.h>

#include "core/db/op.h"

/** A place in the order of (deleted_at, token_id). */
typedef struct at_deletions_place_t {
    apr_int64_t deleted_at;
    const char *token_id; /* "": before all that were deleted at that time */
    /** deleted_at as the table has it: in SQLite it may have a fraction. */
    const char *cell;
} at_deletions_place_t;

/**
 * Read which tokens were deleted, in the order of their deletion, at most
 * op->limit rows; fewer are returned if there are no more.
 *
 * @param from   start after this place; becomes that of the last row
 * @param count  the number of rows
 * @param ids    an array of at_id_t, without rows whose token_id is no UUID
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_deletions_read(at_op_t *op, at_deletions_place_t *from,
                               int *count, apr_array_header_t **ids);

#endif
