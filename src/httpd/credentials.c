/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the Authorization field. Nothing here asks whether a token is good: that
 * is the validator's.
 */
#include "httpd/credentials.h"

#include <string.h>

#include <openssl/crypto.h>

#include <apr_base64.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token.h"

const char *at_credentials_field(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY ? "Proxy-Authorization"
                                         : "Authorization";
}

/* Bearer */

/* httpd joins two fields to one with a comma and a blank. What follows a comma
 * is a parameter, name=value, or else the scheme of a second field. */
static int is_second_field(const char *after_comma)
{
    const char *word = after_comma + strspn(after_comma, " \t");
    apr_size_t length = strcspn(word, " \t,");

    return length > 0 && !memchr(word, '=', length);
}

static int has_second_field(const char *value)
{
    int quoted = 0;

    for (; *value; value++) {
        if (quoted && *value == '\\' && value[1]) {
            value++;
        }
        else if (*value == '"') {
            quoted = !quoted;
        }
        else if (!quoted && *value == ',' && is_second_field(value + 1)) {
            return 1;
        }
    }
    return 0;
}

static int has_scheme(const char *value, const char *scheme)
{
    apr_size_t length = strlen(scheme);

    return ap_cstr_casecmpn(value, scheme, length) == 0 &&
           (!value[length] || value[length] == ' ' || value[length] == '\t');
}

/* As all clients write it, or in any other case. */
static int is_bearer(const char *value)
{
    return strncmp(value, "Bearer ", 7) == 0 || has_scheme(value, "Bearer");
}

static const char *after_blanks(const char *value)
{
    while (*value == ' ') {
        value++;
    }
    return value;
}

static at_judgement_e read_other(const char *value, const char **reason)
{
    if (!value) {
        *reason = "the request has no credentials";
        return AT_NO_TOKEN;
    }
    if (has_second_field(value)) {
        *reason = "the request has more than one Authorization field";
        return AT_MALFORMED;
    }
    *reason = "the credentials are not of the scheme Bearer";
    return AT_NO_TOKEN;
}

at_judgement_e at_credentials_read(const char *value, const char **token,
                                   const char **reason)
{
    if (!value || !is_bearer(value)) {
        return read_other(value, reason);
    }
    *token = after_blanks(value + strlen("Bearer"));
    if (!**token) {
        *reason = "no token follows the scheme Bearer";
        return AT_MALFORMED;
    }
    if (strpbrk(*token, " \t")) {
        *reason = "more than one word follows the scheme Bearer";
        return AT_MALFORMED;
    }
    return AT_ACCEPTED;
}

/* Tokens in other places */

static int is_token(const char *text, apr_size_t length)
{
    at_credential_t credential;
    apr_status_t status = at_token_parse(text, length, &credential);

    OPENSSL_cleanse(&credential, sizeof(credential));
    return status != APR_EINVAL;
}

/* A token and a colon, in base64: shorter credentials are not decoded. */
#define BASIC_LEAST ((AT_TOKEN_LENGTH_MIN + 1) / 3 * 4)

typedef enum { USER_NAME, USER_NAME_OR_PASSWORD } place_e;

static int is_token_in_basic(const char *value, place_e place, apr_pool_t *p)
{
    const char *encoded = after_blanks(value + strlen("Basic"));
    apr_size_t length;
    apr_size_t user;
    char *decoded;
    int found;

    if (strlen(encoded) < BASIC_LEAST) {
        return 0;
    }
    decoded = apr_palloc(p, (apr_size_t)apr_base64_decode_len(encoded) + 1);
    length = (apr_size_t)apr_base64_decode(decoded, encoded);
    decoded[length] = '\0';
    user = strcspn(decoded, ":");
    found = is_token(decoded, user) ||
            (place == USER_NAME_OR_PASSWORD && decoded[user] == ':' &&
             is_token(decoded + user + 1, strlen(decoded + user + 1)));
    OPENSSL_cleanse(decoded, length);
    return found;
}

static int is_token_in_digest(const char *value)
{
    static const char parameter[] = "username=\"";
    const char *name = ap_strcasestr(value, parameter);

    if (!name) {
        return 0;
    }
    name += strlen(parameter);
    return is_token(name, strcspn(name, "\""));
}

int at_credentials_name_token(const char *value, apr_pool_t *p)
{
    return has_scheme(value, "Basic")
               ? is_token_in_basic(value, USER_NAME, p)
               : has_scheme(value, "Digest") && is_token_in_digest(value);
}

int at_credentials_carry_token(const char *value, apr_pool_t *p)
{
    const char *token;
    const char *reason;

    if (at_credentials_read(value, &token, &reason) == AT_ACCEPTED) {
        return is_token(token, strlen(token));
    }
    return has_scheme(value, "Basic") &&
           is_token_in_basic(value, USER_NAME_OR_PASSWORD, p);
}
