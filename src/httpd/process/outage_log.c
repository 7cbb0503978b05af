/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a database that is away from filling the error log. The common case, no
 * trouble, costs one atomic read.
 */
#include "httpd/process/outage_log.h"

#include <http_log.h>

#include "core/token/clock.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

struct at_outage_log_t {
    const char *what;
    at_outage_t *outage;
};

at_outage_log_t *at_outage_log_make(apr_pool_t *p, at_outage_t *outage,
                                    const char *what)
{
    at_outage_log_t *trouble = apr_pcalloc(p, sizeof(*trouble));

    trouble->what = what;
    trouble->outage = outage;
    return trouble;
}

void at_outage_log_note(at_outage_log_t *trouble, request_rec *r,
                        const char *reason, int refused)
{
    apr_uint64_t so_far = refused ? 1 : 0;

    if (at_outage_note(trouble->outage, at_clock_monotonic(), &so_far)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "%s, %" APR_UINT64_T_FMT " requests refused so far: %s",
                      trouble->what, so_far, reason);
    }
}

int at_outage_log_lasts(at_outage_log_t *trouble)
{
    return at_outage_lasts(trouble->outage);
}

void at_outage_log_over(at_outage_log_t *trouble, request_rec *r,
                        apr_int64_t when)
{
    at_outage_end_t end;

    if (at_outage_log_lasts(trouble) &&
        at_outage_over(trouble->outage, when, &end)) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                      "over after %" APR_INT64_T_FMT
                      " ms with %" APR_UINT64_T_FMT " requests refused: %s",
                      end.length, end.refused, trouble->what);
    }
}
