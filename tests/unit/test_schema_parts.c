/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the columns and indexes: rules for all that will be added, too.
 */
#include "support.h"

#include "core/db/sql.h"

static const char *const drivers[] = {"sqlite3", "mysql", "pgsql"};

static void select_has_the_columns_in_their_order(void **state)
{
    support_t *support = *state;
    const at_sql_t *sql = at_sql_compose("pgsql", "t", support->pool);
    const char *selected = sql->find + strlen("SELECT ");
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        apr_size_t length = strlen(at_columns[i].name);

        assert_memory_equal(selected, at_columns[i].name, length);
        selected += length + strspn(selected + length, ", ");
    }
    assert_memory_equal(selected, "FROM", 4);
}

static void versions_begin_with_one_and_have_no_gap(void **state)
{
    int seen[AT_COLUMNS + AT_INDEXES + 1] = {0};
    int i;

    (void)state;
    for (i = 0; i < AT_COLUMNS; i++) {
        seen[at_columns[i].version] = 1;
    }
    for (i = 0; i < AT_INDEXES; i++) {
        seen[at_indexes[i].version] = 1;
    }
    assert_false(seen[0]);
    for (i = 1; i <= at_schema_newest(); i++) {
        assert_true(seen[i]);
    }
}

static void a_column_of_a_later_version_may_be_null(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < AT_COLUMNS; i++) {
        assert_true(at_columns[i].version == 1 || !at_columns[i].is_required);
    }
}

static void a_new_table_has_every_column_and_index_on_every_engine(void **state)
{
    support_t *support = *state;
    apr_size_t d;
    int i, n;

    for (d = 0; d < COUNT(drivers); d++) {
        const at_sql_t *sql = at_sql_compose(drivers[d], "t", support->pool);
        const char *all = "";

        for (n = 0; sql->create[n]; n++) {
            all = apr_pstrcat(support->pool, all, sql->create[n], "\n", NULL);
        }
        for (i = 0; i < AT_COLUMNS; i++) {
            assert_non_null(strstr(all, at_columns[i].name));
        }
        for (i = 0; i < AT_INDEXES; i++) {
            assert_non_null(
                strstr(all, apr_pstrcat(support->pool, "(",
                                        at_indexes[i].columns, ")", NULL)));
        }
    }
}

static void only_mysql_creates_an_index_without_if_not_exists(void **state)
{
    support_t *support = *state;
    const at_sql_t *sql = at_sql_compose("mysql", "t", support->pool);

    assert_string_equal(
        at_schema_create_index(&sql->style, &at_indexes[0], 0, support->pool),
        "CREATE INDEX `t_user` ON `t` (user_name, created_at, token_id)");
    assert_null(strstr(sql->create[0], "CREATE INDEX"));
    assert_null(sql->create[1]);
}

/* A copy of a row does not depend on the pool of the row. */
static void a_copy_of_a_row_has_its_own_texts(void **state)
{
    support_t *support = *state;
    at_row_t *row = support_row(support->pool, 1);
    at_row_t *copy;
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (at_column_is_text(&at_columns[i])) {
            *(const char **)at_column_field(&at_columns[i], row) =
                apr_pstrdup(support->pool, at_columns[i].name);
        }
    }
    copy = at_row_copy(row, support->pool);
    for (i = 0; i < AT_COLUMNS; i++) {
        if (at_column_is_text(&at_columns[i])) {
            const char **own = at_column_field(&at_columns[i], copy);
            const char **given = at_column_field(&at_columns[i], row);

            assert_string_equal(*own, *given);
            assert_ptr_not_equal(*own, *given);
        }
    }
    assert_memory_equal(copy->hash, row->hash, sizeof(row->hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(select_has_the_columns_in_their_order),
        SUPPORT_TEST(versions_begin_with_one_and_have_no_gap),
        SUPPORT_TEST(a_column_of_a_later_version_may_be_null),
        SUPPORT_TEST(a_new_table_has_every_column_and_index_on_every_engine),
        SUPPORT_TEST(only_mysql_creates_an_index_without_if_not_exists),
        SUPPORT_TEST(a_copy_of_a_row_has_its_own_texts),
    };

    return cmocka_run_group_tests_name("schema_parts", tests, support_begin,
                                       support_end);
}
