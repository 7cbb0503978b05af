/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authorization providers of Require accesstoken and Require
 * accesstoken-scope.
 *
 * mod_authz_core answers 401 whenever authorization fails. For a token without
 * a required scope RFC 6750 wants 403 and a challenge that names the scope. So
 * a hook before mod_authz_core's runs the authorization of all other modules
 * as if the token had every scope. If they accept the request and a scope was
 * missing, the hook runs them again with the token's own scopes; a refusal now
 * is due to the scope.
 */
#include "httpd/auth/authz.h"

#include <stdatomic.h>

#include <ap_provider.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>
#include <apr_strings.h>

#include "core/cache/counters.h"
#include "core/token/scopes.h"
#include "httpd/auth/challenge.h"
#include "httpd/auth/decision.h"
#include "httpd/auth/ways.h"
#include "httpd/config/config.h"
#include "httpd/config/settings.h"
#include "httpd/process/service.h"

APLOG_USE_MODULE(accesstoken);

/* Notes of a request: the mode of the authorization that is running, and the
 * scopes of which the token has none. */
static const char mode_note[] = "accesstoken-authz-mode";
static const char missing_note[] = "accesstoken-missing-scopes";

/* Modes: with the token's own scopes, or as if it had every required scope. */
static const char with_own_scopes[] = "own scopes";
static const char with_all_scopes[] = "all scopes";

/* The arguments of a Require accesstoken-scope. */
typedef struct requirement_t {
    const char *scopes;
    int is_negated; /* a token that has one of them is refused */
} requirement_t;

/* Does any section require scopes? If none does, no request needs the hook. */
static atomic_int are_scopes_required;

/* Has httpd yet to ask the module? mod_ssl's SSLUserName sets a user before
 * that. */
static int is_to_be_asked(request_rec *r)
{
    const at_decision_t *decision = at_decision(r);

    return at_ways_accepted(r, ap_auth_type(r)) &&
           !(decision && decision->judgement != AT_UNASKED);
}

/* The request was not authenticated by a token. */
static authz_status refuse(request_rec *r)
{
    return !r->user || is_to_be_asked(r) ? AUTHZ_DENIED_NO_USER : AUTHZ_DENIED;
}

/* Require accesstoken */

static authz_status check_token(request_rec *r, const char *line,
                                const void *parsed)
{
    (void)line;
    (void)parsed;
    return at_decision_by_token(r) ? AUTHZ_GRANTED : refuse(r);
}

static const char *parse_nothing(cmd_parms *cmd, const char *line,
                                 const void **parsed)
{
    (void)cmd;
    (void)parsed;
    return *line ? "Require accesstoken takes no arguments" : NULL;
}

/* Require accesstoken-scope */

static authz_status check_scope(request_rec *r, const char *line,
                                const void *parsed)
{
    const requirement_t *wanted = parsed;
    const char *scopes;

    (void)line;
    if (!at_decision_by_token(r)) {
        return refuse(r);
    }
    scopes = at_decision_scopes(r);
    if (!scopes || at_scopes_overlap(scopes, wanted->scopes)) {
        return AUTHZ_GRANTED;
    }
    if (wanted->is_negated) {
        return AUTHZ_DENIED;
    }
    apr_table_setn(r->notes, missing_note, wanted->scopes);
    return apr_table_get(r->notes, mode_note) == with_all_scopes ? AUTHZ_GRANTED
                                                                 : AUTHZ_DENIED;
}

/* Negated by a "not" before it or by an enclosing <RequireNone>. Two negations
 * cancel each other. */
static int is_negated(const cmd_parms *cmd)
{
    const ap_directive_t *section;
    const char *args = cmd->directive->args;
    int negated =
        ap_cstr_casecmp(ap_getword_conf(cmd->temp_pool, &args), "not") == 0;

    for (section = cmd->directive->parent; section; section = section->parent) {
        negated ^= ap_cstr_casecmp(section->directive, "<RequireNone") == 0;
    }
    return negated;
}

static const char *parse_scopes(cmd_parms *cmd, const char *line,
                                const void **parsed)
{
    requirement_t *wanted = apr_pcalloc(cmd->pool, sizeof(*wanted));
    const char *error = at_settings_parse_scopes(cmd, line, &wanted->scopes);

    if (error) {
        return error;
    }
    if (!wanted->scopes) {
        return "Require accesstoken-scope needs the scopes of which a token "
               "must have at least one";
    }
    wanted->is_negated = is_negated(cmd);
    are_scopes_required = 1;
    *parsed = wanted;
    return NULL;
}

/* The answer */

static int refuse_scopes(request_rec *r, const char *wanted)
{
    at_counters_add(at_lookup_cache(at_service_of(r)->lookup), AT_COUNTER_SCOPE,
                    1);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "token %s refused: it has none of the scopes: %s",
                  at_decision_terms(r)->id_text, wanted);
    at_challenge_set(r, HTTP_FORBIDDEN,
                     apr_pstrcat(r->pool,
                                 ", error=\"insufficient_scope\", scope=\"",
                                 wanted, "\"", NULL));
    return HTTP_FORBIDDEN;
}

static int authorize(request_rec *r, const char *mode)
{
    int status;

    apr_table_setn(r->notes, mode_note, mode);
    status = ap_run_auth_checker(r);
    apr_table_unset(r->notes, mode_note);
    return status;
}

/* Authorizes the request with all scopes first. If no scope was missing,
 * which is the common case, that result is final. Otherwise the result with
 * the token's own scopes holds, and a refusal that all scopes would have
 * turned into an acceptance becomes insufficient_scope. */
int at_authz_answer(request_rec *r)
{
    const apr_table_t *challenges;
    int status_with_all;
    int status;

    if (!are_scopes_required || !at_decision_by_token(r) ||
        apr_table_get(r->notes, mode_note)) {
        return DECLINED;
    }
    challenges = at_challenge_before(r);
    status_with_all = authorize(r, with_all_scopes);
    if (!apr_table_get(r->notes, missing_note)) {
        return status_with_all;
    }
    apr_table_unset(r->notes, missing_note);
    at_challenge_restore(r, challenges);
    status = authorize(r, with_own_scopes);
    /* Another token helps only if the scopes are the only reason. */
    return status_with_all == OK && apr_table_get(r->notes, missing_note) &&
                   (status == HTTP_UNAUTHORIZED || status == HTTP_FORBIDDEN)
               ? refuse_scopes(r, apr_table_get(r->notes, missing_note))
               : status;
}

static const authz_provider token_provider = {check_token, parse_nothing};
static const authz_provider scope_provider = {check_scope, parse_scopes};

void at_authz_register(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "accesstoken",
                              AUTHZ_PROVIDER_VERSION, &token_provider,
                              AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "accesstoken-scope",
                              AUTHZ_PROVIDER_VERSION, &scope_provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
