/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The office: a clerk with all that belongs to one, on a real file and a shelf,
 * and tokens to be presented there.
 */
#ifndef ACCESSTOKEN_TESTS_OFFICE_H
#define ACCESSTOKEN_TESTS_OFFICE_H

#include "support.h"

#include "core/clerk.h"
#include "core/tally.h"
#include "core/uses.h"

typedef struct office_t {
    support_t *support;
    at_store_t *store; /* what the table says, on a connection of its own */
    at_shelf_t *shelf;
    at_desk_t *desk;
    at_table_t *table;
    at_clerk_t *clerk;
    apr_int64_t timeout;
} office_t;

/** Times that no test waits for, with everything on. */
at_clerk_config_t office_config(void);

/** Open one on an empty table. */
office_t office_open(support_t *support, const at_clerk_config_t *config);

/** Another one, as of another process, at the same table and shelf. */
office_t office_branch(const office_t *office, const at_clerk_config_t *config);

void office_close(office_t *office);

/** What somebody presents. */
typedef struct bearer_t {
    char text[AT_TOKEN_SIZE];
    at_credential_t credential;
} bearer_t;

/** Mint a token of alice's and insert its row. */
void office_mint(office_t *office, bearer_t *bearer);

/** The same with a row that was changed before. */
void office_mint_as(office_t *office, at_row_t *row, bearer_t *bearer);

/** Well-formed, with the id of `bearer` and another secret. */
void office_forge(const bearer_t *bearer, bearer_t *forged);

/** Present it, with a pool that lives as long as the test. */
apr_status_t office_find(office_t *office, const bearer_t *bearer,
                         at_found_t *found);

/** The verdict on what is presented; something must be found. */
at_verdict_e office_judge(office_t *office, const bearer_t *bearer);

/** Present it and, if it holds, note its use at that moment. */
void office_use(office_t *office, const bearer_t *bearer, apr_int64_t when);

/** Delete it here, or in another program. */
apr_status_t office_delete(office_t *office, const bearer_t *bearer);
void office_delete_elsewhere(office_t *office, const bearer_t *bearer);

/** The row as the table has it. */
at_row_t *office_row(office_t *office, const bearer_t *bearer);

/** Take the table away from everybody, and bring it back. */
void office_lose_table(office_t *office);
void office_regain_table(office_t *office);

/** A counter of the shelf. */
int office_count(const office_t *office, at_tally_e which);

#endif
