/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes the SQL. One set of questions serves every engine; only the table's
 * definition and the start of a transaction differ.
 */
#include "core/db/sql.h"

#include <string.h>

#include <apr_strings.h>

/* What differs between engines. */
typedef struct dialect_t {
    const char *driver;
    const char *quote;
    const char *begin;
    const char *current;  /* behind a SELECT that must see what others did */
    const char *stale;    /* see at_sql_t; the table comes in one place */
    const char *together; /* likewise */
    const char *owner;    /* user_name, or NULL where a NUL stands in it */
    const char *scopes; /* scopes, or what are none where a NUL stands there */
    const char *number; /* holds if created_at is a number as we write it */
    const char *exact;  /* type prefix of bytes compared as they are */
    const char *text;   /* type of the description */
    const char *table_end; /* after the closing bracket */
    at_sql_lastused_t *touch;
    const char *place;     /* parameter for a moment that a row has */
    int has_inner_indexes; /* CREATE INDEX may not be repeated there */
    int has_delete_limit;  /* and knows no limit in a subquery */
} dialect_t;

/*
 * Whatever the role's default is: counting must see what others committed while
 * it waited for its lock, and an answered deletion must survive a crash. Both
 * hold for this transaction only, so they need no session of our own.
 */
static const char postgres_begin[] =
    "BEGIN ISOLATION LEVEL READ COMMITTED; "
    "SELECT set_config('synchronous_commit', 'local', true) "
    "WHERE current_setting('synchronous_commit') = 'off'";

/* A new last_used then finds room beside the old row, and no index is touched. */
#define ROOM_TO_UPDATE " WITH (fillfactor = 85)"

/* Ends with the transaction, as a pooler of transactions wants it. */
static const char postgres_stale[] =
    "SELECT pg_advisory_xact_lock(hashtextextended('%s ' || %%s::varchar, 0))";

/*
 * Of the session, because the transaction's own locks would be those of rows and
 * of the gaps between them: many who count where there are no rows yet all get
 * the same gap, and then none may insert. The name has 64 digits, which is the
 * most that MySQL takes; MD5() it has no more.
 */
static const char mysql_stale[] =
    "SELECT GET_LOCK(SHA2(CONCAT(BINARY DATABASE(), ' %s ', %%s), 256), 5)";
static const char mysql_together[] =
    "SELECT RELEASE_LOCK(SHA2(CONCAT(BINARY DATABASE(), ' %s ', %%s), 256))";

static const dialect_t dialects[] = {
    {.driver = "sqlite3",
     .quote = "\"",
     .begin = "BEGIN IMMEDIATE",
     /* As a BLOB, every text of a UTF-16 database would have one. */
     .owner = "CASE WHEN instr(user_name, char(0)) = 0 AND "
              "(typeof(user_name) <> 'blob' OR instr(user_name, x'00') = 0) "
              "THEN user_name END",
     .scopes = "CASE WHEN instr(scopes, char(0)) > 0 OR "
               "typeof(scopes) = 'blob' AND instr(scopes, x'00') > 0 "
               "THEN ' ' ELSE scopes END",
     .number = "typeof(created_at) = 'integer' AND ",
     .exact = "VARCHAR",
     .text = "VARCHAR(255)",
     .table_end = " WITHOUT ROWID",
     .touch = at_sql_lastused_each,
     .place = "%s"},
    {.driver = "mysql",
     .quote = "`",
     .begin = "START TRANSACTION", /* BEGIN may open a block */
     .current = " FOR UPDATE",
     .stale = mysql_stale,
     .together = mysql_together,
     .owner = "CASE WHEN LOCATE(0x00, user_name) = 0 THEN user_name END",
     .scopes = "CASE WHEN LOCATE(0x00, scopes) > 0 THEN ' ' ELSE scopes END",
     .number = "",
     .exact = "VARBINARY",
     .text = "VARCHAR(255) CHARACTER SET utf8mb4",
     .table_end = " ENGINE=InnoDB",
     .touch = at_sql_lastused_locked,
     .place = "%lld",
     .has_inner_indexes = 1,
     .has_delete_limit = 1},
    {.driver = "pgsql",
     .quote = "\"",
     .begin = postgres_begin,
     .stale = postgres_stale,
     .owner = "user_name", /* it takes no NUL */
     .scopes = "scopes",
     .number = "",
     .exact = "VARCHAR",
     .text = "VARCHAR(255)",
     .table_end = ROOM_TO_UPDATE,
     .touch = at_sql_lastused_arrays,
     .place = "%lld"},
};

static const dialect_t *dialect_of(const char *driver)
{
    apr_size_t i;

    for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]) - 1; i++) {
        if (strcmp(dialects[i].driver, driver) == 0) {
            return &dialects[i];
        }
    }
    return &dialects[i]; /* others are refused where they are named */
}

int at_sql_is_sqlite(const char *driver)
{
    return strcmp(driver, "sqlite3") == 0;
}

static void compose_create(at_sql_t *sql, const dialect_t *dialect,
                           const char *table, apr_pool_t *p)
{
    const at_schema_style_t style = {.table = table,
                                     .name = sql->table,
                                     .quote = dialect->quote,
                                     .exact = dialect->exact,
                                     .text = dialect->text,
                                     .table_end = dialect->table_end,
                                     .inner_indexes =
                                         dialect->has_inner_indexes};
    int i;
    int n = 0;

    sql->style = style;
    sql->create[n++] = at_parts_table(&style, p);
    for (i = 0; at_parts[i].name; i++) {
        if (at_parts[i].kind == AT_PART_INDEX && !style.inner_indexes) {
            sql->create[n++] = at_parts_index(&style, &at_parts[i], 1, p);
        }
    }
}

/*
 * The bounds on created_at keep out what no moment can be, so that the keyset
 * of every row that comes back can be read. The keyset is no pair: by a pair
 * MariaDB never, and SQLite not beside another bound, finds its place in the
 * index, and they would read all that stands before.
 */
static const char *compose_list(const at_sql_t *sql, const dialect_t *dialect,
                                int own, int status, apr_pool_t *p)
{
    static const char *const by_status[] = {
        [AT_SQL_ANY] = "",
        [AT_SQL_ACTIVE] = "(expires_at IS NULL OR expires_at > %lld) AND ",
        [AT_SQL_EXPIRED] = "expires_at <= %lld AND ",
    };

    return apr_pstrcat(
        p, sql->select, " WHERE ", own ? "user_name = %s AND " : "",
        "deleted_at IS NULL AND ", by_status[status], dialect->number,
        "created_at >= 0 AND created_at <= %lld "
        "AND (created_at < %lld OR token_id < %s) "
        "ORDER BY created_at DESC, token_id DESC LIMIT %lld",
        NULL);
}

static void compose_questions(at_sql_t *sql, const dialect_t *dialect,
                              const char *table, apr_pool_t *p)
{
    int own, status;

    /* What apr_dbd hands out ends at a NUL; a name must not become another's,
     * nor a scope another one. NULL would be a token without limits. */
    sql->select =
        apr_pstrcat(p, "SELECT token_id, token_hash, ", dialect->owner,
                    ", description, created_at, expires_at, "
                    "last_used, deleted_at, ",
                    dialect->scopes, " FROM ", table, NULL);
    sql->find = apr_pstrcat(p, sql->select, " WHERE token_id = %s", NULL);
    if (dialect->current) {
        sql->find_current = apr_pstrcat(p, sql->find, dialect->current, NULL);
    }
    sql->find_own = apr_pstrcat(p, sql->find, " AND user_name = %s", NULL);
    sql->count_live =
        apr_pstrcat(p, "SELECT COUNT(*) FROM ", table,
                    " WHERE user_name = %s AND deleted_at IS NULL"
                    " AND (expires_at IS NULL OR expires_at > %lld)",
                    NULL);
    if (dialect->stale) {
        sql->stale = apr_psprintf(p, dialect->stale, sql->table);
    }
    if (dialect->together) {
        sql->together = apr_psprintf(p, dialect->together, sql->table);
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
            sql->list[own][status] = compose_list(sql, dialect, own, status, p);
        }
    }
}

/* Some rows whose moment is before another; below 0 there are none. It is looked
 * at again in the row that goes, since somebody may have changed it meanwhile. */
static const char *compose_purge(const dialect_t *dialect, const char *table,
                                 const char *column, apr_pool_t *p)
{
    const char *ended =
        apr_pstrcat(p, column, " >= 0 AND ", column, " < %lld", NULL);
    const char *found =
        apr_pstrcat(p, ended, " ORDER BY ", column, " LIMIT %lld", NULL);

    return dialect->has_delete_limit
               ? apr_pstrcat(p, "DELETE FROM ", table, " WHERE ", ended,
                             " AND ", found, NULL)
               : apr_pstrcat(p, "DELETE FROM ", table, " WHERE ", ended,
                             " AND token_id IN (SELECT token_id FROM ", table,
                             " WHERE ", found, ")", NULL);
}

static const char *compose_last(const char *table, const char *column,
                                apr_pool_t *p)
{
    return apr_pstrcat(p, "SELECT ", column, " FROM ", table, " WHERE ", column,
                       " >= 0 AND ", column, " <= %lld ORDER BY ", column,
                       " DESC LIMIT 1", NULL);
}

static void compose_purges(at_sql_t *sql, const dialect_t *dialect,
                           const char *table, apr_pool_t *p)
{
    sql->purge_expired = compose_purge(dialect, table, "expires_at", p);
    sql->purge_deleted = compose_purge(dialect, table, "deleted_at", p);
    sql->last_generated = compose_last(table, "created_at", p);
    sql->last_deleted = compose_last(table, "deleted_at", p);
}

static void compose_changes(at_sql_t *sql, const dialect_t *dialect,
                            const char *table, apr_pool_t *p)
{
    sql->insert = apr_pstrcat(
        p, "INSERT INTO ", table,
        " (token_id, token_hash, user_name, description, created_at,"
        " expires_at, scopes) VALUES (%s, %s, %s, %s, %lld, %lld, %s)",
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
    dialect->touch(sql, table, p);
}

const at_sql_t *at_sql_compose(const char *driver, const char *table,
                               apr_pool_t *p)
{
    const dialect_t *dialect = dialect_of(driver);
    const char *quoted;
    at_sql_t *sql = apr_pcalloc(p, sizeof(*sql));

    sql->driver = apr_pstrdup(p, driver);
    sql->table = apr_pstrdup(p, table);
    sql->begin = dialect->begin;
    quoted = apr_pstrcat(p, dialect->quote, table, dialect->quote, NULL);
    compose_create(sql, dialect, quoted, p);
    compose_questions(sql, dialect, quoted, p);
    compose_changes(sql, dialect, quoted, p);
    compose_purges(sql, dialect, quoted, p);
    return sql;
}
