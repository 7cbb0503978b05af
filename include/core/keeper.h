/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper: asks the table, once in an interval for a whole machine, which
 * tokens were deleted elsewhere, and takes them off the shelf.
 */
#ifndef ACCESSTOKEN_CORE_KEEPER_H
#define ACCESSTOKEN_CORE_KEEPER_H

#include "core/contact.h"
#include "core/scribe.h"

typedef struct at_keeper_t at_keeper_t;

/** Times in milliseconds. */
typedef struct at_keeper_config_t {
    apr_int64_t revocation; /* between two questions, a second at least */
    apr_int64_t ttl;        /* rows older than this are not trusted anyway */
    apr_int64_t timeout;    /* how late a deletion may be committed */
    int cache;              /* false: nothing on the shelf is trusted */
    int create;             /* make a missing table */
} at_keeper_config_t;

/**
 * Start keeping, with a chore of the desk. Every process does; one of them acts.
 *
 * @param scribe  for uses of tokens that are taken off the shelf
 */
at_keeper_t *at_keeper_open(at_desk_t *desk, const at_sql_t *sql,
                            at_shelf_t *shelf, at_scribe_t *scribe,
                            const at_keeper_config_t *config);

#endif
