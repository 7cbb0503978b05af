/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every directive is one row of a settings table: which field it fills and how
 * its word is read. Defaults stand in two constants; merging copies the fields
 * that the inner section has said, whatever their value.
 */
#include "httpd/directives.h"

#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/sql.h"
#include "core/text.h"
#include "core/time.h"
#include "core/token.h"

typedef struct setting_t setting_t;
typedef const char *read_t(const cmd_parms *cmd, const setting_t *setting,
                           const char *word, void *field);

struct setting_t {
    apr_size_t offset;
    apr_size_t size;
    read_t *read;
    apr_int64_t least;   /* smallest number or duration in seconds */
    char unit;           /* of a bare number */
    const char *special; /* a word that stands for special_value */
    apr_int64_t special_value;
};

static const at_server_t server_defaults = {
    .database = {"sqlite3", AT_CONFIG_DEFAULT_DATABASE},
    .table = "access_tokens",
    .create_table = 1,
    .database_timeout = 2,
    .database_connections = 4,
    .lastused_interval = 60,
    .prefix = "mat",
};

static const at_dir_t dir_defaults = {
    .manager = {AT_MANAGER_OFF, NULL},
    .default_lifetime = APR_INT64_C(365) * 86400,
    .max_lifetime = AT_CONFIG_UNLIMITED,
    .max_per_user = AT_CONFIG_UNLIMITED,
};

/* Words to values */

static const char *refuse(const cmd_parms *cmd, const char *word,
                          const char *why)
{
    return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, word, why);
}

static const char *read_identifier(const cmd_parms *cmd,
                                   const setting_t *setting, const char *word,
                                   void *field)
{
    (void)setting;
    if (!at_text_is_identifier(word)) {
        return refuse(cmd, word,
                      "is not a table name; write a letter or _ and then up to "
                      "47 letters, digits or _");
    }
    *(const char **)field = word;
    return NULL;
}

static const char *read_prefix(const cmd_parms *cmd, const setting_t *setting,
                               const char *word, void *field)
{
    (void)setting;
    if (!at_token_is_prefix(word, strlen(word))) {
        return refuse(cmd, word,
                      "is not a token prefix; write a letter and then 1 to 30 "
                      "letters, digits or _");
    }
    *(const char **)field = word;
    return NULL;
}

static const char *read_switch(const cmd_parms *cmd, const setting_t *setting,
                               const char *word, void *field)
{
    int on = ap_cstr_casecmp(word, "On") == 0;

    (void)setting;
    if (!on && ap_cstr_casecmp(word, "Off") != 0) {
        return refuse(cmd, word, "is not a switch; write On or Off");
    }
    *(int *)field = on;
    return NULL;
}

static int read_special(const setting_t *setting, const char *word,
                        apr_int64_t *value)
{
    if (!setting->special || ap_cstr_casecmp(word, setting->special) != 0) {
        return 0;
    }
    *value = setting->special_value;
    return 1;
}

static const char *or_special(const cmd_parms *cmd, const setting_t *setting,
                              const char *what)
{
    if (!setting->special) {
        return what;
    }
    return apr_pstrcat(cmd->pool, what, ", or ", setting->special, NULL);
}

static const char *read_duration(const cmd_parms *cmd, const setting_t *setting,
                                 const char *word, void *field)
{
    apr_int64_t seconds;

    if (read_special(setting, word, field)) {
        return NULL;
    }
    if (at_time_parse_duration(word, setting->unit, &seconds) != APR_SUCCESS) {
        return refuse(
            cmd, word,
            or_special(cmd, setting,
                       "is not a duration; write 30s, 5m, 2h or 365d"));
    }
    if (seconds < setting->least) {
        return refuse(cmd, word,
                      or_special(cmd, setting,
                                 "is too short; write a duration of at least "
                                 "one second, such as 30s, 5m, 2h or 365d"));
    }
    *(apr_int64_t *)field = seconds;
    return NULL;
}

static const char *read_count(const cmd_parms *cmd, const setting_t *setting,
                              const char *word, void *field)
{
    static const apr_int64_t most = 1000000;
    apr_int64_t number = 0;
    const char *c;

    if (read_special(setting, word, field)) {
        return NULL;
    }
    for (c = word; apr_isdigit(*c) && number <= most; c++) {
        number = number * 10 + (*c - '0');
    }
    if (c == word || *c || number < setting->least || number > most) {
        return refuse(cmd, word,
                      or_special(cmd, setting,
                                 "is not a number; write one from 1 to "
                                 "1000000"));
    }
    *(apr_int64_t *)field = number;
    return NULL;
}

/* The path of the <Location> that the directive stands in, perhaps within
 * sections that are decided when the configuration is read. */
static const char *location_path(const cmd_parms *cmd)
{
    const ap_directive_t *section = cmd->directive->parent;

    while (section && strncasecmp(section->directive, "<If", 3) == 0 &&
           section->directive[3] != '\0') {
        section = section->parent;
    }
    if (!section || ap_cstr_casecmp(section->directive, "<Location") != 0 ||
        !cmd->path || cmd->path[0] != '/' || strpbrk(cmd->path, "*?[") ||
        section->args[0] == '~') {
        return NULL;
    }
    return cmd->path;
}

static const char *read_manager(const cmd_parms *cmd, const setting_t *setting,
                                const char *word, void *field)
{
    static const char *const modes[] = {[AT_MANAGER_OFF] = "Off",
                                        [AT_MANAGER_OWN] = "own",
                                        [AT_MANAGER_ALL] = "all"};
    at_dir_t *dir = (at_dir_t *)((char *)field - setting->offset);
    const char *path = location_path(cmd);
    apr_size_t length;
    int mode;

    for (mode = AT_MANAGER_ALL; mode >= AT_MANAGER_OFF; mode--) {
        if (ap_cstr_casecmp(word, modes[mode]) == 0) {
            break;
        }
    }
    if (mode < AT_MANAGER_OFF) {
        return refuse(cmd, word,
                      "is not a kind of manager; write Off, own or all");
    }
    if (mode != AT_MANAGER_OFF && !path) {
        return refuse(cmd, word,
                      "may only stand in a <Location /path>, where the path "
                      "has no wildcard and no regular expression");
    }
    dir->manager.mode = (at_manager_e)mode;
    dir->manager.path = NULL;
    if (mode != AT_MANAGER_OFF) {
        for (length = strlen(path); length > 0 && path[length - 1] == '/';) {
            length--;
        }
        dir->manager.path = apr_pstrmemdup(cmd->pool, path, length);
    }
    return NULL;
}

/* Settings */

#define FIELD(type, field)                                                     \
    .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)

enum {
    DATABASE,
    TABLE,
    CREATE_TABLE,
    DATABASE_TIMEOUT,
    DATABASE_CONNECTIONS,
    LASTUSED_INTERVAL,
    PREFIX,
    SERVER_SETTINGS
};

static const setting_t server_settings[SERVER_SETTINGS] = {
    [DATABASE] = {FIELD(at_server_t, database)},
    [TABLE] = {FIELD(at_server_t, table), .read = read_identifier},
    [CREATE_TABLE] = {FIELD(at_server_t, create_table), .read = read_switch},
    [DATABASE_TIMEOUT] = {FIELD(at_server_t, database_timeout),
                          .read = read_duration, .least = 1, .unit = 's'},
    [DATABASE_CONNECTIONS] = {FIELD(at_server_t, database_connections),
                              .read = read_count, .least = 1},
    [LASTUSED_INTERVAL] = {FIELD(at_server_t, lastused_interval),
                           .read = read_duration, .unit = 's', .special = "Off",
                           .special_value = AT_CONFIG_NEVER},
    [PREFIX] = {FIELD(at_server_t, prefix), .read = read_prefix},
};

enum {
    MANAGER,
    DEFAULT_LIFETIME,
    MAX_LIFETIME,
    MAX_PER_USER,
    ISSUE_WITH_TOKEN,
    FORWARD_CREDENTIALS,
    DIR_SETTINGS
};

static const setting_t dir_settings[DIR_SETTINGS] = {
    [MANAGER] = {FIELD(at_dir_t, manager), .read = read_manager},
    [DEFAULT_LIFETIME] = {FIELD(at_dir_t, default_lifetime),
                          .read = read_duration, .least = 1, .unit = 'd',
                          .special = "never", .special_value = AT_CONFIG_NEVER},
    [MAX_LIFETIME] = {FIELD(at_dir_t, max_lifetime), .read = read_duration,
                      .least = 1, .unit = 'd', .special = "unlimited",
                      .special_value = AT_CONFIG_UNLIMITED},
    [MAX_PER_USER] = {FIELD(at_dir_t, max_per_user), .read = read_count,
                      .least = 1, .special = "unlimited",
                      .special_value = AT_CONFIG_UNLIMITED},
    [ISSUE_WITH_TOKEN] = {FIELD(at_dir_t, issue_with_token),
                          .read = read_switch},
    [FORWARD_CREDENTIALS] = {FIELD(at_dir_t, forward_credentials),
                             .read = read_switch},
};

static const char *set_server(cmd_parms *cmd, void *dir, const char *word)
{
    const setting_t *setting = cmd->info;
    at_server_t *server = at_config_server(cmd->server);

    (void)dir;
    server->set |= 1u << (setting - server_settings);
    return setting->read(cmd, setting, word, (char *)server + setting->offset);
}

static const char *set_database(cmd_parms *cmd, void *dir, const char *driver,
                                const char *params)
{
    at_server_t *server = at_config_server(cmd->server);

    (void)dir;
    if (!*driver || strlen(driver) > 20 ||
        strspn(driver, "abcdefghijklmnopqrstuvwxyz0123456789_") !=
            strlen(driver)) {
        return refuse(cmd, driver,
                      "is not an apr_dbd driver; write sqlite3, pgsql or "
                      "mysql");
    }
    if (!*params) {
        return refuse(cmd, driver,
                      "needs parameters; for sqlite3 the path of the database "
                      "file");
    }
    if (at_sql_is_sqlite(driver) && params[0] != ':') {
        params = ap_server_root_relative(cmd->pool, params);
    }
    server->set |= 1u << DATABASE;
    server->database.driver = driver;
    server->database.params = params;
    return NULL;
}

static const char *set_dir(cmd_parms *cmd, void *conf, const char *word)
{
    const setting_t *setting = cmd->info;
    at_dir_t *dir = conf;

    dir->set |= 1u << (setting - dir_settings);
    return setting->read(cmd, setting, word, (char *)dir + setting->offset);
}

#define SERVER(name, setting, help)                                            \
    AP_INIT_TAKE1(name, set_server, (void *)&server_settings[setting],         \
                  RSRC_CONF, help)
#define DIR(name, setting, where, help)                                        \
    AP_INIT_TAKE1(name, set_dir, (void *)&dir_settings[setting], where, help)

const command_rec at_directives[] = {
    AP_INIT_TAKE2("AccessTokenDatabase", set_database, NULL, RSRC_CONF,
                  "an apr_dbd driver and its parameters"),
    SERVER("AccessTokenTable", TABLE, "the table's name"),
    SERVER("AccessTokenCreateTable", CREATE_TABLE,
           "On or Off: create a missing table on first use"),
    SERVER("AccessTokenDatabaseTimeout", DATABASE_TIMEOUT,
           "the longest that a request waits for the database"),
    SERVER("AccessTokenDatabaseConnections", DATABASE_CONNECTIONS,
           "connections of one server process at most"),
    SERVER("AccessTokenLastUsedInterval", LASTUSED_INTERVAL,
           "at most one write per token in this time; 0 or Off"),
    SERVER("AccessTokenPrefix", PREFIX, "what new tokens begin with"),
    DIR("AccessTokenManager", MANAGER, ACCESS_CONF,
        "Off, own or all: this location is the manager"),
    DIR("AccessTokenDefaultLifetime", DEFAULT_LIFETIME, ACCESS_CONF,
        "lifetime where none is asked for, or never"),
    DIR("AccessTokenMaxLifetime", MAX_LIFETIME, ACCESS_CONF,
        "longest lifetime that may be asked for, or unlimited"),
    DIR("AccessTokenMaxPerUser", MAX_PER_USER, ACCESS_CONF,
        "live tokens of one user, or unlimited"),
    DIR("AccessTokenIssueWithToken", ISSUE_WITH_TOKEN, ACCESS_CONF,
        "On or Off: may a token be used to generate tokens"),
    DIR("AccessTokenForwardCredentials", FORWARD_CREDENTIALS, OR_AUTHCFG,
        "On or Off: leave Authorization in the request"),
    {.name = NULL}};

/* Merging */

static void merge(const setting_t *settings, int count, unsigned int said,
                  void *merged, const void *inner)
{
    int i;

    for (i = 0; i < count; i++) {
        if (said & 1u << i) {
            memcpy((char *)merged + settings[i].offset,
                   (const char *)inner + settings[i].offset, settings[i].size);
        }
    }
}

void *at_directives_create_server(apr_pool_t *p, server_rec *server)
{
    (void)server;
    return apr_pmemdup(p, &server_defaults, sizeof(server_defaults));
}

void *at_directives_merge_server(apr_pool_t *p, void *outer, void *inner)
{
    const at_server_t *said = inner;
    at_server_t *merged = apr_pmemdup(p, outer, sizeof(*merged));

    merge(server_settings, SERVER_SETTINGS, said->set, merged, inner);
    merged->set |= said->set;
    return merged;
}

void *at_directives_create_dir(apr_pool_t *p, char *path)
{
    (void)path;
    return apr_pmemdup(p, &dir_defaults, sizeof(dir_defaults));
}

void *at_directives_merge_dir(apr_pool_t *p, void *outer, void *inner)
{
    const at_dir_t *said = inner;
    at_dir_t *merged = apr_pmemdup(p, outer, sizeof(*merged));

    merge(dir_settings, DIR_SETTINGS, said->set, merged, inner);
    merged->set |= said->set;
    return merged;
}
