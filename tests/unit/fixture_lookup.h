/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lookup with a table in a real file, a cache, a connection pool and
 * background jobs; and tokens to be presented to it.
 */
#ifndef ACCESSTOKEN_TESTS_FIXTURE_LOOKUP_H
#define ACCESSTOKEN_TESTS_FIXTURE_LOOKUP_H

#include "support.h"

#include "core/cache/cache_uses.h"
#include "core/cache/counters.h"
#include "core/lookup.h"

typedef struct lookup_fixture_t {
    support_t *support;
    at_op_t *op; /* reads the table on a connection of its own */
    at_cache_t *cache;
    at_dbpool_t *dbpool;
    at_table_t *table;
    at_lookup_t *lookup;
    apr_int64_t timeout;
} lookup_fixture_t;

/** A configuration with all features on, and times for which no test waits. */
at_lookup_config_t lookup_fixture_config(void);

/** Open it with an empty table. */
lookup_fixture_t lookup_fixture_open(support_t *support,
                                     const at_lookup_config_t *config);

/** Another one on the same table and cache, as another process would have
 *  it. */
lookup_fixture_t lookup_fixture_open_process(const lookup_fixture_t *fixture,
                                             const at_lookup_config_t *config);

void lookup_fixture_close(lookup_fixture_t *fixture);

/** A token as a client presents it. */
typedef struct test_token_t {
    char text[AT_TOKEN_SIZE];
    at_credential_t credential;
} test_token_t;

/** Mint a token of alice and insert its row. */
void lookup_fixture_mint(lookup_fixture_t *fixture, test_token_t *token);

/** The same with a row that was changed before. */
void lookup_fixture_mint_as(lookup_fixture_t *fixture, at_row_t *row,
                            test_token_t *token);

/** A well-formed token with the id of `token` and another secret. */
void lookup_fixture_forge(const test_token_t *token, test_token_t *forged);

/** Look it up; what is found lives as long as the test. */
apr_status_t lookup_fixture_find(lookup_fixture_t *fixture,
                                 const test_token_t *token, at_found_t *found);

/** Look it up, which must succeed, and return the verdict. */
at_verdict_e lookup_fixture_verdict(lookup_fixture_t *fixture,
                                    const test_token_t *token);

/** Look it up, and if it is valid, note a use at that time. */
void lookup_fixture_use(lookup_fixture_t *fixture, const test_token_t *token,
                        apr_int64_t when);

/** Delete it in this process, or in another program. */
apr_status_t lookup_fixture_delete(lookup_fixture_t *fixture,
                                   const test_token_t *token);
void lookup_fixture_delete_elsewhere(lookup_fixture_t *fixture,
                                     const test_token_t *token);

/** Its row in the table. */
at_row_t *lookup_fixture_row(lookup_fixture_t *fixture,
                             const test_token_t *token);

/** Rename the table, so that it is missing for all processes, and back. */
void lookup_fixture_hide_table(lookup_fixture_t *fixture);
void lookup_fixture_show_table(lookup_fixture_t *fixture);

/** The value of a counter of the cache. */
int lookup_fixture_count(const lookup_fixture_t *fixture, at_counter_e counter);

#endif
