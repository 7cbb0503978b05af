/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes a request to its endpoint by user, path and method.
 */
#include "httpd/manager/manager.h"

#include <string.h>

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_strings.h>

#include "core/token/text.h"
#include "httpd/config/config.h"
#include "httpd/manager/api.h"
#include "httpd/manager/location.h"
#include "httpd/manager/crosssite.h"
#include "httpd/manager/listing.h"
#include "httpd/manager/page.h"
#include "httpd/manager/reply.h"
#include "httpd/process/service.h"

APLOG_USE_MODULE(accesstoken);

/* The routes */

typedef struct route_t {
    const char *allow;
    at_endpoint_t *get;
    at_endpoint_t *post;
    at_endpoint_t *remove;
} route_t;

/* A browser gets the page, a program the list. */
static int list_or_page(at_call_t *call)
{
    return at_page_wanted(call->r) ? at_page_show(call) : at_listing(call);
}

static const route_t collection = {.allow = "GET, HEAD, POST, OPTIONS",
                                   .get = list_or_page,
                                   .post = at_api_generate};
static const route_t asset = {.allow = "GET, HEAD, OPTIONS",
                              .get = at_page_asset};
static const route_t openapi = {.allow = "GET, HEAD, OPTIONS",
                                .get = at_page_openapi};
static const route_t token = {.allow = "GET, HEAD, DELETE, OPTIONS",
                              .get = at_api_show,
                              .remove = at_api_delete};

static const route_t *route_of(const char *name)
{
    if (!*name) {
        return &collection;
    }
    if (strncmp(name, "assets/", strlen("assets/")) == 0) {
        return &asset;
    }
    return strcmp(name, "openapi.json") == 0 ? &openapi : &token;
}

static at_endpoint_t *endpoint_of(const request_rec *r, const route_t *route)
{
    switch (r->method_number) {
    case M_GET: /* also HEAD, to which httpd sends no body */
        return route->get;
    case M_POST:
        return route->post;
    case M_DELETE:
        return route->remove;
    }
    return NULL;
}

static int answer_options(request_rec *r, const route_t *route)
{
    apr_table_setn(r->headers_out, "Allow", route->allow);
    return at_reply_empty(r, HTTP_NO_CONTENT);
}

static int answer_not_allowed(request_rec *r, const route_t *route)
{
    apr_table_setn(r->headers_out, "Allow", route->allow);
    return at_reply_problem(
        r, HTTP_METHOD_NOT_ALLOWED,
        apr_psprintf(r->pool, "%s is not allowed here; allowed are: %s.",
                     r->method, route->allow));
}

static int is_safe(const request_rec *r)
{
    return r->method_number == M_GET || r->method_number == M_OPTIONS;
}

static const char *header(const request_rec *r, const char *name)
{
    const char *value = apr_table_get(r->headers_in, name);

    return value ? value : "none";
}

static int route_call(at_call_t *call)
{
    request_rec *r = call->r;
    const route_t *route = route_of(call->name);
    at_endpoint_t *endpoint = endpoint_of(r, route);

    if (r->method_number == M_OPTIONS) {
        return answer_options(r, route);
    }
    if (!endpoint) {
        return answer_not_allowed(r, route);
    }
    if (!is_safe(r) && at_crosssite(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "cross-site request refused: Sec-Fetch-Site is %s and "
                      "Origin is %s, at the origin %s://%s",
                      header(r, "Sec-Fetch-Site"), header(r, "Origin"),
                      ap_http_scheme(r), header(r, "Host"));
        return at_reply_problem(r, HTTP_FORBIDDEN,
                                "This request was sent by another site.");
    }
    return endpoint(call);
}

/* The user */

static int refuse_without_user(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "manager request refused: httpd authenticated no user; "
                  "protect the <Location> with AuthType (Basic, form, OpenID "
                  "Connect, ...) and Require valid-user");
    return at_reply_problem(r, HTTP_FORBIDDEN,
                            "No user is signed in, so there are no tokens to "
                            "manage.");
}

static int refuse_user(request_rec *r, at_text_e judgement)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "manager request refused: the user name cannot own tokens: "
                  "it %s (a user name has 1 to %d bytes of UTF-8)",
                  at_text_reason(judgement), AT_TEXT_USER_MAX);
    return at_reply_problem(r, HTTP_FORBIDDEN,
                            "This user name cannot own tokens: it is longer "
                            "than 255 bytes, or not plain UTF-8.");
}

int at_manager_handle(request_rec *r)
{
    const at_dir_t *dir = at_config_dir(r);
    const char *path = at_location_path(r);
    at_text_e judgement;
    at_call_t call;

    if (!path) {
        return DECLINED;
    }
    judgement = at_text_check_user(r->user);
    if (judgement == AT_TEXT_EMPTY) {
        return refuse_without_user(r);
    }
    if (judgement != AT_TEXT_FINE) {
        return refuse_user(r, judgement);
    }
    call =
        (at_call_t){.r = r,
                    .user = r->user,
                    .all = dir->manager.mode == AT_MANAGER_ALL,
                    .name = *path ? path + 1 : path,
                    .lookup = at_service_of(r)->lookup,
                    .op = {.table = at_service_of(r)->table, .pool = r->pool}};
    return route_call(&call);
}
