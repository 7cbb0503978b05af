/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs for a server, not for a request: the lines come from the thread that
 * writes last uses, and at the end from the one that stops the process.
 */
#include "httpd/process/lastused_log.h"

#include <http_log.h>
#include <http_main.h>
#include <apr_strings.h>

#include "core/cache/cache_uses.h"
#include "core/token/clock.h"
#include "httpd/config/config.h"

APLOG_USE_MODULE(accesstoken);

struct at_lastused_log_t {
    at_cache_t *cache;
    at_outage_t *outage;
    const char *table;
};

at_lastused_log_t *at_lastused_log_make(apr_pool_t *p, at_cache_t *cache,
                                        const char *table)
{
    at_lastused_log_t *log = apr_pcalloc(p, sizeof(*log));

    log->cache = cache;
    log->outage = at_cache_outage(cache, AT_OUTAGE_USES);
    log->table = apr_pstrdup(p, table);
    return log;
}

static void log_waiting(const at_lastused_log_t *log, int left,
                        const char *reason)
{
    apr_uint64_t refused = 0;

    if (at_outage_note(log->outage, at_clock_monotonic(), &refused)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     "table %s: %d last uses cannot be written yet and stay in "
                     "memory: %s",
                     log->table, left, reason);
    }
}

/* If another process failed after `when`, the state lasts. */
static void log_end(const at_lastused_log_t *log, apr_int64_t when)
{
    at_outage_end_t end;

    if (at_outage_lasts(log->outage) &&
        when > (apr_int64_t)atomic_load(&log->outage->latest) &&
        at_outage_over(log->outage, at_clock_monotonic(), &end)) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                     "table %s: last uses are written again, after "
                     "%" APR_INT64_T_FMT " ms",
                     log->table, end.length);
    }
}

void at_lastused_log_write(void *data, int left, const char *reason,
                           apr_int64_t when)
{
    const at_lastused_log_t *log = data;

    if (left > 0) {
        log_waiting(log, left, reason);
        return;
    }
    log_end(log, when);
}

void at_lastused_log_lost(const at_lastused_log_t *log, int left)
{
    if (left > 0 &&
        at_cache_uses_should_log_loss(log->cache, at_clock_monotonic())) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     "table %s: %d last uses are lost: they could not be "
                     "written before httpd stopped",
                     log->table, left);
    }
}
