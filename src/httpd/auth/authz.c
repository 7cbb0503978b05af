/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authorization providers behind Require accesstoken and Require
 * accesstoken-scope.
 *
 * mod_authz_core answers 401 whenever a user may not pass. To a request whose
 * token lacks a scope RFC 6750 says 403, and that another token would do. So a
 * hook before mod_authz_core's has the others decide as if the token had every
 * scope; where they let the request in and a scope was lacking, they decide once
 * more as it is, and if they refuse now, the scope was the reason.
 */
#include "httpd/auth/authz.h"

#include <stdatomic.h>

#include <ap_provider.h>
#include <http_config.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>
#include <apr_strings.h>

#include "core/cache/counters.h"
#include "core/token/scopes.h"
#include "httpd/auth/auth.h"
#include "httpd/config/config.h"
#include "httpd/config/settings.h"
#include "httpd/process/service.h"

APLOG_USE_MODULE(accesstoken);

/* Notes of a request: how it is being decided, and the scopes that it lacks. */
static const char deciding[] = "accesstoken-deciding";
static const char lacking[] = "accesstoken-lacking";

/* Decided as it is, or as if the token had every scope that is asked for. */
static const char as_it_is[] = "as it is";
static const char with_all[] = "with all scopes";

/* What a Require accesstoken-scope says. */
typedef struct requirement_t {
    const char *scopes;
    int is_negated; /* having one of them is what is refused */
} requirement_t;

/* Does any section ask for scopes? Else no request needs the hook. */
static atomic_int scopes_matter;

/* Not by a token; or was nobody asked for one yet, and will be? mod_ssl's
 * SSLUserName names a user before httpd asks the AuthType. */
static authz_status refuse(request_rec *r)
{
    return !r->user || at_auth_is_ours(r) ? AUTHZ_DENIED_NO_USER : AUTHZ_DENIED;
}

/* Require accesstoken */

static authz_status check_token(request_rec *r, const char *line,
                                const void *parsed)
{
    (void)line;
    (void)parsed;
    return at_auth_by_token(r) ? AUTHZ_GRANTED : refuse(r);
}

static const char *parse_nothing(cmd_parms *cmd, const char *line,
                                 const void **parsed)
{
    (void)cmd;
    (void)parsed;
    return *line ? "Require accesstoken takes no words after it" : NULL;
}

/* Require accesstoken-scope */

static authz_status check_scope(request_rec *r, const char *line,
                                const void *parsed)
{
    const requirement_t *wanted = parsed;
    const char *scopes;

    (void)line;
    if (!at_auth_by_token(r)) {
        return refuse(r);
    }
    scopes = at_auth_scopes(r);
    if (!scopes || at_scopes_meet(scopes, wanted->scopes)) {
        return AUTHZ_GRANTED;
    }
    if (wanted->is_negated) {
        return AUTHZ_DENIED;
    }
    apr_table_setn(r->notes, lacking, wanted->scopes);
    return apr_table_get(r->notes, deciding) == with_all ? AUTHZ_GRANTED
                                                         : AUTHZ_DENIED;
}

/* By a "not" before it, or by standing in <RequireNone>; by both it is not. */
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
    const char *wrong = at_settings_gather_scopes(cmd, line, &wanted->scopes);

    if (wrong) {
        return wrong;
    }
    if (!wanted->scopes) {
        return "Require accesstoken-scope needs the scopes of which a token "
               "must have one";
    }
    wanted->is_negated = is_negated(cmd);
    scopes_matter = 1;
    *parsed = wanted;
    return NULL;
}

/* The answer */

static int refuse_scope(request_rec *r, const char *wanted)
{
    at_counters_add(at_lookup_cache(at_service_of(r)->lookup), AT_COUNTER_SCOPE,
                    1);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "token %s refused: it has none of the scopes: %s",
                  at_auth_decision(r)->terms->id_text, wanted);
    at_auth_challenge(r, apr_pstrcat(r->pool,
                                     ", error=\"insufficient_scope\", scope=\"",
                                     wanted, "\"", NULL));
    return HTTP_FORBIDDEN;
}

static int decide(request_rec *r, const char *how)
{
    int status;

    apr_table_setn(r->notes, deciding, how);
    status = ap_run_auth_checker(r);
    apr_table_unset(r->notes, deciding);
    return status;
}

/* As if the token had every scope first: mostly that is all, since nothing lacks.
 * Where a scope lacks, what holds is how they decide it as it is; a refusal of
 * theirs that the scopes turn into its opposite is the scope's. */
int at_authz_answer(request_rec *r)
{
    const char *challenge;
    int status_with_all;
    int status;

    if (!scopes_matter || !at_auth_by_token(r) ||
        apr_table_get(r->notes, deciding)) {
        return DECLINED;
    }
    challenge = at_auth_challenge_before(r);
    status_with_all = decide(r, with_all);
    if (!apr_table_get(r->notes, lacking)) {
        return status_with_all;
    }
    apr_table_unset(r->notes, lacking);
    at_auth_withdraw_challenge(r, challenge);
    status = decide(r, as_it_is);
    /* Another token helps only if nothing but scopes is in the way. */
    return status_with_all == OK && apr_table_get(r->notes, lacking) &&
                   (status == HTTP_UNAUTHORIZED || status == HTTP_FORBIDDEN)
               ? refuse_scope(r, apr_table_get(r->notes, lacking))
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
