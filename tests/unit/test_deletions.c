/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of reading which tokens were deleted.
 */
#include "support.h"

#include "core/db/deletions.h"
#include "core/pool/table_changes.h"

static void insert(at_op_t *op, at_row_t *row, apr_pool_t *p)
{
    assert_int_equal(op_insert(op, row, 0, p), APR_SUCCESS);
}

static void insert_deleted(at_op_t *op, int number, apr_int64_t when,
                           apr_pool_t *p)
{
    at_row_t *row = support_row(p, number);

    insert(op, row, p);
    if (when != AT_TIME_NONE) {
        assert_int_equal(op_delete(op, &row->id, NULL, when, p), APR_SUCCESS);
    }
}

/* All deletions from a time on, in pages of that size, as the numbers of
 * support_row(); this ends even if the pages would not. */
static const char *deleted_since(at_op_t *op, apr_int64_t when, int limit,
                                 apr_pool_t *p)
{
    at_deletions_place_t place = {when, ""};
    const char *numbers = "";
    int count = limit;
    int pages, i;

    for (pages = 0; count == limit; pages++) {
        apr_array_header_t *ids = NULL;

        if (pages > 100) {
            return "without end";
        }
        op->pool = p;
        op->limit = limit;
        assert_int_equal(at_deletions_read(op, &place, &count, &ids),
                         APR_SUCCESS);
        for (i = 0; i < ids->nelts; i++) {
            const at_id_t *id = &APR_ARRAY_IDX(ids, i, at_id_t);

            numbers = apr_psprintf(p, "%s %d", numbers, id->data[1]);
        }
    }
    return numbers;
}

static void deletions_are_read_in_their_order(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);

    insert_deleted(op, 1, 5000, p);
    insert_deleted(op, 2, AT_TIME_NONE, p);
    insert_deleted(op, 3, 4000, p);
    insert_deleted(op, 4, 6000, p);
    insert_deleted(op, 5, 0, p);
    assert_string_equal(deleted_since(op, 0, 100, p), " 5 3 1 4");
    assert_string_equal(deleted_since(op, -60000, 100, p), " 5 3 1 4");
    assert_string_equal(deleted_since(op, 4000, 100, p), " 3 1 4");
    assert_string_equal(deleted_since(op, 4001, 100, p), " 1 4");
    assert_string_equal(deleted_since(op, 6001, 100, p), "");
}

/* For any size of pages, and with rows that were deleted at the same time. */
static void pages_of_any_size_have_the_same_rows(void **state)
{
    static const int when[] = {7, 5, 5, 5, 6, 5, 7, 7, 9, 5};
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    int i;

    for (i = 0; i < (int)COUNT(when); i++) {
        insert_deleted(op, i, when[i], p);
    }
    for (i = 1; i < (int)COUNT(when) + 2; i++) {
        assert_string_equal(deleted_since(op, 0, i, p), " 1 2 3 5 9 4 0 6 7 8");
    }
}

static void a_row_without_a_uuid_is_skipped(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    int i;

    for (i = 1; i < 6; i++) {
        insert_deleted(op, i, 5000 + i, p);
    }
    support_run_sql(support, "UPDATE access_tokens SET token_id = 'x' || "
                             "deleted_at WHERE deleted_at IN (5002, 5003, "
                             "5004)");
    for (i = 1; i < 7; i++) {
        assert_string_equal(deleted_since(op, 0, i, p), " 1 5");
    }
}

static void times_that_are_no_numbers_do_not_stop_reading(void **state)
{
    static const char *const odd[] = {
        "'yesterday'", "''", "x'00'", "1e300", "-1e300", "253402300800000"};
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    apr_size_t i;

    for (i = 1; i < 6; i++) {
        insert_deleted(op, (int)i, 5000 + (apr_int64_t)i, p);
    }
    for (i = 0; i < COUNT(odd); i++) {
        support_run_sql(
            support,
            apr_pstrcat(p, "UPDATE access_tokens SET deleted_at = ", odd[i],
                        " WHERE created_at IN (1002, 1003)", NULL));
        assert_string_equal(deleted_since(op, 0, 1, p), " 1 4 5");
        assert_string_equal(deleted_since(op, 0, 2, p), " 1 4 5");
        assert_string_equal(deleted_since(op, 0, 100, p), " 1 4 5");
    }
}

/* As a manual UPDATE may set them, all within the same millisecond. */
static void times_with_fractions_do_not_stop_reading(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    int i;

    for (i = 1; i < 6; i++) {
        insert_deleted(op, i, 5000 + i, p);
    }
    support_run_sql(support, "UPDATE access_tokens SET deleted_at = 5002.5 "
                             "WHERE created_at BETWEEN 1002 AND 1004");
    assert_string_equal(deleted_since(op, 0, 100, p), " 1 2 3 4 5");
    assert_string_equal(deleted_since(op, 0, 2, p), " 1 2 3 4 5");
    assert_string_equal(deleted_since(op, 0, 1, p), " 1 2 3 4 5");
}

static void deletions_that_cannot_be_read_are_an_error(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_op_t *op = support_op(support);
    at_deletions_place_t place = {0, ""};
    apr_array_header_t *ids = NULL;
    int count = 77;

    insert_deleted(op, 1, 5000, p);
    op->create_table = 0;
    support_run_sql(support, "ALTER TABLE access_tokens RENAME TO away");
    op->limit = 10;
    assert_int_equal(at_deletions_read(op, &place, &count, &ids),
                     AT_EUNAVAILABLE);
    assert_null(ids);
    assert_int_equal(count, 77);
    assert_true(place.deleted_at == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(deletions_are_read_in_their_order),
        SUPPORT_TEST(pages_of_any_size_have_the_same_rows),
        SUPPORT_TEST(a_row_without_a_uuid_is_skipped),
        SUPPORT_TEST(times_that_are_no_numbers_do_not_stop_reading),
        SUPPORT_TEST(times_with_fractions_do_not_stop_reading),
        SUPPORT_TEST(deletions_that_cannot_be_read_are_an_error),
    };

    return cmocka_run_group_tests_name("deletions", tests, support_begin,
                                       support_end);
}
