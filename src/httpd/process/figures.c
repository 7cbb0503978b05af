/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Describes and reads the figures. In OpenMetrics, reasons and sources are
 * labels, and what is counted twice (a figure that is a part of another one)
 * is a family of its own, so that each family can be summed.
 */
#include "httpd/process/figures.h"

#include <http_main.h>

#include "core/cache/cache_uses.h"
#include "core/cache/freshness.h"
#include "httpd/config/config.h"

/* OpenMetrics */

enum {
    ACCEPTED,
    STALE,
    REFUSED,
    UNDECIDED,
    LOOKUP_DURATION,
    SHARED,
    USES_WRITTEN,
    USES_LOST,
    USES_PENDING,
    PURGED,
    EVICTED,
    DISPLACED,
    ENTRIES,
    CAPACITY,
    REVOCATION_AGE,
    BREAKER,
    FAMILIES
};

const at_family_t at_families[] = {
    [ACCEPTED] = {"accesstoken_accepted", "counter", NULL,
                  "Requests that were authenticated by a token."},
    [STALE] = {"accesstoken_accepted_stale", "counter", NULL,
               "Requests accepted from the cache while the table could not be "
               "read."},
    [REFUSED] = {"accesstoken_refused", "counter", NULL,
                 "Requests whose token was refused."},
    [UNDECIDED] = {"accesstoken_undecided", "counter", NULL,
                   "Requests answered 503, because the table could not be "
                   "read."},
    [LOOKUP_DURATION] = {"accesstoken_lookup_duration_seconds", "summary",
                         "seconds", "Lookups in the table."},
    [SHARED] = {"accesstoken_shared_lookups", "counter", NULL,
                "Requests that shared the lookup of another request."},
    [USES_WRITTEN] = {"accesstoken_last_uses_written", "counter", NULL,
                      "Last uses written to the table."},
    [USES_LOST] = {"accesstoken_last_uses_lost", "counter", NULL,
                   "Last uses given up, because too many were pending."},
    [USES_PENDING] = {"accesstoken_last_uses_pending", "gauge", NULL,
                      "Last uses to be written."},
    [PURGED] = {"accesstoken_purged", "counter", NULL,
                "Rows of old tokens removed from the table."},
    [EVICTED] = {"accesstoken_cache_evicted", "counter", NULL,
                 "Rows evicted from the cache for others."},
    [DISPLACED] = {"accesstoken_cache_displaced", "counter", NULL,
                   "Rows evicted from the cache before their last use was "
                   "written."},
    [ENTRIES] = {"accesstoken_cache_entries", "gauge", NULL,
                 "Rows in the cache."},
    [CAPACITY] = {"accesstoken_cache_capacity", "gauge", NULL,
                  "Rows that fit into the cache."},
    [REVOCATION_AGE] = {"accesstoken_revocation_age_seconds", "gauge",
                        "seconds",
                        "Time since the last answered query for deleted "
                        "tokens; NaN if there was none."},
    [BREAKER] = {"accesstoken_breaker_open", "gauge", NULL,
                 "1 while lookups are refused, because the database does not "
                 "answer."},
    [FAMILIES] = {.name = NULL},
};

/* Values that are not counters */

static const at_cache_t *cache_of(const at_service_t *service)
{
    return at_lookup_cache(service->lookup);
}

static apr_int64_t read_entries(const at_service_t *service)
{
    return (apr_int64_t)at_cache_entries(cache_of(service));
}

static apr_int64_t read_capacity(const at_service_t *service)
{
    return (apr_int64_t)at_cache_capacity(cache_of(service));
}

static apr_int64_t read_uses_pending(const at_service_t *service)
{
    return (apr_int64_t)at_cache_uses_count(cache_of(service));
}

static apr_int64_t read_revocation_age(const at_service_t *service)
{
    apr_int64_t last = at_freshness_last(cache_of(service));

    return last == 0 ? AT_FIGURE_NEVER : at_clock_monotonic() - last;
}

static apr_int64_t read_breaker(const at_service_t *service)
{
    return at_dbpool_breaker_is_open(service->dbpool) != 0;
}

/* The figures */

#define COUNTER(number) AT_FIGURE_NUMBER, AT_COUNTER_##number, NULL
#define VALUE(type, function) AT_FIGURE_##type, AT_COUNTERS, function
#define SAMPLE(family, suffix, label) &at_families[family], suffix, label

const at_figure_t at_figures[] = {
    {"Hits", "requests accepted from the cache", COUNTER(HITS),
     SAMPLE(ACCEPTED, "_total", "source=\"cache\"")},
    {"StaleHits", "of those, while the table could not be read", COUNTER(STALE),
     SAMPLE(STALE, "_total", NULL)},
    {"ColdHits", "requests accepted after a lookup", COUNTER(COLD),
     SAMPLE(ACCEPTED, "_total", "source=\"table\"")},
    {"Lookups", "lookups in the table", COUNTER(LOOKUPS),
     SAMPLE(LOOKUP_DURATION, "_count", NULL)},
    {"SharedLookups", "requests that shared another request's lookup",
     COUNTER(SHARED), SAMPLE(SHARED, "_total", NULL)},
    {"RefusedMalformed", "refused: not a token", COUNTER(MALFORMED),
     SAMPLE(REFUSED, "_total", "reason=\"malformed\"")},
    {"RefusedUnknown", "refused: unknown", COUNTER(UNKNOWN),
     SAMPLE(REFUSED, "_total", "reason=\"unknown\"")},
    {"RefusedWrongSecret", "refused: wrong secret", COUNTER(WRONG_SECRET),
     SAMPLE(REFUSED, "_total", "reason=\"wrong_secret\"")},
    {"RefusedDeleted", "refused: deleted", COUNTER(DELETED),
     SAMPLE(REFUSED, "_total", "reason=\"deleted\"")},
    {"RefusedExpired", "refused: expired", COUNTER(EXPIRED),
     SAMPLE(REFUSED, "_total", "reason=\"expired\"")},
    {"RefusedBroken", "refused: the row cannot be used", COUNTER(BROKEN),
     SAMPLE(REFUSED, "_total", "reason=\"broken\"")},
    {"RefusedWrongUser", "refused: the user name is not the owner's",
     COUNTER(WRONG_USER), SAMPLE(REFUSED, "_total", "reason=\"wrong_user\"")},
    {"RefusedScope", "refused after authentication: a scope is missing",
     COUNTER(SCOPE), SAMPLE(REFUSED, "_total", "reason=\"scope\"")},
    {"Undecided", "answered 503: the table could not be read",
     COUNTER(UNDECIDED), SAMPLE(UNDECIDED, "_total", NULL)},
    {"LastUsedWritten", "last uses written", COUNTER(WRITTEN),
     SAMPLE(USES_WRITTEN, "_total", NULL)},
    {"Purged", "rows of old tokens removed from the table", COUNTER(PURGED),
     SAMPLE(PURGED, "_total", NULL)},
    {"Evicted", "rows evicted from the cache for others", COUNTER(EVICTED),
     SAMPLE(EVICTED, "_total", NULL)},
    {"Displaced", "of those, before their last use was written",
     COUNTER(DISPLACED), SAMPLE(DISPLACED, "_total", NULL)},
    {"LastUsedLost", "last uses given up, because too many were pending",
     COUNTER(LOST), SAMPLE(USES_LOST, "_total", NULL)},
    {"LookupMicroseconds", "mean microseconds of a lookup",
     AT_FIGURE_MICROSECONDS, AT_COUNTER_LOOKUP_USEC, NULL,
     SAMPLE(LOOKUP_DURATION, "_sum", NULL)},
    {"Entries", "rows in the cache", VALUE(NUMBER, read_entries),
     SAMPLE(ENTRIES, "", NULL)},
    {"Room", "rows that fit into the cache", VALUE(NUMBER, read_capacity),
     SAMPLE(CAPACITY, "", NULL)},
    {"LastUsedPending", "last uses to be written",
     VALUE(NUMBER, read_uses_pending), SAMPLE(USES_PENDING, "", NULL)},
    {"RevocationAgeMilliseconds",
     "milliseconds since the last answered query for deleted tokens",
     VALUE(AGE, read_revocation_age), SAMPLE(REVOCATION_AGE, "", NULL)},
    {"Breaker", "breaker of the database", VALUE(SWITCH, read_breaker),
     SAMPLE(BREAKER, "", NULL)},
    {.name = NULL},
};

apr_int64_t at_figure_read(const at_figure_t *figure,
                           const at_service_t *service)
{
    return figure->read ? figure->read(service)
                        : (apr_int64_t)at_counters_sum(cache_of(service),
                                                       figure->counter);
}

/* Tables */

/* Virtual hosts with the same table share its cache. */
static void add_table(apr_array_header_t *tables, const server_rec *server)
{
    const at_server_t *settings = at_config_server(server);
    int i;

    for (i = 0; i < tables->nelts; i++) {
        if (APR_ARRAY_IDX(tables, i, const at_server_t *)->memory ==
            settings->memory) {
            return;
        }
    }
    APR_ARRAY_PUSH(tables, const at_server_t *) = settings;
}

/* httpd lists the virtual hosts after the server, in reverse order. */
apr_array_header_t *at_figures_tables(apr_pool_t *p)
{
    apr_array_header_t *hosts = apr_array_make(p, 8, sizeof(server_rec *));
    apr_array_header_t *tables =
        apr_array_make(p, 4, sizeof(const at_server_t *));
    server_rec *host;

    for (host = ap_server_conf->next; host; host = host->next) {
        APR_ARRAY_PUSH(hosts, server_rec *) = host;
    }
    add_table(tables, ap_server_conf);
    while (!apr_is_empty_array(hosts)) {
        add_table(tables, *(server_rec **)apr_array_pop(hosts));
    }
    return tables;
}
