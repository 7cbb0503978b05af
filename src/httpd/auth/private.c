/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shared cache does not store the answer to a request with Authorization,
 * unless the answer allows it (RFC 9111, 3.5). It does not know that another
 * field has credentials, so the answer itself has to say private. An answer
 * that itself allows or forbids to be stored is left alone.
 */
#include "httpd/auth/private.h"

#include <util_filter.h>
#include <apr_strings.h>

#include "httpd/auth/credentials.h"
#include "httpd/auth/decision.h"
#include "httpd/config/accept.h"
#include "httpd/config/config.h"

static const char *const sufficient[] = {"private", "no-store", "public",
                                         "s-maxage", "must-revalidate"};
static ap_filter_rec_t *filter_handle;
static ap_filter_rec_t *part_filter_handle;

static int decides_itself(apr_pool_t *p, const apr_table_t *fields)
{
    const char *value = apr_table_getm(p, fields, "Cache-Control");
    apr_size_t i;

    for (i = 0; value && i < sizeof(sufficient) / sizeof(sufficient[0]); i++) {
        if (ap_strcasestr(value, sufficient[i])) {
            return 1;
        }
    }
    return 0;
}

/* The table that mod_cache reads: a CGI program's fields are in the other one,
 * which comes first. */
static apr_table_t *deciding_fields(const request_rec *r)
{
    return apr_table_get(r->err_headers_out, "Cache-Control")
               ? r->err_headers_out
               : r->headers_out;
}

static apr_status_t forbid_sharing(ap_filter_t *filter,
                                   apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;

    if (!decides_itself(r->pool, r->headers_out) &&
        !decides_itself(r->pool, r->err_headers_out)) {
        apr_table_mergen(deciding_fields(r), "Cache-Control", "private");
    }
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

/* The filter has the type of mod_headers's filter and is added after it, so a
 * Header directive that sets only max-age does not remove private. mod_cache's
 * filter runs after both, but that for a part of a page before them. */
void at_private_register(void)
{
    filter_handle = ap_register_output_filter(
        "ACCESSTOKEN_PRIVATE", forbid_sharing, NULL, AP_FTYPE_CONTENT_SET);
    part_filter_handle = ap_register_output_filter(
        "ACCESSTOKEN_PRIVATE_PART", forbid_sharing, NULL, AP_FTYPE_RESOURCE);
}

/* A page may include parts of a location that accepts the field, or list its
 * names, and its own header is sent before these are asked for. So a field with
 * a token counts wherever it is sent, as Authorization does. */
static int has_field_with_token(const request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    int i;

    for (i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *field =
            &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        if (at_credentials_hold_token(field->val) &&
            ap_cstr_casecmp(field->key, at_credentials_field(r)) != 0) {
            return 1;
        }
    }
    return 0;
}

/* Also in a sub-request: without its quick handler, mod_cache may store the
 * parts of a page. */
void at_private_insert(request_rec *r)
{
    const at_decision_t *decision = at_decision(r);

    if ((decision && decision->way == AT_WAY_FIELD) ||
        (at_accept_has_fields() && has_field_with_token(r))) {
        ap_add_output_filter_handle(r->main ? part_filter_handle
                                            : filter_handle,
                                    NULL, r, r->connection);
    }
}
