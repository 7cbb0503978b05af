/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes to the error log, on behalf of the request that learnt of it, whether a
 * service's table answers and what happened to it.
 */
#include "httpd/process/service_log.h"

#include <http_log.h>
#include <apr_strings.h>

#include "core/cache/notices.h"

APLOG_USE_MODULE(accesstoken);

/* What is told at level info, since it harmed nobody. */
static const char *const notices[] = {
    [AT_NOTICE_RECONNECTED] = "a statement failed on a connection, and was "
                              "carried out on a fresh one",
    [AT_NOTICE_REPLACED] =
        "the database file is another one now, which is used "
        "from here on",
    [AT_NOTICE_CREATED] = "the table was missing, and was made",
};

static void tell_notices(request_rec *r, const at_service_t *service)
{
    at_cache_t *cache = at_lookup_cache(service->lookup);
    int what;

    for (what = 0; what < AT_NOTICES; what++) {
        apr_uint64_t times = at_notices_take(cache, (at_notice_e)what);

        if (times > 0) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                          "table %s: %s (so often since this was told last: "
                          "%" APR_UINT64_T_FMT ")",
                          service->name, notices[what], times);
        }
    }
}

static void report(at_outage_log_t *trouble, request_rec *r, const char *reason,
                   apr_status_t status)
{
    tell_notices(r, at_service_of(r));
    if (status == AT_EUNAVAILABLE) {
        at_outage_log_note(trouble, r, reason, 1);
        return;
    }
    at_outage_log_over(trouble, r, at_clock_monotonic());
}

void at_service_log_read(request_rec *r, const char *reason,
                         apr_status_t status)
{
    report(at_service_of(r)->reading, r, reason, status);
}

void at_service_log_freshness(request_rec *r)
{
    const at_service_t *service = at_service_of(r);

    if (at_outage_log_lasts(service->reading)) {
        at_outage_log_over(service->reading, r,
                           at_freshness_last(at_lookup_cache(service->lookup)));
    }
}

static const char *absence(request_rec *r, const at_service_t *service)
{
    char reason[AT_FRESHNESS_REASON_SIZE];

    at_freshness_reason(at_lookup_cache(service->lookup), reason);
    return apr_pstrcat(r->pool, "it does not say which tokens were deleted",
                       *reason ? " (" : "", reason, *reason ? ")" : "",
                       "; what is known from before is trusted for now", NULL);
}

void at_service_log_absence(request_rec *r, const char *reason)
{
    const at_service_t *service = at_service_of(r);

    at_outage_log_note(service->reading, r,
                       reason ? reason : absence(r, service), 0);
}

void at_service_log_write(request_rec *r, const char *reason,
                          apr_status_t status)
{
    report(at_service_of(r)->writing, r, reason, status);
}
