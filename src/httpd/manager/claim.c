/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the manager's location from the modules that translate addresses.
 *
 * The manager is switched on by a directive that .htaccess may not use, never
 * by a handler's name: SetHandler may stand in files of people who also choose
 * who is authenticated there. A mapping of the site (ProxyPass /, Alias, a
 * rewrite of everything to one file) must not hide the manager. An answer of the
 * site must hold: a virtual host that redirects all to https would otherwise ask
 * for passwords in clear. So each module that translates is asked; its answer
 * is returned, its mapping undone.
 */
#include "httpd/manager/claim.h"

#include <http_core.h>
#include <http_request.h>
#include <apr_strings.h>

#include "httpd/manager/header_fields.h"
#include "httpd/manager/location.h"

static const char handler_name[] = "accesstoken-manager";

/* Asking the others */

/* What a mapping sets in a request. What else a module leaves there (variables,
 * notes, cookies) only tells that it was asked, as at any other location. */
static void restore(request_rec *r, const request_rec *before)
{
    r->uri = before->uri;
    r->args = before->args;
    r->filename = before->filename;
    r->canonical_filename = before->canonical_filename;
    r->path_info = before->path_info;
    r->finfo = before->finfo;
    r->handler = before->handler;
    r->content_type = before->content_type;
    r->proxyreq = before->proxyreq;
}

/* ProxyPass with mapping=servlet or encoded maps before the claim, and with a
 * file name mod_rewrite would not begin with the address. */
static void unmap(request_rec *r)
{
    r->filename = NULL;
    r->canonical_filename = NULL;
    r->handler = NULL;
    r->proxyreq = PROXYREQ_NONE;
}

static ap_HOOK_translate_name_t *hook(const apr_array_header_t *hooks, int i)
{
    return APR_ARRAY_IDX(hooks, i, ap_LINK_translate_name_t).pFunc;
}

/* The hooks before the claim have been called by httpd, and have declined. */
static int first_behind_claim(const apr_array_header_t *hooks)
{
    int i = 0;

    while (i < hooks->nelts && hook(hooks, i) != at_claim_translate) {
        i++;
    }
    return i + 1;
}

/*
 * Calls each hook behind the claim, in httpd's order. httpd would stop at the
 * first mapping; here a Redirect behind it still counts. What a module that
 * declines has changed is kept for the next one ([PT] of mod_rewrite). The
 * core's hook does nothing but map.
 */
static int ask_others(request_rec *r)
{
    const apr_array_header_t *hooks = ap_hook_get_translate_name();
    const request_rec before = *r;
    int i;

    for (i = first_behind_claim(hooks); i < hooks->nelts; i++) {
        int status =
            hook(hooks, i) == ap_core_translate ? DECLINED : hook(hooks, i)(r);

        if (status != OK && status != DECLINED) {
            return status;
        }
        if (status == OK) {
            restore(r, &before);
        }
    }
    restore(r, &before);
    return OK;
}

/*
 * The file name is below no folder, into which mod_speling would look for
 * similar names, and equals the path of no <Location>, which would keep
 * mod_rewrite from looking at the rules in there.
 */
static void claim(request_rec *r)
{
    r->filename = apr_pstrcat(r->pool, "/accesstoken:", r->uri, NULL);
    r->handler = handler_name;
    at_header_fields_begin(r);
}

int at_claim_translate(request_rec *r)
{
    int status;

    if (!at_location_path(r)) {
        return DECLINED;
    }
    unmap(r);
    status = ask_others(r);
    if (status != OK) {
        return status;
    }
    claim(r);
    return OK;
}

/* translate_name was asked neither about what a rewrite with [PT] makes of an
 * address, nor about a file that another module looks up in a sub-request, such
 * as <!--#include file="…" -->. */
static int may_be_unseen(const request_rec *r)
{
    return r->main || r->uri != r->parsed_uri.path;
}

/* httpd has put the location's settings out of sight, and looks for them again
 * after this hook; it keeps what it finds here. */
static int is_managers_location(request_rec *r)
{
    ap_conf_vector_t *before = r->per_dir_config;
    int found = ap_location_walk(r) == OK && at_location_path(r) != NULL;

    r->per_dir_config = before;
    return found;
}

/* The address of the name that the claim left cannot come from a SetHandler. */
int at_claim_map(request_rec *r)
{
    if (r->handler == handler_name) {
        return OK;
    }
    if (!may_be_unseen(r) || !is_managers_location(r)) {
        return DECLINED;
    }
    unmap(r);
    r->path_info = NULL;
    claim(r);
    return OK;
}

int at_claim_type(request_rec *r)
{
    if (!at_location_path(r)) {
        return DECLINED;
    }
    at_header_fields_begin(r);
    r->handler = handler_name;
    return OK;
}
