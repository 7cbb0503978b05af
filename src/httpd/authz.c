/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authorization provider behind Require accesstoken.
 */
#include "httpd/authz.h"

#include <ap_provider.h>
#include <http_request.h>
#include <mod_auth.h>

#include "httpd/auth.h"

static authz_status check(request_rec *r, const char *line, const void *parsed)
{
    (void)line;
    (void)parsed;
    if (!r->user) {
        return AUTHZ_DENIED_NO_USER; /* asked again after authentication */
    }
    return at_auth_by_token(r) ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

static const char *parse(cmd_parms *cmd, const char *line, const void **parsed)
{
    (void)cmd;
    (void)parsed;
    return *line ? "Require accesstoken takes no words after it" : NULL;
}

static const authz_provider provider = {check, parse};

void at_authz_register(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "accesstoken",
                              AUTHZ_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
