/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of each table's cache, for people and, with ?auto, for programs.
 * They cover all processes of the server, not only the one that answers.
 */
#include "httpd/process/statuspage.h"

#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>
#include <mod_status.h>
#include <apr_strings.h>

#include "core/cache/cache_uses.h"
#include "core/cache/counters.h"
#include "core/cache/freshness.h"
#include "httpd/config/config.h"
#include "httpd/process/service.h"

typedef struct figure_t {
    const char *name; /* for programs */
    const char *text; /* for people */
    at_counter_e counter;
} figure_t;

static const figure_t figures[] = {
    {"Hits", "requests accepted from the cache", AT_COUNTER_HITS},
    {"StaleHits", "of those, while the table could not be read",
     AT_COUNTER_STALE},
    {"ColdHits", "requests accepted after a lookup", AT_COUNTER_COLD},
    {"Lookups", "lookups in the table", AT_COUNTER_LOOKUPS},
    {"SharedLookups", "requests that shared another request's lookup",
     AT_COUNTER_SHARED},
    {"RefusedMalformed", "refused: not a token", AT_COUNTER_MALFORMED},
    {"RefusedUnknown", "refused: unknown", AT_COUNTER_UNKNOWN},
    {"RefusedWrongSecret", "refused: wrong secret", AT_COUNTER_WRONG_SECRET},
    {"RefusedDeleted", "refused: deleted", AT_COUNTER_DELETED},
    {"RefusedExpired", "refused: expired", AT_COUNTER_EXPIRED},
    {"RefusedBroken", "refused: the row cannot be used", AT_COUNTER_BROKEN},
    {"RefusedWrongUser", "refused: the user name is not the owner's",
     AT_COUNTER_WRONG_USER},
    {"RefusedScope", "refused after authentication: a scope is missing",
     AT_COUNTER_SCOPE},
    {"Undecided", "answered 503: the table could not be read",
     AT_COUNTER_UNDECIDED},
    {"LastUsedWritten", "last uses written", AT_COUNTER_WRITTEN},
    {"Purged", "rows of old tokens removed from the table", AT_COUNTER_PURGED},
    {"Evicted", "rows evicted from the cache for others", AT_COUNTER_EVICTED},
    {"Displaced", "of those, before their last use was written",
     AT_COUNTER_DISPLACED},
    {"LastUsedLost", "last uses given up, because too many were pending",
     AT_COUNTER_LOST},
};

typedef struct view_t {
    request_rec *r;
    const char *table;
    int is_short;
} view_t;

static void write_text(const view_t *view, const char *name, const char *text,
                       const char *value)
{
    if (view->is_short) {
        ap_rprintf(view->r, "AccessToken[%s]%s: %s\n", view->table, name,
                   value);
        return;
    }
    ap_rprintf(view->r, "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n", text,
               value);
}

static void write_number(const view_t *view, const char *name, const char *text,
                         apr_uint64_t value)
{
    write_text(view, name, text,
               apr_psprintf(view->r->pool, "%" APR_UINT64_T_FMT, value));
}

static void write_counters(const view_t *view, const at_cache_t *cache)
{
    apr_uint64_t lookups = at_counters_sum(cache, AT_COUNTER_LOOKUPS);
    apr_uint64_t took = at_counters_sum(cache, AT_COUNTER_LOOKUP_USEC);
    apr_size_t i;

    for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        write_number(view, figures[i].name, figures[i].text,
                     at_counters_sum(cache, figures[i].counter));
    }
    write_number(view, "LookupMicroseconds", "mean microseconds of a lookup",
                 lookups > 0 ? took / lookups : 0);
}

static const char *age(const view_t *view, apr_int64_t moment)
{
    return moment == 0 ? "never"
                       : apr_psprintf(view->r->pool, "%" APR_INT64_T_FMT,
                                      at_clock_monotonic() - moment);
}

static void write_service(const view_t *view, const at_service_t *service)
{
    const at_cache_t *cache = at_lookup_cache(service->lookup);

    if (!view->is_short) {
        ap_rprintf(view->r,
                   "<hr>\n<h2>Access tokens in %s</h2>\n<table border=\"0\">\n",
                   view->table);
    }
    write_counters(view, cache);
    write_number(view, "Entries", "rows in the cache", at_cache_entries(cache));
    write_number(view, "Room", "rows that fit into the cache",
                 at_cache_capacity(cache));
    write_number(view, "LastUsedPending", "last uses to be written",
                 at_cache_uses_count(cache));
    write_text(view, "RevocationAgeMilliseconds",
               "milliseconds since the last answered query for deleted tokens",
               age(view, at_freshness_last(cache)));
    write_text(view, "Breaker", "breaker of the database",
               at_dbpool_breaker_is_open(service->dbpool) ? "open" : "closed");
    if (!view->is_short) {
        ap_rputs("</table>\n", view->r);
    }
}

/* Virtual hosts with the same table share its cache, which is written once. */
static int was_written(const server_rec *first, const server_rec *server)
{
    for (; first != server; first = first->next) {
        if (at_config_server(first)->memory ==
            at_config_server(server)->memory) {
            return 1;
        }
    }
    return 0;
}

int at_statuspage_write(request_rec *r, int flags)
{
    const server_rec *first = ap_server_conf;
    const server_rec *server;

    for (server = first; server; server = server->next) {
        const at_service_t *service = at_config_server(server)->service;
        view_t view = {.r = r,
                       .table = service->name,
                       .is_short = flags & AP_STATUS_SHORT};

        if (!was_written(first, server)) {
            write_service(&view, service);
        }
    }
    return OK;
}
