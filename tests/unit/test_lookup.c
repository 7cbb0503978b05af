/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of looking up a presented token: what is answered from the cache, and
 * when the table is read.
 */
#include "fixture_lookup.h"

static lookup_fixture_t open_fixture(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();

    return lookup_fixture_open(*state, &config);
}

static void a_token_is_looked_up_once(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    at_found_t cold, warm;
    test_token_t bearer;
    int i;

    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &cold),
                     APR_SUCCESS);
    assert_false(cold.from_cache);
    assert_true(cold.in_cache);
    for (i = 0; i < 100; i++) {
        assert_int_equal(lookup_fixture_find(&fixture, &bearer, &warm),
                         APR_SUCCESS);
        assert_true(warm.from_cache);
        assert_false(warm.stale);
        assert_true(warm.evidence.proven);
        assert_null(warm.evidence.reason);
        assert_string_equal(warm.evidence.terms->user, "alice");
        assert_string_equal(warm.evidence.terms->id_text,
                            cold.evidence.terms->id_text);
        assert_memory_equal(&warm.id, &bearer.credential.id, sizeof(warm.id));
    }
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 1);
    assert_true(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUP_USEC) > 0);
    lookup_fixture_close(&fixture);
}

static void a_hit_needs_no_table(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t known, unknown;
    at_found_t found;

    lookup_fixture_mint(&fixture, &known);
    lookup_fixture_mint(&fixture, &unknown);
    assert_int_equal(lookup_fixture_verdict(&fixture, &known), AT_TOKEN_VALID);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_verdict(&fixture, &known), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_find(&fixture, &unknown, &found),
                     AT_EUNAVAILABLE);
    lookup_fixture_close(&fixture);
}

static void a_row_that_one_process_has_read_serves_all(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    lookup_fixture_t fixture = open_fixture(state);
    lookup_fixture_t branch = lookup_fixture_open_process(&fixture, &config);
    test_token_t bearer;

    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_verdict(&branch, &bearer), AT_TOKEN_VALID);
    lookup_fixture_close(&branch);
    lookup_fixture_close(&fixture);
}

static void a_wrong_secret_of_a_known_token_needs_no_table(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer, forged;
    at_found_t found;

    lookup_fixture_mint(&fixture, &bearer);
    lookup_fixture_forge(&bearer, &forged);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_verdict(&fixture, &forged),
                     AT_TOKEN_WRONG_SECRET);
    assert_int_equal(lookup_fixture_find(&fixture, &forged, &found),
                     APR_SUCCESS);
    assert_null(found.evidence.terms);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 1);
    lookup_fixture_close(&fixture);
}

/* Otherwise a client that knows an id could put a token of its own there. */
static void a_wrong_secret_puts_nothing_into_the_cache(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer, forged;
    at_found_t found;

    lookup_fixture_mint(&fixture, &bearer);
    lookup_fixture_forge(&bearer, &forged);
    assert_int_equal(lookup_fixture_find(&fixture, &forged, &found),
                     APR_SUCCESS);
    assert_false(found.evidence.proven);
    assert_null(found.evidence.terms);
    assert_false(found.in_cache);
    assert_int_equal(lookup_fixture_verdict(&fixture, &forged),
                     AT_TOKEN_WRONG_SECRET);
    assert_int_equal(at_cache_entries(fixture.cache), 0);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_verdict(&fixture, &forged),
                     AT_TOKEN_WRONG_SECRET);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    lookup_fixture_close(&fixture);
}

static void a_text_that_is_no_token_is_not_looked_up(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer, broken;
    at_found_t found;
    apr_size_t i;

    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    lookup_fixture_hide_table(&fixture);
    for (i = 0; i < strlen(bearer.text); i++) {
        broken = bearer; /* mostly with an id that is known */
        broken.text[i] ^= broken.text[i] == '1' ? 3 : 1;
        assert_int_equal(lookup_fixture_find(&fixture, &broken, &found),
                         APR_EINVAL);
        assert_null(found.evidence.terms);
    }
    broken = bearer;
    broken.text[strlen(broken.text) - 1] = '\0';
    assert_int_equal(lookup_fixture_find(&fixture, &broken, &found),
                     APR_EINVAL);
    broken.text[0] = '\0';
    assert_int_equal(lookup_fixture_find(&fixture, &broken, &found),
                     APR_EINVAL);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 1);
    lookup_fixture_close(&fixture);
}

/* A client that tries ids must not fill the cache. */
static void an_unknown_token_is_looked_up_each_time(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer;
    at_found_t found;
    int i;

    at_token_mint("mat", bearer.text, &bearer.credential);
    for (i = 1; i < 5; i++) {
        assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                         APR_NOTFOUND);
        assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), i);
    }
    assert_int_equal(at_cache_entries(fixture.cache), 0);
    lookup_fixture_close(&fixture);
}

static void expired_and_deleted_tokens_are_cached_as_well(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    at_row_t *row = support_row(fixture.support->pool, 1);
    test_token_t expired, deleted;

    row->expires_at = at_clock_now() - 1;
    lookup_fixture_mint_as(&fixture, row, &expired);
    lookup_fixture_mint(&fixture, &deleted);
    lookup_fixture_delete_elsewhere(&fixture, &deleted);
    assert_int_equal(lookup_fixture_verdict(&fixture, &expired),
                     AT_TOKEN_EXPIRED);
    assert_int_equal(lookup_fixture_verdict(&fixture, &deleted),
                     AT_TOKEN_DELETED);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_verdict(&fixture, &expired),
                     AT_TOKEN_EXPIRED);
    assert_int_equal(lookup_fixture_verdict(&fixture, &deleted),
                     AT_TOKEN_DELETED);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 2);
    lookup_fixture_close(&fixture);
}

static void a_token_expires_in_the_cache(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    at_row_t *row = support_row(fixture.support->pool, 1);
    at_found_t found;
    test_token_t bearer;

    row->expires_at = at_clock_now() + 3600000;
    lookup_fixture_mint_as(&fixture, row, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     APR_SUCCESS);
    assert_true(found.from_cache);
    assert_int_equal(at_token_verdict(&found.evidence, row->expires_at - 1),
                     AT_TOKEN_VALID);
    assert_int_equal(at_token_verdict(&found.evidence, row->expires_at),
                     AT_TOKEN_EXPIRED);
    lookup_fixture_close(&fixture);
}

static void a_broken_row_is_never_put_into_the_cache(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    at_found_t found;
    test_token_t bearer;
    int i;

    lookup_fixture_mint(&fixture, &bearer);
    support_run_sql(fixture.support,
                    "UPDATE access_tokens SET expires_at = 'never'");
    for (i = 1; i < 4; i++) {
        assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                         AT_TOKEN_BROKEN);
        assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), i);
    }
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     APR_SUCCESS);
    assert_non_null(strstr(found.evidence.reason, "expires_at"));
    assert_int_equal(at_cache_entries(fixture.cache), 0);
    support_run_sql(fixture.support,
                    "UPDATE access_tokens SET expires_at = NULL");
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    lookup_fixture_close(&fixture);
}

static void a_row_is_read_again_after_the_ttl(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    at_found_t found;
    test_token_t bearer;
    lookup_fixture_t fixture;
    apr_int64_t read;

    config.ttl = 300;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    read = at_clock_monotonic();
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    support_run_sql(fixture.support,
                    "UPDATE access_tokens SET user_name = 'eve'");
    do {
        assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                         APR_SUCCESS);
        support_nap();
        assert_string_equal(found.evidence.terms->user,
                            found.from_cache ? "alice" : "eve");
    } while (found.from_cache);
    assert_true(at_clock_monotonic() >= read + config.ttl);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 2);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     APR_SUCCESS);
    assert_string_equal(found.evidence.terms->user, "eve");
    lookup_fixture_close(&fixture);
}

static void without_a_cache_every_token_is_looked_up(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    test_token_t bearer, forged;
    at_found_t found;
    lookup_fixture_t fixture;
    int i;

    config.cache = 0;
    fixture = lookup_fixture_open(*state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    lookup_fixture_forge(&bearer, &forged);
    for (i = 1; i < 5; i++) {
        assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                         APR_SUCCESS);
        assert_false(found.from_cache);
        assert_true(found.in_cache); /* for its uses */
        assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), i);
    }
    lookup_fixture_delete_elsewhere(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                     AT_TOKEN_DELETED);
    assert_int_equal(lookup_fixture_verdict(&fixture, &forged),
                     AT_TOKEN_WRONG_SECRET);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_find(&fixture, &bearer, &found),
                     AT_EUNAVAILABLE);
    lookup_fixture_close(&fixture);
}

static void a_token_that_is_deleted_here_is_refused_at_once(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    lookup_fixture_t fixture = open_fixture(state);
    lookup_fixture_t branch = lookup_fixture_open_process(&fixture, &config);
    test_token_t bearer;

    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&branch, &bearer), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_delete(&fixture, &bearer), APR_SUCCESS);
    assert_int_equal(lookup_fixture_verdict(&branch, &bearer),
                     AT_TOKEN_DELETED);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                     AT_TOKEN_DELETED);
    assert_int_equal(lookup_fixture_delete(&fixture, &bearer), APR_NOTFOUND);
    lookup_fixture_close(&branch);
    lookup_fixture_close(&fixture);
}

static void a_deletion_that_failed_changes_nothing(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    at_row_t *row = support_row(fixture.support->pool, 1);
    test_token_t bearer;

    row->user = "bob";
    lookup_fixture_mint_as(&fixture, row, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_delete(&fixture, &bearer), APR_NOTFOUND);
    lookup_fixture_hide_table(&fixture);
    assert_int_equal(lookup_fixture_delete(&fixture, &bearer), AT_EUNAVAILABLE);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 1);
    lookup_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_token_is_looked_up_once),
        SUPPORT_TEST(a_hit_needs_no_table),
        SUPPORT_TEST(a_row_that_one_process_has_read_serves_all),
        SUPPORT_TEST(a_wrong_secret_of_a_known_token_needs_no_table),
        SUPPORT_TEST(a_wrong_secret_puts_nothing_into_the_cache),
        SUPPORT_TEST(a_text_that_is_no_token_is_not_looked_up),
        SUPPORT_TEST(an_unknown_token_is_looked_up_each_time),
        SUPPORT_TEST(expired_and_deleted_tokens_are_cached_as_well),
        SUPPORT_TEST(a_token_expires_in_the_cache),
        SUPPORT_TEST(a_broken_row_is_never_put_into_the_cache),
        SUPPORT_TEST(a_row_is_read_again_after_the_ttl),
        SUPPORT_TEST(without_a_cache_every_token_is_looked_up),
        SUPPORT_TEST(a_token_that_is_deleted_here_is_refused_at_once),
        SUPPORT_TEST(a_deletion_that_failed_changes_nothing),
    };

    return cmocka_run_group_tests_name("lookup", tests, support_begin,
                                       support_end);
}
