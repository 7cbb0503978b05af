/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the Authorization field. Whether a token is valid is decided by the
 * validator, not here.
 */
#include "httpd/auth/credentials.h"

#include <string.h>

#include <openssl/crypto.h>

#include <apr_base64.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token/token.h"

const char *at_credentials_field(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY ? "Proxy-Authorization"
                                         : "Authorization";
}

/* Bearer */

/* httpd joins two fields with a comma and a blank. A comma is followed by a
 * parameter, name=value, or by the scheme of a second field. */
static int is_second_field(const char *after_comma)
{
    const char *word = after_comma + strspn(after_comma, " \t");
    apr_size_t length = strcspn(word, " \t,");

    return length > 0 && !memchr(word, '=', length);
}

int at_credentials_has_second_field(const char *value)
{
    int quoted = 0;

    value = strchr(value, ',') ? value : "";
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

/* The comparison of single characters is for the spelling of nearly all
 * clients. */
int at_credentials_is_bearer(const char *value)
{
    return (value[0] == 'B' && value[1] == 'e' && value[2] == 'a' &&
            value[3] == 'r' && value[4] == 'e' && value[5] == 'r' &&
            value[6] == ' ') ||
           has_scheme(value, "Bearer");
}

int at_credentials_is_basic(const char *value)
{
    return (value[0] == 'B' && value[1] == 'a' && value[2] == 's' &&
            value[3] == 'i' && value[4] == 'c' && value[5] == ' ') ||
           has_scheme(value, "Basic");
}

static const char *after_blanks(const char *value)
{
    while (*value == ' ') {
        value++;
    }
    return value;
}

const char at_credentials_several_fields[] =
    "the request has more than one Authorization field";

at_judgement_e at_credentials_read_other(const char *value, const char **reason)
{
    if (!value) {
        *reason = "the request has no credentials";
        return AT_NO_TOKEN;
    }
    if (at_credentials_has_second_field(value)) {
        *reason = at_credentials_several_fields;
        return AT_MALFORMED;
    }
    *reason = ap_cstr_casecmpn(value, "Bearer:", 7) == 0
                  ? "a colon follows the scheme Bearer"
                  : "the credentials are not of the scheme Bearer";
    return AT_NO_TOKEN;
}

const char *at_credentials_after_bearer(const char *value)
{
    return after_blanks(value + strlen("Bearer"));
}

const char *at_credentials_why_malformed(const char *value)
{
    const char *words = at_credentials_after_bearer(value);

    if (!*words) {
        return "no token follows the scheme Bearer";
    }
    if (!strpbrk(words, " \t")) {
        return NULL;
    }
    return at_credentials_has_second_field(words)
               ? at_credentials_several_fields
               : "more than one word follows the scheme Bearer";
}

/* Tokens in other places */

static int is_token(const char *text, apr_size_t length)
{
    at_credential_t credential;
    apr_status_t status = at_token_parse(text, length, &credential);

    OPENSSL_cleanse(&credential, sizeof(credential));
    return status != APR_EINVAL;
}

static int is_token_character(char c)
{
    return apr_isalnum(c) || c == '_';
}

static apr_size_t word_length(const char *text)
{
    apr_size_t length = 0;

    while (is_token_character(text[length])) {
        length++;
    }
    return length;
}

int at_credentials_hold_token(const char *text)
{
    while (*text) {
        apr_size_t length = word_length(text);

        if (length >= AT_TOKEN_LENGTH_MIN && is_token(text, length)) {
            return 1;
        }
        text += length > 0 ? length : 1;
    }
    return 0;
}

/* So many characters of a token may have been lost or added. */
#define MISTAKES_MAX 8
#define RESEMBLING_LENGTH_MIN (AT_TOKEN_LENGTH_MIN - MISTAKES_MAX)
#define RESEMBLING_LENGTH_MAX (AT_TOKEN_LENGTH_MAX + MISTAKES_MAX)

int at_credentials_resemble_token(const char *text)
{
    if (strlen(text) < RESEMBLING_LENGTH_MIN) {
        return 0;
    }
    while (*text) {
        apr_size_t length = word_length(text);

        if (length >= RESEMBLING_LENGTH_MIN &&
            length <= RESEMBLING_LENGTH_MAX) {
            return 1;
        }
        text += length > 0 ? length : 1;
    }
    return 0;
}

/* The length of the shortest token in base64; a shorter word is not
 * decoded. */
#define ENCODED_LENGTH_MIN (AT_TOKEN_LENGTH_MIN * 4 / 3)

static int holds_encoded_token(const char *text, const char *ends,
                               apr_pool_t *p)
{
    char *decoded = apr_palloc(p, (apr_size_t)apr_base64_decode_len(text) + 1);
    apr_size_t length = (apr_size_t)apr_base64_decode(decoded, text);
    int found;

    decoded[length] = '\0';
    decoded[strcspn(decoded, ends)] = '\0';
    found = at_credentials_hold_token(decoded);
    OPENSSL_cleanse(decoded, length);
    return found;
}

/* Decoding ends at the first character that is not base64, as in
 * mod_auth_basic. */
static int is_token_in_basic(const char *value, apr_pool_t *p)
{
    value += strlen("Basic");
    while (apr_isspace(*value)) {
        value++;
    }
    return strlen(value) >= ENCODED_LENGTH_MIN &&
           holds_encoded_token(value, ":", p);
}

int at_credentials_name_token(const char *value, apr_pool_t *p)
{
    if (at_credentials_is_basic(value)) {
        return is_token_in_basic(value, p);
    }
    return !at_credentials_is_bearer(value) && at_credentials_hold_token(value);
}

int at_credentials_carry_token(const char *value, apr_pool_t *p)
{
    static const char separators[] = " \t,=\"";

    if (at_credentials_hold_token(value)) {
        return 1;
    }
    if (at_credentials_is_bearer(value) &&
        !at_credentials_why_malformed(value)) {
        return 0;
    }
    while (*(value += strspn(value, separators))) {
        apr_size_t length = strcspn(value, separators);

        if (length >= ENCODED_LENGTH_MIN && holds_encoded_token(value, "", p)) {
            return 1;
        }
        value += length;
    }
    return 0;
}
