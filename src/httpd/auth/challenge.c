/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 401 has one challenge field for each scheme that the location accepts,
 * Basic first: container tools, Subversion, Maven and others cannot read
 * another form. After a Bearer token, or one in a field of its own, Basic is
 * left out: a browser would ask its user for a password while a page's script
 * waits for the answer.
 */
#include "httpd/auth/challenge.h"

#include <http_core.h>
#include <apr_strings.h>

#include "httpd/auth/decision.h"
#include "httpd/auth/resource.h"
#include "httpd/auth/ways.h"
#include "httpd/config/config.h"

static const char *challenge_field(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY ? "Proxy-Authenticate"
                                         : "WWW-Authenticate";
}

/* Without an AuthName: the configured name, not the client's Host field. */
static const char *realm_of(request_rec *r)
{
    const char *realm = ap_auth_name(r);

    return realm ? realm
                 : ap_escape_quotes(r->pool, r->server->server_hostname);
}

static void add(request_rec *r, const char *scheme, const char *parameters)
{
    apr_table_addn(r->err_headers_out, challenge_field(r),
                   apr_pstrcat(r->pool, scheme, " realm=\"", realm_of(r), "\"",
                               parameters, NULL));
}

/* The field that has to be sent; none where only Basic is accepted. */
static const char *name_field(request_rec *r, unsigned int ways)
{
    const apr_array_header_t *names = at_config_dir(r)->accept.fields;

    if (!(ways & (AT_WAY_FIELD | AT_WAY_PLAIN))) {
        return "";
    }
    return apr_pstrcat(r->pool, ", header=\"",
                       names ? APR_ARRAY_IDX(names, 0, const char *)
                             : "Authorization",
                       "\"", NULL);
}

static int offers_basic(const request_rec *r, unsigned int ways)
{
    const at_decision_t *decision = at_decision(r);
    int is_other = decision && decision->way && decision->way != AT_WAY_BASIC;

    return ways & AT_WAY_BASIC && !is_other;
}

/* HTTP wants a challenge in each 401, and knows no scheme for a token in a
 * field of its own. */
static void add_own_scheme(request_rec *r, unsigned int ways, const char *error)
{
    add(r, at_auth_type,
        apr_pstrcat(r->pool, name_field(r, ways), error, NULL));
}

void at_challenge_set(request_rec *r, int status, const char *error)
{
    unsigned int ways = at_ways_accepted(r, ap_auth_type(r));
    int has_basic = status == HTTP_UNAUTHORIZED && offers_basic(r, ways);

    apr_table_unset(r->err_headers_out, challenge_field(r));
    if (has_basic) {
        add(r, "Basic", ", charset=\"UTF-8\"");
    }
    if (ways & AT_WAY_BEARER) {
        add(r, "Bearer",
            status == HTTP_BAD_REQUEST
                ? error
                : apr_pstrcat(r->pool, error, at_resource_parameter(r), NULL));
    }
    else if (!has_basic) {
        add_own_scheme(r, ways, error);
    }
}

apr_table_t *at_challenge_before(const request_rec *r)
{
    return r->prev ? apr_table_copy(r->pool, r->err_headers_out) : NULL;
}

static int add_again(void *request, const char *name, const char *value)
{
    apr_table_addn(((request_rec *)request)->err_headers_out, name, value);
    return 1;
}

void at_challenge_restore(request_rec *r, const apr_table_t *before)
{
    const char *field = challenge_field(r);

    apr_table_unset(r->err_headers_out, field);
    if (before) {
        apr_table_do(add_again, r, before, field, NULL);
    }
}
