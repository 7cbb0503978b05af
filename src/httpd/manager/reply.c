/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads request bodies and writes JSON.
 *
 * A problem sets the status itself and returns OK, so that httpd sends the
 * problem and not an ErrorDocument.
 */
#include "httpd/manager/reply.h"

#include <stdlib.h>
#include <string.h>

#include <http_protocol.h>
#include <util_filter.h>
#include <apr_buckets.h>
#include <apr_strings.h>

#include "core/token/json.h"
#include "httpd/auth/auth.h"

#define JSON_TYPE "application/json"
#define PROBLEM_TYPE "application/problem+json"

/* The reason phrase of a status, such as "Not Found" of "404 Not Found". */
static const char *title_of(int status)
{
    return ap_get_status_line(status) + 4;
}

/* The first request has the path as the client sent it, also after a
 * rewrite or an internal redirect. */
const char *at_reply_relative_prefix(request_rec *r)
{
    const char *path, *last;

    while (r->prev) {
        r = r->prev;
    }
    path = r->parsed_uri.path;
    last = path ? strrchr(path, '/') : NULL;
    if (!last || last[1] == '\0') {
        return "";
    }
    return apr_pstrcat(r->pool, ap_os_escape_path(r->pool, last + 1, 0), "/",
                       NULL);
}

int at_reply_empty(request_rec *r, int status)
{
    r->status = status;
    return OK;
}

static int send_text(request_rec *r, int status, const char *type,
                     const char *text)
{
    r->status = status;
    ap_set_content_type(r, type);
    ap_set_content_length(r, (apr_off_t)strlen(text));
    if (!r->header_only) {
        ap_rputs(text, r);
    }
    return OK;
}

static int send_json(request_rec *r, int status, const char *type, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

    json_decref(body);
    if (!text) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    send_text(r, status, type, apr_pstrdup(r->pool, text));
    free(text);
    return OK;
}

int at_reply_json(request_rec *r, int status, json_t *body)
{
    return send_json(r, status, JSON_TYPE, body);
}

int at_reply_json_text(request_rec *r, const char *text)
{
    return send_text(r, HTTP_OK, JSON_TYPE, text);
}

/* The value is written from the caller's stack to the output, without a
 * copy in a pool. Base62 and _ need no escapes in JSON. */
int at_reply_token(request_rec *r, const char *value, json_t *info)
{
    char *text = info ? json_dumps(info, JSON_COMPACT) : NULL;

    json_decref(info);
    if (!text) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    r->status = HTTP_CREATED;
    ap_set_content_type(r, JSON_TYPE);
    ap_rvputs(r, "{\"tokenValue\":\"", value, "\",\"tokenInfo\":", text, "}",
              NULL);
    free(text);
    return OK;
}

static json_t *problem(int status, const char *detail)
{
    return json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title",
                     title_of(status), "status", status, "detail", detail);
}

int at_reply_problem(request_rec *r, int status, const char *detail)
{
    return send_json(r, status, PROBLEM_TYPE, problem(status, detail));
}

int at_reply_faults(request_rec *r, const apr_array_header_t *faults)
{
    const at_fault_t *first = &APR_ARRAY_IDX(faults, 0, at_fault_t);
    json_t *body = problem(HTTP_BAD_REQUEST, first->detail);
    json_t *errors;
    int i;

    if (!body || strcmp(first->pointer, "#") == 0) {
        return send_json(r, HTTP_BAD_REQUEST, PROBLEM_TYPE, body);
    }
    errors = json_array();
    for (i = 0; i < faults->nelts; i++) {
        const at_fault_t *fault = &APR_ARRAY_IDX(faults, i, at_fault_t);

        json_array_append_new(errors,
                              json_pack("{s:s, s:s}", "pointer", fault->pointer,
                                        "detail", fault->detail));
    }
    json_object_set_new(body, "errors", errors);
    return send_json(r, HTTP_BAD_REQUEST, PROBLEM_TYPE, body);
}

int at_reply_unavailable(request_rec *r)
{
    at_auth_unavailable(r);
    return at_reply_problem(
        r, HTTP_SERVICE_UNAVAILABLE,
        "The token database cannot be reached or written right now. Nothing "
        "was changed; please try again in a moment.");
}

/* Reads one brigade of the body; sets `ended` at the end of the body. */
static int read_some(request_rec *r, apr_bucket_brigade *brigade, char *body,
                     apr_size_t *length, int *ended)
{
    apr_size_t more = AT_REPLY_BODY_MAX + 1 - *length;
    apr_bucket *last;
    apr_status_t status =
        ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES,
                       APR_BLOCK_READ, (apr_off_t)more);

    if (status == APR_SUCCESS) {
        last = APR_BRIGADE_EMPTY(brigade) ? NULL : APR_BRIGADE_LAST(brigade);
        *ended = last && APR_BUCKET_IS_EOS(last);
        status = apr_brigade_flatten(brigade, body + *length, &more);
    }
    apr_brigade_cleanup(brigade);
    if (status != APR_SUCCESS) {
        int error = ap_map_http_request_error(status, HTTP_BAD_REQUEST);

        return ap_is_HTTP_ERROR(error) ? error : HTTP_BAD_REQUEST;
    }
    *length += more;
    return *length > AT_REPLY_BODY_MAX ? HTTP_REQUEST_ENTITY_TOO_LARGE : OK;
}

static int announces_too_much(const request_rec *r)
{
    const char *announced = apr_table_get(r->headers_in, "Content-Length");

    return announced && apr_atoi64(announced) > AT_REPLY_BODY_MAX;
}

int at_reply_read_body(request_rec *r, const char **body, apr_size_t *length)
{
    apr_bucket_brigade *brigade;
    char *buffer;
    int ended = 0;
    int status = OK;

    if (announces_too_much(r)) {
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    }
    brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    buffer = apr_palloc(r->pool, AT_REPLY_BODY_MAX + 1);
    *length = 0;
    while (status == OK && !ended) {
        status = read_some(r, brigade, buffer, length, &ended);
    }
    apr_brigade_destroy(brigade);
    *body = buffer;
    return status;
}
