/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of hexadecimal digits: all bytes are written and read, and other
 * characters are refused.
 */
#include "support.h"

#include "core/token/hex.h"

static void every_byte_is_written_and_read(void **state)
{
    unsigned char bytes[256], again[256];
    char digits[513], expected[3];
    int i;

    (void)state;
    for (i = 0; i < 256; i++) {
        bytes[i] = (unsigned char)i;
    }
    digits[512] = '#';
    at_hex_write(bytes, sizeof(bytes), digits);
    assert_int_equal(digits[512], '#');
    for (i = 0; i < 256; i++) {
        apr_snprintf(expected, sizeof(expected), "%02x", i);
        assert_memory_equal(digits + 2 * i, expected, 2);
    }
    assert_true(at_hex_read(digits, sizeof(again), again));
    assert_memory_equal(again, bytes, sizeof(bytes));
    for (i = 0; i < 512; i++) {
        digits[i] = digits[i] >= 'a' ? (char)(digits[i] - 32) : digits[i];
    }
    assert_true(at_hex_read(digits, sizeof(again), again));
    assert_memory_equal(again, bytes, sizeof(bytes));
}

static void no_other_character_is_a_digit(void **state)
{
    static const char good[] = "0123456789abcdefABCDEF";
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        int is_digit = c != 0 && strchr(good, c) != NULL;
        char digits[2] = {(char)c, '0'};
        unsigned char byte;

        assert_int_equal(at_hex_read(digits, 1, &byte), is_digit);
        digits[1] = (char)c;
        digits[0] = '0';
        assert_int_equal(at_hex_read(digits, 1, &byte), is_digit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_written_and_read),
        cmocka_unit_test(no_other_character_is_a_digit),
    };

    return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
