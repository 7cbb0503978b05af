/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs whether a service's table can be reached, and what happened to it. Each
 * line belongs to the request that noticed it.
 */
#include "httpd/process/service_log.h"

#include <http_log.h>
#include <apr_strings.h>

#include "core/cache/notices.h"

APLOG_USE_MODULE(accesstoken);

/* Some events happen several times before a request logs them. */
static const char *count_text(request_rec *r, apr_uint64_t times)
{
    return times > 1 ? apr_psprintf(r->pool,
                                    " (%" APR_UINT64_T_FMT
                                    " times since the last such line)",
                                    times)
                     : "";
}

static void log_notice(request_rec *r, const char *table, at_notice_e what,
                       const char *count)
{
    switch (what) {
    case AT_NOTICE_RECONNECTED:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "table %s: a statement failed on a broken connection and "
                      "succeeded on a new one%s",
                      table, count);
        break;
    case AT_NOTICE_REPLACED:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "table %s: the SQLite file was replaced; the new file is "
                      "used, and the cache was cleared%s",
                      table, count);
        break;
    case AT_NOTICE_CREATED:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "table %s did not exist and was created%s", table, count);
        break;
    }
}

/* Logs the events that failed no request. */
static void log_notices(request_rec *r, const at_service_t *service)
{
    at_cache_t *cache = at_lookup_cache(service->lookup);
    int what;

    for (what = 0; what < AT_NOTICES; what++) {
        apr_uint64_t times = at_notices_take(cache, (at_notice_e)what);

        if (times > 0) {
            log_notice(r, service->name, (at_notice_e)what,
                       count_text(r, times));
        }
    }
}

static void log_status(at_outage_log_t *log, request_rec *r, const char *reason,
                       apr_status_t status)
{
    log_notices(r, at_service_of(r));
    if (status == AT_EUNAVAILABLE) {
        at_outage_log_failed(log, r, reason, 1);
        return;
    }
    at_outage_log_succeeded(log, r, at_clock_monotonic());
}

void at_service_log_read(request_rec *r, const char *reason,
                         apr_status_t status)
{
    log_status(at_service_of(r)->read_outage, r, reason, status);
}

void at_service_log_hit(request_rec *r)
{
    const at_service_t *service = at_service_of(r);

    if (at_outage_log_lasts(service->read_outage)) {
        at_outage_log_succeeded(
            service->read_outage, r,
            at_freshness_last(at_lookup_cache(service->lookup)));
    }
}

static const char *stale_reason(request_rec *r, const at_service_t *service)
{
    char reason[AT_FRESHNESS_REASON_SIZE];

    at_freshness_reason(at_lookup_cache(service->lookup), reason);
    return apr_pstrcat(r->pool, "no answer to the query for deleted tokens",
                       *reason ? " (" : "", reason, *reason ? ")" : "",
                       "; cached tokens are accepted until "
                       "AccessTokenStaleIfError has passed",
                       NULL);
}

void at_service_log_stale_hit(request_rec *r, const char *reason)
{
    const at_service_t *service = at_service_of(r);

    at_outage_log_failed(service->read_outage, r,
                         reason ? reason : stale_reason(r, service), 0);
}

void at_service_log_write(request_rec *r, const char *reason,
                          apr_status_t status)
{
    log_status(at_service_of(r)->write_outage, r, reason, status);
}
