/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connects, and finds out what a failure means: the core says only that the
 * table could not be asked. A second look at the engine's catalog tells a
 * database that is away from a table that is not there, and both from a refusal.
 */
#include "tool/link.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/db/dbfile.h"
#include "tool/conf.h"
#include "tool/owner.h"
#include "tool/terminal.h"

#define PATIENCE_MS 5000 /* for somebody else's lock on SQLite's file */

static int is_file(const at_link_t *link)
{
    return at_sql_is_sqlite(link->target->driver);
}

at_exit_e at_link_make(const at_target_t *target, at_link_t **link,
                       apr_pool_t *p)
{
    at_link_t *made = apr_pcalloc(p, sizeof(*made));

    if (!*target->params) {
        at_term_say("%s names the driver %s only; write its parameters behind "
                    "it%s",
                    target->source, target->driver,
                    at_sql_is_sqlite(target->driver)
                        ? ", the path of the database file"
                        : "");
        return AT_EXIT_USAGE;
    }
    if (at_database_driver_check(target->driver, p) != APR_SUCCESS) {
        at_term_say("the apr_dbd driver %s is not installed; Debian has it in "
                    "the package %s",
                    target->driver, at_driver_package(target->driver, p));
        return AT_EXIT_UNREACHABLE;
    }
    made->target = target;
    made->pool = p;
    made->sql = at_sql_compose(target->driver, target->table, p);
    made->database = at_database_make(target->driver, target->params, p);
    *link = made;
    return AT_EXIT_DONE;
}

at_op_t *at_link_op(at_link_t *link, apr_pool_t *p)
{
    link->op = (at_op_t){.pool = p,
                         .database = link->database,
                         .sql = link->sql,
                         .deadline = at_clock_monotonic() + PATIENCE_MS};
    return &link->op;
}

/* Files */

const char *at_link_way_to_file(const char *path)
{
    return at_dbfile_is_in_tmp(path)
               ? ", or httpd has it in a temporary folder of its own "
                 "(systemd's "
                 "PrivateTmp), where no other program can use it; 'httoken "
                 "init' makes one here"
               : "; 'httoken init' makes it";
}

at_exit_e at_link_check_file(const at_link_t *link)
{
    const char *path = link->target->params;
    struct stat found;

    if (!is_file(link)) {
        return AT_EXIT_DONE;
    }
    if (stat(path, &found) != 0) {
        at_term_say("the database file %s %s", path,
                    errno == ENOENT
                        ? apr_pstrcat(link->pool, "does not exist",
                                      at_link_way_to_file(path), NULL)
                        : apr_psprintf(link->pool, "cannot be used: %s",
                                       strerror(errno)));
        return AT_EXIT_FILE;
    }
    if (!S_ISREG(found.st_mode)) {
        at_term_say("%s is no file, so it is no SQLite database", path);
        return AT_EXIT_FILE;
    }
    if (access(path, R_OK) != 0) {
        at_term_say("the database file %s may not be read by %s; it belongs to "
                    "%s",
                    path, at_owner_name(geteuid(), link->pool),
                    at_owner_name(found.st_uid, link->pool));
        return AT_EXIT_FILE;
    }
    return AT_EXIT_DONE;
}

/* Nobody should change another database than the one that is meant, nor believe
 * what it says. */
static void name_database(const at_target_t *target, apr_pool_t *p)
{
    if (!target->is_told) {
        at_term_note("Database: %s, table %s, named by %s.",
                     at_link_describe(target, p), target->table,
                     target->source);
    }
}

at_exit_e at_link_open(const at_target_t *target, at_link_t **link,
                       apr_pool_t *p)
{
    at_exit_e status = at_link_make(target, link, p);

    if (status == AT_EXIT_DONE) {
        status = at_link_check_file(*link);
    }
    if (status == AT_EXIT_DONE) {
        name_database(target, p);
    }
    return status;
}

const char *at_link_why_read_only(const at_link_t *link)
{
    const char *path = link->target->params;
    struct stat found;

    if (!is_file(link) || stat(path, &found) != 0) {
        return NULL;
    }
    if (access(path, W_OK) != 0) {
        return apr_psprintf(link->pool,
                            "%s may not be written by %s; it "
                            "belongs to %s",
                            path, at_owner_name(geteuid(), link->pool),
                            at_owner_name(found.st_uid, link->pool));
    }
    path = at_owner_folder(path, link->pool);
    if (access(path, W_OK | X_OK) != 0) {
        return apr_psprintf(
            link->pool,
            "SQLite keeps a journal beside the file, and %s may "
            "not write to %s",
            at_owner_name(geteuid(), link->pool), path);
    }
    return NULL;
}

/* Blame */

static at_exit_e blame_schema(const at_link_t *link, const at_schema_t *schema)
{
    const at_column_t *foreign = at_schema_foreign(schema);

    if (!schema->exists) {
        at_term_say("there is no table %s in %s, or it may not be seen; "
                    "'httoken init' makes it",
                    link->target->table,
                    at_link_describe(link->target, link->pool));
    }
    else if (foreign) {
        at_term_say("the table %s has no column %s: it is another program's",
                    link->target->table, foreign->name);
    }
    else {
        at_term_say("the table %s has no column %s: an older version made it; "
                    "'httoken init' brings it up to date",
                    link->target->table, at_schema_first_missing(schema));
    }
    return AT_EXIT_SCHEMA;
}

/* The engine's words, in one line. */
static const char *engine_words(const at_link_t *link)
{
    char *words = apr_pstrdup(link->pool, at_database_error(link->database));
    char *in, *out;

    for (in = out = words; *in; in++) {
        if (!apr_isspace(*in)) {
            *out++ = *in;
        }
        else if (out > words && out[-1] != ' ') {
            *out++ = ' ';
        }
    }
    *out = '\0';
    return words;
}

at_exit_e at_link_blame(at_link_t *link, const char *doing)
{
    const char *words = engine_words(link);
    const char *file = at_link_why_read_only(link);
    at_schema_t schema;

    if (file && strstr(words, "readonly")) {
        at_term_say("could not %s: %s", doing, file);
        return AT_EXIT_FILE;
    }
    at_database_drop(link->database);
    if (at_schema_look(link->database, link->target->driver, link->sql, &schema,
                       link->pool) == APR_SUCCESS) {
        if (!at_schema_is_usable(&schema)) {
            return blame_schema(link, &schema);
        }
        at_term_say("could not %s: %s", doing, words);
        return AT_EXIT_REFUSED;
    }
    words = engine_words(link);
    if (!is_file(link)) {
        at_term_say("%s cannot be reached: %s",
                    at_link_describe(link->target, link->pool), words);
        return AT_EXIT_UNREACHABLE;
    }
    if (file) {
        at_term_say("could not %s: %s", doing, file);
        return AT_EXIT_FILE;
    }
    at_term_say("could not %s: %s", doing, words);
    return strstr(words, "unable to open") || strstr(words, "not a database") ||
                   strstr(words, "that end in -wal")
               ? AT_EXIT_FILE
               : AT_EXIT_REFUSED;
}

/* Words */

/* Of "key=value" words those that are no secret. */
static const char *public_params(const char *params, apr_pool_t *p)
{
    static const char *const keys[] = {"host",    "hostaddr", "port", "dbname",
                                       "service", "sock",     "group"};
    const char *found = "";
    const char *c = params;

    while (*c) {
        apr_size_t length, i, end;

        c += strspn(c, " \t\r\n,;|");
        length = strcspn(c, "=");
        end = strcspn(c, " \t\r\n,;|");
        for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            if (length == strlen(keys[i]) && end > length &&
                strncmp(c, keys[i], length) == 0) {
                found = apr_pstrcat(p, found, *found ? " " : "",
                                    apr_pstrmemdup(p, c, end), NULL);
            }
        }
        if (c[length] == '=' && c[length + 1] == '\'') {
            const char *quote = strchr(c + length + 2, '\'');

            end = quote ? (apr_size_t)(quote - c) + 1 : strlen(c);
        }
        c += end;
    }
    return found;
}

const char *at_link_describe(const at_target_t *target, apr_pool_t *p)
{
    const char *found;

    if (at_sql_is_sqlite(target->driver)) {
        return target->params;
    }
    found = public_params(target->params, p);
    return apr_pstrcat(p, "the ", target->driver, " database",
                       *found ? " (" : "", found, *found ? ")" : "", NULL);
}
