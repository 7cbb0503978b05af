/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogs of the engines differ, but these statements select the same from
 * each: columns, pairs of index and column, and sentences about collations.
 */
#include "core/db/catalog.h"

#include <string.h>

/* A column whose table was declared with NOCASE or RTRIM compares otherwise;
 * SQLite tells it only in the text of the declaration. */
static const at_catalog_t sqlite = {
    .driver = "sqlite3",
    .guarded_index = 1,
    .table = "SELECT name FROM sqlite_master "
             "WHERE type IN ('table', 'view') AND name = %s",
    .columns = "SELECT name FROM pragma_table_info(%s)",
    .indexes = "SELECT l.name, i.name FROM pragma_index_list(%s) AS l, "
               "pragma_index_info(l.name) AS i "
               "WHERE l.partial = 0 ORDER BY l.name, i.seqno",
    .collation = "SELECT 'a column is declared with COLLATE NOCASE or RTRIM, "
                 "so that other user names count as the same' "
                 "FROM sqlite_master WHERE name = %s AND "
                 "(instr(upper(sql), 'COLLATE NOCASE') "
                 "OR instr(upper(sql), 'COLLATE RTRIM'))",
    .engine = "SELECT 'SQLite ' || sqlite_version()",
};

static const at_catalog_t mysql = {
    .driver = "mysql",
    .table = "SELECT table_name FROM information_schema.tables "
             "WHERE table_schema = DATABASE() AND table_name = %s",
    .columns = "SELECT column_name FROM information_schema.columns "
               "WHERE table_schema = DATABASE() AND table_name = %s",
    .indexes = "SELECT index_name, column_name "
               "FROM information_schema.statistics "
               "WHERE table_schema = DATABASE() AND table_name = %s "
               "ORDER BY index_name, seq_in_index",
    .collation =
        "SELECT CONCAT(column_name, ' has the collation ', collation_name, "
        "CASE WHEN column_name = 'description' "
        "THEN ', which cannot hold every description; utf8mb4 can' "
        "ELSE ', which takes other names for the same; "
        "it should be VARBINARY' END) "
        "FROM information_schema.columns "
        "WHERE table_schema = DATABASE() AND table_name = %s "
        "AND CASE WHEN column_name = 'description' "
        "THEN character_set_name <> 'utf8mb4' "
        "WHEN column_name IN ('token_id', 'token_hash', 'user_name') "
        "THEN collation_name IS NOT NULL AND RIGHT(collation_name, 4) <> "
        "'_bin' ELSE 0 END",
    .clock = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS UNSIGNED)",
    .engine = "SELECT CONCAT(IF(VERSION() REGEXP 'MariaDB', '', 'MySQL '), "
              "VERSION())",
    /* MySQL has another name for the isolation level since its version 8. */
    .session =
        "SELECT LEFT(GROUP_CONCAT(name, ' = ', value SEPARATOR ', '), 250) "
        "FROM (SELECT 'autocommit' AS name, @@GLOBAL.autocommit AS value, "
        "1 AS needed UNION ALL "
        "SELECT 'completion_type', @@GLOBAL.completion_type, 'NO_CHAIN' "
        "UNION ALL SELECT 'transaction_isolation', "
        "/*!80000 @@GLOBAL.transaction_isolation */"
        "/*M! @@GLOBAL.tx_isolation */, 'REPEATABLE-READ' UNION ALL "
        "SELECT 'sql_mode', @@GLOBAL.sql_mode, CASE WHEN @@GLOBAL.sql_mode "
        "REGEXP 'ORACLE|EMPTY_STRING_IS_NULL' THEN '' "
        "ELSE @@GLOBAL.sql_mode END UNION ALL "
        "SELECT 'sql_select_limit', @@GLOBAL.sql_select_limit, "
        "18446744073709551615 UNION ALL "
        "SELECT 'init_connect', @@GLOBAL.init_connect, '') AS defaults "
        "WHERE value <> needed",
};

static const at_catalog_t postgres = {
    .driver = "pgsql",
    .quoted = 1,
    .guarded_index = 1,
    .table = "SELECT relname FROM pg_class WHERE oid = "
             "to_regclass(CAST(%s AS text))",
    .columns = "SELECT attname FROM pg_attribute WHERE attrelid = "
               "to_regclass(CAST(%s AS text)) "
               "AND attnum > 0 AND NOT attisdropped",
    .indexes = "SELECT c.relname, a.attname FROM pg_index AS i "
               "JOIN pg_class AS c ON c.oid = i.indexrelid "
               "JOIN pg_attribute AS a ON a.attrelid = i.indexrelid "
               "WHERE i.indrelid = to_regclass(CAST(%s AS text)) "
               "AND i.indpred IS NULL AND i.indisvalid "
               "ORDER BY c.relname, a.attnum",
    .collation =
        "SELECT 'the encoding of the database is ' || "
        "pg_encoding_to_char(d.encoding) || '; it should be UTF8' "
        "FROM pg_database AS d WHERE d.datname = current_database() "
        "AND pg_encoding_to_char(d.encoding) <> 'UTF8' "
        "UNION ALL SELECT a.attname || ' has the collation ' || c.collname || "
        "', which takes other names for the same' "
        "FROM pg_attribute AS a JOIN pg_collation AS c "
        "ON c.oid = a.attcollation WHERE a.attrelid = "
        "to_regclass(CAST(%s AS text)) AND a.attnum > 0 "
        "AND NOT c.collisdeterministic",
    .clock = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 "
             "AS BIGINT)",
    .engine = "SELECT 'PostgreSQL ' || current_setting('server_version')",
    .session = "SELECT string_agg(name || ' = ' || reset_val, ', ' "
               "ORDER BY name) FROM pg_settings "
               "WHERE name = 'client_encoding' AND reset_val <> 'UTF8' "
               "OR name = 'synchronous_commit' AND reset_val = 'off' "
               "OR name = 'default_transaction_isolation' "
               "AND reset_val <> 'read committed'",
};

const at_catalog_t *at_catalog_of(const char *driver)
{
    if (strcmp(driver, sqlite.driver) == 0) {
        return &sqlite;
    }
    return strcmp(driver, mysql.driver) == 0 ? &mysql : &postgres;
}
