/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of which rows a purge removes, and which stay.
 */
#include "support.h"

#include "core/db/purge.h"
#include "core/token/token.h"

#define OLD 1000000
#define YOUNG 9000000

static at_op_t *insert_rows(support_t *support)
{
    at_op_t *op = support_op(support);
    int i;

    for (i = 0; i < 10; i++) {
        assert_int_equal(
            op_insert(op, support_row(support->pool, i), 0, support->pool),
            APR_SUCCESS);
    }
    return op;
}

/* Set a column of a row to any SQL expression. */
static void set(support_t *support, int number, const char *column,
                const char *value)
{
    char id[AT_TOKEN_ID_SIZE];

    at_token_format_id(&support_row(support->pool, number)->id, id);
    support_run_sql(support, apr_psprintf(support->pool,
                                          "UPDATE access_tokens SET %s = %s "
                                          "WHERE token_id = '%s'",
                                          column, value, id));
}

static int exists(support_t *support, at_op_t *op, int number)
{
    at_row_t *row;
    apr_status_t status = op_find(op, &support_row(support->pool, number)->id,
                                  NULL, &row, support->pool);

    assert_true(status == APR_SUCCESS || status == APR_NOTFOUND);
    return status == APR_SUCCESS;
}

static int count(support_t *support, at_op_t *op)
{
    int i, found = 0;

    for (i = 0; i < 10; i++) {
        found += exists(support, op, i);
    }
    return found;
}

static int purge(at_op_t *op, int limit, int *more)
{
    at_purge_t what = {.expired_before = 5000000, .deleted_before = 3000000};
    int removed = -1;

    op->limit = limit;
    assert_int_equal(at_purge_some(op, &what, &removed, more), APR_SUCCESS);
    return removed;
}

static void rows_that_ended_before_are_removed_and_no_others(void **state)
{
    support_t *support = *state;
    at_op_t *op = insert_rows(support);
    int more = -1;

    set(support, 0, "expires_at", "4999999");
    set(support, 1, "expires_at", "5000000");
    set(support, 2, "expires_at", "NULL");
    set(support, 3, "deleted_at", "2999999");
    set(support, 4, "deleted_at", "3000000");
    set(support, 5, "expires_at", "0");
    set(support, 6, "last_used", "1");
    assert_int_equal(purge(op, 100, &more), 3);
    assert_false(more);
    assert_false(exists(support, op, 0));
    assert_false(exists(support, op, 3));
    assert_false(exists(support, op, 5));
    assert_int_equal(count(support, op), 7);
}

static void rows_whose_times_are_no_numbers_stay(void **state)
{
    support_t *support = *state;
    at_op_t *op = insert_rows(support);
    int more;

    set(support, 0, "expires_at", "-1");
    set(support, 1, "expires_at", "'soon'");
    set(support, 2, "deleted_at", "-5");
    set(support, 3, "deleted_at", "''");
    assert_int_equal(purge(op, 100, &more), 0);
    assert_int_equal(count(support, op), 10);
}

static void no_more_rows_are_removed_at_once_than_the_limit(void **state)
{
    support_t *support = *state;
    at_op_t *op = insert_rows(support);
    int more = 0;
    int i;

    for (i = 0; i < 7; i++) {
        set(support, i, "expires_at", "7");
    }
    for (i = 4; i < 10; i++) {
        set(support, i, "deleted_at", "7");
    }
    assert_int_equal(purge(op, 5, &more), 10);
    assert_true(more);
    assert_int_equal(count(support, op), 0);
    assert_int_equal(purge(op, 5, &more), 0);
    assert_false(more);
}

static void a_missing_table_is_unavailable(void **state)
{
    support_t *support = *state;
    at_op_t *op = insert_rows(support);
    at_purge_t what = {5, 5};
    apr_int64_t when = 77;
    int removed = 77, more = 77;

    op->create_table = 0;
    support_run_sql(support, "DROP TABLE access_tokens");
    assert_int_equal(at_purge_some(op, &what, &removed, &more),
                     AT_EUNAVAILABLE);
    assert_int_equal(at_purge_last_use(op, AT_TIME_MAX, &when),
                     AT_EUNAVAILABLE);
    assert_int_equal(removed + more + when, 3 * 77);
}

static apr_int64_t last_use(at_op_t *op, apr_int64_t until)
{
    apr_int64_t when = 77;

    assert_int_equal(at_purge_last_use(op, until, &when), APR_SUCCESS);
    return when;
}

static void the_table_shows_when_it_was_in_use_last(void **state)
{
    support_t *support = *state;
    at_op_t *op = insert_rows(support);

    support_run_sql(support, "UPDATE access_tokens SET created_at = 1000000");
    set(support, 1, "created_at", "2000000");
    assert_int_equal(last_use(op, YOUNG), 2000000);
    assert_int_equal(last_use(op, 1999999), OLD);
    assert_int_equal(last_use(op, OLD), OLD);
    assert_true(last_use(op, OLD - 1) == AT_TIME_NONE);
    set(support, 3, "deleted_at", "8000000");
    assert_int_equal(last_use(op, YOUNG), 8000000);
    assert_int_equal(last_use(op, 7999999), 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(rows_that_ended_before_are_removed_and_no_others),
        SUPPORT_TEST(rows_whose_times_are_no_numbers_stay),
        SUPPORT_TEST(no_more_rows_are_removed_at_once_than_the_limit),
        SUPPORT_TEST(a_missing_table_is_unavailable),
        SUPPORT_TEST(the_table_shows_when_it_was_in_use_last),
    };

    return cmocka_run_group_tests_name("purge", tests, support_begin,
                                       support_end);
}
