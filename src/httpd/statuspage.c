/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of each table's shelf, for people and, with ?auto, for programs. They
 * are those of the whole machine, not of the process that answers.
 */
#include "httpd/statuspage.h"

#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>
#include <mod_status.h>
#include <apr_strings.h>

#include "core/contact.h"
#include "core/tally.h"
#include "core/uses.h"
#include "httpd/child.h"
#include "httpd/config.h"

typedef struct figure_t {
    const char *name; /* for programs */
    const char *text; /* for people */
    at_tally_e tally;
} figure_t;

static const figure_t figures[] = {
    {"Hits", "let in from memory", AT_TALLY_HITS},
    {"StaleHits", "of those, while the table could not be asked",
     AT_TALLY_STALE},
    {"ColdHits", "let in after a lookup", AT_TALLY_COLD},
    {"Lookups", "lookups in the table", AT_TALLY_LOOKUPS},
    {"SharedLookups", "requests that waited for another's lookup",
     AT_TALLY_SHARED},
    {"RefusedMalformed", "refused: not a token", AT_TALLY_MALFORMED},
    {"RefusedUnknown", "refused: unknown", AT_TALLY_UNKNOWN},
    {"RefusedWrongSecret", "refused: wrong secret", AT_TALLY_WRONG_SECRET},
    {"RefusedDeleted", "refused: deleted", AT_TALLY_DELETED},
    {"RefusedExpired", "refused: expired", AT_TALLY_EXPIRED},
    {"RefusedBroken", "refused: the row cannot be used", AT_TALLY_BROKEN},
    {"RefusedScope", "refused after that: a scope is lacking", AT_TALLY_SCOPE},
    {"Undecided", "answered 503: the table could not be asked",
     AT_TALLY_UNDECIDED},
    {"LastUsedWritten", "last uses written", AT_TALLY_WRITTEN},
    {"Purged", "rows of old tokens removed from the table", AT_TALLY_PURGED},
    {"Evicted", "rows that had to go for others", AT_TALLY_EVICTED},
    {"Displaced", "of those, before their last use was written",
     AT_TALLY_DISPLACED},
    {"LastUsedLost", "last uses given up, because too many waited",
     AT_TALLY_LOST},
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

static void write_tallies(const view_t *view, const at_shelf_t *shelf)
{
    apr_uint64_t lookups = at_tally_sum(shelf, AT_TALLY_LOOKUPS);
    apr_uint64_t took = at_tally_sum(shelf, AT_TALLY_LOOKUP_USEC);
    apr_size_t i;

    for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        write_number(view, figures[i].name, figures[i].text,
                     at_tally_sum(shelf, figures[i].tally));
    }
    write_number(view, "LookupMicroseconds", "microseconds a lookup took, mean",
                 lookups > 0 ? took / lookups : 0);
}

static const char *age(const view_t *view, apr_int64_t moment)
{
    return moment == 0 ? "never"
                       : apr_psprintf(view->r->pool, "%" APR_INT64_T_FMT,
                                      at_time_monotonic() - moment);
}

static void write_service(const view_t *view, const at_service_t *service)
{
    const at_shelf_t *shelf = at_clerk_shelf(service->clerk);

    if (!view->is_short) {
        ap_rprintf(view->r,
                   "<hr>\n<h2>Access tokens in %s</h2>\n<table border=\"0\">\n",
                   view->table);
    }
    write_tallies(view, shelf);
    write_number(view, "Entries", "rows in memory", at_shelf_entries(shelf));
    write_number(view, "Room", "room for rows", at_shelf_room(shelf));
    write_number(view, "LastUsedPending", "last uses to be written",
                 at_uses_count(shelf));
    write_text(view, "ContactMilliseconds",
               "milliseconds since the table was asked for deletions",
               age(view, at_contact_last(shelf)));
    write_text(view, "Breaker", "breaker of the database",
               at_desk_is_open(service->desk) ? "open" : "closed");
    if (!view->is_short) {
        ap_rputs("</table>\n", view->r);
    }
}

/* Virtual hosts with the same table share its memory. */
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
