/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs again where that can help: on another connection, since the old one may
 * have been dead for long; not if no connection can be made. After a failure
 * the connection is not used again.
 */
#include "core/db/retry.h"

#include <apr_strings.h>

#include "core/db/schema.h"
#include "core/token/clock.h"

#define REASON_SIZE 256

/* What is known when a statement has failed twice. */
typedef struct refusal_t {
    char first[REASON_SIZE];    /* the engine's message */
    char creating[REASON_SIZE]; /* and the one for creating the table; or "" */
    at_schema_t schema;
    int is_known; /* the schema */
} refusal_t;

/* Read from the catalog, because the engine's messages come in many languages.
 */
static void read_schema(at_op_t *op, refusal_t *refusal)
{
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    refusal->is_known =
        at_schema_read_columns(op->database, op->sql, &refusal->schema, pool) ==
        APR_SUCCESS;
    refusal->schema.collation = NULL; /* goes with the pool */
    apr_pool_destroy(pool);
    if (!refusal->is_known) {
        at_database_drop(op->database);
    }
}

static void create(at_op_t *op, refusal_t *refusal)
{
    const char *const *command = op->sql->create;

    for (; *command && !*refusal->creating; command++) {
        if (at_database_command(op->database, *command) != APR_SUCCESS) {
            apr_cpystrn(refusal->creating, at_database_error(op->database),
                        REASON_SIZE);
            at_database_drop(op->database);
        }
    }
}

/* Several processes may create the table at once; SQLite then locks its file.
 */
static apr_status_t try_until_unlocked(at_op_t *op, at_retry_work_t *work,
                                       void *data)
{
    apr_status_t status = work(op, data);

    while (status == AT_EUNAVAILABLE && at_database_locked(op->database) &&
           at_clock_monotonic() < op->deadline) {
        at_database_drop(op->database);
        op->attempt++;
        status = work(op, data);
    }
    return status;
}

/* The first reason, and what to do about it where that is known. */
static void set_reason(at_op_t *op, const refusal_t *refusal)
{
    const char *table = op->sql->table;
    const char *column = at_schema_first_missing(&refusal->schema);
    char more[2 * REASON_SIZE] = "";

    if (refusal->is_known && !refusal->schema.exists) {
        apr_snprintf(
            more, sizeof(more),
            " (there is no table %s, or it may not be seen%s%s; %s)", table,
            *refusal->creating ? "; creating it: " : "", refusal->creating,
            op->create_table ? "httoken init creates it"
                             : "AccessTokenCreateTable On, or httoken init");
    }
    else if (refusal->is_known && column) {
        apr_snprintf(more, sizeof(more),
                     " (the table %s has no column %s: httoken init)", table,
                     column);
    }
    at_database_set_error(op->database, refusal->first);
    at_database_add_reason(op->database, more);
}

/* The last attempt, where the table may be created: this process has created it
 * now, or another one did at the same time. */
static apr_status_t try_last(at_op_t *op, at_retry_work_t *work, void *data)
{
    apr_status_t status = AT_EUNAVAILABLE;
    refusal_t refusal = {.is_known = 0};
    int is_created = 0;

    apr_cpystrn(refusal.first, at_database_error(op->database), REASON_SIZE);
    read_schema(op, &refusal);
    if (op->create_table) {
        if (refusal.is_known && !refusal.schema.exists) {
            create(op, &refusal);
            is_created = !*refusal.creating;
        }
        status = try_until_unlocked(op, work, data);
    }
    if (status != AT_EUNAVAILABLE) {
        op->created |= is_created;
        return status;
    }
    at_database_drop(op->database);
    if (!is_created) { /* else the first reason no longer holds */
        set_reason(op, &refusal);
    }
    return status;
}

apr_status_t at_retry(at_op_t *op, at_retry_work_t *work, void *data)
{
    int tries = 2;
    apr_status_t status;
    int connected;
    int died = 0;

    for (op->attempt = 0;; op->attempt++) {
        at_database_refresh(op->database);
        status = work(op, data);
        if (status != AT_EUNAVAILABLE) {
            op->reconnected |= died;
            return status;
        }
        died |= !at_database_locked(op->database);
        tries -= !at_database_locked(op->database);
        connected = at_database_is_open(op->database);
        at_database_drop(op->database);
        if (!connected || at_clock_monotonic() >= op->deadline) {
            return status;
        }
        if (tries == 0) {
            break;
        }
    }
    op->attempt++;
    return try_last(op, work, data);
}
