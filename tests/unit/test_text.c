/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of which texts are allowed as user names, descriptions and
 * identifiers.
 */
#include "support.h"

#include "core/token/text.h"

/* U+1F511, four bytes. */
#define KEY "\xf0\x9f\x94\x91"

static const char *repeated(const char *part, int times, char *buffer)
{
    char *end = buffer;

    for (; times > 0; times--) {
        memcpy(end, part, strlen(part));
        end += strlen(part);
    }
    *end = '\0';
    return buffer;
}

static const char *const not_utf8[] = {
    "\x80",                 /* a continuation byte alone */
    "a\xbf",                /* likewise, at the end */
    "\xe2\x82",             /* cut short */
    "\xe2\x82 x",           /* cut short in the middle */
    "\xf0\x9f\x94",         /* cut short, four bytes */
    "\xc0\x80",             /* overlong NUL */
    "\xc1\xbf",             /* overlong DEL */
    "\xe0\x80\xaf",         /* overlong slash */
    "\xe0\x9f\xbf",         /* overlong U+07FF */
    "\xf0\x80\x80\xaf",     /* overlong slash */
    "\xf0\x8f\xbf\xbf",     /* overlong U+FFFF */
    "\xed\xa0\x80",         /* a high surrogate */
    "\xed\xbf\xbf",         /* a low surrogate */
    "\xf4\x90\x80\x80",     /* above U+10FFFF */
    "\xf8\x88\x80\x80\x80", /* five bytes */
    "\xfe",
    "\xff",
    "caf\xe9" /* Latin-1 */
};

static void a_user_name_is_text(void **state)
{
    static const char *const fine[] = {"a",
                                       "alice",
                                       "alice@example.com",
                                       "Al Ice",
                                       "0",
                                       "\xc3\xa9loise",
                                       KEY,
                                       "\xc2\xa0",
                                       "o'hara",
                                       "a;b\"<script>&%",
                                       "\xef\xbf\xbf",
                                       "\xf4\x8f\xbf\xbf"};
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(fine); i++) {
        assert_int_equal(at_text_check_user(fine[i]), AT_TEXT_FINE);
    }
    assert_int_equal(at_text_check_user(NULL), AT_TEXT_EMPTY);
    assert_int_equal(at_text_check_user(""), AT_TEXT_EMPTY);
}

static void a_user_name_has_at_most_255_bytes(void **state)
{
    char buffer[1100];

    (void)state;
    assert_int_equal(at_text_check_user(repeated("u", 255, buffer)),
                     AT_TEXT_FINE);
    assert_int_equal(at_text_check_user(repeated("u", 256, buffer)),
                     AT_TEXT_TOO_LONG);
    assert_int_equal(at_text_check_user(repeated(KEY, 63, buffer)),
                     AT_TEXT_FINE);
    assert_int_equal(at_text_check_user(repeated(KEY, 64, buffer)),
                     AT_TEXT_TOO_LONG);
}

static void a_description_has_at_most_255_characters(void **state)
{
    char buffer[1100];

    (void)state;
    assert_int_equal(at_text_check_description(""), AT_TEXT_FINE);
    assert_int_equal(at_text_check_description(repeated("d", 255, buffer)),
                     AT_TEXT_FINE);
    assert_int_equal(at_text_check_description(repeated("d", 256, buffer)),
                     AT_TEXT_TOO_LONG);
    assert_int_equal(at_text_check_description(repeated(KEY, 255, buffer)),
                     AT_TEXT_FINE);
    assert_int_equal(at_text_check_description(repeated(KEY, 256, buffer)),
                     AT_TEXT_TOO_LONG);
    /* A letter and its accent are two characters. */
    assert_int_equal(
        at_text_check_description(repeated("e\xcc\x81", 128, buffer)),
        AT_TEXT_TOO_LONG);
}

static void control_characters_are_refused(void **state)
{
    char text[] = "a?b";
    char c1[] = "a\xc2?b";
    int c;

    (void)state;
    for (c = 1; c < 0x20; c++) {
        text[1] = (char)c;
        assert_int_equal(at_text_check_user(text), AT_TEXT_CONTROL);
        assert_int_equal(at_text_check_description(text), AT_TEXT_CONTROL);
    }
    text[1] = 0x7f;
    assert_int_equal(at_text_check_user(text), AT_TEXT_CONTROL);
    assert_int_equal(at_text_check_description(text), AT_TEXT_CONTROL);
    for (c = 0x80; c < 0xc0; c++) {
        at_text_e expected = c < 0xa0 ? AT_TEXT_CONTROL : AT_TEXT_FINE;

        c1[2] = (char)c;
        assert_int_equal(at_text_check_user(c1), expected);
        assert_int_equal(at_text_check_description(c1), expected);
    }
    /* Bytes of other characters that resemble those. */
    assert_int_equal(at_text_check_user("\xc3\x85\xe2\x82\x80"), AT_TEXT_FINE);
}

static void a_text_that_is_not_utf8_is_refused(void **state)
{
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(not_utf8); i++) {
        assert_int_equal(at_text_check_user(not_utf8[i]), AT_TEXT_NOT_UTF8);
        assert_int_equal(at_text_check_description(not_utf8[i]),
                         AT_TEXT_NOT_UTF8);
    }
}

static void every_fault_has_its_own_text(void **state)
{
    int one, other;

    (void)state;
    for (one = AT_TEXT_FINE; one <= AT_TEXT_TOO_LONG; one++) {
        for (other = AT_TEXT_FINE; other < one; other++) {
            assert_string_not_equal(at_text_reason((at_text_e)one),
                                    at_text_reason((at_text_e)other));
        }
    }
}

static void an_identifier_is_plain(void **state)
{
    static const char *const good[] = {"a",  "_",    "Z9", "access_tokens",
                                       "_1", "order"};
    static const char *const bad[] = {
        "",    "1a",  "a-b", "a b",      "a.b",       "a\"b",
        "a`b", "a;b", "a'",  " a",       "a ",        "$a",
        "%s",  "a\n", "a%s", "\xc3\xa9", "a\xc3\xa9", "a\x7f"};
    char buffer[64];
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        assert_true(at_text_is_identifier(good[i]));
    }
    for (i = 0; i < COUNT(bad); i++) {
        assert_false(at_text_is_identifier(bad[i]));
    }
    assert_true(at_text_is_identifier(repeated("t", 48, buffer)));
    assert_false(at_text_is_identifier(repeated("t", 49, buffer)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_name_is_text),
        cmocka_unit_test(a_user_name_has_at_most_255_bytes),
        cmocka_unit_test(a_description_has_at_most_255_characters),
        cmocka_unit_test(control_characters_are_refused),
        cmocka_unit_test(a_text_that_is_not_utf8_is_refused),
        cmocka_unit_test(every_fault_has_its_own_text),
        cmocka_unit_test(an_identifier_is_plain),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
