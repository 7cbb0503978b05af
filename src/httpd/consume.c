/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes consumed credentials out of a request while its handler runs.
 *
 * Once the answer begins they are put back, because mod_cache decides then
 * whether it may keep an answer, and keeps none to a request with Authorization;
 * without it, one user's page would be stored for all. Access logs come last and
 * see them no more.
 */
#include "httpd/consume.h"

#include <http_config.h>
#include <util_filter.h>

#include "httpd/auth.h"
#include "httpd/config.h"

static const char filter_name[] = "ACCESSTOKEN_CREDENTIALS";

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
    ap_register_output_filter(filter_name, put_back, NULL, AP_FTYPE_RESOURCE);
}

int at_consume(request_rec *r)
{
    const char *field = at_auth_field(r);
    const char *value = apr_table_get(r->headers_in, field);

    if (value && is_consumed(r)) {
        apr_table_unset(r->headers_in, field);
        if (!r->main) {
            ap_add_output_filter(filter_name, (void *)value, r, r->connection);
        }
    }
    return DECLINED;
}

int at_consume_for_log(request_rec *r)
{
    if (is_consumed(r)) {
        apr_table_unset(r->headers_in, at_auth_field(r));
    }
    return DECLINED;
}
