/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps an outage of the database from filling the error log. The common case,
 * no outage, costs one atomic read.
 */
#include "httpd/process/outage_log.h"

#include <http_log.h>

#include "core/token/clock.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

struct at_outage_log_t {
    at_outage_t *outage;
    const char *table;
    const char *operation;
};

at_outage_log_t *at_outage_log_make(apr_pool_t *p, at_outage_t *outage,
                                    const char *table, const char *operation)
{
    at_outage_log_t *log = apr_pcalloc(p, sizeof(*log));

    log->outage = outage;
    log->table = table;
    log->operation = operation;
    return log;
}

void at_outage_log_failed(at_outage_log_t *log, request_rec *r,
                          const char *reason, int refused)
{
    apr_uint64_t so_far = refused ? 1 : 0;

    if (at_outage_note(log->outage, at_clock_monotonic(), &so_far)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "table %s cannot be %s (requests refused so far: "
                      "%" APR_UINT64_T_FMT "): %s",
                      log->table, log->operation, so_far, reason);
    }
}

int at_outage_log_lasts(at_outage_log_t *log)
{
    return at_outage_lasts(log->outage);
}

void at_outage_log_succeeded(at_outage_log_t *log, request_rec *r,
                             apr_int64_t when)
{
    at_outage_end_t end;

    if (at_outage_log_lasts(log) && at_outage_over(log->outage, when, &end)) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                      "table %s can be %s again after %" APR_INT64_T_FMT
                      " ms (requests refused: %" APR_UINT64_T_FMT ")",
                      log->table, log->operation, end.length, end.refused);
    }
}
