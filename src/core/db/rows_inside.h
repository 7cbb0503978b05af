/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a result, copied.
 */
#ifndef ACCESSTOKEN_CORE_DB_ROWS_INSIDE_H
#define ACCESSTOKEN_CORE_DB_ROWS_INSIDE_H

#include <apr_dbd.h>

#include "core/db/database.h"

/**
 * All of them or none: a row that is not there would be taken for absent.
 *
 * @param scratch  a pool that goes before the connection does
 * @return NULL if one cannot be read.
 */
at_rows_t *at_rows_copy(const apr_dbd_driver_t *driver,
                        apr_dbd_results_t *results, int columns,
                        apr_pool_t *scratch, apr_pool_t *p);

#endif
