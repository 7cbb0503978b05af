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

const request_rec *at_decision_origin(const request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

/* A sub-request's memory is gone before the client's request is, and with it
 * what its .htaccess says. */
static const apr_array_header_t *names_for(const request_rec *r, apr_pool_t *p)
{
    const apr_array_header_t *names = at_config_dir(r)->accept.fields;
    apr_array_header_t *copy;
    int i;

    if (!names || !r->main) {
        return names;
    }
    copy = apr_array_make(p, names->nelts, sizeof(const char *));
    for (i = 0; i < names->nelts; i++) {
        APR_ARRAY_PUSH(copy, const char *) =
            apr_pstrdup(p, APR_ARRAY_IDX(names, i, const char *));
    }
    return copy;
}

at_decision_t *at_decision_begin(request_rec *r, unsigned int ways)
{
    const request_rec *client = at_decision_client(r);
    const at_dir_t *dir = at_config_dir(r);
    at_decision_t *decision = apr_pcalloc(client->pool, sizeof(*decision));

    decision->previous = at_decision(client);
    decision->ways = ways;
    decision->names = names_for(r, client->pool);
    decision->basic_user = dir->basic_user;
    decision->has_passwords = at_config_password_providers(dir) != NULL;
    decision->authorization.name = at_credentials_field(r);
    decision->authorization.value =
        apr_table_get(r->headers_in, decision->authorization.name);
    ap_set_module_config(client->request_config, &accesstoken_module, decision);
    return decision;
}

static int are_same(const apr_array_header_t *a, const apr_array_header_t *b)
{
    int i;

    if (a == b || !a || !b) {
        return a == b;
    }
    for (i = 0; i < a->nelts && i < b->nelts; i++) {
        if (ap_cstr_casecmp(APR_ARRAY_IDX(a, i, const char *),
                            APR_ARRAY_IDX(b, i, const char *)) != 0) {
            return 0;
        }
    }
    return a->nelts == b->nelts;
}

static int fits(const request_rec *r, const at_decision_t *decision,
                unsigned int ways)
{
    const at_dir_t *dir = at_config_dir(r);

    return decision->judgement != AT_UNASKED && decision->ways == ways &&
           decision->basic_user == dir->basic_user &&
           decision->has_passwords ==
               (at_config_password_providers(dir) != NULL) &&
           are_same(decision->names, dir->accept.fields);
}

static int has_field(const at_decision_t *decision, const char *name)
{
    const at_field_t *field = decision->fields;

    while (field && ap_cstr_casecmp(field->name, name) != 0) {
        field = field->next;
    }
    return field != NULL;
}

void at_decision_carry_previous(const request_rec *r, at_decision_t *decision)
{
    const at_field_t *field;

    for (field = decision->previous->fields; field; field = field->next) {
        if (!has_field(decision, field->name)) {
            at_decision_carry(decision, apr_pmemdup(at_decision_client(r)->pool,
                                                    field, sizeof(*field)));
        }
    }
}

at_decision_t *at_decision_find_fitting(const request_rec *r, unsigned int ways)
{
    at_decision_t *latest = at_decision(r);
    at_decision_t *later = latest;
    at_decision_t *found;

    if (fits(r, latest, ways)) {
        return latest;
    }
    while (later->previous && !fits(r, later->previous, ways)) {
        later = later->previous;
    }
    found = later->previous;
    if (found) {
        later->previous = found->previous;
        found->previous = latest;
        found->is_hidden = 0;
        at_decision_carry_previous(r, found);
        ap_set_module_config(at_decision_client(r)->request_config,
                             &accesstoken_module, found);
    }
    return found;
}

/* A sub-request at another location may have led to a later decision. The one
 * about this request has its user; if a module has changed the user, the last
 * one that accepted a token counts. */
static const at_terms_t *find_terms(const request_rec *r)
{
    const at_decision_t *decision = at_decision(r);
    const at_terms_t *last = NULL;

    for (; decision; decision = decision->previous) {
        if (decision->judgement == AT_ACCEPTED) {
            if (decision->terms->user == r->user) {
                return decision->terms;
            }
            last = last ? last : decision->terms;
        }
    }
    return last;
}

const at_terms_t *at_decision_terms(const request_rec *r)
{
    return r->user && r->ap_auth_type &&
                   strcmp(r->ap_auth_type, at_auth_type) == 0
               ? find_terms(r)
               : NULL;
}

int at_decision_by_token(const request_rec *r)
{
    return at_decision_terms(r) != NULL;
}

const char *at_decision_scopes(const request_rec *r)
{
    const at_terms_t *terms = at_decision_terms(r);

    return terms ? at_terms_scopes(terms) : NULL;
}
