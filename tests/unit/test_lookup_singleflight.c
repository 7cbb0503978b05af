/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of what happens during a lookup: many requests with one token look it
 * up once, and a row that is deleted in the meantime does not come back.
 *
 * The linker makes the lookup pass a gate before it reads the table and
 * another one after that (--wrap, see check.am), so that a test decides how
 * long each takes.
 */
#include "fixture_lookup.h"

#include "dbpool_inside.h"

#define ASKERS 16

apr_status_t __real_at_table_find(at_op_t *ask, const at_id_t *id,
                                  const char *user, at_row_t **row);
apr_status_t __wrap_at_table_find(at_op_t *ask, const at_id_t *id,
                                  const char *user, at_row_t **row);

static support_gate_t before, after;

apr_status_t __wrap_at_table_find(at_op_t *ask, const at_id_t *id,
                                  const char *user, at_row_t **row)
{
    apr_status_t status;

    support_gate_pass(&before);
    status = __real_at_table_find(ask, id, user, row);
    support_gate_pass(&after);
    return status;
}

typedef struct requester_t {
    lookup_fixture_t *fixture;
    const test_token_t *bearer;
    apr_pool_t *pool;
    at_found_t found;
    apr_status_t status;
    pthread_t thread;
} requester_t;

static void *find(void *data)
{
    requester_t *requester = data;

    const test_token_t *bearer = requester->bearer;
    at_lookup_t *lookup = requester->fixture->lookup;
    at_tag_t tag;

    at_lookup_tag(lookup, bearer->text, strlen(bearer->text), &tag);
    requester->status =
        at_lookup_find(lookup, bearer->text, strlen(bearer->text), &tag,
                       requester->pool, &requester->found);
    return NULL;
}

static void start(requester_t *requester, lookup_fixture_t *fixture,
                  const test_token_t *bearer)
{
    memset(requester, 0, sizeof(*requester));
    requester->fixture = fixture;
    requester->bearer = bearer;
    apr_pool_create(&requester->pool, NULL);
    assert_int_equal(pthread_create(&requester->thread, NULL, find, requester),
                     0);
}

static void end(requester_t *requester)
{
    pthread_join(requester->thread, NULL);
}

static at_verdict_e verdict(const requester_t *requester)
{
    assert_int_equal(requester->status, APR_SUCCESS);
    return at_token_verdict(&requester->found.evidence, at_clock_now());
}

/* The first gate is open, the second is not. */
static lookup_fixture_t open_with(void **state,
                                  const at_lookup_config_t *config)
{
    support_gate_make(&before);
    support_gate_open(&before);
    support_gate_make(&after);
    return lookup_fixture_open(*state, config);
}

static lookup_fixture_t open_fixture(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();

    return open_with(state, &config);
}

/* A request from a moment before gets what was true then; no request after
 * that does. */
static void a_row_that_was_deleted_during_a_lookup_does_not_come_back(
    void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer;
    requester_t requester;

    lookup_fixture_mint(&fixture, &bearer);
    start(&requester, &fixture, &bearer);
    assert_true(support_gate_await(&after, 1));
    assert_int_equal(lookup_fixture_delete(&fixture, &bearer), APR_SUCCESS);
    support_gate_open(&after);
    end(&requester);
    assert_int_equal(verdict(&requester), AT_TOKEN_VALID);
    assert_false(requester.found.in_cache);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                     AT_TOKEN_DELETED);
    apr_pool_destroy(requester.pool);
    lookup_fixture_close(&fixture);
}

/* The revocation job polls only if the cache has a row. */
static void put_a_row(at_cache_t *cache)
{
    at_id_t id = {{0}};
    at_tag_t tag = {{0, 0}};
    at_terms_t terms;
    at_entry_t entry = {.id = &id,
                        .tag = &tag,
                        .terms = &terms,
                        .ticket =
                            at_cache_ticket(cache, &id, at_clock_monotonic())};
    at_spot_t spot;
    at_use_t evicted;

    memset(&terms, 0, sizeof(terms));
    assert_true(at_cache_put(cache, &entry, &spot, &evicted));
}

static void nor_does_a_row_that_the_revocation_job_found_deleted(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    lookup_fixture_t fixture;
    test_token_t bearer;
    requester_t requester;
    apr_int64_t deleted;

    config.rules.interval = 1000;
    fixture = open_with(state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    start(&requester, &fixture, &bearer);
    assert_true(support_gate_await(&after, 1));
    lookup_fixture_delete_elsewhere(&fixture, &bearer);
    deleted = at_clock_monotonic();
    put_a_row(fixture.cache);
    while (at_freshness_last(fixture.cache) <= deleted) {
        assert_true(at_clock_monotonic() < deleted + SUPPORT_LONG_MS);
        support_nap();
    }
    support_gate_open(&after);
    end(&requester);
    assert_int_equal(verdict(&requester), AT_TOKEN_VALID);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer),
                     AT_TOKEN_DELETED);
    apr_pool_destroy(requester.pool);
    lookup_fixture_close(&fixture);
}

/* Two requests read the table at the same time, and the first one is late. */
static void the_rows_of_two_lookups_may_both_be_put(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer;
    requester_t requester;

    lookup_fixture_mint(&fixture, &bearer);
    start(&requester, &fixture, &bearer);
    assert_true(support_gate_await(&after, 1));
    support_gate_open(&after);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    end(&requester);
    assert_int_equal(verdict(&requester), AT_TOKEN_VALID);
    assert_int_equal(at_cache_entries(fixture.cache), 1);
    apr_pool_destroy(requester.pool);
    lookup_fixture_close(&fixture);
}

static int waiting_of(at_dbpool_t *dbpool)
{
    int wanted;

    pthread_mutex_lock(&dbpool->lock);
    wanted = dbpool->waiting;
    pthread_mutex_unlock(&dbpool->lock);
    return wanted;
}

/* All of them come while the first one waits for the table. */
static void many_requests_with_one_cold_token_look_it_up_once(void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer;
    requester_t requesters[ASKERS];
    int i;

    lookup_fixture_mint(&fixture, &bearer);
    for (i = 0; i < ASKERS; i++) {
        start(&requesters[i], &fixture, &bearer);
        assert_true(support_gate_await(&after, 1));
    }
    for (i = 0; i < 100; i++) {
        assert_int_equal(waiting_of(fixture.dbpool), 0);
        support_nap();
    }
    support_gate_open(&after);
    for (i = 0; i < ASKERS; i++) {
        end(&requesters[i]);
        assert_int_equal(verdict(&requesters[i]), AT_TOKEN_VALID);
        assert_int_equal(requesters[i].found.from_cache, i > 0);
        apr_pool_destroy(requesters[i].pool);
    }
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 1);
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_SHARED),
                     ASKERS - 1);
    lookup_fixture_close(&fixture);
}

/* A request that has waited for the lookup of another, and finds nothing in
 * the cache, looks the token up. */
static void a_request_that_waited_without_result_looks_the_token_up(
    void **state)
{
    lookup_fixture_t fixture = open_fixture(state);
    test_token_t bearer;
    requester_t requesters[4];
    int i;

    at_token_mint("mat", bearer.text, &bearer.credential);
    for (i = 0; i < 4; i++) {
        start(&requesters[i], &fixture, &bearer);
    }
    for (i = 0; i < 4; i++) {
        end(&requesters[i]);
        assert_int_equal(requesters[i].status, APR_NOTFOUND);
        apr_pool_destroy(requesters[i].pool);
    }
    assert_int_equal(lookup_fixture_count(&fixture, AT_COUNTER_LOOKUPS), 4);
    lookup_fixture_close(&fixture);
}

/* The first one hangs; the others do not wait for it for ever. */
static void a_lookup_that_hangs_does_not_delay_others_for_long(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    test_token_t bearer;
    requester_t first, second;
    lookup_fixture_t fixture;

    config.timeout = 2000;
    fixture = open_with(state, &config);
    lookup_fixture_mint(&fixture, &bearer);
    start(&first, &fixture, &bearer);
    assert_true(support_gate_await(&after, 1));
    start(&second, &fixture, &bearer);
    assert_true(
        support_gate_await(&after, 2)); /* so it has read the table, too */
    support_gate_open(&after);
    end(&first);
    end(&second);
    assert_int_equal(verdict(&first), AT_TOKEN_VALID);
    assert_int_equal(verdict(&second), AT_TOKEN_VALID);
    apr_pool_destroy(first.pool);
    apr_pool_destroy(second.pool);
    lookup_fixture_close(&fixture);
}

/* A row that is too old serves if the table does not answer, but not if it was
 * dropped from the cache in the meantime. */
static void a_stale_row_that_was_dropped_does_not_serve(void **state)
{
    at_lookup_config_t config = lookup_fixture_config();
    lookup_fixture_t fixture;
    test_token_t bearer;
    requester_t requester;

    config.ttl = 0;
    fixture = open_with(state, &config);
    support_gate_open(&after);
    lookup_fixture_mint(&fixture, &bearer);
    assert_int_equal(lookup_fixture_verdict(&fixture, &bearer), AT_TOKEN_VALID);
    support_gate_make(&before);
    start(&requester, &fixture, &bearer);
    assert_true(support_gate_await(&before, 1));
    assert_int_equal(lookup_fixture_delete(&fixture, &bearer), APR_SUCCESS);
    lookup_fixture_hide_table(&fixture);
    support_gate_open(&before);
    end(&requester);
    assert_int_equal(requester.status, AT_EUNAVAILABLE);
    apr_pool_destroy(requester.pool);
    lookup_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_row_that_was_deleted_during_a_lookup_does_not_come_back),
        SUPPORT_TEST(nor_does_a_row_that_the_revocation_job_found_deleted),
        SUPPORT_TEST(the_rows_of_two_lookups_may_both_be_put),
        SUPPORT_TEST(many_requests_with_one_cold_token_look_it_up_once),
        SUPPORT_TEST(a_request_that_waited_without_result_looks_the_token_up),
        SUPPORT_TEST(a_lookup_that_hangs_does_not_delay_others_for_long),
        SUPPORT_TEST(a_stale_row_that_was_dropped_does_not_serve),
    };

    return cmocka_run_group_tests_name("lookup_singleflight", tests,
                                       support_begin, support_end);
}
