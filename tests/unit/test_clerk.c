/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the way of a presented token: what the shelf answers and what the
 * table is asked for.
 */
#include "office.h"

static office_t open_office(void **state)
{
    at_clerk_config_t config = office_config();

    return office_open(*state, &config);
}

static void a_token_is_looked_up_once(void **state)
{
    office_t office = open_office(state);
    at_found_t cold, warm;
    bearer_t bearer;
    int i;

    office_mint(&office, &bearer);
    assert_int_equal(office_find(&office, &bearer, &cold), APR_SUCCESS);
    assert_false(cold.from_shelf);
    assert_true(cold.on_shelf);
    for (i = 0; i < 100; i++) {
        assert_int_equal(office_find(&office, &bearer, &warm), APR_SUCCESS);
        assert_true(warm.from_shelf);
        assert_false(warm.alone);
        assert_true(warm.evidence.proven);
        assert_null(warm.evidence.fault);
        assert_string_equal(warm.evidence.grant->user, "alice");
        assert_string_equal(warm.evidence.grant->id_text,
                            cold.evidence.grant->id_text);
        assert_memory_equal(&warm.id, &bearer.credential.id, sizeof(warm.id));
    }
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 1);
    assert_true(office_count(&office, AT_TALLY_LOOKUP_USEC) > 0);
    office_close(&office);
}

static void a_hit_needs_no_table(void **state)
{
    office_t office = open_office(state);
    bearer_t known, unknown;
    at_found_t found;

    office_mint(&office, &known);
    office_mint(&office, &unknown);
    assert_int_equal(office_judge(&office, &known), AT_TOKEN_VALID);
    office_lose_table(&office);
    assert_int_equal(office_judge(&office, &known), AT_TOKEN_VALID);
    assert_int_equal(office_find(&office, &unknown, &found), AT_EUNAVAILABLE);
    office_close(&office);
}

static void what_one_process_knows_all_know(void **state)
{
    at_clerk_config_t config = office_config();
    office_t office = open_office(state);
    office_t branch = office_branch(&office, &config);
    bearer_t bearer;

    office_mint(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    office_lose_table(&office);
    assert_int_equal(office_judge(&branch, &bearer), AT_TOKEN_VALID);
    office_close(&branch);
    office_close(&office);
}

static void a_wrong_secret_of_a_known_token_needs_no_table(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer, forged;
    at_found_t found;

    office_mint(&office, &bearer);
    office_forge(&bearer, &forged);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    office_lose_table(&office);
    assert_int_equal(office_judge(&office, &forged), AT_TOKEN_WRONG_SECRET);
    assert_int_equal(office_find(&office, &forged, &found), APR_SUCCESS);
    assert_null(found.evidence.grant);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 1);
    office_close(&office);
}

/* Else anybody who knows an id could put a token of his own there. */
static void a_wrong_secret_puts_nothing_on_the_shelf(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer, forged;
    at_found_t found;

    office_mint(&office, &bearer);
    office_forge(&bearer, &forged);
    assert_int_equal(office_find(&office, &forged, &found), APR_SUCCESS);
    assert_false(found.evidence.proven);
    assert_null(found.evidence.grant);
    assert_false(found.on_shelf);
    assert_int_equal(office_judge(&office, &forged), AT_TOKEN_WRONG_SECRET);
    assert_int_equal(at_shelf_entries(office.shelf), 0);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    assert_int_equal(office_judge(&office, &forged), AT_TOKEN_WRONG_SECRET);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    office_close(&office);
}

static void what_is_no_token_is_not_looked_up(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer, broken;
    at_found_t found;
    apr_size_t i;

    office_mint(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    office_lose_table(&office);
    for (i = 0; i < strlen(bearer.text); i++) {
        broken = bearer; /* mostly with an id that is known */
        broken.text[i] ^= broken.text[i] == '1' ? 3 : 1;
        assert_int_equal(office_find(&office, &broken, &found), APR_EINVAL);
        assert_null(found.evidence.grant);
    }
    broken = bearer;
    broken.text[strlen(broken.text) - 1] = '\0';
    assert_int_equal(office_find(&office, &broken, &found), APR_EINVAL);
    broken.text[0] = '\0';
    assert_int_equal(office_find(&office, &broken, &found), APR_EINVAL);
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 1);
    office_close(&office);
}

/* Who tries ids must not fill the shelf. */
static void an_unknown_token_is_looked_up_each_time(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer;
    at_found_t found;
    int i;

    at_token_mint("mat", bearer.text, &bearer.credential);
    for (i = 1; i < 5; i++) {
        assert_int_equal(office_find(&office, &bearer, &found), APR_NOTFOUND);
        assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), i);
    }
    assert_int_equal(at_shelf_entries(office.shelf), 0);
    office_close(&office);
}

static void what_is_over_is_known_as_well(void **state)
{
    office_t office = open_office(state);
    at_row_t *row = support_row(office.support->pool, 1);
    bearer_t expired, deleted;

    row->expires_at = at_time_now() - 1;
    office_mint_as(&office, row, &expired);
    office_mint(&office, &deleted);
    office_delete_elsewhere(&office, &deleted);
    assert_int_equal(office_judge(&office, &expired), AT_TOKEN_EXPIRED);
    assert_int_equal(office_judge(&office, &deleted), AT_TOKEN_DELETED);
    office_lose_table(&office);
    assert_int_equal(office_judge(&office, &expired), AT_TOKEN_EXPIRED);
    assert_int_equal(office_judge(&office, &deleted), AT_TOKEN_DELETED);
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 2);
    office_close(&office);
}

static void a_token_expires_on_the_shelf(void **state)
{
    office_t office = open_office(state);
    at_row_t *row = support_row(office.support->pool, 1);
    at_found_t found;
    bearer_t bearer;

    row->expires_at = at_time_now() + 3600000;
    office_mint_as(&office, row, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
    assert_true(found.from_shelf);
    assert_int_equal(at_token_verdict(&found.evidence, row->expires_at - 1),
                     AT_TOKEN_VALID);
    assert_int_equal(at_token_verdict(&found.evidence, row->expires_at),
                     AT_TOKEN_EXPIRED);
    office_close(&office);
}

static void a_broken_row_is_never_put_there(void **state)
{
    office_t office = open_office(state);
    at_found_t found;
    bearer_t bearer;
    int i;

    office_mint(&office, &bearer);
    support_run_sql(office.support,
                    "UPDATE access_tokens SET expires_at = 'never'");
    for (i = 1; i < 4; i++) {
        assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_BROKEN);
        assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), i);
    }
    assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
    assert_non_null(strstr(found.evidence.fault, "expires_at"));
    assert_int_equal(at_shelf_entries(office.shelf), 0);
    support_run_sql(office.support,
                    "UPDATE access_tokens SET expires_at = NULL");
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    office_close(&office);
}

static void a_row_is_read_anew_after_the_ttl(void **state)
{
    at_clerk_config_t config = office_config();
    at_found_t found;
    bearer_t bearer;
    office_t office;
    apr_int64_t read;

    config.ttl = 300;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    read = at_time_monotonic();
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    support_run_sql(office.support,
                    "UPDATE access_tokens SET user_name = 'eve'");
    do {
        assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
        support_nap();
        assert_string_equal(found.evidence.grant->user,
                            found.from_shelf ? "alice" : "eve");
    } while (found.from_shelf);
    assert_true(at_time_monotonic() >= read + config.ttl);
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 2);
    assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
    assert_string_equal(found.evidence.grant->user, "eve");
    office_close(&office);
}

static void without_a_cache_every_token_is_looked_up(void **state)
{
    at_clerk_config_t config = office_config();
    bearer_t bearer, forged;
    at_found_t found;
    office_t office;
    int i;

    config.cache = 0;
    office = office_open(*state, &config);
    office_mint(&office, &bearer);
    office_forge(&bearer, &forged);
    for (i = 1; i < 5; i++) {
        assert_int_equal(office_find(&office, &bearer, &found), APR_SUCCESS);
        assert_false(found.from_shelf);
        assert_true(found.on_shelf); /* for its uses */
        assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), i);
    }
    office_delete_elsewhere(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_DELETED);
    assert_int_equal(office_judge(&office, &forged), AT_TOKEN_WRONG_SECRET);
    office_lose_table(&office);
    assert_int_equal(office_find(&office, &bearer, &found), AT_EUNAVAILABLE);
    office_close(&office);
}

static void a_token_that_is_deleted_here_is_refused_at_once(void **state)
{
    at_clerk_config_t config = office_config();
    office_t office = open_office(state);
    office_t branch = office_branch(&office, &config);
    bearer_t bearer;

    office_mint(&office, &bearer);
    assert_int_equal(office_judge(&branch, &bearer), AT_TOKEN_VALID);
    assert_int_equal(office_delete(&office, &bearer), APR_SUCCESS);
    assert_int_equal(office_judge(&branch, &bearer), AT_TOKEN_DELETED);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_DELETED);
    assert_int_equal(office_delete(&office, &bearer), APR_NOTFOUND);
    office_close(&branch);
    office_close(&office);
}

static void a_deletion_that_failed_changes_nothing(void **state)
{
    office_t office = open_office(state);
    at_row_t *row = support_row(office.support->pool, 1);
    bearer_t bearer;

    row->user = "bob";
    office_mint_as(&office, row, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    assert_int_equal(office_delete(&office, &bearer), APR_NOTFOUND);
    office_lose_table(&office);
    assert_int_equal(office_delete(&office, &bearer), AT_EUNAVAILABLE);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 1);
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_token_is_looked_up_once),
        SUPPORT_TEST(a_hit_needs_no_table),
        SUPPORT_TEST(what_one_process_knows_all_know),
        SUPPORT_TEST(a_wrong_secret_of_a_known_token_needs_no_table),
        SUPPORT_TEST(a_wrong_secret_puts_nothing_on_the_shelf),
        SUPPORT_TEST(what_is_no_token_is_not_looked_up),
        SUPPORT_TEST(an_unknown_token_is_looked_up_each_time),
        SUPPORT_TEST(what_is_over_is_known_as_well),
        SUPPORT_TEST(a_token_expires_on_the_shelf),
        SUPPORT_TEST(a_broken_row_is_never_put_there),
        SUPPORT_TEST(a_row_is_read_anew_after_the_ttl),
        SUPPORT_TEST(without_a_cache_every_token_is_looked_up),
        SUPPORT_TEST(a_token_that_is_deleted_here_is_refused_at_once),
        SUPPORT_TEST(a_deletion_that_failed_changes_nothing),
    };

    return cmocka_run_group_tests_name("clerk", tests, support_begin,
                                       support_end);
}
