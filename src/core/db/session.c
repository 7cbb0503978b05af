/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a session, engine by engine. Only settings on which the
 * product relies are made, and none that an administrator chooses: a database
 * that is read-only stays so, and a search_path stays as it is.
 */
#include "core/db/session.h"

#include <string.h>

#include <apr_strings.h>

typedef struct setting_t {
    const char *sql;
    int may_fail;
} setting_t;

typedef struct session_t {
    const char *driver_name;
    int returns_rows;          /* its statements do */
    const char *params;        /* added after those of the administrator */
    const setting_t *settings; /* the last one has no SQL */
} session_t;

/*
 * The driver itself waits for a lock, up to 16 times 100 ms, without its
 * process-wide mutex. SQLite's own wait holds that mutex, so it is only as
 * long as the few milliseconds that a commit of another process takes. In WAL
 * mode a writer does not block readers; it is not possible in a read-only
 * folder, so it may fail. FULL, because a deletion that was confirmed must
 * survive a power failure.
 */
static const setting_t sqlite[] = {{"PRAGMA busy_timeout=20", 0},
                                   {"PRAGMA journal_mode=WAL", 1},
                                   {"PRAGMA synchronous=FULL", 0},
                                   {NULL, 0}};

/*
 * The first statement ends a transaction that init_connect has begun. Only
 * with autocommit each SELECT has a snapshot of its own. COMMIT must neither
 * begin another transaction nor end the connection, '' must not be NULL, and a
 * value that does not fit must be refused. A statement waits for a lock no
 * longer than a request waits for its answer.
 *
 * REPEATABLE READ is InnoDB's default. READ COMMITTED would be sufficient, but
 * with it InnoDB refuses to write if binlog_format is STATEMENT.
 */
static const setting_t mysql[] = {
    {"ROLLBACK AND NO CHAIN NO RELEASE", 0},
    {"SET SESSION autocommit = 1, completion_type = 'NO_CHAIN', "
     "sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
     "sql_safe_updates = 0, sql_select_limit = 18446744073709551615, "
     "sql_big_selects = 1, lock_wait_timeout = 5, innodb_lock_wait_timeout = "
     "5, "
     "character_set_client = utf8mb4, character_set_results = utf8mb4, "
     "collation_connection = utf8mb4_general_ci",
     0},
    {"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", 0},
    {NULL, 0}};

/*
 * A pooler of transactions, such as PgBouncer, keeps this one setting for each
 * client. Other settings would change the session of another client, so they
 * are made in each transaction: see at_sql_t's begin.
 */
static const setting_t postgres[] = {{"SET client_encoding TO 'UTF8'", 0},
                                     {NULL, 0}};

static const session_t sessions[] = {
    {"sqlite3", 1, "", sqlite},
    {"mysql", 0, ",reconnect=0", mysql},
    {"pgsql", 0, "", postgres},
};

static const session_t *session_of(const char *driver_name)
{
    apr_size_t i;

    for (i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
        if (strcmp(sessions[i].driver_name, driver_name) == 0) {
            return &sessions[i];
        }
    }
    return NULL;
}

const char *at_session_params(const char *driver_name, const char *params,
                              apr_pool_t *p)
{
    const session_t *session = session_of(driver_name);

    return apr_pstrcat(p, params, session ? session->params : "", NULL);
}

int at_session_begin(const apr_dbd_driver_t *driver, const char *driver_name,
                     apr_dbd_t *handle, apr_pool_t *p)
{
    const session_t *session = session_of(driver_name);
    const setting_t *setting;
    int code = 0;

    if (!session) {
        return 0;
    }
    for (setting = session->settings; setting->sql && code == 0; setting++) {
        apr_dbd_results_t *results = NULL;
        int rows = 0;

        code =
            session->returns_rows
                ? apr_dbd_select(driver, p, handle, &results, setting->sql, 1)
                : apr_dbd_query(driver, handle, &rows, setting->sql);
        code = setting->may_fail ? 0 : code;
    }
    return code;
}
