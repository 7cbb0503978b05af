/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 is decoded as apr_base64 does it, up to the first wrong character. */
#include "support.h"

#include <apr_base64.h>

#include "core/token/base64.h"

#define LONGEST 40

static void check(const char *text)
{
    char *bytes = malloc(AT_BASE64_SIZE(strlen(text)));
    char *wanted = malloc((size_t)apr_base64_decode_len(text) + 4);
    apr_size_t used;
    apr_size_t length = at_base64_decode(text, bytes, &used);

    assert_int_equal(length,
                     apr_base64_decode_binary((unsigned char *)wanted, text));
    assert_memory_equal(bytes, wanted, length);
    assert_int_equal(used,
                     strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/"));
    free(bytes);
    free(wanted);
}

static void test_bytes_of_every_length_come_back(void **state)
{
    unsigned char bytes[LONGEST];
    char text[2 * LONGEST];
    size_t length;
    size_t i;

    (void)state;
    for (length = 0; length < LONGEST; length++) {
        for (i = 0; i < length; i++) {
            bytes[i] = (unsigned char)(i * 37 + length * 101);
        }
        apr_base64_encode_binary(text, bytes, (int)length);
        check(text);
        text[strcspn(text, "=")] = '\0';
        check(text);
    }
}

static void test_each_character_is_read_as_apr_reads_it_in_each_place(
    void **state)
{
    size_t place;
    int c;

    (void)state;
    for (place = 0; place < 9; place++) {
        for (c = 1; c < 256; c++) {
            char text[] = "QWxhZGRpbg";

            text[place] = (char)c;
            check(text);
        }
    }
}

static void test_text_of_one_character_has_no_byte(void **state)
{
    char bytes[AT_BASE64_SIZE(1)];
    apr_size_t used;

    (void)state;
    assert_int_equal(at_base64_decode("", bytes, &used), 0);
    assert_int_equal(used, 0);
    assert_int_equal(at_base64_decode("Q", bytes, &used), 0);
    assert_int_equal(used, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_every_length_come_back),
        cmocka_unit_test(
            test_each_character_is_read_as_apr_reads_it_in_each_place),
        cmocka_unit_test(test_text_of_one_character_has_no_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
