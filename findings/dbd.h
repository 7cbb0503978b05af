/* SPDX-License-Identifier: Apache-2.0 */
/* What the C programs of the findings share: a connection with apr_dbd. */

#include <stdio.h>
#include <stdlib.h>

#include <apr_dbd.h>
#include <apr_strings.h>

typedef struct {
    apr_pool_t *pool;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
} connection_t;

static void fail(const char *what, const char *why)
{
    printf("cannot run: %s: %s\n", what, why ? why : "");
    exit(2);
}

static connection_t connect_to(const char *driver, const char *params)
{
    connection_t made = {0};
    const char *why = NULL;
    apr_initialize();
    apr_pool_create(&made.pool, NULL);
    apr_dbd_init(made.pool);
    if (apr_dbd_get_driver(made.pool, driver, &made.driver) != APR_SUCCESS) {
        fail(driver, "no such driver");
    }
    if (apr_dbd_open_ex(made.driver, made.pool, params, &made.handle, &why) !=
        APR_SUCCESS) {
        fail(params, why);
    }
    return made;
}

__attribute__((unused)) static void execute(connection_t *link, const char *sql)
{
    int rows = 0;
    int status = apr_dbd_query(link->driver, link->handle, &rows, sql);
    if (status != 0) {
        fail(sql, apr_dbd_error(link->driver, link->handle, status));
    }
}

__attribute__((unused)) static apr_dbd_prepared_t *prepare(connection_t *link,
                                                           const char *sql,
                                                           const char *label)
{
    apr_dbd_prepared_t *made = NULL;
    int status = apr_dbd_prepare(link->driver, link->pool, link->handle, sql,
                                 label, &made);
    if (status != 0) {
        fail(sql, apr_dbd_error(link->driver, link->handle, status));
    }
    return made;
}

/* The first column of the first row, or a text that says why there is none. */
__attribute__((unused)) static const char *first(connection_t *link, int status,
                                                 apr_dbd_results_t *found)
{
    apr_dbd_row_t *row = NULL;
    if (status != 0) {
        return apr_psprintf(link->pool, "error: %s",
                            apr_dbd_error(link->driver, link->handle, status));
    }
    status = apr_dbd_get_row(link->driver, link->pool, found, &row, -1);
    if (status != 0) {
        return "no row";
    }
    return apr_dbd_get_entry(link->driver, row, 0);
}
