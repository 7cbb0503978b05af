/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a database that is away from filling the error log.
 *
 * One memory for each table, kind of trouble and process. The common case, no trouble, costs one
 * atomic read.
 */
#include "httpd/trouble.h"

#include <http_log.h>
#include <apr_atomic.h>
#include <apr_thread_mutex.h>

#include "core/time.h"
#include "httpd/config.h"

APLOG_USE_MODULE(accesstoken);

#define REMIND_MS 10000

struct at_trouble_t {
    const char *what;
    apr_thread_mutex_t *lock;
    volatile apr_uint32_t lasting;
    apr_int64_t since;
    apr_int64_t told;
    int refused;
};

at_trouble_t *at_trouble_make(apr_pool_t *p, const char *what)
{
    at_trouble_t *trouble = apr_pcalloc(p, sizeof(*trouble));

    trouble->what = what;
    apr_thread_mutex_create(&trouble->lock, APR_THREAD_MUTEX_DEFAULT, p);
    return trouble;
}

void at_trouble_note(at_trouble_t *trouble, request_rec *r, const char *words,
                     int refused)
{
    apr_int64_t now = at_time_monotonic();
    int tell;

    apr_thread_mutex_lock(trouble->lock);
    if (!trouble->lasting) {
        trouble->since = now;
        trouble->told = now - REMIND_MS;
        trouble->refused = 0;
        apr_atomic_set32(&trouble->lasting, 1);
    }
    trouble->refused += refused;
    refused = trouble->refused;
    tell = now - trouble->told >= REMIND_MS;
    trouble->told = tell ? now : trouble->told;
    apr_thread_mutex_unlock(trouble->lock);
    if (tell) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "%s, %d requests refused so far: %s (a missing table or "
                      "column: AccessTokenCreateTable On, or httoken init)",
                      trouble->what, refused, words);
    }
}

int at_trouble_lasts(at_trouble_t *trouble)
{
    return apr_atomic_read32(&trouble->lasting) != 0;
}

void at_trouble_over(at_trouble_t *trouble, request_rec *r, apr_int64_t when)
{
    apr_int64_t length = 0;
    int refused = 0;
    int lasted = 0;

    if (!at_trouble_lasts(trouble)) {
        return;
    }
    apr_thread_mutex_lock(trouble->lock);
    if (trouble->lasting && (when == 0 || when >= trouble->since)) {
        length = at_time_monotonic() - trouble->since;
        refused = trouble->refused;
        lasted = 1;
        apr_atomic_set32(&trouble->lasting, 0);
    }
    apr_thread_mutex_unlock(trouble->lock);
    if (lasted) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                      "over after %" APR_INT64_T_FMT
                      " ms with %d requests refused: %s",
                      length, refused, trouble->what);
    }
}
