/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves the page and its files, which are built into the module.
 *
 * The URLs in the page are relative to it, so that it works behind a proxy
 * that gives it another path. They depend only on whether the path of the page
 * ends in a slash. The page is never stored. Its files have their version in
 * the URL, so that browsers may cache them for ever.
 */
#include "httpd/manager/page.h"

#include <stdlib.h>
#include <string.h>

#include <http_core.h>
#include <http_protocol.h>
#include <apr_strings.h>

#include "httpd/config/config.h"
#include "httpd/manager/assets.h"
#include "httpd/manager/header_fields.h"
#include "httpd/manager/reply.h"

#define PAGE_TYPE "text/html; charset=utf-8"

/* HTML or JSON */

/* The weight of exactly this type in Accept; 0 if Accept does not name it. */
static double weight_of(apr_pool_t *p, const char *accept, const char *type)
{
    apr_size_t length = strlen(type);
    const char *range;

    while (*accept && (range = ap_getword(p, &accept, ','))) {
        const char *q;

        range += strspn(range, " \t");
        if (ap_cstr_casecmpn(range, type, length) != 0 ||
            (range[length] != '\0' && !strchr("; \t", range[length]))) {
            continue;
        }
        q = ap_strcasestr(range, "q=");
        return q ? strtod(q + 2, NULL) : 1.0;
    }
    return 0;
}

int at_page_wanted(const request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");
    double html = accept ? weight_of(r->pool, accept, "text/html") : 0;

    return html > 0 && html >= weight_of(r->pool, accept, "application/json");
}

/* The page */

static const char *days(apr_pool_t *p, apr_int64_t seconds)
{
    if (seconds == AT_CONFIG_NEVER) {
        return "-1";
    }
    if (seconds == AT_CONFIG_UNLIMITED) {
        return "";
    }
    if (seconds % 86400 == 0) {
        return apr_psprintf(p, "%" APR_INT64_T_FMT, seconds / 86400);
    }
    return apr_psprintf(p, "%.6f", (double)seconds / 86400);
}

/* The ways to send a token, in the words of AccessTokenAccept. */
static const char *ways(apr_pool_t *p, const at_dir_t *dir)
{
    unsigned int accepted = dir->accept.ways;
    const char *words = "";
    int i;

    if (accepted & AT_WAY_BEARER) {
        words = " bearer";
    }
    if (accepted & AT_WAY_BASIC) {
        words = apr_pstrcat(p, words, " basic", NULL);
    }
    for (i = 0; dir->accept.fields && i < dir->accept.fields->nelts; i++) {
        words = apr_pstrcat(p, words, " header:",
                            APR_ARRAY_IDX(dir->accept.fields, i, const char *),
                            NULL);
    }
    if (accepted & AT_WAY_PLAIN) {
        words = apr_pstrcat(p, words, " header:Authorization", NULL);
    }
    return ap_escape_html(p, words + strspn(words, " "));
}

/* The value of a placeholder. */
static const char *value_of(const at_call_t *call, const char *name)
{
    apr_pool_t *p = call->r->pool;
    const at_dir_t *dir = at_config_dir(call->r);

    if (strcmp(name, "assets") == 0) {
        return apr_pstrcat(p,
                           ap_escape_html(p, at_reply_relative_prefix(call->r)),
                           "assets/", at_assets_version, NULL);
    }
    if (strcmp(name, "manager") == 0) {
        return call->all ? "all" : "own";
    }
    if (strcmp(name, "user") == 0) {
        return ap_escape_html(p, call->user);
    }
    if (strcmp(name, "scopes") == 0) {
        return dir->scopes ? ap_escape_html(p, dir->scopes) : "";
    }
    if (strcmp(name, "ways") == 0) {
        return ways(p, dir);
    }
    if (strcmp(name, "address") == 0) {
        return dir->address ? ap_escape_html(p, dir->address) : "";
    }
    if (strcmp(name, "default-days") == 0) {
        return days(p, at_api_default_lifetime(dir));
    }
    return days(p, dir->max_lifetime);
}

static void write_filled(at_call_t *call, const char *page)
{
    const char *at;

    while ((at = strchr(page, '@'))) {
        const char *end = strchr(at + 1, '@');
        char *name =
            apr_pstrmemdup(call->r->pool, at + 1, (apr_size_t)(end - at - 1));

        ap_rwrite(page, (int)(at - page), call->r);
        ap_rputs(value_of(call, name), call->r);
        page = end + 1;
    }
    ap_rputs(page, call->r);
}

int at_page_show(at_call_t *call)
{
    request_rec *r = call->r;

    ap_set_content_type(r, PAGE_TYPE);
    at_header_fields_page(r);
    write_filled(call, at_assets_page);
    return OK;
}

/* Files */

static const at_asset_t *asset_named(const char *name)
{
    const at_asset_t *asset;
    apr_size_t version = strlen(at_assets_version);

    name += strlen("assets/");
    if (strncmp(name, at_assets_version, version) != 0 ||
        name[version] != '/') {
        return NULL;
    }
    for (asset = at_assets; asset->name; asset++) {
        if (strcmp(asset->name, name + version + 1) == 0) {
            return asset;
        }
    }
    return NULL;
}

int at_page_asset(at_call_t *call)
{
    const at_asset_t *asset = asset_named(call->name);
    request_rec *r = call->r;

    if (!asset) {
        return at_reply_problem(r, HTTP_NOT_FOUND,
                                "The page has no such file.");
    }
    ap_set_content_type(r, asset->type);
    ap_set_content_length(r, (apr_off_t)asset->size);
    at_header_fields_asset(r);
    ap_rwrite(asset->content, (int)asset->size, r);
    return OK;
}

int at_page_openapi(at_call_t *call)
{
    ap_set_content_type(call->r, "application/json");
    ap_rputs(at_assets_openapi, call->r);
    return OK;
}
