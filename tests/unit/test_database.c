/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of one connection: writing and reading values, error messages, and
 * reconnecting after it was dropped.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/db/database.h"
#include "core/db/session.h"

static const char create[] = "CREATE TABLE t (n BIGINT, s VARCHAR(255))";
static const char insert[] = "INSERT INTO t (n, s) VALUES (%lld, %s)";
static const char all[] = "SELECT n, s FROM t ORDER BY n";

static at_database_t *database_of(support_t *support)
{
    return at_database_make("sqlite3", support->file, support->pool);
}

static void add(at_database_t *database, apr_int64_t number, const char *text)
{
    const void *args[] = {&number, text};
    int changed = -1;

    assert_int_equal(at_database_execute(database, insert, args, &changed),
                     APR_SUCCESS);
    assert_int_equal(changed, 1);
}

static void values_are_read_as_they_were_written(void **state)
{
    static const apr_int64_t numbers[] = {APR_INT64_MIN, -1, 0, 2147483648,
                                          APR_INT64_MAX};
    support_t *support = *state;
    at_database_t *database = database_of(support);
    at_rows_t *rows;
    apr_size_t i;

    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    for (i = 0; i < COUNT(numbers); i++) {
        add(database, numbers[i], "o'hara\"; DROP TABLE t -- %s \xc3\xa9");
    }
    assert_int_equal(
        at_database_select(database, all, NULL, 2, &rows, support->pool),
        APR_SUCCESS);
    at_database_drop(database); /* the rows do not depend on the connection */
    assert_int_equal(rows->count, COUNT(numbers));
    assert_int_equal(rows->columns, 2);
    for (i = 0; i < COUNT(numbers); i++) {
        assert_true(strtoll(rows->values[2 * i], NULL, 10) == numbers[i]);
        assert_string_equal(rows->values[2 * i + 1],
                            "o'hara\"; DROP TABLE t -- %s \xc3\xa9");
    }
}

static void null_is_not_the_empty_text(void **state)
{
    support_t *support = *state;
    at_database_t *database = database_of(support);
    const void *nothing[] = {NULL, NULL};
    at_rows_t *rows;
    int changed;

    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    assert_int_equal(at_database_execute(database, insert, nothing, &changed),
                     APR_SUCCESS);
    add(database, 1, "");
    assert_int_equal(
        at_database_select(database, all, NULL, 2, &rows, support->pool),
        APR_SUCCESS);
    assert_int_equal(rows->count, 2);
    assert_null(rows->values[0]);
    assert_null(rows->values[1]);
    assert_string_equal(rows->values[2], "1");
    assert_string_equal(rows->values[3], "");
}

static void no_rows_are_a_success(void **state)
{
    support_t *support = *state;
    at_database_t *database = database_of(support);
    at_rows_t *rows = NULL;

    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    assert_int_equal(
        at_database_select(database, all, NULL, 2, &rows, support->pool),
        APR_SUCCESS);
    assert_non_null(rows);
    assert_int_equal(rows->count, 0);
}

static void changed_rows_are_counted(void **state)
{
    static const char update[] = "UPDATE t SET s = %s WHERE n < %lld";
    support_t *support = *state;
    at_database_t *database = database_of(support);
    apr_int64_t bound = 3;
    const void *args[] = {"x", &bound};
    int changed = -1;
    int i;

    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    for (i = 0; i < 5; i++) {
        add(database, i, "a");
    }
    assert_int_equal(at_database_execute(database, update, args, &changed),
                     APR_SUCCESS);
    assert_int_equal(changed, 3);
    bound = 0;
    assert_int_equal(at_database_execute(database, update, args, &changed),
                     APR_SUCCESS);
    assert_int_equal(changed, 0);
}

static void an_error_has_a_message_and_a_code(void **state)
{
    support_t *support = *state;
    at_database_t *database = database_of(support);
    at_rows_t *untouched = (at_rows_t *)support;
    at_rows_t *rows = untouched;

    assert_string_equal(at_database_error(database), "");
    assert_int_equal(
        at_database_select(database, all, NULL, 2, &rows, support->pool),
        AT_EUNAVAILABLE);
    assert_ptr_equal(rows, untouched);
    assert_non_null(strstr(at_database_error(database), "no such table"));
    assert_non_null(strstr(at_database_error(database), "sqlite3 1"));
    assert_false(at_database_locked(database));
    assert_int_equal(at_database_command(database, "NONSENSE"),
                     AT_EUNAVAILABLE);
    assert_non_null(strstr(at_database_error(database), "NONSENSE"));
}

static void a_file_that_cannot_be_opened_is_unavailable(void **state)
{
    support_t *support = *state;
    const char *nowhere =
        apr_pstrcat(support->pool, support->folder, "/no/such/file", NULL);
    at_database_t *database =
        at_database_make("sqlite3", nowhere, support->pool);
    at_database_t *unknown = at_database_make("nosuch", "x", support->pool);
    int i;

    for (i = 0; i < 3; i++) {
        assert_int_equal(at_database_command(database, "BEGIN"),
                         AT_EUNAVAILABLE);
        assert_non_null(strstr(at_database_error(database), "(sqlite3, /"));
        assert_int_equal(at_database_command(unknown, "BEGIN"),
                         AT_EUNAVAILABLE);
        assert_non_null(strstr(at_database_error(unknown), "nosuch"));
        at_database_drop(database);
        at_database_drop(unknown);
    }
}

static void a_driver_is_installed_or_not(void **state)
{
    support_t *support = *state;

    assert_int_equal(at_database_driver_check("sqlite3", support->pool),
                     APR_SUCCESS);
    assert_int_not_equal(at_database_driver_check("nosuch", support->pool),
                         APR_SUCCESS);
}

static void dropping_rolls_an_open_transaction_back(void **state)
{
    support_t *support = *state;
    at_database_t *database = database_of(support);
    at_rows_t *rows;

    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    assert_int_equal(at_database_command(database, "BEGIN IMMEDIATE"),
                     APR_SUCCESS);
    add(database, 1, "gone");
    at_database_drop(database);
    at_database_drop(database); /* a second drop has no effect */
    assert_int_equal(
        at_database_select(database, all, NULL, 2, &rows, support->pool),
        APR_SUCCESS);
    assert_int_equal(rows->count, 0);
}

static void a_locked_file_is_recognized(void **state)
{
    support_t *support = *state;
    at_database_t *database = database_of(support);
    at_database_t *other = database_of(support);

    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    assert_int_equal(at_database_command(other, "BEGIN IMMEDIATE"),
                     APR_SUCCESS);
    assert_int_equal(at_database_command(database, "BEGIN IMMEDIATE"),
                     AT_EUNAVAILABLE);
    assert_true(at_database_locked(database));
    assert_int_equal(at_database_command(other, "ROLLBACK"), APR_SUCCESS);
    assert_int_equal(at_database_command(database, "BEGIN IMMEDIATE"),
                     APR_SUCCESS);
}

static void check_setting(at_database_t *database, const char *query,
                          const char *expected, apr_pool_t *p)
{
    at_rows_t *rows;

    assert_int_equal(at_database_select(database, query, NULL, 1, &rows, p),
                     APR_SUCCESS);
    assert_int_equal(rows->count, 1);
    assert_string_equal(rows->values[0], expected);
}

static void every_connection_has_its_settings(void **state)
{
    static const char journal[] = "PRAGMA journal_mode";
    static const char synchronous[] = "PRAGMA synchronous";
    static const char timeout[] = "PRAGMA busy_timeout";
    support_t *support = *state;
    at_database_t *database = database_of(support);
    int i;

    for (i = 0; i < 2; i++) {
        check_setting(database, journal, "wal", support->pool);
        check_setting(database, synchronous, "2", support->pool); /* FULL */
        check_setting(database, timeout, "20", support->pool);
        at_database_drop(database);
    }
}

/* Its settings cannot be made, though the file can be opened: the reason is
 * that of the engine, and the next use does not take the connection for a good
 * one. */
static void a_connection_without_its_settings_is_not_used(void **state)
{
    support_t *support = *state;
    at_database_t *database = database_of(support);
    FILE *file = fopen(support->file, "w");
    int i;

    assert_non_null(file);
    for (i = 0; i < 1000; i++) {
        assert_true(fputs("this is no database\n", file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
    for (i = 0; i < 2; i++) {
        /* This needs no file: it would succeed on a connection without
         * settings. */
        assert_int_equal(at_database_command(database, "BEGIN"),
                         AT_EUNAVAILABLE);
        assert_non_null(
            strstr(at_database_error(database), "file is not a database"));
    }
}

/* Otherwise it would answer from a session without settings. */
static void the_driver_of_mariadb_never_reconnects_by_itself(void **state)
{
    support_t *support = *state;

    assert_string_equal(
        at_session_params("mysql", "host=a,reconnect=1", support->pool),
        "host=a,reconnect=1,reconnect=0");
    assert_string_equal(at_session_params("pgsql", "host=a", support->pool),
                        "host=a");
    assert_string_equal(at_session_params("sqlite3", "/a", support->pool),
                        "/a");
}

static void an_open_file_has_a_number(void **state)
{
    support_t *support = *state;
    at_database_t *database = database_of(support);
    at_database_t *other = database_of(support);
    apr_uint64_t number;

    assert_true(at_database_file(database) == 0);
    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    number = at_database_file(database);
    assert_true(number != 0);
    add(other, 1, "x");
    assert_true(at_database_file(other) == number);
    at_database_drop(database);
    assert_true(at_database_file(database) == 0);
    at_database_drop(other);
    assert_int_equal(remove(support->file), 0);
    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    assert_true(at_database_file(database) != number);
}

static void only_an_open_connection_is_idle(void **state)
{
    at_database_t *database = database_of(*state);

    assert_false(at_database_is_idle(database, 0));
    assert_int_equal(at_database_command(database, create), APR_SUCCESS);
    assert_true(at_database_is_idle(database, 0));
    assert_false(at_database_is_idle(database, SUPPORT_LONG_MS));
    at_database_drop(database);
    assert_false(at_database_is_idle(database, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(values_are_read_as_they_were_written),
        SUPPORT_TEST(null_is_not_the_empty_text),
        SUPPORT_TEST(no_rows_are_a_success),
        SUPPORT_TEST(changed_rows_are_counted),
        SUPPORT_TEST(an_error_has_a_message_and_a_code),
        SUPPORT_TEST(a_file_that_cannot_be_opened_is_unavailable),
        SUPPORT_TEST(a_driver_is_installed_or_not),
        SUPPORT_TEST(dropping_rolls_an_open_transaction_back),
        SUPPORT_TEST(a_locked_file_is_recognized),
        SUPPORT_TEST(every_connection_has_its_settings),
        SUPPORT_TEST(a_connection_without_its_settings_is_not_used),
        SUPPORT_TEST(the_driver_of_mariadb_never_reconnects_by_itself),
        SUPPORT_TEST(an_open_file_has_a_number),
        SUPPORT_TEST(only_an_open_connection_is_idle),
    };

    return cmocka_run_group_tests_name("database", tests, support_begin,
                                       support_end);
}
