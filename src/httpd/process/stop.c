/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends the services of a process. The last uses are written for as long as the
 * writing makes progress; those that could not be written are logged.
 */
#include "httpd/process/stop.h"

#include <httpd.h>
#include <apr_time.h>

#include "core/cache/counters.h"
#include "core/token/clock.h"
#include "httpd/process/service.h"

/* The longest wait for pending writes, in all and without progress. httpd
 * kills a process nine seconds after the beginning of a stop. */
#define STOP_MS 7000
#define PROGRESS_MS 2500
#define STOP_POLL_MS 50
/* The wait for other processes that stop at the same time. */
#define LAST_MS 500
#define LAST_POLL_MS 20

static apr_uint64_t written_so_far(const apr_array_header_t *services)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < services->nelts; i++) {
        const at_service_t *service =
            APR_ARRAY_IDX(services, i, at_service_t *);

        sum += at_counters_sum(at_lookup_cache(service->lookup),
                               AT_COUNTER_WRITTEN);
    }
    return sum;
}

/* Waits a little for each service. @return whether all have ended. */
static int await_each(const apr_array_header_t *services)
{
    int all = 1;
    int i;

    for (i = 0; i < services->nelts; i++) {
        at_service_t *service = APR_ARRAY_IDX(services, i, at_service_t *);

        if (!service->has_ended) {
            service->has_ended = at_dbpool_stop(service->dbpool, STOP_POLL_MS);
        }
        all &= service->has_ended;
    }
    return all;
}

/* Waits until all have ended, or the writing makes no progress, or time is
 * up. */
static void await_all(const apr_array_header_t *services)
{
    apr_int64_t begun = at_clock_monotonic();
    apr_int64_t progress = begun;
    apr_uint64_t before = written_so_far(services);

    while (!await_each(services)) {
        apr_int64_t now = at_clock_monotonic();
        apr_uint64_t written = written_so_far(services);

        progress = written > before ? now : progress;
        before = written;
        if (now - begun >= STOP_MS || now - progress >= PROGRESS_MS) {
            break;
        }
    }
}

static int count_left(const apr_array_header_t *services)
{
    int left = 0;
    int i;

    for (i = 0; i < services->nelts; i++) {
        const at_service_t *service =
            APR_ARRAY_IDX(services, i, at_service_t *);

        left += at_lastused_flush_leave(service->flush);
    }
    return left;
}

/* Only one of the processes that stop together logs. Its count includes the
 * last uses in the cache once all others have left, so the loop waits for
 * them. */
static void log_lost(const apr_array_header_t *services)
{
    int left = count_left(services);
    int i;

    for (i = 0; i < LAST_MS / LAST_POLL_MS && left > 0; i++) {
        apr_sleep(LAST_POLL_MS * 1000);
        left = count_left(services);
    }
    for (i = 0; i < services->nelts && left > 0; i++) {
        const at_service_t *service =
            APR_ARRAY_IDX(services, i, at_service_t *);

        at_lastused_log_lost(service->lastused_log,
                             at_lastused_flush_leave(service->flush));
    }
}

apr_status_t at_stop(void *data)
{
    const apr_array_header_t *services = data;
    int i;

    for (i = 0; i < services->nelts; i++) {
        at_dbpool_begin_stop(
            APR_ARRAY_IDX(services, i, at_service_t *)->dbpool);
    }
    await_all(services);
    log_lost(services);
    return APR_SUCCESS;
}
