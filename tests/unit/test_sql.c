/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the SQL texts: their parameters, and what differs between engines.
 */
#include "support.h"

#include "core/db/driver.h"
#include "core/db/sql.h"

static const char *const drivers[] = {"sqlite3", "mysql", "pgsql"};

/* "s" for each %s, "l" for each %lld: these are the only parameters that the
 * SQL uses. */
static const char *parameters(const char *sql, apr_pool_t *p)
{
    const char *found = "";

    for (sql = strchr(sql, '%'); sql; sql = strchr(sql + 1, '%')) {
        if (strncmp(sql, "%s", 2) == 0) {
            found = apr_pstrcat(p, found, "s", NULL);
        }
        else if (strncmp(sql, "%lld", 4) == 0) {
            found = apr_pstrcat(p, found, "l", NULL);
        }
        else {
            found = apr_pstrcat(p, found, "?", NULL);
        }
    }
    return found;
}

/* The parameters of INSERT, by the kinds of the columns. */
static const char *inserted(apr_pool_t *p)
{
    const char *kinds = "";
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (at_columns[i].is_inserted) {
            kinds = apr_pstrcat(
                p, kinds, at_columns[i].kind == AT_KIND_TIME ? "l" : "s", NULL);
        }
    }
    return kinds;
}

static void every_text_has_the_parameters_that_its_comment_lists(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    apr_size_t i;

    for (i = 0; i < COUNT(drivers); i++) {
        const at_sql_t *sql = at_sql_compose(drivers[i], "access_tokens", p);

        assert_string_equal(parameters(sql->find, p), "s");
        assert_string_equal(parameters(sql->find_own, p), "ss");
        assert_string_equal(
            sql->find_current ? parameters(sql->find_current, p) : "s", "s");
        assert_string_equal(parameters(sql->insert, p), inserted(p));
        assert_string_equal(parameters(sql->count_live, p), "sl");
        assert_string_equal(
            sql->lock_user ? parameters(sql->lock_user, p) : "s", "s");
        assert_string_equal(
            sql->unlock_user ? parameters(sql->unlock_user, p) : "s", "s");
        assert_string_equal(parameters(sql->mark_deleted, p), "ls");
        assert_string_equal(parameters(sql->mark_deleted_own, p), "lss");
        assert_string_equal(parameters(sql->undo_insert, p), "ss");
        assert_string_equal(sql->use_one ? parameters(sql->use_one, p) : "lsl",
                            "lsl");
        assert_string_equal(parameters(sql->deleted, p),
                            sql->place_is_text ? "lssl" : "llsl");
        assert_string_equal(sql->use_all ? parameters(sql->use_all, p) : "ss",
                            "ss");
        assert_string_equal(
            sql->use_missed ? parameters(sql->use_missed, p) : "ss", "ss");
        assert_string_equal(parameters(sql->list[0][AT_SQL_ANY], p), "llsl");
        assert_string_equal(parameters(sql->list[0][AT_SQL_ACTIVE], p),
                            "lllsl");
        assert_string_equal(parameters(sql->list[0][AT_SQL_EXPIRED], p),
                            "lllsl");
        assert_string_equal(parameters(sql->list[1][AT_SQL_ANY], p), "sllsl");
        assert_string_equal(parameters(sql->list[1][AT_SQL_ACTIVE], p),
                            "slllsl");
        assert_string_equal(parameters(sql->list[1][AT_SQL_EXPIRED], p),
                            "slllsl");
    }
}

static void no_command_has_a_parameter(void **state)
{
    support_t *support = *state;
    apr_size_t i;

    for (i = 0; i < COUNT(drivers); i++) {
        const at_sql_t *sql = at_sql_compose(drivers[i], "t", support->pool);
        const char *const *command;

        assert_null(strchr(sql->begin, '%'));
        for (command = sql->create; *command; command++) {
            assert_true(command < sql->create + AT_SQL_CREATE_MAX);
            assert_null(strchr(*command, '%'));
        }
        assert_true(command > sql->create);
    }
}

static const char *touches(const at_sql_t *sql, apr_pool_t *p)
{
    const char *all[] = {
        sql->use_one,      sql->use_all,      sql->use_missed,
        sql->use_lock[0],  sql->use_lock[1],  sql->use_write[0],
        sql->use_write[1], sql->use_exist[0], sql->use_exist[1]};
    const char *texts = "";
    apr_size_t i;

    for (i = 0; i < COUNT(all); i++) {
        texts = apr_pstrcat(p, texts, all[i] ? all[i] : "", "\n", NULL);
    }
    return texts;
}

static const char *all_texts(const at_sql_t *sql, apr_pool_t *p)
{
    const char *all =
        apr_pstrcat(p, sql->find, "\n", sql->find_own, "\n",
                    sql->find_current ? sql->find_current : sql->find, "\n",
                    sql->insert, "\n", sql->count_live, "\n", sql->mark_deleted,
                    "\n", sql->mark_deleted_own, "\n", sql->undo_insert, "\n",
                    sql->deleted, "\n", touches(sql, p), NULL);
    int i;

    for (i = 0; i < 6; i++) {
        all = apr_pstrcat(p, all, sql->list[i / 3][i % 3], "\n", NULL);
    }
    for (i = 0; sql->create[i]; i++) {
        all = apr_pstrcat(p, all, sql->create[i], "\n", NULL);
    }
    return all;
}

/* SQL that one of the engines does not have, or executes differently. */
static void no_engine_specific_sql_is_used_elsewhere(void **state)
{
    static const char *const banned[] = {
        "SELECT *", "LIKE", "ON CONFLICT", "ON DUPLICATE", "RETURNING",
        " CHAR(",   "TEXT", "TIMESTAMP",   "now()",        "typeof"};
    support_t *support = *state;
    apr_size_t i, j;

    for (i = 0; i < COUNT(drivers); i++) {
        const char *all = all_texts(
            at_sql_compose(drivers[i], "t", support->pool), support->pool);

        for (j = 0; j < COUNT(banned); j++) {
            if (strstr(all, banned[j]) &&
                !(strcmp(banned[j], "typeof") == 0 && i == 0)) {
                fail_msg("%s: %s", drivers[i], banned[j]);
            }
        }
    }
}

/* With the quotes of each engine, so that the table's name may be a keyword
 * such as order. */
static void the_table_is_quoted_everywhere(void **state)
{
    static const char *const quoted[] = {" \"order\"", " `order`",
                                         " \"order\""};
    support_t *support = *state;
    apr_size_t i;

    for (i = 0; i < COUNT(drivers); i++) {
        char *all = apr_pstrdup(
            support->pool,
            all_texts(at_sql_compose(drivers[i], "order", support->pool),
                      support->pool));
        char *line, *rest;

        for (line = apr_strtok(all, "\n", &rest); line;
             line = apr_strtok(NULL, "\n", &rest)) {
            assert_non_null(strstr(line, quoted[i]));
            assert_null(strstr(line, " order "));
        }
    }
}

static void each_engine_has_its_own_definition(void **state)
{
    support_t *support = *state;
    const at_sql_t *sqlite = at_sql_compose("sqlite3", "t", support->pool);
    const at_sql_t *mysql = at_sql_compose("mysql", "t", support->pool);
    const at_sql_t *pgsql = at_sql_compose("pgsql", "t", support->pool);

    /* With a plain BEGIN, SQLite might not get the lock at COMMIT. */
    assert_string_equal(sqlite->begin, "BEGIN IMMEDIATE");
    /* With sql_mode=ORACLE a BEGIN opens a block. */
    assert_string_equal(mysql->begin, "START TRANSACTION");
    /* Counting must see what other sessions committed while it waited for its
     * lock. */
    assert_non_null(strstr(pgsql->begin, "ISOLATION LEVEL READ COMMITTED"));
    assert_non_null(strstr(pgsql->begin, "synchronous_commit"));
    /* By default MariaDB compares texts without case and trailing blanks. */
    assert_non_null(strstr(mysql->create[0], "user_name VARBINARY(255)"));
    assert_non_null(strstr(mysql->create[0], "token_hash VARBINARY(64)"));
    assert_non_null(strstr(mysql->create[0], "ENGINE=InnoDB"));
    assert_non_null(strstr(pgsql->create[0], "user_name VARCHAR(255)"));
    assert_null(strstr(pgsql->create[0], "ROWID"));
}

static void each_engine_has_one_way_to_write_uses(void **state)
{
    support_t *support = *state;
    apr_size_t i;

    for (i = 0; i < COUNT(drivers); i++) {
        const at_sql_t *sql = at_sql_compose(drivers[i], "t", support->pool);

        assert_int_equal(!!sql->use_one + !!sql->use_all + !!sql->use_lock[0],
                         1);
        assert_int_equal(!!sql->use_missed, !!sql->use_all);
        assert_int_equal(!!sql->use_write[1], !!sql->use_lock[0]);
        assert_int_equal(!!sql->use_exist[1], !!sql->use_lock[0]);
    }
    assert_non_null(at_sql_compose("sqlite3", "t", support->pool)->use_one);
    assert_non_null(at_sql_compose("mysql", "t", support->pool)->use_lock[1]);
    assert_non_null(at_sql_compose("pgsql", "t", support->pool)->use_all);
}

/* For each row an id and a time, and all ids once more. */
static void a_statement_for_many_rows_has_their_parameters(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    const at_sql_t *sql = at_sql_compose("mysql", "t", p);
    int i, j;

    for (i = 0; i < AT_SQL_BATCHES; i++) {
        const char *ids = "", *pairs = "";

        for (j = 0; j < at_sql_batches[i]; j++) {
            ids = apr_pstrcat(p, ids, "s", NULL);
            pairs = apr_pstrcat(p, pairs, "sl", NULL);
        }
        assert_string_equal(parameters(sql->use_lock[i], p), ids);
        assert_string_equal(parameters(sql->use_exist[i], p), ids);
        assert_string_equal(parameters(sql->use_write[i], p),
                            apr_pstrcat(p, pairs, ids, NULL));
    }
}

/* MySQL 9.6 has no MD5() and SHA1() any more; a lock's name has at most 64
 * characters there. */
static void a_lock_of_mysql_is_named_by_a_function_that_every_version_has(
    void **state)
{
    support_t *support = *state;
    const at_sql_t *mysql = at_sql_compose("mysql", "t", support->pool);
    const char *const texts[] = {mysql->lock_user, mysql->unlock_user};
    apr_size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        assert_null(strstr(texts[i], "MD5"));
        assert_null(strstr(texts[i], "SHA1"));
        assert_non_null(strstr(texts[i], "SHA2(CONCAT("));
        assert_non_null(strstr(texts[i], ", 256)"));
    }
}

static void a_driver_is_one_of_three_or_a_name_for_one(void **state)
{
    static const char *const wrong[][2] = {
        {"postgres", "did you mean pgsql?"},
        {"postgresql", "did you mean pgsql?"},
        {"mariadb", "did you mean mysql?"},
        {"sqlite", "did you mean sqlite3?"},
        {"sqlite2", "did you mean sqlite3?"},
        {"odbc", "write sqlite3, pgsql or mysql"},
        {"oracle", "write sqlite3, pgsql or mysql"},
        {"freetds", "write sqlite3, pgsql or mysql"},
        {"PGSQL", "write sqlite3, pgsql or mysql"},
        {"", "write sqlite3, pgsql or mysql"}};
    support_t *support = *state;
    apr_size_t i;

    for (i = 0; i < COUNT(drivers); i++) {
        assert_null(at_driver_refusal(drivers[i], support->pool));
    }
    for (i = 0; i < COUNT(wrong); i++) {
        assert_non_null(
            strstr(at_driver_refusal(wrong[i][0], support->pool), wrong[i][1]));
    }
    assert_string_equal(at_driver_package("pgsql", support->pool),
                        "libaprutil1-dbd-pgsql");
}

static void only_sqlite_is_sqlite(void **state)
{
    (void)state;
    assert_true(at_sql_is_sqlite("sqlite3"));
    assert_false(at_sql_is_sqlite("sqlite2"));
    assert_false(at_sql_is_sqlite("pgsql"));
}

static void the_texts_outlive_the_name(void **state)
{
    support_t *support = *state;
    char name[] = "access_tokens";
    const at_sql_t *sql = at_sql_compose("sqlite3", name, support->pool);

    memset(name, 'x', sizeof(name) - 1);
    assert_string_equal(sql->table, "access_tokens");
    assert_non_null(strstr(sql->find, "\"access_tokens\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(every_text_has_the_parameters_that_its_comment_lists),
        SUPPORT_TEST(no_command_has_a_parameter),
        SUPPORT_TEST(no_engine_specific_sql_is_used_elsewhere),
        SUPPORT_TEST(the_table_is_quoted_everywhere),
        SUPPORT_TEST(each_engine_has_its_own_definition),
        SUPPORT_TEST(each_engine_has_one_way_to_write_uses),
        SUPPORT_TEST(a_statement_for_many_rows_has_their_parameters),
        SUPPORT_TEST(
            a_lock_of_mysql_is_named_by_a_function_that_every_version_has),
        SUPPORT_TEST(a_driver_is_one_of_three_or_a_name_for_one),
        SUPPORT_TEST(only_sqlite_is_sqlite),
        SUPPORT_TEST(the_texts_outlive_the_name),
    };

    return cmocka_run_group_tests_name("sql", tests, support_begin,
                                       support_end);
}
