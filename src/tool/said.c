/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects what each line says, and decides only where there is one answer. Two
 * databases in two virtual hosts are a question for the administrator.
 */
#include "tool/said.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "core/sql.h"
#include "core/text.h"
#include "core/time.h"
#include "core/token.h"
#include "tool/conf.h"
#include "tool/terminal.h"

#define DRIVER_MAX 20

/* A directive that counts here, and how its words are read: NULL, or what is
 * wrong with them. */
typedef struct reader_t {
    const char *name;
    const char *option; /* what says it instead */
    const char *(*read)(const char *words, const char *root, const char **value,
                        apr_pool_t *p);
} reader_t;

/* What one line of the configuration says. */
typedef struct line_t {
    const char *value;
    const char *wrong;
    const at_conf_line_t *line;
} line_t;

struct at_said_t {
    apr_array_header_t *said[AT_SAID_KEYS]; /* line_t */
    apr_pool_t *pool;
};

/* Reading values */

static const char *check_driver(const char *driver, apr_pool_t *p)
{
    apr_size_t length = strlen(driver);

    if (length == 0 || length > DRIVER_MAX ||
        strspn(driver, "abcdefghijklmnopqrstuvwxyz0123456789_") != length) {
        return "the first word must be an apr_dbd driver: sqlite3, pgsql or "
               "mysql";
    }
    (void)p;
    return NULL;
}

const char *at_said_join(const char *driver, const char *params,
                         const char *root, const char **value, apr_pool_t *p)
{
    const char *wrong = check_driver(driver, p);
    char *path;

    if (wrong) {
        return wrong;
    }
    if (at_sql_is_sqlite(driver) && *params) {
        if (params[0] == ':') {
            return "a database in memory would be another one for each "
                   "program; write the path of a file";
        }
        if (apr_filepath_merge(&path, root, params, 0, p) != APR_SUCCESS) {
            return "the path of the database file cannot be understood";
        }
        params = path;
    }
    *value = apr_pstrcat(p, driver, " ", params, NULL);
    return NULL;
}

static const char *read_database(const char *words, const char *root,
                                 const char **value, apr_pool_t *p)
{
    const char *driver = at_conf_word(&words, p);

    return at_said_join(driver, at_conf_word(&words, p), root, value, p);
}

static const char *read_table(const char *words, const char *root,
                              const char **value, apr_pool_t *p)
{
    const char *word = at_conf_word(&words, p);

    (void)root;
    if (!at_text_is_identifier(word)) {
        return "it is no table name; write a letter or _ and then up to 47 "
               "letters, digits or _";
    }
    *value = word;
    return NULL;
}

static const char *read_prefix(const char *words, const char *root,
                               const char **value, apr_pool_t *p)
{
    const char *word = at_conf_word(&words, p);

    (void)root;
    if (!at_token_is_prefix(word, strlen(word))) {
        return "it is no token prefix; write a letter and then 1 to 30 "
               "letters, digits or _";
    }
    *value = word;
    return NULL;
}

static const char *read_purge(const char *words, const char *root,
                              const char **value, apr_pool_t *p)
{
    const char *word = at_conf_word(&words, p);
    apr_int64_t seconds;

    (void)root;
    if (strcasecmp(word, "never") != 0 &&
        at_time_parse_duration(word, 'd', &seconds) != APR_SUCCESS) {
        return "it is no duration; write 30d, or never";
    }
    *value = word;
    return NULL;
}

static const char *read_user(const char *words, const char *root,
                             const char **value, apr_pool_t *p)
{
    (void)root;
    *value = at_conf_word(&words, p);
    return NULL;
}

static const reader_t readers[AT_SAID_KEYS] = {
    [AT_SAID_DATABASE] = {"AccessTokenDatabase", "-d", read_database},
    [AT_SAID_TABLE] = {"AccessTokenTable", "-t", read_table},
    [AT_SAID_PREFIX] = {"AccessTokenPrefix", "--prefix", read_prefix},
    [AT_SAID_PURGE] = {"AccessTokenPurgeAfter", "--older-than", read_purge},
    [AT_SAID_USER] = {"User", NULL, read_user},
};

/* Gathering */

static void gather(void *baton, const at_conf_line_t *line)
{
    at_said_t *from = baton;
    line_t *said;
    int key;

    for (key = 0; strcasecmp(readers[key].name, line->name) != 0;) {
        if (++key == AT_SAID_KEYS) {
            return;
        }
    }
    said = apr_array_push(from->said[key]);
    said->line = apr_pmemdup(from->pool, line, sizeof(*line));
    said->value = NULL;
    said->wrong = line->doubt;
    if (!said->wrong) {
        said->wrong = readers[key].read(line->words, line->server_root,
                                        &said->value, from->pool);
    }
}

/* A later line of the same host overrides. */
static int is_overridden(const apr_array_header_t *all, int which)
{
    int host = APR_ARRAY_IDX(all, which, line_t).line->host;
    int i;

    for (i = which + 1; i < all->nelts; i++) {
        const line_t *later = &APR_ARRAY_IDX(all, i, line_t);

        if (later->line->host == host && !later->line->doubt) {
            return 1;
        }
    }
    return 0;
}

static at_exit_e complain(at_said_e key, const line_t *one, const line_t *other)
{
    if (!other) {
        at_term_say("%s: %s cannot be used: %s. Say it with %s.",
                    one->line->where, readers[key].name, one->wrong,
                    readers[key].option);
        return AT_EXIT_USAGE;
    }
    at_term_say("the configuration has more than one %s; say which one is "
                "meant with %s:",
                readers[key].name, readers[key].option);
    at_term_note("  %s%s%s", other->line->where,
                 other->line->host ? ", in VirtualHost " : "",
                 other->line->label);
    at_term_note("  %s%s%s", one->line->where,
                 one->line->host ? ", in VirtualHost " : "", one->line->label);
    return AT_EXIT_USAGE;
}

at_exit_e at_said_find(const at_said_t *from, at_said_e key, const char **value,
                       const char **where)
{
    const apr_array_header_t *all = from->said[key];
    const line_t *first = NULL;
    int i;

    for (i = 0; i < all->nelts; i++) {
        const line_t *said = &APR_ARRAY_IDX(all, i, line_t);

        if (is_overridden(all, i)) {
            continue;
        }
        if (said->wrong && readers[key].option) {
            return complain(key, said, NULL);
        }
        if (said->wrong) {
            continue;
        }
        if (first && strcmp(first->value, said->value) != 0) {
            return complain(key, said, first);
        }
        first = said;
    }
    if (first) {
        *value = first->value;
        *where = first->line->where;
    }
    return AT_EXIT_DONE;
}

at_exit_e at_said_read(const char *path, const char *server_root,
                       at_said_t **said, apr_pool_t *p)
{
    at_said_t *made = apr_pcalloc(p, sizeof(*made));
    const char *wrong;
    int key;

    made->pool = p;
    for (key = 0; key < AT_SAID_KEYS; key++) {
        made->said[key] = apr_array_make(p, 2, sizeof(line_t));
    }
    wrong = at_conf_read(path, server_root, gather, made, p);
    if (wrong) {
        at_term_say("%s", wrong);
        return AT_EXIT_FILE;
    }
    *said = made;
    return AT_EXIT_DONE;
}

const char *at_said_check(at_said_e key, const char *word, const char **value,
                          apr_pool_t *p)
{
    /* Quotes and blanks mean something in a file only. */
    if (strpbrk(word, " \t\"'")) {
        word = "?";
    }
    return *word ? readers[key].read(word, "/", value, p) : "it is empty";
}
