/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the list of the table's parts: what every future line has to keep to.
 */
#include "support.h"

#include "core/db/sql.h"

static const char *const drivers[] = {"sqlite3", "mysql", "pgsql"};

static void columns_stand_first_and_in_the_order_of_the_questions(void **state)
{
    support_t *support = *state;
    const at_sql_t *sql = at_sql_compose("pgsql", "t", support->pool);
    const char *selected = sql->find + strlen("SELECT ");
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        apr_size_t length = strlen(at_parts[i].name);

        assert_int_equal(at_parts[i].kind, AT_PART_COLUMN);
        assert_memory_equal(selected, at_parts[i].name, length);
        selected += length + strspn(selected + length, ", ");
    }
    for (; at_parts[i].name; i++) {
        assert_true(at_parts[i].kind == AT_PART_INDEX ||
                    at_parts_is_addable(&at_parts[i]));
    }
    assert_true(i < AT_PARTS_MAX);
}

static void versions_begin_with_one_and_leave_none_out(void **state)
{
    int seen[AT_PARTS_MAX + 1] = {0};
    int i;

    (void)state;
    for (i = 0; at_parts[i].name; i++) {
        assert_in_range(at_parts[i].version, 1, at_parts_newest());
        seen[at_parts[i].version] = 1;
    }
    for (i = 1; i <= at_parts_newest(); i++) {
        assert_true(seen[i]);
    }
}

static void what_came_later_can_be_added_to_a_table_with_rows(void **state)
{
    int i;

    (void)state;
    for (i = 0; at_parts[i].name; i++) {
        assert_true(at_parts[i].version == 1 ||
                    at_parts_is_addable(&at_parts[i]));
    }
}

static void a_new_table_has_every_part_on_every_engine(void **state)
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
        for (i = 0; at_parts[i].name; i++) {
            const char *part =
                at_parts[i].kind == AT_PART_COLUMN
                    ? at_parts[i].name
                    : apr_pstrcat(support->pool, "(", at_parts[i].definition,
                                  ")", NULL);

            assert_non_null(strstr(all, part));
        }
    }
}

static void only_mysql_has_no_guard_for_an_index(void **state)
{
    support_t *support = *state;
    const at_sql_t *sql = at_sql_compose("mysql", "t", support->pool);
    const at_part_t *index = at_parts;

    while (index->kind != AT_PART_INDEX) {
        index++;
    }
    assert_string_equal(
        at_parts_index(&sql->style, index, 0, support->pool),
        "CREATE INDEX `t_user` ON `t` (user_name, created_at, token_id)");
    assert_null(strstr(sql->create[0], "CREATE INDEX"));
    assert_null(sql->create[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(columns_stand_first_and_in_the_order_of_the_questions),
        SUPPORT_TEST(versions_begin_with_one_and_leave_none_out),
        SUPPORT_TEST(what_came_later_can_be_added_to_a_table_with_rows),
        SUPPORT_TEST(a_new_table_has_every_part_on_every_engine),
        SUPPORT_TEST(only_mysql_has_no_guard_for_an_index),
    };

    return cmocka_run_group_tests_name("parts", tests, support_begin,
                                       support_end);
}
