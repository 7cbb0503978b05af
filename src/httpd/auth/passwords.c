/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module decides about a token before mod_auth_basic runs. A provider
 * could not: a wrong password ends the chain of providers before it, so that
 * "file accesstoken" would refuse every owner's own name, and none can answer
 * 503.
 */
#include "httpd/auth/passwords.h"

#include <string.h>

#include <ap_provider.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>

#include "core/token/token.h"
#include "httpd/auth/basic.h"
#include "httpd/auth/challenge.h"
#include "httpd/auth/credentials.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

static int is_basic_type(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type && ap_cstr_casecmp(type, "Basic") == 0;
}

/* A request without credentials may get some from a module that is asked
 * later: mod_ssl makes them from a certificate (SSLOptions +FakeBasicAuth). */
int at_passwords_has(request_rec *r, const at_decision_t *decision)
{
    return at_config_password_providers(at_config_dir(r)) &&
           (decision->way == AT_WAY_BASIC ||
            (!decision->authorization.value && is_basic_type(r)));
}

static int ask_modules(request_rec *r, at_decision_t *decision)
{
    int status;

    decision->is_left_to_others = 1;
    status = ap_run_check_user_id(r);
    decision->is_left_to_others = 0;
    return status;
}

/* AuthType AccessToken: mod_auth_basic declines, so its providers are asked as
 * it would ask them. */

static authn_status ask_provider(request_rec *r, const char *name,
                                 const at_basic_t *basic)
{
    const authn_provider *provider =
        ap_lookup_provider(AUTHN_PROVIDER_GROUP, name, AUTHN_PROVIDER_VERSION);
    authn_status status;

    apr_table_setn(r->notes, AUTHN_PROVIDER_NAME_NOTE, name);
    status = provider && provider->check_password
                 ? provider->check_password(r, basic->user, basic->password)
                 : AUTH_GENERAL_ERROR;
    apr_table_unset(r->notes, AUTHN_PROVIDER_NAME_NOTE);
    return status;
}

static int status_of(request_rec *r, authn_status result)
{
    switch (result) {
    case AUTH_GRANTED:
        return OK;
    case AUTH_DENIED:
    case AUTH_USER_NOT_FOUND:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "password refused: no provider of AuthBasicProvider "
                      "accepts it");
        return HTTP_UNAUTHORIZED;
    default:
        return HTTP_INTERNAL_SERVER_ERROR;
    }
}

/* What mod_ssl writes for a certificate (SSLOptions +FakeBasicAuth), and
 * refuses when a client sends it. */
static int is_faked(const at_basic_t *basic)
{
    return *basic->user == '/' && strcmp(basic->password, "password") == 0;
}

static int ask_providers(request_rec *r, const at_decision_t *decision)
{
    const apr_array_header_t *names =
        at_config_password_providers(at_config_dir(r));
    authn_status result;
    at_basic_t basic;
    int i;

    at_basic_read(decision->authorization.value, r->pool, &basic);
    result = is_faked(&basic) ? AUTH_DENIED : AUTH_USER_NOT_FOUND;
    r->user = (char *)basic.user;
    r->ap_auth_type = (char *)"Basic";
    for (i = 0; i < names->nelts && result == AUTH_USER_NOT_FOUND; i++) {
        result = ask_provider(r, APR_ARRAY_IDX(names, i, const char *), &basic);
    }
    return status_of(r, result);
}

int at_passwords_decide(request_rec *r, at_decision_t *decision)
{
    int status = is_basic_type(r) ? ask_modules(r, decision)
                                  : ask_providers(r, decision);

    if (status == HTTP_UNAUTHORIZED) {
        at_challenge_set(r, status, "");
    }
    return status;
}

static int are_others_asked(const request_rec *r)
{
    const at_decision_t *decision = at_decision(r);

    return decision && decision->is_left_to_others;
}

/* The provider knows no passwords. A token reaches it only where the module has
 * not decided: as provider of mod_auth_form or mod_auth_digest, or under the
 * name of an AuthnProviderAlias. Those modules would sign in another user than
 * the token's owner, so the answer is 500, as for other faults of a
 * configuration. A token that was sent as user name must not be logged by them,
 * nor by an access log. */

static authn_status refuse_place(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "token refused: the provider accesstoken works only as a "
                  "name in AuthBasicProvider, with AuthType Basic or "
                  "AccessToken");
    r->user = NULL;
    return AUTH_GENERAL_ERROR;
}

static authn_status refuse_token(request_rec *r, const char *user,
                                 const char *password)
{
    return !are_others_asked(r) &&
                   (at_credentials_carry_token(password, r->pool) ||
                    at_credentials_carry_token(user, r->pool))
               ? refuse_place(r)
               : AUTH_USER_NOT_FOUND;
}

/* For AuthBasicUseDigestAlgorithm. */
static authn_status find_no_hash(request_rec *r, const char *user,
                                 const char *realm, char **hash)
{
    (void)user;
    (void)realm;
    (void)hash;
    return are_others_asked(r) ? AUTH_USER_NOT_FOUND : refuse_place(r);
}

static const authn_provider provider = {refuse_token, find_no_hash};

void at_passwords_register(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHN_PROVIDER_GROUP, "accesstoken",
                              AUTHN_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
