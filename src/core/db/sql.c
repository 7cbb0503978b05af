/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes the SQL from the description of the columns. One set of statements
 * serves every engine; what differs is in the table of dialects.
 */
#include "core/db/sql.h"

#include <string.h>

#include <apr_strings.h>

/* What differs between engines. */
typedef struct dialect_t {
    const char *driver;
    const char *quote;
    const char *begin;
    const char *current;     /* ends a SELECT that reads the latest commits */
    const char *lock_user;   /* see at_sql_t; %s is the table */
    const char *unlock_user; /* likewise */
    /* %s is the column. apr_dbd ends a text at a NUL, which must not make one
     * user of another, nor another scope: */
    const char *user;      /* then it is NULL */
    const char *words;     /* then it is ' ', since NULL would be no limit */
    const char *number;    /* condition: created_at is an integer */
    const char *exact;     /* type of bytes that are compared as they are */
    const char *text;      /* type of the description */
    const char *table_end; /* after the closing bracket */
    at_sql_lastused_t *compose_uses;
    const char *place;     /* parameter for a deleted_at that a row has */
    int has_inner_indexes; /* CREATE INDEX has no IF NOT EXISTS there */
    int has_delete_limit;  /* but no LIMIT in a subquery */
} dialect_t;

/*
 * Not the role's defaults: a count must include what was committed while it
 * waited for its lock, and an answered deletion must survive a crash. Both are
 * set for this transaction only, since a pooler may give the next one another
 * session.
 */
static const char postgres_begin[] =
    "BEGIN ISOLATION LEVEL READ COMMITTED; "
    "SELECT set_config('synchronous_commit', 'local', true) "
    "WHERE current_setting('synchronous_commit') = 'off'";

/* A new last_used then has room in the page of the old row, and no index is
 * updated. */
#define ROOM_TO_UPDATE " WITH (fillfactor = 85)"

/* This lock ends with the transaction, as a pooler of transactions requires. */
static const char postgres_lock_user[] =
    "SELECT pg_advisory_xact_lock(hashtextextended('%s ' || %%s::varchar, 0))";

/*
 * A lock of the session, because the transaction's own would lock rows and the
 * gaps between them: transactions that count where there are no rows yet all
 * get the same gap, and then none may insert. The name has 64 digits, the most
 * that MySQL allows; SHA2, since MySQL 9.6 has no MD5().
 */
static const char mysql_lock_user[] =
    "SELECT GET_LOCK(SHA2(CONCAT(BINARY DATABASE(), ' %s ', %%s), 256), 5)";
static const char mysql_unlock_user[] =
    "SELECT RELEASE_LOCK(SHA2(CONCAT(BINARY DATABASE(), ' %s ', %%s), 256))";

static const dialect_t dialects[] = {
    {.driver = "sqlite3",
     .quote = "\"",
     .begin = "BEGIN IMMEDIATE",
     /* Not cast to a BLOB: every text of a UTF-16 database would have one. */
     .user = "CASE WHEN instr(%s, char(0)) = 0 AND "
             "(typeof(%s) <> 'blob' OR instr(%s, x'00') = 0) THEN %s END",
     .words = "CASE WHEN instr(%s, char(0)) > 0 OR "
              "typeof(%s) = 'blob' AND instr(%s, x'00') > 0 "
              "THEN ' ' ELSE %s END",
     .number = "typeof(created_at) = 'integer' AND ",
     .exact = "VARCHAR",
     .text = "VARCHAR(255)",
     .table_end = " WITHOUT ROWID",
     .compose_uses = at_sql_lastused_each,
     .place = "%s"},
    {.driver = "mysql",
     .quote = "`",
     .begin = "START TRANSACTION", /* BEGIN may open a block */
     .current = " FOR UPDATE",
     .lock_user = mysql_lock_user,
     .unlock_user = mysql_unlock_user,
     .user = "CASE WHEN LOCATE(0x00, %s) = 0 THEN %s END",
     .words = "CASE WHEN LOCATE(0x00, %s) > 0 THEN ' ' ELSE %s END",
     .number = "",
     .exact = "VARBINARY",
     .text = "VARCHAR(255) CHARACTER SET utf8mb4",
     .table_end = " ENGINE=InnoDB",
     .compose_uses = at_sql_lastused_locked,
     .place = "%lld",
     .has_inner_indexes = 1,
     .has_delete_limit = 1},
    {.driver = "pgsql",
     .quote = "\"",
     .begin = postgres_begin,
     .lock_user = postgres_lock_user,
     .user = "%s", /* its texts have no NUL */
     .words = "%s",
     .number = "",
     .exact = "VARCHAR",
     .text = "VARCHAR(255)",
     .table_end = ROOM_TO_UPDATE,
     .compose_uses = at_sql_lastused_arrays,
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
    return &dialects[i]; /* other drivers are refused by configtest */
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
    sql->create[n++] = at_schema_create_table(&style, p);
    for (i = 0; i < AT_INDEXES && !style.inner_indexes; i++) {
        sql->create[n++] = at_schema_create_index(&style, &at_indexes[i], 1, p);
    }
}

static const char *selected(const dialect_t *dialect, const at_column_t *column,
                            apr_pool_t *p)
{
    const char *name = column->name;

    switch (column->kind) {
    case AT_KIND_USER:
        return apr_psprintf(p, dialect->user, name, name, name, name);
    case AT_KIND_SCOPES:
        return apr_psprintf(p, dialect->words, name, name, name, name);
    case AT_KIND_ID:
    case AT_KIND_HASH:
    case AT_KIND_TEXT:
    case AT_KIND_TIME:
    case AT_KIND_WORD:
        break;
    }
    return name;
}

static const char *compose_select(const dialect_t *dialect, const char *table,
                                  apr_pool_t *p)
{
    const char *columns = "";
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        columns = apr_pstrcat(p, columns, i > 0 ? ", " : "",
                              selected(dialect, &at_columns[i], p), NULL);
    }
    return apr_pstrcat(p, "SELECT ", columns, " FROM ", table, NULL);
}

static void compose_insert(at_sql_t *sql, const char *table, apr_pool_t *p)
{
    const char *names = NULL;
    const char *values = "";
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        const at_column_t *column = &at_columns[i];
        const char *comma = names ? ", " : "";

        if (column->is_inserted) {
            values =
                apr_pstrcat(p, values, comma,
                            column->kind == AT_KIND_TIME ? "%lld" : "%s", NULL);
            names =
                apr_pstrcat(p, names ? names : "", comma, column->name, NULL);
        }
    }
    sql->inserted = names;
    sql->insert = apr_pstrcat(p, "INSERT INTO ", table, " (", names,
                              ") VALUES (", values, ")", NULL);
}

/*
 * The bounds on created_at exclude what no time can be, so that the place of
 * every row that is returned can be read. The place is compared column by
 * column: for a pair, MariaDB never, and SQLite not beside another bound, uses
 * the index, and both would read all rows before it.
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

static void compose_selects(at_sql_t *sql, const dialect_t *dialect,
                            const char *table, apr_pool_t *p)
{
    int own, status;

    sql->select = compose_select(dialect, table, p);
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
    sql->owners = apr_pstrcat(p, "SELECT user_name FROM ", table,
                              " WHERE user_name > %s GROUP BY user_name "
                              "ORDER BY user_name LIMIT %lld",
                              NULL);
    if (dialect->lock_user) {
        sql->lock_user = apr_psprintf(p, dialect->lock_user, sql->table);
    }
    if (dialect->unlock_user) {
        sql->unlock_user = apr_psprintf(p, dialect->unlock_user, sql->table);
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

/* Some rows whose time is before a given one; negative times are not valid. The
 * condition stands beside the subquery again, since another transaction may
 * have changed a row in between. */
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
    sql->count_expired =
        apr_pstrcat(p, "SELECT COUNT(*) FROM ", table,
                    " WHERE expires_at >= 0 AND expires_at < %lld", NULL);
    sql->count_deleted =
        apr_pstrcat(p, "SELECT COUNT(*) FROM ", table,
                    " WHERE deleted_at >= 0 AND deleted_at < %lld"
                    " AND (expires_at IS NULL OR expires_at >= %lld)",
                    NULL);
    sql->last_generated = compose_last(table, "created_at", p);
    sql->last_deleted = compose_last(table, "deleted_at", p);
}

static void compose_changes(at_sql_t *sql, const dialect_t *dialect,
                            const char *table, apr_pool_t *p)
{
    compose_insert(sql, table, p);
    sql->mark_deleted =
        apr_pstrcat(p, "UPDATE ", table,
                    " SET deleted_at = %lld"
                    " WHERE token_id = %s AND deleted_at IS NULL",
                    NULL);
    sql->mark_deleted_own =
        apr_pstrcat(p, sql->mark_deleted, " AND user_name = %s", NULL);
    sql->undo_insert =
        apr_pstrcat(p, "DELETE FROM ", table,
                    " WHERE token_id = %s AND token_hash = %s", NULL);
    dialect->compose_uses(sql, table, p);
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
    compose_selects(sql, dialect, quoted, p);
    compose_changes(sql, dialect, quoted, p);
    compose_purges(sql, dialect, quoted, p);
    return sql;
}
