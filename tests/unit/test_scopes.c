/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of lists of scopes, and of how they share a field of the terms with
 * the name of the user.
 */
#include "support.h"

#include "core/token/scopes.h"
#include "core/token/terms.h"

static const char *repeated(char c, apr_size_t count, apr_pool_t *p)
{
    char *text = apr_palloc(p, count + 1);

    memset(text, c, count);
    text[count] = '\0';
    return text;
}

static void a_word_is_a_scope_token_of_rfc_6749(void **state)
{
    char word[2] = "";
    int c;

    (void)state;
    for (c = 1; c < 256; c++) {
        int good =
            c == 0x21 || (c >= 0x23 && c <= 0x5b) || (c >= 0x5d && c <= 0x7e);

        word[0] = (char)c;
        assert_int_equal(at_scopes_is_word(word), good);
    }
    assert_true(at_scopes_is_word("https://example.org/auth/read.only"));
    assert_false(at_scopes_is_word(""));
    assert_false(at_scopes_is_word("read write"));
    assert_false(at_scopes_is_word("r\xc3\xa9"
                                   "ad"));
}

static void a_list_has_one_blank_between_words(void **state)
{
    static const char *const good[] = {"a", "read", "read write", "a b c d"};
    static const char *const bad[] = {"",     " ",       " a",    "a ",
                                      "a  b", "a,\"b\"", "a\tb",  "a\nb",
                                      "a\\b", "\xff",    "a \x01"};
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        assert_null(at_scopes_check(good[i], "alice"));
    }
    for (i = 0; i < COUNT(bad); i++) {
        if (!at_scopes_check(bad[i], "alice")) {
            fail_msg("'%s' passed", bad[i]);
        }
    }
}

static void scopes_and_user_have_254_bytes_together(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    apr_size_t user;

    for (user = 1; user < 254; user += 23) {
        const char *name = repeated('u', user, p);

        assert_null(at_scopes_check(repeated('s', 254 - user, p), name));
        assert_non_null(at_scopes_check(repeated('s', 255 - user, p), name));
    }
    assert_non_null(at_scopes_check("s", repeated('u', 254, p)));
}

static void lists_overlap_in_whole_words(void **state)
{
    (void)state;
    assert_true(at_scopes_overlap("read", "read"));
    assert_true(at_scopes_overlap("read write", "admin write"));
    assert_true(at_scopes_overlap("a b c", "c"));
    assert_false(at_scopes_overlap("read", "rea"));
    assert_false(at_scopes_overlap("rea", "read"));
    assert_false(at_scopes_overlap("read", "Read"));
    assert_false(at_scopes_overlap("read write", "readwrite ead rit"));
    assert_false(at_scopes_overlap("", "read"));
    assert_false(at_scopes_overlap("read", ""));
}

static void the_first_word_that_a_list_lacks_is_returned(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;

    assert_null(at_scopes_find_other("read", "read write", p));
    assert_null(at_scopes_find_other("write read write", "read write", p));
    assert_string_equal(at_scopes_find_other("read x y", "read write", p), "x");
    assert_string_equal(at_scopes_find_other("wri", "read write", p), "wri");
}

static void a_word_is_added_once(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    const char *scopes = at_scopes_add(NULL, "read", p);

    scopes = at_scopes_add(scopes, "write", p);
    scopes = at_scopes_add(scopes, "read", p);
    scopes = at_scopes_add(scopes, "rea", p);
    assert_string_equal(scopes, "read write rea");
}

static void the_terms_have_the_scopes_of_their_row(void **state)
{
    support_t *support = *state;
    apr_pool_t *p = support->pool;
    at_row_t *row = support_row(p, 1);
    at_terms_t terms;
    apr_size_t user;

    at_terms_fill(&terms, row);
    assert_null(at_terms_scopes(&terms));
    assert_int_equal(terms.text_length, strlen(row->user));
    for (user = 1; user < 254; user++) {
        row->user = repeated('u', user, p);
        row->scopes = repeated('s', 254 - user, p);
        memset(&terms, 'x', sizeof(terms));
        at_terms_fill(&terms, row);
        assert_string_equal(terms.user, row->user);
        assert_string_equal(at_terms_scopes(&terms), row->scopes);
        assert_int_equal(terms.text_length, 255);
    }
    row->user = repeated('u', 255, p);
    row->scopes = NULL;
    at_terms_fill(&terms, row);
    assert_string_equal(terms.user, row->user);
    assert_null(at_terms_scopes(&terms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_a_scope_token_of_rfc_6749),
        cmocka_unit_test(a_list_has_one_blank_between_words),
        SUPPORT_TEST(scopes_and_user_have_254_bytes_together),
        cmocka_unit_test(lists_overlap_in_whole_words),
        SUPPORT_TEST(the_first_word_that_a_list_lacks_is_returned),
        SUPPORT_TEST(a_word_is_added_once),
        SUPPORT_TEST(the_terms_have_the_scopes_of_their_row),
    };

    return cmocka_run_group_tests_name("scopes", tests, support_begin,
                                       support_end);
}
