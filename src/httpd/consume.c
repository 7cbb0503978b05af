/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes consumed credentials out of a request before its handler runs.
 *
 * Where mod_cache is loaded, they are put back once the answer begins: it decides
 * then whether it may keep an answer, and keeps none to a request with
 * Authorization; without it, one user's page would be stored for all. Access logs
 * come last and see them no more.
 */
#include "httpd/consume.h"

#include <http_config.h>
#include <util_filter.h>

#include "httpd/auth.h"
#include "httpd/config.h"

static ap_filter_rec_t *filter_handle;

/* Both are set each time the configuration is read. */
static int is_cached;

static int is_consumed(const request_rec *r)
{
    const at_decision_t *decision = at_auth_decision(r);

    return decision && decision->judgement != AT_NO_TOKEN &&
           !at_config_dir(r)->forward_credentials;
}

static apr_status_t put_back(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    ap_filter_t *next = filter->next;

    apr_table_setn(filter->r->headers_in, at_auth_field(filter->r),
                   filter->ctx);
    ap_remove_output_filter(filter);
    return ap_pass_brigade(next, brigade);
}

/* Before CACHE_SAVE, which comes with the content's encoding. */
void at_consume_register(void)
{
    filter_handle = ap_register_output_filter(
        "ACCESSTOKEN_CREDENTIALS", put_back, NULL, AP_FTYPE_RESOURCE);
}

int at_consume_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *server)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    (void)server;
    is_cached = ap_find_linked_module("mod_cache.c") != NULL;
    return OK;
}

/* A sub-request has no output filters of its own to begin the answer with. */
static void put_back_later(request_rec *r)
{
    const char *value = apr_table_get(r->headers_in, at_auth_field(r));

    if (value && !r->main) {
        ap_add_output_filter_handle(filter_handle, (void *)value, r,
                                    r->connection);
    }
}

int at_consume(request_rec *r)
{
    if (!is_consumed(r)) {
        return DECLINED;
    }
    if (is_cached) {
        put_back_later(r);
    }
    apr_table_unset(r->headers_in, at_auth_field(r));
    at_auth_decision(r)->is_hidden = !is_cached && !r->main;
    return DECLINED;
}

int at_consume_for_log(request_rec *r)
{
    if (is_consumed(r) && !at_auth_decision(r)->is_hidden) {
        apr_table_unset(r->headers_in, at_auth_field(r));
    }
    return DECLINED;
}
