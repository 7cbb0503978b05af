/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of an administrator's lists: every row once, even if it cannot be
 * used, and the filters.
 */
#include "support.h"

#include "core/db/inspect.h"
#include "core/db/purge.h"

#define NOW APR_INT64_C(1000000)
#define ROWS 30

/* Groups of five have the same time; every third has expired, every fourth was
 * deleted, every fifth was used. */
static void fill(support_t *support, at_op_t *op)
{
    apr_pool_t *p = support->pool;
    int i;

    for (i = 0; i < ROWS; i++) {
        at_row_t *row = support_row(p, i);

        row->created_at = 1000 + i / 5;
        row->expires_at = i % 3 == 0   ? NOW
                          : i % 3 == 1 ? NOW + i
                                       : AT_TIME_NONE;
        row->user = i % 2 ? "alice" : "bob";
        assert_int_equal(op_insert(op, row, 0, p), APR_SUCCESS);
        if (i % 5 == 0) {
            support_touch(op, &row->id, 2000 + i, p);
        }
        if (i % 4 == 0) {
            assert_int_equal(op_delete(op, &row->id, NULL, NOW - i, p),
                             APR_SUCCESS);
        }
    }
}

static at_inspect_t wanting(at_inspect_e status)
{
    at_inspect_t wanted = {.status = status,
                           .now = NOW,
                           .over_by = AT_TIME_NONE,
                           .idle_since = AT_TIME_NONE,
                           .limit = 100};

    return wanted;
}

/* All rows that are listed, with a pool for each page. */
static int list(support_t *support, at_op_t *op, const at_inspect_t *wanted,
                int seen[ROWS])
{
    at_inspection_t *inspection = at_inspect_begin(op, wanted, support->pool);
    apr_array_header_t *rows;
    apr_status_t status;
    apr_pool_t *page;
    int total = 0;
    int i;

    memset(seen, 0, ROWS * sizeof(int));
    apr_pool_create(&page, support->pool);
    while ((status = at_inspect_next(inspection, &rows, page)) == APR_SUCCESS) {
        assert_true(rows->nelts <= wanted->limit);
        for (i = 0; i < rows->nelts; i++) {
            seen[APR_ARRAY_IDX(rows, i, at_row_t *)->id.data[1]]++;
        }
        total += rows->nelts;
        apr_pool_clear(page);
    }
    assert_int_equal(status, APR_EOF);
    return total;
}

static int belongs(const at_inspect_t *wanted, int i)
{
    int deleted = i % 4 == 0;
    int expired = i % 3 == 0;
    int over = i % 3 == 1 && NOW + i <= wanted->over_by && i > 0;
    int used = i % 5 == 0 ? 2000 + i : 0;

    if (wanted->user && strcmp(wanted->user, i % 2 ? "alice" : "bob") != 0) {
        return 0;
    }
    if (wanted->over_by != AT_TIME_NONE && (deleted || !over)) {
        return 0;
    }
    if (wanted->idle_since != AT_TIME_NONE &&
        (used ? used : 1000 + i / 5) >= wanted->idle_since) {
        return 0;
    }
    switch (wanted->status) {
    case AT_INSPECT_LIVE:
        return !deleted;
    case AT_INSPECT_ACTIVE:
        return !deleted && !expired;
    case AT_INSPECT_EXPIRED:
        return !deleted && expired;
    case AT_INSPECT_DELETED:
        return deleted;
    case AT_INSPECT_ALL:
        break;
    }
    return 1;
}

static void check(support_t *support, at_op_t *op, const at_inspect_t *wanted)
{
    int seen[ROWS];
    int listed = list(support, op, wanted, seen);
    int expected = 0;
    int i;

    for (i = 0; i < ROWS; i++) {
        assert_int_equal(seen[i], belongs(wanted, i));
        expected += belongs(wanted, i);
    }
    assert_int_equal(listed, expected);
    assert_true(expected < ROWS || wanted->status == AT_INSPECT_ALL);
}

static void filters_and_pages_of_any_size_give_each_row_once(void **state)
{
    static const char *const users[] = {NULL, "alice", "bob", "Bob"};
    support_t *support = *state;
    at_op_t *op = support_op(support);
    apr_size_t user;
    int status;

    fill(support, op);
    for (user = 0; user < COUNT(users); user++) {
        for (status = AT_INSPECT_LIVE; status <= AT_INSPECT_ALL; status++) {
            at_inspect_t wanted = wanting((at_inspect_e)status);

            wanted.user = users[user];
            for (wanted.limit = 1; wanted.limit < ROWS + 2; wanted.limit += 3) {
                check(support, op, &wanted);
            }
        }
    }
}

static void filters_by_time_work_in_every_state(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    int status;

    fill(support, op);
    for (status = AT_INSPECT_LIVE; status <= AT_INSPECT_ALL; status++) {
        at_inspect_t wanted = wanting((at_inspect_e)status);

        wanted.over_by = NOW + 14;
        check(support, op, &wanted);
        wanted.idle_since = 1003;
        check(support, op, &wanted);
        wanted.over_by = AT_TIME_NONE;
        check(support, op, &wanted);
        wanted.idle_since = 2011;
        check(support, op, &wanted);
    }
}

static void rows_that_cannot_be_read_are_listed_too(void **state)
{
    static const char *const damage[] = {
        "created_at = 'x'", "created_at = 1.5",  "created_at = -7",
        "created_at = ''",  "token_hash = ''",   "user_name = ''",
        "last_used = -1",   "expires_at = 'no'", "description = x'ff'"};
    support_t *support = *state;
    at_op_t *op = support_op(support);
    at_inspect_t wanted = wanting(AT_INSPECT_ALL);
    int seen[ROWS];
    apr_size_t i;

    fill(support, op);
    for (i = 0; i < COUNT(damage); i++) {
        support_run_sql(support,
                        apr_psprintf(support->pool,
                                     "UPDATE access_tokens SET %s WHERE "
                                     "token_id LIKE '00%02x%%'",
                                     damage[i], (int)i));
    }
    for (wanted.limit = 1; wanted.limit <= ROWS + 1; wanted.limit++) {
        assert_int_equal(list(support, op, &wanted, seen), ROWS);
        for (i = 0; i < ROWS; i++) {
            assert_int_equal(seen[i], 1);
        }
    }
}

static void the_count_is_the_number_of_rows_that_a_purge_removes(void **state)
{
    support_t *support = *state;
    at_op_t *op = support_op(support);
    apr_int64_t before;
    int total = 0;

    fill(support, op);
    for (before = NOW - ROWS; before < NOW + ROWS; before += 7) {
        at_purge_t purge = {before, before - 3};
        apr_int64_t counted = -1;
        int more = 1;
        int removed;
        int sum = 0;

        op->limit = 2;
        assert_int_equal(at_inspect_count_old(op, &purge, &counted),
                         APR_SUCCESS);
        while (more) {
            assert_int_equal(at_purge_some(op, &purge, &removed, &more),
                             APR_SUCCESS);
            sum += removed;
        }
        assert_int_equal(sum, counted);
        total += sum;
    }
    assert_true(total >= ROWS / 3 && total <= ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(filters_and_pages_of_any_size_give_each_row_once),
        SUPPORT_TEST(filters_by_time_work_in_every_state),
        SUPPORT_TEST(rows_that_cannot_be_read_are_listed_too),
        SUPPORT_TEST(the_count_is_the_number_of_rows_that_a_purge_removes),
    };

    return cmocka_run_group_tests_name("inspect", tests, support_begin,
                                       support_end);
}
