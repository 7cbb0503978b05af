/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of what happens between a lookup and its end: many requests with one
 * token ask once, and what was deleted meanwhile does not come back.
 *
 * The linker lets the clerk pass a gate before it asks the table and another
 * after (--wrap, see check.am), so that "between" lasts as long as a test wants.
 */
#include "office.h"

#include "desk_inside.h"

#define ASKERS 16

apr_status_t __real_at_table_find(at_ask_t *ask, const at_id_t *id,
                                  const char *user, at_row_t **row);
apr_status_t __wrap_at_table_find(at_ask_t *ask, const at_id_t *id,
                                  const char *user, at_row_t **row);

static support_gate_t before, after;

apr_status_t __wrap_at_table_find(at_ask_t *ask, const at_id_t *id,
                                  const char *user, at_row_t **row)
{
    apr_status_t status;

    support_gate_pass(&before);
    status = __real_at_table_find(ask, id, user, row);
    support_gate_pass(&after);
    return status;
}

typedef struct asker_t {
    office_t *office;
    const bearer_t *bearer;
    apr_pool_t *pool;
    at_found_t found;
    apr_status_t status;
    pthread_t thread;
} asker_t;

static void *find(void *data)
{
    asker_t *asker = data;
    at_ask_t ask = {.table = asker->office->table, .pool = asker->pool};

    asker->status =
        at_clerk_find(asker->office->clerk, &ask, asker->bearer->text,
                      strlen(asker->bearer->text), &asker->found);
    return NULL;
}

static void start(asker_t *asker, office_t *office, const bearer_t *bearer)
{
    memset(asker, 0, sizeof(*asker));
    asker->office = office;
    asker->bearer = bearer;
    apr_pool_create(&asker->pool, NULL);
    assert_int_equal(pthread_create(&asker->thread, NULL, find, asker), 0);
}

static void end(asker_t *asker)
{
    pthread_join(asker->thread, NULL);
}

static at_verdict_e verdict(const asker_t *asker)
{
    assert_int_equal(asker->status, APR_SUCCESS);
    return at_token_verdict(&asker->found.evidence, at_time_now());
}

/* The first gate stands open, the second does not. */
static office_t open_with(void **state, const at_clerk_config_t *config)
{
    support_gate_make(&before);
    support_gate_open(&before);
    support_gate_make(&after);
    return office_open(*state, config);
}

static office_t open_office(void **state)
{
    at_clerk_config_t config = office_config();

    return open_with(state, &config);
}

/* Who asks a moment before gets what was true then; nobody after does. */
static void a_row_that_was_deleted_meanwhile_does_not_come_back(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer;
    asker_t asker;

    office_mint(&office, &bearer);
    start(&asker, &office, &bearer);
    assert_true(support_gate_await(&after, 1));
    assert_int_equal(office_delete(&office, &bearer), APR_SUCCESS);
    support_gate_open(&after);
    end(&asker);
    assert_int_equal(verdict(&asker), AT_TOKEN_VALID);
    assert_false(asker.found.on_shelf);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_DELETED);
    apr_pool_destroy(asker.pool);
    office_close(&office);
}

/* The keeper asks only for a shelf that has something on it. */
static void put_something(at_shelf_t *shelf)
{
    at_id_t id = {{0}};
    at_tag_t tag = {{0, 0}};
    at_grant_t grant;
    at_entry_t entry = {.id = &id,
                        .tag = &tag,
                        .grant = &grant,
                        .ticket =
                            at_shelf_ticket(shelf, &id, at_time_monotonic())};
    at_spot_t spot;
    at_use_t evicted;

    memset(&grant, 0, sizeof(grant));
    assert_true(at_shelf_put(shelf, &entry, &spot, &evicted));
}

static void nor_does_one_that_the_keeper_found_deleted(void **state)
{
    at_clerk_config_t config = office_config();
    office_t office;
    bearer_t bearer;
    asker_t asker;
    apr_int64_t deleted;

    config.rules.interval = 1000;
    office = open_with(state, &config);
    office_mint(&office, &bearer);
    start(&asker, &office, &bearer);
    assert_true(support_gate_await(&after, 1));
    office_delete_elsewhere(&office, &bearer);
    deleted = at_time_monotonic();
    put_something(office.shelf);
    while (at_contact_last(office.shelf) <= deleted) {
        assert_true(at_time_monotonic() < deleted + SUPPORT_LONG_MS);
        support_nap();
    }
    support_gate_open(&after);
    end(&asker);
    assert_int_equal(verdict(&asker), AT_TOKEN_VALID);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_DELETED);
    apr_pool_destroy(asker.pool);
    office_close(&office);
}

/* Two who ask the table at the same time, and the first one is late. */
static void of_two_lookups_both_may_be_put(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer;
    asker_t asker;

    office_mint(&office, &bearer);
    start(&asker, &office, &bearer);
    assert_true(support_gate_await(&after, 1));
    support_gate_open(&after);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    end(&asker);
    assert_int_equal(verdict(&asker), AT_TOKEN_VALID);
    assert_int_equal(at_shelf_entries(office.shelf), 1);
    apr_pool_destroy(asker.pool);
    office_close(&office);
}

static int wanted_of(at_desk_t *desk)
{
    int wanted;

    pthread_mutex_lock(&desk->lock);
    wanted = desk->wanted;
    pthread_mutex_unlock(&desk->lock);
    return wanted;
}

/* They all come while the first one waits for the table. */
static void many_with_one_cold_token_ask_once(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer;
    asker_t askers[ASKERS];
    int i;

    office_mint(&office, &bearer);
    for (i = 0; i < ASKERS; i++) {
        start(&askers[i], &office, &bearer);
        assert_true(support_gate_await(&after, 1));
    }
    for (i = 0; i < 100; i++) {
        assert_int_equal(wanted_of(office.desk), 0);
        support_nap();
    }
    support_gate_open(&after);
    for (i = 0; i < ASKERS; i++) {
        end(&askers[i]);
        assert_int_equal(verdict(&askers[i]), AT_TOKEN_VALID);
        assert_int_equal(askers[i].found.from_shelf, i > 0);
        apr_pool_destroy(askers[i].pool);
    }
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 1);
    assert_int_equal(office_count(&office, AT_TALLY_SHARED), ASKERS - 1);
    office_close(&office);
}

/* Who waited for another's lookup and finds nothing there, asks. */
static void who_waited_in_vain_asks(void **state)
{
    office_t office = open_office(state);
    bearer_t bearer;
    asker_t askers[4];
    int i;

    at_token_mint("mat", bearer.text, &bearer.credential);
    for (i = 0; i < 4; i++) {
        start(&askers[i], &office, &bearer);
    }
    for (i = 0; i < 4; i++) {
        end(&askers[i]);
        assert_int_equal(askers[i].status, APR_NOTFOUND);
        apr_pool_destroy(askers[i].pool);
    }
    assert_int_equal(office_count(&office, AT_TALLY_LOOKUPS), 4);
    office_close(&office);
}

/* The first one hangs; the others do not wait with it for ever. */
static void a_lookup_that_hangs_holds_nobody_up_for_long(void **state)
{
    at_clerk_config_t config = office_config();
    bearer_t bearer;
    asker_t first, second;
    office_t office;

    config.timeout = 2000;
    office = open_with(state, &config);
    office_mint(&office, &bearer);
    start(&first, &office, &bearer);
    assert_true(support_gate_await(&after, 1));
    start(&second, &office, &bearer);
    assert_true(support_gate_await(&after, 2)); /* so it has asked, too */
    support_gate_open(&after);
    end(&first);
    end(&second);
    assert_int_equal(verdict(&first), AT_TOKEN_VALID);
    assert_int_equal(verdict(&second), AT_TOKEN_VALID);
    apr_pool_destroy(first.pool);
    apr_pool_destroy(second.pool);
    office_close(&office);
}

/* A row that is too old serves if the table cannot be asked, but not if it was
 * taken off the shelf while that became clear. */
static void what_was_deleted_meanwhile_does_not_serve(void **state)
{
    at_clerk_config_t config = office_config();
    office_t office;
    bearer_t bearer;
    asker_t asker;

    config.ttl = 0;
    office = open_with(state, &config);
    support_gate_open(&after);
    office_mint(&office, &bearer);
    assert_int_equal(office_judge(&office, &bearer), AT_TOKEN_VALID);
    support_gate_make(&before);
    start(&asker, &office, &bearer);
    assert_true(support_gate_await(&before, 1));
    assert_int_equal(office_delete(&office, &bearer), APR_SUCCESS);
    office_lose_table(&office);
    support_gate_open(&before);
    end(&asker);
    assert_int_equal(asker.status, AT_EUNAVAILABLE);
    apr_pool_destroy(asker.pool);
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_row_that_was_deleted_meanwhile_does_not_come_back),
        SUPPORT_TEST(nor_does_one_that_the_keeper_found_deleted),
        SUPPORT_TEST(of_two_lookups_both_may_be_put),
        SUPPORT_TEST(many_with_one_cold_token_ask_once),
        SUPPORT_TEST(who_waited_in_vain_asks),
        SUPPORT_TEST(a_lookup_that_hangs_holds_nobody_up_for_long),
        SUPPORT_TEST(what_was_deleted_meanwhile_does_not_serve),
    };

    return cmocka_run_group_tests_name("race", tests, support_begin,
                                       support_end);
}
