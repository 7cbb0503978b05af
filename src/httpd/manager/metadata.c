/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers with OAuth 2.0 protected resource metadata (RFC 9728).
 *
 * The settings of the resource are those that a sub-request for its path gets.
 * The sub-request ends before any module asks for credentials. It also tells
 * whether the client may reach the resource at all: metadata are for clients
 * that would get a challenge there, or the resource itself.
 */
#include "httpd/manager/metadata.h"

#include <stdlib.h>

#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>
#include <apr_strings.h>
#include <jansson.h>

#include "httpd/auth/auth.h"
#include "httpd/auth/decision.h"
#include "httpd/auth/resource.h"
#include "httpd/config/config.h"
#include "httpd/manager/claim.h"
#include "httpd/manager/reply.h"

#define ALLOWED "GET, HEAD, OPTIONS"

/* The handler of a request for metadata, until a rule of mod_rewrite in a
 * section sets another one. Compared by its address. */
static const char handler_name[] = "accesstoken-metadata";

/* The handler of a request while it looks for metadata. */
static const char searching[] = "accesstoken-metadata-search";

/* A note of the request: the metadata. */
static const char found[] = "accesstoken-metadata";

static ap_filter_rec_t *filter;

/* The metadata */

/* httpd keeps the realm as it is written in a challenge, with backslashes
 * before quotation marks. */
static const char *unquote(apr_pool_t *p, const char *realm)
{
    char *text = apr_pstrdup(p, realm);
    char *end = text;

    for (; *realm; realm++) {
        realm += realm[0] == '\\' && realm[1] != '\0';
        *end++ = *realm;
    }
    *end = '\0';
    return text;
}

static json_t *words_of(apr_pool_t *p, const char *scopes)
{
    json_t *words = json_array();
    char *rest = apr_pstrdup(p, scopes);
    char *state;
    const char *word;

    while ((word = apr_strtok(rest, " ", &state))) {
        rest = NULL;
        json_array_append_new(words, json_string(word));
    }
    return words;
}

/* Members without a value are left out; so is a realm that is not UTF-8. */
static json_t *describe(request_rec *r, const char *url)
{
    const char *scopes = at_config_dir(r)->scopes;
    const char *realm = ap_auth_name(r);
    json_t *metadata = json_pack("{s:s, s:[s]}", "resource", url,
                                 "bearer_methods_supported", "header");

    if (scopes) {
        json_object_set_new(metadata, "scopes_supported",
                            words_of(r->pool, scopes));
    }
    if (realm) {
        json_object_set_new(metadata, "resource_name",
                            json_string(unquote(r->pool, realm)));
    }
    return metadata;
}

static const char *text_of(apr_pool_t *p, json_t *metadata)
{
    char *dumped = metadata ? json_dumps(metadata, JSON_COMPACT) : NULL;
    const char *text = dumped ? apr_pstrdup(p, dumped) : NULL;

    free(dumped);
    json_decref(metadata);
    return text;
}

/* The search */

static request_rec *look_up(request_rec *r, const char *target)
{
    const char *handler = r->handler;
    request_rec *resource;

    r->handler = searching;
    resource = ap_sub_req_lookup_uri(target, r, NULL);
    r->handler = handler;
    return resource;
}

static int is_reachable(const request_rec *resource)
{
    return resource->status == HTTP_OK || resource->status == HTTP_UNAUTHORIZED;
}

/* A token that the client has sent is kept from logs, as at the resource. */
static int take(request_rec *r, request_rec *resource, const char *target)
{
    const char *text =
        text_of(r->pool, describe(resource, at_resource_url(r, target)));

    if (!text) {
        return 0;
    }
    if (!at_decision(r)) {
        at_auth_note_unneeded(resource);
    }
    apr_table_setn(r->notes, found, text);
    return 1;
}

static int find(request_rec *r, const char *target)
{
    request_rec *resource = look_up(r, target);
    int is_found = is_reachable(resource) &&
                   at_resource_has_metadata(resource) &&
                   take(r, resource, target);

    /* The sub-request may have begun a decision, which refers to its memory. */
    if (!is_found) {
        ap_set_module_config(r->request_config, &accesstoken_module, NULL);
        ap_destroy_sub_req(resource);
    }
    return is_found;
}

/* Phases of a request */

int at_metadata_translate(request_rec *r)
{
    const char *target = at_resource_wanted(r);
    int status;

    if (!target || !find(r, target)) {
        return DECLINED;
    }
    status = at_claim_take(r, at_metadata_translate);
    if (status == OK) {
        r->handler = handler_name;
    }
    return status;
}

int at_metadata_skip(request_rec *r)
{
    return r->handler == handler_name ? OK : DECLINED;
}

int at_metadata_access(request_rec *r)
{
    if (r->handler == handler_name) {
        return OK;
    }
    return r->main && r->main->handler == searching ? HTTP_UNAUTHORIZED
                                                    : DECLINED;
}

/* The answer */

static void set(request_rec *r, const char *name, const char *value)
{
    apr_table_unset(r->err_headers_out, name);
    apr_table_setn(r->headers_out, name, value);
}

/* Metadata are public, so pages of every origin may read them. */
static void write_fields(request_rec *r)
{
    set(r, "Access-Control-Allow-Origin", "*");
    set(r, "X-Content-Type-Options", "nosniff");
}

/* A field of mod_headers for the whole site must not be there as well. */
static apr_status_t enforce(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    write_fields(f->r);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

static int answer_options(request_rec *r)
{
    apr_table_setn(r->headers_out, "Allow", ALLOWED);
    apr_table_setn(r->headers_out, "Access-Control-Allow-Methods", ALLOWED);
    apr_table_setn(r->headers_out, "Access-Control-Allow-Headers", "*");
    return at_reply_empty(r, HTTP_NO_CONTENT);
}

int at_metadata_answer(request_rec *r)
{
    const char *metadata = apr_table_get(r->notes, found);

    if (!metadata) {
        return DECLINED;
    }
    ap_add_output_filter_handle(filter, NULL, r, r->connection);
    switch (r->method_number) {
    case M_GET:
        return at_reply_json_text(r, metadata);
    case M_OPTIONS:
        return answer_options(r);
    }
    apr_table_setn(r->headers_out, "Allow", ALLOWED);
    return at_reply_problem(r, HTTP_METHOD_NOT_ALLOWED,
                            "Only " ALLOWED " are allowed here.");
}

/* The filter has the type of mod_headers's filter and is added after it, so it
 * runs after it. */
void at_metadata_register(void)
{
    filter = ap_register_output_filter("ACCESSTOKEN_METADATA", enforce, NULL,
                                       AP_FTYPE_CONTENT_SET);
}
