/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which texts are allowed as a user name, a description and an SQL identifier.
 * SQLite checks neither length nor encoding, so every row is checked here.
 */
#ifndef ACCESSTOKEN_CORE_TOKEN_TEXT_H
#define ACCESSTOKEN_CORE_TOKEN_TEXT_H

#include <apr.h>

/** Longest user name in bytes. */
#define AT_TEXT_USER_MAX 255
/** Longest description in characters (code points). */
#define AT_TEXT_DESCRIPTION_MAX 255

typedef enum {
    AT_TEXT_FINE,
    AT_TEXT_EMPTY,
    AT_TEXT_NOT_UTF8,
    AT_TEXT_CONTROL,
    AT_TEXT_TOO_LONG
} at_text_e;

/** Check a user name: 1 to 255 bytes of UTF-8 without control characters. */
at_text_e at_text_check_user(const char *user);

/** Check a description: at most 255 characters of UTF-8, without control
 *  characters. */
at_text_e at_text_check_description(const char *description);

/** A fault as the rest of a sentence that begins with the name of the text. */
const char *at_text_reason(at_text_e fault);

/** Is it a letter or _, followed by up to 47 letters, digits or _? */
int at_text_is_identifier(const char *text);

#endif
