/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine's catalog says about a table, and how the table is created
 * and upgraded.
 */
#ifndef ACCESSTOKEN_CORE_DB_SCHEMA_H
#define ACCESSTOKEN_CORE_DB_SCHEMA_H

#include "core/db/database.h"

/** A table as the engine's catalog describes it. */
typedef struct at_schema_t {
    int exists;
    /** The highest version of which it has every part; 0: not even of 1. */
    int version;
    /** Which of at_columns and at_indexes it has; an index by its columns. */
    int has_column[AT_COLUMNS];
    int has_index[AT_INDEXES];
    /** An index of that name exists, perhaps over other columns. */
    int named[AT_INDEXES];
    /** A sentence on what makes it compare wrongly or lose text; or NULL. */
    const char *collation;
} at_schema_t;

/**
 * Read the catalog.
 *
 * @param sql  composed for that driver
 * @return APR_SUCCESS, also if there is no table; AT_EUNAVAILABLE.
 */
apr_status_t at_schema_read(at_database_t *database, const char *driver,
                            const at_sql_t *sql, at_schema_t *schema,
                            apr_pool_t *p);

/**
 * The same, but only whether it exists and which columns it has, without a
 * second try: for a caller whose connection works.
 */
apr_status_t at_schema_read_columns(at_database_t *database,
                                    const at_sql_t *sql, at_schema_t *schema,
                                    apr_pool_t *p);

/** The name of the first column that is missing; NULL: none is. */
const char *at_schema_first_missing(const at_schema_t *schema);

/** The first index that is missing; NULL: none is. */
const at_index_t *at_schema_missing_index(const at_schema_t *schema);

/** Has it every column, so that the product's statements can be run? */
int at_schema_is_usable(const at_schema_t *schema);

/**
 * The first missing column that cannot be added, because rows would have no
 * value there; NULL: none. Such a table belongs to another program.
 */
const at_column_t *at_schema_foreign(const at_schema_t *schema);

/** The statements that create what is missing; NULL ends them. */
const char *const *at_schema_missing(const char *driver, const at_sql_t *sql,
                                     const at_schema_t *schema, apr_pool_t *p);

/**
 * Create what is missing; may be repeated. The connection is dropped
 * afterwards.
 *
 * @param schema   as at_schema_read() left it
 * @param told     called with each statement that was run; or NULL
 * @return APR_SUCCESS; AT_EUNAVAILABLE, see at_database_error().
 */
apr_status_t at_schema_upgrade(at_database_t *database, const char *driver,
                               const at_sql_t *sql, const at_schema_t *schema,
                               void (*told)(void *data, const char *statement),
                               void *data, apr_pool_t *p);

/** The statements that create a new table, for that driver; NULL ends them. */
const char *const *at_schema_statements(const char *driver, const at_sql_t *sql,
                                        apr_pool_t *p);

/**
 * The clock of the database's server, where it has one of its own.
 *
 * @param ms  milliseconds as at_clock_now(), or AT_TIME_NONE
 * @return APR_SUCCESS; AT_EUNAVAILABLE.
 */
apr_status_t at_schema_clock(at_database_t *database, const char *driver,
                             apr_int64_t *ms, apr_pool_t *p);

/** The engine's name and version, as it tells them; NULL if it does not. */
const char *at_schema_engine(at_database_t *database, const char *driver,
                             apr_pool_t *p);

/**
 * A sentence with the server's defaults that do not suit, and that every
 * connection sets otherwise; or why they cannot be read. NULL: none.
 */
const char *at_schema_session(at_database_t *database, const char *driver,
                              apr_pool_t *p);

/** A right that the product needs on its table. */
typedef enum {
    AT_RIGHT_SELECT,
    AT_RIGHT_INSERT,
    AT_RIGHT_UPDATE,
    AT_RIGHT_DELETE,
    AT_RIGHTS
} at_right_e;

/**
 * Does this connection have the right? Runs a statement that needs it and
 * concerns no row.
 *
 * @return APR_SUCCESS; AT_EUNAVAILABLE, see at_database_error(); the connection
 *         is dropped then.
 */
apr_status_t at_schema_right(at_database_t *database, const at_sql_t *sql,
                             at_right_e right, apr_pool_t *p);

#endif
