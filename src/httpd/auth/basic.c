/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads Basic credentials (RFC 7617).
 */
#include "httpd/auth/basic.h"

#include <string.h>

#include "core/token/base64.h"

static const char *after_scheme(const char *value)
{
    value += strlen("Basic");
    while (*value == ' ' || *value == '\t') {
        value++;
    }
    return value;
}

int at_basic_read(const char *value, apr_pool_t *p, at_basic_t *basic)
{
    const char *encoded = after_scheme(value);
    char *text = apr_palloc(p, AT_BASE64_SIZE(strlen(encoded)));
    apr_size_t used;
    apr_size_t length = at_base64_decode(encoded, text, &used);
    char *colon;

    text[length] = '\0';
    length = strlen(text);
    colon = memchr(text, ':', length);
    basic->user = text;
    basic->user_length = colon ? (apr_size_t)(colon - text) : length;
    basic->password = text + basic->user_length + (colon ? 1 : 0);
    basic->password_length = length - (apr_size_t)(basic->password - text);
    if (colon) {
        *colon = '\0';
    }
    return encoded[used + strspn(encoded + used, "=")] == '\0';
}

int at_basic_is_owner(const char *user, const char *owner)
{
    const unsigned char *sent = (const unsigned char *)user;
    const unsigned char *own = (const unsigned char *)owner;

    if (strcmp(user, owner) == 0) {
        return 1;
    }
    /* A character of ISO 8859-1 is one byte there and up to two in UTF-8. */
    for (; *sent; sent++) {
        if (*sent < 0x80 && *own == *sent) {
            own++;
        }
        else if (*sent >= 0x80 && own[0] == (0xC0 | *sent >> 6) &&
                 own[1] == (0x80 | (*sent & 0x3F))) {
            own += 2;
        }
        else {
            return 0;
        }
    }
    return *own == '\0';
}
