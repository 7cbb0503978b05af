/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options take precedence over the environment, the environment over a
 * configuration, and a configuration over the defaults of the module.
 */
#include "tool/database/datasource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "core/db/sql.h"
#include "core/token/clock.h"
#include "core/token/token.h"
#include "tool/conf/effective.h"
#include "tool/conf/lexer.h"
#include "tool/output/messages.h"

#define DAYS_90 (APR_INT64_C(90) * 86400)

/* Deciding */

static void split(const char *database, at_datasource_t *datasource,
                  apr_pool_t *p)
{
    const char *blank = strchr(database, ' ');

    datasource->driver =
        apr_pstrmemdup(p, database, (apr_size_t)(blank - database));
    datasource->params = blank + 1;
}

/* Take the value of -d or HTTOKEN_DATABASE. The parameters may be in quotes,
 * as in the directive. */
static at_exit_e take_database(const char *words, const char *named_by,
                               at_datasource_t *datasource, apr_pool_t *p)
{
    const char *driver = at_lexer_word(&words, p);
    const char *value = NULL;
    const char *wrong;
    apr_size_t length;
    char *here = NULL;

    words += strspn(words, " \t");
    length = strlen(words);
    if (length > 1 && strchr("\"'", words[0]) &&
        words[length - 1] == words[0]) {
        words = apr_pstrmemdup(p, words + 1, length - 2);
    }
    apr_filepath_get(&here, 0, p);
    wrong = at_setting_database(driver, words, here, &value, p);
    if (wrong) {
        at_message_error("%s: %s", named_by, wrong);
        return AT_EXIT_USAGE;
    }
    split(value, datasource, p);
    datasource->named_by = named_by;
    return AT_EXIT_DONE;
}

static at_exit_e take_option(at_setting_e key, const char *word,
                             const char **value, apr_pool_t *p)
{
    const char *wrong = at_setting_check(key, word, value, p);

    if (wrong) {
        at_message_error("%s: %s", key == AT_SETTING_TABLE ? "-t" : "--prefix",
                         wrong);
        return AT_EXIT_USAGE;
    }
    return AT_EXIT_DONE;
}

static apr_int64_t seconds_of(const char *purge)
{
    apr_int64_t seconds = AT_PURGE_NEVER;

    if (purge && strcasecmp(purge, "never") != 0) {
        at_clock_parse_duration(purge, 'd', &seconds);
    }
    return purge ? seconds : DAYS_90;
}

/* Take from a configuration what no option gives. */
static at_exit_e take_effective(const at_args_t *args, const at_needs_t *needs,
                                const at_effective_t *all,
                                at_datasource_t *datasource, apr_pool_t *p)
{
    const char *values[AT_SETTINGS] = {NULL};
    const char *where = NULL;
    const int settled[AT_SETTINGS] = {
        [AT_SETTING_DATABASE] = datasource->driver != NULL,
        [AT_SETTING_TABLE] = args->value[AT_OPTION_TABLE] != NULL,
        [AT_SETTING_PREFIX] =
            !needs->prefix || args->value[AT_OPTION_PREFIX] != NULL,
        [AT_SETTING_PURGE] =
            !needs->purge_after || args->value[AT_OPTION_OLDER] != NULL,
    };
    at_exit_e status = AT_EXIT_DONE;
    int key;

    for (key = 0; key < AT_SETTING_USER && status == AT_EXIT_DONE; key++) {
        if (!settled[key]) {
            status = at_effective_is_complete(all, (at_setting_e)key);
        }
    }
    /* The database last: `where` must be its place. */
    for (key = AT_SETTINGS - 1; key >= 0 && status == AT_EXIT_DONE; key--) {
        if (!settled[key]) {
            status =
                at_effective_find(all, (at_setting_e)key, &values[key], &where);
        }
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (values[AT_SETTING_DATABASE]) {
        split(values[AT_SETTING_DATABASE], datasource, p);
        datasource->named_by = where;
    }
    datasource->table = values[AT_SETTING_TABLE];
    datasource->prefix = values[AT_SETTING_PREFIX];
    datasource->server_user = values[AT_SETTING_USER];
    datasource->purge_after = seconds_of(values[AT_SETTING_PURGE]);
    return AT_EXIT_DONE;
}

static at_exit_e read_file(const char *path, at_effective_t **all,
                           at_datasource_t *datasource, apr_pool_t *p)
{
    datasource->configuration = path;
    return at_effective_read(path, AT_SERVERROOT, all, p);
}

/* A file that the caller may not see counts as existing. */
static int exists(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Read the server's own configuration; where it does not mention access
 * tokens, because the module is not enabled yet, the packaged file. */
static at_exit_e read_servers(at_effective_t **all, at_datasource_t *datasource,
                              apr_pool_t *p)
{
    at_exit_e status = AT_EXIT_DONE;

    if (exists(AT_SERVER_CONF)) {
        status = read_file(AT_SERVER_CONF, all, datasource, p);
    }
    if (status == AT_EXIT_DONE && (!*all || at_effective_is_empty(*all)) &&
        exists(AT_PACKAGED_CONF)) {
        status = read_file(AT_PACKAGED_CONF, all, datasource, p);
    }
    return status;
}

/* Where an option names the database, the server's own files are not read:
 * they name another one. */
static at_exit_e read_configuration(const at_args_t *args,
                                    const at_needs_t *needs,
                                    at_datasource_t *datasource, apr_pool_t *p)
{
    const char *path = args->value[AT_OPTION_CONFIG];
    at_effective_t *all = NULL;
    at_exit_e status = AT_EXIT_DONE;

    if (path) {
        status = read_file(path, &all, datasource, p);
    }
    else if (!datasource->driver) {
        status = read_servers(&all, datasource, p);
    }
    return status == AT_EXIT_DONE && all
               ? take_effective(args, needs, all, datasource, p)
               : status;
}

at_exit_e at_datasource_find(const at_args_t *args, const at_needs_t *needs,
                             at_datasource_t *datasource, apr_pool_t *p)
{
    const char *database = args->value[AT_OPTION_DATABASE];
    const char *environment = getenv("HTTOKEN_DATABASE");
    at_exit_e status = AT_EXIT_DONE;

    memset(datasource, 0, sizeof(*datasource));
    datasource->purge_after = DAYS_90;
    datasource->is_quiet = database || args->value[AT_OPTION_QUIET];
    if (database) {
        status = take_database(database, "-d", datasource, p);
    }
    else if (environment && *environment) {
        status = take_database(environment, "HTTOKEN_DATABASE", datasource, p);
    }
    if (status == AT_EXIT_DONE) {
        status = read_configuration(args, needs, datasource, p);
    }
    if (status == AT_EXIT_DONE && args->value[AT_OPTION_TABLE]) {
        status = take_option(AT_SETTING_TABLE, args->value[AT_OPTION_TABLE],
                             &datasource->table, p);
    }
    if (status == AT_EXIT_DONE && args->value[AT_OPTION_PREFIX]) {
        status = take_option(AT_SETTING_PREFIX, args->value[AT_OPTION_PREFIX],
                             &datasource->prefix, p);
    }
    if (!datasource->driver) {
        datasource->driver = "sqlite3";
        datasource->params = AT_SETTING_DEFAULT_DATABASE;
        datasource->named_by =
            datasource->configuration
                ? apr_psprintf(p, "the default, since %s names no other",
                               datasource->configuration)
                : "the default";
    }
    datasource->is_default =
        strcmp(datasource->params, AT_SETTING_DEFAULT_DATABASE) == 0;
    datasource->table =
        datasource->table ? datasource->table : AT_SETTING_DEFAULT_TABLE;
    datasource->prefix =
        datasource->prefix ? datasource->prefix : AT_TOKEN_PREFIX;
    return status;
}

/* Describing */

/* The parameters that are not secret, of "key=value" words. */
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

const char *at_datasource_describe(const at_datasource_t *datasource,
                                   apr_pool_t *p)
{
    const char *found;

    if (at_sql_is_sqlite(datasource->driver)) {
        return datasource->params;
    }
    found = public_params(datasource->params, p);
    return apr_pstrcat(p, "the ", datasource->driver, " database",
                       *found ? " (" : "", found, *found ? ")" : "", NULL);
}
