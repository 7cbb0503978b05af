/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every directive is one row of a table of settings: which field it sets, and
 * how its argument is read. The defaults are two constants. Merging copies the
 * fields that the inner section sets, whatever their value.
 */
#include "httpd/config/directives.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "core/cache/cache.h"
#include "core/db/driver.h"
#include "core/db/sql.h"
#include "core/token/token.h"
#include "httpd/config/accept.h"
#include "httpd/config/address.h"
#include "httpd/config/settings.h"

static const at_server_t server_defaults = {
    .database = {"sqlite3", AT_CONFIG_DEFAULT_DATABASE},
    .table = "access_tokens",
    .create_table = 1,
    .database_timeout = 2,
    .database_connections = 4,
    .cache_size = 8388608,
    .cache_ttl = 300,
    .revocation_interval = 1,
    .stale_if_error = 60,
    .lastused_interval = 60,
    .purge_after = APR_INT64_C(90) * 86400,
    .prefix = AT_TOKEN_PREFIX,
};

static const at_dir_t dir_defaults = {
    .manager = {AT_MANAGER_OFF, NULL, NULL},
    .default_lifetime = APR_INT64_C(365) * 86400,
    .max_lifetime = AT_CONFIG_UNLIMITED,
    .max_per_user = AT_CONFIG_UNLIMITED,
    .scopes = NULL,
    .accept = {AT_WAY_BEARER, NULL},
    .basic_user = AT_BASIC_USER_ANY,
    .address = NULL,
};

/* Settings */

#define FIELD(type, field)                                                     \
    .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)

enum {
    DATABASE,
    TABLE,
    CREATE_TABLE,
    DATABASE_TIMEOUT,
    DATABASE_CONNECTIONS,
    CACHE_SIZE,
    CACHE_TTL,
    REVOCATION_INTERVAL,
    STALE_IF_ERROR,
    LASTUSED_INTERVAL,
    PURGE_AFTER,
    PREFIX,
    SERVER_SETTINGS
};

static const at_setting_t server_settings[SERVER_SETTINGS] = {
    [DATABASE] = {FIELD(at_server_t, database)},
    [TABLE] = {FIELD(at_server_t, table), .read = at_settings_read_identifier},
    [CREATE_TABLE] = {FIELD(at_server_t, create_table),
                      .read = at_settings_read_switch},
    [DATABASE_TIMEOUT] = {FIELD(at_server_t, database_timeout),
                          .read = at_settings_read_duration, .min = 1,
                          .unit = 's'},
    [DATABASE_CONNECTIONS] = {FIELD(at_server_t, database_connections),
                              .read = at_settings_read_count, .min = 1},
    [CACHE_SIZE] = {FIELD(at_server_t, cache_size),
                    .read = at_settings_read_size, .min = AT_CACHE_SIZE_MIN},
    [CACHE_TTL] = {FIELD(at_server_t, cache_ttl),
                   .read = at_settings_read_duration, .min = 1, .unit = 'm'},
    [REVOCATION_INTERVAL] = {FIELD(at_server_t, revocation_interval),
                             .read = at_settings_read_duration, .min = 1,
                             .unit = 's'},
    [STALE_IF_ERROR] = {FIELD(at_server_t, stale_if_error),
                        .read = at_settings_read_duration, .unit = 's'},
    [LASTUSED_INTERVAL] = {FIELD(at_server_t, lastused_interval),
                           .read = at_settings_read_duration, .unit = 's',
                           .keyword = "Off", .keyword_value = AT_CONFIG_NEVER},
    [PURGE_AFTER] = {FIELD(at_server_t, purge_after),
                     .read = at_settings_read_duration, .min = 1, .unit = 'd',
                     .keyword = "never", .keyword_value = AT_CONFIG_NEVER},
    [PREFIX] = {FIELD(at_server_t, prefix), .read = at_settings_read_prefix},
};

enum {
    MANAGER,
    DEFAULT_LIFETIME,
    MAX_LIFETIME,
    MAX_PER_USER,
    ISSUE_WITH_TOKEN,
    SCOPES,
    FORWARD_CREDENTIALS,
    METADATA,
    ACCEPT,
    BASIC_USER,
    ADDRESS,
    DIR_SETTINGS
};

static const at_setting_t dir_settings[DIR_SETTINGS] = {
    [MANAGER] = {FIELD(at_dir_t, manager), .read = at_settings_read_manager},
    [DEFAULT_LIFETIME] = {FIELD(at_dir_t, default_lifetime),
                          .read = at_settings_read_duration, .min = 1,
                          .unit = 'd', .keyword = "never",
                          .keyword_value = AT_CONFIG_NEVER},
    [MAX_LIFETIME] = {FIELD(at_dir_t, max_lifetime),
                      .read = at_settings_read_duration, .min = 1, .unit = 'd',
                      .keyword = "unlimited",
                      .keyword_value = AT_CONFIG_UNLIMITED},
    [MAX_PER_USER] = {FIELD(at_dir_t, max_per_user),
                      .read = at_settings_read_count, .min = 1,
                      .keyword = "unlimited",
                      .keyword_value = AT_CONFIG_UNLIMITED},
    [ISSUE_WITH_TOKEN] = {FIELD(at_dir_t, issue_with_token),
                          .read = at_settings_read_switch},
    [SCOPES] = {FIELD(at_dir_t, scopes), .read = at_settings_read_scopes,
                .keyword = "none"},
    [FORWARD_CREDENTIALS] = {FIELD(at_dir_t, forward_credentials),
                             .read = at_settings_read_switch},
    [METADATA] = {FIELD(at_dir_t, metadata), .read = at_settings_read_switch},
    [ACCEPT] = {FIELD(at_dir_t, accept), .read = at_accept_read_ways},
    [BASIC_USER] = {FIELD(at_dir_t, basic_user),
                    .read = at_accept_read_basic_user},
    [ADDRESS] = {FIELD(at_dir_t, address), .read = at_address_read,
                 .keyword = "none"},
};

static const char *set_server(cmd_parms *cmd, void *dir, const char *arg)
{
    const at_setting_t *setting = cmd->info;
    at_server_t *server = at_config_server(cmd->server);

    (void)dir;
    server->set |= 1u << (setting - server_settings);
    return setting->read(cmd, setting, arg, (char *)server + setting->offset);
}

static const char *set_database(cmd_parms *cmd, void *dir, const char *driver,
                                const char *params)
{
    at_server_t *server = at_config_server(cmd->server);
    const char *error;

    (void)dir;
    /* The parameters, which may contain a password, are not repeated here. */
    if (strpbrk(driver, "=@")) {
        return "AccessTokenDatabase: the driver comes before its parameters; "
               "write sqlite3, pgsql or mysql first";
    }
    if (!*driver || strlen(driver) > 20 ||
        strspn(driver, "abcdefghijklmnopqrstuvwxyz0123456789_") !=
            strlen(driver)) {
        return at_settings_refuse(
            cmd, driver,
            "is not an apr_dbd driver; write sqlite3, pgsql or "
            "mysql");
    }
    error = at_driver_refusal(driver, cmd->pool);
    if (error) {
        return at_settings_refuse(cmd, driver, error);
    }
    if (!*params) {
        return at_settings_refuse(
            cmd, driver,
            "needs parameters; for sqlite3 the path of the database "
            "file");
    }
    if (at_sql_is_sqlite(driver)) {
        params = params[0] == ':' ? NULL
                                  : ap_server_root_relative(cmd->pool, params);
        if (!params) {
            return at_settings_refuse(
                cmd, driver,
                "needs the path of the database file; each connection would "
                "have an in-memory database of its own");
        }
    }
    server->set |= 1u << DATABASE;
    server->database.driver = driver;
    server->database.params = params;
    return NULL;
}

static const char *set_dir(cmd_parms *cmd, void *conf, const char *arg)
{
    const at_setting_t *setting = cmd->info;
    at_dir_t *dir = conf;
    const char *error = ap_check_cmd_context(cmd, NOT_IN_LIMIT);

    if (error) {
        return error;
    }
    dir->set |= 1u << (setting - dir_settings);
    return setting->read(cmd, setting, arg, (char *)dir + setting->offset);
}

#define SERVER(name, setting, help)                                            \
    AP_INIT_TAKE1(name, set_server, (void *)&server_settings[setting],         \
                  RSRC_CONF, help)
/* A directive that takes all arguments of its line. */
#define DIR_WORDS(name, setting, where, help)                                  \
    AP_INIT_RAW_ARGS(name, set_dir, (void *)&dir_settings[setting], where, help)
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
    SERVER("AccessTokenCacheSize", CACHE_SIZE,
           "shared memory for validated tokens, such as 8m; 0: none"),
    SERVER("AccessTokenCacheTTL", CACHE_TTL,
           "how long a cached row is used before it is read again"),
    SERVER("AccessTokenRevocationInterval", REVOCATION_INTERVAL,
           "how often the table is asked for tokens deleted elsewhere"),
    SERVER("AccessTokenStaleIfError", STALE_IF_ERROR,
           "how long cached tokens stay valid while the table cannot be read"),
    SERVER("AccessTokenLastUsedInterval", LASTUSED_INTERVAL,
           "at most one write per token in this time; 0 or Off"),
    SERVER("AccessTokenPurgeAfter", PURGE_AFTER,
           "rows expired or deleted longer ago are removed, or never"),
    SERVER("AccessTokenPrefix", PREFIX,
           "what the text of a new token begins with"),
    DIR("AccessTokenManager", MANAGER, ACCESS_CONF,
        "Off, own or all: this location is the manager"),
    DIR("AccessTokenDefaultLifetime", DEFAULT_LIFETIME, ACCESS_CONF,
        "lifetime where none is asked for, or never"),
    DIR("AccessTokenMaxLifetime", MAX_LIFETIME, ACCESS_CONF,
        "longest lifetime that may be asked for, or unlimited"),
    DIR("AccessTokenMaxPerUser", MAX_PER_USER, ACCESS_CONF,
        "live tokens of one user, or unlimited"),
    DIR("AccessTokenIssueWithToken", ISSUE_WITH_TOKEN, ACCESS_CONF,
        "On or Off: may a request with a token generate tokens"),
    DIR_WORDS("AccessTokenScopes", SCOPES, ACCESS_CONF,
              "the scopes that a new token may get, or none"),
    DIR("AccessTokenForwardCredentials", FORWARD_CREDENTIALS, OR_AUTHCFG,
        "On or Off: leave Authorization in the request"),
    DIR("AccessTokenMetadata", METADATA, ACCESS_CONF,
        "On or Off: offer OAuth 2.0 protected resource metadata"),
    DIR_WORDS("AccessTokenAccept", ACCEPT, OR_AUTHCFG,
              "how a token may be sent: bearer, basic, header:Name"),
    DIR("AccessTokenBasicUser", BASIC_USER, ACCESS_CONF,
        "the user name beside a token: any, or the token's owner"),
    AP_INIT_ITERATE("AuthBasicProvider", at_accept_add_provider, NULL,
                    OR_AUTHCFG,
                    "the names of providers; accesstoken takes tokens"),
    DIR("AccessTokenAddress", ADDRESS, ACCESS_CONF,
        "the URL that the page shows as an example, or none"),
    {.name = NULL}};

/* Merging */

static void merge(const at_setting_t *settings, int count, unsigned int set,
                  void *merged, const void *inner)
{
    int i;

    for (i = 0; i < count; i++) {
        if (set & 1u << i) {
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
    const at_server_t *added = inner;
    at_server_t *merged = apr_pmemdup(p, outer, sizeof(*merged));

    merge(server_settings, SERVER_SETTINGS, added->set, merged, inner);
    merged->set |= added->set;
    return merged;
}

void *at_directives_create_dir(apr_pool_t *p, char *path)
{
    (void)path;
    return apr_pmemdup(p, &dir_defaults, sizeof(dir_defaults));
}

/* An empty section has the defaults, as has every other one for what it does
 * not set. */
static int is_empty(const at_dir_t *dir)
{
    return dir->set == 0 && !dir->basic_providers.is_set;
}

void *at_directives_merge_dir(apr_pool_t *p, void *outer, void *inner)
{
    const at_dir_t *added = inner;
    at_dir_t *merged;

    /* httpd merges sections in every request; most have no directive of
     * ours. */
    if (is_empty(added)) {
        return outer;
    }
    if (is_empty(outer)) {
        return inner;
    }
    merged = apr_pmemdup(p, outer, sizeof(*merged));
    merge(dir_settings, DIR_SETTINGS, added->set, merged, inner);
    merged->set |= added->set;
    if (added->basic_providers.is_set) {
        merged->basic_providers = added->basic_providers;
    }
    return merged;
}

int at_directives_has_purge_after(const at_server_t *server)
{
    return (server->set & 1u << PURGE_AFTER) != 0;
}

int at_directives_contain(const ap_directive_t *tree, const char *name)
{
    for (; tree; tree = tree->next) {
        if (ap_cstr_casecmp(tree->directive, name) == 0 ||
            at_directives_contain(tree->first_child, name)) {
            return 1;
        }
    }
    return 0;
}
