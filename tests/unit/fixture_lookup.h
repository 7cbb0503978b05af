/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The office: a lookup with all that belongs to one, on a real file and a cache,
 * and tokens to be presented there.
 */
#ifndef ACCESSTOKEN_TESTS_OFFICE_H
#define ACCESSTOKEN_TESTS_OFFICE_H

#include "support.h"

#include "core/cache/cache_uses.h"
#include "core/cache/counters.h"
#include "core/lookup.h"

typedef struct lookup_fixture_t {
    support_t *support;
    at_op_t *op; /* what the table says, on a connection of its own */
    at_cache_t *cache;
    at_dbpool_t *dbpool;
    at_table_t *table;
    at_lookup_t *lookup;
    apr_int64_t timeout;
} lookup_fixture_t;

/** Times that no test waits for, with everything on. */
at_lookup_config_t lookup_fixture_config(void);

/** Open one on an empty table. */
lookup_fixture_t lookup_fixture_open(support_t *support,
                                     const at_lookup_config_t *config);

/** Another one, as of another process, at the same table and cache. */
lookup_fixture_t lookup_fixture_branch(const lookup_fixture_t *fixture,
                                       const at_lookup_config_t *config);

void lookup_fixture_close(lookup_fixture_t *fixture);

/** What somebody presents. */
typedef struct bearer_t {
    char text[AT_TOKEN_SIZE];
    at_credential_t credential;
} bearer_t;

/** Mint a token of alice's and insert its row. */
void lookup_fixture_mint(lookup_fixture_t *fixture, bearer_t *bearer);

/** The same with a row that was changed before. */
void lookup_fixture_mint_as(lookup_fixture_t *fixture, at_row_t *row,
                            bearer_t *bearer);

/** Well-formed, with the id of `bearer` and another secret. */
void lookup_fixture_forge(const bearer_t *bearer, bearer_t *forged);

/** Present it, with a pool that lives as long as the test. */
apr_status_t lookup_fixture_find(lookup_fixture_t *fixture,
                                 const bearer_t *bearer, at_found_t *found);

/** The verdict on what is presented; something must be found. */
at_verdict_e lookup_fixture_judge(lookup_fixture_t *fixture,
                                  const bearer_t *bearer);

/** Present it and, if it holds, note its use at that moment. */
void lookup_fixture_use(lookup_fixture_t *fixture, const bearer_t *bearer,
                        apr_int64_t when);

/** Delete it here, or in another program. */
apr_status_t lookup_fixture_delete(lookup_fixture_t *fixture,
                                   const bearer_t *bearer);
void lookup_fixture_delete_elsewhere(lookup_fixture_t *fixture,
                                     const bearer_t *bearer);

/** The row as the table has it. */
at_row_t *lookup_fixture_row(lookup_fixture_t *fixture, const bearer_t *bearer);

/** Take the table away from everybody, and bring it back. */
void lookup_fixture_lose_table(lookup_fixture_t *fixture);
void lookup_fixture_regain_table(lookup_fixture_t *fixture);

/** A counter of the cache. */
int lookup_fixture_count(const lookup_fixture_t *fixture, at_counter_e which);

#endif
