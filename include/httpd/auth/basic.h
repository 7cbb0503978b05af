/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Basic credentials (RFC 7617).
 */
#ifndef ACCESSTOKEN_HTTPD_AUTH_BASIC_H
#define ACCESSTOKEN_HTTPD_AUTH_BASIC_H

#include <httpd.h>

typedef struct at_basic_t {
    const char *user; /* up to the first colon */
    apr_size_t user_length;
    const char *password;
    apr_size_t password_length;
} at_basic_t;

/**
 * Read the value of an Authorization field whose scheme is Basic, as
 * mod_auth_basic does: decoding ends at the first character that is not
 * base64, and the text at the first NUL.
 *
 * @return whether nothing follows what was decoded.
 */
int at_basic_read(const char *value, apr_pool_t *p, at_basic_t *basic);

/** Is the user name the owner's, in UTF-8 or, as some clients send it, in
 *  ISO 8859-1? */
int at_basic_is_owner(const char *user, const char *owner);

#endif
