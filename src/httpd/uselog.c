/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the log of last uses. No request is behind these lines: they come from
 * the thread that writes, and at the end from the one that stops the process.
 */
#include "httpd/uselog.h"

#include <http_log.h>
#include <http_main.h>
#include <apr_strings.h>

#include "core/time.h"
#include "core/uses.h"
#include "httpd/config.h"

APLOG_USE_MODULE(accesstoken);

struct at_uselog_t {
    at_shelf_t *shelf;
    at_outage_t *outage;
    const char *table;
};

at_uselog_t *at_uselog_make(apr_pool_t *p, at_shelf_t *shelf, const char *table)
{
    at_uselog_t *log = apr_pcalloc(p, sizeof(*log));

    log->shelf = shelf;
    log->outage = at_shelf_outage(shelf, AT_OUTAGE_USES);
    log->table = apr_pstrdup(p, table);
    return log;
}

static void tell_waiting(const at_uselog_t *log, int left, const char *words)
{
    apr_uint64_t refused = 0;

    if (at_outage_note(log->outage, at_time_monotonic(), &refused)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     "last uses wait to be written to the table %s, %d at the "
                     "moment: %s",
                     log->table, left, words);
    }
}

/* Another process may have failed since. */
static void tell_end(const at_uselog_t *log, apr_int64_t when)
{
    at_outage_end_t end;

    if (at_outage_lasts(log->outage) &&
        when > (apr_int64_t)atomic_load(&log->outage->latest) &&
        at_outage_over(log->outage, at_time_monotonic(), &end)) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                     "over after %" APR_INT64_T_FMT
                     " ms: last uses are written to the table %s again",
                     end.length, log->table);
    }
}

void at_uselog_heed(void *baton, int left, const char *words, apr_int64_t when)
{
    const at_uselog_t *log = baton;

    if (left > 0) {
        tell_waiting(log, left, words);
        return;
    }
    tell_end(log, when);
}

void at_uselog_lost(const at_uselog_t *log, int left)
{
    if (left > 0 && at_uses_loss_is_news(log->shelf, at_time_monotonic())) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                     "%d last uses are lost: they could not be written to the "
                     "table %s before the server's end",
                     left, log->table);
    }
}
