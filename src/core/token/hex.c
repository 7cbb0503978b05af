/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to hexadecimal digits and back.
 */
#include "core/token/hex.h"

#define NONE 16 /* not a digit */

void at_hex_write(const unsigned char *bytes, apr_size_t count, char *digits)
{
    static const char lower[] = "0123456789abcdef";
    apr_size_t i;

    for (i = 0; i < count; i++) {
        digits[2 * i] = lower[bytes[i] >> 4];
        digits[2 * i + 1] = lower[bytes[i] & 15];
    }
}

/* The value of each character as a digit, from '0' to 'f'. */
static const unsigned char values['f' - '0' + 1] = {
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    NONE,
    NONE, NONE, NONE, NONE, NONE, NONE, 10,   11,   12,   13,   14,
    15,   NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
    NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
    NONE, NONE, NONE, NONE, NONE, 10,   11,   12,   13,   14,   15};

static unsigned int value_of(char digit)
{
    unsigned int at = (unsigned char)digit - (unsigned int)'0';

    return at < sizeof(values) ? values[at] : NONE;
}

int at_hex_read(const char *digits, apr_size_t count, unsigned char *bytes)
{
    unsigned int wrong = 0;
    apr_size_t i;

    for (i = 0; i < count; i++) {
        unsigned int high = value_of(digits[2 * i]);
        unsigned int low = value_of(digits[2 * i + 1]);

        wrong |= high | low;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return !(wrong & NONE);
}
