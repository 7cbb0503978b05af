/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers /server-status?openmetrics in the OpenMetrics text format 1.0.
 *
 * mod_status lets other modules write at the end of its page only. An
 * exposition must be alone in its answer, so it has a handler of its own, at
 * the locations that the configuration gives to mod_status.
 */
#include "httpd/process/openmetrics.h"

#include <string.h>

#include <http_protocol.h>
#include <apr_strings.h>

#include "httpd/process/figures.h"

#define CONTENT_TYPE                                                           \
    "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Samples */

/*
 * A table's name is an SQL identifier and needs no escapes. Tables of two
 * databases may have one name: all but the first are numbered, because two
 * samples must not have the same labels.
 */
static const char *label_of(const apr_array_header_t *tables, int index,
                            apr_pool_t *p)
{
    const char *name = APR_ARRAY_IDX(tables, index, const at_server_t *)->table;
    int number = 1;
    int i;

    for (i = 0; i < index; i++) {
        number += strcmp(APR_ARRAY_IDX(tables, i, const at_server_t *)->table,
                         name) == 0;
    }
    return number == 1
               ? apr_psprintf(p, "table=\"%s\"", name)
               : apr_psprintf(p, "table=\"%s\",database=\"%d\"", name, number);
}

/* As a decimal fraction of units: 1234567 millionths are 1.234567. */
static const char *fraction(apr_pool_t *p, apr_int64_t parts, apr_int64_t unit,
                            int digits)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT ".%0*d", parts / unit, digits,
                        (int)(parts % unit));
}

static const char *value_of(const at_figure_t *figure,
                            const at_service_t *service, apr_pool_t *p)
{
    apr_int64_t value = at_figure_read(figure, service);

    switch (figure->type) {
    case AT_FIGURE_NUMBER:
    case AT_FIGURE_SWITCH:
        break;
    case AT_FIGURE_MICROSECONDS:
        return fraction(p, value, 1000000, 6);
    case AT_FIGURE_AGE:
        return value == AT_FIGURE_NEVER ? "NaN" : fraction(p, value, 1000, 3);
    }
    return apr_psprintf(p, "%" APR_INT64_T_FMT, value);
}

static void write_samples(request_rec *r, const at_family_t *family,
                          const at_service_t *service, const char *table)
{
    const at_figure_t *figure;

    for (figure = at_figures; figure->name; figure++) {
        if (figure->family == family) {
            ap_rvputs(r, family->name, figure->suffix, "{", table,
                      figure->label ? "," : "",
                      figure->label ? figure->label : "", "} ",
                      value_of(figure, service, r->pool), "\n", NULL);
        }
    }
}

/* The exposition */

/* The samples of a family must be together, whatever their table. */
static void write_family(request_rec *r, const at_family_t *family,
                         const apr_array_header_t *tables)
{
    int i;

    ap_rvputs(r, "# TYPE ", family->name, " ", family->type, "\n", NULL);
    if (family->unit) {
        ap_rvputs(r, "# UNIT ", family->name, " ", family->unit, "\n", NULL);
    }
    ap_rvputs(r, "# HELP ", family->name, " ", family->help, "\n", NULL);
    for (i = 0; i < tables->nelts; i++) {
        write_samples(r, family,
                      APR_ARRAY_IDX(tables, i, const at_server_t *)->service,
                      label_of(tables, i, r->pool));
    }
}

/* Is this the name of a parameter in the query? Prometheus writes a parameter
 * without a value as "openmetrics=". */
static int is_asked(const char *query, const char *name)
{
    apr_size_t length = strlen(name);

    while (query) {
        if (strncmp(query, name, length) == 0 &&
            (query[length] == '\0' || query[length] == '&' ||
             query[length] == '=')) {
            return 1;
        }
        query = strchr(query, '&');
        query = query ? query + 1 : NULL;
    }
    return 0;
}

int at_openmetrics_handle(request_rec *r)
{
    const apr_array_header_t *tables;
    const at_family_t *family;

    if (!r->handler || strcmp(r->handler, "server-status") != 0 ||
        r->method_number != M_GET || !is_asked(r->args, "openmetrics")) {
        return DECLINED;
    }
    ap_set_content_type(r, CONTENT_TYPE);
    if (r->header_only) {
        return OK;
    }
    tables = at_figures_tables(r->pool);
    for (family = at_families; family->name; family++) {
        write_family(r, family, tables);
    }
    ap_rputs("# EOF\n", r);
    return OK;
}
