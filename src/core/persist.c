/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries again where that can help: on a fresh connection, since the old one may
 * have been dead for long; not where none can be had. After any failure nothing
 * of the connection is used again.
 */
#include "core/persist.h"

#include <apr_strings.h>

#include "core/schema.h"
#include "core/time.h"

#define WHY_SIZE 256

/* What is known when a statement was refused twice. */
typedef struct refusal_t {
    char first[WHY_SIZE];    /* the engine's words for it */
    char creating[WHY_SIZE]; /* and for creating the table; or "" */
    at_schema_t schema;
    int is_known; /* what the table lacks */
} refusal_t;

/* Asked of the catalog, because the engines' words come in many languages. */
static void find_lack(at_store_t *store, refusal_t *refusal)
{
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    refusal->is_known = at_schema_glance(store->database, store->sql,
                                         &refusal->schema, pool) == APR_SUCCESS;
    refusal->schema.collation = NULL; /* goes with the pool */
    apr_pool_destroy(pool);
    if (!refusal->is_known) {
        at_database_drop(store->database);
    }
}

static void create(at_store_t *store, refusal_t *refusal)
{
    const char *const *command = store->sql->create;

    for (; *command && !*refusal->creating; command++) {
        if (at_database_command(store->database, *command) != APR_SUCCESS) {
            apr_cpystrn(refusal->creating, at_database_error(store->database),
                        WHY_SIZE);
            at_database_drop(store->database);
        }
    }
}

/* Many find the table missing, and begin at once when it is there. */
static apr_status_t try_until_unlocked(at_store_t *store, at_attempt_t *attempt,
                                       void *work, int number)
{
    apr_status_t status = attempt(work, number);

    while (status == AT_EUNAVAILABLE && at_database_locked(store->database) &&
           at_time_monotonic() < store->deadline) {
        at_database_drop(store->database);
        status = attempt(work, ++number);
    }
    return status;
}

/* The first reason, and what to do about it where that is known. */
static void explain(at_store_t *store, const refusal_t *refusal)
{
    const char *table = store->sql->table;
    const char *column = at_schema_first_missing(&refusal->schema);
    char more[2 * WHY_SIZE] = "";

    if (refusal->is_known && !refusal->schema.exists) {
        apr_snprintf(
            more, sizeof(more),
            " (there is no table %s, or it may not be seen%s%s; %s)", table,
            *refusal->creating ? "; creating it: " : "", refusal->creating,
            store->create_table ? "httoken init makes it"
                                : "AccessTokenCreateTable On, or httoken init");
    }
    else if (refusal->is_known && column) {
        apr_snprintf(more, sizeof(more),
                     " (the table %s has no column %s: httoken init)", table,
                     column);
    }
    at_database_explain(store->database, refusal->first);
    at_database_add_words(store->database, more);
}

/* A last try where tables are made: this process has made it now, or another
 * one did at the same moment. */
static apr_status_t try_last(at_store_t *store, at_attempt_t *attempt,
                             void *work, int number)
{
    apr_status_t status = AT_EUNAVAILABLE;
    refusal_t refusal = {.is_known = 0};
    int is_made = 0;

    apr_cpystrn(refusal.first, at_database_error(store->database), WHY_SIZE);
    find_lack(store, &refusal);
    if (store->create_table) {
        if (refusal.is_known && !refusal.schema.exists) {
            create(store, &refusal);
            is_made = !*refusal.creating;
        }
        status = try_until_unlocked(store, attempt, work, number);
    }
    if (status != AT_EUNAVAILABLE) {
        store->created |= is_made;
        return status;
    }
    at_database_drop(store->database);
    if (!is_made) { /* else the first reason is gone */
        explain(store, &refusal);
    }
    return status;
}

apr_status_t at_persist(at_store_t *store, at_attempt_t *attempt, void *work)
{
    int tries = 2;
    apr_status_t status;
    int number, reached;
    int died = 0;

    for (number = 0;; number++) {
        at_database_refresh(store->database);
        status = attempt(work, number);
        if (status != AT_EUNAVAILABLE) {
            store->reconnected |= died;
            return status;
        }
        died |= !at_database_locked(store->database);
        tries -= !at_database_locked(store->database);
        reached = at_database_is_open(store->database);
        at_database_drop(store->database);
        if (!reached || at_time_monotonic() >= store->deadline) {
            return status;
        }
        if (tries == 0) {
            break;
        }
    }
    return try_last(store, attempt, work, number + 1);
}
