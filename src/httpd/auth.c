/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the Bearer credentials of a request, has them validated, and answers as
 * RFC 6750 says.
 *
 * A client's request is decided and its use counted once, however many
 * sub-requests and internal redirects httpd makes of it. That the credentials do
 * not go further is in consume.c.
 */
#include "httpd/auth.h"

#include <string.h>

#include <http_core.h>
#include <http_request.h>
#include <apr_strings.h>

#include "httpd/config.h"

static const char auth_type[] = "AccessToken";

/* Seconds after which an unavailable table is worth another try. */
#define RETRY_AFTER "2"

typedef struct answer_t {
    int status;
    const char *error; /* what follows the realm in the challenge */
} answer_t;

static const answer_t answers[] = {
    [AT_ACCEPTED] = {OK, NULL},
    [AT_NO_TOKEN] = {HTTP_UNAUTHORIZED, ""},
    [AT_MALFORMED] = {HTTP_BAD_REQUEST, ", error=\"invalid_request\""},
    [AT_INVALID] = {HTTP_UNAUTHORIZED,
                    ", error=\"invalid_token\", "
                    "error_description=\"The access token is invalid\""},
    [AT_EXPIRED] = {HTTP_UNAUTHORIZED,
                    ", error=\"invalid_token\", "
                    "error_description=\"The access token expired\""},
    [AT_UNDECIDED] = {HTTP_SERVICE_UNAVAILABLE, NULL},
};

static int is_ours(const request_rec *r)
{
    const char *type = ap_auth_type((request_rec *)r);

    return type && (strcmp(type, auth_type) == 0 ||
                    ap_cstr_casecmp(type, auth_type) == 0);
}

/* The decision */

/* The client's request: what sub-requests and redirects of it came from. */
static const request_rec *first_of(const request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

at_decision_t *at_auth_decision(const request_rec *r)
{
    return ap_get_module_config(first_of(r)->request_config,
                                &accesstoken_module);
}

int at_auth_by_token(const request_rec *r)
{
    const at_decision_t *decision = at_auth_decision(r);

    return decision && decision->judgement == AT_ACCEPTED && r->user &&
           r->ap_auth_type && strcmp(r->ap_auth_type, auth_type) == 0;
}

const char *at_auth_scopes(const request_rec *r)
{
    return at_auth_by_token(r) ? at_grant_scopes(at_auth_decision(r)->grant)
                               : NULL;
}

/* Credentials */

const char *at_auth_field(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY ? "Proxy-Authorization"
                                         : "Authorization";
}

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

/* As all clients write it, or in any other case. */
static int is_bearer(const char *value)
{
    return strncmp(value, "Bearer ", 7) == 0 ||
           (ap_cstr_casecmpn(value, "Bearer", 6) == 0 &&
            (!value[6] || value[6] == ' ' || value[6] == '\t'));
}

static at_judgement_e read_bearer(const char *value, const char **token)
{
    if (!value || !is_bearer(value)) {
        return value && has_second_field(value) ? AT_MALFORMED : AT_NO_TOKEN;
    }
    for (value += 6; *value == ' '; value++) {
        continue;
    }
    *token = value;
    return !*value || strpbrk(value, " \t") ? AT_MALFORMED : AT_ACCEPTED;
}

static at_decision_t *decide(request_rec *r)
{
    const request_rec *first = first_of(r);
    at_decision_t *decision = apr_pcalloc(first->pool, sizeof(*decision));
    const char *token = NULL;

    decision->judgement =
        read_bearer(apr_table_get(r->headers_in, at_auth_field(r)), &token);
    if (decision->judgement == AT_ACCEPTED) {
        decision->judgement =
            at_validate(r, token, first->pool, &decision->grant);
    }
    ap_set_module_config(first->request_config, &accesstoken_module, decision);
    return decision;
}

/* Answers */

void at_auth_challenge(request_rec *r, const char *error)
{
    const char *field = r->proxyreq == PROXYREQ_PROXY ? "Proxy-Authenticate"
                                                      : "WWW-Authenticate";
    const char *realm = ap_auth_name(r);

    if (!realm) {
        realm = ap_escape_quotes(r->pool, ap_get_server_name(r));
    }
    apr_table_setn(
        r->err_headers_out, field,
        apr_pstrcat(r->pool, "Bearer realm=\"", realm, "\"", error, NULL));
}

int at_auth_unavailable(request_rec *r)
{
    apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return HTTP_SERVICE_UNAVAILABLE;
}

/* What the grant holds lives as long as the client's request. */
static void set_variables(request_rec *r, const at_grant_t *grant)
{
    const char *scopes = at_grant_scopes(grant);

    apr_table_setn(r->subprocess_env, "ACCESSTOKEN_ID", grant->id_text);
    apr_table_setn(r->subprocess_env, "ACCESSTOKEN_EXPIRES",
                   grant->expires_text);
    if (scopes) {
        apr_table_setn(r->subprocess_env, "ACCESSTOKEN_SCOPES", scopes);
    }
}

static int accept_user(request_rec *r, const at_grant_t *grant)
{
    r->user = (char *)grant->user;
    r->ap_auth_type = (char *)auth_type;
    set_variables(r, grant);
    return OK;
}

int at_auth_check(request_rec *r)
{
    const at_decision_t *decision;
    const answer_t *answer;

    if (!is_ours(r)) {
        return DECLINED;
    }
    decision = at_auth_decision(r);
    if (!decision) {
        decision = decide(r);
    }
    if (decision->judgement == AT_ACCEPTED) {
        return accept_user(r, decision->grant);
    }
    if (decision->judgement == AT_UNDECIDED) {
        return at_auth_unavailable(r);
    }
    answer = &answers[decision->judgement];
    at_auth_challenge(r, answer->error);
    return answer->status;
}

int at_auth_variables(request_rec *r)
{
    int is_first = !r->main && !r->prev; /* which at_auth_check() has told */

    if (!is_first && at_auth_by_token(r) &&
        !apr_table_get(r->subprocess_env, "ACCESSTOKEN_ID")) {
        set_variables(r, at_auth_decision(r)->grant);
    }
    return DECLINED;
}

int at_auth_note_failure(request_rec *r, const char *type)
{
    if (ap_cstr_casecmp(type, auth_type) != 0) {
        return DECLINED;
    }
    at_auth_challenge(r, "");
    return OK;
}
