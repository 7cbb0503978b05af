/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves the page and its files out of the module itself.
 *
 * Addresses in the page are relative to it, so that it works behind a proxy
 * that gives it another path; with or without a final slash is the one thing
 * that must be known. The page is never stored; its files have their version in
 * the address and may be kept for ever.
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

/* What is wanted */

/* The weight that Accept gives to exactly this type; 0 if it is not named. */
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

static const char *word_for(const at_visit_t *visit, const char *name)
{
    apr_pool_t *p = visit->r->pool;
    const at_dir_t *dir = at_config_dir(visit->r);

    if (strcmp(name, "assets") == 0) {
        return apr_pstrcat(p, ap_escape_html(p, at_reply_way_in(visit->r)),
                           "assets/", at_assets_version, NULL);
    }
    if (strcmp(name, "manager") == 0) {
        return visit->all ? "all" : "own";
    }
    if (strcmp(name, "scopes") == 0) {
        return dir->scopes ? ap_escape_html(p, dir->scopes) : "";
    }
    if (strcmp(name, "default-days") == 0) {
        return days(p, at_api_default_lifetime(dir));
    }
    return days(p, dir->max_lifetime);
}

static void write_filled(at_visit_t *visit, const char *page)
{
    const char *at;

    while ((at = strchr(page, '@'))) {
        const char *end = strchr(at + 1, '@');
        char *name =
            apr_pstrmemdup(visit->r->pool, at + 1, (apr_size_t)(end - at - 1));

        ap_rwrite(page, (int)(at - page), visit->r);
        ap_rputs(word_for(visit, name), visit->r);
        page = end + 1;
    }
    ap_rputs(page, visit->r);
}

int at_page_show(at_visit_t *visit)
{
    request_rec *r = visit->r;

    ap_set_content_type(r, PAGE_TYPE);
    at_header_fields_page(r);
    write_filled(visit, at_assets_page);
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

int at_page_asset(at_visit_t *visit)
{
    const at_asset_t *asset = asset_named(visit->name);
    request_rec *r = visit->r;

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

int at_page_openapi(at_visit_t *visit)
{
    ap_set_content_type(visit->r, "application/json");
    ap_rputs(at_assets_openapi, visit->r);
    return OK;
}
