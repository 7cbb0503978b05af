/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has the token of a request validated, and answers as RFC 6750 says.
 *
 * The decision about a client's request is made once, and its use counted
 * once, however many sub-requests and internal redirects httpd derives from
 * it. consume.c keeps the credentials from handlers and backends.
 */
#include "httpd/auth/auth.h"

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/auth/challenge.h"
#include "httpd/auth/credentials.h"
#include "httpd/auth/decision.h"
#include "httpd/auth/memo.h"
#include "httpd/auth/passwords.h"
#include "httpd/auth/ways.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

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

/* The decision */

/* A browser sends its first request without credentials; that is logged at
 * level debug only. */
static void log_refusal(request_rec *r, const at_decision_t *decision,
                        const char *reason)
{
    int is_sent = decision->authorization.value || decision->fields;

    ap_log_rerror(APLOG_MARK, is_sent ? APLOG_INFO : APLOG_DEBUG, 0, r,
                  "token refused: %s", reason);
}

/* The text is no token by its syntax or check. */
static at_judgement_e judge_text(request_rec *r, const at_decision_t *decision)
{
    const char *reason = NULL;

    if (decision->token.may_be_password) {
        return AT_NO_TOKEN;
    }
    if (decision->way == AT_WAY_BEARER) {
        reason = at_credentials_why_malformed(decision->authorization.value);
    }
    if (reason) {
        log_refusal(r, decision, reason);
        return AT_MALFORMED;
    }
    return at_validate_refuse_text(r);
}

static at_judgement_e validate(request_rec *r, at_decision_t *decision)
{
    at_judgement_e judgement = at_validate(
        r, &decision->token, at_decision_client(r)->pool, &decision->terms);

    if (judgement == AT_NO_TOKEN) {
        return judge_text(r, decision);
    }
    if (judgement == AT_ACCEPTED) {
        at_memo_keep(r, decision);
    }
    return judgement;
}

static at_decision_t *decide(request_rec *r, unsigned int ways)
{
    at_decision_t *decision = at_decision_begin(r, ways);
    const char *reason;

    decision->judgement = at_ways_find(r, decision, &reason);
    if (decision->judgement == AT_ACCEPTED) {
        decision->judgement = validate(r, decision);
    }
    else if (!at_passwords_has(r, decision)) {
        log_refusal(r, decision, reason);
    }
    at_ways_carry_authorization(r, decision);
    if (decision->previous) {
        at_decision_carry_previous(r, decision);
    }
    return decision;
}

void at_auth_note_unneeded(request_rec *r)
{
    unsigned int ways = at_ways_accepted(r, ap_auth_type(r));

    if (ways) {
        at_ways_find_unneeded(r, at_decision_begin(r, ways));
    }
}

/* Answers */

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
    r->ap_auth_type = (char *)at_auth_type;
    set_variables(r, terms);
    return OK;
}

static int answer(request_rec *r, unsigned int ways)
{
    at_decision_t *decision = at_decision_find(r, ways);
    const answer_t *answer;

    if (decision && decision->is_left_to_others) {
        return DECLINED;
    }
    if (!decision) {
        decision = decide(r, ways);
    }
    if (decision->judgement == AT_ACCEPTED) {
        return accept_user(r, decision->terms);
    }
    if (decision->judgement == AT_UNDECIDED) {
        return at_auth_unavailable(r);
    }
    if (decision->judgement == AT_NO_TOKEN && at_passwords_has(r, decision)) {
        return at_passwords_decide(r, decision);
    }
    answer = &answers[decision->judgement];
    at_challenge_set(r, answer->status, answer->error);
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
    unsigned int ways = at_ways_accepted(r, type);

    if (ways) {
        return answer(r, ways);
    }
    return type && (ap_cstr_casecmp(type, "Basic") == 0 ||
                    ap_cstr_casecmp(type, "Digest") == 0)
               ? refuse_token_as_name(r)
               : DECLINED;
}

int at_auth_variables(request_rec *r)
{
    /* at_auth_check() has set the variables of the client's request. */
    int is_derived = r->main || r->prev;

    if (r->ap_auth_type != at_auth_type && !at_decision(r)) {
        at_auth_note_unneeded(r);
    }
    if (is_derived && at_decision_by_token(r) &&
        !apr_table_get(r->subprocess_env, "ACCESSTOKEN_ID")) {
        set_variables(r, at_decision_terms(r));
    }
    return DECLINED;
}

int at_auth_note_failure(request_rec *r, const char *type)
{
    if (!at_ways_accepted(r, type)) {
        return DECLINED;
    }
    at_challenge_set(r, HTTP_UNAUTHORIZED, "");
    return OK;
}
