/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells of the table to a row and back: the one place that knows how a row is
 * written down.
 */
#ifndef ACCESSTOKEN_CORE_DB_CELLS_H
#define ACCESSTOKEN_CORE_DB_CELLS_H

#include <apr_pools.h>

#include "core/token/row.h"

/** Room for a hash as 64 hexadecimal digits with its end. */
#define AT_CELLS_HASH_SIZE (2 * AT_HASH_SIZE + 1)

/**
 * Make a row of AT_COLUMNS cells, which must live as long as the row.
 *
 * Cells that nobody could have written through us make a row with a fault
 * rather than an error, so that one bad row harms only itself.
 */
at_row_t *at_cells_row(const char *const *cells, apr_pool_t *p);

/** Write a hash as lower-case hexadecimal digits. */
void at_cells_write_hash(const unsigned char hash[AT_HASH_SIZE],
                         char text[AT_CELLS_HASH_SIZE]);

#endif
