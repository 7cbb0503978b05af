/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of lists: order, pages, filters, and rows that another program has
 * broken.
 */
#include "support.h"

#define TOKENS 25
#define NOW 5000

/* Tokens 0 to 24: groups of five have the same time, every third has expired,
 * every fourth is bob's. */
static void fill(at_op_t *op, apr_pool_t *p)
{
    int i;

    for (i = 0; i < TOKENS; i++) {
        at_row_t *row = support_row(p, (i * 7) % TOKENS);
        int number = row->id.data[1];

        row->created_at = 1000 + number / 5;
        row->expires_at = number % 3 == 0   ? NOW
                          : number % 3 == 1 ? NOW + 1
                                            : AT_TIME_NONE;
        row->user = number % 4 == 0 ? "bob" : "alice";
        assert_int_equal(op_insert(op, row, 0, p), APR_SUCCESS);
    }
}

static int belongs(const at_list_t *list, int number)
{
    const char *user = number % 4 == 0 ? "bob" : "alice";

    if (list->user && strcmp(list->user, user) != 0) {
        return 0;
    }
    return list->status == AT_SQL_ANY ||
           (list->status == AT_SQL_EXPIRED) == (number % 3 == 0);
}

static apr_array_header_t *page(at_op_t *op, const at_list_t *list,
                                apr_pool_t *p)
{
    apr_array_header_t *rows = NULL;

    assert_int_equal(op_list(op, list, &rows, p), APR_SUCCESS);
    assert_true(rows->nelts <= list->limit);
    return rows;
}

/* Together, all pages must have the rows that belong to the list, newest and
 * greatest id first. */
static void check_pages(at_op_t *op, at_list_t list, apr_pool_t *p)
{
    int expected = TOKENS - 1;
    apr_array_header_t *rows;
    int i;

    list.before_created = AT_TIME_NONE;
    do {
        rows = page(op, &list, p);
        for (i = 0; i < rows->nelts; i++, expected--) {
            at_row_t *row = APR_ARRAY_IDX(rows, i, at_row_t *);

            while (!belongs(&list, expected)) {
                expected--;
            }
            assert_null(row->reason);
            assert_int_equal(row->id.data[1], expected);
            list.before_created = row->created_at;
            list.before_id = row->id_text;
        }
    } while (rows->nelts == list.limit);
    for (; expected >= 0; expected--) {
        assert_false(belongs(&list, expected));
    }
}

static void pages_of_any_size_give_every_token_once(void **state)
{
    static const char *const users[] = {NULL, "alice", "bob"};
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_list_t list = {.now = NOW};
    apr_size_t user;
    int status;

    fill(op, support->pool);
    for (user = 0; user < COUNT(users); user++) {
        list.user = users[user];
        for (status = AT_SQL_ANY; status <= AT_SQL_EXPIRED; status++) {
            list.status = (at_sql_status_e)status;
            for (list.limit = 1; list.limit <= TOKENS + 1; list.limit++) {
                check_pages(op, list, support->pool);
            }
        }
    }
}

static void a_user_without_tokens_has_an_empty_list(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_list_t list = {.user = "ALICE",
                      .now = NOW,
                      .limit = 10,
                      .before_created = AT_TIME_NONE};

    fill(op, support->pool);
    assert_int_equal(page(op, &list, support->pool)->nelts, 0);
}

static void deleted_tokens_are_not_listed(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_list_t list = {.now = NOW, .limit = 100, .before_created = AT_TIME_NONE};
    int i;

    fill(op, p);
    assert_int_equal(op_delete(op, &support_row(p, 7)->id, NULL, NOW, p),
                     APR_SUCCESS);
    for (i = AT_SQL_ANY; i <= AT_SQL_EXPIRED; i++) {
        apr_array_header_t *rows;
        int j;

        list.status = (at_sql_status_e)i;
        rows = page(op, &list, p);
        for (j = 0; j < rows->nelts; j++) {
            at_row_t *row = APR_ARRAY_IDX(rows, j, at_row_t *);

            assert_int_not_equal(row->id.data[1], 7);
        }
    }
}

static void last_uses_are_listed(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_list_t list = {.now = NOW, .limit = 1, .before_created = AT_TIME_NONE};

    fill(op, p);
    support_touch(op, &support_row(p, TOKENS - 1)->id, 4321, p);
    assert_true(APR_ARRAY_IDX(page(op, &list, p), 0, at_row_t *)->last_used ==
                4321);
}

/* The number of rows of a list that are not broken. */
static int good_ones(at_op_t *op, int *broken, apr_pool_t *p)
{
    at_list_t list = {.now = NOW, .limit = 100, .before_created = AT_TIME_NONE};
    apr_array_header_t *rows = page(op, &list, p);
    int good = 0;
    int i;

    *broken = 0;
    for (i = 0; i < rows->nelts; i++) {
        if (APR_ARRAY_IDX(rows, i, at_row_t *)->reason) {
            ++*broken;
            continue;
        }
        good++;
    }
    return good;
}

static void broken_rows_do_not_hide_the_others(void **state)
{
    static const char *const damage[] = {
        "token_id = 'no id'",    "token_hash = ''",
        "token_hash = 'zz'",     "user_name = ''",
        "user_name = x'ff'",     "user_name = 'a' || char(10)",
        "description = x'c080'", "description = char(1)",
        "expires_at = 'never'",  "expires_at = -1",
        "last_used = 1.5",       "last_used = 9223372036854775807",
        "expires_at = x''",      "expires_at = ''"};
    support_t *support = *state;
    at_op_t *op = support_op(support);
    int broken;
    apr_size_t i;

    fill(op, support->pool);
    for (i = 0; i < COUNT(damage); i++) {
        support_run_sql(
            support,
            apr_psprintf(support->pool,
                         "UPDATE access_tokens SET %s WHERE token_id LIKE "
                         "'00%02x%%'",
                         damage[i], (int)i));
    }
    assert_int_equal(good_ones(op, &broken, support->pool),
                     TOKENS - (int)COUNT(damage));
    assert_int_equal(broken, COUNT(damage));
}

/* Even if every row of a page is broken, the next page begins after it. */
static void pages_continue_after_broken_rows(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_list_t list = {.now = NOW, .limit = 1, .before_created = AT_TIME_NONE};
    apr_array_header_t *rows;
    int seen = 0;

    fill(op, p);
    support_run_sql(support, "UPDATE access_tokens SET user_name = '' "
                             "WHERE token_id > '0014'");
    support_run_sql(support, "UPDATE access_tokens SET token_hash = '' "
                             "WHERE token_id < '0008'");
    for (rows = page(op, &list, p); rows->nelts && seen <= TOKENS;
         rows = page(op, &list, p)) {
        at_row_t *row = APR_ARRAY_IDX(rows, 0, at_row_t *);

        seen++;
        list.before_created = row->created_at;
        list.before_id = row->id_text;
    }
    assert_int_equal(seen, TOKENS);
}

static void rows_with_an_impossible_created_at_are_left_out(void **state)
{
    static const char *const moments[] = {
        "-1", "'x'", "''", "9223372036854775807", "253402300800000"};
    support_t *support = *state;
    at_op_t *op = support_op(support);
    int broken;
    apr_size_t i;

    fill(op, support->pool);
    for (i = 0; i < COUNT(moments); i++) {
        support_run_sql(support,
                        apr_psprintf(support->pool,
                                     "UPDATE access_tokens SET created_at = %s "
                                     "WHERE token_id LIKE '00%02x%%'",
                                     moments[i], (int)i));
    }
    assert_int_equal(good_ones(op, &broken, support->pool),
                     TOKENS - (int)COUNT(moments));
    assert_int_equal(broken, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(pages_of_any_size_give_every_token_once),
        SUPPORT_TEST(a_user_without_tokens_has_an_empty_list),
        SUPPORT_TEST(deleted_tokens_are_not_listed),
        SUPPORT_TEST(last_uses_are_listed),
        SUPPORT_TEST(broken_rows_do_not_hide_the_others),
        SUPPORT_TEST(pages_continue_after_broken_rows),
        SUPPORT_TEST(rows_with_an_impossible_created_at_are_left_out),
    };

    return cmocka_run_group_tests_name("store_list", tests, support_begin,
                                       support_end);
}
