/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tool's one connection, and what to say and how to end when it fails.
 */
#ifndef ACCESSTOKEN_TOOL_LINK_H
#define ACCESSTOKEN_TOOL_LINK_H

#include "core/db/driver.h"
#include "core/db/schema.h"
#include "core/db/store.h"
#include "tool/target.h"

typedef struct at_link_t {
    const at_target_t *target;
    const at_sql_t *sql;
    at_database_t *database;
    at_op_t op; /* see at_link_op(); never creates a table */
    apr_pool_t *pool;
} at_link_t;

/**
 * Prepare a connection; it opens itself when it is used.
 *
 * @return AT_EXIT_DONE; AT_EXIT_USAGE without parameters; AT_EXIT_UNREACHABLE
 *         without the driver. It has been said why.
 */
at_exit_e at_link_make(const at_target_t *target, at_link_t **link,
                       apr_pool_t *p);

/** How to get the database file, which is not there; behind a sentence. */
const char *at_link_way_to_file(const char *path);

/**
 * Is there a file, where the database is one? Else SQLite would make one.
 *
 * @return AT_EXIT_DONE; AT_EXIT_FILE, and it has been said why.
 */
at_exit_e at_link_check_file(const at_link_t *link);

/**
 * Prepare a connection to a database that is there, and name it on standard
 * error unless that has been told.
 *
 * @return as the two above.
 */
at_exit_e at_link_open(const at_target_t *target, at_link_t **link,
                       apr_pool_t *p);

/** Why we may not write to the file, in words; NULL if we may, or it is none. */
const char *at_link_why_read_only(const at_link_t *link);

/**
 * A new operation on the connection, whose deadline begins now. There is one at a
 * time.
 *
 * @param p  what the operation returns lives as long
 */
at_op_t *at_link_op(at_link_t *link, apr_pool_t *p);

/**
 * Something failed with AT_EUNAVAILABLE: find out what kind of trouble it is,
 * say it, and what to do about it.
 *
 * @param doing  what could not be done, as in "could not list the tokens"
 */
at_exit_e at_link_blame(at_link_t *link, const char *doing);

/** The database for a person, without any secret of its parameters. */
const char *at_link_describe(const at_target_t *target, apr_pool_t *p);

#endif
