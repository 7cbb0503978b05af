/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries again where that can help: on a fresh connection, since the old one may
 * have been dead for long; not where none can be had. After any failure nothing
 * of the connection is used again.
 */
#include "core/persist.h"

#include <apr_strings.h>

#define WHY_SIZE 256

/* To the engine's words for a statement that it has refused. */
static const char hint[] =
    " (a missing table or column: AccessTokenCreateTable "
    "On, or httoken init)";

/* If that fails, another process may have made the table at the same moment, so
 * the work is tried all the same; but if it fails, too, the reason is why there
 * is no table. */
static apr_status_t create_and_try(at_store_t *store, at_attempt_t *attempt,
                                   void *work, int number)
{
    const char *const *command = store->sql->create;
    char why[WHY_SIZE] = "";
    apr_status_t status;
    int is_locked;

    for (; *command && !*why; command++) {
        if (at_database_command(store->database, *command) != APR_SUCCESS) {
            apr_cpystrn(why, at_database_error(store->database), sizeof(why));
            at_database_drop(store->database);
        }
    }
    /* Many find it missing and begin at once when it is there. */
    do {
        status = attempt(work, number++);
        is_locked = status == AT_EUNAVAILABLE &&
                    at_database_locked(store->database) &&
                    at_time_monotonic() < store->deadline;
        if (is_locked) {
            at_database_drop(store->database);
        }
    } while (is_locked);
    store->created |= status != AT_EUNAVAILABLE && !*why;
    if (status == AT_EUNAVAILABLE) {
        at_database_drop(store->database);
        if (*why) {
            at_database_explain(store->database, why);
        }
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
    if (store->create_table) {
        status = create_and_try(store, attempt, work, number + 1);
    }
    if (status == AT_EUNAVAILABLE) {
        at_database_add_words(store->database, hint);
    }
    return status;
}
