/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the table's cells to a row and back, as the columns are described.
 */
#ifndef ACCESSTOKEN_CORE_DB_CELLS_H
#define ACCESSTOKEN_CORE_DB_CELLS_H

#include <apr_pools.h>

#include "core/token/columns.h"
#include "core/token/token.h"

/** Room for a hash as 64 hexadecimal digits with its end. */
#define AT_CELLS_HASH_SIZE (2 * AT_HASH_SIZE + 1)

/**
 * Make a row of AT_COLUMNS cells, which must live as long as the row.
 *
 * A cell that this product cannot have written makes a row with a reason why it
 * cannot be used, and no error: one bad row harms only itself.
 */
at_row_t *at_cells_read(const char *const *cells, apr_pool_t *p);

/** The parameters of an INSERT, with room for those that a row has as bytes. */
typedef struct at_cells_t {
    const void *args[AT_COLUMNS]; /* of the columns that are inserted */
    char id[AT_TOKEN_ID_SIZE];
    char hash[AT_CELLS_HASH_SIZE];
} at_cells_t;

/** Fill them from a row, which they point into. */
void at_cells_write(const at_row_t *row, at_cells_t *cells);

/** Write a hash as lower-case hexadecimal digits. */
void at_cells_write_hash(const unsigned char hash[AT_HASH_SIZE],
                         char text[AT_CELLS_HASH_SIZE]);

#endif
