/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a database that is away from filling the error log. The common case, no
 * trouble, costs one atomic read.
 */
#include "httpd/trouble.h"

#include <http_log.h>

#include "core/time.h"
#include "httpd/config.h"

APLOG_USE_MODULE(accesstoken);

struct at_trouble_t {
    const char *what;
    at_outage_t *outage;
};

at_trouble_t *at_trouble_make(apr_pool_t *p, at_outage_t *outage,
                              const char *what)
{
    at_trouble_t *trouble = apr_pcalloc(p, sizeof(*trouble));

    trouble->what = what;
    trouble->outage = outage;
    return trouble;
}

void at_trouble_note(at_trouble_t *trouble, request_rec *r, const char *words,
                     int refused)
{
    apr_uint64_t so_far = refused ? 1 : 0;

    if (at_outage_note(trouble->outage, at_time_monotonic(), &so_far)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "%s, %" APR_UINT64_T_FMT " requests refused so far: %s",
                      trouble->what, so_far, words);
    }
}

int at_trouble_lasts(at_trouble_t *trouble)
{
    return at_outage_lasts(trouble->outage);
}

void at_trouble_over(at_trouble_t *trouble, request_rec *r, apr_int64_t when)
{
    at_outage_end_t end;

    if (at_trouble_lasts(trouble) &&
        at_outage_over(trouble->outage, when, &end)) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                      "over after %" APR_INT64_T_FMT
                      " ms with %" APR_UINT64_T_FMT " requests refused: %s",
                      end.length, end.refused, trouble->what);
    }
}
