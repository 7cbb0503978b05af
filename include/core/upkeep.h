/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the table is asked on behalf of all requests together: which tokens were
 * deleted, and whether it is still the same table.
 */
#ifndef ACCESSTOKEN_CORE_UPKEEP_H
#define ACCESSTOKEN_CORE_UPKEEP_H

#include "core/shelf.h"
#include "core/store.h"

/** A place in the order of (deleted_at, token_id). */
typedef struct at_place_t {
    apr_int64_t deleted_at;
    const char *token_id; /* "": before all that were deleted then */
    /** deleted_at as the table has it, where SQLite may have a fraction. */
    const char *cell;
} at_place_t;

/**
 * Tokens that were deleted, in the order of their deletion.
 *
 * @param from   start behind this place; becomes that of the last row
 * @param limit  rows at most; fewer came if there are no more
 * @param count  how many rows came
 * @param ids    an array of at_id_t, without rows whose id is none
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_upkeep_deleted(at_store_t *store, at_place_t *from, int limit,
                               int *count, apr_array_header_t **ids,
                               apr_pool_t *p);

/**
 * After any question: is it still the table whose rows the shelf has? If its file
 * is another one, or it was missing and was made, they are forgotten. Such things
 * become news.
 */
void at_upkeep_heed_change(const at_store_t *store, at_shelf_t *shelf);

#endif
