/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens lookups and mints tokens. A forged token needs a check of its own,
 * which is computed here bit by bit.
 */
#include "fixture_lookup.h"

#include "core/jobs/revocation.h"

#define SIZE AT_CACHE_SIZE_MIN
#define MINUTE 60000

at_lookup_config_t lookup_fixture_config(void)
{
    return (at_lookup_config_t){
        .cache = 1,
        .ttl = 10 * MINUTE,
        .rules = {.interval = MINUTE, .stale = 10 * MINUTE},
        .lastused = MINUTE,
        .timeout = SUPPORT_LONG_MS};
}

static at_lastused_flush_t *open_jobs(const lookup_fixture_t *fixture,
                                      const at_lookup_config_t *config)
{
    const at_sql_t *sql = at_table_sql(fixture->table);
    at_lastused_flush_config_t writing = {.interval = config->lastused};
    at_revocation_config_t reading = {.revocation = config->rules.interval,
                                      .ttl = config->ttl,
                                      .timeout = config->timeout,
                                      .cache = config->cache};
    at_lastused_flush_t *flush =
        at_lastused_flush_open(fixture->dbpool, sql, fixture->cache, &writing);

    at_revocation_open(fixture->dbpool, sql, fixture->cache, flush, &reading);
    return flush;
}

static void open_process(lookup_fixture_t *fixture,
                         const at_lookup_config_t *config)
{
    at_table_config_t table = {.name = "access_tokens",
                               .timeout = config->timeout,
                               .cache = fixture->cache};

    fixture->dbpool = support_dbpool(fixture->support, 2);
    fixture->table = at_table_open(fixture->dbpool, "sqlite3", &table);
    fixture->lookup =
        at_lookup_open(fixture->dbpool, fixture->table, fixture->cache,
                       open_jobs(fixture, config), config);
    fixture->timeout = config->timeout;
}

lookup_fixture_t lookup_fixture_open(support_t *support,
                                     const at_lookup_config_t *config)
{
    lookup_fixture_t fixture = {.support = support,
                                .op = support_op(support),
                                .cache = support_cache(SIZE)};
    at_list_t list = {.limit = 1, .before_created = AT_TIME_NONE};
    apr_array_header_t *rows;

    /* Creates the table. */
    assert_int_equal(op_list(fixture.op, &list, &rows, support->pool),
                     APR_SUCCESS);
    fixture.op->create_table = 0;
    open_process(&fixture, config);
    return fixture;
}

lookup_fixture_t lookup_fixture_open_process(const lookup_fixture_t *fixture,
                                             const at_lookup_config_t *config)
{
    lookup_fixture_t branch = *fixture;

    open_process(&branch, config);
    return branch;
}

void lookup_fixture_close(lookup_fixture_t *fixture)
{
    at_dbpool_stop(fixture->dbpool, SUPPORT_LONG_MS);
}

/* Tokens */

void lookup_fixture_mint_as(lookup_fixture_t *fixture, at_row_t *row,
                            test_token_t *token)
{
    assert_int_equal(at_token_mint("mat", token->text, &token->credential),
                     APR_SUCCESS);
    row->id = token->credential.id;
    memcpy(row->hash, token->credential.hash, AT_HASH_SIZE);
    assert_int_equal(op_insert(fixture->op, row, 0, fixture->support->pool),
                     APR_SUCCESS);
}

void lookup_fixture_mint(lookup_fixture_t *fixture, test_token_t *token)
{
    lookup_fixture_mint_as(fixture, support_row(fixture->support->pool, 1),
                           token);
}

static void write_check(char *text, apr_size_t covered)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    apr_uint32_t crc = 0xffffffff;
    apr_size_t i;
    int bit;

    for (i = 0; i < covered; i++) {
        crc ^= (unsigned char)text[i];
        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    crc = ~crc;
    for (i = 6; i-- > 0; crc /= 62) {
        text[covered + i] = digits[crc % 62];
    }
}

void lookup_fixture_forge(const test_token_t *token, test_token_t *forged)
{
    apr_size_t covered = strlen(token->text) - 6;
    char *last = forged->text + covered - 1;

    *forged = *token;
    *last = *last == 'a' ? 'b' : 'a';
    write_check(forged->text, covered);
    assert_int_equal(
        at_token_parse(forged->text, strlen(forged->text), &forged->credential),
        APR_SUCCESS);
    assert_memory_equal(&forged->credential.id, &token->credential.id,
                        sizeof(at_id_t));
}

/* Lookups and changes */

static at_op_t asking(const lookup_fixture_t *fixture)
{
    return (at_op_t){.table = fixture->table, .pool = fixture->support->pool};
}

apr_status_t lookup_fixture_find(lookup_fixture_t *fixture,
                                 const test_token_t *token, at_found_t *found)
{
    at_tag_t tag;

    at_lookup_tag(fixture->lookup, token->text, strlen(token->text), &tag);
    return at_lookup_find(fixture->lookup, token->text, strlen(token->text),
                          &tag, fixture->support->pool, found);
}

at_verdict_e lookup_fixture_verdict(lookup_fixture_t *fixture,
                                    const test_token_t *token)
{
    at_found_t found;

    assert_int_equal(lookup_fixture_find(fixture, token, &found), APR_SUCCESS);
    return at_token_verdict(&found.evidence, at_clock_now());
}

void lookup_fixture_use(lookup_fixture_t *fixture, const test_token_t *token,
                        apr_int64_t when)
{
    at_found_t found;

    assert_int_equal(lookup_fixture_find(fixture, token, &found), APR_SUCCESS);
    assert_int_equal(at_token_verdict(&found.evidence, at_clock_now()),
                     AT_TOKEN_VALID);
    at_lookup_note_use(fixture->lookup, &found, when);
}

apr_status_t lookup_fixture_delete(lookup_fixture_t *fixture,
                                   const test_token_t *token)
{
    at_op_t ask = asking(fixture);
    apr_status_t status =
        table_delete(&ask, &token->credential.id, "alice", at_clock_now());

    if (status == APR_SUCCESS) {
        at_lookup_drop(fixture->lookup, &token->credential.id);
    }
    return status;
}

void lookup_fixture_delete_elsewhere(lookup_fixture_t *fixture,
                                     const test_token_t *token)
{
    assert_int_equal(op_delete(fixture->op, &token->credential.id, NULL,
                               at_clock_now(), fixture->support->pool),
                     APR_SUCCESS);
}

at_row_t *lookup_fixture_row(lookup_fixture_t *fixture,
                             const test_token_t *token)
{
    return support_find(fixture->op, &token->credential.id,
                        fixture->support->pool);
}

void lookup_fixture_hide_table(lookup_fixture_t *fixture)
{
    support_run_sql(fixture->support,
                    "ALTER TABLE access_tokens RENAME TO away");
}

void lookup_fixture_show_table(lookup_fixture_t *fixture)
{
    support_run_sql(fixture->support,
                    "ALTER TABLE away RENAME TO access_tokens");
}

int lookup_fixture_count(const lookup_fixture_t *fixture, at_counter_e counter)
{
    return (int)at_counters_sum(fixture->cache, counter);
}
