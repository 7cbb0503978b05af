/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies rows from apr_dbd, so that they do not depend on the connection.
 */
#include "rows_inside.h"

#include <apr_strings.h>

/* Only apr_dbd_datum_get() shows a NULL: pgsql's apr_dbd_get_entry() returns ""
 * for it. SQLite's empty BLOB is not NULL, though its value is. */
static const char *copy_value(const apr_dbd_driver_t *driver,
                              apr_dbd_row_t *row, int column, apr_pool_t *p)
{
    const char *value = NULL;

    if (apr_dbd_datum_get(driver, row, column, APR_DBD_TYPE_STRING, &value) !=
        APR_SUCCESS) {
        return NULL;
    }
    return apr_pstrdup(p, value ? value : "");
}

at_rows_t *at_rows_copy(const apr_dbd_driver_t *driver,
                        apr_dbd_results_t *results, int columns,
                        apr_pool_t *scratch, apr_pool_t *p)
{
    at_rows_t *rows = apr_pcalloc(p, sizeof(*rows));
    int number = apr_dbd_num_tuples(driver, results);
    int i, j;

    rows->columns = columns;
    rows->values = apr_pcalloc(p, sizeof(char *) * (number * columns + 1));
    for (i = 0; i < number; i++) {
        apr_dbd_row_t *row = NULL;

        if (apr_dbd_get_row(driver, scratch, results, &row, i + 1)) {
            return NULL;
        }
        for (j = 0; j < columns; j++) {
            rows->values[i * columns + j] = copy_value(driver, row, j, p);
        }
        rows->count++;
    }
    return rows;
}
