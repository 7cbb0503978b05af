/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a connection, engine by engine. Only what the product relies
 * on is set, and never what an administrator means by it: a database that was
 * made read-only stays so, and so does a search_path.
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
    int answers;               /* the statements return rows */
    const char *params;        /* behind those of the administrator */
    const setting_t *settings; /* one without SQL ends them */
} session_t;

/*
 * The driver waits for a lock itself, up to 16 times 100 ms, without its
 * process-wide mutex; what SQLite waits, it waits holding that mutex, so only
 * for the few milliseconds that a commit by another process takes. In WAL mode
 * a writer does not stop readers; it is not possible in a read-only folder.
 * FULL, because a deletion that was answered must survive a power cut.
 */
static const setting_t sqlite[] = {{"PRAGMA busy_timeout=20", 0},
                                   {"PRAGMA journal_mode=WAL", 1},
                                   {"PRAGMA synchronous=FULL", 0},
                                   {NULL, 0}};

/*
 * The first statement ends a transaction that init_connect began. Each SELECT
 * has a snapshot of its own only with autocommit. COMMIT must neither begin
 * another transaction nor end the connection, '' must not be NULL, and what does
 * not fit must be refused. A lock is waited for no longer than anybody waits.
 *
 * REPEATABLE READ is InnoDB's own default. READ COMMITTED would do, but then
 * InnoDB writes nothing where binlog_format is STATEMENT.
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
 * A pooler of transactions keeps this one setting for each client. Others would
 * reach somebody else's session; they are set in each transaction, see
 * at_sql_t's begin.
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
            session->answers
                ? apr_dbd_select(driver, p, handle, &results, setting->sql, 1)
                : apr_dbd_query(driver, handle, &rows, setting->sql);
        code = setting->may_fail ? 0 : code;
    }
    return code;
}
