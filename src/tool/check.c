/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httoken check: one line for each thing that has to be right, in the order in
 * which they depend on each other, and what to do about each that is wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/db/dbfile.h"
#include "tool/output.h"
#include "tool/owner.h"
#include "tool/terminal.h"
#include "tool/tool.h"

#define CLOCK_DOUBT_MS 1000  /* more is worth a look */
#define CLOCK_WRONG_MS 60000 /* servers look back by so much for deletions */

typedef struct check_t {
    at_tool_t *tool;
    at_link_t *link;
    at_exit_e worst; /* the first that is wrong decides */
    const char *server_user;
} check_t;

static void line(const char *word, at_colour_e colour, const char *subject,
                 const char *says)
{
    printf("%s%-5s%s %-11s %s\n", at_term_colour(colour), word, at_term_plain(),
           subject, says);
}

static void good(const char *subject, const char *says)
{
    line("ok", AT_COLOUR_GOOD, subject, says);
}

static void doubt(const char *subject, const char *says)
{
    line("note", AT_COLOUR_DOUBT, subject, says);
}

static void wrong(check_t *check, at_exit_e status, const char *subject,
                  const char *says)
{
    line("WRONG", AT_COLOUR_BAD, subject, says);
    if (check->worst == AT_EXIT_DONE) {
        check->worst = status;
    }
}

/* Returns false when what comes then cannot be looked at. */
typedef int step_t(check_t *check);

static int check_driver(check_t *check)
{
    const at_target_t *target = check->tool->target;
    apr_pool_t *p = check->tool->pool;

    good("database", apr_psprintf(p, "named by %s", target->source));
    if (*target->params && at_database_driver_check(target->driver, p) != 0) {
        wrong(check, AT_EXIT_UNREACHABLE, "driver",
              apr_psprintf(p,
                           "%s is not installed for apr_dbd; Debian has it in "
                           "%s",
                           target->driver,
                           at_driver_package(target->driver, p)));
        return 0;
    }
    check->worst = at_link_make(target, &check->link, p);
    if (check->worst != AT_EXIT_DONE) {
        return 0;
    }
    good("driver", target->driver);
    return 1;
}

/* Files */

static const char *why_no_server(check_t *check, const char *path)
{
    apr_pool_t *p = check->tool->pool;
    const char *user = check->server_user;
    const char *folder = at_owner_folder(path, p);

    if (!at_owner_may(user, path, R_OK | W_OK)) {
        return apr_psprintf(p,
                            "the web server's user %s may not read and write "
                            "%s; 'chown %s %s' lets it",
                            user, path, user, path);
    }
    if (!at_owner_may(user, folder, R_OK | W_OK | X_OK)) {
        return apr_psprintf(p,
                            "the web server's user %s may not write to %s, "
                            "where SQLite keeps its journal",
                            user, folder);
    }
    return NULL;
}

static void check_server_files(check_t *check)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    const char *path = check->tool->target->params;
    apr_pool_t *p = check->tool->pool;
    /* An httpd that somebody else than root starts runs under who starts it. */
    int is_sure = check->tool->target->server_user || geteuid() == 0;
    apr_size_t i;

    if (!check->server_user) {
        doubt("file", "no user of a web server is known, so whether it may "
                      "write was not looked at");
        return;
    }
    for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        const char *one = apr_pstrcat(p, path, suffixes[i], NULL);
        const char *why =
            access(one, F_OK) == 0 ? why_no_server(check, one) : NULL;

        if (why && is_sure) {
            wrong(check, AT_EXIT_FILE, "file", why);
            return;
        }
        if (why) {
            doubt("file", why);
            return;
        }
    }
    good("file",
         apr_psprintf(p, "%s, which %s may write", path, check->server_user));
}

static void check_place(const char *path)
{
    if (at_dbfile_is_in_tmp(path)) {
        doubt("file", "lies in a temporary folder; with systemd's PrivateTmp "
                      "httpd has another one, which is gone when it stops");
    }
    if (at_dbfile_is_mounted(path)) {
        doubt("file", "is a mount point of its own; what is in its -wal is "
                      "lost with the container: mount the folder");
    }
}

static int check_file(check_t *check)
{
    const char *path = check->tool->target->params;
    apr_pool_t *p = check->tool->pool;
    struct stat found;

    if (!at_sql_is_sqlite(check->tool->target->driver)) {
        return 1;
    }
    if (stat(path, &found) != 0) {
        wrong(check, AT_EXIT_FILE, "file",
              apr_psprintf(p, "%s: %s%s", path, strerror(errno),
                           errno == ENOENT ? at_link_way_to_file(path) : ""));
        return 0;
    }
    check_server_files(check);
    check_place(path);
    if (at_owner_everybody_may_read(path, p)) {
        doubt("file", apr_psprintf(p,
                                   "everybody on this machine may read it; "
                                   "'chmod o= %s' ends that",
                                   path));
    }
    if (access(path, R_OK) != 0) {
        wrong(check, AT_EXIT_FILE, "file",
              apr_psprintf(p, "you (%s) may not read it",
                           at_owner_name(geteuid(), p)));
        return 0;
    }
    return 1;
}

/* The database */

static int check_connection(check_t *check)
{
    apr_pool_t *p = check->tool->pool;
    const char *engine =
        at_schema_engine(check->link->database, check->tool->target->driver, p);

    if (!engine) {
        wrong(check,
              at_sql_is_sqlite(check->tool->target->driver)
                  ? AT_EXIT_FILE
                  : AT_EXIT_UNREACHABLE,
              "connection", at_database_error(check->link->database));
        return 0;
    }
    good("connection",
         apr_pstrcat(p, engine, ", ", at_link_describe(check->link->target, p),
                     NULL));
    return 1;
}

static int check_session(check_t *check)
{
    const char *says = at_schema_session(
        check->link->database, check->tool->target->driver, check->tool->pool);

    if (says) {
        doubt("session", says);
    }
    return 1;
}

static int check_journal(check_t *check)
{
    static const char question[] = "PRAGMA journal_mode";
    apr_pool_t *p = check->tool->pool;
    at_rows_t *rows;

    if (!at_sql_is_sqlite(check->tool->target->driver)) {
        return 1;
    }
    if (at_database_select(check->link->database, question, NULL, 1, &rows,
                           p) != APR_SUCCESS) {
        const char *why = at_link_why_read_only(check->link);

        wrong(check, why ? AT_EXIT_FILE : AT_EXIT_REFUSED, "journal",
              why ? why : at_database_error(check->link->database));
        return 0;
    }
    if (rows->count == 1 && rows->values[0] &&
        strcmp(rows->values[0], "wal") == 0) {
        good("journal", "WAL");
        return 1;
    }
    wrong(check, AT_EXIT_FILE, "journal",
          apr_psprintf(p,
                       "WAL is not possible in %s, so a writer holds up every "
                       "lookup; it needs a local, writable folder",
                       at_owner_folder(check->tool->target->params, p)));
    return 1;
}

static void check_indexes(check_t *check, const at_schema_t *schema)
{
    apr_pool_t *p = check->tool->pool;
    const char *table = check->tool->target->table;
    int missing = 0;
    int i;

    for (i = 0; i < AT_INDEXES; i++) {
        if (!schema->has_index[i]) {
            missing++;
            wrong(check, AT_EXIT_SCHEMA, "index",
                  apr_psprintf(p,
                               "there is none over (%s); 'httoken init' makes "
                               "%s_%s",
                               at_indexes[i].columns, table,
                               at_indexes[i].name));
        }
    }
    if (!missing) {
        good("indexes", "all there");
    }
}

static void check_columns(check_t *check, const at_schema_t *schema)
{
    const at_column_t *foreign = at_schema_foreign(schema);
    apr_pool_t *p = check->tool->pool;
    int i;

    for (i = 0; i < AT_COLUMNS; i++) {
        if (!schema->has_column[i]) {
            wrong(check, AT_EXIT_SCHEMA, "columns",
                  apr_psprintf(p, "%s lacks%s", at_columns[i].name,
                               foreign ? "; the table is another program's"
                                       : "; 'httoken init' adds it"));
        }
    }
    if (at_schema_is_usable(schema)) {
        good("columns", "all there");
    }
}

static int check_table(check_t *check)
{
    apr_pool_t *p = check->tool->pool;
    const char *table = check->tool->target->table;
    at_schema_t schema;

    if (at_schema_look(check->link->database, check->tool->target->driver,
                       check->link->sql, &schema, p) != APR_SUCCESS) {
        wrong(check, AT_EXIT_REFUSED, "table",
              at_database_error(check->link->database));
        return 0;
    }
    if (!schema.exists) {
        wrong(check, AT_EXIT_SCHEMA, "table",
              apr_psprintf(p,
                           "there is no table %s, or it may not be seen; "
                           "'httoken init' makes it",
                           table));
        return 0;
    }
    good("table", apr_psprintf(p, "%s, schema version %d of %d", table,
                               schema.version, at_schema_newest()));
    check_columns(check, &schema);
    check_indexes(check, &schema);
    if (schema.collation) {
        wrong(check, AT_EXIT_SCHEMA, "collation", schema.collation);
    }
    else {
        good("collation", "names are compared byte by byte");
    }
    return at_schema_is_usable(&schema);
}

static int check_rights(check_t *check)
{
    static const char *const names[AT_RIGHTS] = {[AT_RIGHT_SELECT] = "SELECT",
                                                 [AT_RIGHT_INSERT] = "INSERT",
                                                 [AT_RIGHT_UPDATE] = "UPDATE",
                                                 [AT_RIGHT_DELETE] = "DELETE"};
    apr_pool_t *p = check->tool->pool;
    int missing = 0;
    int i;

    for (i = 0; i < AT_RIGHTS; i++) {
        if (at_schema_right(check->link->database, check->link->sql,
                            (at_right_e)i, p) != APR_SUCCESS) {
            missing++;
            wrong(check, AT_EXIT_REFUSED, "rights",
                  apr_psprintf(p, "%s is refused: %s", names[i],
                               at_database_error(check->link->database)));
        }
    }
    if (!missing) {
        good("rights", "SELECT, INSERT, UPDATE, DELETE");
    }
    return 1;
}

static int check_clock(check_t *check)
{
    apr_pool_t *p = check->tool->pool;
    apr_int64_t before = at_clock_now();
    apr_int64_t theirs, apart;
    const char *says;

    if (at_schema_clock(check->link->database, check->tool->target->driver,
                        &theirs, p) != APR_SUCCESS ||
        theirs == AT_TIME_NONE) {
        return 1;
    }
    apart = theirs - (before + at_clock_now()) / 2;
    says = apr_psprintf(p,
                        "the database's is %" APR_INT64_T_FMT " ms %s this "
                        "machine's",
                        apart < 0 ? -apart : apart,
                        apart < 0 ? "behind" : "ahead of");
    apart = apart < 0 ? -apart : apart;
    if (apart > CLOCK_WRONG_MS) {
        wrong(check, AT_EXIT_REFUSED, "clock",
              apr_pstrcat(p, says,
                          "; where servers differ by more than a minute, "
                          "deletions may be heeded late",
                          NULL));
    }
    else if (apart > CLOCK_DOUBT_MS) {
        doubt("clock", says);
    }
    else {
        good("clock", says);
    }
    return 1;
}

at_exit_e at_run_check(at_tool_t *tool)
{
    static step_t *const steps[] = {
        check_driver,  check_file,  check_connection, check_session,
        check_journal, check_table, check_rights,     check_clock};
    check_t check = {.tool = tool,
                     .worst = AT_EXIT_DONE,
                     .server_user = at_owner_server(tool->target)};
    at_exit_e flushed;
    apr_size_t i;

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (at_term_interrupted()) {
            return AT_EXIT_INTERRUPTED;
        }
        if (!steps[i](&check)) {
            break;
        }
    }
    flushed = at_output_flush();
    return check.worst == AT_EXIT_DONE ? flushed : check.worst;
}
