/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of how the cells of the table become a row: good ones, and some that
 * only another program can have written.
 */
#include "support.h"

#include "core/db/cells.h"
#include "core/token/token.h"

#define ID "0bc1d49f-5475-4c62-a0ba-6ad269389ada"
#define HASH "88cfbba10489c3d1dc4a36450338db4b36596fa75ab335bea750f676d67c71f5"

static const char *const good[AT_COLUMNS] = {
    [AT_COLUMN_TOKEN_ID] = ID,
    [AT_COLUMN_TOKEN_HASH] = HASH,
    [AT_COLUMN_USER_NAME] = "alice",
    [AT_COLUMN_DESCRIPTION] = "nightly export",
    [AT_COLUMN_CREATED_AT] = "1547585908175",
    [AT_COLUMN_EXPIRES_AT] = "1579121908175",
    [AT_COLUMN_LAST_USED] = "1547585908176",
    [AT_COLUMN_DELETED_AT] = "253402300799999",
    [AT_COLUMN_SCOPES] = "read write",
};

static at_row_t *row_with(support_t *support, at_column_e column,
                          const char *cell)
{
    const char **cells = apr_pmemdup(support->pool, good, sizeof(good));

    cells[column] = cell;
    return at_cells_read(cells, support->pool);
}

static void good_cells_make_a_row(void **state)
{
    support_t *support = *state;
    at_row_t *row = at_cells_read(good, support->pool);
    char id[AT_TOKEN_ID_SIZE];
    char hash[AT_CELLS_HASH_SIZE];

    assert_null(row->reason);
    at_token_format_id(&row->id, id);
    at_cells_write_hash(row->hash, hash);
    assert_string_equal(id, ID);
    assert_string_equal(hash, HASH);
    assert_string_equal(row->user, "alice");
    assert_string_equal(row->description, "nightly export");
    assert_true(row->created_at == 1547585908175);
    assert_true(row->expires_at == 1579121908175);
    assert_true(row->last_used == 1547585908176);
    assert_true(row->deleted_at == AT_TIME_MAX);
    assert_string_equal(row->scopes, "read write");
}

static void an_sql_null_is_no_time(void **state)
{
    support_t *support = *state;
    const char **cells = apr_pmemdup(support->pool, good, sizeof(good));
    at_row_t *row;

    cells[AT_COLUMN_EXPIRES_AT] = NULL;
    cells[AT_COLUMN_LAST_USED] = NULL;
    cells[AT_COLUMN_DELETED_AT] = NULL;
    cells[AT_COLUMN_SCOPES] = NULL;
    row = at_cells_read(cells, support->pool);
    assert_null(row->reason);
    assert_true(row->expires_at == AT_TIME_NONE);
    assert_true(row->last_used == AT_TIME_NONE);
    assert_true(row->deleted_at == AT_TIME_NONE);
    assert_null(row->scopes);
}

static void the_limits_are_accepted(void **state)
{
    support_t *support = *state;

    assert_null(row_with(support, AT_COLUMN_DESCRIPTION, "")->reason);
    assert_null(row_with(support, AT_COLUMN_CREATED_AT, "0")->reason);
    assert_null(row_with(support, AT_COLUMN_EXPIRES_AT, "0")->reason);
    assert_null(
        row_with(support, AT_COLUMN_EXPIRES_AT, "253402300799999")->reason);
}

static void a_wrong_cell_is_a_fault_that_names_its_column(void **state)
{
    static const struct {
        at_column_e column;
        const char *name;
        const char *cells[16];
    } cases[] = {
        {AT_COLUMN_TOKEN_ID,
         "token_id",
         {"", "x", "0bc1d49f-5475-4c62-a0ba-6ad269389adg", ID "0",
          "0bc1d49f05475-4c62-a0ba-6ad269389ada"}},
        {AT_COLUMN_TOKEN_HASH,
         "token_hash",
         {"", "88", HASH "88", "x" HASH,
          "g8cfbba10489c3d1dc4a36450338db4b36596fa75ab335bea750f676d67c71f5",
          "88:fbba10489c3d1dc4a36450338db4b36596fa75ab335bea750f676d67c71f5",
          " 8cfbba10489c3d1dc4a36450338db4b36596fa75ab335bea750f676d67c71f5",
          "88cfbba10489c3d1dc4a36450338db4b36596fa75ab335bea750f676d67c71f"}},
        {AT_COLUMN_USER_NAME, "user_name", {"", "\xff", "a\nb", "a\x7f"}},
        {AT_COLUMN_DESCRIPTION, "description", {"\xff", "a\nb", "a\x01"}},
        {AT_COLUMN_CREATED_AT,
         "created_at",
         {"", "-1", "x", "1x", " 1", "1.5", "+1", "1e3", "253402300800000",
          "9223372036854775808", "18446744073709551617",
          "99999999999999999999999999999999"}},
        {AT_COLUMN_EXPIRES_AT,
         "expires_at",
         {"", "-1", "x", "never", "253402300800000", "18446744073709551616"}},
        {AT_COLUMN_LAST_USED,
         "last_used",
         {"", "-1", "x", "253402300800000", "9223372036854775807"}},
        {AT_COLUMN_DELETED_AT,
         "deleted_at",
         {"", "-1", "x", "253402300800000", "0x10"}},
        {AT_COLUMN_SCOPES,
         "scopes",
         {"", " ", "read ", " read", "read  write", "\"read\"", "\xff", "a\n"}},
    };
    support_t *support = *state;
    apr_size_t i, j;

    for (i = 0; i < COUNT(cases); i++) {
        for (j = 0; cases[i].cells[j]; j++) {
            at_row_t *row =
                row_with(support, cases[i].column, cases[i].cells[j]);

            if (!row->reason) {
                fail_msg("%s '%s' passed", cases[i].name, cases[i].cells[j]);
            }
            assert_ptr_equal(strstr(row->reason, cases[i].name), row->reason);
        }
    }
}

static void a_null_in_a_required_column_is_a_fault(void **state)
{
    static const at_column_e columns[] = {
        AT_COLUMN_TOKEN_ID, AT_COLUMN_TOKEN_HASH, AT_COLUMN_USER_NAME,
        AT_COLUMN_DESCRIPTION, AT_COLUMN_CREATED_AT};
    support_t *support = *state;
    apr_size_t i;

    for (i = 0; i < COUNT(columns); i++) {
        assert_non_null(row_with(support, columns[i], NULL)->reason);
    }
}

static void texts_that_are_too_long_are_faults(void **state)
{
    support_t *support = *state;
    const char **cells = apr_pmemdup(support->pool, good, sizeof(good));
    char *text = apr_palloc(support->pool, 257);

    memset(text, 'x', 256);
    text[256] = '\0';
    assert_non_null(row_with(support, AT_COLUMN_USER_NAME, text)->reason);
    assert_non_null(row_with(support, AT_COLUMN_DESCRIPTION, text)->reason);
    assert_non_null(row_with(support, AT_COLUMN_SCOPES, text)->reason);
    text[255] = '\0';
    cells[AT_COLUMN_USER_NAME] = text;
    cells[AT_COLUMN_SCOPES] = NULL;
    assert_null(at_cells_read(cells, support->pool)->reason);
    assert_null(row_with(support, AT_COLUMN_DESCRIPTION, text)->reason);
    text[249] = '\0'; /* beside alice */
    assert_null(row_with(support, AT_COLUMN_SCOPES, text)->reason);
}

/* Lists continue after the place of a row, so its place is read whatever else
 * is wrong with it. */
static void a_row_with_a_fault_keeps_its_place_in_lists(void **state)
{
    static const at_column_e columns[] = {
        AT_COLUMN_TOKEN_HASH, AT_COLUMN_USER_NAME, AT_COLUMN_DESCRIPTION,
        AT_COLUMN_EXPIRES_AT, AT_COLUMN_LAST_USED, AT_COLUMN_DELETED_AT,
        AT_COLUMN_SCOPES,     AT_COLUMN_TOKEN_ID,
    };
    support_t *support = *state;
    const at_row_t *whole = at_cells_read(good, support->pool);
    apr_size_t i;

    for (i = 0; i < COUNT(columns); i++) {
        at_row_t *row = row_with(support, columns[i], "\xff");

        assert_non_null(row->reason);
        assert_true(row->created_at == whole->created_at);
        if (columns[i] != AT_COLUMN_TOKEN_ID) {
            assert_memory_equal(&row->id, &whole->id, sizeof(row->id));
        }
    }
}

static void a_row_with_a_fault_authenticates_no_request(void **state)
{
    support_t *support = *state;
    at_row_t *row = row_with(support, AT_COLUMN_LAST_USED, "x");
    at_evidence_t evidence = {.reason = row->reason, .proven = 1};

    assert_int_equal(at_token_verdict(&evidence, 0), AT_TOKEN_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPORT_TEST(good_cells_make_a_row),
        SUPPORT_TEST(an_sql_null_is_no_time),
        SUPPORT_TEST(the_limits_are_accepted),
        SUPPORT_TEST(a_wrong_cell_is_a_fault_that_names_its_column),
        SUPPORT_TEST(a_null_in_a_required_column_is_a_fault),
        SUPPORT_TEST(texts_that_are_too_long_are_faults),
        SUPPORT_TEST(a_row_with_a_fault_keeps_its_place_in_lists),
        SUPPORT_TEST(a_row_with_a_fault_authenticates_no_request),
    };

    return cmocka_run_group_tests_name("cells", tests, support_begin,
                                       support_end);
}
