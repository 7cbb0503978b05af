/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens offices and mints tokens. A forged token needs a check of its own,
 * which is computed here bit by bit.
 */
#include "office.h"

#define SIZE AT_SHELF_LEAST
#define MINUTE 60000

at_clerk_config_t office_config(void)
{
    return (at_clerk_config_t){
        .cache = 1,
        .ttl = 10 * MINUTE,
        .rules = {.interval = MINUTE, .stale = 10 * MINUTE},
        .lastused = MINUTE,
        .timeout = SUPPORT_LONG_MS};
}

static void engage(office_t *office, const at_clerk_config_t *config)
{
    at_table_config_t table = {.name = "access_tokens",
                               .create = config->create,
                               .timeout = config->timeout,
                               .shelf = office->shelf};

    office->desk = support_desk(office->support, 2);
    office->table = at_table_open(office->desk, "sqlite3", &table);
    office->clerk =
        at_clerk_open(office->desk, office->table, office->shelf, config);
    office->timeout = config->timeout;
}

office_t office_open(support_t *support, const at_clerk_config_t *config)
{
    office_t office = {.support = support,
                       .store = support_store(support),
                       .shelf = support_shelf(SIZE)};
    at_list_t list = {.limit = 1, .before_created = AT_TIME_NONE};
    apr_array_header_t *rows;

    /* Makes the table. */
    assert_int_equal(at_store_list(office.store, &list, &rows, support->pool),
                     APR_SUCCESS);
    office.store->create_table = 0;
    engage(&office, config);
    return office;
}

office_t office_branch(const office_t *office, const at_clerk_config_t *config)
{
    office_t branch = *office;

    engage(&branch, config);
    return branch;
}

void office_close(office_t *office)
{
    at_desk_stop(office->desk, SUPPORT_LONG_MS);
}

/* Tokens */

void office_mint_as(office_t *office, at_row_t *row, bearer_t *bearer)
{
    assert_int_equal(at_token_mint("mat", bearer->text, &bearer->credential),
                     APR_SUCCESS);
    row->id = bearer->credential.id;
    memcpy(row->hash, bearer->credential.hash, AT_HASH_SIZE);
    assert_int_equal(
        at_store_insert(office->store, row, 0, office->support->pool),
        APR_SUCCESS);
}

void office_mint(office_t *office, bearer_t *bearer)
{
    office_mint_as(office, support_row(office->support->pool, 1), bearer);
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

void office_forge(const bearer_t *bearer, bearer_t *forged)
{
    apr_size_t covered = strlen(bearer->text) - 6;
    char *last = forged->text + covered - 1;

    *forged = *bearer;
    *last = *last == 'a' ? 'b' : 'a';
    write_check(forged->text, covered);
    assert_int_equal(
        at_token_parse(forged->text, strlen(forged->text), &forged->credential),
        APR_SUCCESS);
    assert_memory_equal(&forged->credential.id, &bearer->credential.id,
                        sizeof(at_id_t));
}

/* Questions and changes */

static at_ask_t asking(const office_t *office)
{
    return (at_ask_t){.table = office->table, .pool = office->support->pool};
}

apr_status_t office_find(office_t *office, const bearer_t *bearer,
                         at_found_t *found)
{
    at_ask_t ask = asking(office);

    return at_clerk_find(office->clerk, &ask, bearer->text,
                         strlen(bearer->text), found);
}

at_verdict_e office_judge(office_t *office, const bearer_t *bearer)
{
    at_found_t found;

    assert_int_equal(office_find(office, bearer, &found), APR_SUCCESS);
    return at_token_verdict(&found.evidence, at_time_now());
}

void office_use(office_t *office, const bearer_t *bearer, apr_int64_t when)
{
    at_found_t found;

    assert_int_equal(office_find(office, bearer, &found), APR_SUCCESS);
    assert_int_equal(at_token_verdict(&found.evidence, at_time_now()),
                     AT_TOKEN_VALID);
    at_clerk_note_use(office->clerk, &found, when);
}

apr_status_t office_delete(office_t *office, const bearer_t *bearer)
{
    at_ask_t ask = asking(office);
    apr_status_t status =
        at_table_delete(&ask, &bearer->credential.id, "alice", at_time_now());

    if (status == APR_SUCCESS) {
        at_clerk_forget(office->clerk, &bearer->credential.id);
    }
    return status;
}

void office_delete_elsewhere(office_t *office, const bearer_t *bearer)
{
    assert_int_equal(at_store_delete(office->store, &bearer->credential.id,
                                     NULL, at_time_now(),
                                     office->support->pool),
                     APR_SUCCESS);
}

at_row_t *office_row(office_t *office, const bearer_t *bearer)
{
    return support_find(office->store, &bearer->credential.id,
                        office->support->pool);
}

void office_lose_table(office_t *office)
{
    support_run_sql(office->support,
                    "ALTER TABLE access_tokens RENAME TO away");
}

void office_regain_table(office_t *office)
{
    support_run_sql(office->support,
                    "ALTER TABLE away RENAME TO access_tokens");
}

int office_count(const office_t *office, at_tally_e which)
{
    return (int)at_tally_sum(office->shelf, which);
}
