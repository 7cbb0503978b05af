/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options come first, then the environment, then a configuration, then the
 * defaults of the module.
 */
#include "tool/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "core/token/clock.h"
#include "core/token/token.h"
#include "tool/conf.h"
#include "tool/said.h"
#include "tool/terminal.h"

#define DAYS_90 (APR_INT64_C(90) * 86400)

/* Deciding */

static void split(const char *database, at_target_t *target, apr_pool_t *p)
{
    const char *blank = strchr(database, ' ');

    target->driver =
        apr_pstrmemdup(p, database, (apr_size_t)(blank - database));
    target->params = blank + 1;
}

/* -d or HTTOKEN_DATABASE; quotes around the parameters are those that the
 * directive wants. */
static at_exit_e take_words(const char *words, const char *source,
                            at_target_t *target, apr_pool_t *p)
{
    const char *driver = at_conf_word(&words, p);
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
    wrong = at_said_join(driver, words, here, &value, p);
    if (wrong) {
        at_term_say("%s: %s", source, wrong);
        return AT_EXIT_USAGE;
    }
    split(value, target, p);
    target->source = source;
    return AT_EXIT_DONE;
}

static at_exit_e take_option(at_said_e key, const char *word,
                             const char **value, apr_pool_t *p)
{
    const char *wrong = at_said_check(key, word, value, p);

    if (wrong) {
        at_term_say("%s: %s", key == AT_SAID_TABLE ? "-t" : "--prefix", wrong);
        return AT_EXIT_USAGE;
    }
    return AT_EXIT_DONE;
}

static apr_int64_t seconds_of(const char *purge)
{
    apr_int64_t seconds = AT_TARGET_NEVER;

    if (purge && strcasecmp(purge, "never") != 0) {
        at_clock_parse_duration(purge, 'd', &seconds);
    }
    return purge ? seconds : DAYS_90;
}

/* What a configuration says, where no option says it. */
static at_exit_e take_said(const at_args_t *args, const at_wants_t *wants,
                           const at_said_t *all, at_target_t *target,
                           apr_pool_t *p)
{
    const char *values[AT_SAID_KEYS] = {NULL};
    const char *where = NULL;
    const int settled[AT_SAID_KEYS] = {
        [AT_SAID_DATABASE] = target->driver != NULL,
        [AT_SAID_TABLE] = args->value[AT_OPTION_TABLE] != NULL,
        [AT_SAID_PREFIX] =
            !wants->prefix || args->value[AT_OPTION_PREFIX] != NULL,
        [AT_SAID_PURGE] =
            !wants->purge_after || args->value[AT_OPTION_OLDER] != NULL,
    };
    at_exit_e status = AT_EXIT_DONE;
    int key;

    for (key = 0; key < AT_SAID_USER && status == AT_EXIT_DONE; key++) {
        if (!settled[key]) {
            status = at_said_is_whole(all, (at_said_e)key);
        }
    }
    /* The database last, for `where`. */
    for (key = AT_SAID_KEYS - 1; key >= 0 && status == AT_EXIT_DONE; key--) {
        if (!settled[key]) {
            status = at_said_find(all, (at_said_e)key, &values[key], &where);
        }
    }
    if (status != AT_EXIT_DONE) {
        return status;
    }
    if (values[AT_SAID_DATABASE]) {
        split(values[AT_SAID_DATABASE], target, p);
        target->source = where;
    }
    target->table = values[AT_SAID_TABLE];
    target->prefix = values[AT_SAID_PREFIX];
    target->server_user = values[AT_SAID_USER];
    target->purge_after = seconds_of(values[AT_SAID_PURGE]);
    return AT_EXIT_DONE;
}

static at_exit_e read_file(const char *path, at_said_t **all,
                           at_target_t *target, apr_pool_t *p)
{
    target->configuration = path;
    return at_said_read(path, AT_SERVERROOT, all, p);
}

/* What may not be seen is there, as far as is known. */
static int is_there(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* The server's own configuration; or, where that does not speak of tokens,
 * because the module is not enabled yet, the packaged file. */
static at_exit_e read_servers(at_said_t **all, at_target_t *target,
                              apr_pool_t *p)
{
    at_exit_e status = AT_EXIT_DONE;

    if (is_there(AT_SERVER_CONF)) {
        status = read_file(AT_SERVER_CONF, all, target, p);
    }
    if (status == AT_EXIT_DONE && (!*all || at_said_is_silent(*all)) &&
        is_there(AT_PACKAGED_CONF)) {
        status = read_file(AT_PACKAGED_CONF, all, target, p);
    }
    return status;
}

/* An option says all of it: the server's files speak of another database. */
static at_exit_e consult_file(const at_args_t *args, const at_wants_t *wants,
                              at_target_t *target, apr_pool_t *p)
{
    const char *path = args->value[AT_OPTION_CONFIG];
    at_said_t *all = NULL;
    at_exit_e status = AT_EXIT_DONE;

    if (path) {
        status = read_file(path, &all, target, p);
    }
    else if (!target->driver) {
        status = read_servers(&all, target, p);
    }
    return status == AT_EXIT_DONE && all
               ? take_said(args, wants, all, target, p)
               : status;
}

at_exit_e at_target_find(const at_args_t *args, const at_wants_t *wants,
                         at_target_t *target, apr_pool_t *p)
{
    const char *database = args->value[AT_OPTION_DATABASE];
    const char *environment = getenv("HTTOKEN_DATABASE");
    at_exit_e status = AT_EXIT_DONE;

    memset(target, 0, sizeof(*target));
    target->purge_after = DAYS_90;
    target->is_told = database || args->value[AT_OPTION_QUIET];
    if (database) {
        status = take_words(database, "-d", target, p);
    }
    else if (environment && *environment) {
        status = take_words(environment, "HTTOKEN_DATABASE", target, p);
    }
    if (status == AT_EXIT_DONE) {
        status = consult_file(args, wants, target, p);
    }
    if (status == AT_EXIT_DONE && args->value[AT_OPTION_TABLE]) {
        status = take_option(AT_SAID_TABLE, args->value[AT_OPTION_TABLE],
                             &target->table, p);
    }
    if (status == AT_EXIT_DONE && args->value[AT_OPTION_PREFIX]) {
        status = take_option(AT_SAID_PREFIX, args->value[AT_OPTION_PREFIX],
                             &target->prefix, p);
    }
    if (!target->driver) {
        target->driver = "sqlite3";
        target->params = AT_SAID_DEFAULT_DATABASE;
        target->source =
            target->configuration
                ? apr_psprintf(p, "the default, since %s names no other",
                               target->configuration)
                : "the default";
    }
    target->is_default = strcmp(target->params, AT_SAID_DEFAULT_DATABASE) == 0;
    target->table = target->table ? target->table : AT_SAID_DEFAULT_TABLE;
    target->prefix = target->prefix ? target->prefix : AT_TOKEN_PREFIX;
    return status;
}
