/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures that monitoring reads: what each is called on the status page,
 * in its form for programs and in OpenMetrics, and what its value is.
 *
 * They cover all processes of the server, and contain neither the id of a
 * token nor the name of a user.
 */
#ifndef ACCESSTOKEN_HTTPD_PROCESS_FIGURES_H
#define ACCESSTOKEN_HTTPD_PROCESS_FIGURES_H

#include <apr_tables.h>

#include "core/cache/counters.h"
#include "httpd/config/config.h"
#include "httpd/process/service.h"

/** What a value is, which decides how each form writes it. */
typedef enum {
    AT_FIGURE_NUMBER,
    AT_FIGURE_MICROSECONDS, /* of all lookups; people want the mean */
    AT_FIGURE_AGE,          /* milliseconds, or AT_FIGURE_NEVER */
    AT_FIGURE_SWITCH        /* 1: open, 0: closed */
} at_figure_type_e;

#define AT_FIGURE_NEVER APR_INT64_C(-1)

/** A metric family of OpenMetrics. */
typedef struct at_family_t {
    const char *name;
    const char *type;
    const char *unit; /* with which the name ends; NULL: none */
    const char *help;
} at_family_t;

typedef struct at_figure_t {
    const char *name; /* for programs, with ?auto */
    const char *text; /* for people */
    at_figure_type_e type;
    /* Its value: a counter, unless there is a function */
    at_counter_e counter;
    apr_int64_t (*read)(const at_service_t *service);
    /* Its sample in OpenMetrics */
    const at_family_t *family;
    const char *suffix; /* follows the family's name */
    const char *label;  /* in a family of several figures; else NULL */
} at_figure_t;

/** All figures, in the order of the status page; the last one has no name. */
extern const at_figure_t at_figures[];

/** All families, in the order of OpenMetrics; the last one has no name. */
extern const at_family_t at_families[];

/** The value of a figure for this table. */
apr_int64_t at_figure_read(const at_figure_t *figure,
                           const at_service_t *service);

/**
 * All tables, in the order of the configuration: of the servers that use a
 * table (at_server_t *) the first one.
 */
apr_array_header_t *at_figures_tables(apr_pool_t *p);

#endif
