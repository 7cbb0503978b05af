/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims the manager's location from the modules that translate names.
 *
 * A directive that .htaccess may not use switches the manager on. The name of
 * a handler does not: a user whose .htaccess may contain SetHandler also
 * controls the authentication there. A mapping of the site (ProxyPass /,
 * Alias, a rewrite of everything to one file) must not hide the manager. An
 * answer of the site must hold: otherwise a virtual host that redirects
 * everything to https would ask for passwords in clear text. So every other
 * translate_name hook is called; its answer is returned, its mapping undone.
 */
#include "httpd/manager/claim.h"

#include <http_core.h>
#include <http_request.h>
#include <apr_strings.h>

#include "httpd/manager/header_fields.h"
#include "httpd/manager/location.h"

static const char handler_name[] = "accesstoken-manager";

/* The other hooks */

/* Undoes a mapping. Whatever else a hook leaves in the request (variables,
 * notes, cookies) stays, as it would at any other location. */
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

/* ProxyPass with mapping=servlet or encoded maps the request before the claim.
 * And mod_rewrite begins with the URL path only if there is no file name. */
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

/* httpd has called the hooks before the claim, and they have declined. */
static int first_after(ap_HOOK_translate_name_t *claim,
                       const apr_array_header_t *hooks)
{
    int i = 0;

    while (i < hooks->nelts && hook(hooks, i) != claim) {
        i++;
    }
    return i + 1;
}

/*
 * Calls each hook after the claim, in httpd's order. httpd would stop at the
 * first mapping; here a Redirect after it still takes effect. The changes of a
 * hook that declines are kept for the next one ([PT] of mod_rewrite). The
 * core's hook is left out, because all it does is to map.
 */
static int run_hooks_after(ap_HOOK_translate_name_t *claim, request_rec *r)
{
    const apr_array_header_t *hooks = ap_hook_get_translate_name();
    const request_rec before = *r;
    int i;

    for (i = first_after(claim, hooks); i < hooks->nelts; i++) {
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
 * The file name is in no folder, because mod_speling would search the folder
 * for similar names. It differs from the path of every <Location>, because
 * mod_rewrite would otherwise skip the rules in that section.
 */
static void name(request_rec *r)
{
    r->filename = apr_pstrcat(r->pool, "/accesstoken:", r->uri, NULL);
}

int at_claim_take(request_rec *r, ap_HOOK_translate_name_t *claim)
{
    int status;

    unmap(r);
    status = run_hooks_after(claim, r);
    if (status == OK) {
        name(r);
    }
    return status;
}

static void begin(request_rec *r)
{
    r->handler = handler_name;
    at_header_fields_begin(r);
}

int at_claim_translate(request_rec *r)
{
    int status;

    if (!at_location_path(r)) {
        return DECLINED;
    }
    status = at_claim_take(r, at_claim_translate);
    if (status == OK) {
        begin(r);
    }
    return status;
}

/* Was at_claim_translate() perhaps not called with the request's present
 * path? That is so after a rewrite with [PT], and for a file that another
 * module looks up in a sub-request, such as <!--#include file="…" -->. */
static int may_be_untranslated(const request_rec *r)
{
    return r->main || r->uri != r->parsed_uri.path;
}

/* Before this hook httpd resets the settings of the request, and it merges
 * those of the location again after the hook. So they are merged here,
 * read, and reset. httpd caches the result of this walk for its own. */
static int is_managers_location(request_rec *r)
{
    ap_conf_vector_t *before = r->per_dir_config;
    int found = ap_location_walk(r) == OK && at_location_path(r) != NULL;

    r->per_dir_config = before;
    return found;
}

/* The comparison is of addresses: a SetHandler with the same name is another
 * string. */
int at_claim_map(request_rec *r)
{
    if (r->handler == handler_name) {
        return OK;
    }
    if (!may_be_untranslated(r) || !is_managers_location(r)) {
        return DECLINED;
    }
    unmap(r);
    r->path_info = NULL;
    name(r);
    begin(r);
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
