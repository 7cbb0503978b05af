/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes the SQL. One set of questions serves every engine; only the table's
 * definition and the start of a transaction differ.
 */
#include "core/sql.h"

#include <string.h>

#include <apr_strings.h>

#define COLUMNS                                                                \
    "token_id, token_hash, user_name, description, "                           \
    "created_at, expires_at, last_used, deleted_at"

/* What differs between engines. */
typedef struct dialect_t {
    const char *driver;
    const char *quote;
    const char *const *session;
    const char *begin;
    const char *alone;     /* see at_sql_t; the table comes in one place */
    const char *counting;  /* locks the rows that are counted, and their gaps */
    const char *number;    /* holds if created_at is a number as we write it */
    const char *exact;     /* type prefix of bytes compared as they are */
    const char *words;     /* type of the description */
    const char *table_end; /* after the closing bracket */
    const char *touch_all; /* see at_sql_t; the table comes in two places */
    const char *place;     /* parameter for a moment that a row has */
} dialect_t;

/*
 * The rows are locked in the order of their ids, so that servers that write the
 * same ones wait for each other; an UPDATE alone would take them as they come.
 */
static const char postgres_touch_all[] =
    "WITH due AS (SELECT t.token_id, given.used FROM %s AS t "
    "JOIN unnest(%%s::varchar[], %%s::bigint[]) AS given(id, used) "
    "ON t.token_id = given.id "
    "WHERE t.last_used IS NULL OR t.last_used < given.used "
    "ORDER BY t.token_id FOR UPDATE OF t) "
    "UPDATE %s AS t SET last_used = due.used FROM due "
    "WHERE t.token_id = due.token_id";

/* Ends with the transaction, as a pooler of transactions wants it. */
static const char postgres_alone[] =
    "SELECT pg_advisory_xact_lock(hashtextextended('%s ' || %%s::varchar, 0))";

/*
 * The driver waits for a lock itself, up to 16 times 100 ms, without its
 * process-wide mutex; what SQLite waits, it waits holding that mutex, so only
 * for the few milliseconds that a commit by another process takes. In WAL mode
 * a writer does not stop readers. FULL, because a deletion that was answered
 * must survive a power cut.
 */
static const char *const sqlite_session[] = {"PRAGMA busy_timeout=20",
                                             "PRAGMA journal_mode=WAL",
                                             "PRAGMA synchronous=FULL", NULL};
static const char *const no_session[] = {NULL};

static const dialect_t dialects[] = {
    {"sqlite3", "\"", sqlite_session, "BEGIN IMMEDIATE", NULL, "",
     "typeof(created_at) = 'integer' AND ", "VARCHAR", "VARCHAR(255)",
     " WITHOUT ROWID", NULL, "%s"},
    {"mysql", "`", no_session, "BEGIN", NULL, " FOR UPDATE", "", "VARBINARY",
     "VARCHAR(255) CHARACTER SET utf8mb4", " ENGINE=InnoDB", NULL, "%lld"},
    {"pgsql", "\"", no_session, "BEGIN", postgres_alone, "", "", "VARCHAR",
     "VARCHAR(255)", "", postgres_touch_all, "%lld"},
};

static const dialect_t *dialect_of(const char *driver)
{
    apr_size_t i;

    for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]) - 1; i++) {
        if (strcmp(dialects[i].driver, driver) == 0) {
            return &dialects[i];
        }
    }
    return &dialects[i]; /* the last is the nearest to standard SQL */
}

const char *const *at_sql_session(const char *driver)
{
    return dialect_of(driver)->session;
}

int at_sql_is_sqlite(const char *driver)
{
    return strcmp(driver, "sqlite3") == 0;
}

static void compose_create(at_sql_t *sql, const dialect_t *dialect,
                           const char *table, apr_pool_t *p)
{
    const char *q = dialect->quote;

    sql->create[0] =
        apr_psprintf(p,
                     "CREATE TABLE IF NOT EXISTS %s ("
                     "token_id %s(36) NOT NULL PRIMARY KEY, "
                     "token_hash %s(64) NOT NULL, "
                     "user_name %s(255) NOT NULL, "
                     "description %s NOT NULL, "
                     "created_at BIGINT NOT NULL, "
                     "expires_at BIGINT NULL, "
                     "last_used BIGINT NULL, "
                     "deleted_at BIGINT NULL)%s",
                     table, dialect->exact, dialect->exact, dialect->exact,
                     dialect->words, dialect->table_end);
    sql->create[1] =
        apr_psprintf(p,
                     "CREATE INDEX IF NOT EXISTS %s%s_user%s ON %s "
                     "(user_name, created_at, token_id)",
                     q, sql->table, q, table);
    sql->create[2] =
        apr_psprintf(p,
                     "CREATE INDEX IF NOT EXISTS %s%s_created%s ON %s "
                     "(created_at, token_id)",
                     q, sql->table, q, table);
    sql->create[3] = apr_psprintf(
        p, "CREATE INDEX IF NOT EXISTS %s%s_deleted%s ON %s (deleted_at)", q,
        sql->table, q, table);
}

/*
 * The bounds on created_at keep out what no moment can be, so that the keyset
 * of every row that comes back can be read.
 */
static const char *compose_list(const dialect_t *dialect, const char *table,
                                int own, int status, apr_pool_t *p)
{
    static const char *const by_status[] = {
        [AT_SQL_ANY] = "",
        [AT_SQL_ACTIVE] = "(expires_at IS NULL OR expires_at > %lld) AND ",
        [AT_SQL_EXPIRED] = "expires_at <= %lld AND ",
    };

    return apr_pstrcat(p, "SELECT " COLUMNS " FROM ", table, " WHERE ",
                       own ? "user_name = %s AND " : "",
                       "deleted_at IS NULL AND ", by_status[status],
                       dialect->number,
                       "created_at >= 0 AND created_at <= 253402300799999 "
                       "AND (created_at, token_id) < (%lld, %s) "
                       "ORDER BY created_at DESC, token_id DESC LIMIT %lld",
                       NULL);
}

static void compose_questions(at_sql_t *sql, const dialect_t *dialect,
                              const char *table, apr_pool_t *p)
{
    int own, status;

    sql->find = apr_pstrcat(p, "SELECT " COLUMNS " FROM ", table,
                            " WHERE token_id = %s", NULL);
    sql->find_own = apr_pstrcat(p, sql->find, " AND user_name = %s", NULL);
    sql->count_live =
        apr_pstrcat(p, "SELECT COUNT(*) FROM ", table,
                    " WHERE user_name = %s AND deleted_at IS NULL"
                    " AND (expires_at IS NULL OR expires_at > %lld)",
                    dialect->counting, NULL);
    if (dialect->alone) {
        sql->alone = apr_psprintf(p, dialect->alone, sql->table);
    }
    sql->place_is_text = strcmp(dialect->place, "%s") == 0;
    sql->deleted = apr_pstrcat(
        p, "SELECT token_id, deleted_at FROM ", table,
        " WHERE deleted_at >= %lld AND deleted_at <= 253402300799999"
        " AND (deleted_at, token_id) > (",
        dialect->place,
        ", %s)"
        " ORDER BY deleted_at, token_id LIMIT %lld",
        NULL);
    for (own = 0; own < 2; own++) {
        for (status = AT_SQL_ANY; status <= AT_SQL_EXPIRED; status++) {
            sql->list[own][status] =
                compose_list(dialect, table, own, status, p);
        }
    }
}

static void compose_changes(at_sql_t *sql, const dialect_t *dialect,
                            const char *table, apr_pool_t *p)
{
    sql->insert = apr_pstrcat(
        p, "INSERT INTO ", table,
        " (token_id, token_hash, user_name, description, created_at,"
        " expires_at) VALUES (%s, %s, %s, %s, %lld, %lld)",
        NULL);
    sql->mark_deleted =
        apr_pstrcat(p, "UPDATE ", table,
                    " SET deleted_at = %lld"
                    " WHERE token_id = %s AND deleted_at IS NULL",
                    NULL);
    sql->mark_deleted_own =
        apr_pstrcat(p, sql->mark_deleted, " AND user_name = %s", NULL);
    sql->withdraw =
        apr_pstrcat(p, "DELETE FROM ", table,
                    " WHERE token_id = %s AND token_hash = %s", NULL);
    sql->touch = apr_pstrcat(
        p, "UPDATE ", table,
        " SET last_used = %lld"
        " WHERE token_id = %s AND (last_used IS NULL OR last_used < %lld)",
        NULL);
    if (dialect->touch_all) {
        sql->touch_all = apr_psprintf(p, dialect->touch_all, table, table);
    }
}

const at_sql_t *at_sql_compose(const char *driver, const char *table,
                               apr_pool_t *p)
{
    const dialect_t *dialect = dialect_of(driver);
    const char *quoted;
    at_sql_t *sql = apr_pcalloc(p, sizeof(*sql));

    sql->table = apr_pstrdup(p, table);
    sql->begin = dialect->begin;
    quoted = apr_pstrcat(p, dialect->quote, table, dialect->quote, NULL);
    compose_create(sql, dialect, quoted, p);
    compose_questions(sql, dialect, quoted, p);
    compose_changes(sql, dialect, quoted, p);
    return sql;
}
