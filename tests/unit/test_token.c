/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the token: its format, and what is refused.
 *
 * The known tokens were made by a separate program in another language, from
 * the id, the secret 00 01 02 … 1f, zlib's crc32() and a base62 division.
 */
#include "support.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "core/token/token.h"

#define ID "0MBUmC4MVL2No0V00TeBq6"
#define SECRET "003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf"
#define KNOWN "mat_" ID SECRET "3Km8Me"
#define KNOWN_ID "0bc1d49f-5475-4c62-a0ba-6ad269389ada"
#define KNOWN_HASH                                                             \
    "88cfbba10489c3d1dc4a36450338db4b36596fa75ab335bea750f676d67c71f5"

/* In a buffer of exactly that length, so that a memory checker finds a read
 * beyond it. */
static apr_status_t parse(const char *text, apr_size_t length,
                          at_credential_t *credential)
{
    char *copy = malloc(length ? length : 1);
    apr_status_t status;

    assert_non_null(copy);
    memcpy(copy, text, length);
    status = at_token_parse(copy, length, credential);
    free(copy);
    return status;
}

static void refused(const char *text, apr_size_t length)
{
    at_credential_t credential;

    if (parse(text, length, &credential) != APR_EINVAL) {
        fail_msg("'%.*s' was taken for a token", (int)length, text);
    }
}

static void hex_of(const unsigned char *hash, char *text)
{
    static const char digits[] = "0123456789abcdef";
    int i;

    for (i = 0; i < AT_HASH_SIZE; i++) {
        *text++ = digits[hash[i] >> 4];
        *text++ = digits[hash[i] & 15];
    }
    *text = '\0';
}

#define ZEROS_22 "0000000000000000000000"
#define ZEROS_43 ZEROS_22 "000000000000000000000"
#define LAST_ID "7n42DGM5Tflk9n8mt7Fhc7"
#define LAST_SECRET "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1"
#define LONG_PREFIX "Abbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void known_tokens_are_read(void **state)
{
    static const struct {
        const char *token, *id, *hash;
    } cases[] = {
        {KNOWN, KNOWN_ID, KNOWN_HASH},
        {"mat_" ZEROS_22 ZEROS_43 "0czYL8",
         "00000000-0000-0000-0000-000000000000",
         "74e5dfba7af19483771ecd9b1153277c23a0b038a375c53bfa32c49f30933021"},
        {"mat_" LAST_ID LAST_SECRET "15uZRv",
         "ffffffff-ffff-ffff-ffff-ffffffffffff",
         "3a7a54f92e52293a4daaba41fb53573624442e654728a8be09b481e8dcf7f9a9"},
        {"my_app_2__" ID SECRET "1YTQtz", KNOWN_ID,
         "128f822f8121a115ad52f0244dd6534f3a9f55566de29ddb3dea919af5ff548e"},
        {"x1_" ID SECRET "12U3jd", KNOWN_ID,
         "e0c08c9eff331311763c2a2655e9edccf57390872223ad2b0610d0022959933f"},
        {LONG_PREFIX "_" ID SECRET "2BRpW8", KNOWN_ID,
         "d4f46e68ef84db87cbcb1c7b716e59099e2b4a0bb9cefcc2bd99b2e75540f125"},
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        at_credential_t credential;
        char id[AT_TOKEN_ID_SIZE];
        char hash[2 * AT_HASH_SIZE + 1];

        assert_int_equal(
            parse(cases[i].token, strlen(cases[i].token), &credential),
            APR_SUCCESS);
        at_token_format_id(&credential.id, id);
        hex_of(credential.hash, hash);
        assert_string_equal(id, cases[i].id);
        assert_string_equal(hash, cases[i].hash);
    }
}

/* Each has the check that belongs to it, so that it can only be refused for
 * its fault. */
static void wrong_tokens_with_the_right_check_are_refused(void **state)
{
    static const char *const cases[] = {
        "mat_zzzzzzzzzzzzzzzzzzzzzz" SECRET "3kmSVe", /* id overflows */
        "mat_7n42DGM5Tflk9n8mt7Fhc8" SECRET "48J3Lc", /* by one */
        "mat_" ID "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz4Y3uUn",
        "mat_" ID "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp236WxYE",
        "m_" ID SECRET "3QrAFh",             /* prefix too short */
        LONG_PREFIX "b_" ID SECRET "0mJn7g", /* too long */
        "1at_" ID SECRET "2PaFWT",           /* begins with a digit */
        "_at_" ID SECRET "2LTWOZ",           /* with _ */
        "m-t_" ID SECRET "1HDJej",
        "m.t_" ID SECRET "4IGW99",
        "matx" ID SECRET "0VGSTc", /* nothing after the prefix */
        " mat_" ID SECRET "3iXI2Q",
        "_" ID SECRET "48EkSr",
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        refused(cases[i], strlen(cases[i]));
    }
}

static void no_character_may_be_replaced(void **state)
{
    char token[] = KNOWN;
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(token) - 1; i++) {
        char right = token[i];
        int c;

        for (c = 0; c < 256; c++) {
            token[i] = (char)c;
            if (token[i] != right) {
                refused(token, sizeof(token) - 1);
            }
        }
        token[i] = right;
    }
}

static void no_character_may_be_missing_or_too_many(void **state)
{
    static const char token[] = KNOWN;
    static const char extras[] = "0zmA_ =\n";
    apr_size_t length = sizeof(token) - 1;
    apr_size_t i, j;

    (void)state;
    for (i = 0; i < length; i++) {
        char other[sizeof(token) + 1];

        refused(token, i);
        refused(token + i + 1, length - i - 1);
        memcpy(other, token, i);
        memcpy(other + i, token + i + 1, length - i - 1);
        refused(other, length - 1);
        for (j = 0; j < sizeof(extras); j++) { /* NUL, too */
            memcpy(other, token, i);
            other[i] = extras[j];
            memcpy(other + i + 1, token + i, length - i);
            refused(other, length + 1);
            memcpy(other, token, length);
            other[length] = extras[j];
            refused(other, length + 1);
        }
    }
}

static void neighbouring_characters_may_not_be_swapped(void **state)
{
    char token[] = KNOWN;
    apr_size_t i;

    (void)state;
    for (i = 0; i + 1 < sizeof(token) - 1; i++) {
        char left = token[i];

        if (left == token[i + 1]) {
            continue;
        }
        token[i] = token[i + 1];
        token[i + 1] = left;
        refused(token, sizeof(token) - 1);
        token[i + 1] = token[i];
        token[i] = left;
    }
}

static void the_digits_of_an_id_are_found_in_its_text(void **state)
{
    char digits[AT_TOKEN_ID_DIGITS];
    at_credential_t credential;
    char text[AT_TOKEN_SIZE];
    const char *found;
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        assert_int_equal(at_token_mint("ab_c", text, &credential), APR_SUCCESS);
        found = at_token_find_digits(text, strlen(text));
        assert_ptr_equal(found, text + strlen("ab_c_"));
        at_token_write_digits(&credential.id, digits);
        assert_memory_equal(digits, found, sizeof(digits));
    }
    assert_null(at_token_find_digits(text, strlen(text) - 1));
    assert_null(at_token_find_digits(text + 5, strlen(text) - 5));
    assert_null(at_token_find_digits("", 0));
}

static void long_junk_is_refused(void **state)
{
    char junk[9000];
    apr_size_t length;

    (void)state;
    memset(junk, 'a', sizeof(junk));
    for (length = 0; length < 300; length++) {
        refused(junk, length);
    }
    refused(junk, sizeof(junk));
    memset(junk, '_', sizeof(junk));
    refused(junk, 75);
    refused(junk, AT_TOKEN_LENGTH_MAX);
    refused(junk, sizeof(junk));
}

static void minted_with(const char *prefix)
{
    at_credential_t minted, parsed;
    unsigned char hash[AT_HASH_SIZE];
    char *text = malloc(AT_TOKEN_SIZE);
    apr_size_t length;

    assert_non_null(text);
    assert_int_equal(at_token_mint(prefix, text, &minted), APR_SUCCESS);
    length = strlen(text);
    assert_int_equal(length, strlen(prefix) + 1 + 22 + 43 + 6);
    assert_memory_equal(text, prefix, strlen(prefix));
    assert_int_equal(text[strlen(prefix)], '_');
    assert_int_equal(strspn(text + strlen(prefix) + 1,
                            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "abcdefghijklmnopqrstuvwxyz"),
                     71);
    assert_int_equal(parse(text, length, &parsed), APR_SUCCESS);
    assert_memory_equal(&minted.id, &parsed.id, sizeof(parsed.id));
    assert_memory_equal(minted.hash, parsed.hash, AT_HASH_SIZE);
    assert_int_equal(EVP_Digest(text, length, hash, NULL, EVP_sha256(), NULL),
                     1);
    assert_memory_equal(hash, parsed.hash, AT_HASH_SIZE);
    assert_int_equal(minted.id.data[6] >> 4, 4);
    assert_int_equal(minted.id.data[8] >> 6, 2);
    free(text);
}

static void a_minted_token_is_read_again(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 200; i++) {
        minted_with("mat");
        minted_with("x1");
        minted_with("my_app__");
        minted_with(LONG_PREFIX);
    }
}

static void no_two_minted_tokens_are_equal(void **state)
{
    static at_credential_t minted[100];
    char text[AT_TOKEN_SIZE];
    apr_size_t i, j;

    (void)state;
    for (i = 0; i < COUNT(minted); i++) {
        assert_int_equal(at_token_mint("mat", text, &minted[i]), APR_SUCCESS);
        for (j = 0; j < i; j++) {
            assert_memory_not_equal(&minted[i].id, &minted[j].id, 16);
            assert_memory_not_equal(minted[i].hash, minted[j].hash,
                                    AT_HASH_SIZE);
        }
    }
}

static void a_prefix_has_2_to_31_characters(void **state)
{
    static const char *const good[] = {"ma",  "m_",     "M2",
                                       "mat", "a_b__c", LONG_PREFIX};
    static const char *const bad[] = {"",    "m",    "_m",    "1m",
                                      "m-",  "m t",  " m",    "m\xc3\xa9",
                                      "m%s", "mat.", "mat\n", LONG_PREFIX "b"};
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        assert_true(at_token_is_prefix(good[i], strlen(good[i])));
    }
    for (i = 0; i < COUNT(bad); i++) {
        assert_false(at_token_is_prefix(bad[i], strlen(bad[i])));
    }
    assert_false(at_token_is_prefix("ma\0", 3));
}

static void an_id_is_read_from_uuid_text(void **state)
{
    static const char *const bad[] = {
        "",
        "0bc1d49f",
        "0bc1d49f54754c62a0ba6ad269389ada",
        "0bc1d49f-5475-4c62-a0ba-6ad269389ad",
        "0bc1d49f-5475-4c62-a0ba-6ad269389ada0",
        "{0bc1d49f-5475-4c62-a0ba-6ad269389ada}",
        " bc1d49f-5475-4c62-a0ba-6ad269389ada",
        "0bc1d49f-5475-4c62-a0ba-6ad269389adg",
        "0bc1d49f05475-4c62-a0ba-6ad269389ada",
        "0bc1d49f-547504c62-a0ba-6ad269389ada",
        "0bc1d49f-5475-4c620a0ba-6ad269389ada",
        "0bc1d49f-5475-4c62-a0ba06ad269389ada",
        "0bc1d49-f5475-4c62-a0ba-6ad269389ada",
        "0bc1d49f-5475-4c62-a0ba-6ad26938\303\251da",
    };
    char text[AT_TOKEN_ID_SIZE];
    at_id_t id, same, untouched;
    apr_size_t i;

    (void)state;
    assert_int_equal(at_token_parse_id(KNOWN_ID, &id), APR_SUCCESS);
    at_token_format_id(&id, text);
    assert_string_equal(text, KNOWN_ID);
    assert_int_equal(
        at_token_parse_id("0BC1D49F-5475-4C62-A0BA-6AD269389ADA", &same),
        APR_SUCCESS);
    assert_memory_equal(&id, &same, sizeof(id));
    untouched = id;
    for (i = 0; i < COUNT(bad); i++) {
        assert_int_equal(at_token_parse_id(bad[i], &id), APR_EINVAL);
        assert_memory_equal(&id, &untouched, sizeof(id));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_tokens_are_read),
        cmocka_unit_test(wrong_tokens_with_the_right_check_are_refused),
        cmocka_unit_test(no_character_may_be_replaced),
        cmocka_unit_test(no_character_may_be_missing_or_too_many),
        cmocka_unit_test(neighbouring_characters_may_not_be_swapped),
        cmocka_unit_test(the_digits_of_an_id_are_found_in_its_text),
        cmocka_unit_test(long_junk_is_refused),
        cmocka_unit_test(a_minted_token_is_read_again),
        cmocka_unit_test(no_two_minted_tokens_are_equal),
        cmocka_unit_test(a_prefix_has_2_to_31_characters),
        cmocka_unit_test(an_id_is_read_from_uuid_text),
    };

    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
