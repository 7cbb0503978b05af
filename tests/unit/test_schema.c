/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of inspecting a table and upgrading it, on SQLite; the tests of
 * httoken do the same on every engine.
 */
#include "support.h"

#include "core/db/schema.h"

static at_schema_t read_schema(support_t *support, at_op_t *op)
{
    at_schema_t schema;

    assert_int_equal(at_schema_read(op->database, "sqlite3", op->sql, &schema,
                                    support->pool),
                     APR_SUCCESS);
    return schema;
}

static void count(void *data, const char *statement)
{
    assert_non_null(statement);
    ++*(int *)data;
}

/* The number of statements that were run. */
static int upgrade(support_t *support, at_op_t *op)
{
    at_schema_t schema = read_schema(support, op);
    int statements = 0;

    assert_int_equal(at_schema_upgrade(op->database, "sqlite3", op->sql,
                                       &schema, count, &statements,
                                       support->pool),
                     APR_SUCCESS);
    return statements;
}

static int present(const at_schema_t *schema)
{
    int sum = 0;
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        sum += schema->has_column[i];
    }
    for (i = 0; i < AT_INDEXES; i++) {
        sum += schema->has_index[i];
    }
    return sum;
}

static void an_empty_database_has_no_part(void **state)
{
    support_t *support = *state;
    at_schema_t schema = read_schema(support, support_op(support));

    assert_false(schema.exists);
    assert_int_equal(schema.version, 0);
    assert_int_equal(present(&schema), 0);
    assert_false(at_schema_is_usable(&schema));
    assert_null(at_schema_foreign(&schema));
}

static void an_upgrade_creates_all_parts_once(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_schema_t schema;

    assert_int_equal(upgrade(support, op), AT_INDEXES + 1);
    schema = read_schema(support, op);
    assert_true(schema.exists);
    assert_int_equal(present(&schema), AT_COLUMNS + AT_INDEXES);
    assert_int_equal(schema.version, at_schema_newest());
    assert_null(schema.collation);
    assert_int_equal(upgrade(support, op), 0);
}

/* A row of version 1 still exists, and can be used, in the newest version. */
static void a_table_of_version_one_is_upgraded(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(support->pool, 7);
    at_schema_t schema;

    assert_int_equal(op_insert(op, row, 0, support->pool), APR_SUCCESS);
    support_run_sql(support, "DROP INDEX access_tokens_expires");
    schema = read_schema(support, op);
    assert_int_equal(schema.version, 1);
    assert_true(at_schema_is_usable(&schema));
    assert_int_equal(upgrade(support, op), 1);
    assert_int_equal(read_schema(support, op).version, at_schema_newest());
    support_find(op, &row->id, support->pool);
}

static void a_missing_column_makes_version_zero_and_is_added(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_schema_t schema;

    upgrade(support, op);
    support_run_sql(support, "ALTER TABLE access_tokens DROP COLUMN last_used");
    schema = read_schema(support, op);
    assert_int_equal(schema.version, 0);
    assert_int_equal(present(&schema), AT_COLUMNS + AT_INDEXES - 1);
    assert_false(at_schema_is_usable(&schema));
    assert_null(at_schema_foreign(&schema));
    assert_int_equal(upgrade(support, op), 1);
    assert_int_equal(present(&(at_schema_t){0}), 0);
    schema = read_schema(support, op);
    assert_int_equal(present(&schema), AT_COLUMNS + AT_INDEXES);
}

static void a_required_column_is_not_added(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_schema_t schema;

    support_run_sql(support, "CREATE TABLE access_tokens (id INTEGER)");
    schema = read_schema(support, op);
    assert_true(schema.exists);
    assert_string_equal(at_schema_foreign(&schema)->name, "token_id");
}

static void a_partial_index_does_not_count(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_schema_t schema;

    upgrade(support, op);
    support_run_sql(support, "DROP INDEX access_tokens_created");
    support_run_sql(support,
                    "CREATE INDEX part ON access_tokens (created_at, token_id)"
                    " WHERE deleted_at IS NULL");
    schema = read_schema(support, op);
    assert_int_equal(present(&schema), AT_COLUMNS + AT_INDEXES - 1);
    support_run_sql(support, "CREATE INDEX whole ON access_tokens "
                             "(created_at, token_id, deleted_at)");
    schema = read_schema(support, op);
    assert_int_equal(present(&schema), AT_COLUMNS + AT_INDEXES);
}

static void the_owner_of_a_file_has_all_rights(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    apr_int64_t clock = 0;
    int right;

    upgrade(support, op);
    for (right = 0; right < AT_RIGHTS; right++) {
        assert_int_equal(at_schema_right(op->database, op->sql,
                                         (at_right_e)right, support->pool),
                         APR_SUCCESS);
    }
    assert_int_equal(
        at_schema_clock(op->database, "sqlite3", &clock, support->pool),
        APR_SUCCESS);
    assert_true(clock == AT_TIME_NONE);
    assert_memory_equal(
        at_schema_engine(op->database, "sqlite3", support->pool), "SQLite ", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(an_empty_database_has_no_part),
        SUPPORT_TEST(an_upgrade_creates_all_parts_once),
        SUPPORT_TEST(a_table_of_version_one_is_upgraded),
        SUPPORT_TEST(a_missing_column_makes_version_zero_and_is_added),
        SUPPORT_TEST(a_required_column_is_not_added),
        SUPPORT_TEST(a_partial_index_does_not_count),
        SUPPORT_TEST(the_owner_of_a_file_has_all_rights),
    };

    return cmocka_run_group_tests_name("schema", tests, support_begin,
                                       support_end);
}
