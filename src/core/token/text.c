/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks texts before they are written to a row. Jansson decides what is
 * UTF-8, since it also has to write these texts as JSON.
 */
#include "core/token/text.h"

#include <string.h>

#include <apr_lib.h>
#include <jansson.h>

#define IDENTIFIER_MAX 48

static int is_ascii(const char *text)
{
    unsigned int bits = 0;

    for (; *text; text++) {
        bits |= (unsigned char)*text;
    }
    return bits < 0x80;
}

static int is_utf8(const char *text)
{
    json_t *string;

    if (is_ascii(text)) {
        return 1;
    }
    string = json_string(text);
    if (!string) {
        return 0;
    }
    json_decref(string);
    return 1;
}

/* C0, DEL and C1 (U+0080 to U+009F); the text is known to be UTF-8. */
static int has_control(const char *text)
{
    const unsigned char *c;

    for (c = (const unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0)) {
            return 1;
        }
    }
    return 0;
}

static apr_size_t characters(const char *text)
{
    apr_size_t count = 0;

    for (; *text; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

static at_text_e check(const char *text)
{
    if (!is_utf8(text)) {
        return AT_TEXT_NOT_UTF8;
    }
    return has_control(text) ? AT_TEXT_CONTROL : AT_TEXT_FINE;
}

at_text_e at_text_check_user(const char *user)
{
    if (!user || !*user) {
        return AT_TEXT_EMPTY;
    }
    if (strlen(user) > AT_TEXT_USER_MAX) {
        return AT_TEXT_TOO_LONG;
    }
    return check(user);
}

at_text_e at_text_check_description(const char *description)
{
    at_text_e fault = check(description);

    if (fault != AT_TEXT_FINE) {
        return fault;
    }
    return characters(description) > AT_TEXT_DESCRIPTION_MAX ? AT_TEXT_TOO_LONG
                                                             : AT_TEXT_FINE;
}

const char *at_text_reason(at_text_e fault)
{
    switch (fault) {
    case AT_TEXT_FINE:
        return "is fine";
    case AT_TEXT_EMPTY:
        return "is empty";
    case AT_TEXT_NOT_UTF8:
        return "is not valid UTF-8";
    case AT_TEXT_CONTROL:
        return "contains a control character";
    case AT_TEXT_TOO_LONG:
        return "is too long";
    }
    return "has an unknown fault";
}

int at_text_is_identifier(const char *text)
{
    apr_size_t i;

    if (!apr_isalpha(text[0]) && text[0] != '_') {
        return 0;
    }
    for (i = 0; text[i]; i++) {
        if (i >= IDENTIFIER_MAX || (!apr_isalnum(text[i]) && text[i] != '_')) {
            return 0;
        }
    }
    return 1;
}
