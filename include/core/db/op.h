/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One operation on the table: what is asked for, within which limits, and what
 * came back. The same structure goes from a request through the connection pool
 * to the statement.
 */
#ifndef ACCESSTOKEN_CORE_DB_OP_H
#define ACCESSTOKEN_CORE_DB_OP_H

#include <apr_tables.h>

#include "core/db/database.h"
#include "core/token/row.h"

/** Which tokens to list, newest first. */
typedef struct at_list_t {
    const char *user; /* NULL: of all users */
    at_sql_status_e status;
    apr_int64_t now; /* decides between active and expired */
    int limit;
    /** Only rows that follow this place; before_created AT_TIME_NONE: all. */
    apr_int64_t before_created;
    const char *before_id; /* its token_id */
} at_list_t;

/** Each function names the fields that it reads and sets. */
typedef struct at_op_t {
    /** Of core/pool/table.h; NULL without a connection pool. */
    struct at_table_t *table;
    apr_pool_t *pool;     /* what is returned lives as long */
    apr_int64_t deadline; /* at_clock_monotonic(); 0 with a table: not begun */

    /* Set by the table, or by a caller that has a connection of its own. */
    at_database_t *database;
    const at_sql_t *sql;
    int create_table; /* create the table if it does not exist */
    /**
     * Called before each COMMIT: does the requester still wait? If not, the
     * change is rolled back. NULL: it does.
     */
    int (*claim)(void *requester);
    void *requester;

    /* In. */
    at_id_t id;
    const char *user; /* NULL: of any user */
    apr_int64_t when;
    apr_int64_t limit;
    at_list_t list;

    /* In for an insert, else out. */
    at_row_t *row;

    /* Out. */
    apr_array_header_t *rows; /* of at_row_t * */
    const char *reason; /* after AT_EUNAVAILABLE, from a table; no secrets */
    int committing;     /* a COMMIT was sent, whatever its outcome */
    int created;        /* the table did not exist and was created */
    int reconnected;    /* a connection was dead, and another one answered */

    /* Of the attempt that runs. */
    int attempt;      /* 0 at first */
    at_rows_t *cells; /* of its last SELECT of rows */
} at_op_t;

#endif
