/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the token of a request in the ways that its location accepts. A
 * request may send one token in one way only (RFC 6750, 2).
 */
#include "httpd/auth/ways.h"

#include <string.h>

#include <apr_strings.h>

#include "core/token/token.h"
#include "httpd/auth/basic.h"
#include "httpd/auth/credentials.h"
#include "httpd/auth/memo.h"
#include "httpd/config/config.h"

static int is_type(const char *type, const char *wanted)
{
    return strcmp(type, wanted) == 0 || ap_cstr_casecmp(type, wanted) == 0;
}

unsigned int at_ways_accepted(const request_rec *r, const char *type)
{
    const at_dir_t *dir = at_config_dir(r);

    if (!type) {
        return 0;
    }
    if (dir->basic_providers.tokens && is_type(type, "Basic")) {
        return dir->accept.ways | AT_WAY_BASIC;
    }
    return is_type(type, at_auth_type) ? dir->accept.ways : 0;
}

static void present(at_decision_t *decision, const char *text)
{
    decision->token.text = text;
    decision->token.length = strlen(text);
}

/* Basic */

/* Can it be a token, by its length and the place of its separator? The check
 * is not computed: a token with a typing error must not be logged, either. */
static int looks_like_token(const char *text, apr_size_t length)
{
    return length >= AT_TOKEN_LENGTH_MIN && length <= AT_TOKEN_LENGTH_MAX &&
           at_token_find_digits(text, length);
}

/* Some programs have no field for a user name, or none for a password. */
static int is_no_password(const at_basic_t *basic)
{
    return basic->password_length == 0 ||
           strcmp(basic->password, "x-oauth-basic") == 0;
}

/* Other providers are not asked about a user name that may be a token with a
 * typing error, since they would log it. */
static at_judgement_e choose(const at_dir_t *dir, const at_basic_t *basic,
                             at_presented_t *token, const char **reason)
{
    int is_user_token = looks_like_token(basic->user, basic->user_length);

    token->may_be_password = at_config_password_providers(dir) &&
                             !is_user_token &&
                             !at_credentials_resemble_token(basic->user);
    if (is_user_token && is_no_password(basic)) {
        token->text = basic->user;
        token->length = basic->user_length;
        return AT_ACCEPTED;
    }
    if (token->may_be_password &&
        !looks_like_token(basic->password, basic->password_length)) {
        *reason = "the password is not a token";
        return AT_NO_TOKEN;
    }
    token->text = basic->password;
    token->length = basic->password_length;
    return AT_ACCEPTED;
}

static at_judgement_e find_in_basic(const request_rec *r,
                                    at_decision_t *decision,
                                    const char **reason)
{
    const at_dir_t *dir = at_config_dir(r);
    at_basic_t basic;

    decision->way = AT_WAY_BASIC;
    if (!at_basic_read(decision->authorization.value,
                       at_decision_client(r)->pool, &basic) &&
        at_credentials_has_second_field(decision->authorization.value)) {
        *reason = at_credentials_several_fields;
        return AT_MALFORMED;
    }
    decision->token.user = basic.user;
    decision->token.needs_owner = dir->basic_user == AT_BASIC_USER_OWNER;
    return choose(dir, &basic, &decision->token, reason);
}

/* Authorization */

static at_judgement_e find_by_bearer(at_decision_t *decision,
                                     const char **reason)
{
    const char *value = decision->authorization.value;

    if (!value || !at_credentials_is_bearer(value)) {
        return at_credentials_read_other(value, reason);
    }
    decision->way = AT_WAY_BEARER;
    present(decision, at_credentials_after_bearer(value));
    return AT_ACCEPTED;
}

static at_judgement_e find_in_authorization(const request_rec *r,
                                            at_decision_t *decision,
                                            const char **reason)
{
    const char *value = decision->authorization.value;
    unsigned int ways = decision->ways;

    if (ways == AT_WAY_BEARER || !value) {
        return find_by_bearer(decision, reason);
    }
    if (ways & AT_WAY_BASIC && at_credentials_is_basic(value)) {
        return find_in_basic(r, decision, reason);
    }
    if (at_credentials_has_second_field(value)) {
        decision->way = at_credentials_is_bearer(value) ? AT_WAY_BEARER : 0;
        *reason = at_credentials_several_fields;
        return AT_MALFORMED;
    }
    if (ways & AT_WAY_PLAIN && !strpbrk(value, " \t") &&
        !at_credentials_is_bearer(value)) {
        decision->way = AT_WAY_PLAIN;
        present(decision, value);
        return AT_ACCEPTED;
    }
    if (!(ways & AT_WAY_BEARER)) {
        decision->way = at_credentials_is_bearer(value) ? AT_WAY_BEARER : 0;
        *reason = "the scheme of the credentials is not accepted here";
        return AT_NO_TOKEN;
    }
    return find_by_bearer(decision, reason);
}

static int is_judged(const at_decision_t *decision)
{
    return decision->way != AT_WAY_FIELD && decision->judgement != AT_UNASKED &&
           decision->judgement != AT_NO_TOKEN;
}

void at_ways_carry_authorization(const request_rec *r, at_decision_t *decision)
{
    at_field_t *field = &decision->authorization;

    if (field->value && (is_judged(decision) ||
                         at_credentials_carry_token(field->value, r->pool))) {
        at_decision_carry(decision, field);
    }
}

/* Other fields */

/* Adds the accepted fields that the request has; an empty one counts as
 * none, since a script may send a variable that is not set. */
static void carry_fields(const request_rec *r, at_decision_t *decision)
{
    int i;

    for (i = 0; decision->names && i < decision->names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(decision->names, i, const char *);
        const char *value = apr_table_get(r->headers_in, name);
        at_field_t *field;

        if (value && *value) {
            field =
                apr_pcalloc(at_decision_client(r)->pool, sizeof(at_field_t));
            field->name = name;
            field->value = value;
            at_decision_carry(decision, field);
        }
    }
}

static at_judgement_e find_in_field(const request_rec *r,
                                    at_decision_t *decision,
                                    const char **reason)
{
    const at_field_t *field = decision->fields;
    const char *authorization = decision->authorization.value;
    int is_alone =
        !field->next && !(authorization &&
                          (at_credentials_is_bearer(authorization) ||
                           at_credentials_carry_token(authorization, r->pool)));

    decision->way = AT_WAY_FIELD;
    if (!is_alone) {
        *reason = "the request has a token in more than one field";
        return AT_MALFORMED;
    }
    if (strpbrk(field->value, " \t,")) {
        *reason = "the field has more than one word";
        return AT_MALFORMED;
    }
    present(decision, field->value);
    return AT_ACCEPTED;
}

at_judgement_e at_ways_find(const request_rec *r, at_decision_t *decision,
                            const char **reason)
{
    if (decision->ways & AT_WAY_FIELD) {
        carry_fields(r, decision);
        if (decision->fields) {
            return find_in_field(r, decision, reason);
        }
    }
    if (decision->authorization.value && at_memo_find(r, decision)) {
        return AT_ACCEPTED;
    }
    return find_in_authorization(r, decision, reason);
}

void at_ways_find_unneeded(const request_rec *r, at_decision_t *decision)
{
    at_field_t *field;

    if (decision->ways & AT_WAY_FIELD) {
        carry_fields(r, decision);
    }
    field = decision->fields;
    decision->fields = NULL;
    while (field) {
        at_field_t *next = field->next;

        if (at_credentials_carry_token(field->value, r->pool)) {
            at_decision_carry(decision, field);
        }
        field = next;
    }
    at_ways_carry_authorization(r, decision);
}
