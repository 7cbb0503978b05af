/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hexadecimal digits, written and read without a format string, because every
 * lookup needs about a hundred of them.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_HEX_H
#define ACCESSTOKEN_CORE_TOKEN_HEX_H

#include <apr.h>

/** Write two lower-case digits for each byte, without a terminating NUL. */
void at_hex_write(const unsigned char *bytes, apr_size_t count, char *digits);

/** Read two digits, of either case, for each byte; false if a character is no
 *  digit. */
int at_hex_read(const char *digits, apr_size_t count, unsigned char *bytes);

#endif
