/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads values as the module reads them, so that httoken refuses what httpd
 * refuses.
 */
#include "tool/conf/setting.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "core/db/driver.h"
#include "core/db/sql.h"
#include "core/token/clock.h"
#include "core/token/text.h"
#include "core/token/token.h"
#include "tool/conf/lexer.h"

#define DRIVER_MAX 20

static const char *check_driver(const char *driver, apr_pool_t *p)
{
    apr_size_t length = strlen(driver);
    const char *wrong;

    if (length == 0 || length > DRIVER_MAX ||
        strspn(driver, "abcdefghijklmnopqrstuvwxyz0123456789_") != length) {
        return "the first word must be an apr_dbd driver: sqlite3, pgsql or "
               "mysql";
    }
    wrong = at_driver_refusal(driver, p);
    return wrong ? apr_pstrcat(p, "'", driver, "' ", wrong, NULL) : NULL;
}

const char *at_setting_database(const char *driver, const char *params,
                                const char *root, const char **value,
                                apr_pool_t *p)
{
    const char *wrong = check_driver(driver, p);
    char *path;

    if (wrong) {
        return wrong;
    }
    if (at_sql_is_sqlite(driver) && *params) {
        if (params[0] == ':') {
            return "each program would have a database in memory of its "
                   "own; write the path of a file";
        }
        if (apr_filepath_merge(&path, root, params, 0, p) != APR_SUCCESS) {
            return "the path of the database file cannot be understood";
        }
        params = path;
    }
    *value = apr_pstrcat(p, driver, " ", params, NULL);
    return NULL;
}

static const char *read_database(const char *arguments, const char *root,
                                 const char **value, apr_pool_t *p)
{
    const char *driver = at_lexer_word(&arguments, p);

    return at_setting_database(driver, at_lexer_word(&arguments, p), root,
                               value, p);
}

static const char *read_table(const char *arguments, const char *root,
                              const char **value, apr_pool_t *p)
{
    const char *word = at_lexer_word(&arguments, p);

    (void)root;
    if (!at_text_is_identifier(word)) {
        return "it is no table name; write a letter or _ and then up to 47 "
               "letters, digits or _";
    }
    *value = word;
    return NULL;
}

static const char *read_prefix(const char *arguments, const char *root,
                               const char **value, apr_pool_t *p)
{
    const char *word = at_lexer_word(&arguments, p);

    (void)root;
    if (!at_token_is_prefix(word, strlen(word))) {
        return "it is no token prefix; write a letter and then 1 to 30 "
               "letters, digits or _";
    }
    *value = word;
    return NULL;
}

static const char *read_purge(const char *arguments, const char *root,
                              const char **value, apr_pool_t *p)
{
    const char *word = at_lexer_word(&arguments, p);
    apr_int64_t seconds;

    (void)root;
    if (strcasecmp(word, "never") != 0 &&
        at_clock_parse_duration(word, 'd', &seconds) != APR_SUCCESS) {
        return "it is no duration; write 30d, or never";
    }
    *value = word;
    return NULL;
}

static const char *read_user(const char *arguments, const char *root,
                             const char **value, apr_pool_t *p)
{
    (void)root;
    *value = at_lexer_word(&arguments, p);
    return NULL;
}

const at_setting_t at_settings[AT_SETTINGS] = {
    [AT_SETTING_DATABASE] = {"AccessTokenDatabase", "-d",
                             "sqlite3 " AT_SETTING_DEFAULT_DATABASE,
                             read_database},
    [AT_SETTING_TABLE] = {"AccessTokenTable", "-t", AT_SETTING_DEFAULT_TABLE,
                          read_table},
    [AT_SETTING_PREFIX] = {"AccessTokenPrefix", "--prefix", AT_TOKEN_PREFIX,
                           read_prefix},
    [AT_SETTING_PURGE] = {"AccessTokenPurgeAfter", "--older-than", "90d",
                          read_purge},
    [AT_SETTING_USER] = {"User", NULL, NULL, read_user},
};

const char *at_setting_check(at_setting_e key, const char *word,
                             const char **value, apr_pool_t *p)
{
    /* Quotes and blanks have a meaning only in a file. */
    if (strpbrk(word, " \t\"'")) {
        word = "?";
    }
    return *word ? at_settings[key].read(word, "/", value, p) : "it is empty";
}
