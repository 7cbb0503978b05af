/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the figures of each table's cache for people and, with ?auto, for
 * programs.
 */
#include "httpd/process/statuspage.h"

#include <http_protocol.h>
#include <mod_status.h>
#include <apr_strings.h>

#include "httpd/process/figures.h"

static const char *number(apr_pool_t *p, apr_int64_t value)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT, value);
}

static apr_int64_t mean(apr_int64_t microseconds, const at_service_t *service)
{
    apr_uint64_t lookups =
        at_counters_sum(at_lookup_cache(service->lookup), AT_COUNTER_LOOKUPS);

    return lookups > 0 ? microseconds / (apr_int64_t)lookups : 0;
}

static const char *value_of(const at_figure_t *figure,
                            const at_service_t *service, apr_pool_t *p)
{
    apr_int64_t value = at_figure_read(figure, service);

    switch (figure->type) {
    case AT_FIGURE_NUMBER:
        break;
    case AT_FIGURE_MICROSECONDS:
        return number(p, mean(value, service));
    case AT_FIGURE_AGE:
        return value == AT_FIGURE_NEVER ? "never" : number(p, value);
    case AT_FIGURE_SWITCH:
        return value ? "open" : "closed";
    }
    return number(p, value);
}

static void write_short(request_rec *r, const at_service_t *service)
{
    const at_figure_t *figure;

    for (figure = at_figures; figure->name; figure++) {
        ap_rprintf(r, "AccessToken[%s]%s: %s\n", service->name, figure->name,
                   value_of(figure, service, r->pool));
    }
}

static void write_page(request_rec *r, const at_service_t *service)
{
    const at_figure_t *figure;

    ap_rprintf(r, "<hr>\n<h2>Access tokens in %s</h2>\n<table border=\"0\">\n",
               service->name);
    for (figure = at_figures; figure->name; figure++) {
        ap_rprintf(r, "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n",
                   figure->text, value_of(figure, service, r->pool));
    }
    ap_rputs("</table>\n", r);
}

int at_statuspage_write(request_rec *r, int flags)
{
    apr_array_header_t *tables = at_figures_tables(r->pool);
    int i;

    for (i = 0; i < tables->nelts; i++) {
        const at_service_t *service =
            APR_ARRAY_IDX(tables, i, const at_server_t *)->service;

        if (flags & AP_STATUS_SHORT) {
            write_short(r, service);
        }
        else {
            write_page(r, service);
        }
    }
    return OK;
}
