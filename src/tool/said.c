/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects what each line says, and decides only where there is one answer. Two
 * hosts that use tokens of two databases are a question for the administrator,
 * also where one of them says nothing and so has the module's default.
 */
#include "tool/said.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "core/db/driver.h"
#include "core/db/sql.h"
#include "core/token/clock.h"
#include "core/token/text.h"
#include "core/token/token.h"
#include "tool/conf.h"
#include "tool/hosts.h"
#include "tool/terminal.h"

#define DRIVER_MAX 20

/* A directive that counts here, and how its words are read: NULL, or what is
 * wrong with them. */
typedef struct reader_t {
    const char *name;
    const char *option; /* what says it instead */
    const char *usual;  /* the module's default */
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
    at_hosts_t *hosts;
    const at_conf_line_t
        *hole; /* an Include that cannot be followed, or NULL */
    apr_pool_t *pool;
};

/* Reading values */

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
        at_clock_parse_duration(word, 'd', &seconds) != APR_SUCCESS) {
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
    [AT_SAID_DATABASE] = {"AccessTokenDatabase", "-d",
                          "sqlite3 " AT_SAID_DEFAULT_DATABASE, read_database},
    [AT_SAID_TABLE] = {"AccessTokenTable", "-t", AT_SAID_DEFAULT_TABLE,
                       read_table},
    [AT_SAID_PREFIX] = {"AccessTokenPrefix", "--prefix", AT_TOKEN_PREFIX,
                        read_prefix},
    [AT_SAID_PURGE] = {"AccessTokenPurgeAfter", "--older-than", "90d",
                       read_purge},
    [AT_SAID_USER] = {"User", NULL, NULL, read_user},
};

/* Gathering */

static void gather(void *data, const at_conf_line_t *line)
{
    at_said_t *from = data;
    line_t *said;
    int key;

    at_hosts_see(from->hosts, line);
    if (strncasecmp(line->name, "Include", 7) == 0 && !from->hole) {
        from->hole = apr_pmemdup(from->pool, line, sizeof(*line));
    }
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

/* Deciding */

/* What a host has. */
typedef struct choice_t {
    int host;
    const char *value;
    const line_t *said; /* NULL: it is the default */
} choice_t;

static at_exit_e complain_of_line(at_said_e key, const line_t *line)
{
    at_term_say("%s: %s cannot be used: %s. Say it with %s.", line->line->where,
                readers[key].name, line->wrong, readers[key].option);
    return AT_EXIT_USAGE;
}

static void note_choice(const at_said_t *from, const choice_t *choice)
{
    const at_conf_line_t *use = at_hosts_use(from->hosts, choice->host);
    const char *host = at_hosts_name(from->hosts, choice->host);

    if (choice->said) {
        at_term_note("  %s%s%s", choice->said->line->where,
                     choice->said->line->host ? ", in VirtualHost " : "",
                     choice->said->line->label);
        return;
    }
    at_term_note("  the default, which %s has (it uses tokens: %s)", host,
                 use ? use->where : "");
}

static at_exit_e complain_of_choices(const at_said_t *from, at_said_e key,
                                     const apr_array_header_t *choices)
{
    int i;

    at_term_say("the configuration has more than one %s; say which one is "
                "meant with %s:",
                readers[key].name, readers[key].option);
    for (i = 0; i < choices->nelts; i++) {
        note_choice(from, &APR_ARRAY_IDX(choices, i, choice_t));
    }
    return AT_EXIT_USAGE;
}

/* The line of a host that counts; NULL if it has none.
 *
 * @return AT_EXIT_USAGE if it cannot be known, and it has been said. */
static at_exit_e line_of(const at_said_t *from, at_said_e key, int host,
                         const line_t **line)
{
    const apr_array_header_t *all = from->said[key];
    int i;

    *line = NULL;
    for (i = 0; i < all->nelts; i++) {
        const line_t *said = &APR_ARRAY_IDX(all, i, line_t);

        if (said->line->host != host || is_overridden(all, i)) {
            continue;
        }
        if (said->wrong && readers[key].option) {
            return complain_of_line(key, said);
        }
        if (!said->wrong) {
            *line = said;
        }
    }
    return AT_EXIT_DONE;
}

/* A virtual host has what the main server says, where it says nothing. */
static at_exit_e choice_of(const at_said_t *from, at_said_e key, int host,
                           choice_t *choice)
{
    at_exit_e status = line_of(from, key, host, &choice->said);

    if (status == AT_EXIT_DONE && !choice->said && host > 0) {
        status = line_of(from, key, 0, &choice->said);
    }
    choice->host = host;
    choice->value = choice->said ? choice->said->value : readers[key].usual;
    return status;
}

/* Does it count what this host has? Where no host is seen to use tokens (they
 * may be used by .htaccess), those count that say something. The main server
 * counts where virtual hosts leave it something to do. */
static int counts(const at_said_t *from, const choice_t *choice)
{
    int is_said = choice->said && choice->said->line->host == choice->host;

    if (!at_hosts_are_used(from->hosts)) {
        return is_said;
    }
    if (!at_hosts_use(from->hosts, choice->host)) {
        return 0;
    }
    return choice->host > 0 || is_said || at_hosts_leave_main(from->hosts);
}

static void add_choice(apr_array_header_t *choices, const choice_t *choice)
{
    int i;

    for (i = 0; i < choices->nelts; i++) {
        choice_t *other = &APR_ARRAY_IDX(choices, i, choice_t);

        if (strcmp(other->value, choice->value) == 0) {
            *other = *choice;
            return;
        }
    }
    APR_ARRAY_PUSH(choices, choice_t) = *choice;
}

at_exit_e at_said_find(const at_said_t *from, at_said_e key, const char **value,
                       const char **where)
{
    apr_array_header_t *choices =
        apr_array_make(from->pool, 2, sizeof(choice_t));
    const choice_t *first;
    int host;

    for (host = 0; host < at_hosts_count(from->hosts); host++) {
        choice_t choice;
        at_exit_e status = choice_of(from, key, host, &choice);

        if (status != AT_EXIT_DONE) {
            return status;
        }
        if (choice.value && counts(from, &choice)) {
            add_choice(choices, &choice);
        }
    }
    if (choices->nelts > 1 && readers[key].option) {
        return complain_of_choices(from, key, choices);
    }
    first = choices->nelts ? &APR_ARRAY_IDX(choices, 0, choice_t) : NULL;
    if (first && first->said) {
        *value = first->value;
        *where = first->said->line->where;
    }
    return AT_EXIT_DONE;
}

at_exit_e at_said_is_whole(const at_said_t *from, at_said_e key)
{
    if (!from->hole) {
        return AT_EXIT_DONE;
    }
    at_term_say("%s: %s cannot be followed: %s. Say %s with %s.",
                from->hole->where, from->hole->name, from->hole->doubt,
                readers[key].name, readers[key].option);
    return AT_EXIT_USAGE;
}

int at_said_is_silent(const at_said_t *from)
{
    return !from->hole && from->said[AT_SAID_DATABASE]->nelts == 0 &&
           from->said[AT_SAID_TABLE]->nelts == 0 &&
           !at_hosts_are_used(from->hosts);
}

at_exit_e at_said_read(const char *path, const char *server_root,
                       at_said_t **said, apr_pool_t *p)
{
    at_said_t *made = apr_pcalloc(p, sizeof(*made));
    const char *wrong;
    int key;

    made->pool = p;
    made->hosts = at_hosts_make(p);
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
