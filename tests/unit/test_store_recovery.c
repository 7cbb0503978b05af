/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of a table that other programs change, lock, drop or destroy between
 * two operations: the answer is right, or there is none.
 */
#include "support.h"

#include <stdio.h>

static void insert(at_op_t *op, int number, apr_pool_t *p)
{
    assert_int_equal(op_insert(op, support_row(p, number), 0, p), APR_SUCCESS);
}

/* All kinds of operations on a connection that has prepared all of its
 * statements before. */
static void everything_works(at_op_t *op, int number, apr_pool_t *p)
{
    at_row_t *row = support_row(p, number);
    at_list_t list = {.limit = 1000, .before_created = AT_TIME_NONE};
    apr_array_header_t *rows;
    at_row_t *found;

    assert_int_equal(op_insert(op, row, 1000, p), APR_SUCCESS);
    found = support_find(op, &row->id, p);
    assert_null(found->reason);
    assert_int_equal(op_find(op, &row->id, "bob", &found, p), APR_NOTFOUND);
    support_touch(op, &row->id, 5000, p);
    assert_int_equal(op_list(op, &list, &rows, p), APR_SUCCESS);
    assert_int_equal(rows->nelts, 1);
    assert_int_equal(op_delete(op, &row->id, "alice", 6000, p), APR_SUCCESS);
    assert_int_equal(op_delete(op, &row->id, NULL, 6000, p), APR_NOTFOUND);
    assert_true(support_find(op, &row->id, p)->last_used == 5000);
}

static void changes_of_the_schema_are_survived(void **state)
{
    static const char *const events[] = {
        "CREATE TABLE other (a)",
        "CREATE INDEX other_a ON other (a)",
        "CREATE INDEX extra ON access_tokens (last_used)",
        "ALTER TABLE access_tokens ADD COLUMN note VARCHAR(9)",
        "DROP INDEX extra",
        "ANALYZE",
        "VACUUM",
        "DROP TABLE other"};
    support_t *support = *state;
    at_op_t *op = support_op(support);
    apr_size_t i;

    op->create_table = 1;
    everything_works(op, 1, support->pool);
    op->create_table = 0;
    for (i = 0; i < COUNT(events); i++) {
        support_run_sql(support, events[i]);
        everything_works(op, 10 + (int)i, support->pool);
    }
}

/* The same, with the change between any two of the operations. */
static void each_operation_survives_a_change(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);
    at_row_t *found;

    insert(op, 1, p);
    assert_int_equal(op_find(op, &row->id, "bob", &found, p), APR_NOTFOUND);
    support_run_sql(support, "CREATE TABLE one (a)");
    support_find(op, &row->id, p);
    support_run_sql(support, "CREATE TABLE two (a)");
    assert_int_equal(op_find(op, &row->id, "bob", &found, p), APR_NOTFOUND);
    support_run_sql(support, "CREATE TABLE three (a)");
    insert(op, 2, p);
    support_run_sql(support, "CREATE TABLE four (a)");
    assert_int_equal(op_delete(op, &row->id, "bob", 5000, p), APR_NOTFOUND);
    support_run_sql(support, "CREATE TABLE five (a)");
    assert_int_equal(op_delete(op, &row->id, "alice", 5000, p), APR_SUCCESS);
    support_run_sql(support, "CREATE TABLE six (a)");
    assert_int_equal(op_undo(op, row, p), APR_SUCCESS);
}

static void a_missing_table_is_unavailable_until_it_appears(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);
    at_row_t *found = NULL;

    op->create_table = 0;
    assert_int_equal(op_find(op, &row->id, NULL, &found, p), AT_EUNAVAILABLE);
    assert_non_null(strstr(at_database_error(op->database), "access_tokens"));
    assert_int_equal(op_insert(op, row, 0, p), AT_EUNAVAILABLE);
    assert_int_equal(op_delete(op, &row->id, NULL, 1, p), AT_EUNAVAILABLE);
    assert_null(found);
    insert(support_op(support), 1, p);
    support_find(op, &row->id, p);
}

static void a_table_that_is_dropped_is_created_again(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(support->pool, 1);

    insert(op, 1, support->pool);
    support_run_sql(support, "DROP TABLE access_tokens");
    assert_int_equal(op_find(op, &row->id, NULL, &row, support->pool),
                     APR_NOTFOUND);
    insert(op, 1, support->pool);
}

static void a_column_that_is_missing_is_unavailable(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);

    insert(op, 1, p);
    support_run_sql(support, "ALTER TABLE access_tokens RENAME COLUMN "
                             "last_used TO gone");
    assert_int_equal(op_find(op, &row->id, NULL, &row, p), AT_EUNAVAILABLE);
    assert_non_null(strstr(at_database_error(op->database), "last_used"));
    support_run_sql(support, "ALTER TABLE access_tokens RENAME COLUMN "
                             "gone TO last_used");
    support_find(op, &row->id, p);
}

/* The reason of the last failure has the one text, and not the other. */
static void check_reason(at_op_t *op, const char *there, const char *absent)
{
    const char *reason = at_database_error(op->database);

    if (!strstr(reason, there) || strstr(reason, absent)) {
        fail_msg("%s", reason);
    }
}

static void the_reason_says_what_to_do_if_something_helps(void **state)
{
    static const char *const both = "AccessTokenCreateTable On, or httoken";
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);

    op->create_table = 0;
    assert_int_equal(op_insert(op, row, 0, p), AT_EUNAVAILABLE);
    check_reason(op, both, "no column");
    check_reason(op, "no such table", "no column");
    insert(support_op(support), 1, p);
    support_run_sql(support, "ALTER TABLE access_tokens DROP COLUMN scopes");
    op->create_table = 1;
    assert_int_equal(op_insert(op, row, 0, p), AT_EUNAVAILABLE);
    check_reason(op, "no column scopes: httoken init", "CreateTable");
    support_run_sql(support, "ALTER TABLE access_tokens ADD COLUMN scopes");
    support_run_sql(support, "CREATE TRIGGER t BEFORE INSERT ON access_tokens "
                             "BEGIN SELECT RAISE(ABORT, 'not today'); END");
    row = support_row(p, 2);
    assert_int_equal(op_insert(op, row, 0, p), AT_EUNAVAILABLE);
    check_reason(op, "not today", "httoken");
}

/* No table is created if something has its name, and the reason is the first
 * one, not that of an attempt to create it. */
static void a_view_that_cannot_be_written_is_no_missing_table(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);

    insert(support_op(support), 1, p);
    support_run_sql(support, "ALTER TABLE access_tokens RENAME TO real");
    support_run_sql(support, "CREATE VIEW access_tokens AS SELECT * FROM real");
    assert_int_equal(op_insert(op, support_row(p, 2), 0, p), AT_EUNAVAILABLE);
    check_reason(op, "because it is a view", "httoken");
    assert_false(op->created);
    support_find(op, &support_row(p, 1)->id, p);
}

static void write_file(const char *path, const char *text, int times)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (; times > 0; times--) {
        assert_true(fputs(text, file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
}

static void a_corrupt_file_is_unavailable(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);
    apr_array_header_t *rows;
    at_list_t list = {.limit = 9, .before_created = AT_TIME_NONE};

    write_file(support->file, "this is no database\n", 1000);
    assert_int_equal(op_find(op, &row->id, NULL, &row, p), AT_EUNAVAILABLE);
    assert_int_equal(op_list(op, &list, &rows, p), AT_EUNAVAILABLE);
    assert_int_equal(op_insert(op, row, 0, p), AT_EUNAVAILABLE);
    assert_string_not_equal(at_database_error(op->database), "");
    write_file(support->file, "", 0); /* an empty file is an empty database */
    insert(op, 1, p);
}

static void a_removed_file_leads_to_no_wrong_answer(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);

    insert(op, 1, p);
    at_database_drop(op->database);
    assert_int_equal(remove(support->file), 0);
    assert_int_equal(op_find(op, &row->id, NULL, &row, p), APR_NOTFOUND);
}

static void a_second_attempt_finds_what_the_first_one_did(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *found = NULL;

    insert(op, 1, p);
    /* The id exists: the first attempt fails, and the second one sees why. */
    insert(op, 1, p);
    found = support_find(op, &support_row(p, 1)->id, p);
    assert_null(found->reason);
}

typedef struct writer_t {
    at_op_t *op;
    apr_pool_t *pool;
    support_gate_t gate;
    apr_status_t status;
} writer_t;

static void *write_on(void *data)
{
    writer_t *writer = data;

    support_gate_pass(&writer->gate);
    writer->status =
        op_insert(writer->op, support_row(writer->pool, 2), 0, writer->pool);
    return NULL;
}

/* Readers continue to read; a second writer waits for the first. */
static void a_writer_waits_for_a_locked_file(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_op_t *other = support_op(support);
    writer_t writer = {.op = support_op(support)};
    pthread_t thread;
    int i;

    insert(op, 1, p);
    support_gate_make(&writer.gate);
    apr_pool_create(&writer.pool, NULL);
    assert_int_equal(at_database_command(other->database, "BEGIN IMMEDIATE"),
                     APR_SUCCESS);
    assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
    support_gate_open(&writer.gate);
    assert_true(support_gate_await(&writer.gate, 1));
    for (i = 0; i < 50; i++) {
        support_find(op, &support_row(p, 1)->id, p);
        support_nap();
    }
    assert_int_equal(at_database_command(other->database, "COMMIT"),
                     APR_SUCCESS);
    pthread_join(thread, NULL);
    apr_pool_destroy(writer.pool);
    assert_int_equal(writer.status, APR_SUCCESS);
    support_find(op, &support_row(p, 2)->id, p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(changes_of_the_schema_are_survived),
        SUPPORT_TEST(each_operation_survives_a_change),
        SUPPORT_TEST(a_missing_table_is_unavailable_until_it_appears),
        SUPPORT_TEST(a_table_that_is_dropped_is_created_again),
        SUPPORT_TEST(a_column_that_is_missing_is_unavailable),
        SUPPORT_TEST(the_reason_says_what_to_do_if_something_helps),
        SUPPORT_TEST(a_view_that_cannot_be_written_is_no_missing_table),
        SUPPORT_TEST(a_corrupt_file_is_unavailable),
        SUPPORT_TEST(a_removed_file_leads_to_no_wrong_answer),
        SUPPORT_TEST(a_second_attempt_finds_what_the_first_one_did),
        SUPPORT_TEST(a_writer_waits_for_a_locked_file),
    };

    return cmocka_run_group_tests_name("store_recovery", tests, support_begin,
                                       support_end);
}
