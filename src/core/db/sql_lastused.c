/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes the SQL that writes last uses. Rows are locked in the order of their
 * ids, so that servers that write the same rows queue instead of deadlocking; a
 * row that is locked already does not delay the others.
 */
#include "core/db/sql.h"

#include <apr_strings.h>
#include <apr_tables.h>

const int at_sql_batches[AT_SQL_BATCHES] = {8, 500};

/* SQLite locks the whole file, and has no round trips. */
void at_sql_lastused_each(at_sql_t *sql, const char *table, apr_pool_t *p)
{
    sql->use_one = apr_pstrcat(
        p, "UPDATE ", table,
        " SET last_used = %lld"
        " WHERE token_id = %s AND (last_used IS NULL OR last_used < %lld)",
        NULL);
}

#define GIVEN                                                                  \
    " AS t JOIN unnest(%s::varchar[], %s::bigint[]) AS given(id, used) "       \
    "ON t.token_id = given.id "                                                \
    "WHERE t.last_used IS NULL OR t.last_used < given.used"

void at_sql_lastused_arrays(at_sql_t *sql, const char *table, apr_pool_t *p)
{
    sql->use_all = apr_pstrcat(
        p, "WITH due AS (SELECT t.token_id, given.used FROM ", table, GIVEN,
        " ORDER BY t.token_id FOR UPDATE OF t SKIP LOCKED) "
        "UPDATE ",
        table,
        " AS t SET last_used = due.used FROM due "
        "WHERE t.token_id = due.token_id",
        NULL);
    sql->use_missed =
        apr_pstrcat(p, "SELECT t.token_id FROM ", table, GIVEN, NULL);
}

static const char *repeat(const char *text, const char *between, int count,
                          apr_pool_t *p)
{
    apr_array_header_t *all = apr_array_make(p, 2 * count, sizeof(char *));
    int i;

    for (i = 0; i < count; i++) {
        APR_ARRAY_PUSH(all, const char *) = i > 0 ? between : "";
        APR_ARRAY_PUSH(all, const char *) = text;
    }
    return apr_array_pstrcat(p, all, '\0');
}

/*
 * MariaDB has SKIP LOCKED since 10.6, MySQL since 8.0.1: each reads one of the
 * comments; older versions read none and wait. The index is forced because in a
 * small table the optimizer would read, and lock, all rows. A join with the
 * parameters would depend on the collations of both sides.
 */
void at_sql_lastused_locked(at_sql_t *sql, const char *table, apr_pool_t *p)
{
    int i;

    for (i = 0; i < AT_SQL_BATCHES; i++) {
        const char *ids = repeat("%s", ", ", at_sql_batches[i], p);
        const char *those = apr_pstrcat(p, " FROM ", table,
                                        " FORCE INDEX (PRIMARY) WHERE token_id "
                                        "IN (",
                                        ids, ")", NULL);

        sql->use_exist[i] = apr_pstrcat(p, "SELECT token_id", those, NULL);
        sql->use_lock[i] =
            apr_pstrcat(p, sql->use_exist[i],
                        " ORDER BY token_id FOR UPDATE /*!80001 SKIP LOCKED */"
                        " /*M!100600 SKIP LOCKED */",
                        NULL);
        sql->use_write[i] = apr_pstrcat(
            p, "UPDATE ", table,
            " SET last_used = GREATEST(COALESCE(last_used, 0), CASE token_id ",
            repeat("WHEN %s THEN %lld", " ", at_sql_batches[i], p),
            " ELSE 0 END) WHERE token_id IN (", ids, ")", NULL);
    }
}
