/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the Bearer credentials of a request, has them validated, and answers
 * as RFC 6750 says.
 *
 * The decision about a client's request is made once, and its use counted
 * once, however many sub-requests and internal redirects httpd derives from
 * it. consume.c keeps the credentials from handlers and backends.
 */
#include "httpd/auth/auth.h"

#include <string.h>

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_strings.h>

#include "httpd/auth/credentials.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

static const char auth_type[] = "AccessToken";

/* After this many seconds a client may try again. */
#define RETRY_AFTER "2"

typedef struct answer_t {
    int status;
    const char *error; /* follows the realm in the challenge */
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

static int is_type(const char *type, const char *wanted)
{
    return strcmp(type, wanted) == 0 || ap_cstr_casecmp(type, wanted) == 0;
}

int at_auth_is_ours(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type && is_type(type, auth_type);
}

/* The decision */

/* The client's request, from which httpd derived this one. */
static const request_rec *client_request(const request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

at_decision_t *at_auth_decision(const request_rec *r)
{
    return ap_get_module_config(client_request(r)->request_config,
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
    return at_auth_by_token(r) ? at_terms_scopes(at_auth_decision(r)->terms)
                               : NULL;
}

static at_decision_t *begin_decision(const request_rec *r)
{
    const request_rec *client = client_request(r);
    at_decision_t *decision = apr_pcalloc(client->pool, sizeof(*decision));

    decision->field = at_credentials_field(r);
    decision->value = apr_table_get(r->headers_in, decision->field);
    ap_set_module_config(client->request_config, &accesstoken_module, decision);
    return decision;
}

/* A browser sends its first request without credentials; that is logged at
 * level debug only. */
static void log_refusal(request_rec *r, const at_decision_t *decision,
                        const char *reason)
{
    ap_log_rerror(APLOG_MARK, decision->value ? APLOG_INFO : APLOG_DEBUG, 0, r,
                  "token refused: %s", reason);
}

/* Credentials of another scheme that contain no token are not ours to
 * remove. */
static void ignore_foreign(const request_rec *r, at_decision_t *decision)
{
    if (decision->judgement == AT_NO_TOKEN && decision->value &&
        !at_credentials_carry_token(decision->value, r->pool)) {
        decision->value = NULL;
    }
}

static at_decision_t *decide(request_rec *r)
{
    at_decision_t *decision = begin_decision(r);
    const char *reason;

    decision->judgement =
        at_credentials_read(decision->value, &decision->token, &reason);
    if (decision->judgement == AT_ACCEPTED) {
        decision->judgement = at_validate(
            r, decision->token, client_request(r)->pool, &decision->terms);
    }
    else {
        log_refusal(r, decision, reason);
        ignore_foreign(r, decision);
    }
    return decision;
}

at_decision_t *at_auth_note_unneeded(request_rec *r)
{
    at_decision_t *decision;
    const char *value;
    const char *reason;

    if (!at_auth_is_ours(r)) {
        return NULL;
    }
    value = apr_table_get(r->headers_in, at_credentials_field(r));
    if (!value || !at_credentials_carry_token(value, r->pool)) {
        return NULL;
    }
    decision = begin_decision(r);
    at_credentials_read(value, &decision->token, &reason);
    return decision;
}

/* Answers */

static const char *challenge_field(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY ? "Proxy-Authenticate"
                                         : "WWW-Authenticate";
}

void at_auth_challenge(request_rec *r, const char *error)
{
    const char *realm = ap_auth_name(r);

    if (!realm) { /* the configured name, not the client's Host field */
        realm = ap_escape_quotes(r->pool, r->server->server_hostname);
    }
    apr_table_setn(
        r->err_headers_out, challenge_field(r),
        apr_pstrcat(r->pool, "Bearer realm=\"", realm, "\"", error, NULL));
}

const char *at_auth_challenge_before(const request_rec *r)
{
    return r->prev ? apr_table_get(r->err_headers_out, challenge_field(r))
                   : NULL;
}

void at_auth_restore_challenge(request_rec *r, const char *before)
{
    if (before) {
        apr_table_setn(r->err_headers_out, challenge_field(r), before);
    }
    else {
        apr_table_unset(r->err_headers_out, challenge_field(r));
    }
}

int at_auth_unavailable(request_rec *r)
{
    apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return HTTP_SERVICE_UNAVAILABLE;
}

/* The values in `terms` live as long as the client's request. An empty
 * table has no variable of the same name to replace, so that adding is
 * enough. */
static void set_variables(request_rec *r, const at_terms_t *terms)
{
    apr_table_t *env = r->subprocess_env;
    void (*set)(apr_table_t *, const char *, const char *) =
        apr_is_empty_table(env) ? apr_table_addn : apr_table_setn;
    const char *scopes = at_terms_scopes(terms);

    set(env, "ACCESSTOKEN_ID", terms->id_text);
    set(env, "ACCESSTOKEN_EXPIRES", terms->expires_text);
    if (scopes) {
        set(env, "ACCESSTOKEN_SCOPES", scopes);
    }
}

static int accept_user(request_rec *r, const at_terms_t *terms)
{
    r->user = (char *)terms->user;
    r->ap_auth_type = (char *)auth_type;
    set_variables(r, terms);
    return OK;
}

static int answer(request_rec *r)
{
    const at_decision_t *decision = at_auth_decision(r);
    const answer_t *answer;

    if (!decision || decision->judgement == AT_UNASKED) {
        decision = decide(r);
    }
    if (decision->judgement == AT_ACCEPTED) {
        return accept_user(r, decision->terms);
    }
    if (decision->judgement == AT_UNDECIDED) {
        return at_auth_unavailable(r);
    }
    answer = &answers[decision->judgement];
    at_auth_challenge(r, answer->error);
    return answer->status;
}

static int refuse_token_as_name(request_rec *r)
{
    const char *value = apr_table_get(r->headers_in, at_credentials_field(r));

    if (!value || !at_credentials_name_token(value, r->pool)) {
        return DECLINED;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "token refused: it was sent as a user name or scheme");
    ap_note_auth_failure(r);
    return HTTP_UNAUTHORIZED;
}

int at_auth_check(request_rec *r)
{
    const char *type = ap_auth_type(r);

    if (!type) {
        return DECLINED;
    }
    if (is_type(type, auth_type)) {
        return answer(r);
    }
    return is_type(type, "Basic") || is_type(type, "Digest")
               ? refuse_token_as_name(r)
               : DECLINED;
}

int at_auth_variables(request_rec *r)
{
    /* at_auth_check() has set the variables of the client's request. */
    int is_derived = r->main || r->prev;

    if (r->ap_auth_type != auth_type && !at_auth_decision(r)) {
        at_auth_note_unneeded(r);
    }
    if (is_derived && at_auth_by_token(r) &&
        !apr_table_get(r->subprocess_env, "ACCESSTOKEN_ID")) {
        set_variables(r, at_auth_decision(r)->terms);
    }
    return DECLINED;
}

int at_auth_note_failure(request_rec *r, const char *type)
{
    if (!is_type(type, auth_type)) {
        return DECLINED;
    }
    at_auth_challenge(r, "");
    return OK;
}
