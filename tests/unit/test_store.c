/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of rows in a real SQLite file: find, insert, delete, undo.
 */
#include "support.h"

#include "core/db/cells.h"

static void insert(at_op_t *op, at_row_t *row, apr_pool_t *p)
{
    assert_int_equal(op_insert(op, row, 0, p), APR_SUCCESS);
}

static void a_missing_table_is_created_on_first_use(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_row_t *wanted = support_row(support->pool, 1);
    at_row_t *row = NULL;

    assert_int_equal(op_find(op, &wanted->id, NULL, &row, support->pool),
                     APR_NOTFOUND);
    assert_null(row);
    op->create_table = 0; /* it exists now */
    insert(op, wanted, support->pool);
    support_find(support_op(support), &wanted->id, support->pool);
}

static void a_row_is_read_as_it_was_written(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(support->pool, 1);
    at_row_t *found;

    row->user = "\xc3\xa9loise o'hara";
    row->description = "50% off; DROP TABLE \"access_tokens\" \xf0\x9f\x94\x91";
    row->scopes = "read don't:%s";
    row->created_at = 1547585908175;
    row->expires_at = AT_TIME_MAX;
    insert(op, row, support->pool);
    found = support_find(op, &row->id, support->pool);
    assert_null(found->reason);
    assert_memory_equal(&found->id, &row->id, sizeof(row->id));
    assert_memory_equal(found->hash, row->hash, sizeof(row->hash));
    assert_string_equal(found->user, row->user);
    assert_string_equal(found->description, row->description);
    assert_string_equal(found->scopes, row->scopes);
    assert_true(found->created_at == row->created_at);
    assert_true(found->expires_at == row->expires_at);
    assert_true(found->last_used == AT_TIME_NONE);
    assert_true(found->deleted_at == AT_TIME_NONE);
}

static void a_row_without_expiry_never_expires(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(support->pool, 1);

    insert(op, row, support->pool);
    row = support_find(op, &row->id, support->pool);
    assert_true(row->expires_at == AT_TIME_NONE);
}

static void the_name_of_a_table_may_be_a_keyword(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(support->pool, 1);

    op->sql = at_sql_compose("sqlite3", "order", support->pool);
    insert(op, row, support->pool);
    support_find(op, &row->id, support->pool);
}

static void users_are_compared_byte_by_byte(void **state)
{
    static const char *const others[] = {
        "ALICE",         "Alice",  "alice ",      " alice", "alic",
        "alice\xcc\x81", "alice%", "' OR '1'='1", ""};
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);
    at_row_t *found = NULL;
    apr_size_t i;

    insert(op, row, p);
    assert_int_equal(op_find(op, &row->id, "alice", &found, p), APR_SUCCESS);
    found = NULL;
    for (i = 0; i < COUNT(others); i++) {
        assert_int_equal(op_find(op, &row->id, others[i], &found, p),
                         APR_NOTFOUND);
        assert_int_equal(op_delete(op, &row->id, others[i], 5000, p),
                         APR_NOTFOUND);
    }
    assert_null(found);
    assert_int_equal(op_delete(op, &row->id, "alice", 5000, p), APR_SUCCESS);
}

static void a_limit_counts_the_live_tokens_of_one_user(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *expired = support_row(p, 1);
    at_row_t *deleted = support_row(p, 2);
    at_row_t *other = support_row(p, 3);
    at_row_t *row = NULL;
    int i;

    expired->expires_at = 2000;
    other->user = "ALICE";
    insert(op, expired, p);
    insert(op, deleted, p);
    insert(op, other, p);
    assert_int_equal(op_delete(op, &deleted->id, NULL, 1500, p), APR_SUCCESS);
    for (i = 10; i < 13; i++) {
        row = support_row(p, i);
        row->created_at = 2000; /* the millisecond of the expiry */
        row->expires_at = 9000;
        assert_int_equal(op_insert(op, row, 3, p), APR_SUCCESS);
    }
    row = support_row(p, 20);
    row->created_at = 2000;
    assert_int_equal(op_insert(op, row, 3, p), AT_ELIMIT);
    assert_int_equal(op_find(op, &row->id, NULL, &row, p), APR_NOTFOUND);
    row->created_at = 9000; /* the three have expired */
    assert_int_equal(op_insert(op, row, 3, p), APR_SUCCESS);
}

static void a_token_is_deleted_once(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);
    at_row_t *other = support_row(p, 2);

    insert(op, row, p);
    insert(op, other, p);
    assert_int_equal(op_delete(op, &row->id, NULL, 5000, p), APR_SUCCESS);
    assert_int_equal(op_delete(op, &row->id, NULL, 5000, p), APR_NOTFOUND);
    assert_int_equal(op_delete(op, &row->id, "alice", 6000, p), APR_NOTFOUND);
    row = support_find(op, &row->id, p);
    assert_true(row->deleted_at == 5000);
    other = support_find(op, &other->id, p);
    assert_true(other->deleted_at == AT_TIME_NONE);
    assert_int_equal(op_delete(op, &support_row(p, 9)->id, NULL, 5000, p),
                     APR_NOTFOUND);
}

/* Both kinds of trigger that suppress a row, and one that makes it a token of
 * another user; the text of such a token must not be shown. */
static void a_row_that_a_trigger_suppresses_or_changes_was_not_inserted(
    void **state)
{
    static const char *const triggers[] = {
        "CREATE TRIGGER t BEFORE INSERT ON access_tokens "
        "BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER t AFTER INSERT ON access_tokens BEGIN "
        "DELETE FROM access_tokens WHERE token_id = NEW.token_id; END",
        "CREATE TRIGGER t AFTER INSERT ON access_tokens BEGIN "
        "UPDATE access_tokens SET user_name = 'bob' "
        "WHERE token_id = NEW.token_id; END"};
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 2);
    at_row_t *found;
    apr_size_t i;

    insert(op, support_row(p, 1), p);
    for (i = 0; i < COUNT(triggers); i++) {
        support_run_sql(support, triggers[i]);
        assert_int_equal(op_insert(op, row, 0, p), AT_EUNAVAILABLE);
        assert_non_null(strstr(at_database_error(op->database), "trigger"));
        support_run_sql(support, "DROP TRIGGER t");
        assert_int_equal(op_find(op, &row->id, NULL, &found, p), APR_NOTFOUND);
    }
    insert(op, row, p);
}

/* SQLite counts no changed row then, although the trigger has written one. */
static void a_row_can_be_inserted_through_a_view(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 2);

    insert(op, support_row(p, 1), p);
    support_run_sql(support, "ALTER TABLE access_tokens RENAME TO real");
    support_run_sql(support, "CREATE VIEW access_tokens AS SELECT * FROM real");
    support_run_sql(
        support,
        "CREATE TRIGGER t INSTEAD OF INSERT ON access_tokens BEGIN "
        "INSERT INTO real (token_id, token_hash, user_name, description, "
        "created_at) VALUES (NEW.token_id, NEW.token_hash, NEW.user_name, "
        "NEW.description, NEW.created_at); END");
    insert(op, row, p);
    support_find(op, &row->id, p);
}

static void a_row_that_a_trigger_keeps_alive_was_not_deleted(void **state)
{
    static const char *const triggers[] = {
        "CREATE TRIGGER t BEFORE UPDATE ON access_tokens "
        "BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER t AFTER UPDATE OF deleted_at ON access_tokens BEGIN "
        "UPDATE access_tokens SET deleted_at = NULL "
        "WHERE token_id = NEW.token_id; END"};
    static const char *const users[] = {NULL, "alice"};
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);
    apr_size_t i;

    insert(op, row, p);
    for (i = 0; i < 2 * COUNT(triggers); i++) {
        support_run_sql(support, triggers[i / 2]);
        assert_int_equal(op_delete(op, &row->id, users[i % 2], 5000, p),
                         AT_EUNAVAILABLE);
        assert_non_null(strstr(at_database_error(op->database), "trigger"));
        support_run_sql(support, "DROP TRIGGER t");
        assert_true(support_find(op, &row->id, p)->deleted_at == AT_TIME_NONE);
    }
    support_run_sql(support, "CREATE TRIGGER t AFTER UPDATE ON access_tokens "
                             "BEGIN DELETE FROM access_tokens "
                             "WHERE token_id = NEW.token_id; END");
    assert_int_equal(op_delete(op, &row->id, NULL, 5000, p), APR_SUCCESS);
}

static int does_not_wait(void *requester)
{
    ++*(int *)requester;
    return 0;
}

/* Each inserted column is written and read, whatever its kind. */
static void all_columns_are_read_as_they_were_inserted(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(support->pool, 1);
    const at_row_t *found;
    int i;

    row->expires_at = 5000;
    for (i = 0; i < AT_COLUMNS; i++) {
        if (at_column_is_text(&at_columns[i])) {
            *(const char **)at_column_field(&at_columns[i], row) =
                at_columns[i].name;
        }
    }
    insert(op, row, support->pool);
    found = support_find(op, &row->id, support->pool);
    assert_null(found->reason);
    for (i = 0; i < AT_COLUMNS; i++) {
        if (at_column_is_text(&at_columns[i])) {
            assert_string_equal(
                *(const char *const *)(const void *)((const char *)found +
                                                     at_columns[i].offset),
                at_columns[i].name);
        }
    }
    assert_memory_equal(found->hash, row->hash, sizeof(row->hash));
    assert_int_equal(found->created_at, row->created_at);
    assert_int_equal(found->expires_at, 5000);
}

static void a_change_without_a_claim_is_not_committed(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *kept = support_row(p, 1);
    at_row_t *row = support_row(p, 2);
    int asked = 0;

    insert(op, kept, p);
    op->claim = does_not_wait;
    op->requester = &asked;
    assert_int_not_equal(op_insert(op, row, 0, p), APR_SUCCESS);
    assert_int_equal(asked, 1);
    assert_int_not_equal(op_delete(op, &kept->id, NULL, 5000, p), APR_SUCCESS);
    assert_int_equal(asked, 2);
    op = support_op(support);
    assert_int_equal(op_find(op, &row->id, NULL, &row, p), APR_NOTFOUND);
    kept = support_find(op, &kept->id, p);
    assert_true(kept->deleted_at == AT_TIME_NONE);
}

/* The connection can be used for the next change, whatever the result of the
 * last one. */
static void a_refused_change_leaves_no_transaction_behind(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_op_t *other = support_op(support);
    int asked = 0;

    op->claim = does_not_wait;
    op->requester = &asked;
    assert_int_not_equal(op_insert(op, support_row(p, 1), 0, p), APR_SUCCESS);
    insert(other, support_row(p, 2), p);
    assert_int_equal(op_delete(other, &support_row(p, 9)->id, NULL, 5000, p),
                     APR_NOTFOUND);
    assert_int_equal(op_insert(other, support_row(p, 3), 1, p), AT_ELIMIT);
    op->claim = NULL;
    insert(op, support_row(p, 4), p);
    insert(other, support_row(p, 5), p);
}

static void an_undone_row_is_removed(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);
    at_row_t *impostor = support_row(p, 1);

    insert(op, row, p);
    impostor->hash[0] ^= 1; /* the id alone is not enough */
    assert_int_equal(op_undo(op, impostor, p), APR_SUCCESS);
    support_find(op, &row->id, p);
    assert_int_equal(op_undo(op, row, p), APR_SUCCESS);
    assert_int_equal(op_find(op, &row->id, NULL, &impostor, p), APR_NOTFOUND);
    assert_int_equal(op_undo(op, row, p), APR_SUCCESS);
}

static void a_broken_row_is_found_with_its_reason(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_row_t *row = support_row(p, 1);

    insert(op, row, p);
    support_run_sql(support, "UPDATE access_tokens SET expires_at = 'never'");
    row = support_find(op, &row->id, p);
    assert_non_null(strstr(row->reason, "expires_at"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(a_missing_table_is_created_on_first_use),
        SUPPORT_TEST(a_row_is_read_as_it_was_written),
        SUPPORT_TEST(a_row_without_expiry_never_expires),
        SUPPORT_TEST(the_name_of_a_table_may_be_a_keyword),
        SUPPORT_TEST(users_are_compared_byte_by_byte),
        SUPPORT_TEST(a_limit_counts_the_live_tokens_of_one_user),
        SUPPORT_TEST(a_token_is_deleted_once),
        SUPPORT_TEST(
            a_row_that_a_trigger_suppresses_or_changes_was_not_inserted),
        SUPPORT_TEST(a_row_can_be_inserted_through_a_view),
        SUPPORT_TEST(a_row_that_a_trigger_keeps_alive_was_not_deleted),
        SUPPORT_TEST(all_columns_are_read_as_they_were_inserted),
        SUPPORT_TEST(a_change_without_a_claim_is_not_committed),
        SUPPORT_TEST(a_refused_change_leaves_no_transaction_behind),
        SUPPORT_TEST(an_undone_row_is_removed),
        SUPPORT_TEST(a_broken_row_is_found_with_its_reason),
    };

    return cmocka_run_group_tests_name("store", tests, support_begin,
                                       support_end);
}
