/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies the rows of a result; for database.c alone.
 */
#ifndef ACCESSTOKEN_CORE_DB_ROWS_INSIDE_H
#define ACCESSTOKEN_CORE_DB_ROWS_INSIDE_H

#include <apr_dbd.h>

#include "core/db/database.h"

/**
 * Copy all rows. If one cannot be read, none is returned: otherwise a token
 * would be taken for missing.
 *
 * @param scratch  a pool that is destroyed before the connection is closed
 * @return NULL if a row cannot be read.
 */
at_rows_t *at_rows_copy(const apr_dbd_driver_t *driver,
                        apr_dbd_results_t *results, int columns,
                        apr_pool_t *scratch, apr_pool_t *p);

#endif
