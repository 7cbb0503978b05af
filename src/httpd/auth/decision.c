/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision is stored with the client's request, so that all requests that
 * httpd derives from it find it there.
 */
#include "httpd/auth/decision.h"

#include <string.h>

#include <apr_strings.h>

#include "httpd/auth/credentials.h"
#include "httpd/config/config.h"

const char at_auth_type[] = "AccessToken";

const request_rec *at_decision_client(const request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

at_decision_t *at_decision_begin(request_rec *r, unsigned int ways)
{
    const request_rec *client = at_decision_client(r);
    at_decision_t *decision = apr_pcalloc(client->pool, sizeof(*decision));

    decision->ways = ways;
    decision->names = at_config_dir(r)->accept.fields;
    decision->authorization.name = at_credentials_field(r);
    decision->authorization.value =
        apr_table_get(r->headers_in, decision->authorization.name);
    ap_set_module_config(client->request_config, &accesstoken_module, decision);
    return decision;
}

static int has_field(const at_decision_t *decision, const char *name)
{
    const at_field_t *field = decision->fields;

    while (field && ap_cstr_casecmp(field->name, name) != 0) {
        field = field->next;
    }
    return field != NULL;
}

void at_decision_carry_from(const request_rec *r, at_decision_t *decision,
                            const at_decision_t *previous)
{
    const at_field_t *field;

    for (field = previous->fields; field; field = field->next) {
        if (!has_field(decision, field->name)) {
            at_decision_carry(decision, apr_pmemdup(at_decision_client(r)->pool,
                                                    field, sizeof(*field)));
        }
    }
}

int at_decision_by_token(const request_rec *r)
{
    const at_decision_t *decision = at_decision(r);

    return decision && decision->judgement == AT_ACCEPTED && r->user &&
           r->ap_auth_type && strcmp(r->ap_auth_type, at_auth_type) == 0;
}

const char *at_decision_scopes(const request_rec *r)
{
    return at_decision_by_token(r) ? at_terms_scopes(at_decision(r)->terms)
                                   : NULL;
}
