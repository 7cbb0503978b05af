/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries again where that can help: on a fresh connection, since the old one may
 * have been dead for long; not where none can be had. After any failure nothing
 * of the connection is used again.
 */
#include "core/db/retry.h"

#include <apr_strings.h>

#include "core/db/schema.h"
#include "core/token/clock.h"

#define WHY_SIZE 256

/* What is known when a statement was refused twice. */
typedef struct refusal_t {
    char first[WHY_SIZE];    /* the engine's words for it */
    char creating[WHY_SIZE]; /* and for creating the table; or "" */
    at_schema_t schema;
    int is_known; /* what the table lacks */
} refusal_t;

/* Asked of the catalog, because the engines' words come in many languages. */
static void find_lack(at_op_t *op, refusal_t *refusal)
{
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    refusal->is_known = at_schema_glance(op->database, op->sql,
                                         &refusal->schema, pool) == APR_SUCCESS;
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
                        WHY_SIZE);
            at_database_drop(op->database);
        }
    }
}

/* Many find the table missing, and begin at once when it is there. */
static apr_status_t try_until_unlocked(at_op_t *op, at_retry_work_t *attempt,
                                       void *work, int number)
{
    apr_status_t status = attempt(work, number);

    while (status == AT_EUNAVAILABLE && at_database_locked(op->database) &&
           at_clock_monotonic() < op->deadline) {
        at_database_drop(op->database);
        status = attempt(work, ++number);
    }
    return status;
}

/* The first reason, and what to do about it where that is known. */
static void explain(at_op_t *op, const refusal_t *refusal)
{
    const char *table = op->sql->table;
    const char *column = at_schema_first_missing(&refusal->schema);
    char more[2 * WHY_SIZE] = "";

    if (refusal->is_known && !refusal->schema.exists) {
        apr_snprintf(
            more, sizeof(more),
            " (there is no table %s, or it may not be seen%s%s; %s)", table,
            *refusal->creating ? "; creating it: " : "", refusal->creating,
            op->create_table ? "httoken init makes it"
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

/* A last try where tables are made: this process has made it now, or another
 * one did at the same moment. */
static apr_status_t try_last(at_op_t *op, at_retry_work_t *attempt, void *work,
                             int number)
{
    apr_status_t status = AT_EUNAVAILABLE;
    refusal_t refusal = {.is_known = 0};
    int is_made = 0;

    apr_cpystrn(refusal.first, at_database_error(op->database), WHY_SIZE);
    find_lack(op, &refusal);
    if (op->create_table) {
        if (refusal.is_known && !refusal.schema.exists) {
            create(op, &refusal);
            is_made = !*refusal.creating;
        }
        status = try_until_unlocked(op, attempt, work, number);
    }
    if (status != AT_EUNAVAILABLE) {
        op->created |= is_made;
        return status;
    }
    at_database_drop(op->database);
    if (!is_made) { /* else the first reason is gone */
        explain(op, &refusal);
    }
    return status;
}

apr_status_t at_retry(at_op_t *op, at_retry_work_t *attempt, void *work)
{
    int tries = 2;
    apr_status_t status;
    int number, reached;
    int died = 0;

    for (number = 0;; number++) {
        at_database_refresh(op->database);
        status = attempt(work, number);
        if (status != AT_EUNAVAILABLE) {
            op->reconnected |= died;
            return status;
        }
        died |= !at_database_locked(op->database);
        tries -= !at_database_locked(op->database);
        reached = at_database_is_open(op->database);
        at_database_drop(op->database);
        if (!reached || at_clock_monotonic() >= op->deadline) {
            return status;
        }
        if (tries == 0) {
            break;
        }
    }
    return try_last(op, attempt, work, number + 1);
}
