/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets the header fields of the manager's answers, and protects them.
 *
 * They are set before the handler runs. A filter directly after that of
 * mod_headers sets them again, also in httpd's own answers such as 401. So a
 * Header directive for the whole site cannot remove them, and mod_expires
 * cannot add a second Cache-Control. A Content-Security-Policy of the site
 * stays beside the page's; browsers enforce both.
 */
#include "httpd/manager/header_fields.h"

#include <string.h>

#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "httpd/manager/location.h"

#define NO_STORE "no-store"
#define FOREVER "private, max-age=31536000, immutable"

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'";

/* A note of the request: the kind of its answer. Without it the answer is
 * data, or httpd's own error page. */
static const char kind[] = "accesstoken-answer";
static const char is_page[] = "page";
static const char is_asset[] = "asset";

static ap_filter_rec_t *filter;

/* Also true for an ErrorDocument of the manager, which must not be stored
 * either. */
static int is_managers(const request_rec *r)
{
    while (r && !at_location_path(r)) {
        r = r->prev;
    }
    return r != NULL;
}

/* Fields */

/* httpd sends err_headers_out with its own error pages, too. */
static void set(request_rec *r, const char *name, const char *value)
{
    apr_table_unset(r->headers_out, name);
    apr_table_setn(r->err_headers_out, name, value);
}

static int varies_by_accept(request_rec *r, const apr_table_t *headers)
{
    const char *vary = apr_table_get(headers, "Vary");

    return vary && ap_find_list_item(r->pool, vary, "accept");
}

static void vary_by_accept(request_rec *r)
{
    if (!varies_by_accept(r, r->err_headers_out) &&
        !varies_by_accept(r, r->headers_out)) {
        apr_table_mergen(r->err_headers_out, "Vary", "Accept");
    }
}

static int differs(void *policy, const char *name, const char *value)
{
    (void)name;
    return strcmp(value, policy) != 0;
}

static void add_page_policy(request_rec *r)
{
    static const char name[] = "Content-Security-Policy";

    if (apr_table_do(differs, (void *)page_policy, r->err_headers_out, name,
                     NULL)) {
        apr_table_addn(r->err_headers_out, name, page_policy);
    }
}

static void write_fields(request_rec *r, const char *answer)
{
    set(r, "Cache-Control", answer == is_asset ? FOREVER : NO_STORE);
    apr_table_unset(r->headers_out, "Expires");
    apr_table_unset(r->err_headers_out, "Expires");
    set(r, "X-Content-Type-Options", "nosniff");
    set(r, "Cross-Origin-Resource-Policy", "same-origin");
    vary_by_accept(r);
    if (answer == is_page) {
        add_page_policy(r);
        set(r, "X-Frame-Options", "DENY");
        set(r, "Referrer-Policy", "no-referrer");
    }
    /* Over plain HTTP browsers ignore it and report an error on the
     * console. */
    if (answer == is_page && strcmp(ap_http_scheme(r), "https") == 0) {
        set(r, "Cross-Origin-Opener-Policy", "same-origin");
    }
}

/* Phases of a request */

void at_header_fields_begin(request_rec *r)
{
    write_fields(r, NULL);
}

void at_header_fields_page(request_rec *r)
{
    apr_table_setn(r->notes, kind, is_page);
}

void at_header_fields_asset(request_rec *r)
{
    apr_table_setn(r->notes, kind, is_asset);
    write_fields(r, is_asset);
}

static apr_status_t enforce(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    write_fields(f->r, apr_table_get(f->r->notes, kind));
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

void at_header_fields_insert(request_rec *r)
{
    if (is_managers(r)) {
        ap_add_output_filter_handle(filter, NULL, r, r->connection);
    }
}

/* The filter has the type of mod_headers's filter, and filters of one type
 * run in the order of their insertion. mod_cache's filter runs after both. */
void at_header_fields_register(void)
{
    filter = ap_register_output_filter("ACCESSTOKEN_POLICY", enforce, NULL,
                                       AP_FTYPE_CONTENT_SET);
}
