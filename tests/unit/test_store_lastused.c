/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of writing a slice of last uses to rows.
 */
#include "support.h"

#include "core/db/store_lastused.h"
#include "core/token/use.h"

static void insert(at_op_t *op, at_row_t *row, apr_pool_t *p)
{
    assert_int_equal(op_insert(op, row, 0, p), APR_SUCCESS);
}

/* Set if the whole table has failed. */
static int table_failed;

static apr_status_t write_uses(at_op_t *op, const apr_array_header_t *uses,
                               int first, int count, apr_pool_t *p)
{
    op->pool = p;
    return at_store_write_uses(op, uses, first, count, &table_failed);
}

static apr_int64_t last_used_after(at_op_t *op, const at_row_t *row,
                                   apr_int64_t when, apr_pool_t *p)
{
    support_touch(op, &row->id, when, p);
    return support_find(op, &row->id, p)->last_used;
}

static void last_used_is_never_set_to_an_earlier_time(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);

    insert(op, row, p);
    assert_true(last_used_after(op, row, 7000, p) == 7000);
    assert_true(last_used_after(op, row, 6999, p) == 7000);
    assert_true(last_used_after(op, row, 0, p) == 7000);
    assert_true(last_used_after(op, row, 7001, p) == 7001);
}

static apr_array_header_t *uses_of(int count, apr_pool_t *p)
{
    apr_array_header_t *uses = apr_array_make(p, count, sizeof(at_use_t));
    int i;

    for (i = 0; i < count; i++) {
        at_use_t *use = apr_array_push(uses);

        use->id = support_row(p, i)->id;
        use->when = 5000 + i;
    }
    return uses;
}

static void many_uses_are_written_together(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    int i;

    for (i = 0; i < 20; i += 2) { /* the others are not in the table */
        insert(op, support_row(p, i), p);
    }
    assert_int_equal(write_uses(op, uses_of(20, p), 0, 20, p), APR_SUCCESS);
    for (i = 0; i < 20; i += 2) {
        at_row_t *row = support_find(op, &support_row(p, i)->id, p);

        assert_true(row->last_used == 5000 + i);
    }
}

static void only_the_slice_that_was_given_is_written(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    int i;

    for (i = 0; i < 10; i++) {
        insert(op, support_row(p, i), p);
    }
    assert_int_equal(write_uses(op, uses_of(10, p), 3, 4, p), APR_SUCCESS);
    for (i = 0; i < 10; i++) {
        at_row_t *row = support_find(op, &support_row(p, i)->id, p);

        assert_true(row->last_used ==
                    (i >= 3 && i < 7 ? 5000 + i : AT_TIME_NONE));
    }
}

/* A trigger refuses to write the last one of them. */
static void uses_are_written_all_or_none(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    int i;

    for (i = 0; i < 10; i++) {
        insert(op, support_row(p, i), p);
    }
    support_run_sql(support,
                    "CREATE TRIGGER no BEFORE UPDATE ON access_tokens WHEN "
                    "old.created_at = 1009 BEGIN SELECT RAISE(ABORT, 'no'); "
                    "END");
    assert_int_equal(write_uses(op, uses_of(10, p), 0, 10, p), AT_EUNAVAILABLE);
    for (i = 0; i < 10; i++) {
        assert_true(support_find(op, &support_row(p, i)->id, p)->last_used ==
                    AT_TIME_NONE);
    }
    support_run_sql(support, "DROP TRIGGER no");
    assert_int_equal(write_uses(op, uses_of(10, p), 0, 10, p), APR_SUCCESS);
}

/* A token that was evicted and has come back has two uses: the later one is
 * written. */
static void the_later_of_two_uses_is_written(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    apr_array_header_t *uses = uses_of(3, p);

    insert(op, support_row(p, 1), p);
    APR_ARRAY_IDX(uses, 0, at_use_t).id = support_row(p, 1)->id;
    APR_ARRAY_IDX(uses, 2, at_use_t).id = support_row(p, 1)->id;
    assert_int_equal(write_uses(op, uses, 0, 3, p), APR_SUCCESS);
    assert_true(support_find(op, &support_row(p, 1)->id, p)->last_used == 5002);
}

/* A row that cannot be written says nothing about others; a table that does
 * not exist, or cannot be locked, does. */
static void a_failure_is_of_a_row_or_of_the_table(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_database_t *other =
        at_database_make("sqlite3", support->file, support->pool);

    insert(op, support_row(p, 1), p);
    support_run_sql(support, "CREATE TRIGGER no BEFORE UPDATE ON access_tokens "
                             "BEGIN SELECT RAISE(ABORT, 'no'); END");
    assert_int_equal(write_uses(op, uses_of(2, p), 0, 2, p), AT_EUNAVAILABLE);
    assert_false(table_failed);
    support_run_sql(support, "DROP TRIGGER no");
    assert_int_equal(at_database_command(other, "BEGIN IMMEDIATE"),
                     APR_SUCCESS);
    op->deadline = at_clock_monotonic() + 50;
    assert_int_equal(write_uses(op, uses_of(2, p), 0, 2, p), AT_EUNAVAILABLE);
    assert_true(table_failed);
    at_database_drop(other);
    assert_int_equal(write_uses(op, uses_of(2, p), 0, 2, p), APR_SUCCESS);
    assert_false(table_failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(last_used_is_never_set_to_an_earlier_time),
        SUPPORT_TEST(many_uses_are_written_together),
        SUPPORT_TEST(only_the_slice_that_was_given_is_written),
        SUPPORT_TEST(uses_are_written_all_or_none),
        SUPPORT_TEST(the_later_of_two_uses_is_written),
        SUPPORT_TEST(a_failure_is_of_a_row_or_of_the_table),
    };

    return cmocka_run_group_tests_name("store_lastused", tests, support_begin,
                                       support_end);
}
