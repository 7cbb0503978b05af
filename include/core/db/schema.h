/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a table is like, and how it becomes what it should be.
 */
#ifndef ACCESSTOKEN_CORE_DB_SCHEMA_H
#define ACCESSTOKEN_CORE_DB_SCHEMA_H

#include "core/db/database.h"

/** A table as the engine's catalog describes it. */
typedef struct at_schema_t {
    int exists;
    /** The highest version of which it has every part; 0: not even of 1. */
    int version;
    /** Which of at_parts it has; an index counts by its columns. */
    int has[AT_PARTS_MAX];
    /** An index of the part's name, which may be over other columns. */
    int named[AT_PARTS_MAX];
    /** What would make it compare wrongly or lose text, in words; or NULL. */
    const char *collation;
} at_schema_t;

/**
 * Ask the catalog.
 *
 * @param sql  composed for that driver
 * @return APR_SUCCESS, also if there is no table; AT_EUNAVAILABLE.
 */
apr_status_t at_schema_look(at_database_t *database, const char *driver,
                            const at_sql_t *sql, at_schema_t *schema,
                            apr_pool_t *p);

/**
 * The same, but only whether it exists and which columns it has, without a
 * second try: for who has a connection that works.
 */
apr_status_t at_schema_glance(at_database_t *database, const at_sql_t *sql,
                              at_schema_t *schema, apr_pool_t *p);

/** The first column that lacks; NULL: none. */
const char *at_schema_first_missing(const at_schema_t *schema);

/** Has it every column, so that the product's questions can be asked? */
int at_schema_is_usable(const at_schema_t *schema);

/**
 * The first column that lacks and cannot be added, because rows would have no
 * value there; NULL: none. Such a table is somebody else's.
 */
const at_part_t *at_schema_foreign(const at_schema_t *schema);

/** The statements that make what lacks; NULL ends them. */
const char *const *at_schema_missing(const char *driver, const at_sql_t *sql,
                                     const at_schema_t *schema, apr_pool_t *p);

/**
 * Make what lacks; may be repeated. The connection is dropped behind it.
 *
 * @param schema   as at_schema_look() left it
 * @param told     called with each statement that was run; or NULL
 * @return APR_SUCCESS; AT_EUNAVAILABLE, see at_database_error().
 */
apr_status_t at_schema_upgrade(at_database_t *database, const char *driver,
                               const at_sql_t *sql, const at_schema_t *schema,
                               void (*told)(void *data, const char *statement),
                               void *data, apr_pool_t *p);

/**
 * The statements that make a table from nothing, for that driver; NULL ends
 * them.
 */
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
 * A sentence with the server's defaults that would not do, which every
 * connection sets otherwise; or why they cannot be asked for. NULL: none.
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
